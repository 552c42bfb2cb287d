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
        self.years = description["years"]
        self.levels = description["levels"]
        self._planes = {
            path.name: np.fromfile(path, dtype="<u2") for path in pathlib.Path(directory).iterdir()
        }

    def plane(self, variable, year, level=0):
        """Digital numbers by row and column."""
        shape = (self.levels[level]["rows"], self.levels[level]["cols"])
        return self._planes[f"{variable}.{year}.{level}"].reshape(shape)


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
