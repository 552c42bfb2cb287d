"""Stores that were created before some of today's metadata, and stores whose metadata somebody has changed."""

import os
import tarfile

import icechunk
import zarr

from floe import Case

HERE = os.path.dirname(os.path.abspath(__file__))
SETTINGS = ["--set", "years=[2021,2022]", "--set", "grid.resolution=0.5"]


def has_checksum(path):
    """Whether a zstd frame ends with a checksum of its content (RFC 8878, section 3.1.1.1.1.4)."""
    with open(path, "rb") as file:
        head = file.read(5)
    assert head[:4] == bytes.fromhex("28b52ffd"), path
    return bool(head[4] & 4)


class FormerStore(Case):
    """data/plain-store.tar.gz: three tiles and overviews, a fourth tile after them; all without checksums."""

    def setUp(self):
        super().setUp()
        with tarfile.open(os.path.join(HERE, "data", "plain-store.tar.gz")) as archive:
            archive.extractall(self.directory, filter="data")
        self.before = set(os.listdir(os.path.join(self.store, "chunks")))

    def test_it_is_read_and_written_in_its_own_form(self):
        archive = self.sandbox("--years", "2021,2022", "--composites", 2)
        settings = [*SETTINGS, *archive.settings]
        status = self.json("status", settings=SETTINGS)
        self.assertEqual((status["counts"]["processed"], status["counts"]["nodata"]), (3, 1))
        self.assertIn("already initialized", self.floe("init", settings=SETTINGS).stdout)
        values = self.dataset(mask_and_scale=False).avg_daytime_lst.values.copy()
        self.floe("process", "--tile", "4,18", settings=settings)
        self.floe("process", "--tile", "9,20", "--force", settings=settings)
        self.assertTrue(self.json("overviews", settings=SETTINGS)["updated"])
        after = self.dataset(mask_and_scale=False).avg_daytime_lst.values
        self.assertTrue((after[:, 180:200, 400:420] == values[:, 180:200, 400:420]).all())
        self.assertGreater(int((after[:, 80:100, 360:380] > 0).sum()), 100)
        overview = self.dataset(group="1", mask_and_scale=False).avg_daytime_lst.values
        self.assertGreater(int((overview[:, 40:50, 180:190] > 0).sum()), 25)
        new = set(os.listdir(os.path.join(self.store, "chunks"))) - self.before
        self.assertTrue(new)
        for name in new:
            self.assertFalse(has_checksum(os.path.join(self.store, "chunks", name)), name)


class ChangedMetadata(Case):
    def setUp(self):
        super().setUp()
        self.floe("init", settings=SETTINGS)

    def change(self, path, **attributes):
        repository = icechunk.Repository.open(icechunk.local_filesystem_storage(self.store))
        session = repository.writable_session("main")
        zarr.open_group(session.store, mode="r+")[path].attrs.update(attributes)
        session.commit("somebody's change")

    def test_attributes_that_decide_numbers_stop_every_verb_and_others_none(self):
        self.change("max_daytime_lst", comment="seen by us")
        self.floe("status", settings=SETTINGS)
        self.change("1/max_daytime_lst", scale_factor=0.01)
        for verb in (["status"], ["overviews"], ["init"], ["process", "--tile", "4,18"]):
            message = self.floe(*verb, settings=SETTINGS, expect=78).stderr
            self.assertIn("/1/max_daytime_lst: attributes.scale_factor: expected 0.02, found 0.01", message)
        self.change("1/max_daytime_lst", scale_factor=0.02, add_offset=1)
        message = self.floe("status", settings=SETTINGS, expect=78).stderr
        self.assertIn("/1/max_daytime_lst: attributes.add_offset: expected null, found 1", message)


if __name__ == "__main__":
    import unittest

    unittest.main()
