"""Which answers are kept as copies, in what pieces, and what is never among them."""

import gzip

import pytest
from aiohttp import web
from yarl import URL

from connectors import PartnerRefused, PartnerUnavailable
from connectors.errors import Unsettled
from connectors.http import Transport, open_transport
from directory.records import Copy
from tests.connectors.answers import MEMBERS, answering, members, packed, status
from tests.connectors.partner_kit import Serve, plain


async def streamed(transport: Transport, address: str) -> bytes:
    async with transport.stream(URL(address), {}) as (_, chunks):
        return b"".join([chunk async for chunk in chunks])


async def test_an_answer_is_kept_unpacked_with_the_headers_that_a_reading_uses(serve: Serve) -> None:
    headers = {"ETag": '"1"', "X-WP-Total": "2", "Set-Cookie": "a=b", "X-Powered-By": "PHP", "Content-Type": "x/y"}
    date = {"Date": "Mon, 23 Nov 2026 12:00:00 GMT", "Content-Encoding": "gzip"}
    handler, _ = answering(lambda: web.Response(body=gzip.compress(MEMBERS), headers={**headers, **date}))
    address = await serve({"/a b": handler})
    async with open_transport(plain(address)) as transport:
        transport.chapter("pass")
        await transport.get(URL(f"{address}/a%20b?key=hunter2"))
        assert transport.copies() == (
            Copy(
                chapter="pass",
                number=0,
                path="/a%20b",
                headers={
                    "Date": "Mon, 23 Nov 2026 12:00:00 GMT",
                    "ETag": '"1"',
                    "Content-Type": "x/y",
                    "X-WP-Total": "2",
                },
                body=MEMBERS,
            ),
        )
        assert transport.copies() == ()


async def test_answers_are_numbered_within_their_chapter(serve: Serve) -> None:
    handler, _ = answering(members)
    address = await serve({"/": handler, "/page": handler})
    async with open_transport(plain(address)) as transport:
        await transport.get(URL(address))
        transport.chapter("terms")
        await transport.get(URL(address), method="HEAD")
        transport.chapter("pass")
        await transport.get(URL(address))
        first = transport.copies()
        await transport.post_json(URL(f"{address}/page"), {"query": "{}"})
        second = transport.copies()
    assert [(copy.chapter, copy.number, copy.method, copy.path, copy.body) for copy in first + second] == [
        ("terms", 0, "HEAD", "/", b""),
        ("pass", 0, "GET", "/", MEMBERS),
        ("pass", 1, "POST", "/page", MEMBERS),
    ]


async def test_a_chapter_begun_again_discards_what_was_kept_of_it(serve: Serve) -> None:
    handler, _ = answering(members)
    address = await serve({"/": handler})
    async with open_transport(plain(address)) as transport:
        for chapter in ("terms", "pass", "pass"):
            transport.chapter(chapter)
            await transport.get(URL(address))
        assert [(copy.chapter, copy.number) for copy in transport.copies()] == [("terms", 0), ("pass", 0)]


async def test_a_failed_try_leaves_nothing(serve: Serve) -> None:
    handler, _ = answering(status(503), packed(gzip.compress(MEMBERS)[:-9]), members)
    address = await serve({"/": handler})
    async with open_transport(plain(address)) as transport:
        transport.chapter("pass")
        await transport.get(URL(address))
        assert [(copy.number, copy.body) for copy in transport.copies()] == [(0, MEMBERS)]


async def test_an_answer_that_says_no_is_kept_only_when_the_reading_understands_it(serve: Serve) -> None:
    handler, _ = answering(status(400))
    address = await serve({"/": handler})
    async with open_transport(plain(address)) as transport:
        transport.chapter("pass")
        with pytest.raises(PartnerRefused):
            await transport.get(URL(address))
        assert transport.copies() == ()
        await transport.get(URL(address), accept=frozenset({400}))
        assert [(copy.number, copy.status) for copy in transport.copies()] == [(0, 400)]


