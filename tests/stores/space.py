"""Writes small stores whose pixels lie in other places than those of a globe from 180° W and 90° N.

    space.py DIRECTORY

Each store is DIRECTORY/NAME. DIRECTORY/space.json says of each where its pixels lie, level by level: latitudes of the rows and
longitudes of the columns (of Web Mercator northings and eastings, in degrees of the equator); DIRECTORY/elsewhere.json why others
are refused.
The number at a pixel follows from its level, row and column: see `numbers`.
"""

import json
import math
import pathlib
import sys

import icechunk
import numpy as np
import zarr

METRES = 6378137 * math.pi / 180


def numbers(level, rows, cols):
    """What is stored: no two neighbours are alike, and nothing is missing."""
    return ((7 * np.arange(rows)[:, None] + 13 * np.arange(cols)[None] + 40 * level) % 199 + 20).astype("u2")


def centres(first, step, count):
    return first + step * (np.arange(count) + 0.5)


def group(root, level, lat, lon, names=("latitude", "longitude"), units=("degrees_north", "degrees_east"), coordinates=True, **options):
    """A level's variable and its coordinates."""
    rows, cols = len(lat), len(lon)
    for name, values, unit in zip(names, (lat, lon), units):
        if coordinates:
            root.create_array(name, data=np.asarray(values), dimension_names=[name], attributes={"units": unit})
    options = {"chunks": (1, min(rows, 64), min(cols, 64)) if rows < 300 else (1, 300, 400), "fill_value": 0} | options
    stored = np.stack([numbers(level, rows, cols), numbers(level, rows, cols) + 300])
    array = root.create_array("level", shape=stored.shape, dtype="u2", dimension_names=["year", *names],
                              attributes={"_FillValue": 0, "units": "1"}, **options)
    array[:] = stored
    if "year" not in root:
        root.create_array("year", data=np.array([2020, 2021], "i4"), dimension_names=["year"])


def store(path, levels, attributes={}, **options):
    """A store of levels: (latitudes, longitudes), the finest first."""
    repository = icechunk.Repository.create(icechunk.local_filesystem_storage(str(path)))
    session = repository.writable_session("main")
    own = dict(attributes)
    older = "multiscales" in own and isinstance(own["multiscales"], list)
    if len(levels) > 1 and "multiscales" not in own:
        own["multiscales"] = {"layout": [{"asset": "." if level == 0 else str(level)} for level in range(len(levels))]}
    root = zarr.create_group(session.store, overwrite=True, attributes=own)
    for level, (lat, lon) in enumerate(levels):
        # In the older convention all levels are groups, the coarsest of them the first.
        place = root.create_group(str(len(levels) - 1 - level)) if older else root if level == 0 else root.create_group(str(level))
        group(place, level, lat, lon, **options)
    session.commit("written")


def globe(rows, cols):
    return centres(90, -180 / rows, rows), centres(-180, 360 / cols, cols)


def transform(lat, lon):
    dlat, dlon = lat[1] - lat[0], lon[1] - lon[0]
    return [dlon, 0.0, lon[0] - dlon / 2, 0.0, dlat, lat[0] - dlat / 2]


def layout(levels):
    """The convention, with a transform for each level."""
    entries = [{"asset": "." if level == 0 else str(level), "spatial:transform": transform(lat, lon)} for level, (lat, lon) in enumerate(levels)]
    return {"multiscales": {"layout": entries}, "spatial:transform": entries[0]["spatial:transform"]}


