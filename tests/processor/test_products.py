"""Products of other catalogues, grids, types and statistics: made by recipes of their own, judged pixel by pixel."""

import datetime
import json
import os
import tomllib

import numpy as np
import rasterio
import rasterio.warp
import zarr

import reduction
from floe import Case

RADIUS = 6371007.181
CATALOG = {"items": "items.ndjson", "sign_url": "", "due_days": []}
SINUSOIDAL = f"+proj=sinu +R={RADIUS} +units=m +no_defs"
EDGE = 2 * np.pi * RADIUS / 36


def sinusoidal(h, v, pixels):
    """The place of a MODIS position."""
    step = EDGE / pixels
    return SINUSOIDAL, rasterio.Affine(step, 0, h * EDGE - 18 * EDGE, 0, -step, 9 * EDGE - v * EDGE)


def write(path, numbers, crs, transform, nodata=None, **options):
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=numbers.shape[0],
        width=numbers.shape[1],
        count=1,
        dtype=numbers.dtype,
        crs=crs,
        transform=transform,
        nodata=nodata,
        **{"tiled": True, "blockxsize": 256, "blockysize": 256, "compress": "deflate", **options},
    ) as raster:
        raster.write(numbers, 1)


def footprint(crs, transform, shape):
    """The box in degrees that a raster's edges reach."""
    rows, cols = shape
    west, north = transform @ (0, 0)
    east, south = transform @ (cols, rows)
    return list(rasterio.warp.transform_bounds(crs, "EPSG:4326", west, south, east, north))


