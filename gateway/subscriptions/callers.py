"""Who has connections open, how many at most, and when they must end: with their key, or with the server."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum, auto
from typing import Final

import structlog

from directory.store import keys
from directory.store.database import Database
from directory.store.errors import StoreError
from gateway.auth import Identity
from gateway.errors import RequestRefused
from gateway.settings import Subscriptions

CHECK_SECONDS: Final = 1.0
_PUBLIC: Final = "(public)"  # beside callers, who are keys and addresses
_RETRY: Final = {"Retry-After": "30"}

log = structlog.get_logger()


class Ending(Enum):
    """Why a connection must end that its client would keep."""

    LEAVING = auto()
    REVOKED = auto()


class Visit:
    """One open connection. ``end`` is called when it must end, at once or later."""

    def __init__(self, callers: "Callers", end: Callable[[Ending], None]) -> None:
        self._callers = callers
        self.end = end
        self.identity: Identity | None = None
        self.caller: str | None = None

    def known(self, identity: Identity, caller: str) -> None:
        """Who it is, and as whom it counts. Raises :class:`RequestRefused` when that one has too many open."""
        self._callers.count(identity, caller)
        self.identity, self.caller = identity, caller


class Callers:
    """The open connections of this process."""

    def __init__(self, limits: Subscriptions, database: Database) -> None:
        self._limits, self._database = limits, database
        self._visits: set[Visit] = set()
        self._counts: Counter[str] = Counter()
        self._is_leaving = False
        self._over = asyncio.Event()

    @contextmanager
    def visit(self, end: Callable[[Ending], None]) -> Iterator[Visit]:
        """A connection, open as long as the block. Raises :class:`RequestRefused` where there are too many."""
        if self._is_leaving or len(self._visits) >= self._limits.connections:
            message = "So many connections are open here that no other one can be; try again later."
            raise RequestRefused(503, "BUSY", message, _RETRY)
        visit = Visit(self, end)
        self._visits.add(visit)
        try:
            yield visit
        finally:
            self._visits.discard(visit)
            if visit.identity and visit.caller:
                self._counts.subtract(_counted(visit.identity, visit.caller))
                self._counts += Counter()  # forgets those who have none any more

    def count(self, identity: Identity, caller: str) -> None:
        """One more of this caller, a key or an address. Raises :class:`RequestRefused`."""
        for whose, most, name in (
            (caller, self._limits.caller_connections, "one caller has"),
            (_PUBLIC, self._limits.public_connections, "callers without a key have together"),
        ):
            if self._counts[whose] >= most and whose in _counted(identity, caller):
                message = f"{most} connections are open, the most that {name}; close one, or try again later."
                raise RequestRefused(429, "TOO_MANY", message, _RETRY)
        self._counts.update(_counted(identity, caller))

    def leave(self) -> None:
        """The server is going down: every connection ends, and none is begun."""
        self._is_leaving = True
        self._over.set()
        for visit in list(self._visits):
            visit.end(Ending.LEAVING)

    async def watch(self) -> None:
        """End the connections of keys that are in force no more, within seconds, until :meth:`leave`.

        One statement for all of them; none while nobody with a key is here.
        """
        while not self._over.is_set():
            try:
                async with asyncio.timeout(CHECK_SECONDS):
                    await self._over.wait()
            except TimeoutError:
                await self._check()

    async def _check(self) -> None:
        here = [(visit, visit.identity.prefix) for visit in self._visits if visit.identity]
        prefixes = {prefix for _, prefix in here if prefix is not None}
        if not prefixes:
            return
        try:
            async with self._database.reading() as connection:
                alive = await keys.in_force(connection, prefixes)
        except StoreError:
            return  # whoever was let in stays while the store is away
        except Exception:
            log.exception("callers.not_checked")
            return
        for visit, prefix in here:
            if prefix is not None and prefix not in alive:
                visit.end(Ending.REVOKED)


def _counted(identity: Identity, caller: str) -> tuple[str, ...]:
    """As whom a connection counts."""
    return (caller,) if identity.prefix is not None else (caller, _PUBLIC)
