"""One partner asked for single members: over one connection, never too often, and not at all while it is in trouble.

Members asked for at the same moment are read together, so that a partner whose directory is one file is read once.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, aclosing
from datetime import datetime
from typing import Final

import aiohttp
from msgspec.structs import replace
from strawberry.dataloader import DataLoader

from connectors import CannotAsk, Declaration, open_connector
from connectors.breaker import Breaker
from connectors.reading import PartnerConnector
from directory.intake import prepare
from directory.records import Listing, Page, SourceError
from schema.context import NotLive

# As many members as a connector asks for at once, and as many readings at once.
TOGETHER: Final = 4
READINGS: Final = 2

_STORED: Final = "what was last harvested is shown"


class AskedPartner:
    """A partner of the settings. ``seconds`` is how long it is waited for."""

    def __init__(
        self,
        declaration: Declaration,
        seconds: float,
        clock: Callable[[], datetime],
        traces: Callable[[str], Sequence[aiohttp.TraceConfig]],
    ) -> None:
        self.title = declaration.title
        self._declaration = declaration
        self._seconds = seconds
        self._clock = clock
        self._traces = traces(declaration.name)
        self._breaker = Breaker()
        self._turns = asyncio.Semaphore(READINGS)
        self._stack = AsyncExitStack()
        self._connecting = asyncio.Lock()
        self._connector: PartnerConnector | None = None
        self._asked: DataLoader[str, Listing | None] = DataLoader(self._read, max_batch_size=TOGETHER, cache=False)

    async def member(self, external_id: str) -> Listing | None:
        """The member as intake completes it, without its ``raw``; ``None`` when there is none, or none any more.

        Raises :class:`NotLive`.
        """
        return await self._asked.load(external_id)

    async def close(self) -> None:
        """Close the connection, once nobody reads over it."""
        for _ in range(READINGS):
            await self._turns.acquire()
        await self._stack.aclose()

    async def _read(self, external_ids: list[str]) -> list[Listing | NotLive | None]:
        time = asyncio.get_running_loop().time
        began = None
        try:
            async with asyncio.timeout(self._seconds), self._turns:
                self._check()
                began = time()
                found = await self._members(external_ids)
        except (TimeoutError, asyncio.CancelledError) as end:
            # Those who asked may have left at their deadline, a moment before ours. What was spent waiting for a turn
            # of our own is not held against the partner.
            if began is not None and time() - began >= self._seconds / 2:
                self._breaker.failed(self._clock())
            if isinstance(end, asyncio.CancelledError):
                raise
            raise self._not_live(f"did not answer within {self._seconds:g} s") from None
        except SourceError as error:
            if error.is_outage:
                self._breaker.failed(self._clock(), error.retry_at)
            else:
                self._breaker.succeeded()
            raise self._refused(error) from None
        self._breaker.succeeded()
        return [found.get(external_id) for external_id in external_ids]

    async def _members(self, external_ids: list[str]) -> dict[str | None, Listing | NotLive]:
        found: dict[str | None, Listing | NotLive] = {}
        async with aclosing((await self._connected()).members(external_ids)) as parts:
            async for part in parts:
                if isinstance(part, Page):
                    found.update((each.external_id, replace(prepare(each).listing, raw="")) for each in part.listings)
                    found.update((each.external_id, self._unusable(each.reason)) for each in part.unusable)
        return found

    async def _connected(self) -> PartnerConnector:
        async with self._connecting:
            if self._connector is None:
                self._connector = await self._stack.enter_async_context(open_connector(self._declaration, self._traces))
            return self._connector

    def _check(self) -> None:
        """Raises :class:`NotLive` while the partner is left alone."""
        if not self._breaker.allows(self._clock()):
            raise self._not_live("has not answered of late and is left alone for now")

    def _not_live(self, what: str, cause: str | None = None) -> NotLive:
        return NotLive(f"{self.title} {what}; {_STORED}.", cause)

    def _refused(self, error: SourceError) -> NotLive:
        if isinstance(error, CannotAsk):
            return self._not_live("cannot be asked for one member", str(error))
        return self._not_live("does not answer just now" if error.is_outage else "cannot be asked just now", str(error))

    def _unusable(self, reason: str) -> NotLive:
        cause = f"{self.title} gives a record that cannot be used: {reason}"
        return self._not_live("says of it what cannot be used", cause)
