"""One after the other, and only so many waiting: work on one thing that cannot be done twice at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

WAITING: Final = 8


class TooManyWaiting(Exception):
    """So many wait already, or have waited so long, that one had better come back later."""


class Turns:
    """Turns by key, in order of arrival; at most ``most`` have or wait for one. A key costs nothing at rest."""

    def __init__(self, most: int = WAITING) -> None:
        self._most = most
        self._locks: dict[str, asyncio.Lock] = {}
        self._here: dict[str, int] = {}

    @asynccontextmanager
    async def of(self, key: str, seconds: float | None = None) -> AsyncIterator[None]:
        """The block is executed when it is its turn.

        Raises :class:`TooManyWaiting`, at once where too many wait, or when the turn has not come after ``seconds``.
        """
        here = self._here.get(key, 0)
        if here >= self._most:
            raise TooManyWaiting
        self._here[key] = here + 1
        try:
            lock = self._locks.setdefault(key, asyncio.Lock())
            try:
                async with asyncio.timeout(seconds):
                    await lock.acquire()
            except TimeoutError:
                raise TooManyWaiting from None
            try:
                yield
            finally:
                lock.release()
        finally:
            self._here[key] -= 1
            if not self._here[key]:
                del self._here[key], self._locks[key]
