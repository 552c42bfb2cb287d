"""Every pixel of the output, against the oracle, GDAL and the decimal grid."""

import os
import pathlib
import shutil
from fractions import Fraction

import numpy as np
import rasterio
import zarr
from rasterio.transform import from_origin
from rasterio.warp import Resampling, reproject

import oracle
from floe import Case

DATA = pathlib.Path(__file__).parents[2] / "raster" / "tests" / "data"
GRANULE = "MOD11A1.A2019305.h14v09.006.2019306084028"
YEAR = 2021


class Pixels(Case):
    def expected(self, sandbox, tile, pixels, platforms=("terra",), year=YEAR):
        """The oracle's tile, the granules that it read, and what made them hard to find."""
        positions = oracle.needed_positions(tile, pixels)
        north = 90 - 10 * tile[0]
        items = sandbox.items(north - 10, north, year)
        items = [item for item in items if item["properties"]["start_datetime"].startswith(str(year))]
        chosen, older = oracle.choose(items, positions, platforms)
        result = oracle.TileYear(tile, pixels)
        for item in chosen:
            assets = item["assets"]
            result.add(
                sandbox.download(assets["LST_Day_1km"]["href"]), sandbox.download(assets["QC_Day"]["href"])
            )
        west = -180 + 10 * tile[1]
        missed = sum(item["bbox"][2] < west or item["bbox"][0] > west + 10 for item in chosen)
        return result, chosen, older, missed

    def stored(self, tile, pixels):
        raw = self.dataset(mask_and_scale=False)
        rows = slice(tile[0] * pixels, (tile[0] + 1) * pixels)
        cols = slice(tile[1] * pixels, (tile[1] + 1) * pixels)
        return [raw[name].values[0, rows, cols] for name in ("avg_daytime_lst", "max_daytime_lst")]

    def check(self, sandbox, tiles, pixels, settings=(), platforms=("terra",)):
        settings = [*sandbox.settings, "--set", f"years={YEAR}", *settings]
        self.floe("init", settings=settings)
        names = [f"{row},{col}" for row, col in tiles]
        report = self.json("process", "--tile", *names, settings=settings)
        hard = {"older": 0, "missed": 0, "valid": 0}
        for tile, done in zip(tiles, report["tiles"]):
            with self.subTest(tile=tile):
                expected, chosen, older, missed = self.expected(sandbox, tile, pixels, platforms)
                mean, greatest = self.stored(tile, pixels)
                self.assertEqual(int((mean != expected.mean()).sum()), 0, "pixels of the mean that differ")
                self.assertEqual(int((greatest != expected.max).sum()), 0, "pixels of the maximum that differ")
                self.assertEqual((done["row"], done["col"]), tile)
                self.assertEqual(done["years"][0]["input_granules"], len(chosen))
                self.assertEqual(done["years"][0]["output_valid_pixels"], int((expected.count > 0).sum()))
                hard["older"] += older
                hard["missed"] += missed
                hard["valid"] += int((expected.count > 0).sum())
        return hard

    def test_all_climates_and_both_sides_of_the_antimeridian_equal_the_oracle(self):
        sandbox = self.sandbox("--years", YEAR, "--composites", 3)
        # Far north, Chukotka on both sides of 180 degrees, mid-latitudes, tropics, Antarctica.
        tiles = [(1, 14), (2, 0), (2, 35), (4, 19), (9, 11), (16, 20)]
        hard = self.check(sandbox, tiles, 1000)
        self.assertGreater(hard["valid"], 500_000, "too little land for a verdict")
        self.assertGreater(hard["missed"], 0, "no granule was used whose footprint misses the tile")

    def test_a_coarse_grid_equals_the_oracle_with_older_productions_set_aside(self):
        sandbox = self.sandbox("--years", YEAR, "--composites", 8)
        coarse = ["--set", "grid.resolution=0.05"]
        hard = self.check(sandbox, [(4, col) for col in range(18, 24)], 200, coarse)
        self.assertGreater(hard["older"], 0, "no granule had an older production")

    def test_aqua_counts_only_where_the_configuration_names_it(self):
        sandbox = self.sandbox("--years", YEAR, "--composites", 2)
        settings = ["--set", "grid.resolution=0.05", "--set", "catalog.platforms=terra,aqua"]
        self.check(sandbox, [(4, 20)], 200, settings, platforms=("terra", "aqua"))

    def test_the_real_granule_equals_gdals_warp_of_it(self):
        granules = os.path.join(self.directory, "granules")
        os.mkdir(granules)
        for layer in ("LST_Day_1km", "QC_Day"):
            shutil.copy(DATA / f"{GRANULE}_{layer}.tif", granules)
        sandbox = self.sandbox("--granules", granules)
        settings = [*sandbox.settings, "--set", "years=2019"]
        self.floe("init", settings=settings)
        tiles = [(9, 14), (9, 13)]
        self.floe("process", "--tile", "9,13 9,14", settings=settings)
        with rasterio.open(DATA / f"{GRANULE}_LST_Day_1km.tif") as lst:
            values, transform, crs = lst.read(1), lst.transform, lst.crs
        with rasterio.open(DATA / f"{GRANULE}_QC_Day.tif") as qc:
            quality = qc.read(1)
        accepted = np.where((values >= 7500) & (quality & 3 <= 1), values, 0).astype(np.uint16)
        compared = 0
        for row, col in tiles:
            warped = np.zeros((1000, 1000), np.uint16)
            reproject(
                accepted, warped, src_transform=transform, src_crs=crs, src_nodata=0,
                dst_transform=from_origin(-180 + 10 * col, 90 - 10 * row, 0.01, 0.01),
                # The sphere of the data itself: no datum shift.
                dst_crs="+proj=longlat +R=6371007.181 +no_defs",
                dst_nodata=0, resampling=Resampling.nearest, tolerance=0,
            )  # fmt: skip
            for stored in self.stored((row, col), 1000):
                self.assertEqual(int((stored != warped).sum()), 0, f"pixels of tile {row},{col} that differ")
            compared += int((warped > 0).sum())
        self.assertGreater(compared, 200_000, "the granule has more pixels than that")


