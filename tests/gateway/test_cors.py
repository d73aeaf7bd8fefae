"""Pages of other sites: who may read is said by the settings and by the keys in force."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

import aiohttp
import pytest

from directory.disclosure import Role
from directory.store import keys
from gateway.auth import create_key
from gateway.settings import Settings
from tests.gateway.served import Client, refusal, serve_on_loopback

SETTLED, OF_KEY, STRANGE = (
    "https://annuaire.example.org",
    "https://portail.example.org:8443",
    "https://else.example.org",
)
ASKS = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
QUERY = {"query": "{ __typename }"}


async def preflight(client: Client, origin: str, path: str = "/graphql") -> aiohttp.ClientResponse:
    async with client.session.options(path, headers={"Origin": origin, **ASKS}) as response:
        await response.read()
        return response


async def ask(client: Client, origin: str | None = None, key: str | None = None) -> aiohttp.ClientResponse:
    headers: Mapping[str, str] = {
        **({"Origin": origin} if origin else {}),
        **({"Authorization": f"Bearer {key}"} if key else {}),
    }
    return await client.get("/graphql", params=QUERY, headers=headers)


async def test_pages_of_named_sites_may_ask(filled: Settings) -> None:
    async with serve_on_loopback(Settings(data_dir=filled.data_dir, cors_origins=(SETTLED,))) as client:
        granted = await preflight(client, SETTLED)
        assert granted.status == 204
        assert granted.headers["Access-Control-Allow-Origin"] == SETTLED
        assert granted.headers["Access-Control-Allow-Methods"] == "GET, POST"
        assert granted.headers["Access-Control-Max-Age"] == "600"
        named = {name.strip().lower() for name in granted.headers["Access-Control-Allow-Headers"].split(",")}
        assert named >= {"authorization", "content-type", "x-request-id", "if-none-match", "apollo-require-preflight"}
        vary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
        assert granted.headers["Vary"] == vary
        refused = await preflight(client, STRANGE)
        assert (refused.status, refused.headers["Vary"]) == (403, vary)
        assert not [name for name in refused.headers if name.lower().startswith("access-control")]
        response = await ask(client, SETTLED)
        assert response.headers["Access-Control-Allow-Origin"] == SETTLED
        exposed = {name.strip() for name in response.headers["Access-Control-Expose-Headers"].split(",")}
        assert exposed >= {"ETag", "Retry-After", "X-Request-ID", "Age", "X-Cache"}
        assert response.headers["Vary"] == "Accept, Authorization, Origin"
        assert "Access-Control-Allow-Credentials" not in response.headers


@pytest.mark.parametrize("origin", [STRANGE, "null", "", SETTLED + ".evil.example", "https://annuaire.example.org:444"])
async def test_pages_of_other_sites_may_not(filled: Settings, origin: str) -> None:
    async with serve_on_loopback(Settings(data_dir=filled.data_dir, cors_origins=(SETTLED,))) as client:
        response = await ask(client, origin)
        assert response.status == 200  # a program may say what it likes; it is the page that cannot read
        assert "Access-Control-Allow-Origin" not in response.headers
        assert "Origin" in response.headers["Vary"]


async def test_without_an_origin_the_answer_says_that_it_depends_on_it(client: Client) -> None:
    response = await ask(client)
    assert "Access-Control-Allow-Origin" not in response.headers
    assert response.headers["Vary"] == "Accept, Authorization, Origin"


async def test_every_site_may_ask_where_the_operator_says_so(filled: Settings) -> None:
    async with serve_on_loopback(Settings(data_dir=filled.data_dir, cors_origins=("*",))) as client:
        assert (await preflight(client, STRANGE)).headers["Access-Control-Allow-Origin"] == "*"
        assert (await ask(client, STRANGE)).headers["Access-Control-Allow-Origin"] == "*"


async def test_the_doors_of_the_operator_are_no_pages_business(filled: Settings) -> None:
    async with serve_on_loopback(Settings(data_dir=filled.data_dir, cors_origins=("*",))) as client:
        for path in ("/metrics", "/readyz", "/healthz", "/hooks/cmar"):
            async with client.session.get(path, headers={"Origin": STRANGE}) as response:
                assert "Access-Control-Allow-Origin" not in response.headers
            assert (await preflight(client, STRANGE, path)).status == 405


async def test_pages_of_a_keys_sites_may_ask_while_it_is_in_force(client: Client) -> None:
    assert (await preflight(client, OF_KEY)).status == 403
    key = await create_key(client.hub.database, role=Role.BUYER, name="x", origins=(OF_KEY,))
    await asyncio.sleep(1.5)  # the hub looks once a second
    granted = await preflight(client, OF_KEY)
    assert (granted.status, granted.headers["Access-Control-Allow-Origin"]) == (204, OF_KEY)
    response = await ask(client, OF_KEY, key.token)
    assert (response.status, response.headers["Access-Control-Allow-Origin"]) == (200, OF_KEY)
    async with client.hub.database.writing() as connection:
        await keys.revoke(connection, key.prefix, datetime.now(UTC))
    await asyncio.sleep(1.5)
    assert (await preflight(client, OF_KEY)).status == 403


async def test_a_key_is_for_its_own_sites_pages_alone(filled: Settings) -> None:
    async with serve_on_loopback(Settings(data_dir=filled.data_dir, cors_origins=(SETTLED,))) as client:
        key = (await create_key(client.hub.database, role=Role.BUYER, name="x", origins=(OF_KEY,))).token
        assert (await ask(client, OF_KEY, key)).status == 200
        assert (await ask(client, OF_KEY.upper(), key)).status == 200  # hosts have no case
        assert (await ask(client, None, key)).status == 200  # a program
        for origin in (SETTLED, STRANGE, "null", OF_KEY.removesuffix(":8443")):
            response = await ask(client, origin, key)
            sentence = "This API key is not for pages of this site; ask the operator to add its origin to the key."
            assert (response.status, await refusal(response)) == (403, ("ORIGIN", sentence))
        free = (await create_key(client.hub.database, role=Role.BUYER, name="x")).token
        assert (await ask(client, SETTLED, free)).status == 200
