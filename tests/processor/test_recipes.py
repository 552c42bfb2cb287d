"""Recipes of the user's own: what is made by them, and what is answered to those that cannot be followed."""

import os
import pathlib

import numpy as np
import zarr

import oracle
from floe import Case

YEAR = 2021
TILE = (4, 19)
PIXELS = 200
BUILT_IN = pathlib.Path(__file__).parents[2] / "processor" / "recipes" / "modis-lst.toml"
VARIABLES = """
[[variable]]
name = "least"
band = "lst"
statistic = "minimum"
type = "uint16"
scale = 0.02
fill = 0
units = "K"
long_name = "Lowest daytime land surface temperature"

[[variable]]
name = "observations"
band = "lst"
statistic = "count"
overview = "maximum"
type = "uint16"
fill = 0

[[variable]]
name = "middle"
band = "lst"
statistic = "mean"
overview = "mode"
type = "uint16"
scale = 0.02
offset = -273.15
fill = 0
units = "degC"
"""


def recipe(tests=None, variables=VARIABLES):
    """The recipe that is built in, with other variables and other tests of what counts."""
    head, _, rest = BUILT_IN.read_text().partition("[[valid]]")
    standing = "[[valid]]" + rest.partition("[[variable]]")[0]
    return head + (standing if tests is None else tests) + variables


def halved(pixels, make):
    """One level of the pyramid to the next: `make` is given the up to four children that hold data."""
    rows, cols = pixels.shape
    return np.array(
        [[make(pixels[r : r + 2, c : c + 2]) for c in range(0, cols, 2)] for r in range(0, rows, 2)], np.int64
    )


def greatest(children):
    return children.max()


def most_frequent(children):
    numbers, counts = np.unique(children[children > 0], return_counts=True)
    return numbers[counts.argmax()] if len(numbers) else 0


