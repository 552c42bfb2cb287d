"""Stores that the map does not show, and the sentence with which each is refused: which array, what was expected, what was found."""

import icechunk
import numpy as np
import zarr
from zarr.codecs import BloscCodec, BytesCodec, ShardingCodec, ZstdCodec
from zarr.codecs.numcodecs import BZ2, LZMA, Delta

ROWS, COLS = 6, 8
LAT = 90 - (np.arange(ROWS) + 0.5) * 180 / ROWS
LON = -180 + (np.arange(COLS) + 0.5) * 360 / COLS
VALUES = np.arange(ROWS * COLS, dtype="u2").reshape(ROWS, COLS)
AXES = {"lat": LAT, "lon": LON}
UNITS = {"lat": "degrees_north", "lon": "degrees_east", "y": "m", "x": "m", "rlat": "degrees", "rlon": "degrees"}
STANDARD = {"y": "projection_y_coordinate", "x": "projection_x_coordinate", "rlat": "grid_latitude", "rlon": "grid_longitude"}


def add(root, values=VALUES, attributes={}, *, axes=AXES, group={}, more={}, **options):
    """Adds to a group an array `t` over two axes (their names and numbers), and `more` arrays with their axes."""
    root.update_attributes(group)
    for name, numbers in axes.items():
        if numbers is not None:
            about = {"units": UNITS[name]} | ({"standard_name": STANDARD[name]} if name in STANDARD else {})
            root.create_array(name, data=np.asarray(numbers), dimension_names=[name], attributes=about)
    for name, (dims, numbers, about) in more.items():
        root.create_array(name, data=numbers, dimension_names=dims, attributes=about)
    array = root.create_array(
        "t", shape=values.shape, dtype=values.dtype, dimension_names=list(axes), attributes=attributes,
        **({"chunks": values.shape} | options),
    )  # fmt: skip
    array[...] = values


def write(path, groups):
    """Writes a store of groups by their names, the root by none: what `add` is given for each."""
    repository = icechunk.Repository.create(icechunk.local_filesystem_storage(str(path)))
    session = repository.writable_session("main")
    root = zarr.create_group(session.store)
    for name, options in groups.items():
        add(root.create_group(name) if name else root, **options)
    session.commit("written")


def together():
    """All that is refused in one store, beside an array that is shown: what `write` is given, and the sentences with the paths there."""
    groups, sentences = {"": {}}, {}
    for name, (options, sentence) in stores().items():
        # A group without latitudes has those of the root, and one without an array over them has nothing to be told of.
        if name not in ("no-rows", "nothing"):
            groups[name] = options
            sentences[name] = sentence.replace("'/", f"'/{name}/").replace(f"group '/{name}/'", f"group '/{name}'").replace("'t'", f"'{name}/t'")
    return groups, sentences


def lat(numbers):
    """Other latitudes."""
    return {"axes": {"lat": numbers, "lon": LON}}


def lon(numbers):
    """Other longitudes."""
    return {"axes": {"lat": LAT, "lon": numbers}}


