"""API keys and other sites' pages, over HTTP."""

import asyncio
from datetime import UTC, datetime

import pytest

from directory.disclosure import Role
from directory.store import keys
from gateway.auth import create_key
from gateway.settings import Settings
from tests.gateway.served import Client, refusal, serve_on_loopback

CONTACT = '{ supplier(by: { siren: "732829320" }) { contact { email } } }'


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_wrong_key_is_refused_and_not_taken_for_nobody(client: Client, method: str) -> None:
    headers = {"Authorization": f"Bearer cc_{'a' * 12}_{'A' * 43}"}
    if method == "GET":
        response = await client.get("/graphql", params={"query": "{ __typename }"}, headers=headers)
    else:
        response = await client.ask("{ __typename }", headers["Authorization"].removeprefix("Bearer "))
    sentence = "This API key is unknown; check it, or leave out the Authorization header."
    assert response.status == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="circuit", error="invalid_token"'
    assert await refusal(response) == ("UNAUTHENTICATED", sentence)


async def test_a_revoked_key_is_refused_within_a_second_whatever_was_kept(client: Client) -> None:
    key = await create_key(client.hub.database, role=Role.STEWARD, name="x")
    before = await client.ask(CONTACT, key.token)
    assert (await before.json())["data"]["supplier"]["contact"]["email"] == "contact@example.org"
    async with client.hub.database.writing() as connection:
        await keys.revoke(connection, key.prefix, datetime.now(UTC))
    await asyncio.sleep(1)
    after = await client.ask(CONTACT, key.token)
    assert (after.status, (await after.json())["errors"][0]["message"]) == (
        401,
        "This API key has been revoked; ask for a new one.",
    )


async def test_the_use_of_a_key_is_noted_before_the_hub_is_gone(filled: Settings) -> None:
    async with serve_on_loopback(filled) as client:
        database = client.hub.database
        key = await create_key(database, role=Role.BUYER, name="x")
        assert (await client.ask("{ __typename }", key.token)).status == 200
        for _ in range(100):
            async with database.reading() as connection:
                stored = await keys.find(connection, key.prefix)
            if stored and stored.last_used_at:
                break
            await asyncio.sleep(0.02)
    assert stored is not None
    assert stored.last_used_at is not None


async def test_pages_of_named_sites_may_ask(filled: Settings) -> None:
    settings = Settings(data_dir=filled.data_dir, cors_origins=("https://annuaire.example.org",))
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    async with serve_on_loopback(settings) as client:
        for origin, status in (("https://annuaire.example.org", 200), ("https://elsewhere.example.org", 400)):
            async with client.session.options("/graphql", headers={"Origin": origin, **asks}) as response:
                assert response.status == status
                assert response.headers.get("Access-Control-Allow-Origin") == (origin if status == 200 else None)
        response = await client.get(
            "/graphql", params={"query": "{ __typename }"}, headers={"Origin": "https://annuaire.example.org"}
        )
        assert response.headers["Access-Control-Allow-Origin"] == "https://annuaire.example.org"
        assert response.headers["Vary"] == "Accept, Authorization, Origin"


async def test_pages_of_other_sites_may_not_ask_by_default(client: Client) -> None:
    headers = {"Origin": "https://elsewhere.example.org"}
    response = await client.get("/graphql", params={"query": "{ __typename }"}, headers=headers)
    assert "Access-Control-Allow-Origin" not in response.headers
