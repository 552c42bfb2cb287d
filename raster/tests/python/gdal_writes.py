"""Writes small rasters with GDAL in all the ways in which it stores them, and what GDAL reads of them.

    gdal_writes.py FOLDER

`FOLDER/NAME.tif` is a file, `FOLDER/NAME.BAND` the pixels of a band as GDAL reads them, row by row, little-endian. Of each
band `FOLDER/bands.txt` has a line: name, band, type, columns, rows, four numbers of the geotransform, nodata and reference
system, told apart by tabs. `FOLDER/refused.txt` has lines of names of files that are not to be read, and what is said of them.
"""

import sys
from itertools import product
from pathlib import Path

import numpy
import rasterio
import rasterio.shutil
from rasterio.crs import CRS
from rasterio.transform import Affine
from rasterio.windows import Window

folder = Path(sys.argv[1])
WIDTH, HEIGHT = 83, 61
SINUSOIDAL = CRS.from_proj4("+proj=sinu +lon_0=0 +x_0=0 +y_0=0 +R=6371007.181 +units=m +no_defs")
UTM = CRS.from_epsg(32633)
TYPES = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64"]
METRES = Affine(30.0, 0, 399960.0, 0, -30.0, 5000040.0)
random = numpy.random.default_rng(20)
bands_list = open(folder / "bands.txt", "w")
refused_list = open(folder / "refused.txt", "w")


