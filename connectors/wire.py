"""The requester that asks the partner's own server."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager

import aiohttp
from aiohttp import hdrs
from yarl import URL

from connectors.auth import authenticator
from connectors.contract import Declaration
from connectors.copies import Copies
from connectors.faults import Faults
from connectors.patience import Passing, Patience
from connectors.replies import Reply, combined
from connectors.requester import Request, Streamed
from connectors.sending import Sender
from connectors.traffic import Meter
from directory.records import Copy, Traffic


class Wire:
    """A :class:`connectors.requester.Requester` over HTTP, within its declaration's bounds and with its credentials.

    Raises :class:`DeclarationError` when it is made without a credential that the partner asks for.
    """

    def __init__(self, declaration: Declaration, session: aiohttp.ClientSession, clock: Callable[[], float]) -> None:
        self._faults = Faults(declaration)
        self._meter = Meter(clock)
        self._copies = Copies()
        self._patience = Patience(self._faults, self._meter, clock)
        self.auth = authenticator(declaration, self._ask_token, self._faults, clock)
        self._sender = Sender(session, self.auth, self._faults, self._meter)

    @property
    def traffic(self) -> Traffic:
        """What was sent, sent again and waited since the reading began."""
        return self._meter.traffic

    def begin(self) -> None:
        """Starts the time budget of a reading and its traffic anew."""
        self._patience.begin()
        self._meter.reset()

    def chapter(self, name: str) -> None:
        """Begins a chapter of copies."""
        self._copies.begin(name)

    def copies(self) -> tuple[Copy, ...]:
        """The copies kept since the last call."""
        return self._copies.drained()

    async def read(self, request: Request) -> Reply:
        """The answer, read whole and kept as a copy."""
        sent: set[URL] = set()

        async def attempt() -> Reply:
            async with await self._sender.send(request, sent) as response:
                return await self._sender.reply(response)

        reply = await self._patience.until_done(attempt)
        self._copies.keep(request, reply)
        return reply

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[Streamed]:
        """The answer's head and its bytes, kept as copies piece by piece."""
        sent: set[URL] = set()

        async def attempt() -> aiohttp.ClientResponse:
            return await self._sender.send(request, sent, is_streamed=True)

        async with await self._patience.until_done(attempt) as response:
            head = Reply(response.status, combined(response.headers), b"", response.url)
            chunks = self._patience.timely(self._settled(response))
            async with aclosing(self._copies.taken(request, head, chunks)) as taken:
                yield head, taken

    async def _settled(self, response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        """A stream that breaks off cannot be resumed: the reading begins again."""
        try:
            async for chunk in self._sender.chunks(response):
                yield chunk
        except Passing as failure:
            raise self._faults.unsettled(f"it {failure}; try again later") from None

    async def _ask_token(self, url: URL, form: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
        accept = frozenset({400, 401, 403})
        return await self.read(
            Request(method=hdrs.METH_POST, url=url, headers=headers, body=form, accept=accept, is_for_token=True)
        )
