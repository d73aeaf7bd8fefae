"""Who has connections open, how many at most, and when they must end: with their key, or with the server."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from enum import Enum, auto
from typing import Final

import structlog

from directory.disclosure import Role
from directory.store import keys
from directory.store.database import Database
from directory.store.errors import StoreError
from gateway.auth import Authenticator, Identity
from gateway.errors import KeyRefused, RequestRefused
from gateway.settings_limits import Subscriptions

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

    def __init__(self, visits: "Visits", end: Callable[[Ending], None]) -> None:
        self._visits = visits
        self.end = end
        self.identity: Identity | None = None
        self.caller: str | None = None
        self.authorization: str | None = None

    def known(self, identity: Identity, caller: str, authorization: str | None) -> None:
        """Who it is, as whom it counts, and what proved it. Raises :class:`RequestRefused` for one too many."""
        self._visits.count(identity, caller)
        self.identity, self.caller, self.authorization = identity, caller, authorization


class Visits:
    """The open connections of this process."""

    def __init__(self, limits: Subscriptions, database: Database, authenticator: Authenticator) -> None:
        self._limits, self._database, self._authenticator = limits, database, authenticator
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
        """End the connections of keys and tokens that let nobody in any more, within seconds, until :meth:`leave`.

        One statement for all keys; none while nobody with a key is here.
        """
        while not self._over.is_set():
            try:
                async with asyncio.timeout(CHECK_SECONDS):
                    await self._over.wait()
            except TimeoutError:
                await self._check()

    async def _check(self) -> None:
        here = list(self._visits)
        prefixes = {visit.identity.prefix for visit in here if visit.identity and visit.identity.prefix}
        try:
            alive = await self._in_force(prefixes) if prefixes else set()
            for visit in here:
                if visit.identity is not None and not await self._is_good(visit, visit.identity, alive):
                    visit.end(Ending.REVOKED)
        except StoreError:
            return  # whoever was let in stays while the store is away
        except Exception:
            log.exception("visits.not_checked")

    async def _in_force(self, prefixes: Collection[str]) -> set[str]:
        async with self._database.reading() as connection:
            return await keys.in_force(connection, prefixes)

    async def _is_good(self, visit: Visit, identity: Identity, alive: Collection[str]) -> bool:
        """Whether what let the visitor in still does: a key by its line in the store, a token by being read again."""
        if identity.subject is None:
            return identity.prefix is None or identity.prefix in alive
        try:
            await self._authenticator.identify(visit.authorization)
        except KeyRefused:
            return False
        except RequestRefused:
            return True  # its provider is away
        return True


def _counted(identity: Identity, caller: str) -> tuple[str, ...]:
    """As whom a connection counts."""
    return (caller,) if identity.role is not Role.PUBLIC else (caller, _PUBLIC)
