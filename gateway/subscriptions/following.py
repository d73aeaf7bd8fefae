"""What one operation follows of the feed, from its beginning to its end: the schema's port to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from directory.search.query import SearchQuery
from directory.store.reading import PartnerState
from gateway.overload import Gate
from gateway.subscriptions.feed import Feed
from gateway.subscriptions.subscriber import Subscriber
from schema.context import SupplierNews


class Following:
    """Follows for one operation, as :class:`schema.context.Changes` has it. ``begun`` once nothing can be missed.

    Each event is told when it has its turn at the gate; ``seconds`` is how long that may take from then on.
    """

    def __init__(self, feed: Feed, gate: Gate, seconds: float) -> None:
        self._feed, self._gate, self._seconds = feed, gate, seconds
        self._clock = asyncio.timeout(None)
        self._turn = AsyncExitStack()
        self._subscribers: list[Subscriber[Any]] = []
        self._is_over = False
        self.begun = asyncio.Event()

    async def suppliers(self, question: SearchQuery | None) -> AsyncIterator[SupplierNews]:
        """Changes of suppliers from now on."""
        return self._begin(await self._feed.follow_suppliers(question))

    async def partners(self) -> AsyncIterator[list[PartnerState]]:
        """The states of partners, and each change of them from now on."""
        return self._begin(await self._feed.follow_partners())

    @asynccontextmanager
    async def telling(self) -> AsyncIterator[None]:
        """The next event, awaited and told in the block. Raises TimeoutError when telling it takes too long."""
        async with self._turn, asyncio.timeout(None) as self._clock:
            yield

    async def happens(self) -> None:
        """There is an event: take a place, which it has until it is told, and set the clock."""
        await self._turn.enter_async_context(self._gate.patiently())
        self._clock.reschedule(asyncio.get_running_loop().time() + self._seconds)

    def _begin(self, subscriber: Subscriber[Any]) -> Subscriber[Any]:
        self._subscribers.append(subscriber)
        if self._is_over:
            self.close()
        self.begun.set()
        return subscriber

    def close(self) -> None:
        """Follow nothing any more: what iterates comes to its end."""
        self._is_over = True
        for subscriber in self._subscribers:
            self._feed.forget(subscriber)
