"""What one subscription has yet to be told: a bounded queue that ends itself rather than grow."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Generic, Self, TypeVar

from gateway.subscriptions.counts import DROPPED
from schema.errors import Code, NotFollowed

T = TypeVar("T")

TOO_SLOW = (
    "More has happened than you have taken: this subscription ends. Read what you missed with `supplierChanges` after "
    "the last cursor, and subscribe again."
)


class Subscriber(Generic[T]):
    """An iterator over news, at most ``most`` waiting; ``taken`` is set whenever there is more room.

    Whoever falls behind further meets ``TOO_SLOW`` and the end.
    """

    def __init__(self, most: int, taken: asyncio.Event) -> None:
        self._most, self._taken = most, taken
        self._waiting: deque[T] = deque()
        self._moved = asyncio.Event()
        self._is_over = False
        self._is_too_slow = False

    @property
    def room(self) -> int:
        """How much more may wait; all of it once nobody listens."""
        return self._most if self._is_over else self._most - len(self._waiting)

    def put(self, news: Sequence[T]) -> None:
        """More to tell. What is too much drops all that waits: half of it would look like all."""
        if self._is_over:
            return
        if len(news) > self.room:
            DROPPED.inc(len(self._waiting) + len(news))
            self._is_too_slow = True
            self.close()
            return
        self._waiting.extend(news)
        self._moved.set()

    def put_instead(self, news: T) -> None:
        """To be told instead of what waits, which it makes old."""
        self._waiting.clear()
        self.put((news,))

    def close(self) -> None:
        """Nothing more is told."""
        self._is_over = True
        self._waiting.clear()
        self._moved.set()
        self._taken.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        """What is next. Raises :class:`~schema.errors.NotFollowed` for who was too slow."""
        while not self._waiting:
            if self._is_too_slow:
                raise NotFollowed(Code.TOO_SLOW, TOO_SLOW)
            if self._is_over:
                raise StopAsyncIteration
            self._moved.clear()
            await self._moved.wait()
        self._taken.set()
        return self._waiting.popleft()
