"""Decisions over HTTP: by POST alone, under the key's name, and seen by the very next question."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from directory.disclosure import Role
from directory.store.decisions import decision
from gateway.auth import create_key
from gateway.settings import Settings
from tests.gateway.served import Client, serve_on_loopback

PAUSE = """mutation($paused: Boolean!) { partnerPause(id: "cmar", paused: $paused, reason: "Migration.") {
  partner { status { status } } userErrors { message }
} }"""
STATUS = "{ partners { code status { status } } }"


@pytest.fixture
async def client(filled: Settings) -> AsyncIterator[Client]:
    async with serve_on_loopback(filled) as served:
        yield served


@pytest.fixture
async def steward(client: Client) -> str:
    return (await create_key(client.hub.database, role=Role.STEWARD, name="Anne, CCI")).token


async def health(client: Client, key: str | None) -> tuple[str, str]:
    answer = await client.ask(STATUS, key)
    partners = {each["code"]: each["status"]["status"] for each in (await answer.json())["data"]["partners"]}
    return answer.headers["X-Cache"], partners["cmar"]


async def test_no_answer_from_before_is_given_after(client: Client, steward: str) -> None:
    for key in (steward, None):
        assert [await health(client, key) for _ in range(2)] == [("MISS", "UP"), ("HIT", "UP")]
    for paused, expected in ((True, "PAUSED"), (False, "UP")):
        answer = await client.ask(PAUSE, steward, variables={"paused": paused})
        assert (answer.headers["X-Cache"], answer.headers["Cache-Control"]) == ("MISS", "no-store")
        assert await health(client, steward) == ("MISS", expected)
        assert await health(client, None) == ("MISS", expected)


async def test_the_author_is_the_keys_name(client: Client, steward: str) -> None:
    await client.ask(PAUSE, steward, variables={"paused": True})
    async with client.hub.database.reading() as connection:
        (row,) = await connection.execute(select(decision))
    assert (row.kind, row.author, row.reason) == ("partner_paused", "Anne, CCI", "Migration.")


async def test_a_mutation_by_get_is_refused_and_does_nothing(client: Client, steward: str) -> None:
    response = await client.get(
        "/graphql",
        params={"query": PAUSE, "variables": '{"paused": true}'},
        headers={"Authorization": f"Bearer {steward}"},
    )
    assert (response.status, response.headers["Allow"]) == (405, "POST")
    assert await health(client, steward) == ("MISS", "UP")


@pytest.mark.parametrize("role", [Role.PUBLIC, Role.BUYER, Role.PARTNER])
async def test_other_keys_are_turned_away(client: Client, role: Role) -> None:
    key = None
    if role is not Role.PUBLIC:
        partner = "cmar" if role is Role.PARTNER else None
        key = (await create_key(client.hub.database, role=role, name="x", partner=partner)).token
    answer = await (await client.ask(PAUSE, key, variables={"paused": True})).json()
    assert (answer["data"], answer["errors"][0]["extensions"]) == (None, {"code": "FORBIDDEN"})
    assert await health(client, key) == ("MISS", "UP")


async def test_a_partners_key_sees_its_own_harvests(client: Client) -> None:
    key = await create_key(client.hub.database, role=Role.PARTNER, name="site", partner="cmar")
    answer = await (await client.ask("{ partners { code runs { status } } }", key.token)).json()
    runs = {each["code"]: each["runs"] for each in answer["data"]["partners"]}
    assert runs == {"chambre": None, "cmar": [{"status": "ACCEPTED"}]}
