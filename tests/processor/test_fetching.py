"""How much of a file is fetched: files whose directories lie at their ends, behind a server that counts."""

import os
import threading

import numpy as np
import rasterio
import zarr

from floe import RangeHandler
from test_products import Products


def directory_place(path):
    """Where a TIFF's first directory begins."""
    with open(path, "rb") as file:
        head = file.read(16)
    order = "little" if head[:2] == b"II" else "big"
    wide = int.from_bytes(head[2:4], order) == 43
    return int.from_bytes(head[8:16] if wide else head[4:8], order)


class Counting(RangeHandler):
    """A server that counts what it is asked for: by the name of a file, the ranges."""

    asked = {}
    lock = threading.Lock()

    def do_GET(self):
        first, _, last = self.headers.get("Range", "").removeprefix("bytes=").partition("-")
        size = os.path.getsize(self.translate_path(self.path))
        with self.lock:
            ranges = self.asked.setdefault(self.path.strip("/"), [])
            ranges.append((int(first or 0), min(int(last) + 1, size) if last else size))
        return super().do_GET()


class Fetching(Products):
    DEGREES = "EPSG:4326", rasterio.Affine(0.02, 0, 10, 0, -0.02, 80)

    def test_of_a_file_with_its_directory_at_the_end_only_what_a_tile_needs_is_fetched(self):
        Counting.asked.clear()
        strips = {"tiled": False, "blockysize": 1, "compress": "deflate"}
        tiles = {"compress": "deflate"}
        for number, options in enumerate(
            [strips, tiles, {**strips, "bigtiff": "YES"}, {**tiles, "bigtiff": "YES", "endianness": "BIG"}]
        ):
            numbers = self.noise((4000, 4000), np.uint8, 1, 250)
            self.scene(f"file-{number}", f"2021-0{1 + number}-01", {"data": numbers}, self.DEGREES, {"data": 0}, **options)
            path = os.path.join(self.directory, f"file-{number}_data.tif")
            with rasterio.open(path, "r+") as raster:
                # GDAL writes the directory anew, at the end.
                raster.update_tags(written="again")
            self.assertGreater(directory_place(path), os.path.getsize(path) * 9 // 10)
        server = self.serve(self.directory, Counting)
        for item in self.items:
            item["assets"]["data"]["href"] = f"{server}/{item['assets']['data']['href']}"
        variable = {"band": "data", "statistic": "last", "type": "uint8", "fill": 0, "name": "number"}
        recipe = {
            "years": [2021],
            "period": "season",
            "grid": {"resolution": 0.02, "tile_degrees": 10},
            "bands": {"data": {"asset": "data"}},
            "variable": [variable],
        }
        # From 40 E and 50 N: the middle of the files.
        self.follow(recipe, (4, 22))
        stored = zarr.open_group(self.session().store, mode="r")["number"]
        rows, cols = slice(2000, 2500), slice(11_000, 11_500)
        for period, last in [(0, 1), (1, 3)]:
            with rasterio.open(os.path.join(self.directory, f"file-{last}_data.tif")) as raster:
                np.testing.assert_array_equal(stored[period, rows, cols], raster.read(1)[1500:2000, 1500:2000])
        for name, ranges in Counting.asked.items():
            size = os.path.getsize(os.path.join(self.directory, name))
            fetched = sum(end - start for start, end in ranges)
            # 500 of 4000 rows of strips, or 9 of 256 tiles; and directories with the places of 4000 strips.
            self.assertLess(fetched, size // 5, f"{name}: {ranges}")
            self.assertLess(len(ranges), 12, f"{name}: {ranges}")
            ordered = sorted(ranges)
            twice = [pair for pair in zip(ordered, ordered[1:]) if pair[0][1] > pair[1][0]]
            self.assertEqual(twice, [], f"ranges of {name} that overlap")
        self.assertEqual(len(Counting.asked), 4)

    def test_neighbours_of_one_job_share_what_they_read(self):
        # From 10 E to 20 E, in blocks that reach over the edges of tiles of 2 degrees: 100 pixels.
        place = "EPSG:4326", rasterio.Affine(0.02, 0, 10, 0, -0.02, 60)
        numbers = self.noise((500, 500), np.uint8, 1, 250)
        self.scene("file", "2021-01-01", {"data": numbers}, place, {"data": 0}, blockxsize=64, blockysize=64)
        server = self.serve(self.directory, Counting)
        self.items[0]["assets"]["data"]["href"] = f"{server}/file_data.tif"
        recipe = {
            "years": [2021],
            "grid": {"resolution": 0.02, "tile_degrees": 2, "bounds": [10, 50, 20, 60]},
            "bands": {"data": {"asset": "data"}},
            "variable": [{"band": "data", "statistic": "last", "type": "uint8", "fill": 0, "name": "number"}],
        }
        settings = self.follow(recipe, (16, 95))
        Counting.asked.clear()
        self.floe("process", *(option for col in range(95, 100) for option in ("--tile", f"17,{col}")), settings=settings)
        (asked,) = Counting.asked.values()
        ordered = sorted(asked)
        self.assertEqual([pair for pair in zip(ordered, ordered[1:]) if pair[0][1] > pair[1][0]], [])
        # Three rows of blocks out of eight, and the directory.
        size = os.path.getsize(os.path.join(self.directory, "file_data.tif"))
        self.assertLess(sum(end - start for start, end in ordered), size // 2)
        stored = zarr.open_group(self.session().store, mode="r")["number"]
        np.testing.assert_array_equal(stored[0, 200:300], numbers[200:300])


if __name__ == "__main__":
    import unittest

    unittest.main()