def pixels(kind: str, bands: int, width: int = WIDTH, height: int = HEIGHT) -> numpy.ndarray:
    """Steps, noise and the type's limits."""
    shape = (bands, height, width)
    if kind.startswith(("float", "complex")):
        data = random.normal(280, 15, shape).astype(kind)
        data[:, 3, :4] = [numpy.nan, numpy.inf, -numpy.inf, -0.0]
        return data
    limits = numpy.iinfo(kind)
    data = random.integers(limits.min, limits.max, shape, kind, endpoint=True)
    data[:, 10:30, 20:70] = (numpy.arange(50) // 7).astype(kind)
    data[:, 0, :2] = [limits.min, limits.max]
    return data


def write(name: str, data: numpy.ndarray, window: Window | None = None, tags: dict | None = None, **profile) -> Path:
    path = folder / f"{name}.tif"
    settings = {
        "driver": "GTiff",
        "count": data.shape[0],
        "width": WIDTH,
        "height": HEIGHT,
        "dtype": data.dtype.name,
        "crs": UTM,
        "transform": METRES,
    }
    with rasterio.open(path, "w", **(settings | profile)) as target:
        if tags:
            target.update_tags(**tags)
        if window is None:
            target.write(data)
        else:
            target.write(data[:, : window.height, : window.width], window=window)
    return path


def read(name: str, path: Path) -> None:
    with rasterio.open(path) as source:
        west, width, north, height = (source.transform[index] for index in (2, 0, 5, 4))
        for band in source.indexes:
            kind = source.dtypes[band - 1]
            data = source.read(band)
            data.astype(data.dtype.newbyteorder("<")).tofile(folder / f"{name}.{band}")
            epsg = source.crs.to_epsg()
            fields = [name, band, kind, source.width, source.height, west, width, north, height]
            fields += [source.nodata, f"EPSG:{epsg}" if epsg else "MODIS sinusoidal"]
            print(*fields, sep="\t", file=bands_list)


def refuse(name: str, expected: str) -> None:
    print(name, expected, sep="\t", file=refused_list)


def compressions(kind: str) -> list[dict]:
    made: list[dict] = [{}]
    for compress in COMPRESSIONS:
        predictors = [1, 2, 3] if kind.startswith("float") else [1, 2]
        made += [{"compress": compress, "predictor": predictor} for predictor in predictors]
    return made + [{"compress": compress} for compress in LERC]


COMPRESSIONS = ["deflate", "lzw", "zstd"]
LERC = ["lerc", "lerc_deflate", "lerc_zstd"]
BLOCKS = [{"tiled": True, "blockxsize": 32, "blockysize": 16}, {"blockysize": 7}]

for kind in TYPES:
    ways = product(BLOCKS, ["LITTLE", "BIG"], [(1, "pixel"), (3, "pixel"), (3, "band")], compressions(kind))
    for index, (blocks, endianness, (bands, interleave), compression) in enumerate(ways):
        # All ways of all types would be a thousand files.
        if random.random() > 0.4:
            continue
        name = f"{kind}-{index}"
        wide = "YES" if index % 3 == 0 else "NO"
        settings = blocks | compression | {"bigtiff": wide, "endianness": endianness, "interleave": interleave}
        read(name, write(name, pixels(kind, bands), **settings))

# Blocks that are not stored.
for kind, nodata in [("uint8", 255), ("int16", -32768), ("uint16", None), ("float32", numpy.nan), ("float64", -9999.5)]:
    for blocks, interleave in product(BLOCKS, ["pixel", "band"]):
        name = f"sparse-{kind}-{interleave}-{len(blocks)}"
        window = Window(20, 12, 40, 30)
        settings = blocks | {"nodata": nodata, "interleave": interleave, "compress": "deflate", "sparse_ok": True}
        read(name, write(name, pixels(kind, 2), window, **settings))

# LERC that is not exact, and with masks of its own: where all bands of a pixel are NaN, or only some.
for kind, bands, interleave in product(["float32", "float64"], [1, 3], ["pixel", "band"]):
    name = f"lerc-{kind}-{bands}-{interleave}"
    data = pixels(kind, bands)
    data[~numpy.isfinite(data)] = 7
    data[:, 20:40, 30:60] = numpy.nan
    data[0, 50, :9] = numpy.nan
    read(name, write(name, data, **BLOCKS[0], interleave=interleave, compress="lerc_deflate", max_z_error=0.01))
even = numpy.full((2, HEIGHT, WIDTH), 5, "int16")
read("lerc-even", write("lerc-even", even, **BLOCKS[0], compress="lerc", interleave="pixel"))

# Places.
DEGREES = Affine(0.00025, 0, -70.0, 0, -0.00025, 10.0)
GRANULE = Affine(463.312716569167, 0, -10007554.677, 0, -463.312716569167, 4447802.078667)
places = [
    ("utm-south", CRS.from_epsg(32733), METRES),
    ("geographic", CRS.from_epsg(4326), DEGREES),
    ("sinusoidal", SINUSOIDAL, GRANULE),
]
for (place, crs, transform), meaning in product(places, ["Area", "Point"]):
    name = f"{place}-{meaning}"
    tags = {"AREA_OR_POINT": meaning}
    read(name, write(name, pixels("int16", 1), tags=tags, crs=crs, transform=transform, nodata=-3000))

# As programs write large files: cloud-optimised, with overviews and a mask.
large = pixels("uint16", 3, 700, 600)
source = write("large", large, width=700, height=600, nodata=0)
for compress, predictor in [("deflate", "YES"), ("lzw", "NO"), ("zstd", "YES")]:
    name = f"cog-{compress}"
    path = folder / f"{name}.tif"
    settings = {"compress": compress, "predictor": predictor, "blocksize": 128, "overviews": "AUTO"}
    rasterio.shutil.copy(source, path, driver="COG", **settings)
    read(name, path)
with rasterio.open(folder / "mask.tif", "w", driver="GTiff", count=1, width=WIDTH, height=HEIGHT, dtype="uint8",
                   crs=UTM, transform=METRES) as target, rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
    target.write(pixels("uint8", 1))
    target.write_mask(numpy.eye(HEIGHT, WIDTH, dtype="uint8") * 255)
read("mask", folder / "mask.tif")

# Directories that GDAL has written anew, at the ends of their files.
for wide, endianness, blocks in product(["YES", "NO"], ["LITTLE", "BIG"], BLOCKS):
    name = f"anew-{wide}-{endianness}-{len(blocks)}"
    path = write(name, pixels("uint16", 3), **blocks, bigtiff=wide, endianness=endianness, compress="deflate")
    with rasterio.open(path, "r+") as target:
        target.update_tags(written="anew")
    read(name, path)

# What is refused.
for compress, said in [
    ("jpeg", "found 7 (JPEG)"),
    ("lzma", "found 34925 (LZMA)"),
    ("packbits", "found 32773 (PackBits)"),
    ("webp", "found 50001 (WebP)"),
]:
    write(compress, pixels("uint8", 3), compress=compress, interleave="pixel")
    refuse(compress, f"Compression: expected none, LZW, DEFLATE, ZSTD or LERC, {said}")
colors = pixels("uint8", 4)
colors[3] = numpy.where(colors[3] > 99, 255, 0)
write("lerc-alpha", colors, compress="lerc", interleave="pixel", photometric="RGB", alpha="YES")
for kind, said in [
    ("uint64", "unsigned integers of 64 bits"),
    ("int64", "signed integers of 64 bits"),
    ("complex64", "complex numbers of 64 bits"),
]:
    write(kind, pixels(kind, 1))
    refuse(kind, f"data type: expected integers of 8, 16 or 32 bits or floats of 32 or 64, found {said}")
write("bits", pixels("uint8", 1) & 1, nbits=1)
refuse("bits", "found unsigned integers of 1 bits")
for name, crs, said in [
    ("mercator", CRS.from_epsg(3857), "found EPSG:3857"),
    ("britain", CRS.from_epsg(27700), "found EPSG:27700"),
    ("nad83", CRS.from_epsg(4269), "GeographicTypeGeoKey: expected 4326"),
    ("albers", CRS.from_proj4("+proj=aea +lat_1=20 +lat_2=50 +datum=WGS84"), "ProjMethodGeoKey: expected 24"),
]:
    write(name, pixels("uint8", 1), crs=crs)
    refuse(name, said)
write("rotated", pixels("uint8", 1), transform=METRES * Affine.rotation(10))
refuse("rotated", "ModelTransformationTag: expected a matrix without rotation")
write("northwards", pixels("uint8", 1), transform=Affine(30.0, 0, 399960.0, 0, 30.0, 5000040.0))
refuse("northwards", "the transform: expected columns eastwards and rows southwards")
