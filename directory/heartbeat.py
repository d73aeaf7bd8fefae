"""A run's claim on its partner, renewed for as long as its process lives."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime

from directory.store import runs
from directory.store.database import Database, StoreError


@asynccontextmanager
async def kept_alive(
    database: Database, run_id: int, clock: Callable[[], datetime], every: float
) -> AsyncIterator[None]:
    """Renew the claim every so many seconds until the block ends."""
    over = asyncio.Event()
    beating = asyncio.create_task(_beat(database, run_id, clock, every, over))
    try:
        yield
    finally:
        # Asked, not cancelled: a cancelled write would cost the store's one writing connection.
        over.set()
        await beating


async def _beat(
    database: Database, run_id: int, clock: Callable[[], datetime], every: float, over: asyncio.Event
) -> None:
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(every):
                await over.wait()
            return
        # A store that is too busy now is tried again at the next beat.
        with suppress(StoreError):
            async with database.writing() as connection:
                await runs.keep_alive(connection, run_id, clock())
