"""Writes small stores in the ways that others have, and what xarray reads in them.

    stores.py DIRECTORY

Each store is DIRECTORY/NAME. DIRECTORY/shown.json names those that the map shows, with the physical values at some places,
DIRECTORY/refused.json those that it refuses, with the sentence.
"""

import json
import pathlib
import sys
import warnings

import icechunk
import numpy as np
import xarray as xr
import zarr
from zarr.codecs import BloscCodec, BytesCodec, GzipCodec, ZstdCodec
from zarr.codecs.numcodecs import LZMA, Zlib

import looks

YEARS, ROWS, COLS = [2020, 2021, 2022], 60, 120
LAT = 90 - (np.arange(ROWS) + 0.5) * 180 / ROWS
LON = -180 + (np.arange(COLS) + 0.5) * 360 / COLS
# Warm in the tropics, colder towards the poles, another every year: no two neighbours are alike.
WAVES = np.sin(np.radians(LON))[None] + 0.01 * np.arange(COLS)[None]
KELVIN = np.stack([300 - np.abs(LAT)[:, None] * 1.2 + WAVES + 2 * year for year in range(len(YEARS))])
HOLES = KELVIN < 230
NOISE = np.random.default_rng(1).random(KELVIN.shape)
PLACES = [(46.0, 20.5), (-10.0, -121.0), (80.0, 5.0), (-76.0, 179.0)]
NAME = "avg_daytime_lst"
LST = {"scale_factor": 0.02, "units": "K", "_FillValue": 0}
DN = np.rint(KELVIN / 0.02).astype("u2")
PLAIN = {"zarr_format": 3, "consolidated": True}
STALE = [360 / COLS, 0.0, -180.0, 0.0, -180 / ROWS, 90.0]


def write(path, variables, group):
    """Writes a store of several variables over one year: stored numbers, attributes and fill value of each, and attributes of
    the root."""
    repository = icechunk.Repository.create(icechunk.local_filesystem_storage(str(path)))
    session = repository.writable_session("main")
    root = zarr.create_group(session.store, overwrite=True, attributes=group)
    for name, values, units in (("year", np.array([2020], "i4"), "1"), ("lat", LAT, "degrees_north"), ("lon", LON, "degrees_east")):
        root.create_array(name, data=values, dimension_names=[name], attributes={"units": units})
    for name, (stored, attributes, fill) in variables.items():
        root.create_array(
            name, data=stored[None], chunks=(1, 30, 40), fill_value=fill, dimension_names=["year", "lat", "lon"], attributes=attributes
        )
    session.commit("written")


def create(path, stored, attributes, *, lat=LAT, lon=LON, dims=("year", "latitude", "longitude"), axis=None,
           variable=NAME, group={}, axis_units="1", written=True, plain=None, **options):
    """Writes a store of one variable by zarr-python: in a repository of Icechunk, or `plain`, see PLAIN."""
    if plain is None:
        repository = icechunk.Repository.create(icechunk.local_filesystem_storage(str(path)))
        session = repository.writable_session("main")
        root = zarr.create_group(session.store, overwrite=True, attributes=group)
    else:
        root = zarr.create_group(str(path), attributes=group, zarr_format=plain["zarr_format"])
    axis = np.array(YEARS, dtype=np.int32) if axis is None else axis
    for name, values, units in zip(dims, (axis, lat, lon), (axis_units, "degrees_north", "degrees_east")):
        root.create_array(name, data=values, attributes={"units": units}, **named(root, [name]))
    options = {"chunks": (1, 30, 40), "fill_value": 0} | options | named(root, list(dims))
    array = root.create_array(variable, shape=stored.shape, dtype=stored.dtype, attributes=attributes, **options)
    array[:, :, : stored.shape[2] if written else 40] = stored[:, :, : stored.shape[2] if written else 40]
    if plain is None:
        session.commit("written")
    elif plain["consolidated"]:
        zarr.consolidate_metadata(str(path))


def states(path):
    """Writes a repository of two commits, of which the first has a tag: the second adds 2 K to all years."""
    create(path, DN, LST)
    repository = icechunk.Repository.open(icechunk.local_filesystem_storage(str(path)))
    repository.create_tag("first", snapshot_id=repository.lookup_branch("main"))
    session = repository.writable_session("main")
    zarr.open_group(session.store)[NAME][:] = DN + 100
    session.commit("two kelvin more")
    repository.create_branch("work", snapshot_id=repository.lookup_tag("first"))


