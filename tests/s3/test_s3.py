"""A store in S3: written, read back, cleaned up; and in a bucket that may not be listed."""

import json
import time
import unittest

import floe
import numpy as np
import xarray as xr
import zarr

from moto import BUCKET, PREFIX, Moto, Unlisted

# Tiles of 40 pixels: big enough that a chunk is an object of its own, quick to process.
SETTINGS = ["--set", "grid.resolution=0.25", "--set", "years=[2021,2022]"]


class S3Case(floe.Case):
    @classmethod
    def setUpClass(cls):
        cls.source = floe.Sandbox("--years", "2021,2022", "--composites", "1")
        cls.addClassCleanup(cls.source.stop)
        cls.moto = Moto()
        cls.addClassCleanup(cls.moto.stop)

    def setUp(self):
        super().setUp()
        self.moto.reset()

    def s3(self, *arguments, environment=None, prefix=PREFIX, expect=0):
        """Runs the processor on the store in S3."""
        return self.floe(
            *arguments,
            store=f"s3://{BUCKET}/{prefix}",
            settings=[*SETTINGS, *self.source.settings],
            environment=environment or self.moto.environment(),
            expect=expect,
        )

    def s3_json(self, *arguments, **options):
        return json.loads(self.s3("--json", *arguments, **options).stdout)

    def s3_dataset(self):
        session = self.moto.repository().readonly_session("main")
        return xr.open_zarr(session.store, consolidated=False, mask_and_scale=False)


class Store(S3Case):
    def test_tiles_are_committed_read_back_and_equal_to_those_of_a_local_store(self):
        self.s3("init")
        self.s3("process", "--tile", "4,19", "4,20")
        counts = self.s3_json("status")["counts"]
        self.assertEqual(counts["processed"], 2)
        done = self.s3("process", "--tile", "4,19")
        self.assertIn("already done", done.stderr + done.stdout)

        settings = [*SETTINGS, *self.source.settings]
        self.floe("init", settings=settings)
        self.floe("process", "--tile", "4,19", "4,20", settings=settings)
        there, here = self.s3_dataset().load(), self.dataset(mask_and_scale=False).load()
        self.assertGreater(np.count_nonzero(there.avg_daytime_lst), 1000)
        self.assertTrue(there.identical(here))

    def test_garbage_is_counted_first_and_removed_on_demand(self):
        self.s3("init")
        self.s3("process", "--tile", "4,19")
        before = self.s3_dataset().load()
        # A chunk that no commit refers to. Noise: what compresses well is kept within the manifest.
        session = self.moto.repository().writable_session("main")
        noise = np.random.default_rng(6).integers(7500, 65535, (40, 40), dtype="uint16")
        zarr.open_group(session.store, mode="a")["avg_daytime_lst"][0, :40, :40] = noise
        # moto's times are whole seconds; what is not surely older is left alone.
        time.sleep(2)
        counted = self.s3_json("gc", "--older-than", "0")
        self.assertEqual((counted["chunks"], counted["deleted"]), (1, False))
        removed = self.s3_json("gc", "--older-than", "0", "--delete", "--idle")
        self.assertEqual((removed["chunks"], removed["deleted"]), (1, True))
        self.assertEqual(self.s3_json("gc", "--older-than", "0")["objects"], 0)
        self.assertTrue(self.s3_dataset().load().identical(before))

    def test_a_writer_without_credentials_is_told_which_variables_are_missing(self):
        environment = self.moto.environment()
        del environment["AWS_ACCESS_KEY_ID"]
        done = self.s3("init", environment=environment, expect=77)
        self.assertIn("AWS_ACCESS_KEY_ID", done.stderr)

    def test_keys_with_quotes_and_line_ends_are_taken_for_what_they_are(self):
        environment = self.moto.environment()
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_ENDPOINT_URL"):
            environment[name] = f'"{environment[name]}"\n'
        self.s3("init", environment=environment)
        self.s3("status")
        for name, wrong in (("AWS_SECRET_ACCESS_KEY", "of\ntwo lines"), ("AWS_ENDPOINT_URL", "minio:9000")):
            done = self.s3("status", environment={**self.moto.environment(), name: wrong}, expect=78)
            self.assertIn(name, done.stderr)
            self.assertNotIn(wrong, done.stderr)

    def test_an_empty_prefix_has_no_store(self):
        done = self.s3("status", prefix="elsewhere", expect=78)
        self.assertIn("not initialized", done.stderr)


class WithoutPermissionToList(S3Case):
    def setUp(self):
        super().setUp()
        self.unlisted = Unlisted(self.moto)
        self.addCleanup(self.unlisted.stop)
        self.s3("init")

    def unlisted_s3(self, *arguments, **options):
        return self.s3(*arguments, environment=self.moto.environment(self.unlisted.endpoint), **options)

    def test_a_sound_store_is_read_and_written(self):
        self.unlisted_s3("process", "--tile", "4,19", "4,20")
        status = json.loads(self.unlisted_s3("--json", "status").stdout)
        self.assertEqual(status["counts"]["processed"], 2)
        self.unlisted_s3("overviews")
        self.assertGreater(np.count_nonzero(self.s3_dataset().avg_daytime_lst), 1000)
        # It was refused what is absent, and went on.
        self.assertIn(f"{BUCKET}/{PREFIX}/refs/branch.main/ref.json", self.unlisted.refused)
        self.assertEqual(self.unlisted.refused.count(f"{BUCKET}/{PREFIX}/floe.claim"), 1)

    def test_a_claim_that_cannot_be_read_costs_a_commit_nothing_but_its_turn(self):
        self.unlisted_s3("process", "--tile", "4,19")
        claim = f"{BUCKET}/{PREFIX}/floe.claim"
        self.unlisted.hidden.add(claim)
        self.unlisted_s3("process", "--tile", "4,20")
        self.assertIn(claim, self.unlisted.refused)
        self.assertEqual(self.s3_json("status")["counts"]["processed"], 2)

    def test_a_wrong_prefix_is_named_as_such(self):
        for command in (["status"], ["process", "--tile", "4,19"], ["init"]):
            done = self.unlisted_s3(*command, prefix="wrong", expect=78)
            self.assertIn(f"s3://{BUCKET}/wrong", done.stderr)
            self.assertIn("no repository at this prefix", done.stderr)
            self.assertIn("s3:ListBucket", done.stderr)

    def test_what_needs_a_list_says_that_it_was_refused(self):
        done = self.unlisted_s3("gc", expect=77)
        self.assertIn("refused access", done.stderr)


if __name__ == "__main__":
    unittest.main()
