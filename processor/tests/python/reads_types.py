"""Reads a store of variables of many types, and compares it with the pixels that it was made of.

The argument is a folder with the store, `described.json` (tiles, variables) and for each variable and tile a file of its pixels.
Overviews are made anew from the level below, as their names say.
"""

import json
import pathlib
import sys

import icechunk
import numpy as np
import xarray as xr
import zarr

icechunk.set_logs_filter("error")
scratch = pathlib.Path(sys.argv[1])
described = json.loads((scratch / "described.json").read_text())
storage = icechunk.local_filesystem_storage(str(scratch / "store"))
store = icechunk.Repository.open(storage).readonly_session("main").store
root = zarr.open_group(store, mode="r")
edge = described["edge"]


def number_of(variable):
    fill = float("nan") if variable["fill"] == "NaN" else variable["fill"]
    return np.dtype(variable["type"]).type(fill)


def holds_data(pixels, fill):
    return ~np.isnan(pixels.astype("f8")) & (pixels != fill)


def children(pixels, fill):
    """The four children of each pixel of the next level: north-west, north-east, south-west, south-east."""
    rows, cols = pixels.shape
    padded = np.pad(pixels, ((0, rows % 2), (0, cols % 2)), constant_values=fill)
    return np.stack([padded[row::2, col::2] for row in (0, 1) for col in (0, 1)])


def halved(pixels, fill, how):
    four = children(pixels, fill)
    if how == "nearest":
        return four[0]
    valid = holds_data(four, fill)
    is_float = pixels.dtype.kind == "f"
    wide = np.where(valid, four, 0).astype("f8" if is_float else "i8")
    count = valid.sum(axis=0)
    if how == "mean":
        made = wide.sum(axis=0) / np.maximum(count, 1)
        made = (made if is_float else np.rint(made)).astype(pixels.dtype)
        beside = np.nextafter(fill, np.inf, dtype=pixels.dtype) if is_float else fill + (fill < np.iinfo(fill).max)
        made = np.where(made == fill, beside, made)
    elif how in ("maximum", "minimum"):
        worst = -np.inf if how == "maximum" else np.inf
        chosen = np.where(valid, four.astype("f8"), worst)
        chosen = chosen.max(axis=0) if how == "maximum" else chosen.min(axis=0)
        made = np.where(count > 0, chosen, 0).astype(pixels.dtype)
    else:
        assert how == "mode", how
        often = np.stack([((four == one) & valid).sum(axis=0) for one in four])
        often = np.where(valid, often, -1)
        lowest = np.where(often == often.max(axis=0), four.astype("f8"), np.inf).min(axis=0)
        made = np.where(count > 0, lowest, 0).astype(pixels.dtype)
    return np.where(count > 0, made, fill).astype(pixels.dtype)


def same(found, expected, what):
    tolerance = 1e-6 if found.dtype.kind == "f" else 0
    assert found.dtype == expected.dtype, (what, found.dtype, expected.dtype)
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=0, err_msg=what)


decoded = xr.open_zarr(store, consolidated=False)
for variable in described["variables"]:
    name, fill = variable["name"], number_of(variable)
    array = root[name]
    expected = np.full(array.shape[1:], fill, variable["type"])
    for row, col in described["tiles"]:
        bytes_of_tile = (scratch / f"{name}.{row}.{col}").read_bytes()
        pixels = np.frombuffer(bytes_of_tile, np.dtype(variable["type"]).newbyteorder("<"))
        expected[row * edge : (row + 1) * edge, col * edge : (col + 1) * edge] = pixels.reshape(edge, edge)
    same(array[0], expected, name)
    np.testing.assert_equal(array.fill_value, fill)

    values = expected.astype("f8") * (variable["scale"] or 1) + (variable["offset"] or 0)
    values[~holds_data(expected, fill)] = np.nan
    found = decoded[name].values[0]
    np.testing.assert_array_equal(np.isnan(found), np.isnan(values), err_msg=name)
    np.testing.assert_allclose(found, values, rtol=1e-6, atol=1e-6, err_msg=name)

    for level, chunk in zip([root, root["1"], root["2"]], described["chunks"]):
        shards = level[name].shards
        assert level[name].chunks == (1, chunk, chunk), (level[name].chunks, chunk)
        assert shards is None or shards[1] % chunk == 0, shards

    levels = [level["asset"] for level in root.attrs["multiscales"]["layout"]]
    assert len(levels) == 3, levels
    finer = expected
    for level in levels[1:]:
        expected = halved(finer, fill, variable["overview"])
        finer = root[level][name][0]
        same(finer, expected, f"{name} of level {level}")

classes = root["classes"].attrs
assert classes["flag_values"] == [0, 1, 2] and classes["flag_meanings"] == "water tree_cover bare", dict(classes)
