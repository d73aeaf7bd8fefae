"""The way out to partners on bad days: what is retried, what is refused, and what no error ever says."""

import asyncio
import gzip
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from connectors import PartnerRefused, PartnerUnavailable
from connectors.network import is_public
from tests.connectors.partner_kit import Handler, Serve, failure_of, plain, reading_of

MEMBERS = b'[{"id":1,"name":"A"},{"id":2,"name":"B"}]'


def answering(*answers: Callable[[], web.Response]) -> tuple[Handler, list[web.Request]]:
    """A handler that gives one answer after the other, the last one for ever, and what it was asked."""
    asked: list[web.Request] = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request)
        return answers[min(len(asked), len(answers)) - 1]()

    return handler, asked


def members() -> web.Response:
    return web.Response(body=MEMBERS, content_type="application/json")


def status(code: int, **headers: str) -> Callable[[], web.Response]:
    return lambda: web.Response(
        status=code, text="<h1>no</h1>", headers={key.replace("_", "-"): value for key, value in headers.items()}
    )


@pytest.mark.parametrize("code", [408, 429, 500, 502, 503, 504])
async def test_a_passing_failure_is_tried_again(code: int, serve: Serve) -> None:
    handler, asked = answering(status(code), members)
    reading = await reading_of(plain(await serve({"/": handler})))
    assert list(reading.listings) == ["1", "2"]
    assert (len(asked), reading.end.requests) == (2, 2)


async def test_tries_are_bounded(serve: Serve) -> None:
    handler, asked = answering(status(500))
    failure = await failure_of(plain(await serve({"/": handler}), retries=3))
    assert isinstance(failure, PartnerUnavailable)
    assert str(failure) == "Essai: it answered 500 (4 times); try again later"
    assert len(asked) == 4


async def test_retry_after_is_waited_for(serve: Serve) -> None:
    times: list[float] = []

    async def handler(_: web.Request) -> web.Response:
        times.append(asyncio.get_running_loop().time())
        return status(429, Retry_After="1")() if len(times) == 1 else members()

    await reading_of(plain(await serve({"/": handler})))
    assert times[1] - times[0] >= 1


async def test_a_long_retry_after_gives_up_at_once_and_says_when(serve: Serve) -> None:
    handler, asked = answering(status(503, Retry_After="3600"))
    before = datetime.now(UTC)
    failure = await failure_of(plain(await serve({"/": handler})))
    assert isinstance(failure, PartnerUnavailable)
    assert failure.retry_at is not None
    assert timedelta(minutes=59) < failure.retry_at - before < timedelta(minutes=61)
    assert str(failure) == (
        f"Essai: it answered 503 and asks to be left alone until {failure.retry_at:%Y-%m-%d %H:%M} UTC"
    )
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (400, "its server does not understand the request (400); correct partners.essai.base_url and resource"),
        (404, "its server does not understand the request (404); correct partners.essai.base_url and resource"),
        (401, "its server does not accept the credentials (401); correct partners.essai.auth"),
    ],
)
async def test_a_refusal_is_not_tried_again(code: int, cause: str, serve: Serve) -> None:
    handler, asked = answering(status(code))
    failure = await failure_of(plain(await serve({"/": handler})))
    assert isinstance(failure, PartnerRefused)
    assert str(failure) == f"Essai: {cause}"
    assert len(asked) == 1


async def test_a_redirect_on_the_same_host_is_followed(serve: Serve) -> None:
    handler, _ = answering(members)
    moved, _ = answering(status(302, Location="/new"))
    reading = await reading_of(plain(await serve({"/": moved, "/new": handler})))
    assert list(reading.listings) == ["1", "2"]


async def test_a_redirect_to_another_host_is_refused_and_gets_no_key(serve: Serve) -> None:
    elsewhere, asked_elsewhere = answering(members)
    other = await serve({"/": elsewhere})
    moved, _ = answering(status(302, Location=other))
    failure = await failure_of(plain(await serve({"/": moved}), auth="bearer", token="hunter2"))
    assert isinstance(failure, PartnerRefused)
    assert str(failure) == (
        "Essai: its server sends readers to another host, which is not followed; if it has moved, correct "
        "partners.essai.base_url"
    )
    assert asked_elsewhere == []


async def test_redirects_in_circles_are_refused(serve: Serve) -> None:
    moved, asked = answering(status(302, Location="/"))
    failure = await failure_of(plain(await serve({"/": moved})))
    assert str(failure) == "Essai: its server redirects in circles; correct partners.essai.base_url"
    assert len(asked) == 5


async def test_a_gzip_bomb_is_refused_under_the_limit(serve: Serve) -> None:
    bomb = gzip.compress(b" " * 20_000_000)
    handler, _ = answering(lambda: web.Response(body=bomb, headers={"Content-Encoding": "gzip"}))
    failure = await failure_of(plain(await serve({"/": handler}), max_body_bytes=1_000_000))
    assert isinstance(failure, PartnerRefused)
    assert str(failure) == (
        "Essai: an answer is larger than 1,000,000 bytes; if that is right, raise partners.essai.max_body_bytes"
    )


@pytest.mark.parametrize("size", [0, 1, 262_144, 1_000_003])
async def test_a_packed_body_is_read_whole(size: int, serve: Serve) -> None:
    body = b'[{"id":1,"name":"A"}' + b" " * size + b"]"
    packed = gzip.compress(body[:10]) + gzip.compress(body[10:])
    handler, _ = answering(lambda: web.Response(body=packed, headers={"Content-Encoding": "gzip"}))
    reading = await reading_of(plain(await serve({"/": handler})))
    assert list(reading.listings) == ["1"]