class OwnRecipe(Case):
    def follow(self, text):
        """Makes a tile by a recipe; the settings with which its store is opened, and the granules."""
        with open(os.path.join(self.directory, "mine.toml"), "w") as file:
            file.write(text)
        sandbox = self.sandbox("--years", YEAR, "--composites", 6)
        settings = [*sandbox.settings, "--set", "recipe=mine.toml", "--set", f"years={YEAR}"]
        settings += ["--set", "grid.resolution=0.05"]
        self.floe("init", settings=settings)
        self.floe("process", "--tile", "%d,%d" % TILE, settings=settings)
        return sandbox, settings

    def expected(self, sandbox, counts):
        positions = oracle.needed_positions(TILE, PIXELS)
        north = 90 - 10 * TILE[0]
        items = sandbox.items(north - 10, north, YEAR)
        items = [item for item in items if item["properties"]["start_datetime"].startswith(str(YEAR))]
        chosen, _ = oracle.choose(items, positions, ("terra",))
        result = oracle.TileYear(TILE, PIXELS, counts)
        for item in chosen:
            files = [item["assets"][asset]["href"] for asset in ("LST_Day_1km", "QC_Day")]
            result.add(*map(sandbox.download, files))
        return result

    def stored(self, name, group=None):
        raw = self.dataset(group=group, mask_and_scale=False)[name].values[0]
        row, col = (place * raw.shape[0] // 18 for place in TILE)
        return raw[row : row + raw.shape[0] // 18, col : col + raw.shape[0] // 18].astype(np.int64)

    def check(self, text, counts):
        sandbox, settings = self.follow(text)
        expected = self.expected(sandbox, counts)
        valid = expected.count > 0
        self.assertGreater(int(valid.sum()), 10_000, "too few pixels for a verdict")
        self.assertGreater(int((~valid).sum()), 100, "no pixel without an observation that counts")
        for name, wanted in [
            ("least", np.where(valid, expected.min, 0)),
            ("observations", expected.count),
            ("middle", expected.mean()),
        ]:
            self.assertEqual(int((self.stored(name) != wanted).sum()), 0, f"pixels of {name} that differ")
        self.floe("overviews", settings=settings)
        self.floe("verify", settings=settings)
        return settings

    def test_statistics_overviews_and_metadata_are_the_recipes(self):
        # Every number is good enough; the flags are those whose lowest bit is set, or whose highest two are not.
        tests = """
[[valid]]
band = "lst"
range = [14000, 15500]

[[valid]]
band = "qc"
bits = [0, 1]
values = [0, 1, 3]
"""
        settings = self.check(
            recipe(tests), lambda value, quality: (value >= 14000) & (value <= 15500) & (quality % 4 != 2)
        )
        root = zarr.open_group(self.session().store, mode="r")
        least, observations, middle = (root[name].attrs for name in ("least", "observations", "middle"))
        self.assertEqual(least["cell_methods"], "year: minimum")
        self.assertEqual(root["1/least"].attrs["cell_methods"], "year: minimum area: minimum")
        self.assertEqual(observations["units"], "1")
        self.assertNotIn("scale_factor", observations)
        self.assertEqual((middle["add_offset"], middle["units"]), (-273.15, "degC"))
        self.assertNotIn("resampling_method", root.attrs["multiscales"])
        for name, make in [("observations", greatest), ("middle", most_frequent)]:
            wanted = halved(self.stored(name), make)
            self.assertEqual(int((self.stored(name, "1") != wanted).sum()), 0, f"overview of {name}")
        picture = os.path.join(self.directory, "picture.png")
        told = self.floe("quicklook", "observations", YEAR, "--out", picture, settings=settings)
        self.assertIn(f"observations {YEAR}", told.stdout)
        message = self.floe("quicklook", "lst", YEAR, "--out", picture, settings=settings, expect=64).stderr
        self.assertIn("unknown variable 'lst': expected least or observations or middle", message)

    def test_flags_of_one_bit_and_a_range_without_end(self):
        self.check(recipe(), lambda value, quality: (value >= 7500) & (quality % 4 <= 1))

    def test_another_recipe_than_the_stores_is_refused(self):
        _, settings = self.follow(recipe())
        other = recipe().replace("scale = 0.02", "scale = 0.01", 1)
        with open(os.path.join(self.directory, "mine.toml"), "w") as file:
            file.write(other)
        message = self.floe("status", settings=settings, expect=78).stderr
        self.assertIn("/least: attributes.scale_factor: expected 0.01, found 0.02", message)


class Recipes(Case):
    def test_a_recipe_that_cannot_be_followed_is_refused_with_its_line_before_anything_is_asked(self):
        path = os.path.join(self.directory, "mine.toml")
        for old, new, expected in [
            ('statistic = "minimum"', 'statistic = "lowest"', "statistic: expected one of mean, maximum"),
            ("fill = 0", "fill = 70000", "fill: expected a number that uint16 holds, found 70000"),
            ("units", "unit", "unknown field `unit`"),
            ('band = "lst"\nstat', 'band = "temperature"\nstat', "expected one of the recipe's bands (lst, qc)"),
        ]:
            text = recipe().replace(old, new, 1)
            line = 1 + recipe()[: recipe().index(old)].count("\n")
            with open(path, "w") as file:
                file.write(text)
            for arguments in (["recipe", "check", "mine.toml"], ["--set", "recipe=mine.toml", "init"]):
                message = self.floe(*arguments, expect=78).stderr
                self.assertIn(expected, message)
                self.assertIn(f"mine.toml, line {line}: ", message)
        self.assertFalse(os.path.exists(self.store))

    def test_recipes_are_listed_shown_and_checked(self):
        listed = self.json("recipe", "list")["recipes"]
        self.assertEqual([recipe["name"] for recipe in listed if recipe["default"]], ["modis-lst"])
        for one in listed:
            text = self.floe("recipe", "show", one["name"]).stdout
            with open(os.path.join(self.directory, "copy.toml"), "w") as file:
                file.write(text)
            checked = self.json("recipe", "check", "copy.toml")
            self.assertEqual([variable["name"] for variable in checked["variables"]], one["variables"])
        self.assertIn("expected modis-lst", self.floe("recipe", "show", "lst", expect=78).stderr)


if __name__ == "__main__":
    import unittest

    unittest.main()
