"""A reading made again of kept copies: the ordinary protocols, counts and mapping, and no partner asked.

For a mapping that was mended since: what it makes of yesterday's answers is what it would have made yesterday.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Final

from aiohttp import hdrs
from multidict import CIMultiDict

from connectors import cursors
from connectors.auth import Authenticator, FixedHeaders
from connectors.contract import Declaration
from connectors.faults import Faults
from connectors.http import Transport
from connectors.protocols import Protocol
from connectors.reading import PartnerConnector
from connectors.replies import Reply
from connectors.requester import Request, Streamed
from directory.records import Copy, End, Page, Traffic

# Gives every piece of one answer, by its chapter and its number in it; nothing when there is no such answer.
Reel = Callable[[str, int], Awaitable[Sequence[Copy]]]

_SWEEP: Final = "sweep"


def replay(declaration: Declaration, reel: Reel) -> "Replay":
    """A source that reads the partner again from the copies of one reading."""
    return Replay(declaration, reel)


class Replay:
    """Something to harvest. It must be read from the cursor that the reading itself began from, or from none."""

    def __init__(self, declaration: Declaration, reel: Reel) -> None:
        self.declaration = declaration
        self._reel = reel

    async def read(self, cursor: str | None = None) -> AsyncGenerator[Page | End, None]:
        """Pages, then one :class:`End` whose cursor is where the copies stand.

        Raises :class:`PartnerRefused` when the copies do not hold what the present settings ask for.
        """
        requester = Reeled(self.declaration, self._reel)
        if cursors.position(cursor) is None:
            await requester.check_whole()
        connector = _Replayed(Transport(self.declaration, requester), asyncio.get_running_loop().time)
        async with aclosing(connector.read(cursor)) as parts:
            async for part in parts:
                yield part


class _Replayed(PartnerConnector):
    def _since(self, cursor: str | None) -> Mapping[str, str] | None:
        # The settings that shape a listing have changed since: that is why the reading is made again.
        return cursors.position(cursor)

    async def _prove(self, protocol: Protocol) -> None:
        """There is nobody to prove anything to."""


class Reeled:
    """A :class:`connectors.requester.Requester` that answers from copies, in order within each chapter.

    Method and path must be those of the copy. Query strings are not compared: a mended mapping asks for other fields.
    """

    traffic = Traffic()

    def __init__(self, declaration: Declaration, reel: Reel) -> None:
        self.auth: Authenticator = FixedHeaders({}, declaration.setting("auth"))
        self._faults = Faults(declaration)
        self._reel = reel
        self._chapter = ""
        self._next = 0

    async def check_whole(self) -> None:
        """Refuses the copies of a reading of changes, which would be taken for everything."""
        if await self._reel(_SWEEP, 0):
            raise self._faults.refused(
                "the kept copy is that of a reading of changes alone; replay a full reading or harvest the partner "
                "again"
            )

    def begin(self) -> None:
        """Nothing is timed."""

    def chapter(self, name: str) -> None:
        """Goes to the first answer of a chapter."""
        self._chapter, self._next = name, 0

    def copies(self) -> tuple[Copy, ...]:
        """None: they are kept already."""
        return ()

    async def read(self, request: Request) -> Reply:
        """The next answer of the chapter."""
        (copy,) = await self._following(request, is_streamed=False)
        return _reply(request, copy, copy.body)

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[Streamed]:
        """The next answer of the chapter, a piece at a time."""
        pieces = await self._following(request, is_streamed=True)
        yield _reply(request, pieces[0], b""), _bodies(pieces)

    async def _following(self, request: Request, *, is_streamed: bool) -> Sequence[Copy]:
        number, self._next = self._next, self._next + 1
        pieces = sorted(await self._reel(self._chapter, number), key=lambda copy: copy.piece)
        if not _is_whole(pieces, is_streamed=is_streamed) or not _answers(request, pieces[0]):
            raise self._faults.refused(
                "the kept copy of this reading does not hold what the present settings ask for; harvest the partner "
                "again"
            )
        return pieces


def _is_whole(pieces: Sequence[Copy], *, is_streamed: bool) -> bool:
    """Whether they are one answer read at once, or every piece of a streamed one, whose last is empty."""
    if not pieces or [copy.piece for copy in pieces] != list(range(len(pieces))):
        return False
    return not pieces[-1].body if is_streamed else len(pieces) == 1


def _answers(request: Request, copy: Copy) -> bool:
    is_same = (copy.method, copy.path) == (request.method, request.url.raw_path)
    return is_same and (copy.status < 300 or copy.status == 304 or copy.status in request.accept)


def _reply(request: Request, copy: Copy, body: bytes) -> Reply:
    headers = CIMultiDict(copy.headers)
    stood_at = headers.get(hdrs.CONTENT_LOCATION)
    address = request.url.with_path(stood_at, encoded=True) if stood_at else request.url
    return Reply(copy.status, headers, body, address)


async def _bodies(pieces: Sequence[Copy]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece.body
