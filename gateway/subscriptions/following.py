"""What one operation follows of the feed, from its beginning to its end: the schema's port to it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from directory.search.query import SearchQuery
from directory.store.reading import PartnerState
from gateway.subscriptions.feed import Feed
from gateway.subscriptions.subscriber import Subscriber
from schema.context import SupplierNews


class Following:
    """Follows for one operation, as :class:`schema.context.Changes` has it. ``begun`` once nothing can be missed.

    ``seconds`` is how long the telling of one event may take.
    """

    def __init__(self, feed: Feed, seconds: float) -> None:
        self._feed, self._seconds = feed, seconds
        self._clock: asyncio.Timeout | None = None
        self._subscribers: list[Subscriber[Any]] = []
        self._is_over = False
        self.begun = asyncio.Event()

    async def suppliers(self, question: SearchQuery | None) -> AsyncIterator[SupplierNews]:
        """Changes of suppliers from now on."""
        return self._begin(await self._feed.follow_suppliers(question))

    async def partners(self) -> AsyncIterator[list[PartnerState]]:
        """The states of partners, and each change of them from now on."""
        return self._begin(await self._feed.follow_partners())

    def next_within(self, clock: asyncio.Timeout) -> None:
        """The next event is ended by this clock, which has not been set; waiting for it takes any time."""
        self._clock = clock

    def happens(self) -> None:
        """There is an event: set the clock."""
        if self._clock is not None:
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
