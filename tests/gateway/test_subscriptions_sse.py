"""Subscriptions as server-sent events: one stream an operation, by POST and by GET."""

import asyncio
from typing import Any

import pytest

from gateway.settings import Settings
from gateway.subscriptions import events
from tests.gateway.following_kit import CHANGED, NEWCOMER, Town, counted, listening, until
from tests.gateway.served import Client

STREAM = {"Accept": "text/event-stream"}


async def whole(client: Client, **request: Any) -> str:
    """A stream that ends, from its first byte to its last."""
    async with client.session.request(url="/graphql", **request) as response:
        assert (response.status, response.headers["Content-Type"]) == (200, "text/event-stream; charset=utf-8")
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Accel-Buffering"] == "no"
        return await response.text()


async def test_a_query_is_one_event_and_the_end(client: Client) -> None:
    expected = ':\n\nevent: next\ndata: {"data":{"suppliers":{"totalCount":2}}}\n\nevent: complete\ndata:\n\n'
    query = {"query": "{ suppliers { totalCount } }"}
    assert await whole(client, method="POST", json=query, headers=STREAM) == expected
    assert await whole(client, method="GET", params=query, headers=STREAM) == expected


async def test_a_subscription_by_get_is_followed(client: Client, filled: Settings) -> None:
    town = Town(client.hub.database, filled)
    async with client.session.get("/graphql", params={"query": CHANGED}, headers=STREAM) as response:
        assert response.status == 200
        await town.welcomes(NEWCOMER)
        said = b""
        async with asyncio.timeout(30):
            while b"event: next" not in said or not said.endswith(b"\n\n"):
                said += await response.content.readany()
    assert '"name":"Plomberie Étoile"' in said.decode()


async def test_nothing_is_missed_from_the_headers_on(client: Client, filled: Settings) -> None:
    town = Town(client.hub.database, filled)
    async with listening(client, CHANGED) as stream:
        await town.welcomes(NEWCOMER)
        assert (await stream.event())["supplier"]["name"] == "Plomberie Étoile"


async def test_contacts_are_told_to_whom_they_are_shown(client: Client, filled: Settings) -> None:
    town = Town(client.hub.database, filled)
    async with listening(client, CHANGED, await town.key()) as known, listening(client, CHANGED) as public:
        await town.welcomes(NEWCOMER)
        assert (await known.event())["supplier"]["contact"] == {"email": "contact3@example.org"}
        assert (await public.event())["supplier"]["contact"] is None


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("subscription { supplierChanged {", "BAD_QUERY"),
        ("subscription { supplierChanged { colour } }", "BAD_QUERY"),
        ('subscription { supplierChanged(where: {naf: ["nine"]}) { at } }', "BAD_INPUT"),
        ("subscription { supplierChanged(where: {has: [EMAIL]}) { at } }", "FORBIDDEN"),
        ("{ colour }", "BAD_QUERY"),
    ],
)
async def test_what_cannot_be_executed_is_told_in_the_stream(client: Client, query: str, code: str) -> None:
    async with listening(client, query) as stream:
        kind, said = await stream.heard()
        assert kind == "next"
        assert said["errors"][0]["extensions"]["code"] == code
        assert "data" not in said
        assert await stream.heard() == ("complete", None)


REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"method": "GET", "params": {"query": "mutation { a }"}}, 405, "MUTATION_BY_GET"),
    ({"method": "POST", "data": b"{", "headers": {"Content-Type": "application/json"}}, 400, "BAD_JSON"),
    ({"method": "POST", "data": b"{}", "headers": {"Content-Type": "text/plain"}}, 415, "CONTENT_TYPE"),
    ({"method": "GET", "params": {"query": CHANGED}, "headers": {"Authorization": "Bearer x"}}, 401, "UNAUTHENTICATED"),
]


@pytest.mark.parametrize(("request_", "status", "code"), REFUSED)
async def test_what_is_no_request_is_refused_as_ever(
    client: Client, request_: dict[str, Any], status: int, code: str
) -> None:
    headers = STREAM | request_.get("headers", {})
    async with client.session.request(url="/graphql", **{**request_, "headers": headers}) as response:
        assert response.status == status
        assert response.content_type == "application/json"
        assert (await response.json())["errors"][0]["extensions"]["code"] == code


async def test_a_client_without_a_preference_is_given_json(client: Client) -> None:
    headers = {"Accept": "*/*"}
    async with client.session.post("/graphql", json={"query": "{ __typename }"}, headers=headers) as response:
        assert response.content_type == "application/json"


async def test_silence_is_broken_now_and_then(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "ALIVE_SECONDS", 0.2)
    async with listening(client, CHANGED) as stream:
        async with asyncio.timeout(30):
            for _ in range(4):
                assert await stream.response.content.readuntil(b"\n\n") == b":\n\n"


async def test_who_hangs_up_is_forgotten(client: Client) -> None:
    before = counted("circuit_subscriptions_open", transport="sse")
    async with listening(client, CHANGED) as stream:
        assert counted("circuit_subscriptions_open", transport="sse") == before + 1
        stream.response.close()
        await until(lambda: counted("circuit_subscriptions_open", transport="sse") == before)
