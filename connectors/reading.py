"""A partner read: pages of listings as they come, and an :class:`End` only when they are known to be whole."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from itertools import islice
from typing import Final

from aiohttp import TraceConfig

from connectors import cursors
from connectors.contract import Declaration, Probe
from connectors.errors import DeclarationError, RecordUnusable
from connectors.http import Transport, open_transport
from connectors.mapping import Absent, Mapper, Outcome
from connectors.members import Asking
from connectors.passes import Reading
from connectors.protocols import PROTOCOLS, Protocol
from directory.records import End, Listing, Page, Scope, Unusable

_MEMBERS_A_PAGE: Final = 100


@asynccontextmanager
async def open_connector(
    declaration: Declaration, traces: Sequence[TraceConfig] = ()
) -> AsyncIterator["PartnerConnector"]:
    """A connection to one partner; ``traces`` watch its requests.

    Raises :class:`DeclarationError` for a setting that it cannot do without.
    """
    is_whole_address = declaration.protocol in {"csv", "json"}
    for key in (declaration.place,) if is_whole_address else ("base_url", "resource"):
        if not getattr(declaration, key):
            raise DeclarationError(
                declaration.name, f"{declaration.title}: {declaration.setting(key)} is not set; ask the partner for it"
            )
    async with open_transport(declaration, traces) as transport:
        yield PartnerConnector(transport, asyncio.get_running_loop().time)


class PartnerConnector:
    """The :class:`connectors.contract.Connector` of every declaration."""

    def __init__(self, transport: Transport, clock: Callable[[], float]) -> None:
        self.declaration = transport.declaration
        self._transport = transport
        self._clock = clock

    async def probe(self) -> Probe:
        """Proves the credentials and reads one page."""
        started = self._clock()
        with self._transport.accounted():
            reading = Reading(*await self._begin())
            page = await reading.first_page()
        return Probe(
            partner=self.declaration.name,
            total=reading.tally.total,
            listings=page.listings,
            unusable=page.unusable,
            requests=self._transport.traffic.requests,
            seconds=self._clock() - started,
            notes=tuple(reading.protocol.notes),
        )

    async def read(self, cursor: str | None = None) -> AsyncGenerator[Page | End, None]:
        """Pages, then one :class:`End`: only the changes where the cursor and the protocol allow it."""
        with self._transport.accounted():
            reading = Reading(*await self._begin(), self._since(cursor))
            async with aclosing(reading.pages()) as pages:
                async for page in pages:
                    yield page
        yield End(
            scope=reading.protocol.scope,
            cursor=cursors.written(self.declaration, reading.position()),
            present=reading.present,
            copies=self._transport.copies(),
            traffic=self._transport.traffic,
            shape=reading.mapper.profile.fields(),
            lacking=dict(reading.mapper.lacking),
        )

    async def member(self, external_id: str) -> Listing | None:
        """One member as it is now; ``None`` when the partner has none of this id, or none any more.

        Raises :class:`RecordUnusable` for a record that cannot become a listing and :class:`CannotAsk` where there is
        no way to ask.
        """
        with self._transport.accounted():
            asking = Asking(*await self._begin_asking(is_kept=False))
            (outcome,) = await asking.outcomes((external_id,))
        if isinstance(outcome, Unusable):
            raise RecordUnusable(outcome.reason)
        return outcome if isinstance(outcome, Listing) else None

    async def members(self, external_ids: Sequence[str]) -> AsyncGenerator[Page | End, None]:
        """Some members as they are now, in their order, each once; those that are none any more as ``deleted``."""
        with self._transport.accounted():
            protocol, mapper = await self._begin_asking(is_kept=True)
            asking, asked = Asking(protocol, mapper), iter(dict.fromkeys(external_ids))
            while some := tuple(islice(asked, _MEMBERS_A_PAGE)):
                yield self._page_of(await asking.outcomes(some))
        yield End(scope=Scope.CHANGES, traffic=self._transport.traffic, lacking=dict(mapper.lacking))

    def _page_of(self, outcomes: Sequence[Outcome]) -> Page:
        return Page(
            listings=tuple(outcome for outcome in outcomes if isinstance(outcome, Listing)),
            unusable=tuple(outcome for outcome in outcomes if isinstance(outcome, Unusable)),
            deleted=tuple(outcome.external_id for outcome in outcomes if isinstance(outcome, Absent)),
            size_bytes=sum(len(outcome.raw) for outcome in outcomes if isinstance(outcome, Listing)),
            copies=self._transport.copies(),
            traffic=self._transport.traffic,
        )

    async def _begin(self) -> tuple[Protocol, Mapper]:
        self._transport.begin()
        protocol = PROTOCOLS[self.declaration.protocol](self._transport)
        self._transport.chapter("prove")
        await self._prove(protocol)
        self._transport.chapter("terms")
        return protocol, Mapper(self.declaration, await protocol.terms(), protocol.tombstone)

    def _since(self, cursor: str | None) -> Mapping[str, str] | None:
        return cursors.read(self.declaration, cursor)

    async def _prove(self, protocol: Protocol) -> None:
        await protocol.prove()

    async def _begin_asking(self, *, is_kept: bool) -> tuple[Protocol, Mapper]:
        """A conversation about single members: no proof of who is asking, for each of its questions is one."""
        self._transport.begin()
        protocol = PROTOCOLS[self.declaration.protocol](self._transport)
        self._transport.chapter("terms" if is_kept else "")
        mapper = Mapper(self.declaration, await protocol.terms(), protocol.tombstone)
        self._transport.chapter("members" if is_kept else "")
        return protocol, mapper
