"""Credentials: what is sent, tokens that live a second or two, scopes that are silently left out."""

import asyncio
import base64
from typing import Any

import pytest
from aiohttp import web
from yarl import URL

from connectors import Declaration, PartnerRefused
from connectors.http import open_transport
from demo import Running
from demo.servers.chambre import ChambreServer
from tests.connectors.partner_kit import Declared, Serve, failure_of, plain, reading_of

TOKEN_KEYS = "partners.essai.client_id and partners.essai.client_secret"


@pytest.mark.parametrize(
    ("settings", "header", "value"),
    [
        (
            {"auth": "basic", "username": "é", "password": "p:w"},
            "Authorization",
            "Basic w6k6cDp3",
        ),
        ({"auth": "bearer", "token": "abc"}, "Authorization", "Bearer abc"),
        ({"auth": "header", "token": "abc"}, "Authorization", "abc"),
        ({"auth": "header", "token": "abc", "token_header": "X-Api-Key"}, "X-Api-Key", "abc"),
        ({"auth": "header", "anonymous": True}, "Authorization", None),
    ],
)
async def test_fixed_credentials(settings: dict[str, Any], header: str, value: str | None, serve: Serve) -> None:
    seen: list[str | None] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request.headers.get(header))
        return web.json_response([{"id": 1, "name": "A"}])

    await reading_of(plain(await serve({"/": handler}), **settings))
    assert seen == [value]


def chambre(demo: Running) -> ChambreServer:
    server = demo["chambre"]
    assert isinstance(server, ChambreServer)
    return server


async def test_a_run_outlives_its_tokens(demo: Running, declared: Declared) -> None:
    chambre(demo).issuer.lifetime = 0.05
    reading = await reading_of(declared("chambre", page_size=5))
    assert set(reading.listings) == set(demo["chambre"].external_ids())
    assert reading.end.traffic.requests > 2 * len(reading.pages)


async def test_a_token_refused_in_mid_run_is_renewed_and_the_request_repeated(serve: Serve) -> None:
    given: list[str] = []
    pages: list[str] = []

    async def token(_: web.Request) -> web.Response:
        given.append(f"token{len(given) + 1}")
        return web.json_response({"access_token": given[-1], "expires_in": 3600, "token_type": "bearer"})

    async def page(request: web.Request) -> web.Response:
        pages.append(request.headers["Authorization"])
        number = int(request.query["page"])
        if number == 2 and pages[-1] == "Bearer token1":
            return web.Response(status=401, text="<html>", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
        return web.json_response([{"id": number, "name": "A"}] if number < 4 else [])

    address = await serve({"/token": token, "/": page})
    reading = await reading_of(oauth(address, pages={"paging": "page"}))
    assert list(reading.listings) == ["1", "2", "3"]
    assert pages == ["Bearer token1", "Bearer token1", "Bearer token2", "Bearer token2", "Bearer token2"]


async def test_a_token_that_is_never_accepted_is_renewed_once_only(serve: Serve) -> None:
    given: list[str] = []

    async def token(_: web.Request) -> web.Response:
        given.append("x")
        return web.json_response({"access_token": "abc", "expires_in": 3600})

    async def page(_: web.Request) -> web.Response:
        return web.json_response({}, status=401)

    failure = await failure_of(oauth(await serve({"/token": token, "/": page})))
    assert str(failure) == f"Essai: its server does not accept the credentials (401); correct {TOKEN_KEYS}"
    assert len(given) == 2


async def test_requests_at_the_same_time_share_one_token(serve: Serve) -> None:
    given: list[str] = []

    async def token(_: web.Request) -> web.Response:
        given.append(f"token{len(given) + 1}")
        await asyncio.sleep(0.01)
        return web.json_response({"access_token": given[-1], "expires_in": 3600})

    async def page(request: web.Request) -> web.Response:
        return web.json_response([], status=401 if request.headers["Authorization"] == "Bearer token1" else 200)

    declared = oauth(await serve({"/token": token, "/": page}))
    async with open_transport(declared) as transport:
        await asyncio.gather(*(transport.get(URL(declared.base_url)) for _ in range(4)))
    assert given == ["token1", "token2"]


async def test_a_scope_that_was_not_granted_is_refused(declared: Declared) -> None:
    failure = await failure_of(declared("chambre", scope="annuaire.lecture annuaire.tout"))
    assert isinstance(failure, PartnerRefused)
    assert str(failure) == (
        "Chambre: the client was not granted the scope annuaire.tout; ask the partner to allow it or correct "
        "partners.chambre.scope"
    )


@pytest.mark.parametrize(
    "answer",
    [
        {"token": "abc"},
        {"access_token": "a\r\nb"},
        {"access_token": ""},
        {"access_token": "a" * 16_385},
        {"access_token": "abc", "token_type": "mac"},
        ["abc"],
    ],
)
async def test_what_is_no_token_is_refused(answer: Any, serve: Serve) -> None:
    async def token(_: web.Request) -> web.Response:
        return web.json_response(answer)

    failure = await failure_of(oauth(await serve({"/token": token})))
    assert isinstance(failure, PartnerRefused)
    assert str(failure) == "Essai: its token server gave no bearer token; correct partners.essai.token_url"


@pytest.mark.parametrize("body", ['{"access_token":"é"}'.encode("latin-1"), b"[" * 50_000, b'{"access_token":'])
async def test_a_damaged_grant_is_refused(body: bytes, serve: Serve) -> None:
    async def token(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    failure = await failure_of(oauth(await serve({"/token": token})))
    assert isinstance(failure, PartnerRefused)
    assert str(failure) == "Essai: its token server gave no bearer token; correct partners.essai.token_url"


async def test_a_wrong_client_is_refused_without_its_secret(serve: Serve) -> None:
    async def token(request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Basic aHViOmh1bnRlcg=="
        return web.json_response({"error": "hunter", "error_description": "hunter is wrong"}, status=401)

    failure = await failure_of(oauth(await serve({"/token": token})))
    assert str(failure) == f"Essai: its token server does not accept the client (401); correct {TOKEN_KEYS}"


async def test_a_secret_is_encoded_as_the_rfc_asks_and_no_further(serve: Serve) -> None:
    seen: list[str] = []

    async def token(request: web.Request) -> web.Response:
        seen.append(base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode())
        return web.json_response({"error": "invalid_client"}, status=401)

    await failure_of(oauth(await serve({"/token": token}), client_secret="a+b%c:d e/f=!"))
    assert seen == ["hub:a%2Bb%25c%3Ad+e/f=!"]


async def test_another_users_collection_is_refused(demo: Running, declared: Declared) -> None:
    chambre(demo).issuer.scopes = frozenset({"autre"})
    failure = await failure_of(declared("chambre", scope="autre"))
    assert str(failure) == (
        "Chambre: its server does not let these credentials read the directory (403); ask the partner for "
        "the right or correct partners.chambre.client_id and partners.chambre.client_secret"
    )


def oauth(address: str, **changes: Any) -> Declaration:
    return plain(
        address,
        auth="oauth2",
        token_url=f"{address}/token",
        client_id="hub",
        **{"client_secret": "hunter", **changes},
    )