def stores():
    """By name: what `add` is given, and the sentence."""
    number = "array or group '/t': expected data_type to be an integer of 8 to 64 bits, float32 or float64, found "
    codec = "array or group '/t': codec "
    reads = " is not supported; the viewer reads bytes, transpose, sharding_indexed, zstd, gzip, zlib, blosc and crc32c"
    curved = {name: (["y", "x"], np.add.outer(LAT, LON / 10), {"units": units}) for name, units in (("lat", "degrees_north"), ("lon", "degrees_east"))}
    sharded = lambda **more: {"serializer": ShardingCodec(chunk_shape=(3, 4), **more), "compressors": None, "filters": None}
    long = np.zeros((2 * 4099, 2), "u1")
    return {
        "float16": ({"values": VALUES.astype("f2")}, number + '"float16"'),
        "complex64": ({"values": VALUES.astype("c8")}, number + '"complex64"'),
        "complex128": ({"values": VALUES.astype("c16")}, number + '"complex128"'),
        "bool": ({"values": VALUES > 3}, number + '"bool"'),
        "texts": ({"values": VALUES.astype("U2")}, number + '{"'),
        "texts-of-any-length": ({"values": VALUES.astype("U2").astype(np.dtypes.StringDType())}, number + '"string"'),
        "dates": ({"values": VALUES.astype("M8[s]")}, number + '{"'),
        "lzma": ({"compressors": [LZMA()]}, codec + "'numcodecs.lzma'" + reads),
        "bz2": ({"compressors": [ZstdCodec(), BZ2()]}, codec + "'numcodecs.bz2'" + reads),
        "delta": ({"filters": [Delta(dtype="u2")]}, codec + "'numcodecs.delta'" + reads),
        "blosclz": ({"compressors": [BloscCodec(cname="blosclz")]}, codec + "'blosc': expected cname lz4, lz4hc, zlib or zstd, found \"blosclz\""),
        "lzma-in-shards": (sharded(codecs=[BytesCodec(), LZMA()]), codec + "'numcodecs.lzma'" + reads),
        "big-endian-index": (sharded(index_codecs=[BytesCodec(endian="big")]), codec + "'sharding_indexed': expected index_codecs to be bytes (little endian) and crc32c, found "),
        "shards-in-shards": (sharded(codecs=[ShardingCodec(chunk_shape=(3, 2))]), codec + "'sharding_indexed': expected no shards within shards, found "),
        "long-chunks": ({"values": long, "chunks": (4099, 2), "axes": {"lat": np.linspace(50, 10, len(long)), "lon": [0.0, 1.0]}}, "array or group '/t': expected chunk_shape to be chunks of 2048 rows and columns at most, or such as have whole parts, found 4099"),
        "uneven": (lat([75, 45, 15, -15, -40, -75]), "array or group '/lat': expected values to be in equal steps, -45 at index 4, found -40"),
        "turning": (lat([75, 45, 15, -15, 20, 50]), "array or group '/lat': expected values to be values that fall throughout, found 20 after -15 at index 4"),
        "beyond-the-pole": (lat([100, 80, 60, 40, 20, 0]), "array or group '/lat': expected values to be latitudes from -90 to 90, found 100"),
        "not-a-number": (lat([75, 45, np.nan, -15, -45, -75]), "array or group '/lat': expected values to be numbers, found NaN at index 2"),
        "one-row": ({"values": VALUES[:1]} | lat([10.0]), "array or group '/lat': expected values to be two at least, which tell the step between them, found 1"),
        "westwards": (lon(LON[::-1]), "array or group '/lon': expected values to be longitudes that rise eastwards, found 112.5 after 157.5"),
        "twice-around": (lon(np.arange(COLS) * 90.0), "array or group '/lon': expected values to be longitudes once around the globe, found 720 degrees"),
        "far-east": (lon(LON + 1000), "array or group '/lon': expected values to be longitudes from -720 to 720, found 842.5"),
        "too-few-rows": (lat(LAT[:5]), "array or group '/lat': expected shape to be 6 values, found 5"),
        "no-rows": (lat(None), "expected group '/' to have coordinates of latitude and longitude, or a spatial:transform, found neither"),
        "two-axes": ({"axes": {"y": None, "x": None}, "attributes": {"coordinates": "lat lon"}, "more": curved}, "'t': expected latitude and longitude along an axis each, found them over two axes ('lat lon')"),
        "utm": ({"axes": {"y": np.arange(ROWS) * -10.0, "x": np.arange(COLS) * 10.0}, "group": {"proj:code": "EPSG:32632"}}, "expected group '/' to be in degrees (EPSG:4326) or in EPSG:3857, found EPSG:32632"),
        "metres": ({"axes": {"y": np.arange(ROWS) * -10.0, "x": np.arange(COLS) * 10.0}}, "expected group '/' to be in degrees (EPSG:4326) or in EPSG:3857, found m"),
        "rotated": ({"axes": {"rlat": LAT / 10, "rlon": LON / 10}}, "expected group '/' to be in degrees (EPSG:4326) or in EPSG:3857, found a rotated pole"),
        "nothing": ({"axes": {"lat": LAT, "depth": None}}, "expected an array over latitude and longitude, found none"),
        "scale-of-text": ({"attributes": {"scale_factor": "0.02"}}, "array or group '/t': expected scale_factor to be a finite number, found \"0.02\""),
        "scale-of-nothing": ({"attributes": {"scale_factor": 0}}, "array or group '/t': expected scale_factor to be other than 0, found 0"),
        "range-of-one": ({"attributes": {"valid_range": [1]}}, "array or group '/t': expected valid_range to be two numbers, found [1]"),
        "range-that-falls": ({"attributes": {"valid_range": [9, 1]}}, "array or group '/t': expected valid_range to be the least number and the greatest, found [9,1]"),
        "text-for-fill": ({"attributes": {"_FillValue": "none"}}, "array or group '/t': expected _FillValue to be a number (or NaN, hexadecimal or base 64), found \"none\""),
    }
