"""Classes that are copied: the recipe of GLAD's land cover, over files beside a list and behind an API, judged pixel by pixel and
level by level."""

import datetime
import os
import tomllib

import numpy as np
import rasterio
import zarr

from test_products import Products

RESOLUTION = 0.1
YEARS = [2000, 2005, 2010, 2015, 2020]
TILE = (4, 19)


def halved(classes, fill):
    """The next coarser level: of up to four classes the most frequent one, of equals the lowest; `fill` of none."""
    rows, cols = (edge + edge % 2 for edge in classes.shape)
    padded = np.full((rows, cols), fill, classes.dtype)
    padded[: classes.shape[0], : classes.shape[1]] = classes
    children = np.array([padded[row::2, col::2] for row in (0, 1) for col in (0, 1)])
    counts = np.array([(children == child).sum(axis=0) for child in children])
    rank = np.where(children == fill, -1, counts * 1000 - children.astype(int))
    best = rank.argmax(axis=0)
    return np.take_along_axis(children, best[None], axis=0)[0]


class LandCover(Products):
    def setUp(self):
        super().setUp()
        self.recipe = tomllib.loads(self.floe("recipe", "show", "glad-landcover").stdout)
        self.legend = np.array(self.recipe["variable"][0]["flag_values"], np.uint8)

    def patches(self, pixels):
        """Classes of the legend in patches, no data, and numbers that the legend does not name."""
        coarse = self.random.choice(self.legend, (pixels // 5, pixels // 5))
        classes = np.kron(coarse, np.ones((5, 5), np.uint8))
        noise = self.random.random(classes.shape)
        classes[noise < 0.1] = self.noise(int((noise < 0.1).sum()), np.uint8, 0, 255)
        classes[noise > 0.93] = 255
        classes[:20, :20] = 255
        return classes

    def file(self, year, west, north, nodata, **options):
        """A file of 5 degrees of a year, as GLAD has them of 10: named by its north-western corner."""
        place = "EPSG:4326", rasterio.Affine(RESOLUTION, 0, west, 0, -RESOLUTION, north)
        name = f"{north:02d}N_{west:03d}E_{year}"
        self.scene(name, f"{year}-01-01", {"data": self.patches(50)}, place, {"data": nodata}, **options)

    def files(self):
        """Files of four years; of one year one is missing. Some say what no data is, some are in strips."""
        for year in YEARS[:4]:
            for number, (west, north) in enumerate([(10, 50), (15, 50), (10, 45), (15, 45)]):
                if (year, number) != (2010, 2):
                    strips = {"tiled": False, "blockysize": 1, "compress": "lzw"} if number % 2 else {}
                    self.file(year, west, north, None if number == 3 else 255, **strips)

    def test_classes_and_their_overviews_are_those_of_the_files(self):
        self.files()
        grid = {"resolution": RESOLUTION, "tile_degrees": 10, "chunk_pixels": 50}
        recipe = {**self.recipe, "grid": grid, "catalog": {}}
        periods = [(datetime.date(year, 1, 1), datetime.date(year + 1, 1, 1)) for year in YEARS]
        self.check(recipe, TILE, periods)
        root = zarr.open_group(self.session().store, mode="r")
        self.assertEqual((root["land_cover"].dtype, root["land_cover"].fill_value), (np.uint8, 255))
        self.assertEqual((root["land_cover"].chunks, root["land_cover"].shards), ((1, 50, 50), (1, 100, 100)))
        self.assertEqual(list(root["year"][:]), YEARS)
        attributes = root["land_cover"].attrs
        self.assertEqual(attributes["flag_values"], self.legend.tolist())
        self.assertEqual(len(attributes["flag_meanings"].split()), len(self.legend))
        self.assertEqual(len(attributes["flag_colors"].split()), len(self.legend))
        levels = sorted(int(name) for name in root.group_keys())
        self.assertEqual(levels, [1])
        for year in range(len(YEARS)):
            finer = root["land_cover"][year]
            self.assertEqual(bool((finer != 255).any()), year < 4)
            for level in levels:
                found, wanted = root[f"{level}/land_cover"][year], halved(finer, 255)
                self.assertEqual(int((found != wanted).sum()), 0, f"pixels of level {level} that differ")
                finer = found

    def test_the_recipe_is_made_from_a_list_and_from_an_api_by_all_verbs(self):
        self.files()
        with open(os.path.join(self.directory, "items.ndjson"), "w") as file:
            file.write(self.lines())
        own = ["--set", "recipe=glad-landcover", "--set", f"grid.resolution={RESOLUTION}"]
        own += ["--set", "grid.tile_degrees=5", "--set", "grid.chunk_pixels=0"]
        sandbox = self.sandbox("--items", self.directory)
        api = ["--set", f"catalog.url={sandbox.catalog_url}", "--set", "catalog.collection=mine"]
        of_api = [*own, *api, "--set", "catalog.items="]
        of_network = [*own, "--set", f"catalog.items={sandbox.url}/files/items.ndjson"]
        made = []
        for number, settings in enumerate([own, of_api, of_network]):
            self.store = os.path.join(self.directory, f"store-{number}")
            self.floe("init", settings=settings)
            told = self.json("process", "--tile", "8,38", "8,39", settings=settings)
            granules = [tile["years"][0]["input_granules"] for tile in told["tiles"]]
            self.assertEqual(granules, [1, 1])
            self.floe("doctor", settings=settings)
            made.append(self.dataset(mask_and_scale=False).land_cover[:, 300:350, 1900:2000].values)
        self.assertGreater(int((made[0] != 255).sum()), 12_000)
        np.testing.assert_array_equal(made[0], made[1])
        np.testing.assert_array_equal(made[0], made[2])
        for verb in ("overviews", "verify"):
            self.floe(verb, settings=of_network)
        self.assertEqual(self.json("status", settings=of_network)["counts"]["processed"], 2)
        picture = os.path.join(self.directory, "picture.png")
        self.floe("quicklook", "land_cover", 2005, "--out", picture, settings=of_network)
        with rasterio.open(picture) as image:
            colors = set(map(tuple, image.read()[:3].reshape(3, -1).T.tolist()))
        # The key's at least: pixels of the map are mixed of several.
        legend = {tuple(bytes.fromhex(color[1:])) for color in self.recipe["variable"][0]["flag_colors"]}
        self.assertGreaterEqual(len(colors & legend), 14)


if __name__ == "__main__":
    import unittest

    unittest.main()
