"""Prints, as JSON, what a store holds at places that are worth looking at.

    values.py STORE

The places are found in the data: a pixel in the middle of land, two neighbours that differ
much, pixels on both sides of the antimeridian, the northernmost and southernmost ones, and one without data.
Icechunk and Zarr read here what the page reads by its own code.
"""

import json
import sys

import icechunk
import numpy
import zarr

VARIABLES = ["avg_daytime_lst", "max_daytime_lst"]


def main(path: str) -> None:
    repository = icechunk.Repository.open(icechunk.local_filesystem_storage(path))
    root = zarr.open_group(repository.readonly_session("main").store, mode="r")
    years = [int(year) for year in root["year"][:]]
    data = {name: root[name][:] for name in VARIABLES}
    newest = data["avg_daytime_lst"][-1].astype(int)
    rows, cols = newest.shape
    valid = newest > 0

    def place(row: int, col: int) -> dict:
        return {
            "row": int(row),
            "col": int(col),
            "lat": 90 - (row + 0.5) * 180 / rows,
            "lon": -180 + (col + 0.5) * 360 / cols,
            "numbers": {
                name: {str(year): int(data[name][index, row, col]) for index, year in enumerate(years)}
                for name in VARIABLES
            },
        }

    def first(mask: numpy.ndarray) -> tuple[int, int]:
        found = numpy.argwhere(mask)
        assert len(found), "the store has no such place"
        return tuple(found[len(found) // 2])

    # A neighbourhood of data: nothing of the base map lies near.
    inland = valid.copy()
    for shift in (-2, -1, 1, 2):
        inland &= numpy.roll(valid, shift, 0) & numpy.roll(valid, shift, 1)
    latitude = numpy.abs(90 - (numpy.arange(rows) + 0.5) * 180 / rows)[:, None]
    difference = numpy.abs(newest - numpy.roll(newest, -1, 1)) * (inland & numpy.roll(inland, -1, 1) & (latitude < 60))
    difference[:, -1] = 0
    row, col = numpy.unravel_index(difference.argmax(), difference.shape)
    far_north = numpy.argwhere(inland)[0]
    far_south = numpy.argwhere(inland)[-1]
    # The rows where data reaches the antimeridian from both sides, away from the south pole.
    across = valid[:, 0] & valid[:, -1] & valid[:, 1] & valid[:, -2]
    meridian = int(numpy.argwhere(across)[len(numpy.argwhere(across)) // 2][0])
    json.dump(
        {
            "years": years,
            "rows": rows,
            "cols": cols,
            "places": {
                "inland": place(*first(inland & (latitude < 50))),
                "edge west": place(row, col),
                "edge east": place(row, col + 1),
                "antimeridian west": place(meridian, cols - 1),
                "antimeridian east": place(meridian, 0),
                "far north": place(*far_north),
                "far south": place(*far_south),
                "no data": place(*first(~valid & (latitude < 50))),
            },
        },
        sys.stdout,
    )


main(sys.argv[1])
