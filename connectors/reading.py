"""A partner read: pages of listings as they come, and an :class:`End` only when they are known to be whole."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Final

from connectors import cursors
from connectors.contract import Declaration, Probe
from connectors.errors import DeclarationError, Unsettled
from connectors.http import Transport, open_session
from connectors.mapping import Absent, Mapper
from connectors.paging import Batch, Tally, ahead
from connectors.protocols import PROTOCOLS, Protocol
from connectors.protocols.base import Position
from directory.records import End, Listing, Page, Scope, Unusable

_TRIES: Final = 2


@asynccontextmanager
async def open_connector(declaration: Declaration) -> AsyncIterator["PartnerConnector"]:
    """A connection to one partner. Raises :class:`DeclarationError` for a setting that it cannot do without."""
    is_whole_address = declaration.protocol in {"csv", "json"}
    for key in ("base_url",) if is_whole_address else ("base_url", "resource"):
        if not getattr(declaration, key):
            raise DeclarationError(
                declaration.name, f"{declaration.title}: {declaration.setting(key)} is not set; ask the partner for it"
            )
    clock = asyncio.get_running_loop().time
    async with open_session(declaration) as session:
        yield PartnerConnector(Transport(declaration, session, clock), clock)


class PartnerConnector:
    """The :class:`connectors.contract.Connector` of every declaration."""

    def __init__(self, transport: Transport, clock: Callable[[], float]) -> None:
        self.declaration = transport.declaration
        self._transport = transport
        self._clock = clock

    async def probe(self) -> Probe:
        """Proves the credentials and reads one page."""
        started, before = self._clock(), self._transport.requests
        reading = await self._begin()
        page = await reading.first_page()
        return Probe(
            partner=self.declaration.name,
            total=reading.tally.total,
            listings=page.listings,
            unusable=page.unusable,
            requests=self._transport.requests - before,
            seconds=self._clock() - started,
        )

    async def read(self, cursor: str | None = None) -> AsyncGenerator[Page | End, None]:
        """Pages, then one :class:`End`: only the changes where the cursor and the protocol allow it."""
        before = self._transport.requests
        reading = await self._begin()
        since = cursors.read(self.declaration, cursor)
        async with aclosing(reading.pages(since)) as pages:
            async for page in pages:
                yield page
        swept = await reading.sweep()
        yield End(
            scope=reading.protocol.scope,
            cursor=cursors.written(self.declaration, reading.protocol.position(reading.tally.newest)),
            present=None if swept is None else frozenset(swept.ids),
            total=(swept or reading.tally).members,
            requests=self._transport.requests - before,
        )

    async def _begin(self) -> "_Reading":
        self._transport.begin()
        protocol = PROTOCOLS[self.declaration.protocol](self._transport)
        await protocol.prove()
        mapper = Mapper(self.declaration, await protocol.terms(), protocol.tombstone)
        return _Reading(protocol, mapper)


class _Reading:
    """One reading under way. ``tally`` counts its present pass; a directory that moves meanwhile gets a second one."""

    def __init__(self, protocol: Protocol, mapper: Mapper) -> None:
        self.protocol = protocol
        self.tally = Tally(protocol.http)
        self._mapper = mapper

    async def first_page(self) -> Page:
        """The first page of everything, judged by itself."""
        async with aclosing(self.protocol.everything()) as batches:
            page = self._page(await anext(batches, Batch(rows=())))
        self.tally.check_usable()
        return page

    async def pages(self, since: Position | None) -> AsyncGenerator[Page, None]:
        """Pages of a whole pass; what only a pass given up had seen is said to be gone at the end."""
        given_up: set[str] = set()
        for tries in range(1, _TRIES + 1):
            self.tally = Tally(self.protocol.http)
            try:
                async with aclosing(self._pass(since)) as pages:
                    async for page in pages:
                        yield page
                self.tally.check_count()
                break
            except Unsettled:
                given_up |= self.tally.ids
                if tries == _TRIES:
                    raise
        self.tally.check_usable()
        if gone := given_up - self.tally.ids:
            yield Page(deleted=tuple(sorted(gone)))

    async def sweep(self) -> Tally | None:
        """Every id that exists, where changes alone would not show what is gone; taken anew if it moved meanwhile."""
        if self.protocol.scope is not Scope.CHANGES:
            return None
        for tries in range(1, _TRIES + 1):
            swept = Tally(self.protocol.http)
            identities = self.protocol.identities()
            if identities is None:
                return None
            try:
                async with aclosing(ahead(identities)) as batches:
                    async for batch in batches:
                        swept.identify(batch, map(self._mapper.identity, batch.rows))
                swept.check_count()
                break
            except Unsettled:
                if tries == _TRIES:
                    raise
        return swept

    async def _pass(self, since: Position | None) -> AsyncGenerator[Page, None]:
        source = self.protocol.everything() if since is None else self.protocol.changes(since)
        async with aclosing(ahead(source)) as batches:
            async for batch in batches:
                yield self._page(batch)

    def _page(self, batch: Batch) -> Page:
        outcomes = [self._mapper.outcome(row) for row in batch.rows]
        self.tally.add(batch, outcomes)
        return Page(
            listings=tuple(outcome for outcome in outcomes if isinstance(outcome, Listing)),
            unusable=batch.unusable + tuple(outcome for outcome in outcomes if isinstance(outcome, Unusable)),
            deleted=tuple(outcome.external_id for outcome in outcomes if isinstance(outcome, Absent)),
            size_bytes=batch.size_bytes,
        )
