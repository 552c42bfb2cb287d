"""What tiles take of recipes that are reduced at the tile's pixels: processor seconds, memory, bytes and requests.

`large`: one tile of 8000 x 8000 pixels out of an LZW file as large as one of GLAD's land cover, with several bounds of memory.
`neighbours`: five tiles of 0.1 degrees over six scenes like Sentinel-2's (10 m and 20 m), as one job and as a job for each.
Both over HTTP from this machine; the numbers are random, in patches that compress as such files do.

    bench/tiles/run [large] [neighbours] [--runs N]
"""

import argparse
import json
import os
import shutil
import subprocess
import tempfile

import numpy as np
import rasterio
import rasterio.warp
from rasterio.windows import Window

from floe import BINARY, Case

CLASSES = np.array([0, 1, 5, 20, 48, 100, 110, 148, 200, 207, 241, 244, 250, 254], "u1")
LARGE_EDGE = 40_000
SCENES, SCENE_EDGE = 6, 6000
MONTHLY = """title = "Monthly red"
years = [2023]
period = "month"
one_per = "day"
[catalog]
items = "items.ndjson"
sign_url = ""
[grid]
resolution = 0.0001
tile_degrees = 0.1
bounds = [6.9, 46.0, 7.6, 46.4]
land = false
[bands]
red = { asset = "red" }
scl = { asset = "scl" }
[[valid]]
band = "scl"
values = [4, 5]
[[variable]]
name = "red"
band = "red"
statistic = "median"
type = "uint16"
scale = 0.0001
offset = -0.1
fill = 0
units = "1"
"""


def item(name, date, box, files):
    assets = {key: {"href": href} for key, href in files.items()}
    properties = {"datetime": f"{date}T10:30:00Z", "created": "2024-01-01T00:00:00Z"}
    return {"type": "Feature", "stac_version": "1.0.0", "id": name, "bbox": box, "geometry": None, "links": [], "properties": properties, "assets": assets}


def write_items(items):
    with open("items.ndjson", "w") as file:
        file.writelines(json.dumps(item) + "\n" for item in items)


def create(name, size, dtype, crs, place, block, **options):
    tiles = {"tiled": True, "blockxsize": block, "blockysize": block, "BIGTIFF": "IF_SAFER", "NUM_THREADS": 2}
    return rasterio.open(name, "w", driver="GTiff", width=size, height=size, count=1, dtype=dtype, crs=crs, transform=place, **tiles, **options)


