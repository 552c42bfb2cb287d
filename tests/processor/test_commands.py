"""The verbs, as people, scripts and workflows use them."""

import json
import os
import signal
import subprocess

import icechunk
import numpy as np
import zarr

from floe import ENVIRONMENT, Case

YEARS = ["--set", "years=2021"]
COARSE = [*YEARS, "--set", "grid.resolution=0.1"]


class Commands(Case):
    def setUp(self):
        super().setUp()
        self.archive = self.sandbox("--years", 2021, "--composites", 2)
        self.settings = [*self.archive.settings, *COARSE]

    def run_floe(self, *arguments, **options):
        return self.floe(*arguments, settings=self.settings, **options)

    def run_json(self, *arguments, **options):
        return self.json(*arguments, settings=self.settings, **options)

    def test_init_writes_the_tile_list_and_a_second_time_changes_nothing(self):
        first = self.run_json("init")
        self.assertTrue(first["created"])
        with open(os.path.join(self.directory, "tile_list.geojson")) as file:
            features = json.load(file)["features"]
        places = [(f["properties"]["row"], f["properties"]["col"]) for f in features]
        self.assertEqual(places, [(row, col) for row in range(18) for col in range(36)])
        self.assertEqual(sum(f["properties"]["land"] for f in features), 381)
        root = zarr.open_group(self.session().store, mode="r")
        self.assertEqual(root["avg_daytime_lst"].nchunks_initialized, 0)
        self.assertEqual(root["avg_daytime_lst"].shape, (1, 1800, 3600))
        commits = len(self.history())
        again = self.run_json("init")
        self.assertFalse(again["created"])
        self.assertIn("already initialized", self.run_floe("init").stdout)
        self.assertEqual(len(self.history()), commits)

    def test_init_makes_nothing_where_the_tile_list_is_of_another_grid(self):
        path = os.path.join(self.directory, "tile_list.geojson")
        with open(path, "w") as file:
            file.write('{"type": "FeatureCollection", "features": []}')
        answer = self.run_floe("init", expect=78).stderr
        self.assertIn("expected one feature for each of the grid's 648 tiles, found 0", answer)
        self.assertFalse(os.path.exists(self.store))
        os.remove(path)
        self.assertTrue(self.run_json("init")["created"])

    def test_a_done_tile_is_skipped_and_forced_again_leaves_the_same_bytes(self):
        self.run_floe("init")
        first = self.run_json("process", "--tile", "4,19")
        self.assertEqual(first["tiles"][0]["outcome"], "processed")
        for key in ("cpu_seconds", "wall_seconds", "bytes_read", "requests", "peak_memory_bytes"):
            self.assertGreater(first[key], 0, key)
        values = self.dataset(mask_and_scale=False).avg_daytime_lst.values.copy()
        commits = len(self.history())
        skipped = self.run_floe("process", "--tile", "4,19")
        self.assertIn("already done", skipped.stderr)
        self.assertEqual(len(self.history()), commits)
        forced = self.run_json("process", "--tile", "4,19", "--force")
        self.assertNotEqual(forced["tiles"][0]["snapshot"], first["tiles"][0]["snapshot"])
        self.assertEqual(len(self.history()), commits + 1)
        self.assertTrue((self.dataset(mask_and_scale=False).avg_daytime_lst.values == values).all())
        status = self.run_json("status")
        self.assertEqual(status["counts"]["processed"], 1)
        self.assertEqual(status["tiles"][4 * 36 + 19]["snapshot"], forced["tiles"][0]["snapshot"])

    def test_neighbours_share_granules_and_each_gets_its_own_commit(self):
        self.run_floe("init")
        alone = [self.run_json("process", "--tile", f"4,{col}")["bytes_read"] for col in (18, 19, 20)]
        together = self.run_json("process", "--force", "--tile", "4,18 4,19", "4,20")
        self.assertLess(together["bytes_read"], 0.75 * sum(alone))
        self.assertEqual([tile["col"] for tile in together["tiles"]], [18, 19, 20])
        self.assertEqual(len({tile["snapshot"] for tile in together["tiles"]}), 3)
        total = self.run_json("status")["totals"]["bytes_read"]
        self.assertTrue(0 < total <= together["bytes_read"], (total, together["bytes_read"]))

    def test_a_tile_without_granules_commits_the_note_and_counts_as_nodata(self):
        self.run_floe("init")
        # Open ocean south of Hawaii: no position there has any land.
        report = self.run_json("process", "--tile", "7,4")
        self.assertEqual(report["tiles"][0]["outcome"], "nodata")
        message = self.history()[0].message
        note = "No input data found for any year, therefore no output written to tile."
        self.assertEqual(
            message,
            "Tile(row=7, col=4) processed. Stats: [(2021: input_granules=0, output_valid_pixels=0, "
            f"coverage=0.0%)] Special note: {note}",
        )
        tile = self.run_json("status")["tiles"][7 * 36 + 4]
        self.assertEqual((tile["status"], tile["note"]), ("nodata", note))

    def test_status_shows_what_stood_then_as_json_geojson_and_picture(self):
        before = self.run_json("init")["snapshot"]
        self.run_floe("process", "--tile", "4,19")
        status = self.run_json("status", "--geojson", "s.geojson", "--png", "s.png")
        self.assertEqual(
            status["counts"],
            {"processed": 1, "incomplete": 0, "nodata": 0, "unaccounted": 0, "unprocessed": 380, "ocean": 267},
        )
        tile = status["tiles"][4 * 36 + 19]
        self.assertEqual({*tile}, {"row", "col", "status", "years", "periods", "note", "snapshot", "committed_at"})
        self.assertGreater(tile["years"][0]["input_granules"], 0)
        self.assertGreater(status["totals"]["bytes_read"], 0)
        with open(os.path.join(self.directory, "s.geojson")) as file:
            feature = json.load(file)["features"][4 * 36 + 19]
        self.assertEqual(feature["properties"]["status"], "processed")
        self.assertEqual(feature["properties"]["years"], tile["years"])
        with open(os.path.join(self.directory, "s.png"), "rb") as file:
            self.assertEqual(file.read(8), b"\x89PNG\r\n\x1a\n")
        then = self.run_json("status", "--at", before)
        self.assertEqual((then["snapshot"], then["counts"]["processed"]), (before, 0))
        self.assertIn("processed", self.run_floe("status").stdout)
        self.run_floe("status", "--at", "NOSUCHSNAPSHOT", expect=64)

    def test_quicklook_draws_a_picture(self):
        self.run_floe("init")
        self.run_floe("process", "--tile", "4,19")
        self.run_floe("quicklook", "avg_daytime_lst", 2021, "--out", "q.png")
        self.assertGreater(os.path.getsize(os.path.join(self.directory, "q.png")), 10_000)
        self.assertIn("expected a year", self.run_floe("quicklook", "avg_daytime_lst", 1999, "--out", "q.png", expect=64).stderr)
        self.assertIn("unknown variable", self.run_floe("quicklook", "lst", 2021, "--out", "q.png", expect=64).stderr)

    def test_batches_are_taken_at_one_snapshot(self):
        self.run_floe("init")
        plan = self.run_json("matrix", "--list-batches")
        self.assertEqual(plan["batch_index"], [0, 1])
        first = self.run_json("matrix", "--batch-index", 0, "--at", plan["snapshot"])
        self.assertEqual(len(first["tile"]), 256)
        # Jobs of the first batch commit while the second is listed.
        self.run_floe("process", "--tile", *first["tile"][:2])
        second = self.run_json("matrix", "--batch-index", 1, "--at", plan["snapshot"])
        listed = [tile for entry in first["tile"] + second["tile"] for tile in entry.split()]
        self.assertEqual((len(listed), len(set(listed))), (381, 381))
        now = self.floe("matrix", "--list-batches", settings=self.settings)
        self.assertIn("379 unprocessed tiles", now.stderr)
        small = self.run_json("matrix", "--list-batches", "--batch-size", 100, "--tiles-per-job", 4)
        tiles = []
        for index in small["batch_index"]:
            batch = self.run_json("matrix", "--batch-index", index, "--batch-size", 100, "--tiles-per-job", 4)
            self.assertLessEqual(len(batch["tile"]), 100)
            for entry in batch["tile"]:
                pairs = [tuple(map(int, tile.split(","))) for tile in entry.split()]
                self.assertEqual(pairs, [(pairs[0][0], pairs[0][1] + step) for step in range(len(pairs))])
                tiles += pairs
        self.assertEqual(len(set(tiles)), 379)
        self.run_floe("matrix", "--batch-index", 9, expect=64)

    def test_a_step_summary_is_written_where_actions_ask_for_it(self):
        self.run_floe("init")
        summary = os.path.join(self.directory, "summary.md")
        self.run_floe("process", "--tile", "4,19", environment={"GITHUB_STEP_SUMMARY": summary}.items())
        with open(summary) as file:
            text = file.read()
        self.assertIn("| 4,19 | 10..20° E, 40..50° N | processed | 2021 |", text)

    def test_older_and_foreign_messages_are_understood(self):
        self.run_floe("init")
        repository = icechunk.Repository.open(icechunk.local_filesystem_storage(self.store))
        for message in ("tile_4_18: processed", "hello", "Tile(row=4, col=20) processed. Stats: [(2021: valid_pixels=5, coverage=0.1%)] Special note: None"):
            repository.writable_session("main").commit(message, allow_empty=True)
        status = self.run_json("status")
        self.assertEqual(status["counts"]["processed"], 2)
        self.assertEqual(status["tiles"][4 * 36 + 20]["years"][0]["input_granules"], None)
        self.assertIn("already done", self.run_floe("process", "--tile", "4,18").stderr)


