"""`floe verify`: a sound store holds, and whatever is damaged, by a disk or by somebody, is named."""

import asyncio
import os
import re
import shutil
import tarfile
import unittest

import icechunk
import numpy as np
import zarr

from floe import Case, RangeHandler

HERE = os.path.dirname(os.path.abspath(__file__))
# Tiles of 400 pixels: of the three overviews one is the tile's own.
SETTINGS = ["--set", "years=2021", "--set", "grid.resolution=0.025"]
TILES = ["4,19", "4,20", "9,20"]


class Verify(Case):
    """All tests damage copies of one store."""

    @classmethod
    def setUpClass(cls):
        case = cls("make")
        case.setUp()
        case.make()
        cls.case, cls.settings, cls.sound = case, case.settings, case.store

    @classmethod
    def tearDownClass(cls):
        cls.case.doCleanups()

    def make(self):
        archive = self.sandbox("--years", 2021, "--composites", 2)
        self.settings = [*archive.settings, *SETTINGS]
        self.floe("init", settings=self.settings)
        # Open ocean south of Hawaii: no data.
        self.floe("process", "--tile", *TILES, "7,4", settings=self.settings)
        self.floe("overviews", settings=self.settings)

    def setUp(self):
        super().setUp()
        if hasattr(type(self), "sound"):
            shutil.copytree(type(self).sound, self.store)

    def verify(self, *arguments, expect=65, settings=None):
        return self.json("verify", *arguments, expect=expect, settings=settings or self.settings)

    def only_problem(self, *arguments):
        """The one problem that is found."""
        problems = self.verify(*arguments)["problems"]
        self.assertEqual(len(problems), 1, problems)
        return problems[0]

    def assert_mends(self):
        """The problem is named without --repair, and gone after it; the pixels are the former ones."""
        report = self.verify("--repair", expect=0)
        self.assertEqual(report["problems"], [])
        self.verify(expect=0)
        for group in (None, "1", "2", "3"):
            for name in ("avg_daytime_lst", "max_daytime_lst"):
                mended, sound = (
                    self.dataset(store, group=group, mask_and_scale=False)[name].values for store in (self.store, self.sound)
                )
                np.testing.assert_array_equal(mended, sound)
        return report

    def write(self, message, change):
        """A commit that is nobody's but the test's."""
        repository = icechunk.Repository.open(icechunk.local_filesystem_storage(self.store))
        session = repository.writable_session("main")
        change(zarr.open_group(session.store, mode="r+"), session)
        session.commit(message, allow_empty=True)

    # --- sound -----------------------------------------------------------------------------------------

    def test_a_sound_store_holds_and_each_of_its_chunks_is_read_once(self):
        report = self.verify(expect=0)
        self.assertEqual((report["problems"], report["unseen"], report["unaccounted"]), ([], [], []))
        self.assertEqual(report["checked"], len(os.listdir(os.path.join(self.store, "chunks"))) - 4 * 2)
        self.assertEqual(report["tiles"], 4)
        done = self.floe("verify", settings=self.settings)
        self.assertTrue(done.stdout.startswith("sound: "), done.stdout)
        part = self.verify("--tile", "9,20", expect=0)
        self.assertTrue(0 < part["checked"] < report["checked"])
        self.floe("verify", "--tile", "18,0", expect=64, settings=self.settings)

    def test_tiles_that_the_global_levels_have_not_seen_are_said_and_are_no_problem(self):
        self.floe("process", "--tile", "4,18", settings=self.settings)
        self.floe("process", "--tile", "9,20", "--force", settings=self.settings)
        report = self.verify(expect=0)
        self.assertEqual(report["unseen"], ["4,18", "9,20"])
        self.assertIn("4,18 9,20", self.floe("verify", settings=self.settings).stdout)
        self.floe("overviews", settings=self.settings)
        self.assertEqual(self.verify(expect=0)["unseen"], [])

    def test_a_store_of_before_holds(self):
        with tarfile.open(os.path.join(HERE, "data", "plain-store.tar.gz")) as archive:
            archive.extractall(os.path.join(self.directory, "former"), filter="data")
        store = os.path.join(self.directory, "former", "store")
        settings = ["--set", "years=[2021,2022]", "--set", "grid.resolution=0.5"]
        report = self.json("verify", store=store, settings=settings)
        self.assertEqual((report["problems"], report["unseen"]), ([], ["4,20"]))
        self.assertGreater(report["checked"], 10)

    def test_messages_of_every_former_grammar_are_verified_as_far_as_they_say_something(self):
        for tile, message in (("4,19", "tile_4_19: processed"), ("9,20", "hello")):
            self.write(message, lambda *_: None)
            self.verify(expect=0)
        self.write("Tile(row=9, col=20) processed. Stats: [(2021: valid_pixels=5, coverage=0.0%)] Special note: None", lambda *_: None)
        self.assertIn("message promises 5", self.verify()["problems"][0]["what"])

    def test_a_tile_that_is_incomplete_holds(self):
        archive = self.sandbox("--years", 2021, "--platforms", "terra", "--composites", 6, "--fail", "absent=2021-06-02")
        self.store = os.path.join(self.directory, "incomplete")
        settings = [*archive.settings, *SETTINGS]
        self.floe("init", settings=settings)
        self.floe("process", "--tile", "4,19", settings=settings)
        self.assertIn("Incomplete: 5 of 6 composites", self.history()[0].message)
        self.assertEqual(self.verify(settings=settings, expect=0)["problems"], [])

    def test_tiles_whose_commits_were_cut_off_are_said_and_read_all_the_same(self):
        repository = icechunk.Repository.open(icechunk.local_filesystem_storage(self.store))
        repository.expire_snapshots(older_than=self.history()[0].written_at)
        report = self.verify(expect=0)
        self.assertEqual((report["problems"], report["unaccounted"]), ([], TILES))
        self.flip("avg_daytime_lst/c/0/4/20")
        self.assertEqual(self.only_problem()["tile"], "4,20")

    # --- damaged ---------------------------------------------------------------------------------------

    def test_a_chunk_that_was_deleted(self):
        os.remove(self.chunk_file("avg_daytime_lst/c/0/9/20"))
        problem = self.only_problem()
        self.assertEqual((problem["tile"], problem["array"]), ("9,20", "avg_daytime_lst"))
        self.assertIn("2021: reading a chunk failed", problem["what"])
        self.assertEqual(self.verify("--tile", "4,19", expect=0)["problems"], [])
        self.only_problem("--tile", "9,20")
        self.assertEqual(self.assert_mends()["repaired"]["processed"], ["9,20"])

    def test_a_chunk_that_was_cut(self):
        path = self.chunk_file("1/max_daytime_lst/c/0/4/19")
        os.truncate(path, os.path.getsize(path) // 2)
        problem = self.only_problem()
        self.assertEqual((problem["tile"], problem["array"]), ("4,19", "1/max_daytime_lst"))
        self.assert_mends()

    def test_a_flipped_bit(self):
        self.flip("avg_daytime_lst/c/0/4/20")
        problem = self.only_problem()
        self.assertEqual((problem["tile"], problem["array"]), ("4,20", "avg_daytime_lst"))
        self.assertIn("decoding a chunk failed", problem["what"])
        self.assert_mends()

    def test_a_chunk_of_a_global_level(self):
        self.flip("2/max_daytime_lst/c/0/1/4")
        problem = self.only_problem()
        self.assertEqual(problem["array"], "2/max_daytime_lst")
        self.assertIn("chunk 1,4: 2021: decoding a chunk failed", problem["what"])
        self.assertEqual(self.assert_mends()["repaired"]["processed"], [])

    def flip(self, key):
        with open(self.chunk_file(key), "r+b") as file:
            content = bytearray(file.read())
            content[len(content) // 2] ^= 4
            file.seek(0)
            file.write(content)

    def test_a_changed_scale_factor_is_named_and_nothing_is_written_over_it(self):
        self.write("change", lambda root, _: root["1/max_daytime_lst"].attrs.update(scale_factor=0.01))
        problem = self.only_problem()
        self.assertEqual((problem["tile"], problem["array"]), (None, "1/max_daytime_lst"))
        self.assertEqual(problem["what"], "attributes.scale_factor: expected 0.02, found 0.01")
        commits = len(self.history())
        self.verify("--repair")
        self.assertEqual(len(self.history()), commits)

    def test_metadata_that_do_not_hold(self):
        def change(root, _):
            root["3"].attrs.update({"spatial:bbox": [-180, -90, 180, 80]})
            root["latitude"][7] = 12.5

        self.write("change", change)
        problems = {problem["array"]: problem["what"] for problem in self.verify()["problems"]}
        self.assertIn("attributes.spatial:bbox: expected [-180.0,-90.0,180.0,90.0], found [-180,-90,180,80]", problems["3"])
        self.assertIn("value 7: expected ", problems["latitude"])
        self.assertEqual(len(problems), 2)

    def test_overviews_that_are_stale(self):
        def change(root, _):
            for level, row, col in (("1", 850, 4050), ("2", 425, 2025)):
                root[level]["avg_daytime_lst"][0, row, col] = 9999

        self.write("change", change)
        problems = self.verify()["problems"]
        arrays = [f"{level}/avg_daytime_lst" for level in (1, 2, 3)]
        self.assertEqual([(problem["tile"], problem["array"]) for problem in problems], [("4,20", array) for array in arrays])
        for problem in problems:
            self.assertIn("1 pixels of its chunk are not the means of level", problem["what"])
        self.assertIn("the first, in row 50, column 50, is 9999 and must be", problems[0]["what"])
        self.assert_mends()

    def test_numbers_that_were_changed(self):
        def change(root, _):
            values = root["avg_daytime_lst"]
            window = values[0, 1600:2000, 7600:8000]
            row, col = np.argwhere(window > 0)[0]
            values[0, 1600 + row, 7600 + col] += 1000

        self.write("change", change)
        self.assertEqual(self.only_problem()["array"], "1/avg_daytime_lst")
        self.assert_mends()

    def test_a_message_whose_count_is_wrong(self):
        message = next(entry.message for entry in self.history() if entry.message.startswith("Tile(row=9"))
        count = int(re.search("output_valid_pixels=([0-9]+)", message)[1])
        self.write(message.replace(f"={count},", f"={count - 1},"), lambda *_: None)
        report = self.verify()
        self.assertEqual({problem["array"] for problem in report["problems"]}, {"avg_daytime_lst", "max_daytime_lst"})
        for problem in report["problems"]:
            self.assertEqual(problem["tile"], "9,20")
            self.assertEqual(problem["what"], f"2021: {count} valid pixels are stored, the commit's message promises {count - 1}")
        self.assert_mends()

    def test_chunks_that_the_message_promises_and_that_are_not_there(self):
        keys = [f"{level}max_daytime_lst/c/0/4/19" for level in ("", "1/")]
        self.write("change", lambda _, session: [asyncio.run(session.store.delete(key)) for key in keys])
        above, problem = self.verify()["problems"]
        self.assertEqual((problem["tile"], problem["array"]), ("4,19", "max_daytime_lst"))
        self.assertIn("no chunk is stored, the commit's message promises", problem["what"])
        # The levels above still show them.
        self.assertEqual((above["tile"], above["array"]), ("4,19", "2/max_daytime_lst"))
        self.assert_mends()

    def test_a_read_that_may_pass_later_is_no_problem_of_the_store(self):
        asked = set()

        class Unavailable(RangeHandler):
            def do_GET(self):
                if "/chunks/" in self.path:
                    asked.add(self.path)
                    self.send_error(503)
                else:
                    super().do_GET()

        store = self.serve(self.directory, Unavailable) + "/store"
        done = self.floe("verify", store=store, settings=self.settings, expect=69)
        self.assertEqual(done.stdout, "")
        self.assertIn("could not be reached", done.stderr)
        # The years, which are read first: nothing is concluded from what failed.
        self.assertEqual(len(asked), 1, asked)

    def test_a_store_that_is_read_over_http(self):
        os.truncate(self.chunk_file("avg_daytime_lst/c/0/9/20"), 300)
        store = self.serve(self.directory) + "/store"
        problems = self.json("verify", store=store, settings=self.settings, expect=65)["problems"]
        self.assertEqual([(problem["tile"], problem["array"]) for problem in problems], [("9,20", "avg_daytime_lst")])

    def test_a_manifest_that_is_gone(self):
        directory = os.path.join(self.store, "manifests")
        newest = max(os.scandir(directory), key=lambda entry: entry.stat().st_mtime_ns)
        os.remove(newest.path)
        problems = self.verify()["problems"]
        self.assertTrue(any("reading a manifest failed" in problem["what"] for problem in problems), problems)


if __name__ == "__main__":
    unittest.main()