def under_way(path):
    """Writes a repository of five months, as a processor leaves it that has come to the third: the others have no chunks. A
    second commit adds the fourth."""
    months = np.array([0, 31, 60, 91, 121], "i4")
    create(path, np.zeros((5, ROWS, COLS), "u2"), LST, axis=months, axis_units="days since 2020-01-01",
           dims=("time", "latitude", "longitude"))
    repository = icechunk.Repository.open(icechunk.local_filesystem_storage(str(path)))
    for message, upto in (("three months", 3), ("four months", 4)):
        session = repository.writable_session("main")
        zarr.open_group(session.store)[NAME][:upto] = np.concatenate([DN, DN[:2]])[:upto]
        session.commit(message)
        repository.create_tag(message.replace(" ", "-"), snapshot_id=repository.lookup_branch("main"))


def large(path, plain):
    """Writes a store of 150 MB in chunks of 16 years, all of one value: a few kB as they are stored, which a manifest tells."""
    rows, cols, years = 2160, 4320, np.arange(2001, 2017, dtype="i4")
    lat, lon = 90 - (np.arange(rows) + 0.5) * 180 / rows, -180 + (np.arange(cols) + 0.5) * 360 / cols
    stored = np.full((16, rows, cols), 200, "u1")
    create(path, stored, {"units": "1", "valid_range": [0, 250]}, lat=lat, lon=lon, axis=years, chunks=(16, 540, 540), plain=plain)


def named(root, dims):
    """The names of axes, which arrays of format 2 have none of."""
    return {"dimension_names": dims} if root.metadata.zarr_format == 3 else {}


def values():
    """Stores that differ in what their numbers stand for: name, stored numbers, attributes, options."""
    celsius = KELVIN - 273.15
    yield "plain", DN, LST, {}
    yield "celsius", np.rint(KELVIN / 0.1).astype("u2"), {"scale_factor": 0.1, "add_offset": -273.15, "units": "degC", "_FillValue": 0}, {}
    yield "kelvin", np.rint(KELVIN).astype("u2"), {"units": "K"}, {}
    yield "lists", np.rint(KELVIN / 0.1).astype("u2"), {"scale_factor": [0.1], "add_offset": [-273.15], "units": "celsius"}, {}
    yield "missing-value", np.where(HOLES, 65535, DN).astype("u2"), {"scale_factor": 0.02, "units": "K", "missing_value": 65535}, {}
    twice = np.where(HOLES, 65535, DN).astype("u2")
    twice[:, ::7] = 1
    yield "missing-values", twice, {"scale_factor": 0.02, "units": "K", "_FillValue": 65535, "missing_value": 1}, {"fill_value": 65535}
    yield "no-chunk-is-zero", DN, {"units": "1"}, {"written": False}
    yield "no-chunk-is-missing", DN, LST, {"written": False}
    yield "no-chunk-is-a-value", DN, {"units": "m", "scale_factor": 0.5}, {"written": False, "fill_value": 7}
    floats = np.where(HOLES, np.nan, KELVIN)
    yield "float", floats.astype("f4"), {"units": "K"}, {"fill_value": np.nan}
    yield "double", floats, {"units": "K"}, {"fill_value": np.nan, "serializer": BytesCodec(endian="big")}
    filled = np.where(HOLES, -9999, celsius).astype("f4")
    # As xarray writes -9999.
    yield "float-fill", filled, {"units": "degC", "_FillValue": "AAAAAICHw8A="}, {"fill_value": -9999}
    # More digits than a double's 53 bits hold as a whole number, as netCDF's own fill for doubles has them.
    netcdf = 9.969209968386869e36
    yield "double-fill", np.where(HOLES, netcdf, celsius), {"units": "degC", "missing_value": netcdf}, {"fill_value": netcdf}
    yield "many-digits", np.rint(celsius * 10).astype("i2"), {"scale_factor": 127.84953530100033, "units": "m"}, {}
    yield "rain", (np.abs(celsius) * 1e-6).astype("f4"), {"units": "kg m-2 s-1", "long_name": "Precipitation"}, {"fill_value": np.nan}
    yield "signed", np.rint(celsius * 10).astype("i2"), {"scale_factor": 0.1, "units": "degC", "_FillValue": -32768}, {"fill_value": -32768}
    yield "bytes", np.rint(KELVIN / 2).astype("u1"), {"scale_factor": 2.0, "units": "K", "_FillValue": 255}, {"fill_value": 255}
    yield "signed-bytes", np.rint(celsius).astype("i1"), {"units": "degC", "_FillValue": -128}, {"fill_value": -128}
    yield "unsigned", np.rint(KELVIN / 2).astype("u1").view("i1"), {"_Unsigned": "true", "scale_factor": 2.0, "units": "K", "_FillValue": -1}, {"fill_value": -1}
    yield "wide", np.rint(celsius * 1000).astype("i4"), {"scale_factor": 0.001, "units": "degC", "_FillValue": -(2**31)}, {"fill_value": -(2**31)}
    yield "wider", np.rint(celsius * 1000).astype("i8"), {"scale_factor": 0.001, "units": "degC"}, {}
    yield "wide-unsigned", DN.astype("u4"), LST, {}
    yield "wider-unsigned", DN.astype("u8"), LST, {}
    tenths = np.rint(celsius * 10).astype("i2")
    yield "valid-range", tenths, {"scale_factor": 0.1, "units": "degC", "valid_range": [-300, 250]}, {}
    yield "valid-max", np.rint(KELVIN / 2).astype("u1"), {"scale_factor": 2.0, "units": "K", "valid_max": 148, "_FillValue": 0}, {}
    yield "valid-min-of-floats", KELVIN.astype("f4"), {"units": "K", "valid_min": 231.5}, {}
    # As writers have it that know physical values only.
    yield "valid-fractions", tenths, {"scale_factor": 0.1, "units": "degC", "valid_range": [-30.5, 25.0]}, {}
    classes = np.where(HOLES, 0, (KELVIN / 10).astype("i2"))
    lists = {"flag_values": list(range(22, 31)), "flag_meanings": " ".join(f"class_{value}" for value in range(22, 31))}
    yield "classes", classes.astype("u1"), {"_FillValue": 0} | lists, {}
    yield "wide-classes", classes.astype("i4"), {"_FillValue": 0} | lists, {}
    yield "anomaly", (celsius / 10).astype("f4"), {"units": "K", "long_name": "Temperature anomaly"}, {"fill_value": np.nan}