class Coordinates(Case):
    def test_xarray_decodes_kelvin_and_finds_the_decimal_cell_centres(self):
        sandbox = self.sandbox("--years", YEAR, "--composites", 1)
        settings = [*sandbox.settings, "--set", f"years={YEAR},2022"]
        self.floe("init", settings=settings)
        self.floe("process", "--tile", "4,19", settings=settings)
        dataset = self.dataset()
        self.assertEqual(dict(dataset.sizes), {"year": 2, "latitude": 18000, "longitude": 36000})
        self.assertEqual(dataset.year.dtype.kind, "i")
        self.assertEqual(list(dataset.year.values), [YEAR, 2022])
        for values, first, sign in ((dataset.latitude.values, 89995, -1), (dataset.longitude.values, -179995, 1)):
            exact = [float(Fraction(first + sign * 10 * index, 1000)) for index in range(len(values))]
            self.assertEqual(values.tobytes(), np.array(exact).tobytes())
        self.assertLessEqual({"avg_daytime_lst", "max_daytime_lst"}, set(dataset.data_vars))
        for name in ("avg_daytime_lst", "max_daytime_lst"):
            tile = dataset[name].sel(year=YEAR).isel(latitude=slice(4000, 5000), longitude=slice(19000, 20000))
            kelvin = tile.values
            self.assertEqual(dataset[name].attrs["units"], "K")
            self.assertTrue(np.isnan(kelvin).any(), "there is sea in this tile")
            self.assertTrue(200 < np.nanmin(kelvin) < np.nanmax(kelvin) < 350, (np.nanmin(kelvin), np.nanmax(kelvin)))
            raw = self.dataset(mask_and_scale=False)[name].sel(year=YEAR).values[4000:5000, 19000:20000]
            self.assertTrue(np.allclose(kelvin[raw > 0], raw[raw > 0] * 0.02))
            self.assertTrue(np.isnan(kelvin[raw == 0]).all())
            # Nothing of a year without granules.
            self.assertTrue(np.isnan(dataset[name].sel(year=2022).isel(latitude=slice(4000, 5000), longitude=slice(19000, 20000)).values).all())
        one = dataset.avg_daytime_lst.sel(year=YEAR, latitude=45.005, longitude=10.005)
        self.assertEqual(one.shape, ())

    def test_the_tiles_own_overviews_are_means_of_valid_children(self):
        sandbox = self.sandbox("--years", YEAR, "--composites", 1)
        settings = [*sandbox.settings, "--set", f"years={YEAR}"]
        self.floe("init", settings=settings)
        self.floe("process", "--tile", "4,19", settings=settings)
        store = self.session().store
        root = zarr.open_group(store, mode="r")
        finer = root["avg_daytime_lst"][0, 4000:5000, 19000:20000].astype(np.int64)
        for level, edge in ((1, 500), (2, 250)):
            parts = finer.reshape(edge, 2, edge, 2)
            total, count = parts.sum(axis=(1, 3)), (parts > 0).sum(axis=(1, 3))
            whole, rest = np.divmod(total, np.maximum(count, 1))
            up = (2 * rest > count) | ((2 * rest == count) & (count > 0) & (whole % 2 == 1))
            expected = np.where(count > 0, whole + up, 0)
            stored = root[f"{level}/avg_daytime_lst"][0, 4 * edge : 5 * edge, 19 * edge : 20 * edge]
            self.assertEqual(int((stored != expected).sum()), 0, f"level {level}")
            finer = expected
