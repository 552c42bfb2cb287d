"""What a tile must hold, pixel by pixel: an independent reading of the rules, slow and plain.

GDAL (rasterio) reads the granules; every pixel centre is projected and looked up in every granule by
itself; sums are integers; halves round to even.
"""

import numpy as np
from rasterio.io import MemoryFile

RADIUS = 6371007.181
POSITION = 2 * np.pi * RADIUS / 36


def centres(tile, pixels, degrees=10):
    """Longitudes and latitudes of a tile's pixel centres: the doubles nearest to the decimals."""
    row, col = tile
    scale = 10**6
    step = degrees * scale // pixels
    columns = np.arange(pixels, dtype=np.int64)
    longitude = (-360 * scale + 2 * col * degrees * scale + (2 * columns + 1) * step) / (2 * scale)
    latitude = (180 * scale - 2 * row * degrees * scale - (2 * columns + 1) * step) / (2 * scale)
    return longitude, latitude


def sinusoidal(longitude, latitude):
    """x for every pixel (rows by columns), y for every row."""
    radians = latitude * (np.pi / 180)
    x = RADIUS * (longitude * (np.pi / 180))[None, :] * np.cos(radians)[:, None]
    return x, RADIUS * radians


def needed_positions(tile, pixels):
    x, y = sinusoidal(*centres(tile, pixels))
    h = np.floor((x + 18 * POSITION) / POSITION).astype(int)
    v = np.floor((9 * POSITION - y) / POSITION).astype(int)
    h, v = np.clip(h, 0, 35), np.broadcast_to(np.clip(v, 0, 17)[:, None], h.shape)
    return {tuple(map(int, pair)) for pair in np.unique(np.stack([h.ravel(), v.ravel()], 1), axis=0)}


def read(content):
    with MemoryFile(content) as memory, memory.open() as raster:
        return raster.read(1), raster.transform


def indices(g0, g1, coordinate):
    return np.floor(-g0 / g1 + coordinate * (1 / g1) + 1e-10).astype(np.int64)


class TileYear:
    """Sums, counts, maxima and minima of one tile and year, of the observations that `counts` accepts."""

    def __init__(self, tile, pixels, counts=lambda value, quality: (value >= 7500) & (quality & 3 <= 1)):
        self.counts = counts
        self.x, self.y = sinusoidal(*centres(tile, pixels))
        self.sum = np.zeros((pixels, pixels), np.int64)
        self.count = np.zeros((pixels, pixels), np.int64)
        self.max = np.zeros((pixels, pixels), np.int64)
        self.min = np.full((pixels, pixels), 65536, np.int64)

    def add(self, lst, qc):
        (values, transform), (quality, _) = read(lst), read(qc)
        row = indices(transform.f, transform.e, self.y)[:, None]
        col = indices(transform.c, transform.a, self.x)
        inside = (row >= 0) & (row < 1200) & (col >= 0) & (col < 1200)
        row, col = np.broadcast_to(np.clip(row, 0, 1199), col.shape), np.clip(col, 0, 1199)
        value = values[row, col].astype(np.int64)
        accepted = inside & self.counts(value, quality[row, col])
        self.sum += np.where(accepted, value, 0)
        self.count += accepted
        self.max = np.maximum(self.max, np.where(accepted, value, 0))
        self.min = np.minimum(self.min, np.where(accepted, value, 65536))

    def mean(self):
        count = np.maximum(self.count, 1)
        whole, rest = np.divmod(self.sum, count)
        up = (2 * rest > count) | ((2 * rest == count) & (whole % 2 == 1))
        return np.where(self.count > 0, whole + up, 0)


def production(item):
    return item["assets"]["LST_Day_1km"]["href"].rsplit("/", 1)[1].split(".")[4].split("_")[0]


def choose(items, positions, platforms):
    """The newest production of each granule at the positions, and how many older ones there were."""
    newest, older = {}, 0
    for item in items:
        properties = item["properties"]
        position = (properties["modis:horizontal-tile"], properties["modis:vertical-tile"])
        if position not in positions or properties["platform"] not in platforms:
            continue
        key = (properties["platform"], position, properties["start_datetime"])
        if key in newest:
            older += 1
        if key not in newest or production(item) > production(newest[key]):
            newest[key] = item
    return list(newest.values()), older
