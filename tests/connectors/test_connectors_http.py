"""The way out to partners on bad days: what is refused at once, which redirects are followed, what no error says."""

from importlib.metadata import version

import pytest
from aiohttp import web

from connectors import DeclarationError, PartnerRefused
from tests.connectors.answers import answering, members, status
from tests.connectors.partner_kit import Serve, failure_of, plain, reading_of


@pytest.mark.parametrize("code", [408, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529])
async def test_a_passing_failure_is_tried_again(code: int, serve: Serve) -> None:
    handler, asked = answering(status(code), members)
    reading = await reading_of(plain(await serve({"/": handler})))
    assert list(reading.listings) == ["1", "2"]
    assert len(asked) == 2


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


async def test_no_error_repeats_what_the_server_said_or_a_secret(serve: Serve) -> None:
    async def echo(request: web.Request) -> web.Response:
        said = request.headers["Authorization"].removeprefix("Bearer ")
        return web.json_response({"code": said, "message": f"bad token {said}"}, status=400)

    failure = await failure_of(plain(await serve({"/": echo}), auth="bearer", token="hunterTwo"))
    assert str(failure) == (
        "Essai: its server does not understand the request (400); correct partners.essai.base_url and resource"
    )


async def test_it_says_who_is_reading_and_whom_to_ask(serve: Serve) -> None:
    handler, asked = answering(members)
    address = await serve({"/": handler})
    await reading_of(plain(address))
    await reading_of(plain(address, contact="annuaire@hub.example"))
    ours = f"circuit-court/{version('circuit-court')}"
    assert [request.headers["User-Agent"] for request in asked] == [
        f"{ours} (+https://github.com/circuit-court/circuit-court)",
        f"{ours} (+annuaire@hub.example)",
    ]
    assert asked[0].headers["Accept-Encoding"] == "gzip"


@pytest.mark.parametrize("contact", ["", "a b", "a)", "a\r\nX-Key: 1", "é@hub.example"])
def test_a_contact_fits_a_header(contact: str) -> None:
    with pytest.raises(DeclarationError, match=r"^partners\.essai\.contact"):
        plain("http://partner.example", contact=contact)


async def test_a_next_page_is_found_in_any_line_of_link(serve: Serve) -> None:
    async def page(request: web.Request) -> web.Response:
        number = int(request.query.get("page", "1"))
        response = web.json_response([{"id": number, "name": "A"}])
        response.headers.add("Link", '<https://api.w.org/>; rel="https://api.w.org/"')
        if number < 3:
            response.headers.add("Link", f'</?page={number + 1}>; rel="next"')
        return response

    reading = await reading_of(plain(await serve({"/": page}), pages={"paging": "link"}))
    assert list(reading.listings) == ["1", "2", "3"]
