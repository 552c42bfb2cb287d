"""Commits to a store what would run in a page that took texts for more than texts.

hostile.py STORE TEXT
"""

import sys

import icechunk
import zarr


def main(path: str, text: str) -> None:
    repository = icechunk.Repository.open(icechunk.local_filesystem_storage(path))
    session = repository.writable_session("main")
    array = zarr.open_array(session.store, path="avg_daytime_lst", mode="r+")
    array.attrs["long_name"] = text
    session.commit(f"{text} Tile(row=4, col=18) processed. {text}")


main(sys.argv[1], sys.argv[2])