def make_large(url):
    """A file of 10 degrees of classes in patches of 8 x 8 pixels, some of them noise."""
    random, edge = np.random.default_rng(3), LARGE_EDGE
    place = rasterio.Affine(10 / edge, 0, 0, 0, -10 / edge, 50)
    with create("large.tif", edge, "uint8", "EPSG:4326", place, 512, compress="lzw", nodata=255) as file:
        for row in range(0, edge, 2048):
            rows = min(2048, edge - row)
            patches = CLASSES[random.integers(0, len(CLASSES), (rows // 8 + 1, edge // 8))]
            numbers = np.kron(patches, np.ones((8, 8), "u1"))[:rows]
            numbers[:, ::4][random.random((rows, edge // 4), "f4") < 0.02] = 100
            file.write(numbers, 1, window=Window(0, row, edge, rows))
    write_items([item("large", "2020-01-01", [0, 40, 10, 50], {"data": f"{url}/large.tif"})])


def make_scenes(url):
    """Scenes of a month, of smooth reflectances with noise and patches of classes."""
    random, edge, items = np.random.default_rng(1), SCENE_EDGE, []
    west, north = 340_000, 5_140_000
    box = list(rasterio.warp.transform_bounds("EPSG:32632", "EPSG:4326", west, north - edge * 10, west + edge * 10, north))
    for number in range(SCENES):
        smooth = np.add.outer(np.linspace(0, 3000, edge // 4), np.linspace(0, 2000, edge // 4))
        smooth = np.clip(smooth + random.normal(0, 150, smooth.shape), 1, None).astype("u2")
        red = np.kron(smooth, np.ones((4, 4), "u2")) + random.integers(0, 8, (edge, edge), "u2")
        scl = np.kron(random.choice([4, 5, 5, 4, 8, 9], (edge // 200, edge // 200)).astype("u1"), np.ones((100, 100), "u1"))
        for name, numbers, pixel in (("red", red, 10), ("scl", scl, 20)):
            place = rasterio.Affine(pixel, 0, west, 0, -pixel, north)
            with create(f"{number}_{name}.tif", len(numbers), numbers.dtype, "EPSG:32632", place, 10240 // pixel, compress="deflate", nodata=0) as file:
                file.write(numbers, 1)
        files = {name: f"{url}/{number}_{name}.tif" for name in ("red", "scl")}
        items.append(item(f"scene-{number}", f"2023-06-{3 + 5 * number:02d}", box, files))
    write_items(items)
    with open("monthly.toml", "w") as file:
        file.write(MONTHLY)


def floe(*arguments):
    # By a shell, which is small: the peak memory of a process begins with that of the one that starts it.
    command = ["sh", "-c", '"$0" "$@"; exit $?', BINARY, "--store", "store", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{arguments}: {done.stderr}")
    return done.stdout


def measured(settings, jobs):
    """What jobs of tiles take one after the other: seconds, bytes and requests together, the most memory of any."""
    shutil.rmtree("store", ignore_errors=True)
    floe(*settings, "init")
    sums = dict.fromkeys(("cpu_seconds", "wall_seconds", "bytes_read", "requests", "peak_memory_bytes"), 0)
    for tiles in jobs:
        told = json.loads(floe(*settings, "--json", "process", *(option for tile in tiles for option in ("--tile", tile))))
        assert all(tile["outcome"] == "processed" for tile in told["tiles"]), told
        for key in sums:
            sums[key] = max(sums[key], told[key]) if key == "peak_memory_bytes" else sums[key] + told[key]
    return sums


def report(runs, cases):
    """Runs of all cases in turns; their medians."""
    found = {name: [] for name, _, _ in cases}
    for _ in range(runs):
        for name, settings, jobs in cases:
            found[name].append(measured(settings, jobs))
    print(f"\n| {'':<24} | CPU s | wall s | peak memory MB | MB read | requests |\n|--------------------------|-------|--------|----------------|---------|----------|")
    for name, sums in found.items():
        cpu, wall, read, requests, memory = (np.median([of[key] for of in sums]) for key in sums[0])
        print(f"| {name:<24} | {cpu:5.2f} | {wall:6.2f} | {memory / 1e6:14.0f} | {read / 1e6:7.0f} | {requests:8.0f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", choices=["large", "neighbours", []], help="both, if neither is named")
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    what = arguments.what or ["large", "neighbours"]
    with tempfile.TemporaryDirectory(prefix="floe-tiles-") as directory:
        os.chdir(directory)
        server = Case("serve")
        try:
            url = server.serve(directory)
            if "large" in what:
                make_large(url)
                large = ["--set", "recipe=glad-landcover", "--set", "catalog.items=items.ndjson", "--set", "years=[2020]"]
                bounds = [(f"large, read.memory {memory}", [*large, "--set", f"read.memory={memory}"], [["20,90"]]) for memory in (512, 128, 32)]
                report(arguments.runs, bounds)
            if "neighbours" in what:
                make_scenes(url)
                tiles = [f"437,{col}" for col in range(1870, 1875)]
                monthly = ["--set", "recipe=monthly.toml"]
                report(arguments.runs, [("a job for each", monthly, [[tile] for tile in tiles]), ("one job", monthly, [tiles])])
        finally:
            server.doCleanups()


if __name__ == "__main__":
    main()
