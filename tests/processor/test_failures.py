"""Bad input, bad stores, bad networks: what is said, how it exits, and that nothing is committed."""

import os
import pathlib
import socket

import rasterio

from floe import Case
from test_pixels import DATA, GRANULE

YEARS = ["--set", "years=2021"]
COARSE = [*YEARS, "--set", "grid.resolution=0.1"]


class Failures(Case):
    def refused(self, code, *words, arguments, environment=(), **options):
        """Runs a command that must fail: exit code, words of the message, and nothing committed."""
        before = len(self.history()) if os.path.exists(self.store) else None
        done = self.floe(*arguments, expect=code, environment=environment, **options)
        for word in words:
            self.assertIn(word, done.stderr)
        if before is not None:
            self.assertEqual(len(self.history()), before, "something was committed")

    def test_a_wrong_command_line_exits_with_64(self):
        self.refused(64, arguments=["no-such-verb"])
        self.refused(64, arguments=["process"])
        self.refused(64, "tile 18,0 lies outside the grid", "rows are 0 to 17", arguments=["process", "--tile", "18,0"])
        self.refused(64, "expected a tile as ROW,COL", "'4-19'", arguments=["process", "--tile", "4-19"])

    def test_a_wrong_configuration_exits_with_78(self):
        self.refused(78, "unknown configuration key 'grid.size'", arguments=["status", "--set", "grid.size=3"])
        self.refused(78, "no-such.toml", arguments=["status", "--config", "no-such.toml"])
        with open(os.path.join(self.directory, "floe.toml"), "w") as file:
            file.write("[grid]\nresolutoin = 0.1\n")
        self.refused(78, "'grid.resolutoin'", "floe.toml", arguments=["status"])

    def test_a_store_that_is_missing_or_another_exits_with_78(self):
        self.refused(78, "is not initialized", "floe init", arguments=["process", "--tile", "4,19"])
        self.refused(78, "is not initialized", arguments=["status"])
        self.floe("init", settings=COARSE)
        self.refused(78, "does not fit the configuration", "/avg_daytime_lst: shape", arguments=["status"], settings=YEARS)
        self.refused(78, "does not fit", arguments=["process", "--tile", "4,19"], settings=["--set", "years=2020", "--set", "grid.resolution=0.1"])
        self.refused(78, "does not fit", arguments=["init"], settings=YEARS)
        other = os.path.join(self.directory, "other")
        os.mkdir(other)
        pathlib.Path(other, "thesis.txt").write_text("mine")
        self.refused(78, "not empty", arguments=["init"], store=other)
        self.assertEqual(pathlib.Path(other, "thesis.txt").read_text(), "mine")
        self.assertFalse(os.path.exists(os.path.join(other, "repo")))

    def test_missing_credentials_and_read_only_stores_exit_with_77(self):
        account = {"AZURE_STORAGE_ACCOUNT": "nobody"}.items()
        self.refused(77, "AZURE_STORAGE_SAS_TOKEN", arguments=["init"], store="az://box/prefix", environment=account)
        self.refused(77, "AZURE_STORAGE_ACCOUNT", arguments=["init"], store="az://box/prefix")
        self.refused(77, "AWS_ACCESS_KEY_ID", arguments=["init"], store="s3://bucket/prefix")
        self.refused(77, "GOOGLE_APPLICATION_CREDENTIALS", arguments=["init"], store="gs://bucket/prefix")
        self.floe("init", settings=COARSE)
        url = self.serve(self.store)
        self.assertEqual(self.json("status", store=url, settings=COARSE)["counts"]["unprocessed"], 381)
        self.refused(77, "read-only", arguments=["process", "--tile", "4,19"], store=url, settings=COARSE)

    def test_an_endpoint_that_does_not_answer_exits_with_69(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        settings = [*COARSE, "--set", "read.attempts=2", "--set", f"catalog.url=http://127.0.0.1:{port}/stac"]
        self.floe("init", settings=settings)
        self.refused(69, f"http://127.0.0.1:{port}/stac/search", "cannot be reached", arguments=["process", "--tile", "4,19"], settings=settings)

    def test_an_unknown_collection_is_not_taken_for_no_data(self):
        archive = self.sandbox("--years", 2021, "--composites", 1)
        settings = [*archive.settings, *COARSE, "--set", "catalog.collection=modis-11A2-999"]
        self.floe("init", settings=settings)
        self.refused(78, "no collection 'modis-11A2-999'", arguments=["process", "--tile", "4,19"], settings=settings)


class Weather(Case):
    """The sandbox misbehaves."""

    def processed(self, *faults):
        archive = self.sandbox("--years", 2021, "--composites", 1, *faults)
        settings = [*archive.settings, *COARSE]
        self.floe("init", settings=settings)
        self.floe("process", "--tile", "4,19", settings=settings)
        return self.dataset(mask_and_scale=False).avg_daytime_lst.values[0, 400:500, 1900:2000]

    def test_passing_failures_are_sat_out_and_change_no_pixel(self):
        expected = self.processed()
        self.assertGreater(int((expected > 0).sum()), 1000)
        for faults in (["--fail", "429=0.5", "--fail", "503=0.5"], ["--fail", "cut=1"], ["--fail", "403=1"], ["--fail", "expire=1"]):
            with self.subTest(faults=faults):
                self.store = os.path.join(self.directory, "-".join(faults))
                self.assertTrue((self.processed(*faults) == expected).all())

    def failed(self, code, *words, fault):
        archive = self.sandbox("--years", 2021, "--composites", 1, "--fail", fault)
        settings = [*archive.settings, *COARSE]
        self.floe("init", settings=settings)
        before = len(self.history())
        done = self.floe("process", "--tile", "4,19", settings=settings, expect=code)
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertEqual(len(self.history()), before)

    def test_a_truncated_file_is_an_error_that_names_it(self):
        self.failed(65, "MOD11A2.A2021", "truncated", fault="truncate=1")

    def test_an_item_without_an_asset_is_an_error_that_names_it(self):
        self.failed(65, "MOD11A2.A2021", "has no asset", fault="missing-asset=1")

    def test_a_blob_that_is_gone_is_an_error_that_names_it(self):
        self.failed(65, "MOD11A2.A2021", "404", fault="missing-blob=1")


class Files(Case):
    """Granule files that are not what their names say."""

    def refused(self, *words, **changes):
        granules = os.path.join(self.directory, "granules")
        os.makedirs(granules, exist_ok=True)
        for layer in ("LST_Day_1km", "QC_Day"):
            name = f"{GRANULE}_{layer}.tif"
            with rasterio.open(DATA / name) as raster:
                values, profile = raster.read(1), {**raster.profile, **changes}
            values = values[: profile["height"], : profile["width"]]
            if layer == "QC_Day" and "dtype" in changes:
                profile["dtype"] = "uint8"
            with rasterio.open(os.path.join(granules, name), "w", **profile) as raster:
                raster.write(values.astype(profile["dtype"]), 1)
        archive = self.sandbox("--granules", granules)
        settings = [*archive.settings, "--set", "years=2019", "--set", "grid.resolution=0.1"]
        self.floe("init", settings=settings)
        before = len(self.history())
        done = self.floe("process", "--tile", "9,14", settings=settings, expect=65)
        for word in (GRANULE, *words):
            self.assertIn(word, done.stderr)
        self.assertEqual(len(self.history()), before)

    def test_a_file_of_another_size_is_refused(self):
        self.refused("1200", "600", width=600, height=600)

    def test_a_file_of_another_type_is_refused(self):
        self.refused("16", dtype="float32", predictor=1)

    def test_a_file_of_another_projection_is_refused(self):
        self.refused("expected MODIS sinusoidal, found EPSG:32623", crs="EPSG:32623")