def shown():
    """Stores that the map shows: name, levels, options."""
    lat, lon = globe(60, 120)
    yield "south-first", [(lat[::-1], lon)], {}
    yield "from-greenwich", [(lat, lon + 180)], {}
    yield "south-first-from-greenwich", [(lat[::-1], lon + 180)], {}
    yield "one-and-a-half-turns-east", [(lat, lon + 540)], {}
    yield "region", [(centres(60, -0.5, 40), centres(-10, 0.5, 90))], {}
    yield "region-south-first", [(centres(-40, 0.5, 80), centres(200, 0.25, 120))], {}
    yield "across-the-antimeridian", [(centres(10, -1, 40), (centres(165, 1, 40) + 180) % 360 - 180)], {}
    yield "across-greenwich", [(centres(60, -1, 30), centres(345, 1, 40) % 360)], {}
    yield "uneven-turn", [(centres(70, -0.7, 100), centres(-100, 0.7, 400))], {}
    yield "wide-steps", [(centres(90, -1, 180), centres(-180, 5, 72))], {}
    yield "poles", [(np.linspace(90, -90, 61), np.arange(120) * 3.0)], {}
    yield "poles-south-first", [(np.linspace(-90, 90, 61), np.arange(120) * 3.0 - 180)], {}
    yield "meridian-twice", [(np.linspace(90, -90, 61), np.linspace(-180, 180, 121))], {}
    yield "single-floats", [(centres(60, -0.1, 300).astype("f4"), centres(0, 0.1, 500).astype("f4"))], {}
    yield "other-names", [(lat, lon)], {"names": ("y", "x")}
    # What sorting leaves behind: the attributes say what the coordinates do not.
    yield "stale", [(lat[::-1], lon)], {"attributes": {"spatial:transform": transform(lat, lon), "spatial:bbox": [-180, -90, 180, 90]}}
    yield "transform-only", [(lat[::-1], lon + 180)], {"coordinates": False, "attributes": {"spatial:transform": transform(lat[::-1], lon + 180)}}
    # Pyramids: rounded up and padded, rounded down, stretched, by three, shifted by some pixels, of a region.
    fine, step = globe(1798, 3596), 180 / 1798
    half = globe(899, 1798)
    padded = centres(90, -4 * step, 450), centres(-180, 4 * step, 899)
    dropped = centres(90, -4 * step, 449), centres(-180, 4 * step, 899)
    stretched = globe(449, 899)
    yield "padded", [fine, half, padded], {}
    yield "dropped", [fine, half, dropped], {}
    yield "stretched", [fine, stretched], {}
    even = globe(1800, 3600)
    yield "by-three", [even, globe(600, 1200)], {}
    yield "shifted", [even, (even[0][::4], even[1][::4])], {}
    yield "pyramid-by-transforms", [fine, dropped], {"attributes": layout([fine, dropped]), "coordinates": False}
    yield "pyramid-south-first", [(fine[0][::-1], fine[1] + 180), (stretched[0][::-1], stretched[1] + 180)], {}
    # Chunks of other sizes than a texture is cut into.
    yield "one-chunk", [globe(900, 1800)], {"chunks": (1, 900, 1800)}
    yield "one-chunk-of-all", [(np.linspace(90, -90, 721), np.arange(1440) * 0.25)], {"chunks": (2, 721, 1440)}
    yield "large-chunks", [globe(1800, 3600)], {"chunks": (1, 1200, 1800)}
    yield "wide-chunk", [globe(90, 36000)], {"chunks": (1, 90, 36000)}
    yield "tiny-chunks", [(lat, lon)], {"chunks": (1, 7, 9)}
    yield "large-chunks-in-shards", [globe(1800, 3600)], {"chunks": (1, 1200, 1200), "shards": (2, 2400, 3600)}
    # Web Mercator.
    metres = {"names": ("y", "x"), "units": ("m", "m"), "attributes": {"proj:code": "EPSG:3857"}}
    edge = 180 * METRES
    yield "mercator", [(centres(edge, -edge / 64, 128), centres(-edge, edge / 64, 128))], metres
    yield "mercator-region", [(centres(60 * METRES, 0.5 * METRES, 90), centres(-20 * METRES, 0.5 * METRES, 120))], metres
    big = centres(edge, -edge / 1024, 2048), centres(-edge, edge / 1024, 2048)
    half = centres(edge, -edge / 512, 1024), centres(-edge, edge / 512, 1024)
    yield "mercator-pyramid", [big, half], metres
    older = {"attributes": {"multiscales": [{"datasets": [{"path": "0"}, {"path": "1"}], "type": "reduce"}], "proj:code": "EPSG:3857"}}
    yield "older-pyramid", [big, half], metres | older
    region = centres(60, -0.05, 401), centres(-20, 0.05, 601)
    yield "pyramid-of-a-region", [region, (centres(60, -0.1, 200), centres(-20, 0.1, 300)), (centres(60, -0.2, 101), centres(-20, 0.2, 151))], {}


def refused():
    """Stores that the map does not show, and why: name, the end of the sentence, levels, options."""
    lat, lon = globe(60, 120)
    sines = np.degrees(np.arcsin(1 - (np.arange(60) + 0.5) / 30))
    yield "gaussian", "expected values to be in equal steps", [(sines, lon)], {}
    yield "to-and-fro", "expected values to be values that fall throughout, found 85.5 after -85.5 at index 30", [(np.concatenate([lat[::2], lat[1::2]]), lon)], {}
    yield "westwards", "expected values to be longitudes that rise eastwards, found 175.5 after 178.5", [(lat, lon[::-1])], {}
    yield "beyond-the-pole", "expected values to be latitudes from -90 to 90", [(lat + 30, lon)], {}
    yield "twice-around", "expected values to be longitudes once around the globe, found 720 degrees", [(lat, centres(-180, 6, 120))], {}
    utm = {"names": ("y", "x"), "units": ("m", "m"), "attributes": {"proj:code": "EPSG:32633"}}
    yield "utm", "to be in degrees (EPSG:4326) or in EPSG:3857, found EPSG:32633", [(centres(6e6, -500, 40), centres(3e5, 500, 50))], utm
    yield "nowhere", "to have coordinates of latitude and longitude, or a spatial:transform, found neither", [(lat, lon)], {"coordinates": False}
    yield "level-elsewhere", "level 1 does not cover what the finest level covers", [(lat, lon), (centres(90, -6, 15), centres(-180, 6, 60))], {}
    yield "level-upside-down", "level 1 is none of coarser pixels in the order of the finest level's", [(lat, lon), (lat[::-2], lon[::2])], {}


def main(directory):
    icechunk.set_logs_filter("error")
    out = pathlib.Path(directory)
    told = {}
    for name, levels, options in shown():
        store(out / name, levels, **options)
        unit = METRES if "m" in options.get("units", ()) else 1
        told[name] = [{"lat": (np.asarray(lat, "f8") / unit).tolist(), "lon": (np.asarray(lon, "f8") / unit).tolist(), "mercator": unit != 1}
                      for lat, lon in levels]
    why = {}
    for name, sentence, levels, options in refused():
        store(out / name, levels, **options)
        why[name] = sentence
    (out / "space.json").write_text(json.dumps(told))
    (out / "elsewhere.json").write_text(json.dumps(why))


if __name__ == "__main__":
    main(sys.argv[1])
