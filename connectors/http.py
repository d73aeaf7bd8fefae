"""What a protocol asks its partner with: addresses in, replies out, and never off to another host.

What a caller gets is a :class:`Reply`, whose body was read whole within its bounds, or a
:class:`connectors.errors.PartnerError`. Whether a server, a file or a kept copy answers is the requester's affair.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Any

import msgspec
from aiohttp import TraceConfig, hdrs
from yarl import URL

from connectors.auth import Authenticator
from connectors.contract import Declaration
from connectors.errors import PartnerError
from connectors.faults import Faults
from connectors.files import OnDisk
from connectors.replies import Reply, followed
from connectors.requester import Request, Requester, Streamed
from connectors.sending import open_session
from connectors.wire import Wire
from directory.records import Copy, Traffic


@asynccontextmanager
async def open_transport(declaration: Declaration, traces: Sequence[TraceConfig] = ()) -> AsyncIterator["Transport"]:
    """The way to one partner's server, or to its file on this machine; ``traces`` watch what is asked of the server.

    Raises :class:`DeclarationError` without a credential that it asks for.
    """
    if declaration.path is not None:
        yield Transport(declaration, OnDisk(declaration, asyncio.get_running_loop().time))
        return
    async with open_session(declaration, traces=traces) as session:
        yield Transport(declaration, Wire(declaration, session, asyncio.get_running_loop().time))


class Transport(Faults):
    """Questions to one partner, its errors, and the account of one reading: traffic and copies."""

    def __init__(self, declaration: Declaration, requester: Requester) -> None:
        super().__init__(declaration)
        self._requester = requester

    @property
    def auth(self) -> Authenticator:
        """How the partner is told who is reading."""
        return self._requester.auth

    @property
    def traffic(self) -> Traffic:
        """What was sent, sent again and waited since :meth:`begin`."""
        return self._requester.traffic

    def begin(self) -> None:
        """Begins a reading: its time budget and its traffic start anew."""
        self._requester.begin()

    @contextmanager
    def accounted(self) -> Iterator[None]:
        """Every :class:`PartnerError` that leaves the block carries the reading's traffic: each reading runs in it."""
        try:
            yield
        except PartnerError as error:
            error.traffic = self.traffic
            raise

    def chapter(self, name: str) -> None:
        """Begins a chapter of copies (``prove``, ``terms``, ``pass``, ``sweep``, ``members``).

        A chapter begun again discards what was kept of it and counts from 0. Of ``prove``, and of what has no name,
        nothing is kept.
        """
        self._requester.chapter(name)

    def copies(self) -> tuple[Copy, ...]:
        """The copies of answers since the last call; they are held here no longer."""
        return self._requester.copies()

    def follow(self, address: str, base: URL) -> URL:
        """An address that the server of ``base`` gave, absolute. Raises :class:`PartnerRefused` off its own host."""
        url = followed(address, base)
        if url is None:
            raise self.elsewhere()
        return url

    async def get(
        self,
        url: URL,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        method: str = hdrs.METH_GET,
        accept: frozenset[int] = frozenset(),
    ) -> Reply:
        """Reads an address of the partner."""
        asked = url.update_query(params) if params else url
        return await self._requester.read(Request(method=method, url=asked, headers=headers or {}, accept=accept))

    async def post_json(self, url: URL, payload: Any, accept: frozenset[int] = frozenset()) -> Reply:
        """Sends a question as JSON; it must be one that changes nothing, for it may be sent again."""
        headers = {"Content-Type": "application/json"}
        body = msgspec.json.encode(payload)
        return await self._requester.read(
            Request(method=hdrs.METH_POST, url=url, headers=headers, body=body, accept=accept)
        )

    def stream(self, url: URL, headers: Mapping[str, str]) -> AbstractAsyncContextManager[Streamed]:
        """An answer's head and its unpacked chunks as they come; a cut body raises :class:`Unsettled`."""
        return self._requester.stream(Request(method=hdrs.METH_GET, url=url, headers=headers))
