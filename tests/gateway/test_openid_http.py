"""Tokens of a provider over HTTP: who is let in, what the others are told, and what nobody is."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.settings import Settings
from tests.gateway.openid_kit import AUDIENCE, Provider
from tests.gateway.served import Client, serve_on_loopback

CONTACT = '{ supplier(by: { siren: "732829320" }) { contact { email } } }'
UNDO = 'mutation { decisionUndo(id: "x", reason: "x") { userErrors { code } } }'
SAVE = 'mutation { savedSearchCreate(name: "x", query: "plombier") { userErrors { code } } }'


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with Provider().running() as running:
        yield running


@pytest.fixture
async def client(filled: Settings, provider: Provider) -> AsyncIterator[Client]:
    oidc = {"issuer": provider.issuer, "audience": AUDIENCE, "roles": {"stewards": "STEWARD", "buyers": "BUYER"}}
    async with serve_on_loopback(Settings(data_dir=filled.data_dir, oidc=oidc)) as served:
        yield served


async def answer(client: Client, query: str, token: str) -> dict[str, Any]:
    said: dict[str, Any] = await (await client.ask(query, token)).json()
    return said


async def test_a_token_is_as_good_as_a_key_of_its_role(client: Client, provider: Provider) -> None:
    buyer, steward = provider.token(), provider.token(roles="stewards")
    assert (await answer(client, CONTACT, buyer))["data"]["supplier"]["contact"]["email"] == "contact@example.org"
    assert (await answer(client, UNDO, buyer))["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert (await answer(client, UNDO, steward))["data"]["decisionUndo"]["userErrors"] == [{"code": "INVALID"}]
    # A search is saved under a key: a token has none.
    assert (await answer(client, SAVE, buyer))["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_bad_token_is_refused_and_not_taken_for_nobody(client: Client, provider: Provider) -> None:
    for token in (provider.token("impostor"), provider.token(exp=1), "a.b.c", "x" * 20_000 + ".y.z"):
        response = await client.ask("{ __typename }", token)
        assert response.status == 401
        assert response.headers["WWW-Authenticate"] == 'Bearer realm="circuit", error="invalid_token"'
        assert (await response.json())["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_megabyte_of_token_is_no_fault_of_ours(client: Client, provider: Provider) -> None:
    response = await client.ask("{ __typename }", provider.token(padding="x" * 750_000))
    assert response.status in {400, 401, 431}
    assert (await client.ask("{ __typename }")).status == 200


async def test_of_a_provider_that_is_away_nothing_is_told(client: Client, provider: Provider) -> None:
    provider.status = 500
    response = await client.ask("{ __typename }", provider.token())
    assert (response.status, response.headers["Retry-After"]) == (503, "10")
    said = await response.text()
    assert "PROVIDER_UNAVAILABLE" in said
    assert not [word for word in ("127.0.0.1", "secret", "jwks", "well-known", "500") if word in said]
    assert (await client.ask("{ __typename }")).status == 200


async def test_without_a_provider_a_token_is_no_key(filled: Settings, provider: Provider) -> None:
    async with serve_on_loopback(filled) as client:
        said = await (await client.ask("{ __typename }", provider.token())).json()
    sentence = "This is not an API key of the hub; it has the form cc_<prefix>_<secret>."
    assert said["errors"][0]["message"] == sentence
    assert provider.asked == []
