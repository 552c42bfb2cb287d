"""Running the viewer's reader over a store, and comparing what it reads."""

import json
import os
import pathlib
import subprocess
import tempfile

import numpy as np

READER = os.environ["FLOE_READER"]
VARIABLES = ["avg_daytime_lst", "max_daytime_lst"]


class Reading:
    """What the viewer's reader says of a store, and all pixels of all its levels."""

    def __init__(self, description, directory):
        self.description = description
        self.axes = description["axes"]
        self.years = [int(label) for axis in self.axes if axis["name"] == "year" for label in axis["labels"]]
        self.left_out = description["left_out"]
        self.levels = description["levels"]
        self._planes = {
            path.name: np.fromfile(path, dtype="u1") for path in pathlib.Path(directory).iterdir()
        }

    def plane(self, variable, year, level=0):
        """Digital numbers by row and column."""
        shape = (self.levels[level]["rows"], self.levels[level]["cols"])
        return self.codes(variable, year, level).view("<u2").reshape(shape)

    def codes(self, variable, year, level=0):
        """What is drawn of a year, as bytes, where years are the only further axis."""
        names = [known["name"] for known in self.description["variables"]]
        return self.plane_codes(names.index(variable), self.years.index(year), level)

    def plane_codes(self, variable, plane, level=0):
        """What is drawn of a plane, as bytes: a variable by its place, a plane by its index over all further axes."""
        return self._planes[f"{variable}.{plane}.{level}"]


def run(store, out, *reference):
    return subprocess.run(
        [READER, str(store), str(out), *reference], capture_output=True, text=True, timeout=120
    )


def read(store, *reference):
    """Reads a store; fails where the reader does."""
    with tempfile.TemporaryDirectory(prefix="floe-read-") as directory:
        done = run(store, directory, *reference)
        if done.returncode != 0:
            raise AssertionError(f"the viewer's reader exits with {done.returncode}: {done.stderr}")
        return Reading(json.loads(done.stdout), directory)


def refusal(store, *reference):
    """The message with which the reader refuses a store; fails where it does not."""
    with tempfile.TemporaryDirectory(prefix="floe-read-") as directory:
        done = run(store, directory, *reference)
    if done.returncode != 65:
        raise AssertionError(f"expected exit code 65, found {done.returncode}: {done.stdout}{done.stderr}")
    return done.stderr.strip()
