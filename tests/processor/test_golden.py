"""The default dataset, byte for byte: what a store has held so far is what it holds after any change.

data/golden.json has the SHA-256 of each `zarr.json`, chunk and commit message of four tiles, their years and overviews. A
difference is a new kind of store for those who read the ones that exist: only where that is meant (a new zstd may compress
otherwise, too) is it written anew, by `FLOE_GOLDEN=write tests/processor/run test_golden`.
"""

import asyncio
import hashlib
import json
import os
import pathlib

from zarr.core.buffer import default_buffer_prototype

from floe import Case

GOLDEN = pathlib.Path(__file__).parent / "data" / "golden.json"
# Over land, at a coast, at the antimeridian in the far north, and over sea.
TILES = ["4,18", "9,20", "2,35", "9,3"]
SETTINGS = ["--set", "years=[2021,2022]", "--set", "grid.resolution=0.1"]


def digest(content):
    return hashlib.sha256(content).hexdigest()[:32]


class Golden(Case):
    def contents(self):
        """The digests of all that the branch's tip holds, by the names that Zarr gives."""
        store = self.session().store

        async def read():
            keys = [key async for key in store.list()]
            values = [await store.get(key, default_buffer_prototype()) for key in sorted(keys)]
            return dict(zip(sorted(keys), (digest(value.to_bytes()) for value in values)))

        return asyncio.run(read())

    def test_a_store_holds_what_it_has_held(self):
        archive = self.sandbox("--years", "2021,2022", "--composites", 3)
        settings = [*SETTINGS, *archive.settings]
        self.floe("init", settings=settings)
        for tile in TILES:
            self.floe("process", "--tile", tile, settings=settings)
        self.floe("overviews", settings=settings)
        messages = [snapshot.message for snapshot in reversed(self.history())]
        found = {"contents": self.contents(), "messages": messages}
        if os.environ.get("FLOE_GOLDEN") == "write":
            GOLDEN.write_text(json.dumps(found, indent=1) + "\n")
        expected = json.loads(GOLDEN.read_text())
        self.assertEqual(found["messages"], expected["messages"])
        self.assertEqual(found["contents"].keys(), expected["contents"].keys())
        other = [key for key, value in found["contents"].items() if expected["contents"][key] != value]
        self.assertEqual(other, [], "these differ from what stores have held")


if __name__ == "__main__":
    import unittest

    unittest.main()
