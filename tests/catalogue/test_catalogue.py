"""Tiles over a real catalogue are those over the sandbox's own: its items, in pgstac; blobs and tokens as
before."""

import json
import unittest
import urllib.request

import floe
import numpy as np

from stac_api import StacApi

YEARS = (2021, 2022)
TILES = ("4,18", "4,19")
# Where the granules of the tiles lie, and of the one that the doctor looks for: latitudes, and positions from north
# to south and from west to east.
BAND, ROWS, COLUMNS = (29, 51), range(4, 6), range(17, 21)
# Older productions of each granule, so that there are more items than fit on the pages that are asked for.
OLDER = 36
PAGE = 1000


def near(item):
    place = item["properties"]
    return place["modis:vertical-tile"] in ROWS and place["modis:horizontal-tile"] in COLUMNS


def older(item, by):
    """An item of the same granule that was made before it, whose files are gone."""
    name, _, production = item["id"].rpartition(".")
    gone = {key: {**asset, "href": f"{asset['href']}.gone"} for key, asset in item["assets"].items()}
    return {**item, "id": f"{name}.{int(production) - by:013}", "assets": gone}


class RealCatalogue(floe.Case):
    @classmethod
    def setUpClass(cls):
        cls.source = floe.Sandbox("--years", ",".join(map(str, YEARS)), "--composites", "4")
        cls.addClassCleanup(cls.source.stop)
        cls.newest = {item["id"]: item for year in YEARS for item in cls.source.items(*BAND, year) if near(item)}
        items = [item if by == 0 else older(item, by) for item in cls.newest.values() for by in range(OLDER + 1)]
        with urllib.request.urlopen(f"{cls.source.catalog_url}/collections/modis-11A2-061") as answer:
            collection = json.load(answer)
        cls.api = StacApi(collection, items)
        cls.addClassCleanup(cls.api.stop)

    def settings(self, url):
        grid = ["--set", "grid.resolution=0.25", "--set", f"years={list(YEARS)}"]
        return [*grid, *self.source.settings, "--set", f"catalog.url={url}"]

    def matched(self, first, last):
        """How many items the catalogue has in the tiles' row of positions, by a page that is large enough."""
        body = {
            "collections": ["modis-11A2-061"],
            "limit": 10000,
            "query": {"modis:horizontal-tile": {"gte": first, "lte": last}, "modis:vertical-tile": {"eq": 4}},
            "fields": {"include": ["id"], "exclude": ["geometry", "assets", "links", "properties"]},
        }
        request = urllib.request.Request(
            f"{self.api.url}/search", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request) as answer:
            return len(json.load(answer)["features"])

    def process(self, url, *tiles, store="store"):
        """Processes tiles into a store, which is made if it is not there; returns its pixels and messages, newest
        first."""
        self.store = f"{self.directory}/{store}"
        self.floe("init", settings=self.settings(url))
        self.floe("process", "--tile", *tiles, settings=self.settings(url))
        messages = [info.message for info in self.history() if info.message.startswith("Tile(")]
        return self.dataset(mask_and_scale=False).load(), messages

    def test_tiles_are_the_same_pixel_for_pixel_and_over_many_pages(self):
        self.assertGreater(self.matched(18, 19), PAGE)
        expected, expected_messages = self.process(self.source.catalog_url, *TILES)
        found, messages = self.process(self.api.url, *TILES, store="found")
        self.assertEqual(messages, expected_messages)
        self.assertEqual(len(messages), len(TILES))
        self.assertGreater(np.count_nonzero(expected.avg_daytime_lst), 1000)
        self.assertTrue(found.identical(expected))

    def test_a_composite_that_is_missing_is_noted_and_taken_up_when_it_has_come(self):
        tile = TILES[1]
        expected, expected_messages = self.process(self.source.catalog_url, tile)
        # The last of Terra's granules at a position that the tile needs, in all its productions.
        missing = max(name for name in self.newest if name.startswith("MOD11A2.A2021") and ".h19v04." in name)
        item = self.newest[missing]
        productions = [item, *(older(item, by) for by in range(1, OLDER + 1))]
        self.api.remove([production["id"] for production in productions])
        _, (message,) = self.process(self.api.url, tile, store="found")
        self.assertIn("Incomplete: 3 of 4 composites in 2021.", message)

        # As long as the catalogue has nothing new, a search is all that is made.
        _, messages = self.process(self.api.url, tile, store="found")
        self.assertEqual(messages, [message])
        self.api.add(productions)
        found, messages = self.process(self.api.url, tile, store="found")
        self.assertEqual(messages, [*expected_messages, message])
        self.assertTrue(found.identical(expected))

    def test_the_doctor_finds_the_collection_and_its_granules(self):
        self.floe("init", settings=self.settings(self.api.url))
        report = self.json("doctor", "--read-only", settings=self.settings(self.api.url))
        check = {check["name"]: check for check in report["checks"]}["catalogue"]
        self.assertEqual(check["result"], "ok", check)
        self.assertNotRegex(check["detail"], r"^0 granules")

    def test_a_collection_that_is_not_there_is_named(self):
        settings = [*self.settings(self.api.url), "--set", "catalog.collection=modis-11A2-999"]
        self.floe("init", settings=settings)
        done = self.floe("doctor", "--read-only", settings=settings, expect=78)
        self.assertIn("modis-11A2-999", done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
