"""Makes a store that holds what another one does and has no object in common with it.

replaced.py FROM TO
"""

import asyncio
import sys

import icechunk
from zarr.core.buffer import default_buffer_prototype


async def main(source: str, target: str) -> None:
    old = icechunk.Repository.open(icechunk.local_filesystem_storage(source)).readonly_session("main")
    new = icechunk.Repository.create(icechunk.local_filesystem_storage(target))
    session = new.writable_session("main")
    async for key in old.store.list():
        await session.store.set(key, await old.store.get(key, default_buffer_prototype()))
    session.commit("the same again")


asyncio.run(main(sys.argv[1], sys.argv[2]))
