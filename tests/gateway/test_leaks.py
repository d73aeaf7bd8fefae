"""What a partner's server says when it fails is for nobody: not its address, its headers, nor a word of its body."""

import json
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from directory.disclosure import Role
from gateway.auth import create_key
from gateway.pipeline import refresh
from gateway.settings import Settings
from gateway.signing import signature
from tests.gateway.partners_kit import Upstream
from tests.gateway.served import Client, serve_on_loopback

PLANTED = "hunter2-7f3a"
TOKEN = f"token-{PLANTED}"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LIVE = """query { listing(partner: "essai", externalId: "a") {
  name live { source problem record { name description website contact { email phone } } }
} }"""
RUNS = "{ partners { code status { status problem } runs(first: 5) { status problem } } }"
HEADERS = {"X-Internal": f"db-{PLANTED}.internal", "Server": f"nginx-{PLANTED}", "Set-Cookie": f"session={PLANTED}"}
LEAK = json.dumps({"error": {"message": PLANTED, "code": PLANTED}, "errors": [{"message": PLANTED}]})
FAILURES: dict[str, Any] = {
    "500": (500, {}, LEAK),
    "503": (503, {"Retry-After": "1"}, LEAK),
    "403": (403, {"WWW-Authenticate": f'Basic realm="{PLANTED}"'}, LEAK),
    "400": (400, {"Content-Type": "application/json"}, LEAK),
    "off to another host": (302, {"Location": f"https://{PLANTED}.example/login"}, LEAK),
    "in circles": (302, {"Location": f"/members/a?{PLANTED}"}, LEAK),
    "garbage": (200, {"Content-Type": "application/json"}, f'{{"id": "a", "name": {PLANTED}'),
    "a page": (200, {"Content-Type": "text/html"}, f"<html><h1>{PLANTED}</h1></html>"),
    "another shape": (200, {"Content-Type": "application/json"}, f'["{PLANTED}"]'),
    "packed otherwise": (200, {"Content-Encoding": f"x-{PLANTED}"}, LEAK),
}


class Leaky(Upstream):
    """A partner whose failures say more than they should."""

    failure: tuple[int, dict[str, str], str] | None = None

    async def _one(self, request: web.Request) -> web.Response:
        if self.failure is None:
            return await super()._one(request)
        status, headers, body = self.failure
        return web.Response(status=status, headers={**HEADERS, **headers}, body=body.encode())


@asynccontextmanager
async def leaking(settings: Settings, **changed: str) -> AsyncIterator[tuple[Leaky, Client]]:
    """A hub that has read its partner, and reads it now with these settings."""
    upstream = Leaky(a="Plomberie Fabre")
    async with upstream.running():
        declared = {**upstream.settings, "hook_secret": SECRET, "auth": "bearer", "token": TOKEN}
        await refresh(Settings(data_dir=settings.data_dir, partners={"essai": declared}))
        there = {name: text.replace("{port}", upstream.address.rpartition(":")[2]) for name, text in changed.items()}
        lived = Settings(data_dir=settings.data_dir, partners={"essai": declared | there})
        async with serve_on_loopback(lived) as client:
            yield upstream, client


async def told(client: Client) -> AsyncIterator[tuple[Role | None, str]]:
    """Everything that each role is answered, headers included; without a role, what is told of the hub itself."""
    keys: dict[Role, str | None] = {Role.PUBLIC: None}
    for role in (Role.PARTNER, Role.BUYER, Role.STEWARD):
        partner = "essai" if role is Role.PARTNER else None
        keys[role] = (await create_key(client.hub.database, role=role, name="x", partner=partner)).token
    for role, key in keys.items():
        for query in (LIVE, RUNS):
            response = await client.ask(query, key)
            assert response.status == 200
            answer = await response.json()
            assert query == RUNS or answer["data"]["listing"]["live"]["source"] == "HARVESTED", answer
            yield role, f"{response.headers} {await response.text()}"
    yield None, await _hooked(client)
    for path in ("/readyz", "/metrics"):
        response = await client.get(path)
        yield None, f"{response.headers} {await response.text()}"


async def _hooked(client: Client) -> str:
    body, name, seconds = b'{"id": "a"}', secrets.token_hex(8), str(int(time.time()))
    headers = {
        "webhook-id": name,
        "webhook-timestamp": seconds,
        "webhook-signature": signature(name, seconds, body, SECRET),
        "Content-Type": "application/json",
    }
    async with client.session.post("/hooks/essai", data=body, headers=headers) as response:
        return f"{response.headers} {await response.text()}"


async def check(client: Client, address: str) -> None:
    async for role, text in told(client):
        assert PLANTED not in text, (role, text)
        assert SECRET not in text, (role, text)
        assert address not in text, (role, text)
        assert "/members" not in text, (role, text)


@pytest.mark.parametrize("failure", FAILURES)
async def test_a_server_that_fails(settings: Settings, failure: str) -> None:
    async with leaking(settings) as (upstream, client):
        upstream.failure = FAILURES[failure]
        await check(client, upstream.address.removeprefix("http://"))


@pytest.mark.parametrize("address", ["https://127.0.0.1:{port}", "http://127.0.0.1:1", f"https://{PLANTED}.invalid"])
async def test_a_server_that_cannot_be_spoken_to(settings: Settings, address: str) -> None:
    """TLS that does not hold, a port that nobody listens on, a name that is none."""
    async with leaking(settings, base_url=address) as (_, client):
        await check(client, "127.0.0.1:")
