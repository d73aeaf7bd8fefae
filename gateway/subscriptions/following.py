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
    """Follows for one operation, as :class:`schema.context.Changes` has it. ``begun`` once nothing can be missed."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._subscribers: list[Subscriber[Any]] = []
        self._is_over = False
        self.begun = asyncio.Event()

    async def suppliers(self, question: SearchQuery | None) -> AsyncIterator[SupplierNews]:
        """Changes of suppliers from now on."""
        return self._begin(await self._feed.follow_suppliers(question))

    async def partners(self) -> AsyncIterator[list[PartnerState]]:
        """The states of partners, and each change of them from now on."""
        return self._begin(await self._feed.follow_partners())

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
