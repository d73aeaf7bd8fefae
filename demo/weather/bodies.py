"""Days on which the body is not what the head says: cut, empty, of another kind, too large, too slow, badly encoded."""

import asyncio
import zlib
from dataclasses import replace
from functools import lru_cache
from typing import Final

from aiohttp import web

from demo.weather.answers import HTML, Answer
from demo.weather.days import Day, Exchange, PagedDay

BOMB_BYTES: Final = 300_000_000
_GZIP: Final = 31  # zlib's window bits for the gzip format
_NOTICE: Final = (
    b"<br />\n<b>Notice</b>: Undefined index: ville in <b>/var/www/plugin.php</b> on line <b>12</b><br />\n"
)
_DROP_SECONDS: Final = 0.05


class TruncatedJson(PagedDay):
    """Half of the JSON, with the length of the half."""

    name = "truncated_json"

    def spoilt(self, answer: Answer, exchange: Exchange) -> Answer:
        """The first half."""
        return replace(answer, body=answer.body[: len(answer.body) // 2])


class EmptyBody(Day):
    """200, and nothing."""

    name = "empty_body"

    def spoilt(self, answer: Answer, exchange: Exchange) -> Answer:
        """Nothing."""
        return replace(answer, body=b"")


class NotJson(Day):
    """200, and a page for people."""

    name = "not_json"

    def spoilt(self, answer: Answer, exchange: Exchange) -> Answer:
        """HTML."""
        return replace(answer.with_headers(Content_Type="text/html"), body=HTML)


class PhpNotice(Day):
    """200, and a notice of PHP before the data."""

    name = "php_notice"

    def spoilt(self, answer: Answer, exchange: Exchange) -> Answer:
        """HTML, then what was asked for."""
        return replace(answer, body=_NOTICE + answer.body)


class ShortBody(Day):
    """A length that the body does not reach before the connection ends."""

    name = "short_body"

    async def struck(self, exchange: Exchange) -> web.StreamResponse:
        """Two thirds of the body."""
        answer = await exchange.forwarded()
        response = web.StreamResponse(status=answer.status, headers=answer.headers)
        response.content_length = len(answer.body)
        await response.prepare(exchange.request)
        await response.write(answer.body[: len(answer.body) * 2 // 3])
        if exchange.request.transport is not None:
            exchange.request.transport.close()
        return response


class GzipBomb(Day):
    """300 MB of zeros in 300 kB of gzip."""

    name = "gzip_bomb"

    def spoilt(self, answer: Answer, exchange: Exchange) -> Answer:
        """The bomb."""
        return replace(answer.with_headers(Content_Encoding="gzip"), body=_bomb())


class HugeBody(Day):
    """What was asked for, and as many blank lines as make it ``size`` bytes."""

    name = "huge_body"

    def __init__(self, size: int = 3_000_000) -> None:
        super().__init__()
        self.size = size

    def spoilt(self, answer: Answer, exchange: Exchange) -> Answer:
        """The answer, and blank lines after it."""
        return replace(answer, body=answer.body + b"\n" * (self.size - len(answer.body)))


class SlowLoris(Day):
    """A byte now and then, and never an end."""

    name = "slow_loris"

    async def struck(self, exchange: Exchange) -> web.StreamResponse:
        """One byte at a time, until the reader has had enough."""
        answer = await exchange.forwarded()
        response = web.StreamResponse(status=answer.status, headers=answer.headers)
        await response.prepare(exchange.request)
        for byte in answer.body:
            await response.write(bytes([byte]))
            await asyncio.sleep(_DROP_SECONDS)
        return response


class Slow(Day):
    """Every page takes its time."""

    name = "slow"
    first = 1

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    async def struck(self, exchange: Exchange) -> web.StreamResponse:
        """The partner's own answer, after a while."""
        await asyncio.sleep(self.seconds)
        return await exchange.passed()


class WrongCharset(PagedDay):
    """JSON in CP1252 that calls itself UTF-8."""

    name = "latin1_as_utf8"

    def spoilt(self, answer: Answer, exchange: Exchange) -> Answer:
        """Every accent a single byte."""
        plain = answer.with_json(answer.json).body.decode()
        return replace(answer, body=plain.encode("cp1252", errors="replace"))


class Utf8Undeclared(Day):
    """UTF-8 from a partner who is known to write CP1252."""

    name = "utf8_as_cp1252"
    first = 1

    def spoilt(self, answer: Answer, exchange: Exchange) -> Answer:
        """The same text."""
        charset = exchange.manner.charset
        return replace(answer, body=answer.body.decode(charset).encode()) if charset else answer.with_json(answer.json)


class EncodedTwice(PagedDay):
    """UTF-8 that somebody took for CP1252 and wrote out as UTF-8 again: ``Ã©`` where ``é`` was."""

    name = "encoded_twice"
    first = 1

    def spoilt(self, answer: Answer, exchange: Exchange) -> Answer:
        """Every byte beyond ASCII a character of its own."""
        return replace(answer, body=b"".join(map(_as_cp1252, answer.with_json(answer.json).body)))


class Bom(Day):
    """UTF-8 with the mark that says so before it."""

    name = "bom"

    def spoilt(self, answer: Answer, exchange: Exchange) -> Answer:
        """The mark, then the body in UTF-8."""
        plain = answer.body.decode(exchange.manner.charset or "utf-8").encode()
        return replace(answer, body=b"\xef\xbb\xbf" + plain)


def _as_cp1252(byte: int) -> bytes:
    """The byte's character in UTF-8; five bytes mean nothing in CP1252, and are left as Latin-1 has them."""
    try:
        return bytes([byte]).decode("cp1252").encode()
    except UnicodeDecodeError:
        return chr(byte).encode()


@lru_cache(maxsize=1)
def _bomb() -> bytes:
    packer, block = zlib.compressobj(1, wbits=_GZIP), bytes(1_000_000)
    return b"".join([*(packer.compress(block) for _ in range(BOMB_BYTES // len(block))), packer.flush()])
