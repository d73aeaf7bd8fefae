"""Being the one process of all that share a store which does a piece of work: its lease taken, renewed, given back."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import structlog

from directory.store import leases
from directory.store.database import Database
from directory.store.errors import StoreError
from directory.store.leases import Lease

RENEWALS = 3  # tries before a lease is over
log = structlog.get_logger(__name__)


async def pause(stopping: asyncio.Event, seconds: float) -> bool:
    """Wait so long, or until the event; whether it has come."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stopping.wait()
    return stopping.is_set()


class Tenure:
    """One process's claim on a lease. ``owner`` names the process; ``seconds`` are for how long the lease is taken."""

    def __init__(
        self, database: Database, name: str, owner: str, clock: Callable[[], datetime], seconds: float
    ) -> None:
        self.name, self.owner = name, owner
        self._database, self._clock, self._seconds = database, clock, seconds
        self._seen: Lease | None = None
        self._seen_since = 0.0

    async def begin(self) -> bool:
        """Take the lease if it can be had; ``False`` while another holds it. Raises :class:`StoreError`."""
        async with self._database.reading() as connection:
            there = await leases.current(connection, self.name)
        moment = asyncio.get_running_loop().time()
        if there != self._seen:
            self._seen, self._seen_since = there, moment
        stands_still = there is not None and moment - self._seen_since > self._seconds
        is_free = there is None or there.owner == self.owner or there.until <= self._clock()
        if not (is_free or stands_still):
            return False
        left = there if stands_still else None
        async with self._database.writing() as connection:
            at = self._clock()
            return await leases.take(connection, self.name, self.owner, at=at, seconds=self._seconds, left=left)

    async def keep(self, over: asyncio.Event) -> None:
        """Renew the lease until it is ``over``; returns before that when the lease is lost."""
        held_at = asyncio.get_running_loop().time()
        while not await pause(over, self._seconds / RENEWALS):
            moment = asyncio.get_running_loop().time()
            try:
                if not await self._renew():
                    log.warning("lease.lost", lease=self.name, problem="Another process holds it now.")
                    return
                held_at = moment
            except StoreError as error:
                if moment - held_at > self._seconds:
                    log.warning("lease.lost", lease=self.name, problem=str(error))
                    return

    async def end(self) -> None:
        """Let the next one have it at once; where the store is away, when its time is over."""
        with suppress(StoreError):
            async with self._database.writing() as connection:
                await leases.release(connection, self.name, self.owner)

    async def _renew(self) -> bool:
        async with self._database.writing() as connection:
            return await leases.renew(connection, self.name, self.owner, at=self._clock(), seconds=self._seconds)
