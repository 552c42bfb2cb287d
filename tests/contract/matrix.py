"""Writes every combination of type, codecs, chunks and axes that the map reads, by zarr and icechunk.

A repository of Icechunk holds the arrays of one type and rank, one for each of CODECS and CHUNKS, all of the same numbers. What differs
in the axes are names and coordinates only: each of AXES and PLACES has a branch, on which the arrays keep their chunks.
"""

import asyncio
import concurrent.futures
import functools
import itertools
import json
import multiprocessing
import pathlib
import sys

import icechunk
import numpy as np
import zarr
from zarr.codecs import BloscCodec, BytesCodec, Crc32cCodec, GzipCodec, TransposeCodec, ZstdCodec
from zarr.codecs.numcodecs import Zlib

import refused

# That a local store is not safe by itself is known; nothing else writes here. Of every process.
icechunk.set_logs_filter("error")

STEPS, ROWS, COLS = 3, 8, 12
FILL = 7
# Variables that a click reads (viewer/src/store/sampling.rs).
MOST_READ = 32

TYPES = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"]

CODECS = {
    "none": {"compressors": None},
    "big": {"serializer": BytesCodec(endian="big"), "compressors": None},
    "transpose": {"filters": "transpose", "compressors": None},
    "crc32c": {"compressors": [Crc32cCodec()]},
    "zstd": {"compressors": [ZstdCodec(level=3, checksum=True)]},
    "gzip": {"compressors": [GzipCodec(level=6)]},
    "zlib": {"compressors": [Zlib(level=4)]},
    "all": {"filters": "transpose", "serializer": BytesCodec(endian="big"), "compressors": [ZstdCodec(level=1), Crc32cCodec()]},
} | {
    f"{name}_{shuffle}": {"compressors": [BloscCodec(cname=name, clevel=5, shuffle=shuffle)]}
    for name in ("lz4", "lz4hc", "zstd", "zlib")
    for shuffle in ("noshuffle", "shuffle", "bitshuffle")
}

# Along the further axis, rows and columns.
CHUNKS = {
    "small": {"chunks": (1, 4, 6)},
    "uneven": {"chunks": (1, 5, 7)},
    "globe": {"chunks": (1, ROWS, COLS)},
    "times": {"chunks": (2, 4, COLS)},
    "shards": {"shards": {"shape": (2, ROWS, COLS), "index_location": "end"}, "chunks": (1, 4, 6)},
    "shards_start": {"shards": {"shape": (1, 10, 14), "index_location": "start"}, "chunks": (1, 5, 7)},
}

# The axis beside latitude and longitude: its name, numbers, attributes, and what its steps are called.
AXES = {
    "none": None,
    "year": ("year", np.array([2019, 2020, 2022], "i4"), {"units": "1"}, ["2019", "2020", "2022"]),
    "time": (
        "time",
        np.array([0.0, 6.0, 24.0]),
        {"units": "hours since 2020-02-28 12:00:00", "calendar": "standard", "standard_name": "time"},
        ["2020-02-28T12:00:00", "2020-02-28T18:00:00", "2020-02-29T12:00:00"],
    ),
    "depth": ("depth", np.array([0.5, 10, 200], "f4"), {"units": "m", "positive": "down"}, ["0.5", "10", "200"]),
}

GLOBE = 90 - (np.arange(ROWS) + 0.5) * 180 / ROWS
REGION = 48 - (np.arange(ROWS) + 0.5) * 0.25
# Centres of rows and of columns.
PLACES = {
    f"{across}_{down}": (lat if down == "falling" else lat[::-1], lon)
    for across, lat, lon in (
        ("from_180_west", GLOBE, -180 + (np.arange(COLS) + 0.5) * 30),
        ("from_greenwich", GLOBE, (np.arange(COLS) + 0.5) * 30),
        ("region", REGION, 5 + (np.arange(COLS) + 0.5) * 0.25),
    )
    for down in ("falling", "rising")
}

ARRAYS = [f"{codec}.{chunks}" for codec, chunks in itertools.product(CODECS, CHUNKS)]


def numbers(data_type, rank=3):
    """Numbers of a type, its least and greatest among them; a chunk that is all fill is not stored."""
    random, dtype = np.random.default_rng(5), np.dtype(data_type)
    shape = (STEPS, ROWS, COLS)
    if dtype.kind == "f":
        values = (random.normal(0, 1, shape) * 10.0 ** random.integers(-30, 30, shape)).astype(dtype)
        values[1, 0, :6] = [np.nan, np.inf, -np.inf, -0.0, np.finfo(dtype).max, np.finfo(dtype).tiny]
    else:
        limits = np.iinfo(dtype)
        values = random.integers(limits.min, limits.max, shape, dtype=dtype, endpoint=True)
        values[1, 0, :2] = limits.min, limits.max
    values[0, :5, :7] = FILL
    return values if rank == 3 else values[1]


