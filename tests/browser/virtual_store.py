"""Writes a small store whose values lie in files elsewhere.

    virtual_store.py STORE FILES URL

FILES are to be had below URL. Each variable is one chunk of the first year in a file of its own: `a b+c#d?e%f.bin`,
by a location with escapes and the file's time of change, and `plain.bin`, by the name of a container and the file's
ETag. The second year of both is the file `late.bin`, said to be older than it is.
"""

import datetime
import pathlib
import sys
import urllib.parse

import icechunk
import numpy
import zarr

ROWS, COLS = 36, 72
NAME = "a b+c#d?e%f.bin"


def main(store: str, files: str, url: str) -> None:
    icechunk.set_logs_filter("error")
    configuration = icechunk.RepositoryConfig.default()
    # Coordinates are read from the store itself.
    container = icechunk.VirtualChunkContainer(f"{url}/", icechunk.http_store(), name="elsewhere")
    configuration.set_virtual_chunk_container(container)
    repository = icechunk.Repository.create(icechunk.local_filesystem_storage(store), configuration)
    session = repository.writable_session("main")
    root = zarr.create_group(session.store)
    axes = {
        "year": numpy.array([2021, 2022], dtype=numpy.int32),
        "latitude": 90 - (numpy.arange(ROWS) + 0.5) * 5,
        "longitude": -180 + (numpy.arange(COLS) + 0.5) * 5,
    }
    for name, values in axes.items():
        axis = root.create_array(name, shape=values.shape, dtype=values.dtype, dimension_names=[name])
        axis[:] = values
    length = ROWS * COLS * 2
    places = pathlib.Path(files)
    for number, name in ((15000, NAME), (16000, "plain.bin"), (14000, "late.bin")):
        (places / name).write_bytes(bytes(8) + numpy.full((ROWS, COLS), number, "<u2").tobytes())
    changed = int((places / NAME).stat().st_mtime)
    at = lambda seconds: datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    for variable, location, checksum in (
        ("avg_daytime_lst", f"{url}/{urllib.parse.quote(NAME)}", at(changed)),
        ("max_daytime_lst", "vcc://elsewhere/plain.bin", '"plain"'),
    ):
        root.create_array(
            variable, shape=(2, ROWS, COLS), chunks=(1, ROWS, COLS), dtype="uint16", fill_value=0, compressors=None,
            dimension_names=list(axes), attributes={"scale_factor": 0.02, "units": "K", "_FillValue": 0},
        )
        for year, (location, checksum) in enumerate(((location, checksum), (f"{url}/late.bin", at(changed - 3600)))):
            key = f"{variable}/c/{year}/0/0"
            session.store.set_virtual_ref(key, location, offset=8, length=length, checksum=checksum)
    session.commit("elsewhere")


if __name__ == "__main__":
    main(*sys.argv[1:])
