"""Many writers at once, some of them killed, and a storage that goes away in between."""

import json
import os
import random
import re
import signal
import subprocess
import time
import unittest

import floe
import numpy as np

from azurite import Azurite
from cloud import STORE, CloudCase

CONTENTION = os.environ["FLOE_CONTENTION"]
# Neighbours in Europe, Asia and Africa; every one is land.
TILES = [f"{row},{col}" for row in (3, 4, 5, 6) for col in (19, 20, 21)]


class ManyWriters(floe.Case):
    """128 processes commit 381 tiles; the benchmark then reads every chunk back."""

    def contend(self, store, environment=()):
        done = subprocess.run(
            [CONTENTION, "--json", "--store", store, "--protocol", "reattach", "--writers", "128"]
            + ["--tiles", "381", "--years", "1", "--processes"],
            env={**floe.ENVIRONMENT, **dict(environment)},
            capture_output=True,
            text=True,
            timeout=600,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        (outcome,) = json.loads(done.stdout)
        self.assertEqual((outcome["commits"], outcome["landed"]), (381, 381))
        self.assertLess(outcome["attempts_per_commit"], 2)

    def test_on_a_local_store(self):
        self.contend(self.store)

    def test_on_azurite(self):
        azurite = Azurite()
        self.addCleanup(azurite.stop)
        self.contend(STORE, azurite.environment())


class Interrupted(CloudCase):
    """Jobs end at any moment, and Azurite as well, which keeps its blobs on disk."""

    persistent = True

    def start(self, *arguments):
        return subprocess.Popen(
            self.command(*arguments, store=STORE, settings=self.settings),
            cwd=self.directory,
            env={**floe.ENVIRONMENT, **self.azurite.environment()},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def expected(self):
        """The same tiles, processed in peace on a local store."""
        self.floe("init", settings=self.settings)
        self.floe("process", "--tile", *TILES, settings=self.settings)
        return self.dataset(mask_and_scale=False).load()

    def assert_whole_tiles(self, expected, committed):
        """Every tile is there as it must be, or not at all, as its status says."""
        found = self.cloud_dataset().load()
        for name in ("avg_daytime_lst", "max_daytime_lst"):
            for row, col in {tuple(map(int, tile.split(","))) for tile in TILES}:
                window = np.s_[:, row * 40 : row * 40 + 40, col * 40 : col * 40 + 40]
                wanted = expected[name].values[window]
                if (row, col) not in committed:
                    wanted = np.zeros_like(wanted)
                np.testing.assert_array_equal(found[name].values[window], wanted, f"{name} of tile {row},{col}")

    def committed(self):
        """The tiles of the history; none may be there twice."""
        tiles = [tuple(map(int, re.match(r"Tile\(row=(\d+), col=(\d+)\)", message).groups())) for message in self.tile_commits()]
        self.assertEqual(len(tiles), len(set(tiles)), "no tile is committed twice")
        return set(tiles)

    def test_killed_jobs_and_a_restarted_azurite_lose_nothing_and_a_second_run_completes(self):
        expected = self.expected()
        self.cloud("init")
        chance = random.Random(6)
        jobs = [self.start("process", "--tile", tile) for tile in TILES]
        self.addCleanup(lambda: [job.kill() for job in jobs])
        # Those of every third tile are killed at moments of their own, before, while and after they commit.
        victims = jobs[::3]
        for victim in victims:
            time.sleep(chance.uniform(0.1, 0.6))
            victim.send_signal(signal.SIGKILL)
        self.azurite.stop()
        self.azurite.start()
        codes = {tile: job.wait(timeout=300) for tile, job in zip(TILES, jobs)}
        committed = self.committed()
        for tile, code in codes.items():
            if code == 0:
                self.assertIn(tuple(map(int, tile.split(","))), committed, "what was reported as done is there")
        self.assert_whole_tiles(expected, committed)

        self.cloud("process", "--tile", *TILES)
        self.assertEqual(len(self.committed()), len(TILES))
        self.assert_whole_tiles(expected, self.committed())
        self.assertEqual(self.cloud_json("status")["counts"]["processed"], len(TILES))

    def test_a_writer_killed_in_its_turn_holds_up_nobody_for_long(self):
        self.cloud("init")
        # The turn of somebody who is not there any more.
        claim = {"number": 7, "holder": "dead", "over": False, "waited": 0, "lasts_ms": 3000}
        self.azurite.put("floe.claim", json.dumps(claim).encode())
        self.cloud("process", "--tile", "4,19")
        self.assertEqual(len(self.tile_commits()), 1)

    def test_garbage_is_collected_beside_running_jobs(self):
        expected = self.expected()
        self.cloud("init")
        jobs = [self.start("process", "--tile", tile) for tile in TILES]
        self.addCleanup(lambda: [job.kill() for job in jobs])
        collections = 0
        while any(job.poll() is None for job in jobs):
            self.cloud("gc", "--delete", "--older-than", "12")
            collections += 1
        self.assertEqual({job.wait() for job in jobs}, {0})
        self.assertGreater(collections, 0)
        self.assertEqual(len(self.committed()), len(TILES))
        self.assert_whole_tiles(expected, self.committed())

    def test_two_collections_at_once_end_well(self):
        self.cloud("init")
        self.cloud("process", "--tile", "4,19", "4,20")
        both = [self.start("gc", "--delete", "--older-than", "0", "--idle") for _ in range(2)]
        self.assertEqual([one.wait(timeout=120) for one in both], [0, 0])
        self.assertEqual(len(self.committed()), 2)


if __name__ == "__main__":
    unittest.main()