def array_options(codec, chunks, rank):
    """What `create_array` is given."""
    cut = lambda shape: shape[3 - rank :]
    options = CODECS[codec] | {"chunks": cut(CHUNKS[chunks]["chunks"])}
    if "filters" in options:
        options["filters"] = [TransposeCodec(order=(2, 0, 1) if rank == 3 else (1, 0))]
    if "shards" in CHUNKS[chunks]:
        shards = CHUNKS[chunks]["shards"]
        options["shards"] = shards | {"shape": cut(shards["shape"])}
    return options


def write(path, data_type, rank, arrays=ARRAYS):
    """Writes the arrays of a type to a new repository and gives it."""
    repository = icechunk.Repository.create(icechunk.local_filesystem_storage(str(path)))
    session = repository.writable_session("main")
    root = zarr.create_group(session.store)
    values = numbers(data_type, rank)
    for name in arrays:
        array = root.create_array(
            name, shape=values.shape, dtype=values.dtype, fill_value=FILL, **array_options(*name.split("."), rank)
        )
        array[...] = values
    session.commit("arrays")
    return repository


def lay_out(repository, axis, place, arrays=ARRAYS):
    """Makes a branch on which the arrays have an axis and a place; gives its name."""
    branch = f"{axis}.{place}"
    repository.create_branch(branch, repository.lookup_branch("main"))
    session = repository.writable_session(branch)
    store = session.store
    root = zarr.open_group(store, mode="r+")
    lat, lon = PLACES[place]
    coordinates = [("latitude", lat, {"units": "degrees_north"}), ("longitude", lon, {"units": "degrees_east"})]
    if AXES[axis] is not None:
        coordinates.insert(0, AXES[axis][:3])
    for name, values, attributes in coordinates:
        root.create_array(name, data=values, dimension_names=[name], attributes=attributes)
    prototype = zarr.core.buffer.default_buffer_prototype()

    async def name_axes(array):
        key = f"{array}/zarr.json"
        metadata = json.loads((await store.get(key, prototype)).to_bytes())
        metadata["dimension_names"] = [name for name, _, _ in coordinates]
        await store.set(key, prototype.buffer.from_bytes(json.dumps(metadata).encode()))

    async def name_all():
        await asyncio.gather(*map(name_axes, arrays))

    zarr.core.sync.sync(name_all())
    session.commit("axes")
    return branch


def stores():
    """What each store of `store` holds: a type, as many arrays as a click reads, and the axes of one rank."""
    parts = [ARRAYS[first : first + MOST_READ] for first in range(0, len(ARRAYS), MOST_READ)]
    flat = [axis for axis, about in AXES.items() if about is None]
    deep = [axis for axis in AXES if axis not in flat]
    return list(itertools.product(TYPES, parts, (flat, deep)))


def store(directory, number):
    """Writes a store for the browser with a branch for each of its axes, at PLACES in turn. Gives what is right on each branch; pictures
    are waited for on one."""
    data_type, arrays, axes = stores()[number]
    rank = 2 if AXES[axes[0]] is None else 3
    repository = write(directory / str(number), data_type, rank, arrays)
    values = numbers(data_type, rank).astype("f8").reshape(-1, ROWS, COLS)
    # JSON has no infinite numbers.
    texts = [[[value if np.isfinite(value) else "nan" if np.isnan(value) else f"{value:+}".replace("inf", "Infinity") for value in row] for row in plane] for plane in values.tolist()]
    pages = []
    for turn, axis in enumerate(axes, number // 2):
        where = list(PLACES)[turn % len(PLACES)]
        branch = lay_out(repository, axis, where, arrays)
        name, labels = (AXES[axis][0], AXES[axis][3]) if rank == 3 else (None, [""])
        lat, lon = (list(centres) for centres in PLACES[where])
        pages.append({"store": number, "type": data_type, "branch": branch, "arrays": arrays, "axis": name, "labels": labels, "lat": lat, "lon": lon, "values": texts, "is_drawn": axis == axes[0]})
    return pages


def processes():
    """As many processes as cores. They begin anew: threads of Icechunk would not outlive a fork."""
    return concurrent.futures.ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn"))


def main(directory):
    """Writes the stores of `store`, DIRECTORY/0 and so on, and DIRECTORY/pages.json, what it gives of all; DIRECTORY/refused with all
    that is not shown, and the sentences in DIRECTORY/refused.json."""
    directory = pathlib.Path(directory)
    with processes() as pool:
        pages = list(pool.map(functools.partial(store, directory), range(len(stores()))))
    (directory / "pages.json").write_text(json.dumps(list(itertools.chain(*pages))))
    groups, sentences = refused.together()
    refused.write(directory / "refused", groups)
    (directory / "refused.json").write_text(json.dumps(sentences))


if __name__ == "__main__":
    main(sys.argv[1])
