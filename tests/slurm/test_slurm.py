"""deploy/slurm/submit.sh as it is, on a cluster of one node."""

import pathlib
import re
import subprocess
import unittest

import floe
from cluster import Cluster
from floe import ROOT, tile_list
from server import wait

LAND = {(3, 18), (4, 18), (4, 19), (4, 20), (5, 20)}


class Submission(floe.Case):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster()
        cls.addClassCleanup(cls.cluster.stop)

    def setUp(self):
        super().setUp()
        self.source = self.sandbox("--years", 2021, "--composites", 1)
        self.checkout = pathlib.Path(self.directory)
        (self.checkout / "floe.toml").write_text(self.source.configuration)
        (self.checkout / "tile_list.geojson").write_text(tile_list(LAND))
        self.floe("init")

    def submit(self, *arguments):
        """Submits the world, waits for its end, and gives the numbers of the array and of what comes after it."""
        done = subprocess.run(
            [ROOT / "deploy/slurm/submit.sh", *map(str, arguments)],
            cwd=self.checkout,
            env={
                **floe.ENVIRONMENT,
                **self.cluster.environment,
                "FLOE": floe.BINARY,
                "FLOE_STORE": self.store,
            },
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        numbers = re.fullmatch(r"tasks (\d+), overviews and status (\d+)\n", done.stdout)
        self.assertTrue(numbers, done.stdout)
        wait("the cluster is idle", self.cluster.is_idle, 600)
        return numbers.groups()

    def said(self, pattern):
        """What the jobs wrote, by file."""
        return {path.name: path.read_text() for path in sorted(self.checkout.glob(pattern))}

    def tiles(self):
        messages = [info.message for info in self.history()]
        return sorted(
            (int(found[1]), int(found[2]))
            for message in messages
            if (found := re.match(r"Tile\(row=(\d+), col=(\d+)\) processed", message))
        )

    def test_an_array_and_what_follows_it_process_all_tiles_once(self):
        array, after = self.submit(3, 2)
        logs = self.said("floe-*.log")
        names = [f"floe-{array}_{task}.log" for task in range(3)] + [f"floe-finish-{after}.log"]
        self.assertEqual(sorted(logs), sorted(names), logs)
        self.assertEqual(self.tiles(), sorted(LAND), logs)
        # The tasks shared the tiles, and the job after them saw them all.
        for task in range(3):
            self.assertIn(f"shard {task}/3", logs[f"floe-{array}_{task}.log"])
        self.assertRegex(logs[f"floe-finish-{after}.log"], rf"processed +{len(LAND)}\n")
        for job in (array, after):
            states = set(re.findall(r"JobState=(\w+)", self.cluster.job(job)))
            self.assertEqual(states, {"COMPLETED"})

        # Submitted again, the array finds nothing to do.
        self.submit(3, 2)
        self.assertEqual(self.tiles(), sorted(LAND))

    def test_a_task_that_cannot_succeed_fails_once_and_the_status_comes_all_the_same(self):
        (self.checkout / "floe.toml").write_text("years = [2021]\nno_such_key = 1\n")
        array, after = self.submit(1)
        shown = self.cluster.job(array)
        self.assertIn("JobState=FAILED", shown)
        self.assertIn("ExitCode=78:0", shown)
        self.assertIn("Restarts=0", shown)
        self.assertIn(f"floe-finish-{after}.log", self.said("floe-finish-*.log"))


if __name__ == "__main__":
    unittest.main()