class Overviews(Case):
    def test_overviews_after_each_batch_give_the_same_bytes_as_once_at_the_end(self):
        archive = self.sandbox("--years", 2021, "--composites", 1)
        settings = [*archive.settings, *YEARS, "--set", "grid.resolution=0.05"]
        stores = [os.path.join(self.directory, name) for name in ("each", "once")]
        batches = ["4,18 4,19", "5,18 5,19", "4,20 9,30"]
        for store in stores:
            self.floe("init", store=store, settings=settings)
            for batch in batches:
                self.floe("process", "--tile", batch, store=store, settings=settings)
                if store == stores[0]:
                    self.floe("overviews", store=store, settings=settings)
        self.floe("overviews", store=stores[1], settings=settings)
        idle = self.json("overviews", store=stores[1], settings=settings)
        self.assertFalse(idle["updated"])
        compared = 0
        for level in ("1", "2"):
            for name in ("avg_daytime_lst", "max_daytime_lst"):
                each, once = (
                    self.dataset(store, group=level, mask_and_scale=False)[name].values for store in stores
                )
                self.assertTrue((each == once).all())
                compared += int((each > 0).sum())
        self.assertGreater(compared, 1000)
        base = self.dataset(stores[0], mask_and_scale=False).avg_daytime_lst.values[0].astype(np.int64)
        parts = base.reshape(1800, 2, 3600, 2)
        total, count = parts.sum(axis=(1, 3)), (parts > 0).sum(axis=(1, 3))
        whole, rest = np.divmod(total, np.maximum(count, 1))
        up = (2 * rest > count) | ((2 * rest == count) & (count > 0) & (whole % 2 == 1))
        level1 = self.dataset(stores[0], group="1", mask_and_scale=False).avg_daytime_lst.values[0]
        self.assertTrue((level1 == np.where(count > 0, whole + up, 0)).all())

    def test_two_at_the_same_time_do_no_harm(self):
        archive = self.sandbox("--years", 2021, "--composites", 1)
        settings = [*archive.settings, *YEARS, "--set", "grid.resolution=0.05"]
        self.floe("init", settings=settings)
        self.floe("process", "--tile", "4,18 4,19 4,20", settings=settings)
        two = [
            subprocess.Popen(self.command("overviews", settings=settings), cwd=self.directory, env=ENVIRONMENT)
            for _ in range(2)
        ]
        self.assertEqual([process.wait(timeout=120) for process in two], [0, 0])
        updates = [entry for entry in self.history() if entry.message.startswith("Overviews updated")]
        self.assertEqual(len(updates), 1)


