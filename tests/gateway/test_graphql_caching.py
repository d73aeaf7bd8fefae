"""Answers given again: when, to whom, and never to another role."""

import asyncio
from typing import Any

import pytest

from directory.disclosure import Role
from directory.store import state
from gateway.auth import create_key
from gateway.settings import Settings
from gateway.stores import opened_store
from tests.gateway.served import DIRECTORY, Client, fill, plumber, serve_on_loopback

CONTACT = '{ supplier(by: { siren: "732829320" }) { name contact { email } } }'
COUNT = '{ suppliers(query: "plombier") { totalCount } }'


async def states(client: Client, query: str, times: int, **members: Any) -> list[str]:
    """Where each of these answers came from."""
    return [(await client.ask(query, **members)).headers["X-Cache"] for _ in range(times)]


async def test_an_answer_is_given_again(client: Client) -> None:
    assert await states(client, COUNT, 3) == ["MISS", "HIT", "HIT"]
    assert await states(client, f"query Other {COUNT}", 1) == ["MISS"]
    assert await states(client, COUNT, 1, variables={"x": 1}) == ["MISS"]


async def test_variables_are_equal_in_any_order(client: Client) -> None:
    query = (
        "query A($a: Int, $b: Int) { x: suppliers(first: $a) { totalCount } y: suppliers(first: $b) { totalCount } }"
    )
    assert await states(client, query, 1, variables={"a": 1, "b": 2}) == ["MISS"]
    assert await states(client, query, 1, variables={"b": 2, "a": 1}) == ["HIT"]


async def test_errors_are_not_kept(client: Client) -> None:
    assert await states(client, '{ node(id: "!") { id } }', 2) == ["MISS", "MISS"]
    assert await states(client, "{ nothing }", 2) == ["MISS", "MISS"]


async def test_callers_who_ask_together_wait_for_one_answer(client: Client) -> None:
    answers = await asyncio.gather(*(client.ask(COUNT) for _ in range(8)))
    found = sorted(answer.headers["X-Cache"] for answer in answers)
    assert found.count("MISS") == 1
    assert set(found) <= {"MISS", "JOINED", "HIT"}


async def test_no_role_is_given_anothers_answer(client: Client) -> None:
    """What a steward may see is kept under the steward's role; the public's very same query finds nothing of it."""
    keys = {role: await create_key(client.hub.database, role=role, name=role) for role in (Role.STEWARD, Role.BUYER)}
    seen: dict[Role, list[tuple[str, str | None]]] = {}
    for role in (Role.STEWARD, Role.PUBLIC, Role.BUYER, Role.PUBLIC, Role.STEWARD):
        key = keys[role].token if role in keys else None
        answer = await client.ask(CONTACT, key)
        contact = (await answer.json())["data"]["supplier"]["contact"]
        seen.setdefault(role, []).append((answer.headers["X-Cache"], contact and contact["email"]))
    assert seen[Role.STEWARD] == [("MISS", "contact@example.org"), ("HIT", "contact@example.org")]
    assert seen[Role.PUBLIC] == [("MISS", None), ("HIT", None)]
    assert seen[Role.BUYER][0][0] == "MISS"


async def test_partners_do_not_share_answers(client: Client) -> None:
    made = [
        await create_key(client.hub.database, role=Role.PARTNER, name=partner, partner=partner)
        for partner in ("cmar", "chambre")
    ]
    found = [(await client.ask(COUNT, key.token)).headers["X-Cache"] for key in (*made, *made)]
    assert found == ["MISS", "MISS", "HIT", "HIT"]


async def test_a_new_index_is_answered_from_at_once(filled: Settings) -> None:
    async with serve_on_loopback(filled) as client:
        assert (await (await client.ask(COUNT)).json())["data"]["suppliers"]["totalCount"] == 2
        async with opened_store(filled) as database:
            await fill(database, filled.index_dir, (*DIRECTORY, plumber("cmar", "3", "Ets Marcel Pagnol", number=3)))
        await client.hub.refresh()
        answer = await client.ask(COUNT)
        assert answer.headers["X-Cache"] == "MISS"
        assert (await answer.json())["data"]["suppliers"]["totalCount"] == 3


async def test_the_stores_revision_is_taken_up_by_itself(client: Client) -> None:
    assert await states(client, COUNT, 2) == ["MISS", "HIT"]
    before = client.hub.revision
    async with client.hub.database.writing() as connection:
        await state.bump(connection)
    async with asyncio.timeout(5):
        while client.hub.revision == before:  # noqa: ASYNC110  # the hub looks once a second
            await asyncio.sleep(0.05)
    assert await states(client, COUNT, 1) == ["MISS"]


@pytest.mark.parametrize(
    ("method", "with_key", "caching"),
    [
        ("GET", False, "public, max-age=10, stale-while-revalidate=60"),
        ("GET", True, "private, no-cache"),
        ("POST", False, "no-store"),
    ],
)
async def test_what_others_on_the_way_may_keep(client: Client, method: str, with_key: bool, caching: str) -> None:
    headers = {}
    if with_key:
        key = await create_key(client.hub.database, role=Role.BUYER, name="x")
        headers["Authorization"] = f"Bearer {key.token}"
    asked: dict[str, Any] = {"params": {"query": COUNT}} if method == "GET" else {"json": {"query": COUNT}}
    async with client.session.request(method, "/graphql", headers=headers, **asked) as response:
        assert response.headers["Cache-Control"] == caching
        assert response.headers["Vary"] == "Accept, Authorization, Origin"
        assert response.headers["Age"] == "0"


async def test_an_error_by_get_is_not_to_be_kept(client: Client) -> None:
    response = await client.get("/graphql", params={"query": "{ nothing }"})
    assert response.headers["Cache-Control"] == "no-store"


async def test_nothing_is_kept_when_the_operator_says_so(filled: Settings) -> None:
    async with serve_on_loopback(
        Settings(data_dir=filled.data_dir, cache={"fresh_seconds": 0, "stale_seconds": 0})
    ) as client:
        assert await states(client, COUNT, 2) == ["MISS", "MISS"]
