"""What the tests of the fleet share: Azurite, the sandbox, a repository with its workflows, releases."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from azurite import Azurite
from floe import BINARY, ENVIRONMENT, ROOT, Sandbox, tile_list
from stand_ins import Repository
from workflow_run import JOB_TOKEN, Run

PROGRAMS = pathlib.Path(__file__).resolve().parent / "programs"
TILE = re.compile(r"Tile\(row=(\d+), col=(\d+)\) processed\. Stats: \[\(2021: input_granules=\d+, output_valid_pixels=(\d+),")


def land_tiles():
    """The land tiles of the project's own list."""
    features = json.loads((ROOT / "tile_list.geojson").read_text())["features"]
    places = [feature["properties"] for feature in features]
    return {(place["row"], place["col"]) for place in places if place["land"]}


class FleetCase(unittest.TestCase):
    """Tests that share one Azurite, one sandbox and one build of the processor."""

    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(tempfile.mkdtemp(prefix="floe-fleet-"))
        cls.addClassCleanup(shutil.rmtree, cls.directory, ignore_errors=True)
        cls.azurite = Azurite()
        cls.addClassCleanup(cls.azurite.stop)
        cls.sas = cls.azurite.sas("rwdlac")
        cls.sandbox = Sandbox("--years", 2021, "--composites", 1)
        cls.addClassCleanup(cls.sandbox.stop)
        # Every job gets a copy; without the lines for a debugger it is a fifth of the size.
        cls.binary = cls.directory / "floe"
        subprocess.run(["strip", "-o", cls.binary, BINARY], check=True)
        cls.releases = cls.directory / "releases"
        cls.releases.mkdir()
        cls.configuration = cls.sandbox.configuration

    def release(self, tag):
        """Publishes a release with the release workflow; returns its directory."""
        run = self.new_run("unused")
        self.assertEqual(run.push_tag("release.yml", tag), "success", run.log())
        return self.releases / tag

    def new_run(self, prefix, land=None, sas=None, replaced=None):
        """A run of a workflow in a repository whose variables name the store at this prefix."""
        replaced = {"floe.toml": self.configuration, **(replaced or {})}
        if land is not None:
            replaced["tile_list.geojson"] = tile_list(land)
        return Run(
            repository=Repository(replaced),
            directory=pathlib.Path(tempfile.mkdtemp(dir=self.directory, prefix="run-")),
            environment={
                **ENVIRONMENT,
                "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
                "CI": "true",
                "GITHUB_ACTIONS": "true",
                "GITHUB_REPOSITORY": "owner/floe",
                "FLEET_BUILT": str(self.binary),
                "FLEET_RELEASES": str(self.releases),
                "FLEET_ATTESTED": str(self.directory / "attested"),
            },
            variables=self.azurite.variables(prefix) if prefix else {},
            secrets={"AZURE_STORAGE_SAS_TOKEN": sas or self.sas},
        )

    def dispatched(self, run, name, expect="success", **inputs):
        """Runs a workflow and checks how it ends, and that nothing secret was shown."""
        result = run.dispatch(name, **inputs)
        shown = run.log()
        for secret in (run.secrets["AZURE_STORAGE_SAS_TOKEN"], JOB_TOKEN):
            self.assertNotIn(secret, shown)
        self.assertIsNone(re.search(r"sig(=|%3D)(?!\*\*\*)", shown), "a signature in a log or a summary")
        failed = [f"{step.job}: {step.name}: {step.code}\n{step.stderr}" for step in run.steps if step.code]
        self.assertEqual(result, expect, "\n".join(failed))
        return run

    def messages(self, prefix):
        """The commit messages, newest first."""
        return [snapshot.message for snapshot in self.azurite.repository(prefix).ancestry(branch="main")]

    def committed(self, prefix):
        """The tile of each commit and the valid pixels that it tells, oldest first."""
        matches = filter(None, map(TILE.match, reversed(self.messages(prefix))))
        return [((int(found[1]), int(found[2])), int(found[3])) for found in matches]