class Products(Case):
    """Observations on a disk, and what a recipe makes of them."""

    def setUp(self):
        super().setUp()
        self.random = np.random.default_rng(7)
        self.items, self.observations = [], []

    def scene(self, name, date, bands, place, nodata=None, properties=None, **options):
        """Writes an observation: its files, and its item; `bands` are arrays by asset."""
        crs, transform = place
        assets, shape = {}, None
        for asset, numbers in bands.items():
            path = os.path.join(self.directory, f"{name}_{asset}.tif")
            shape = shape or numbers.shape
            step = rasterio.Affine.scale(shape[1] / numbers.shape[1], shape[0] / numbers.shape[0])
            write(path, numbers, crs, transform @ step, (nodata or {}).get(asset), **options)
            assets[asset] = {"href": f"./{name}_{asset}.tif", "type": "image/tiff; application=geotiff"}
        box = footprint(crs, transform, shape)
        item = {
            "type": "Feature",
            "stac_version": "1.0.0",
            "id": name,
            "collection": "mine",
            "bbox": box,
            "geometry": None,
            "properties": {"datetime": f"{date}T10:30:00Z", **(properties or {})},
            "links": [],
            "assets": assets,
        }
        self.items.append(item)
        self.observations.append((item, datetime.date.fromisoformat(date), list(bands)))

    def lines(self):
        """The list of items."""
        return "".join(json.dumps(item) + "\n" for item in self.items)

    def follow(self, recipe, tile):
        """Writes items and recipe, and makes a tile; the settings of both."""
        with open(os.path.join(self.directory, "items.ndjson"), "w") as file:
            file.write(self.lines())
        with open(os.path.join(self.directory, "mine.toml"), "w") as file:
            file.write(toml({**recipe, "title": "Mine", "catalog": {**CATALOG, **recipe.get("catalog", {})}}))
        settings = ["--set", "recipe=mine.toml"]
        self.floe("init", settings=settings)
        self.floe("process", "--tile", "%d,%d" % tile, settings=settings)
        return settings

    def warped(self, window, bands, begins, ends):
        """The observations of a period at a window's pixels, in the order of time and id."""
        found = []
        for item, date, _ in sorted(self.observations, key=lambda one: (one[1], one[0]["id"])):
            if begins <= date < ends:
                path = lambda band: os.path.join(self.directory, item["assets"][band["asset"]]["href"])
                warped = {name: window.warp(path(band), band.get("band_index", 1)) for name, band in bands.items()}
                found.append({"date": date, "bands": warped})
        return found

    def check(self, recipe, tile, periods, composites=()):
        """Makes a tile, and compares every pixel of every variable and period: `periods` are first days and days after."""
        settings = self.follow(recipe, tile)
        grid = recipe["grid"]
        degrees, resolution = grid["tile_degrees"], grid["resolution"]
        pixels = round(degrees / resolution)
        window = reduction.Window(-180 + tile[1] * degrees, 90 - tile[0] * degrees, resolution, pixels)
        west, _, _, north = grid.get("bounds", [-180, -90, 180, 90])
        places = tile[0] - round((90 - north) / degrees), (tile[1] - round((west + 180) / degrees)) % round(360 / degrees)
        rows, cols = (slice(place * pixels, (place + 1) * pixels) for place in places)
        root = zarr.open_group(self.session().store, mode="r")
        np.testing.assert_allclose(root["latitude"][rows], window.latitudes, atol=1e-9)
        np.testing.assert_allclose((root["longitude"][cols] + 180) % 360 - 180, window.longitudes, atol=1e-9)
        seen = 0
        for place, (begins, ends) in enumerate(periods):
            observations = self.warped(window, recipe["bands"], begins, ends)
            due = [date for date in composites if begins <= date < ends]
            for variable in recipe["variable"]:
                name = variable["name"]
                oracle = reduction.Reduction(recipe, variable, observations, begins, ends, due or None, window.shape)
                wanted, found = oracle.result(), root[name][place, rows, cols]
                self.assertEqual(found.dtype, wanted.dtype)
                if wanted.dtype.kind == "f":
                    np.testing.assert_allclose(found, wanted, rtol=1e-6, err_msg=name)
                else:
                    differ = np.argwhere(found != wanted)
                    first = [(found[tuple(at)], wanted[tuple(at)]) for at in differ[:3]]
                    self.assertEqual(len(differ), 0, f"pixels of {name} that differ: {first} at {differ[:3]}")
                seen += int(oracle.valid.any(axis=0).sum()) if observations else 0
        self.assertGreater(seen, pixels * pixels // 2, "too few pixels for a verdict")
        self.floe("overviews", settings=settings)
        self.floe("verify", settings=settings)
        return settings

    def noise(self, shape, kind, low, high):
        return self.random.integers(low, high, shape, dtype=kind, endpoint=True)


class Own(Products):
    """Recipes of one's own."""

    def test_every_statistic_of_composites_on_the_modis_grid(self):
        days = [1, 9, 17, 25, 33, 41, 49]
        dates = [datetime.date(2021, 1, 1) + datetime.timedelta(day - 1) for day in days]
        for number, date in enumerate(dates):
            if number == 4:
                continue
            for platform, product in [("terra", "MOD"), ("aqua", "MYD")][: 1 + number % 2]:
                # A few numbers only, so that there are ties; holes by the file's nodata and by the flags.
                values = self.noise((1200, 1200), np.int16, -3, 3) * 3000
                values[self.noise((1200, 1200), np.uint8, 0, 3) == 0] = -28672
                flags = self.noise((1200, 1200), np.uint8, 0, 255)
                name = f"{product}99A2.A{date:%Y%j}.h18v04.061.2022001000000"
                bands = {"index": values, "flags": flags}
                self.scene(name, f"{date}", bands, sinusoidal(18, 4, 1200), {"index": -28672, "flags": 0})
        variable = {"band": "v", "type": "int16", "scale": 0.0001, "fill": -32768, "units": "1"}
        when = [{"band": "v", "range": [3000, 9000]}]
        of_values = ["mean", "maximum", "minimum", "sum", "median", "standard-deviation", "first", "last"]
        variables = [{**variable, "name": name.replace("-", "_"), "statistic": name} for name in of_values]
        variables.append({**variable, "name": "p90", "statistic": "percentile", "percent": 90})
        variables.append({**variable, "name": "coarse", "statistic": "mean", "scale": 0.01})
        own = {"band": "v", "type": "int16", "fill": -1, "when": when}
        variables.append({**own, "name": "count", "statistic": "count", "type": "uint16", "fill": 65535})
        variables.append({**own, "name": "share", "statistic": "share", "scale": 0.001})
        for name in ["first-day", "last-day", "run-length", "run-first-day", "run-end-day"]:
            variables.append({**own, "name": name.replace("-", "_"), "statistic": name})
            if name.startswith("run"):
                bridged = f"{name.replace('-', '_')}_bridged"
                variables.append({**own, "name": bridged, "statistic": name, "gap": "bridge"})
        recipe = {
            "years": [2021],
            "period": "year",
            "grid": {"resolution": 0.1, "tile_degrees": 10},
            "catalog": {"due_days": days, "platforms": ["terra", "aqua"]},
            "bands": {"v": {"asset": "index", "band_scale": 0.0001}, "q": {"asset": "flags"}},
            "valid": [{"band": "q", "bits": [1, 3], "values": [0, 1, 2]}],
            "variable": variables,
        }
        year = (datetime.date(2021, 1, 1), datetime.date(2022, 1, 1))
        self.check(recipe, (4, 18), [year], dates)

    def zones(self):
        """Scenes where two UTM zones meet, of two assets with pixels of their own, and a recipe for them."""
        for number in range(6):
            date = datetime.date(2021, 5, 3) + datetime.timedelta(12 * (number // 2))
            zone = 32 + number % 2
            x = {32: 450_000, 33: 50_000}[zone] + 6500 * number
            place = f"EPSG:326{zone}", rasterio.Affine(5000, 0, x, 0, -5000, 5_600_000 - 3500 * number)
            red = self.noise((200, 200), np.uint16, 0, 4000)
            classes = self.noise((100, 100), np.uint8, 0, 11)
            properties = {"proj:epsg": 32600 + zone, "created": f"2021-06-0{1 + number}T00:00:00Z"}
            options = {"compress": "zstd", "predictor": 2} if number % 3 else {"compress": "lzw"}
            self.scene(f"scene-{number}", f"{date}", {"B04": red, "SCL": classes}, place, {"B04": 0}, properties, **options)
        variable = {"band": "red", "type": "uint16", "scale": 0.0001, "offset": -0.1, "fill": 0}
        return {
            "years": [2021],
            "period": "season",
            "grid": {"resolution": 0.05, "tile_degrees": 5, "bounds": [0, 40, 20, 60]},
            "bands": {"red": {"asset": "B04"}, "scl": {"asset": "SCL"}},
            "valid": [{"band": "scl", "values": [4, 5, 6, 7]}],
            "variable": [
                {**variable, "name": "red", "statistic": "median"},
                {**variable, "name": "highest", "statistic": "maximum"},
            ],
        }

    def test_utm_zones_that_meet_and_one_observation_a_day(self):
        recipe = self.zones()
        firsts = [datetime.date(2020, 12, 1)] + [datetime.date(2021, month, 1) for month in (3, 6, 9, 12)]
        self.check(recipe, (8, 38), list(zip(firsts, firsts[1:])))

    def test_neighbours_of_one_job_are_what_they_are_alone(self):
        recipe = {**self.zones(), "one_per": "day"}
        recipe["grid"] = {**recipe["grid"], "resolution": 0.005}
        tiles = [(8, 36), (8, 37), (8, 38), (8, 39)]
        settings = self.follow(recipe, tiles[0])
        for tile in tiles[1:]:
            self.floe("process", "--tile", "%d,%d" % tile, settings=settings)
        alone, told = self.store, self.told()
        self.assertEqual(len(told), 4)
        self.assertGreater(len({message.split("input_granules=", 1)[1] for message in told}), 1, "tiles with different scenes")
        options = [option for tile in tiles for option in ("--tile", "%d,%d" % tile)]
        # All in one go, some at a time, and strips of each.
        for memory in (512, 80, 16):
            self.store = os.path.join(self.directory, f"together-{memory}")
            settings = [*settings[:2], "--set", f"read.memory={memory}"]
            self.floe("init", settings=settings)
            self.floe("process", *options, settings=settings)
            self.assertEqual(self.told(), told)
            for name in ("red", "highest"):
                made = [self.dataset(store, mask_and_scale=False)[name].values for store in (alone, self.store)]
                self.assertGreater(int((made[0] != 0).sum()), 1000)
                np.testing.assert_array_equal(*made)

    def test_a_scene_that_cannot_be_read_keeps_none_back_but_the_tiles_that_need_it(self):
        recipe = self.zones()
        place = "EPSG:32633", rasterio.Affine(5000, 0, 600_000, 0, -5000, 5_600_000)
        bands = {"B04": self.noise((20, 20), np.uint16, 1, 4000), "SCL": self.noise((10, 10), np.uint8, 4, 7)}
        self.scene("east", "2021-04-01", bands, place)
        settings = self.follow(recipe, (8, 36))
        with open(os.path.join(self.directory, "east_SCL.tif"), "r+b") as file:
            file.truncate(200)
        self.floe("process", "--tile", "8,37", "--tile", "8,38", "--tile", "8,39", settings=settings, expect=65)
        done = [message.split(" processed")[0] for message in self.told()]
        self.assertEqual(done, [f"Tile(row=8, col={col})" for col in (36, 37, 38)])

    def told(self):
        """What commits say of tiles, in the order of tiles."""
        return sorted(message for message in (commit.message for commit in self.history()) if "(" in message)

    def test_a_tile_that_takes_more_memory_is_made_in_strips_and_is_the_same(self):
        for number in range(4):
            values = self.noise((1200, 1200), np.int16, -30_000, 30_000)
            name = f"MOD99A2.A202100{1 + number}.h18v04.061.2022001000000"
            self.scene(name, f"2021-01-0{1 + number}", {"index": values}, sinusoidal(18, 4, 1200), {"index": 0})
        variable = {"band": "v", "type": "int16", "fill": -32768}
        recipe = {
            "years": [2021],
            "grid": {"resolution": 0.01, "tile_degrees": 10},
            "bands": {"v": {"asset": "index"}},
            "variable": [{**variable, "name": name, "statistic": name} for name in ("median", "last")],
        }
        settings = self.follow(recipe, (4, 18))
        whole = self.store
        self.store = os.path.join(self.directory, "strips")
        settings += ["--set", "read.memory=16"]
        self.floe("init", settings=settings)
        told = self.json("process", "--tile", "4,18", settings=settings)
        self.assertEqual(told["tiles"][0]["years"][0]["input_granules"], 4)
        for name in ("median", "last"):
            of_tile = slice(4000, 5000), slice(18_000, 19_000)
            made = [self.dataset(store, mask_and_scale=False)[name].values[0][of_tile] for store in (whole, self.store)]
            self.assertGreater(int((made[0] != -32768).sum()), 500_000)
            np.testing.assert_array_equal(*made)

    def test_classes_in_degrees_are_copied(self):
        classes = self.noise((1100, 1100), np.uint8, 0, 5) * 50
        place = "EPSG:4326", rasterio.Affine(0.01, 0, 9.5, 0, -0.01, 50.5)
        self.scene("land", "2020-01-01", {"data": classes}, place, {"data": 0})
        recipe = {
            "years": [2020],
            "grid": {"resolution": 0.1, "tile_degrees": 10},
            "bands": {"class": {"asset": "data"}},
            "variable": [
                {
                    "name": "cover",
                    "band": "class",
                    "statistic": "last",
                    "type": "uint8",
                    "fill": 0,
                    "flag_values": [50, 100, 150, 200, 250],
                    "flag_meanings": ["bare", "grass", "shrub", "tree", "water"],
                }
            ],
        }
        self.check(recipe, (4, 19), [(datetime.date(2020, 1, 1), datetime.date(2021, 1, 1))])

    def test_floats_at_the_antimeridian_and_near_the_pole(self):
        for number, (crs, x, y) in enumerate(
            [("EPSG:32660", 400_000, 9_460_000), ("EPSG:32601", 350_000, 9_470_000), ("EPSG:32660", 401_000, 9_455_000)]
        ):
            values = self.random.normal(280, 10, (400, 400)).astype(np.float32)
            values[self.noise((400, 400), np.uint8, 0, 4) == 0] = np.nan
            place = crs, rasterio.Affine(2000, 0, x, 0, -2000, y)
            name, date = f"float-{number}", f"2021-0{1 + number}-05"
            properties = {"proj:code": crs}
            self.scene(name, date, {"t": values}, place, {"t": np.nan}, properties, predictor=3)
        variable = {"band": "t", "type": "float32", "fill": float("nan"), "units": "K"}
        recipe = {
            "years": [2021],
            "grid": {"resolution": 0.05, "tile_degrees": 5, "bounds": [170, 80, -170, 90], "land": False},
            "bands": {"t": {"asset": "t"}},
            "variable": [
                {**variable, "name": "mean", "statistic": "mean"},
                {**variable, "name": "deviation", "statistic": "standard-deviation"},
                {**variable, "name": "median", "statistic": "median"},
            ],
        }
        year = (datetime.date(2021, 1, 1), datetime.date(2022, 1, 1))
        self.check(recipe, (1, 71), [year])
        self.check(recipe, (1, 0), [year])
        root = zarr.open_group(self.session().store, mode="r")
        self.assertEqual(root["mean"].shape, (1, 200, 400))
        self.assertTrue((np.diff(root["longitude"][:]) > 0).all(), "longitudes go on above 180")
        self.assertEqual(root.attrs["spatial:bbox"], [170, 80, 190, 90])


class BuiltIn(Products):
    """The recipes that are built in, over observations of a few days."""

    # Classes and flags that their bands know; of others numbers from the least to the greatest that there are.
    NUMBERS = {
        "Maximum_Snow_Extent": ("uint8", [0, 1, 11, 25, 37, 50, 200, 200, 200, 255]),
        "500m_16_days_NDVI": ("int16", range(-2500, 10001)),
        "500m_16_days_pixel_reliability": ("int8", [-1, 0, 0, 1, 1, 2, 3]),
        "scl": ("uint8", range(12)),
        **{band: ("uint16", range(0, 12000)) for band in ("red", "green", "blue", "nir")},
        **{band: ("uint16", range(7000, 17000)) for band in ("LST_Day_1km", "LST_Night_1km")},
        **{band: ("uint8", range(256)) for band in ("QC_Day", "QC_Night")},
    }
    NODATA = {"500m_16_days_NDVI": -3000, "red": 0, "green": 0, "blue": 0, "nir": 0}

    def make(self, name, dates, places, periods, tile, grid):
        text = self.floe("recipe", "show", name).stdout
        recipe = {**tomllib.loads(text), "years": [2021], "grid": grid}
        recipe["catalog"] = {
            key: recipe["catalog"][key] for key in ("platforms", "due_days") if key in recipe["catalog"]
        }
        for number, date in enumerate(dates):
            id, place, pixels = places(number, date)
            bands = {}
            for band in recipe["bands"].values():
                kind, numbers = self.NUMBERS[band["asset"]]
                bands[band["asset"]] = self.random.choice(np.array(list(numbers), kind), (pixels, pixels))
            self.scene(id, f"{date}", bands, place, self.NODATA)
        due = [
            datetime.date(year, 1, 1) + datetime.timedelta(day - 1)
            for year in (2020, 2021)
            for day in recipe["catalog"].get("due_days", [])
        ]
        self.check(recipe, tile, periods, due)

    def of_modis(self, product, pixels):
        return lambda number, date: (
            f"{product}.A{date:%Y%j}.h18v04.061.2022001000000",
            sinusoidal(18, 4, pixels),
            pixels,
        )

    def test_snow_of_a_water_year(self):
        dates = [datetime.date(2021, 1, 1) + datetime.timedelta(8 * number) for number in range(7)]
        year = (datetime.date(2020, 10, 1), datetime.date(2021, 10, 1))
        grid = {"resolution": 0.1, "tile_degrees": 10}
        self.make("modis-snow", dates, self.of_modis("MOD10A2", 2400), [year], (4, 18), grid)

    def test_vegetation_of_seasons(self):
        dates = [datetime.date(2021, 1, 1) + datetime.timedelta(16 * number) for number in range(7)]
        firsts = [datetime.date(2020, 12, 1)] + [datetime.date(2021, month, 1) for month in (3, 6, 9, 12)]
        grid = {"resolution": 0.1, "tile_degrees": 10}
        periods = list(zip(firsts, firsts[1:]))
        self.make("modis-ndvi", dates, self.of_modis("MOD13A1", 2400), periods, (4, 18), grid)

    def test_temperatures_by_day_and_night(self):
        dates = [datetime.date(2021, 1, 1) + datetime.timedelta(8 * number) for number in range(4)]
        year = (datetime.date(2021, 1, 1), datetime.date(2022, 1, 1))
        grid = {"resolution": 0.1, "tile_degrees": 10}
        self.make("modis-lst-day-night", dates, self.of_modis("MOD11A2", 1200), [year], (4, 18), grid)

    def test_reflectances_of_months(self):
        def place(number, _):
            transform = rasterio.Affine(5000, 0, 450_000 + 7000 * number, 0, -5000, 5_600_000)
            return f"S2-{number}", ("EPSG:32632", transform), 200

        dates = [datetime.date(2021, 6, day) for day in (1, 1, 6, 11, 16)]
        firsts = [datetime.date(2021, month, 1) for month in range(1, 13)] + [datetime.date(2022, 1, 1)]
        grid = {"resolution": 0.1, "tile_degrees": 10, "bounds": [0, 40, 20, 60], "land": False}
        self.make("sentinel-2", dates, place, list(zip(firsts, firsts[1:])), (4, 19), grid)


def toml(recipe):
    """A recipe as a file."""

    def value(one):
        if isinstance(one, bool):
            return str(one).lower()
        if isinstance(one, str):
            return json.dumps(one)
        if isinstance(one, list):
            return "[" + ", ".join(map(value, one)) + "]"
        if isinstance(one, dict):
            return "{ " + ", ".join(f"{key} = {value(inner)}" for key, inner in one.items()) + " }"
        return repr(one)

    lines = [f"{key} = {value(one)}" for key, one in recipe.items() if key not in ("grid", "catalog", "bands", "valid", "variable")]
    for table in ("grid", "catalog", "bands"):
        lines.append(f"[{table}]")
        lines += [f"{key} = {value(one)}" for key, one in recipe[table].items()]
    for list_of in ("valid", "variable"):
        for entry in recipe.get(list_of, []):
            lines.append(f"[[{list_of}]]")
            lines += [f"{key} = {value(one)}" for key, one in entry.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    import unittest

    unittest.main()
