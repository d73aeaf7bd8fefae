"""Answers kept as they came, so that a reading can be made again without asking the partner.

They are kept between two drains only: what is held is a page. No request, no answer of a token server and nothing of
the chapter in which the partner says whose credentials these are is ever kept.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Final

from aiohttp import hdrs
from msgspec.structs import replace

from connectors.replies import Reply
from connectors.requester import Request
from directory.records import Copy

# Answers of this chapter speak of the account, not of members.
_PROVE: Final = "prove"
_PIECE: Final = 1_000_000
_KEPT: Final = (
    hdrs.DATE,
    "ETag",
    hdrs.LAST_MODIFIED,
    hdrs.LINK,
    hdrs.CONTENT_TYPE,
    "Next-Page",
    "Total-Objects",
    "Total-Records",
    "X-WP-Total",
)


class Copies:
    """The copies of one reading. Before its first chapter none are kept."""

    def __init__(self) -> None:
        self._chapter = ""
        self._next = 0
        self._kept: list[Copy] = []

    def begin(self, chapter: str) -> None:
        """Begins a chapter; what was kept of the same one is discarded."""
        self._chapter = "" if chapter == _PROVE else chapter
        self._next = 0
        self._kept = [copy for copy in self._kept if copy.chapter != chapter]

    def drained(self) -> tuple[Copy, ...]:
        """What was kept since the last call."""
        drained, self._kept = tuple(self._kept), []
        return drained

    def keep(self, request: Request, reply: Reply) -> None:
        """Keeps an answer that was read whole."""
        if self._chapter and not request.is_for_token:
            self._kept.append(self._first(request, reply, reply.body))
            self._next += 1

    async def taken(self, request: Request, head: Reply, chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
        """The same chunks, kept in pieces of about a megabyte, of which the last is empty: without it the body is not
        whole. Pieces of a body that does not end are discarded.
        """
        if not self._chapter:
            async for chunk in chunks:
                yield chunk
            return
        first = self._first(request, head, b"")
        self._next += 1
        pieces, held, size, is_whole = 0, list[bytes](), 0, False
        try:
            async for chunk in chunks:
                held.append(chunk)
                size += len(chunk)
                if size >= _PIECE:
                    self._kept.append(_piece(first, pieces, held))
                    pieces, held, size = pieces + 1, [], 0
                yield chunk
            if held:
                self._kept.append(_piece(first, pieces, held))
                pieces += 1
            self._kept.append(_piece(first, pieces, []))
            is_whole = True
        finally:
            if not is_whole:
                self._kept = [copy for copy in self._kept if not _is_of(copy, first)]

    def _first(self, request: Request, reply: Reply, body: bytes) -> Copy:
        return Copy(
            chapter=self._chapter,
            number=self._next,
            method=request.method,
            path=request.url.raw_path,
            status=reply.status,
            headers=_headers(request, reply),
            body=body,
        )


def _headers(request: Request, reply: Reply) -> Mapping[str, str]:
    """Those that a reading uses; after a redirect also where the answer stood, for relative addresses in it."""
    kept = {name: value for name in _KEPT if (value := reply.headers.get(name)) is not None}
    if reply.address.raw_path != request.url.raw_path:
        kept[hdrs.CONTENT_LOCATION] = reply.address.raw_path
    return kept


def _piece(first: Copy, piece: int, held: list[bytes]) -> Copy:
    body = b"".join(held)
    if piece:
        return Copy(chapter=first.chapter, number=first.number, piece=piece, body=body)
    return replace(first, body=body)


def _is_of(copy: Copy, first: Copy) -> bool:
    return (copy.chapter, copy.number) == (first.chapter, first.number)
