"""A store that the processor has written, read by the viewer's reader and by xarray."""

import numpy as np
import zarr

import reader
from floe import Case

SETTINGS = ["--set", "years=[2021,2022]", "--set", "grid.resolution=0.1"]


class Written(Case):
    def write(self, *more):
        sandbox = self.sandbox("--years", "2021,2022", "--composites", "1")
        settings = [*sandbox.settings, *SETTINGS, *more]
        self.floe("init", settings=settings)
        # Both sides of the antimeridian, the tropics, and a tile in the far south.
        self.floe("process", "--tile", "2,0", "2,35", "9,20", "16,10", settings=settings)
        self.floe("overviews", settings=settings)
        self.floe("verify", settings=settings)

    def check_every_pixel(self):
        reading = reader.read(self.store)
        root = zarr.open_group(self.session().store, mode="r")
        self.assertEqual(reading.years, [2021, 2022])
        self.assertGreaterEqual(len(reading.levels), 2)
        for number, level in enumerate(root.attrs["multiscales"]["layout"]):
            group = root if level["asset"] == "." else root[level["asset"]]
            self.assertEqual(reading.levels[number]["degrees"], level["spatial:transform"][0])
            for variable in reader.VARIABLES:
                stored = group[variable][:]
                self.assertGreater(int((stored > 0).sum()), 100, f"{variable} at level {number} has data")
                for place, year in enumerate(reading.years):
                    np.testing.assert_array_equal(reading.plane(variable, year, number), stored[place])


class ProcessorWrites(Written):
    def setUp(self):
        super().setUp()
        self.write()

    def test_every_pixel_of_every_level_is_the_one_that_python_reads(self):
        self.check_every_pixel()

    def test_kelvin_and_missing_values_are_those_of_xarray(self):
        reading = reader.read(self.store)
        dataset = self.dataset()
        for described in reading.description["variables"]:
            self.assertEqual((described["units"], described["missing"]), ("K", 0))
            for year in reading.years:
                numbers = reading.plane(described["name"], year)
                kelvin = np.where(numbers == 0, np.nan, numbers * described["scale"] + described["offset"])
                decoded = dataset[described["name"]].sel(year=year).values
                np.testing.assert_array_equal(np.isnan(decoded), numbers == 0)
                np.testing.assert_allclose(decoded, kelvin, rtol=1e-6)

    def test_history_and_snapshot_are_those_of_icechunk(self):
        reading = reader.read(self.store)
        commits = self.history()
        self.assertEqual(reading.description["snapshot"], commits[0].id)
        self.assertEqual(reading.description["messages"], [commit.message for commit in commits])
        # Icechunk's own first snapshot is empty, the next one holds the schema.
        older = reader.read(self.store, f"snapshot:{commits[-2].id}")
        self.assertEqual(len(older.description["messages"]), 2)
        self.assertEqual(int(older.plane("avg_daytime_lst", 2022).max()), 0)


class TilesOfSeveralChunks(Written):
    def test_every_pixel_of_shards_is_the_one_that_python_reads(self):
        self.write("--set", "grid.chunk_pixels=25")
        array = zarr.open_group(self.session().store, mode="r")["avg_daytime_lst"]
        self.assertEqual((array.chunks, array.shards), ((1, 25, 25), (1, 100, 100)))
        self.check_every_pixel()
