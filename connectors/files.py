"""The requester that answers from a file of the operator's own machine: the setting ``path`` in place of an address.

The file is the one that the settings name, whatever is asked for: no answer, redirect or ``next`` can lead to another.
It must be a regular one, and is looked at once before it is read: its digest is its ETag, so that the same content is
not read again whatever its date, and a file that changes meanwhile is not taken for whole.
"""

import asyncio
import codecs
import os
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import Final

from aiohttp import hdrs
from msgspec import Struct
from multidict import CIMultiDict

from connectors.auth import Authenticator, FixedHeaders
from connectors.contract import Declaration
from connectors.copies import Copies
from connectors.faults import Faults
from connectors.patience import Patience
from connectors.replies import Reply
from connectors.requester import Request, Streamed
from connectors.traffic import Meter
from directory.records import Copy, Traffic

_CHUNK: Final = 262_144
# A pipe without a writer would be waited for, a terminal would become ours.
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)


class FileFault(Exception):
    """The file cannot be read. ``str()`` goes on from "its file", without a remedy."""


class TooLarge(FileFault):
    """The file is above its limit."""


class Survey(Struct, frozen=True):
    """What one look at a whole file told. ``ends_line``: its last byte ends a line."""

    size: int
    digest: str
    is_utf8: bool
    ends_line: bool

    @property
    def charset(self) -> str:
        """UTF-8 where every byte of it is; else CP1252, in which Windows writes French."""
        return "utf-8" if self.is_utf8 else "cp1252"

    @property
    def etag(self) -> str:
        """Its validator."""
        return f'"{self.size}-{self.digest}"'


def opened(path: Path) -> int:
    """The descriptor of a regular file. Raises :class:`FileFault` for anything else, which is not opened."""
    try:
        _check_kind(path.stat().st_mode)
        descriptor = os.open(path, _FLAGS)
    except FileNotFoundError:
        raise FileFault("does not exist") from None
    except (OSError, ValueError) as error:
        raise FileFault(f"cannot be read ({getattr(error, 'strerror', None) or 'it has no such name'})") from None
    try:
        _check_kind(os.fstat(descriptor).st_mode)  # it may be another one by now
    except FileFault:
        os.close(descriptor)
        raise
    return descriptor


def survey(descriptor: int, limit: int) -> Survey:
    """Reads a file whole, from its beginning. Raises :class:`TooLarge` above ``limit`` bytes."""
    size, last, digest = 0, b"\n", blake2b(digest_size=16)
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8 = True
    os.lseek(descriptor, 0, os.SEEK_SET)
    while piece := _read(descriptor):
        size += len(piece)
        if size > limit:
            raise TooLarge("is too large")
        digest.update(piece)
        last = piece[-1:]
        is_utf8 = is_utf8 and _decodes(decoder, piece, final=False)
    is_utf8 = is_utf8 and _decodes(decoder, b"", final=True)
    return Survey(size, digest.hexdigest(), is_utf8, last == b"\n")


def _check_kind(mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise FileFault("is a folder")
    if not stat.S_ISREG(mode):
        raise FileFault("is a device, a pipe or a socket")


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, _CHUNK)
    except OSError as error:
        raise FileFault(f"cannot be read ({error.strerror})") from None


def _decodes(decoder: codecs.IncrementalDecoder, piece: bytes, *, final: bool) -> bool:
    try:
        decoder.decode(piece, final)
    except UnicodeDecodeError:
        return False
    return True


class OnDisk:
    """A :class:`connectors.requester.Requester` for the file that the declaration's ``path`` names."""

    def __init__(self, declaration: Declaration, clock: Callable[[], float]) -> None:
        self.auth: Authenticator = FixedHeaders({}, declaration.setting("path"))
        self._declared = declaration
        self._path = Path(declaration.path or "")
        self._faults = Faults(declaration)
        self._meter = Meter(clock)
        self._patience = Patience(self._faults, self._meter, clock)
        self._copies = Copies()

    @property
    def traffic(self) -> Traffic:
        """None: nobody is asked."""
        return self._meter.traffic

    def begin(self) -> None:
        """Starts the time budget of a reading."""
        self._patience.begin()

    def chapter(self, name: str) -> None:
        """Begins a chapter of copies."""
        self._copies.begin(name)

    def copies(self) -> tuple[Copy, ...]:
        """The copies kept since the last call."""
        return self._copies.drained()

    async def read(self, request: Request) -> Reply:
        """The file, read whole."""
        async with self.stream(request) as (head, chunks):
            body = b"".join([chunk async for chunk in chunks])
        return Reply(head.status, head.headers, body, head.address)

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[Streamed]:
        """The file's head and its bytes; 304 where ``If-None-Match`` is its ETag."""
        try:
            descriptor = await asyncio.to_thread(opened, self._path)
            try:
                seen = await asyncio.to_thread(survey, descriptor, self._declared.max_body_bytes)
                is_same = request.headers.get(hdrs.IF_NONE_MATCH) == seen.etag
                kind = f"text/csv; charset={seen.charset}"
                headers = CIMultiDict({hdrs.ETAG: seen.etag, hdrs.CONTENT_TYPE: kind})
                head = Reply(304 if is_same else 200, headers, b"", request.url)
                chunks = self._patience.timely(_nothing() if is_same else self._chunks(descriptor, seen))
                async with aclosing(self._copies.taken(request, head, chunks)) as taken:
                    yield head, taken
            finally:
                with suppress(OSError):
                    os.close(descriptor)
        except TooLarge:
            raise self._faults.too_large(self._declared.max_body_bytes) from None
        except FileFault as fault:
            raise self._faults.refused(
                f"its file {self._path} {fault}; correct {self._declared.setting('path')}"
            ) from None

    async def _chunks(self, descriptor: int, seen: Survey) -> AsyncIterator[bytes]:
        """The bytes that were surveyed, and no others."""
        digest, size = blake2b(digest_size=16), 0
        await asyncio.to_thread(os.lseek, descriptor, 0, os.SEEK_SET)
        while piece := await asyncio.to_thread(_read, descriptor):
            size += len(piece)
            if size > seen.size:
                break
            digest.update(piece)
            yield piece
        if (size, digest.hexdigest()) != (seen.size, seen.digest):
            raise self._faults.unsettled("its file changed while it was read; try again later")


async def _nothing() -> AsyncIterator[bytes]:
    for piece in tuple[bytes, ...]():
        yield piece
