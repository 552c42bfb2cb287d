"""Periods other than years: months, seasons, water years and composites, from the recipe to the store, judged by numpy and xarray."""

import datetime
import os

import icechunk
import numpy as np
import xarray as xr
import zarr

import oracle
from floe import Case
from test_recipes import recipe

NORTH, SOUTH = (4, 19), (11, 20)
PIXELS = 100
EPOCH = datetime.date(1970, 1, 1)
VARIABLES = """
[[variable]]
name = "middle"
band = "lst"
statistic = "mean"
type = "uint16"
scale = 0.02
fill = 0
units = "K"

[[variable]]
name = "observations"
band = "lst"
statistic = "count"
type = "uint16"
fill = 0
"""


def day(text):
    return (datetime.date.fromisoformat(text) - EPOCH).days


class Periods(Case):
    def make(self, period, tiles, *archive, years="2021"):
        """Makes tiles by a recipe of a period; the sandbox and the settings with which the store is opened."""
        sandbox = self.sandbox(*archive)
        with open(os.path.join(self.directory, "mine.toml"), "w") as file:
            file.write(recipe(variables=VARIABLES).replace('period = "year"', f'period = "{period}"'))
        settings = [*sandbox.settings, "--set", "recipe=mine.toml", "--set", f"years={years}"]
        settings += ["--set", "grid.resolution=0.1"]
        self.floe("init", settings=settings)
        for tile in tiles:
            self.floe("process", "--tile", "%d,%d" % tile, settings=settings)
        self.floe("overviews", settings=settings)
        self.floe("verify", settings=settings)
        return sandbox, settings

    def oracle(self, sandbox, tile, bounds, years):
        """What a tile must hold of each of the stretches of days."""
        positions = oracle.needed_positions(tile, PIXELS)
        north = 90 - 10 * tile[0]
        items = [item for year in years for item in sandbox.items(north - 10, north, year)]
        items = {item["id"]: item for item in items}.values()
        chosen, _ = oracle.choose(items, positions, ("terra",))
        results = [oracle.TileYear(tile, PIXELS) for _ in bounds]
        counts = [0] * len(bounds)
        for item in chosen:
            begins = day(item["properties"]["start_datetime"][:10])
            for index, (start, end) in enumerate(bounds):
                if start <= begins < end:
                    files = [item["assets"][asset]["href"] for asset in ("LST_Day_1km", "QC_Day")]
                    results[index].add(*map(sandbox.download, files))
                    counts[index] += 1
        return results, counts

    def check(self, sandbox, tile, bounds, years):
        """Compares every pixel of a tile; tells the granules of each period."""
        results, granules = self.oracle(sandbox, tile, bounds, years)
        self.assertGreater(sum(int((result.count > 0).sum()) for result in results), 5_000, "too few pixels")
        raw = self.dataset(mask_and_scale=False)
        self.assertEqual(raw["middle"].dims, ("time", "latitude", "longitude"))
        rows, cols = (slice(at * PIXELS, (at + 1) * PIXELS) for at in tile)
        for index, result in enumerate(results):
            for name, wanted in (("middle", result.mean()), ("observations", result.count)):
                stored = raw[name].values[index, rows, cols].astype(np.int64)
                self.assertEqual(int((stored != wanted).sum()), 0, f"pixels of {name} in period {index}")
        return results, granules

    def messages(self):
        return [one.message for one in self.history() if one.message.startswith("Tile(")]

    def entry(self, label, result, granules, periods=1):
        valid = sum(int((one.count > 0).sum()) for one in result)
        total = PIXELS**2 * periods
        tenths = (2000 * valid + total) // (2 * total)
        share = f"{tenths // 10}.{tenths % 10}"
        return f"({label}: input_granules={granules}, output_valid_pixels={valid}, coverage={share}%)"

    def test_months_are_an_axis_of_time_with_bounds(self):
        sandbox, settings = self.make("month", [NORTH], "--years", "2021", "--composites", 12)
        starts = [datetime.date(2021 + month // 12, month % 12 + 1, 1) for month in range(13)]
        bounds = [((a - EPOCH).days, (b - EPOCH).days) for a, b in zip(starts, starts[1:])]
        results, granules = self.check(sandbox, NORTH, bounds, [2021])
        dataset = self.dataset()
        for group in (None, "1"):
            times = self.dataset(group=group)["time"].values
            self.assertEqual([str(time)[:10] for time in times], [str(start) for start in starts[:12]])
        self.assertEqual(dataset["time"].attrs["bounds"], "time_bnds")
        self.assertEqual(dataset["time_bnds"].dims, ("time", "bnds"))
        decoded = dataset["time_bnds"].values.astype("datetime64[D]").astype(int)
        self.assertEqual([tuple(pair) for pair in decoded.tolist()], bounds)
        # As climate software selects: by a date that decodes.
        july = dataset["middle"].sel(time="2021-07-01")
        self.assertEqual(july.shape, (1800, 3600))
        root = zarr.open_group(self.session().store, mode="r")
        self.assertEqual(root["time"].dtype, np.int32)
        self.assertEqual(root["middle"].attrs["cell_methods"], "time: mean")
        self.assertEqual(root["middle"].attrs["long_name"], "Monthly mean of lst")
        self.assertEqual(root["1/middle"].attrs["cell_methods"], "time: mean area: mean")
        entries = [self.entry(f"2021-{month:02}", [result], count)
                   for month, (result, count) in enumerate(zip(results, granules), 1)]
        self.assertIn(f"Stats: [{', '.join(entries)}] Special note: None", self.messages()[0])
        tile = self.json("status", settings=settings)["tiles"][NORTH[0] * 36 + NORTH[1]]
        self.assertEqual((tile["years"], len(tile["periods"])), ([], 12))
        self.assertEqual(tile["periods"][6]["label"], "2021-07")
        self.assertEqual(tile["periods"][6]["expected_composites"], 1)
        self.assertIn("2021-07:", self.floe("status", "--tiles", settings=settings).stdout)
        picture = os.path.join(self.directory, "picture.png")
        told = self.floe("quicklook", "middle", "--period", "2021-07", "--out", picture, settings=settings)
        self.assertIn("middle 2021-07 as", told.stdout)
        refused = self.floe("quicklook", "middle", "2021", "--out", picture, settings=settings, expect=64).stderr
        self.assertIn("expected a period of the dataset (2021-01, 2021-02,", refused)
        self.assertIn("found 2021", refused)
        again = self.floe("process", "--tile", "%d,%d" % NORTH, settings=settings).stderr
        self.assertIn("already done", again)
        with_years = [*settings, "--set", "years=2022"]
        refused = self.floe("status", settings=with_years, expect=78).stderr
        self.assertIn('/time: expected ["2022-01-01","2022-02-01",', refused)

    def test_a_winter_holds_december_of_the_year_before(self):
        sandbox, _ = self.make("season", [NORTH], "--years", "2020,2021", "--composites", 12)
        edges = ["2020-12-01", "2021-03-01", "2021-06-01", "2021-09-01", "2021-12-01"]
        bounds = list(zip(map(day, edges), map(day, edges[1:])))
        results, granules = self.check(sandbox, NORTH, bounds, [2020, 2021])
        self.assertTrue(all(granules))
        entry = self.entry("2021-DJF", results[:1], granules[0])
        self.assertIn(f"Stats: [{entry}, (2021-MAM: ", self.messages()[0])

    def test_what_a_season_lacks_is_told_by_its_label_and_not_processed_again_in_vain(self):
        _, settings = self.make("season", [NORTH], "--years", "2019,2021", "--composites", 12)
        self.assertIn("Special note: Incomplete: 2 of 3 composites in 2021-DJF.", self.messages()[0])
        tile = self.json("status", settings=settings)["tiles"][NORTH[0] * 36 + NORTH[1]]
        self.assertEqual(tile["status"], "incomplete")
        self.assertEqual(tile["periods"][0]["found_composites"], 2)
        floe = next(one.metadata["floe"] for one in self.history() if "floe" in one.metadata)
        self.assertEqual(floe["periods"][0]["absent"], ["2020-12-18"])
        self.assertNotIn("years", floe)
        again = self.floe("process", "--tile", "%d,%d" % NORTH, settings=settings).stderr
        self.assertIn("still incomplete", again)

    def test_water_years_of_either_hemisphere(self):
        sandbox, _ = self.make("water-year", [NORTH, SOUTH], "--years", "2020,2021,2022", "--composites", 6)
        years = [2020, 2021, 2022]
        self.check(sandbox, NORTH, [(day("2020-10-01"), day("2021-10-01"))], years)
        results, granules = self.check(sandbox, SOUTH, [(day("2021-04-01"), day("2022-04-01"))], years)
        self.assertIn(self.entry("WY2021", results, granules[0]), self.messages()[0])
        time = self.dataset()["time"]
        self.assertEqual(str(time.values[0])[:10], "2020-10-01")
        self.assertEqual(time.attrs["southern_time_bnds"], [day("2021-04-01"), day("2022-04-01")])

    def test_water_years_need_tiles_that_end_at_the_equator(self):
        with open(os.path.join(self.directory, "mine.toml"), "w") as file:
            file.write(recipe().replace('period = "year"', 'period = "water-year"'))
        settings = ["--set", "recipe=mine.toml", "--set", "grid.tile_degrees=36", "--set", "grid.resolution=0.5"]
        message = self.floe("init", settings=settings, expect=78).stderr
        self.assertIn("grid.tile_degrees must make tiles that end at the equator", message)

    def test_many_composites_are_told_together_and_verified_together(self):
        sandbox, settings = self.make("composite", [NORTH], "--years", "2021", "--composites", 14)
        starts = [day("2021-01-01") + due - 1 for due in sandbox.due_days]
        bounds = list(zip(starts, [*starts[1:], day("2022-01-01")]))
        results, granules = self.check(sandbox, NORTH, bounds, [2021])
        first, last = (str(EPOCH + datetime.timedelta(starts[at])) for at in (0, -1))
        entry = self.entry(f"{first}..{last}", results, sum(granules), sum((r.count > 0).any() for r in results))
        self.assertIn(f"Stats: [{entry}] Special note: None", self.messages()[0])
        tile = self.json("status", settings=settings)["tiles"][NORTH[0] * 36 + NORTH[1]]
        self.assertEqual([one["label"] for one in tile["periods"]], [f"{first}..{last}"])
        self.assertEqual(tile["periods"][0]["expected_composites"], 14)
        self.assertEqual(xr.decode_cf(self.dataset())["time"].size, 14)
        # A chunk that somebody takes away is missed, though no entry tells of its period alone.
        filled = next(at for at, result in enumerate(results) if (result.count > 0).any())
        repository = icechunk.Repository.open(icechunk.local_filesystem_storage(self.store))
        session = repository.writable_session("main")
        array = zarr.open_group(session.store, mode="r+")["observations"]
        rows, cols = (slice(at * PIXELS, (at + 1) * PIXELS) for at in NORTH)
        array[filled, rows, cols] = 0
        session.commit("somebody else's")
        found = self.floe("verify", "--tile", "%d,%d" % NORTH, settings=settings, expect=65).stdout
        self.assertIn(f"observations: {first}..{last}: ", found)

    def test_an_unknown_period_is_refused_with_those_that_there_are(self):
        with open(os.path.join(self.directory, "mine.toml"), "w") as file:
            file.write(recipe().replace('period = "year"', 'period = "week"'))
        message = self.floe("recipe", "check", "mine.toml", expect=78).stderr
        self.assertIn("line 7: period: expected one of year, season, month, water-year, composite", message)
        with open(os.path.join(self.directory, "mine.toml"), "w") as file:
            file.write(recipe().replace('period = "year"', 'period = "season"'))
        checked = self.json("recipe", "check", "mine.toml")
        self.assertEqual((checked["period"], checked["periods"][0]), ("season", "2020-DJF"))


if __name__ == "__main__":
    import unittest

    unittest.main()
