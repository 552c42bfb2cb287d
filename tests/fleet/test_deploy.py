"""The examples of deploy/: array jobs of other engines share out the land tiles."""

import json
import re
import subprocess
import unittest

import yaml

from fleet import FleetCase
from floe import ENVIRONMENT, tile_list
from stand_ins import ROOT

DEPLOY = ROOT / "deploy"
LAND = {(3, 18), (4, 18), (4, 19), (4, 20), (5, 20), (6, 21), (7, 22)}


class Images(unittest.TestCase):
    """No container engine is asked: this is what can be read."""

    def test_the_container_file_pins_the_projects_rust_and_runs_as_nobody(self):
        lines = (DEPLOY / "Containerfile").read_text().splitlines()
        channel = re.search(r'channel = "(.*)"', (ROOT / "rust-toolchain.toml").read_text())[1]
        bases = [line.split()[1] for line in lines if line.startswith("FROM ")]
        self.assertRegex(bases[0], rf"/rust:{re.escape(channel)}-")
        self.assertRegex(bases[1], r"/debian:\d+\.\d+-slim$")
        self.assertEqual([line for line in lines if line.startswith("USER ")], ["USER 65532:65532"])
        # What the image is made of is there, and not held back from its build.
        ignored = (ROOT / ".dockerignore").read_text().split()
        for name in ("floe.toml", "tile_list.geojson", "Cargo.lock", "bench", "processor", "raster", "sandbox", "shared", "viewer"):
            self.assertTrue((ROOT / name).exists(), name)
            self.assertNotIn(name, ignored)

    def test_the_examples_name_the_version_that_is_built(self):
        version = re.search(r'(?m)^version = "(.*)"', (ROOT / "Cargo.toml").read_text())[1]
        for name in ("aws-batch/job-definition.json", "kubernetes/process.yaml", "kubernetes/overviews.yaml"):
            self.assertIn(f"floe:{version}\"" if name.endswith("json") else f"floe:{version}\n", (DEPLOY / name).read_text())


class ArrayJobs(FleetCase):
    """Slurm's script as Slurm would start it, and the other engines' commands with their variables."""

    def setUp(self):
        self.prefix = self.id().rpartition(".")[2].replace("_", "-")
        self.checkout = self.directory / self.prefix
        self.checkout.mkdir()
        (self.checkout / "floe.toml").write_text(self.configuration)
        (self.checkout / "tile_list.geojson").write_text(tile_list(LAND))
        self.environment = {
            **ENVIRONMENT,
            **self.azurite.variables(self.prefix),
            "AZURE_STORAGE_SAS_TOKEN": self.sas,
            "FLOE": str(self.binary),
            "FLOE_DIRECTORY": str(self.checkout),
        }
        self.run_command([self.binary, "init"])

    def run_command(self, command, **variables):
        done = subprocess.run(
            command, cwd=self.checkout, env={**self.environment, **variables},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def run_all(self, commands):
        """Runs the tasks at the same time, as an engine does."""
        tasks = [
            subprocess.Popen(
                command, cwd=self.checkout, env={**self.environment, **variables},
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            )
            for command, variables in commands
        ]
        said = [task.communicate(timeout=300)[0] for task in tasks]
        for task, text in zip(tasks, said):
            self.assertEqual(task.returncode, 0, text)
        return said

    def check_all_committed_once(self):
        tiles = [tile for tile, _ in self.committed(self.prefix)]
        self.assertEqual(sorted(tiles), sorted(LAND))

    def test_three_tasks_of_slurm_cover_all_tiles(self):
        script = DEPLOY / "slurm/process.sh"
        said = self.run_all(
            [
                # Counted from 1: a site's habit, which SLURM_ARRAY_TASK_MIN tells.
                ([script], {"SLURM_ARRAY_TASK_ID": str(task), "SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_COUNT": "3"})
                for task in (1, 2, 3)
            ]
        )
        self.assertEqual([f"shard {index}/3" in text for index, text in enumerate(said)], [True] * 3)
        self.check_all_committed_once()
        finished = self.run_command([DEPLOY / "slurm/finish.sh"])
        self.assertIn("#  processed        7", finished.stdout)

    def test_slurms_submission_starts_the_array_and_then_the_end(self):
        programs = self.checkout / "programs"
        programs.mkdir()
        sbatch = programs / "sbatch"
        sbatch.write_text('#!/bin/sh\necho "$@" >>"$FLOE_DIRECTORY/submitted"\nwc -l <"$FLOE_DIRECTORY/submitted"\n')
        sbatch.chmod(0o755)
        self.run_command([DEPLOY / "slurm/submit.sh", "8", "4"], PATH=f"{programs}:{self.environment['PATH']}")
        array, after = (self.checkout / "submitted").read_text().splitlines()
        self.assertEqual(array, f"--parsable --export=ALL --array=0-7%4 {DEPLOY}/slurm/process.sh")
        self.assertEqual(after, f"--parsable --export=ALL --dependency=afterany:1 {DEPLOY}/slurm/finish.sh")

    def test_the_commands_of_batch_and_kubernetes_cover_all_tiles(self):
        definition = json.loads((DEPLOY / "aws-batch/job-definition.json").read_text())
        command = definition["containerProperties"]["command"]
        self.run_all(
            [
                ([self.binary, *command], {"AWS_BATCH_JOB_ARRAY_INDEX": str(index), "AWS_BATCH_JOB_ARRAY_SIZE": "2"})
                for index in range(2)
            ]
        )
        self.check_all_committed_once()

        job = yaml.safe_load((DEPLOY / "kubernetes/process.yaml").read_text())["spec"]
        container = job["template"]["spec"]["containers"][0]
        self.assertEqual(container["args"][-1], f"/{job['completions']}")
        # Everything is done: 40 parts of 7 tiles, most of them empty, find nothing to do.
        for index in (0, 20, 39):
            self.run_command([self.binary, *container["args"]], JOB_COMPLETION_INDEX=str(index))
        self.check_all_committed_once()

    def test_engines_try_again_only_what_may_pass(self):
        batch = json.loads((DEPLOY / "aws-batch/job-definition.json").read_text())["retryStrategy"]
        again = {rule["onExitCode"] for rule in batch["evaluateOnExit"] if rule["action"] == "RETRY" and "onExitCode" in rule}
        self.assertEqual(again, {"69", "75"})
        job = yaml.safe_load((DEPLOY / "kubernetes/process.yaml").read_text())["spec"]
        never = [rule["onExitCodes"]["values"] for rule in job["podFailurePolicy"]["rules"] if rule["action"] == "FailIndex"]
        self.assertEqual(never, [[64, 65, 77, 78]])
        wrong = subprocess.run(
            [DEPLOY / "slurm/process.sh"], cwd=self.checkout, env={**self.environment, "SLURM_ARRAY_TASK_ID": "1"},
            capture_output=True, text=True,
        )
        self.assertEqual(wrong.returncode, 64, wrong.stderr)
        self.assertIn("--shard /N", wrong.stderr)


if __name__ == "__main__":
    unittest.main()
