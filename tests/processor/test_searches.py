"""A catalogue that is wrong: holes, lies and outages, each through HTTP, and what is committed then."""

import json
import os
import time

from floe import Case

YEARS = ["--set", "years=2021"]
COARSE = ["--set", "grid.resolution=0.5"]
ARCHIVE = ["--years", "2021", "--platforms", "terra"]
NO_DATA = "No input data found for any year, therefore no output written to tile."


class CatalogueCase(Case):
    # Computed once for all tests.
    pixels_of_sound_archive = []

    def archive(self, *options, days=None):
        """A sandbox over which a store is made; `days` overrides which composites are due."""
        self.archive_at = self.sandbox(*ARCHIVE, *options)
        self.settings = [*self.archive_at.settings, *YEARS, *COARSE]
        if days is not None:
            self.settings += ["--set", f"catalog.due_days={days}"]
        if not os.path.exists(self.store):
            self.floe("init", settings=self.settings)
        return self.archive_at

    def process(self, *tiles, more=(), expect=0):
        tiles = tiles or ("4,19",)
        return self.floe("process", "--tile", *tiles, settings=[*self.settings, *more], expect=expect)

    def messages(self):
        """The notes of all tile commits, newest first."""
        return [entry.message for entry in self.history() if entry.message.startswith("Tile(")]

    def note(self):
        return self.messages()[0].split("Special note: ")[1]

    def metadata(self):
        return next(e.metadata["floe"] for e in self.history() if e.message.startswith("Tile("))

    def pixels(self):
        return self.dataset(mask_and_scale=False).avg_daytime_lst.values[0, 80:100, 380:400]

    def sound(self):
        """The pixels that a catalogue without any fault gives."""
        if not CatalogueCase.pixels_of_sound_archive:
            kept, self.store = self.store, os.path.join(self.directory, "sound")
            self.archive("--composites", 6)
            self.process()
            self.assertEqual(self.note(), "None")
            CatalogueCase.pixels_of_sound_archive.append(self.pixels())
            self.store = kept
        return CatalogueCase.pixels_of_sound_archive[0]


class Holes(CatalogueCase):
    def test_a_composite_that_is_absent_makes_the_tile_incomplete_until_the_catalogue_has_it(self):
        sound = self.sound()
        archive = self.archive("--composites", 6, "--fail", "absent=2021-06-02", "--fail", "absent=2021-07-28")
        first = self.process()
        self.assertEqual(self.note(), "Incomplete: 4 of 6 composites in 2021.")
        self.assertIn("4 of 6 composites", first.stderr)
        year = self.metadata()["years"][0]
        self.assertEqual((year["expected_composites"], year["found_composites"]), (6, 4))
        self.assertEqual(year["absent"], ["2021-06-02/2021-07-28"])
        self.assertFalse((self.pixels() == sound).all())
        status = self.json("status", settings=self.settings)
        self.assertEqual((status["counts"]["incomplete"], status["counts"]["processed"]), (1, 0))
        # Land that waits for work is listed: the tile is, and stays, among them.
        jobs = self.json("matrix", "--batch-index", 0, "--tiles-per-job", 36, settings=self.settings)
        self.assertIn("4,19", " ".join(jobs["tile"]).split())

        before = archive.counts()
        again = self.process()
        self.assertIn("still incomplete", again.stderr)
        self.assertEqual(len(self.messages()), 1)
        after = archive.counts()
        self.assertEqual(after["blob_requests"], before["blob_requests"])
        self.assertGreater(after["searches"], before["searches"])

        archive.fill()
        self.process()
        self.assertEqual(self.note(), "None")
        self.assertEqual(len(self.messages()), 2)
        self.assertEqual(self.json("status", settings=self.settings)["counts"]["processed"], 1)
        self.assertTrue((self.pixels() == sound).all())
        self.assertIn("already done", self.process().stderr)

    def test_run_takes_up_what_is_incomplete_and_ends_where_nothing_is_new(self):
        archive = self.archive("--composites", 2, "--holes", 0.1, "--fail", "absent=2021-03-30")
        self.only_land({(4, column) for column in range(16, 28)})
        self.floe("run", settings=self.settings)
        counts = self.json("status", settings=self.settings)["counts"]
        self.assertEqual((counts["incomplete"], counts["unprocessed"], counts["processed"]), (12, 0, 0))
        idle = self.json("run", settings=self.settings)
        self.assertEqual([tile["outcome"] for tile in idle["tiles"]], ["skipped"] * 12)
        self.assertEqual(len(self.messages()), 12)
        archive.fill()
        self.floe("run", settings=self.settings)
        counts = self.json("status", settings=self.settings)["counts"]
        self.assertEqual((counts["incomplete"], counts["processed"]), (0, 12))

    def only_land(self, tiles):
        """Leaves only these tiles to be processed."""
        path = os.path.join(self.directory, "tile_list.geojson")
        with open(path) as file:
            document = json.load(file)
        for feature in document["features"]:
            place = feature["properties"]
            place["land"] = (place["row"], place["col"]) in tiles
        with open(path, "w") as file:
            json.dump(document, file)

    def test_gaps_and_unknown_days_make_nothing_incomplete(self):
        self.archive("--composites", 6, "--fail", "absent=2021-06-02")
        self.process(more=["--set", "catalog.gaps=2021-06-02"])
        self.assertEqual(self.note(), "None")
        self.assertEqual(self.metadata()["years"][0]["expected_composites"], 5)
        self.process("4,20", more=["--set", "catalog.due_days=[]"])
        self.assertEqual(self.note(), "None")
        self.assertNotIn("expected_composites", self.metadata()["years"][0])

    def test_a_year_that_the_catalogue_lacks_is_incomplete_and_the_open_sea_has_no_data(self):
        self.archive("--composites", 4)
        years = ["--set", "years=2021,2022"]
        self.store = os.path.join(self.directory, "two")
        self.floe("init", settings=[*self.settings, *years])
        self.process(more=years)
        self.assertEqual(self.note(), "Incomplete: 0 of 4 composites in 2022.")
        self.assertEqual(self.metadata()["years"][1]["absent"], ["2022-02-10/2022-11-17"])
        self.process("7,4", more=years)
        self.assertEqual(self.note(), NO_DATA)

    def test_a_catalogue_that_gives_nothing_is_not_believed(self):
        self.archive("--composites", 6, "--fail", "empty=1", "--fail-attempts", 99)
        failed = self.process(expect=75)
        self.assertIn("gives no item", failed.stderr)
        self.assertEqual(self.messages(), [])
        doctor = self.floe("doctor", "--read-only", settings=self.settings, expect=75)
        self.assertIn("FAILED", doctor.stdout)

    def test_a_search_that_was_answered_with_an_empty_list_is_asked_again(self):
        sound = self.sound()
        self.archive("--composites", 6, "--fail", "empty=1")
        self.process()
        self.assertEqual(self.note(), "None")
        self.assertTrue((self.pixels() == sound).all())