def names():
    """Stores that differ in what things are called."""
    yield "other-name", DN, LST, {"variable": "tas"}
    yield "name-with-spaces", DN, LST | {"long_name": "Temperature of the <b>skin</b>"}, {"variable": "2 m: <i>t"}
    yield "other-axes", DN, LST, {"dims": ("when", "Lat", "LON")}


def space():
    """Stores that differ in where their pixels lie."""
    yield "south-first", DN[:, ::-1], LST, {"lat": LAT[::-1]}
    # What sorting leaves behind: the attributes say what the coordinates do not.
    yield "stale", DN[:, ::-1], LST, {"lat": LAT[::-1], "group": {"spatial:transform": STALE}}
    yield "from-greenwich", np.roll(DN, COLS // 2, 2), LST, {"lon": LON + 180}


def codecs():
    """Stores that differ in how chunks are encoded."""
    yield "gzip", DN, LST, {"compressors": [GzipCodec(level=6)]}
    yield "zlib", DN, LST, {"compressors": [Zlib(level=4)]}
    for compressor in ("lz4", "lz4hc", "zstd", "zlib"):
        for shuffle in ("noshuffle", "shuffle", "bitshuffle"):
            codec = BloscCodec(cname=compressor, clevel=5, shuffle=shuffle)
            yield f"blosc-{compressor}-{shuffle}", DN, LST, {"compressors": [codec]}
    floats = KELVIN.astype("f4")
    codec = BloscCodec(cname="lz4", clevel=9, shuffle="bitshuffle", blocksize=512)
    yield "blosc-small-blocks", floats, {"units": "K"}, {"compressors": [codec], "chunks": (3, 60, 50)}
    yield "blosc-of-noise", NOISE, {"units": "1"}, {"compressors": [BloscCodec(cname="lz4")]}
    shards = {"shards": (3, 60, 120), "chunks": (1, 30, 40)}
    yield "shards-of-gzip", DN, LST, shards | {"compressors": [GzipCodec()]}
    yield "shards-of-blosc", floats, {"units": "K"}, shards | {"compressors": [BloscCodec(cname="zstd")]}
    yield "gzip-of-zstd", DN, LST, {"compressors": [ZstdCodec(level=1), GzipCodec()]}


def plain_zarr():
    """Stores of plain Zarr, which differ in how chunks are found."""
    for name, stored, attributes, options in [
        ("zarr", DN, LST, {}),
        ("zarr-gzip", DN, LST, {"compressors": [GzipCodec()]}),
        ("zarr-blosc", DN, LST, {"compressors": [BloscCodec(cname="lz4", shuffle="bitshuffle")]}),
        ("zarr-shards", DN, LST, {"shards": (3, 60, 40)}),
        # Too large to be fetched whole, with chunks that are not in it.
        ("zarr-large-shard", np.where(LON < 60, NOISE, np.nan), {"units": "1"}, {"shards": (3, 60, 120), "chunks": (1, 20, 20), "fill_value": np.nan, "compressors": None}),
        ("zarr-no-shard-is-missing", DN, LST, {"shards": (3, 60, 40), "written": False}),
        ("zarr-no-chunk-is-missing", DN, LST, {"written": False}),
        ("zarr-no-chunk-is-a-value", DN, {"units": "m"}, {"written": False, "fill_value": 7}),
        ("zarr-names-of-format-2", DN, LST, {"chunk_key_encoding": {"name": "v2", "separator": "."}}),
        ("zarr-names-with-dots", DN, LST, {"chunk_key_encoding": {"name": "default", "separator": "."}}),
        ("zarr-strange-name", DN, LST, {"variable": "50%25 of? #1"}),
    ]:
        yield name, stored, attributes, options | {"plain": PLAIN}


def refusals():
    """Stores that the map does not show, and why: name, the end of the sentence, stored numbers, attributes, options."""
    yield "lzma", "codec 'numcodecs.lzma' is not supported", DN, LST, {"compressors": [LZMA()]}
    yield "blosclz", "codec 'blosc': expected cname lz4, lz4hc, zlib or zstd, found \"blosclz\"", DN, LST, {"compressors": [BloscCodec(cname="blosclz")]}
    yield "half", "expected data_type to be an integer of 8 to 64 bits, float32 or float64, found \"float16\"", KELVIN.astype("f2"), {"units": "K"}, {}
    yield "scale-of-text", "expected scale_factor to be a finite number, found \"0.02\"", DN, {"scale_factor": "0.02"}, {}
    yield "zarr-without-list", "array or group '/': expected consolidated_metadata to be the list of all arrays and groups, as zarr.consolidate_metadata writes it, found null", DN, LST, {"plain": PLAIN | {"consolidated": False}}
    yield "zarr-format-2", "is a Zarr store of format 2: it has an object '.zgroup'; the map opens format 3", DN, LST, {"plain": PLAIN | {"zarr_format": 2}}


def axes():
    """Stores that differ in the axes beside latitude and longitude: name, a function that writes it, and labels that xarray does not tell."""
    time = {"standard_name": "time", "calendar": "standard"}
    steps = lambda units, values, **more: ("time", np.asarray(values), time | {"units": units} | more)
    plane = lambda *factors: sum(factors) + KELVIN[0]
    fields = lambda *lengths: np.stack([plane(3 * at) for at in range(int(np.prod(lengths)))]).reshape(*lengths, ROWS, COLS).astype("f4")
    kelvin = {"units": "K"}

    yield "cf-days", [("t", ("time",), fields(3), kelvin)], [steps("days since 2020-01-01", np.array([0, 366, 731], "i4"))], {}
    yield "cf-hours", [("t", ("time",), fields(30), kelvin | {"chunks": (24, 30, 40)})], [steps("hours since 2021-07-01", np.arange(30) * 1.0)], {}
    yield "cf-minutes", [("t", ("time",), fields(3), kelvin)], [steps("minutes since 1999-12-31 23:00:00", np.array([0, 90, 180], "i8"))], {}
    yield "cf-falling", [("t", ("time",), fields(3), kelvin)], [steps("seconds since 1970-01-01", np.array([172800, 86400, 0], "i8"))], {}
    no_leap = steps("days since 2020-02-28", np.array([0, 1, 366], "i4"), calendar="noleap")
    yield "cf-noleap", [("t", ("time",), fields(3), kelvin)], [no_leap], {"time": ["2020-02-28", "2020-03-01", "2021-03-01"]}
    thirty = steps("days since 2000-01-01", np.array([29, 59.5], "f8"), calendar="360_day")
    yield "cf-360-day", [("t", ("time",), fields(2), kelvin)], [thirty], {"time": ["2000-01-30T00:00:00", "2000-02-30T12:00:00"]}
    months = steps("months since 2000-01-01", np.array([0, 1, 14], "i4"))
    yield "cf-months", [("t", ("time",), fields(3), kelvin)], [months], {"time": ["2000-01-01", "2000-02-01", "2001-03-01"]}

    depth = ("depth", np.array([0.5, 10, 200], "f4"), {"units": "m", "positive": "down"})
    days = steps("days since 2020-01-01", np.array([0, 1, 2, 3], "i4"))
    yield "flat", [("elevation", (), plane(), {"units": "m"})], [], {}
    yield "deep", [("t", ("time", "depth"), fields(4, 3), kelvin | {"chunks": (3, 2, 30, 40)})], [days, depth], {}
    yield "depth-first", [("t", ("depth", "latitude", "time", "longitude"), fields(3, 4), kelvin)], [days, depth], {}
    yield "longitude-first", [("t", ("longitude", "latitude", "time"), fields(4), kelvin)], [days], {}
    yield "sharded", [("t", ("time", "depth"), fields(4, 3), kelvin | {"chunks": (1, 1, 30, 40), "shards": (2, 3, 60, 120)})], [days, depth], {}
    yield "members", [("t", ("member",), fields(3), kelvin)], [], {}
    yield "texts", [("t", ("scenario",), fields(2), kelvin)], [("scenario", np.array(["low", "höch"]), {})], {}
    anything = ("scenario", np.array(["a", "longer"], dtype=np.dtypes.StringDType()), {})
    yield "texts-of-any-length", [("t", ("scenario",), fields(2), kelvin)], [anything], {}
    dates = ("time", np.array(["2020-02-29T06", "2020-03-01T06"], "M8[s]"), {})
    yield "numpy-dates", [("t", ("time",), fields(2), kelvin)], [dates], {}
    yield "z-levels", [("t", ("z",), fields(3), kelvin)], [("z", np.array([5, 10, 15], "i2"), {"units": "km"})], {}
    several = [
        ("elevation", (), plane(), {"units": "m"}),
        ("half", ("time",), fields(4).astype("f2"), {}),
        ("salinity", ("depth",), fields(3), {"units": "1e-3"}),
        ("t", ("time", "depth"), fields(4, 3), kelvin),
    ]
    yield "side-by-side", several, [days, depth], {}
    yield "groups", [
        ("t", ("time",), fields(4), kelvin),
        ("ocean/t", ("time",), fields(2), kelvin),
        ("ocean/deep/t", ("depth",), fields(3), kelvin),
    ], [days, ("ocean/time", np.array([10, 20], "i4"), time | {"units": "days since 2021-01-01"}), ("ocean/deep/depth", *depth[1:])], {}


def create_axes(path, variables, coordinates):
    """Writes a store of arrays over any axes; those of latitude and longitude come last unless they are named."""
    repository = icechunk.Repository.create(icechunk.local_filesystem_storage(str(path)))
    session = repository.writable_session("main")
    root = zarr.create_group(session.store, overwrite=True)
    globe = [("latitude", LAT, {"units": "degrees_north"}), ("longitude", LON, {"units": "degrees_east"})]
    for name, values, attributes in globe + coordinates:
        array = root.create_array(name, shape=values.shape, chunks=values.shape, dtype=values.dtype, attributes=attributes, dimension_names=[name.split("/")[-1]])
        array[:] = values
    for name, dims, stored, attributes in variables:
        options = {key: attributes[key] for key in ("chunks", "shards") if key in attributes}
        attributes = {key: value for key, value in attributes.items() if key not in options}
        if "latitude" not in dims:
            dims = (*dims, "latitude", "longitude")
        else:
            # As it is made: the other axes, then rows and columns.
            made = [*(dim for dim in dims if dim not in ("latitude", "longitude")), "latitude", "longitude"]
            stored = stored.transpose([made.index(dim) for dim in dims])
        options = {"chunks": tuple(min(length, 40) for length in stored.shape)} | options
        array = root.create_array(name, shape=stored.shape, dtype=stored.dtype, dimension_names=list(dims), attributes=attributes, fill_value=np.nan, **options)
        array[:] = stored
    session.commit("written")


def create_hourly(path):
    """A year of hours, of which a few are written."""
    repository = icechunk.Repository.create(icechunk.local_filesystem_storage(str(path)))
    session = repository.writable_session("main")
    root = zarr.create_group(session.store, overwrite=True)
    hours = np.arange(8784, dtype="i4")
    for name, values, units in (("time", hours, "hours since 2020-01-01"), ("latitude", LAT, "degrees_north"), ("longitude", LON, "degrees_east")):
        root.create_array(name, data=values, chunks=(len(values),), dimension_names=[name], attributes={"units": units})
    array = root.create_array("t", shape=(8784, ROWS, COLS), chunks=(1, ROWS, COLS), dtype="f4", fill_value=np.nan, dimension_names=["time", "latitude", "longitude"], attributes={"units": "K"})
    array[4000:4050] = KELVIN[0].astype("f4")[None] + np.arange(50, dtype="f4")[:, None, None]
    session.commit("written")


def written_by_xarray(path):
    """A dataset as xarray writes it, with what it adds: bounds, a grid mapping, integers packed by an encoding."""
    time = np.array(["2021-01-01", "2021-02-01", "2021-03-01"], "M8[ns]")
    coordinates = {"time": time, "level": [1000, 500], "lat": ("lat", LAT, {"standard_name": "latitude"}), "lon": ("lon", LON, {"standard_name": "longitude"})}
    field = np.stack([KELVIN, KELVIN - 30], axis=1)
    dataset = xr.Dataset({
        "air": (("time", "level", "lat", "lon"), field, {"units": "K", "long_name": "Air temperature", "grid_mapping": "crs", "ancillary_variables": "quality"}),
        "crs": ((), 0, {"grid_mapping_name": "latitude_longitude"}),
        "quality": (("time",), [1, 0, 1]),
        "time_bnds": (("time", "bnds"), np.stack([time, time], 1)),
    }, coordinates)
    repository = icechunk.Repository.create(icechunk.local_filesystem_storage(str(path)))
    session = repository.writable_session("main")
    encoding = {"air": {"dtype": "int16", "scale_factor": 0.01, "add_offset": 260.0, "_FillValue": -32768}}
    dataset.to_zarr(session.store, zarr_format=3, consolidated=False, encoding=encoding)
    session.commit("written")


def variables(path, times=True):
    """The variables of a store as xarray reads them, with their paths, as far as they lie on a map and can be drawn."""
    is_plain = not (path / "repo").exists()
    if is_plain:
        store = str(path)
    else:
        storage = icechunk.local_filesystem_storage(str(path))
        store = icechunk.Repository.open(storage).readonly_session("main").store
    root = zarr.open_group(store, mode="r")
    groups = ["", *(name for name, node in root.members(max_depth=None) if isinstance(node, zarr.Group))]
    shared = {}
    for group in sorted(groups):
        dataset = opened(store, group or None, consolidated=is_plain, zarr_format=3, decode_times=times)
        shared |= {name: dataset[name] for name in dataset.coords}
        for name in sorted(dataset.data_vars):
            array = dataset[name]
            is_on_map = all(any(dim.lower() in names for dim in array.dims) for names in (LATITUDES, LONGITUDES))
            if is_on_map and array.dtype != "f2":
                # A group's variables may have the coordinates of the groups around it.
                array = array.assign_coords({dim: shared[dim] for dim in array.dims if dim in shared and dim not in array.coords})
                yield f"{group}/{name}".lstrip("/"), array


LATITUDES, LONGITUDES = ("latitude", "lat"), ("longitude", "lon")


def map_dims(array):
    """The names of an array's latitude and longitude."""
    return [next(dim for dim in array.dims if dim.lower() in names) for names in (LATITUDES, LONGITUDES)]


def labels(array, dim, told={}):
    """What the steps of an axis are called."""
    if dim in told:
        return told[dim]
    if dim not in array.coords:
        return [str(step) for step in range(array.sizes[dim])]
    values = array[dim].values
    if values.dtype.kind == "M":
        are_days = (values == values.astype("M8[D]")).all()
        return [str(text) for text in np.datetime_as_string(values, unit="D" if are_days else "s")]
    if values.dtype.kind in "iuf":
        return [str(int(value)) if value == int(value) else str(value) for value in values]
    return [str(value) for value in values]


def playing(array, told={}):
    """The axis along which a variable plays, and the steps of the others that are shown unless others are asked for."""
    further = [dim for dim in array.dims if dim not in map_dims(array)]
    is_time = lambda dim: dim == "time"
    rank = lambda dim: (is_time(dim), dim == "year", array.sizes[dim])
    first = max(further, key=rank, default=None)
    return first, {dim: 0 for dim in further if dim != first}


def place(array, latitude, longitude, told={}):
    """The values of a variable at a place by label, as `window.floe.inspect` gives them."""
    row, col = map_dims(array)
    dim, others = playing(array)
    # Around the globe.
    nearest = np.abs((array[col].values - longitude + 180) % 360 - 180).argmin()
    cell = array.sel({row: latitude}, method="nearest").isel({col: nearest} | others).load()
    number = lambda value: None if np.isnan(value) else float(value)
    if dim is None:
        return {"": number(cell.values)}
    return {label: number(value) for label, value in zip(labels(array, dim, told), cell.values)}


def main(directory):
    icechunk.set_logs_filter("error")
    warnings.filterwarnings("ignore", category=zarr.errors.ZarrUserWarning)
    out = pathlib.Path(directory)
    shown, refused = {}, {}

    def note(name, told={}, classes=None):
        found = list(variables(out / name, not told))
        (first, array), *_ = found
        dim, _ = playing(array)
        # The page counts temperatures in kelvin, but for differences.
        is_celsius = array.attrs.get("units") in ("degC", "celsius")
        places = [{"lat": lat, "lon": lon, "values": {name: place(array, lat, lon, told) for name, array in found}} for lat, lon in PLACES]
        shown[name] = {"kelvin": 273.15 if is_celsius else 0, "classes": classes, "axis": dim, "labels": {name: {dim: labels(array, dim, told) for dim in array.dims if dim not in map_dims(array)} for name, array in found}, "told": told, "places": places}

    for name, stored, attributes, options in [*values(), *names(), *space(), *codecs(), *plain_zarr()]:
        create(out / name, stored, attributes, **options)
        note(name, classes=attributes.get("flag_values"))
    for name, arrays, coordinates, told in axes():
        create_axes(out / name, arrays, coordinates)
        note(name, told)
    written_by_xarray(out / "by-xarray")
    note("by-xarray")
    create_hourly(out / "hourly")
    for name, sentence, stored, attributes, options in refusals():
        create(out / name, stored, attributes, **options)
        refused[name] = sentence
    large(out / "large", None)
    large(out / "zarr-large", PLAIN)
    states(out / "states")
    under_way(out / "under-way")
    (out / "nothing").mkdir()
    refused["nothing"] = "is no store that the map can open: it has neither an object 'repo'"
    for name, (looks_of, group) in looks.stores().items():
        write(out / f"look-{name}", looks_of, group)
    (out / "shown.json").write_text(json.dumps(shown))
    (out / "refused.json").write_text(json.dumps(refused))


def opened(store, group, **options):
    """A group as xarray reads it, but for what is not valid: CF calls it missing, xarray leaves that to others."""
    dataset = xr.open_zarr(store, group=group, **options)
    stored = xr.open_zarr(store, group=group, mask_and_scale=False, **options)
    for name, array in dataset.data_vars.items():
        attributes = array.attrs
        if attributes.keys() & {"valid_range", "valid_min", "valid_max"}:
            low, high = attributes.get("valid_range", [attributes.get("valid_min", -np.inf), attributes.get("valid_max", np.inf)])
            is_physical = stored[name].dtype.kind in "iu" and isinstance(high, float) and np.isfinite(high)
            compared = array.round(6) if is_physical else stored[name]
            dataset[name] = array.where((compared >= low) & (compared <= high))
    return dataset


if __name__ == "__main__":
    main(sys.argv[1])