class Fleet(Case):
    def test_run_processes_the_world_and_a_stopped_run_continues(self):
        archive = self.sandbox("--years", 2021, "--composites", 1)
        settings = [*archive.settings, *YEARS, "--set", "grid.resolution=0.5"]
        self.floe("init", settings=settings)
        process = subprocess.Popen(
            self.command("run", "--jobs", 2, "--memory", 64, settings=settings),
            cwd=self.directory, env=ENVIRONMENT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        for line in process.stderr:
            if line.startswith("row "):
                break
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        self.assertEqual(process.wait(timeout=60), 130, rest)
        process.stderr.close()
        self.assertIn("the same command continues", rest)
        begun = self.json("status", settings=settings)["counts"]["processed"]
        self.assertTrue(0 < begun < 381, begun)
        done = self.floe("--json", "run", "--jobs", 2, settings=settings)
        report = json.loads(done.stdout)
        self.assertEqual(len(report["tiles"]) + begun, 381)
        # A line a row of tiles, not one a tile; the status likewise, unless all are asked for.
        self.assertLess(done.stderr.count("\n"), 60, done.stderr)
        self.assertLess(self.floe("status", settings=settings).stdout.count("\n"), 60)
        self.assertGreater(self.floe("status", "--tiles", settings=settings).stdout.count("\n"), 381)
        counts = self.json("status", settings=settings)["counts"]
        self.assertEqual((counts["unprocessed"], counts["processed"] + counts["nodata"]), (0, 381))
        self.assertTrue(report["overviews"]["updated"])

    def test_sixteen_processes_commit_to_one_local_store_and_nothing_is_lost(self):
        archive = self.sandbox("--years", 2021, "--composites", 1)
        settings = [*archive.settings, *YEARS, "--set", "grid.resolution=0.5"]
        self.floe("init", settings=settings)
        tiles = [(row, col) for row in (3, 4, 5, 6) for col in range(20, 28)]
        jobs = [tiles[start::16] for start in range(16)]
        processes = [
            subprocess.Popen(
                self.command("process", "--tile", *[f"{row},{col}" for row, col in job], settings=settings),
                cwd=self.directory, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
            for job in jobs
        ]  # fmt: skip
        self.assertEqual([process.wait(timeout=300) for process in processes], [0] * 16)
        messages = [entry.message for entry in self.history() if entry.message.startswith("Tile(")]
        self.assertEqual(len(messages), len(tiles))
        stored = self.dataset(mask_and_scale=False).avg_daytime_lst.values[0]
        for row, col in tiles:
            message = next(m for m in messages if m.startswith(f"Tile(row={row}, col={col})"))
            valid = int(message.split("output_valid_pixels=")[1].split(",")[0])
            window = stored[row * 20 : row * 20 + 20, col * 20 : col * 20 + 20]
            self.assertEqual(int((window > 0).sum()), valid, (row, col))

    def test_two_processes_on_one_tile_leave_one_commit(self):
        archive = self.sandbox("--years", 2021, "--composites", 1)
        settings = [*archive.settings, *YEARS, "--set", "grid.resolution=0.5"]
        self.floe("init", settings=settings)
        two = [
            subprocess.Popen(self.command("process", "--tile", "4,19", settings=settings), cwd=self.directory,
                             env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for _ in range(2)
        ]  # fmt: skip
        self.assertEqual([process.wait(timeout=120) for process in two], [0, 0])
        messages = [entry.message for entry in self.history() if entry.message.startswith("Tile(")]
        self.assertEqual(len(messages), 1)