class CutShort(CatalogueCase):
    def found_out(self, *faults):
        sound = self.sound()
        self.archive("--composites", 6, *faults)
        self.process()
        self.assertEqual(self.note(), "None")
        self.assertTrue((self.pixels() == sound).all())

    def test_pages_that_end_early_without_a_next_link_are_found_out(self):
        for items in (5, 9):
            with self.subTest(items=items):
                self.store = os.path.join(self.directory, f"cut-{items}")
                self.found_out("--fail", f"cut-pages={items}")

    def test_pages_that_repeat_are_found_out(self):
        self.found_out("--fail", "repeat-pages=7")

    def test_a_right_count_is_no_trouble_and_a_wrong_one_commits_nothing(self):
        self.found_out("--fail", "matched=0")
        self.store = os.path.join(self.directory, "lies")
        self.archive("--composites", 6, "--fail", "matched=1")
        failed = self.process(expect=75)
        self.assertIn("it counts", failed.stderr)
        self.assertEqual(self.messages(), [])

    def test_answers_of_one_item_cannot_be_made_sense_of(self):
        self.archive("--composites", 6, "--fail", "cut-pages=1")
        failed = self.process(expect=75)
        self.assertIn("holds items back", failed.stderr)
        self.assertEqual(self.messages(), [])


class Malformed(CatalogueCase):
    def test_items_that_nobody_asked_for_cannot_fail_a_job(self):
        sound = self.sound()
        self.archive("--composites", 6, "--fail", "strangers=9")
        done = self.process()
        self.assertIn("9 malformed items", done.stderr)
        self.assertTrue((self.pixels() == sound).all())

    def test_a_needed_item_that_cannot_be_read_fails_by_name(self):
        self.archive("--composites", 6, "--fail", "malformed=1")
        failed = self.process(expect=65)
        self.assertIn("MOD11A2.A2021", failed.stderr)
        self.assertIn("modis:horizontal-tile", failed.stderr)
        self.assertEqual(self.messages(), [])


class Outages(CatalogueCase):
    def sat_out(self, *faults, more=()):
        self.archive("--composites", 6, *faults)
        done = self.process(more=more)
        self.assertEqual(self.note(), "None")
        return done

    def test_a_catalogue_that_times_out_for_a_while_is_waited_for(self):
        began = time.monotonic()
        self.sat_out("--fail", "504=5")
        self.assertGreater(time.monotonic() - began, 5)

    def test_pages_that_are_too_large_are_asked_for_smaller(self):
        archive_began = time.monotonic()
        self.sat_out("--fail", "504-over=50")
        self.assertLess(time.monotonic() - archive_began, 60)

    def test_pages_for_people_and_missing_containers_are_tried_again(self):
        self.sat_out("--fail", "html=1", "--fail", "token-404=1")

    def test_patience_ends(self):
        self.archive("--composites", 6, "--fail", "504=99")
        began = time.monotonic()
        failed = self.process(more=["--set", "read.patience=4"], expect=75)
        self.assertLess(time.monotonic() - began, 30)
        self.assertIn("504", failed.stderr)
        self.archive("--composites", 6, "--fail", "token-404=1", "--fail-attempts", 99)
        self.process(more=["--set", "read.attempts=2"], expect=69)
        self.assertEqual(self.messages(), [])

    def test_tiles_whose_granules_are_all_there_are_committed_before_the_job_fails(self):
        self.archive("--composites", 6, "--fail", "missing-blob=0.02")
        tiles = [f"4,{column}" for column in range(18, 31)]
        failed = self.process(*tiles, expect=65)
        self.assertIn("404", failed.stderr)
        done = len(self.messages())
        self.assertTrue(0 < done < len(tiles), done)
        self.assertTrue(all(message.endswith("note: None") for message in self.messages()))
