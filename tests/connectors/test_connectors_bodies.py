"""Bodies that are packed, cut, mismeasured or too large: bounded, and never taken for whole."""

import gzip
import zlib
from functools import partial

import pytest
from aiohttp import web

from connectors import PartnerRefused, PartnerUnavailable
from tests.connectors.answers import MEMBERS, answering, packed, saying
from tests.connectors.partner_kit import Serve, failure_of, plain, reading_of

# The same bytes, and so the same names of tests, in every process.
zipped = partial(gzip.compress, mtime=0)

OTHERWISE_PACKED = "Essai: its server packs answers otherwise than asked; ask the partner to mend it"
BROKEN_OFF = "Essai: it broke off in mid-answer (3 times); try again later"


@pytest.mark.parametrize("size", [0, 1, 262_144, 1_000_003])
async def test_a_packed_body_is_read_whole(size: int, serve: Serve) -> None:
    body = b'[{"id":1,"name":"A"}' + b" " * size + b"]"
    handler, _ = answering(packed(zipped(body[:10]) + zipped(body[10:])))
    reading = await reading_of(plain(await serve({"/": handler})))
    assert list(reading.listings) == ["1"]


@pytest.mark.parametrize("bomb", [zipped(b" " * 20_000_000), zipped(b" " * 600_000) * 2, b"\x00" * 1_000_001])
async def test_a_body_above_its_limit_is_refused_packed_or_unpacked(bomb: bytes, serve: Serve) -> None:
    encoding = "gzip" if bomb.startswith(b"\x1f\x8b") else "identity"
    handler, asked = answering(packed(bomb, encoding))
    failure = await failure_of(plain(await serve({"/": handler}), max_body_bytes=1_000_000))
    assert isinstance(failure, PartnerRefused)
    assert str(failure) == (
        "Essai: an answer is larger than 1,000,000 bytes; if that is right, raise partners.essai.max_body_bytes"
    )
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (zlib.compress(MEMBERS), "deflate"),
        (MEMBERS, "br"),
        (MEMBERS, "zstd"),
        (zipped(zipped(MEMBERS)), "gzip, gzip"),
        (zipped(MEMBERS), "identity, gzip"),
        (zipped(b"") * 4_001, "gzip"),
    ],
)
async def test_a_body_packed_otherwise_is_refused(body: bytes, encoding: str, serve: Serve) -> None:
    handler, asked = answering(packed(body, encoding))
    failure = await failure_of(plain(await serve({"/": handler})))
    assert isinstance(failure, PartnerRefused)
    assert str(failure) == OTHERWISE_PACKED
    assert len(asked) == 1


@pytest.mark.parametrize("body", [zipped(MEMBERS * 50)[:-12], MEMBERS, zipped(MEMBERS)[:-8] + b"\0" * 8])
async def test_a_packed_body_that_is_cut_or_damaged_is_tried_again_then_given_up(body: bytes, serve: Serve) -> None:
    handler, asked = answering(packed(body))
    failure = await failure_of(plain(await serve({"/": handler})))
    assert isinstance(failure, PartnerUnavailable)
    assert str(failure) == BROKEN_OFF
    assert len(asked) == 3


async def test_a_body_shorter_than_its_length_is_tried_again_then_given_up() -> None:
    async with saying(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + MEMBERS) as address:
        failure = await failure_of(plain(address))
    assert isinstance(failure, PartnerUnavailable)
    assert str(failure) == BROKEN_OFF


async def test_a_body_longer_than_its_length_is_not_taken_for_whole() -> None:
    async with saying(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n" + MEMBERS) as address:
        failure = await failure_of(plain(address))
    assert isinstance(failure, PartnerUnavailable)
    assert str(failure) == BROKEN_OFF


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n" + MEMBERS,
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nContent-Length: 8\r\n\r\n" + MEMBERS,
        b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 100_000 + b"\r\n\r\n" + MEMBERS,
        b"HTTP/1.1 200 OK\r\n" + b"X-Many: a\r\n" * 100_000 + b"\r\n" + MEMBERS,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n" + MEMBERS,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnone\r\n" + MEMBERS,
    ],
)
async def test_an_answer_that_is_no_http_is_tried_again_then_given_up(answer: bytes) -> None:
    async with saying(answer) as address:
        failure = await failure_of(plain(address))
    assert isinstance(failure, PartnerUnavailable)
    assert str(failure) in {BROKEN_OFF, "Essai: it broke off the connection (3 times); try again later"}


async def test_an_error_page_of_any_size_is_one_sentence(serve: Serve) -> None:
    handler, _ = answering(lambda: web.Response(status=404, body=b"<" * 1_000_000))
    failure = await failure_of(plain(await serve({"/": handler})))
    assert str(failure) == (
        "Essai: its server does not understand the request (404); correct partners.essai.base_url and resource"
    )