async def test_nothing_of_accounts_is_kept(serve: Serve) -> None:
    token, asked = answering(lambda: web.json_response({"access_token": "hunter-token", "expires_in": 0}))
    handler, _ = answering(members)
    address = await serve({"/token": token, "/": handler, "/me": handler})
    declared = plain(
        address, auth="oauth2", token_url=f"{address}/token", client_id="hub", client_secret="hunter-secret"
    )
    async with open_transport(declared) as transport:
        transport.chapter("prove")
        await transport.get(URL(f"{address}/me"))
        transport.chapter("pass")
        await transport.get(URL(address))
        copies = transport.copies()
    assert [(copy.chapter, copy.number, copy.path) for copy in copies] == [("pass", 0, "/")]
    assert "hunter" not in repr(copies)
    assert len(asked) == 2


async def test_where_an_answer_stood_after_a_redirect_is_kept(serve: Serve) -> None:
    moved, _ = answering(status(302, Location="/new?key=1"))
    handler, _ = answering(lambda: web.Response(body=MEMBERS, headers={"Date": "now"}))
    address = await serve({"/": moved, "/new": handler})
    async with open_transport(plain(address)) as transport:
        transport.chapter("pass")
        await transport.get(URL(address))
        (copy,) = transport.copies()
    assert (copy.path, copy.headers["Content-Location"]) == ("/", "/new")


async def test_a_stream_is_kept_in_pieces_of_a_megabyte(serve: Serve) -> None:
    body = bytes(range(256)) * 20_000
    handler, _ = answering(lambda: web.Response(body=body, headers={"ETag": '"1"'}))
    address = await serve({"/": handler})
    async with open_transport(plain(address)) as transport:
        transport.chapter("pass")
        assert await streamed(transport, address) == body
        copies = transport.copies()
        assert b"".join(copy.body for copy in copies) == body
        assert [(copy.number, copy.piece) for copy in copies] == [(0, piece) for piece in range(len(copies))]
        assert len(copies) > 3
        assert all(len(copy.body) >= 1_000_000 for copy in copies[:-2])
        assert copies[-1].body == b""
        assert (copies[0].path, copies[0].headers["ETag"]) == ("/", '"1"')
        assert (copies[1].path, copies[1].headers) == ("", {})
        await streamed(transport, address)
        assert {copy.number for copy in transport.copies()} == {1}


async def test_a_stream_without_a_byte_is_kept_too(serve: Serve) -> None:
    handler, _ = answering(lambda: web.Response(body=b""))
    address = await serve({"/": handler})
    async with open_transport(plain(address)) as transport:
        transport.chapter("pass")
        await streamed(transport, address)
        assert [(copy.number, copy.piece, copy.body) for copy in transport.copies()] == [(0, 0, b"")]


async def test_a_stream_that_breaks_off_or_is_left_leaves_nothing(serve: Serve) -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "9000000"})
        await response.prepare(request)
        await response.write(b"a" * 3_000_000)
        assert request.transport is not None
        request.transport.close()
        return response

    whole, _ = answering(lambda: web.Response(body=b"a" * 3_000_000))
    address = await serve({"/": cut, "/whole": whole})
    async with open_transport(plain(address)) as transport:
        transport.chapter("pass")
        with pytest.raises(Unsettled):
            await streamed(transport, address)
        assert transport.copies() == ()
        async with transport.stream(URL(f"{address}/whole"), {}) as (_, chunks):
            size = 0
            while size < 2_000_000:
                size += len(await anext(chunks))
        assert transport.copies() == ()


async def test_a_stream_before_any_chapter_is_not_held(serve: Serve) -> None:
    handler, _ = answering(members)
    address = await serve({"/": handler})
    async with open_transport(plain(address)) as transport:
        assert await streamed(transport, address) == MEMBERS
        assert transport.copies() == ()


async def test_a_new_reading_has_its_own_traffic(serve: Serve) -> None:
    handler, _ = answering(status(500), status(500), status(500), members)
    address = await serve({"/": handler})
    async with open_transport(plain(address)) as transport:
        with pytest.raises(PartnerUnavailable), transport.accounted():
            await transport.get(URL(address))
        assert (transport.traffic.requests, transport.traffic.retries) == (3, 2)
        transport.begin()
        await transport.get(URL(address))
        assert (transport.traffic.requests, transport.traffic.retries) == (1, 0)
