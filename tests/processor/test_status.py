"""How tiles stand: what the history says, and what the chunks say where the history was cut."""

import json
import unittest.mock

import icechunk

from floe import Case, RangeHandler

COARSE = ["--set", "years=2021", "--set", "grid.resolution=0.1"]


class CutHistory(Case):
    def setUp(self):
        super().setUp()
        self.archive = self.sandbox("--years", 2021, "--composites", 2)
        self.settings = [*self.archive.settings, *COARSE]
        self.run_floe("init")

    def run_floe(self, *arguments, **options):
        return self.floe(*arguments, settings=self.settings, **options)

    def run_json(self, *arguments, **options):
        return self.json(*arguments, settings=self.settings, **options)

    def counts(self):
        return {word: count for word, count in self.run_json("status")["counts"].items() if count}

    def statuses(self):
        return {(tile["row"], tile["col"]): tile["status"] for tile in self.run_json("status")["tiles"]}

    def cut(self):
        """Takes every commit off the history but the newest and the very first."""
        repository = icechunk.Repository.open(icechunk.local_filesystem_storage(self.store))
        newest = self.history()[0]
        repository.expire_snapshots(older_than=newest.written_at)
        self.assertEqual([commit.id for commit in self.history()][:-1], [newest.id])

    def asked(self, *arguments):
        """The paths that the processor asks of the store over HTTP."""
        paths = []
        url = self.serve(self.directory) + "/store"
        with unittest.mock.patch.object(RangeHandler, "log_request", lambda handler, *_: paths.append(handler.path)):
            self.run_floe(*arguments, store=url)
        return paths

    def test_chunks_without_their_commit_are_said_and_left_alone_until_it_is_forced(self):
        self.run_floe("process", "--tile", "4,18", "4,19")
        self.run_floe("process", "--tile", "4,21")
        self.assertEqual(self.counts(), {"processed": 3, "unprocessed": 378, "ocean": 267})
        self.cut()
        self.assertEqual(
            self.counts(), {"processed": 1, "unaccounted": 2, "unprocessed": 378, "ocean": 267}
        )
        status = self.run_floe("status", "--geojson", "s.geojson").stdout
        self.assertIn("2 tiles are unaccounted: the history was cut", status)
        self.assertIn("\n     4,18-19\n", status)
        with open(f"{self.directory}/s.geojson") as file:
            feature = json.load(file)["features"][4 * 36 + 18]
        self.assertEqual(feature["properties"]["status"], "unaccounted")
        self.assertEqual(feature["properties"]["years"], [])

        listed = self.floe("matrix", "--list-batches", settings=self.settings)
        self.assertIn("2 tiles are unaccounted", listed.stderr)
        self.assertIn("378 unprocessed tiles", listed.stderr)

        commits = len(self.history())
        left = self.run_floe("--json", "process", "--tile", "4,18", "4,19")
        self.assertEqual([tile["outcome"] for tile in json.loads(left.stdout)["tiles"]], ["unaccounted"] * 2)
        self.assertIn("2 tiles are unaccounted", left.stderr)
        self.assertEqual(len(self.history()), commits)

        self.run_floe("process", "--force", "--tile", "4,18", "4,19")
        self.assertEqual(self.counts(), {"processed": 3, "unprocessed": 378, "ocean": 267})

    def test_what_is_not_land_is_unaccounted_too_if_it_has_chunks(self):
        # Open ocean south of Hawaii has no granule, and so no chunk.
        self.run_floe("process", "--tile", "4,18", "7,4")
        self.run_floe("process", "--tile", "4,21")
        with open(f"{self.directory}/tile_list.geojson") as file:
            tile_list = json.load(file)
        for feature in tile_list["features"]:
            if (feature["properties"]["row"], feature["properties"]["col"]) == (4, 18):
                feature["properties"]["land"] = False
        with open(f"{self.directory}/tile_list.geojson", "w") as file:
            json.dump(tile_list, file)
        before = self.statuses()
        self.cut()
        after = self.statuses()
        changed = {tile: (before[tile], after[tile]) for tile in before if before[tile] != after[tile]}
        self.assertEqual(changed, {(4, 18): ("processed", "unaccounted"), (7, 4): ("nodata", "ocean")})

    def test_only_a_history_that_was_cut_costs_manifests_and_no_chunk_is_ever_read(self):
        self.run_floe("process", "--tile", "4,18", "4,19")
        whole = self.asked("status")
        self.cut()
        cut = self.asked("status")
        more = [path for path in cut if path not in whole]
        self.assertEqual(len(more), 2, (whole, cut))
        self.assertTrue(all("/manifests/" in path for path in more), more)
        self.assertFalse([path for path in whole + cut if "/chunks/" in path])

    def test_overviews_know_the_tiles_whose_commits_were_cut_off(self):
        self.run_floe("process", "--tile", "4,18", "4,19")
        self.run_floe("process", "--tile", "4,21")
        self.cut()
        report = self.run_json("overviews")
        self.assertEqual((report["tiles"], report["updated"]), (3, True))
        self.assertFalse(self.run_json("overviews")["updated"])


if __name__ == "__main__":
    unittest.main()
