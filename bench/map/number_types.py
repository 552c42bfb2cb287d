"""Writes the same field twice, as numbers of 16 bits and as floats: what the map of each costs (number-types.mjs).

    number_types.py DIRECTORY

DIRECTORY/uint16 and DIRECTORY/float32: 1800 x 3600 pixels of the globe, two years, chunks of 450 x 450, zstd.
"""

import pathlib
import sys

import icechunk
import numpy as np
import zarr
from zarr.codecs import ZstdCodec

icechunk.set_logs_filter("error")

ROWS, COLS, CHUNK = 1800, 3600, 450
YEARS = [2021, 2022]


def write(path, values, attributes, fill):
    repository = icechunk.Repository.create(icechunk.local_filesystem_storage(str(path)))
    session = repository.writable_session("main")
    root = zarr.create_group(session.store)
    dims = ("year", "latitude", "longitude")
    latitude = 90 - (np.arange(ROWS) + 0.5) * 180 / ROWS
    longitude = -180 + (np.arange(COLS) + 0.5) * 360 / COLS
    for name, axis, units in zip(dims, (np.array(YEARS, "i4"), latitude, longitude), ("1", "degrees_north", "degrees_east")):
        root.create_array(name, data=axis, dimension_names=[name], attributes={"units": units})
    array = root.create_array(
        "avg_daytime_lst", shape=values.shape, dtype=values.dtype, chunks=(1, CHUNK, CHUNK), fill_value=fill,
        compressors=[ZstdCodec(level=3)], dimension_names=list(dims), attributes=attributes,
    )  # fmt: skip
    array[:] = values
    session.commit("written")


def main():
    directory = pathlib.Path(sys.argv[1])
    directory.mkdir(parents=True)
    row, col = np.mgrid[:ROWS, :COLS]
    waves = np.sin(row / 90) * np.cos(col / 120) * 30 + np.random.default_rng(7).normal(0, 0.3, (ROWS, COLS))
    numbers = np.stack([np.rint((285 + waves + year) / 0.02) for year in range(len(YEARS))]).astype("u2")
    numbers[:, (row // 300 + col // 500) % 5 == 0] = 0
    write(directory / "uint16", numbers, {"units": "K", "scale_factor": 0.02, "_FillValue": 0}, 0)
    kelvin = np.where(numbers > 0, numbers * 0.02, np.nan).astype("f4")
    write(directory / "float32", kelvin, {"units": "K"}, np.nan)


if __name__ == "__main__":
    main()
