"""Bodies of answers as they come off the wire: unpacked here and not by the HTTP client, so that a few compressed
kilobytes can never become gigabytes of memory.
"""

import zlib
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from typing import Final

_PIECE: Final = 262_144
# A body is one gzip member, or a few that a file was packed in. Thousands only make work.
_MOST_MEMBERS: Final = 4_000
_GZIP: Final = 31  # zlib's window bits for the gzip format


class BodyTooLarge(Exception):
    """A body passed its limit, packed or unpacked."""


class BodyCut(Exception):
    """A packed body ended before its end, or is damaged."""


class UnknownEncoding(Exception):
    """A body is packed in a way that was not asked for."""


async def unpacked(chunks: AsyncIterable[bytes], encoding: str, limit: int) -> AsyncIterator[bytes]:
    """The body's bytes without their ``Content-Encoding`` (gzip or none), never more than ``limit`` of either kind."""
    if encoding not in {"", "identity", "gzip", "x-gzip"}:
        raise UnknownEncoding
    inflater = _Inflater() if encoding.endswith("gzip") else None
    packed = plain = 0
    async for chunk in chunks:
        packed += len(chunk)
        for piece in inflater.feed(chunk) if inflater else (chunk,):
            plain += len(piece)
            if max(packed, plain) > limit:
                raise BodyTooLarge
            yield piece
    if inflater and packed and not inflater.is_whole:
        raise BodyCut


class _Inflater:
    """gzip members one after the other, in pieces of bounded size."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(_GZIP)
        self._members = 1

    @property
    def is_whole(self) -> bool:
        return self._stream.eof

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        may_hold_more = False
        while chunk or may_hold_more:
            if chunk and self._stream.eof:
                self._begin()
            try:
                piece = self._stream.decompress(chunk, _PIECE)
            except zlib.error as error:
                raise BodyCut from error
            chunk = self._stream.unconsumed_tail or self._stream.unused_data
            may_hold_more = len(piece) == _PIECE
            yield piece

    def _begin(self) -> None:
        self._members += 1
        if self._members > _MOST_MEMBERS:
            raise UnknownEncoding
        self._stream = zlib.decompressobj(_GZIP)