async def test_a_packed_body_that_is_cut_is_tried_again_then_given_up(serve: Serve) -> None:
    packed = gzip.compress(MEMBERS * 50)[:-12]
    handler, asked = answering(lambda: web.Response(body=packed, headers={"Content-Encoding": "gzip"}))
    failure = await failure_of(plain(await serve({"/": handler})))
    assert isinstance(failure, PartnerUnavailable)
    assert str(failure) == "Essai: it broke off in mid-answer (3 times); try again later"
    assert len(asked) == 3


async def test_an_unknown_packing_is_refused(serve: Serve) -> None:
    handler, _ = answering(lambda: web.Response(body=zlib.compress(MEMBERS), headers={"Content-Encoding": "br"}))
    failure = await failure_of(plain(await serve({"/": handler})))
    assert str(failure) == "Essai: its server packs answers otherwise than asked; ask the partner to mend it"


async def cut_short(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(MEMBERS)
    assert request.transport is not None
    request.transport.close()
    return response


async def test_a_short_body_is_tried_again_then_given_up(serve: Serve) -> None:
    failure = await failure_of(plain(await serve({"/": cut_short})))
    assert isinstance(failure, PartnerUnavailable)
    assert str(failure) == "Essai: it broke off in mid-answer (3 times); try again later"


async def test_a_slow_body_is_given_up_at_its_deadline(serve: Serve) -> None:
    async def trickle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(100):
            await response.write(b" ")
            await asyncio.sleep(0.05)
        return response

    failure = await failure_of(plain(await serve({"/": trickle}), timeout=0.2, retries=0))
    assert isinstance(failure, PartnerUnavailable)
    assert str(failure) == "Essai: it did not answer within 0.2 s (once); try again later"


async def test_a_reading_ends_with_its_time_budget(serve: Serve) -> None:
    handler, _ = answering(status(500))
    failure = await failure_of(plain(await serve({"/": handler}), time_budget=0.05, retry_pause=10, retries=9))
    assert isinstance(failure, PartnerUnavailable)
    assert str(failure) == (
        "Essai: it was not read within its 0.05 s; try again later or raise partners.essai.time_budget"
    )


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b"<br />\n<b>Notice</b>: x [1]", "is HTML instead of JSON"),
        (b'[{"id":1', "is JSON that is cut or damaged"),
        (b'{"error":"no"}', "has not the shape of its protocol"),
        (b"", "is empty"),
        (b"OK", "is not JSON"),
        (b"null", "has not the shape of its protocol"),
        (b"[" * 5_000, "is JSON that is cut or damaged"),
    ],
)
async def test_what_is_not_the_json_asked_for_is_refused(body: bytes, cause: str, serve: Serve) -> None:
    handler, _ = answering(lambda: web.Response(body=body, content_type="application/json"))
    failure = await failure_of(plain(await serve({"/": handler})))
    assert isinstance(failure, PartnerRefused)
    assert str(failure) == (
        f"Essai: an answer {cause}; ask the partner what its server says, or correct partners.essai.resource"
    )


@pytest.mark.parametrize(
    "body",
    ['{"message":"Accès refusé"}'.encode("latin-1"), b"[" * 50_000, b"9" * 5_000, b'{"code":' + b"[" * 20_000, b"\xff"],
)
async def test_a_refusal_in_any_bytes_is_one_sentence(body: bytes, serve: Serve) -> None:
    handler, _ = answering(lambda: web.Response(status=404, body=body, content_type="application/json"))
    failure = await failure_of(plain(await serve({"/": handler})))
    assert isinstance(failure, PartnerRefused)
    assert str(failure) == (
        "Essai: its server does not understand the request (404); correct partners.essai.base_url and resource"
    )


async def test_another_character_set_is_refused_unless_declared(serve: Serve) -> None:
    body = '[{"id":1,"name":"Forêt"}]'.encode("latin-1")
    handler, _ = answering(lambda: web.Response(body=body, content_type="application/json"))
    address = await serve({"/": handler})
    failure = await failure_of(plain(address))
    assert str(failure) == (
        "Essai: an answer is not written in utf-8, as its byte 21 shows; ask the partner what its server says, or "
        "correct partners.essai.charset"
    )
    reading = await reading_of(plain(address, charset="cp1252"))
    assert reading.listings["1"].name == "Forêt"


async def test_a_private_address_is_refused_unless_permitted(serve: Serve) -> None:
    handler, asked = answering(members)
    address = await serve({"/": handler})
    for host in ("127.0.0.1", "localhost"):
        failure = await failure_of(plain(address.replace("127.0.0.1", host), allow_hosts=[]))
        assert isinstance(failure, PartnerRefused)
        assert str(failure) == (
            f"Essai: {host} is inside a private network; if that is meant, add it to partners.essai.allow_hosts"
        )
    assert asked == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("10.0.0.1", False),
        ("169.254.169.254", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("::ffff:10.0.0.1", False),
        ("fe80::1%eth0", False),
        ("2001:4860:4860::8888", True),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


async def test_no_error_repeats_what_the_server_said_or_a_secret(serve: Serve) -> None:
    async def echo(request: web.Request) -> web.Response:
        said = request.headers["Authorization"].removeprefix("Bearer ")
        return web.json_response({"code": said, "message": f"bad token {said}"}, status=400)

    failure = await failure_of(plain(await serve({"/": echo}), auth="bearer", token="hunterTwo"))
    assert str(failure) == (
        "Essai: its server does not understand the request (400); correct partners.essai.base_url and resource"
    )


async def test_it_says_who_is_reading(serve: Serve) -> None:
    handler, asked = answering(members)
    await reading_of(plain(await serve({"/": handler})))
    assert asked[0].headers["User-Agent"].startswith("circuit-court/")
    assert asked[0].headers["Accept-Encoding"] == "gzip"
