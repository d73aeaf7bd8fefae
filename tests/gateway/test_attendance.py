"""Whoever hangs up is worked for no longer, unless something is being changed; and nothing takes for ever."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.disclosure import Role
from directory.store.database import READERS
from directory.store.decisions import decision
from gateway.auth import create_key
from gateway.metrics import LEFT
from gateway.settings import Settings
from tests.gateway.partners_kit import Town, town
from tests.gateway.served import Client, refusal, serve_on_loopback

LIVE = 'query Live { listing(partner: "essai", externalId: "a") { live { source record { name } } } }'
PAUSE = 'mutation { partnerPause(id: "cmar", paused: true, reason: "Migration.") { partner { code } } }'
PATIENCE = 20


@pytest.fixture
async def place(settings: Settings) -> AsyncIterator[Town]:
    """A hub whose partner never answers, and which would wait for it for half a minute."""
    async with town(settings, live={"deadline_seconds": 30}) as made:
        made.upstream.mood = "hang"
        yield made


async def send(client: Client, query: str, key: str | None = None) -> asyncio.StreamWriter:
    """A question on a connection of its own, whose answer is not waited for."""
    _, writer = await asyncio.open_connection("127.0.0.1", client.port)
    body = json.dumps({"query": query}).encode()
    head = f"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    writer.write(head.encode() + (f"Authorization: Bearer {key}\r\n".encode() if key else b"") + b"\r\n" + body)
    return writer


@asynccontextmanager
async def readers_taken(client: Client) -> AsyncIterator[None]:
    """Every connection that reads the store is taken until the block ends."""
    async with AsyncExitStack() as stack:
        for _ in range(READERS):
            await stack.enter_async_context(client.hub.database.reading())
        yield


async def until(so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not so():  # noqa: ASYNC110  # what is looked at is on the other side of a socket
            await asyncio.sleep(0.02)


def left() -> float:
    """Queries and exports that this process has given up so far."""
    return float(LEFT._value.get())


async def test_a_query_whose_caller_hangs_up_is_given_up(place: Town) -> None:
    before = left()
    writer = await send(place.client, LIVE)
    await asyncio.wait_for(place.upstream.hanging.wait(), PATIENCE)
    assert place.client.hub.gate.executing == 1
    writer.close()
    await until(lambda: place.client.hub.gate.executing == 0)
    assert left() == before + 1
    lines = (await (await place.client.get("/metrics")).text()).splitlines()
    assert any('route="/graphql",status="499"' in line for line in lines)


async def test_it_goes_on_for_whoever_asked_the_same(place: Town) -> None:
    first = await send(place.client, LIVE)
    await asyncio.wait_for(place.upstream.hanging.wait(), PATIENCE)
    second = asyncio.create_task(place.client.ask(LIVE))
    await asyncio.sleep(0.3)
    first.close()
    await asyncio.sleep(0.3)
    assert place.client.hub.gate.executing == 1
    place.upstream.mood = "answer"
    place.upstream.let_go.set()
    answer = await second
    assert answer.headers["X-Cache"] == "JOINED"
    assert (await answer.json())["data"]["listing"]["live"] == {"source": "LIVE", "record": {"name": "Plomberie Fabre"}}
    assert place.upstream.asked == ["/members/a"]


async def test_an_export_whose_caller_hangs_up_is_not_made(filled: Settings) -> None:
    """A store that lets nobody in: without a hang-up the export would wait for it."""
    async with serve_on_loopback(filled) as client, readers_taken(client):
        before = left()
        _, writer = await asyncio.open_connection("127.0.0.1", client.port)
        writer.write(b"GET /suppliers.csv HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.sleep(0.3)
        writer.close()
        await until(lambda: left() == before + 1)


async def test_a_mutation_whose_caller_hangs_up_is_finished(filled: Settings) -> None:
    async with serve_on_loopback(filled) as client:
        key = await create_key(client.hub.database, role=Role.STEWARD, name="Anne")
        assert (await client.ask("{ __typename }", key.token)).status == 200
        await until(lambda: not client.hub._running)  # the use of the key is noted by the one writer that there is
        async with client.hub.database.writing():
            writer = await send(client, PAUSE, key.token)
            await until(lambda: client.hub.gate.executing == 1)
            writer.close()
            await asyncio.sleep(0.3)
            assert client.hub.gate.executing == 1
        await until(lambda: client.hub.gate.executing == 0)
        async with client.hub.database.reading() as connection:
            assert await _decisions(connection) == ["partner_paused"]


async def _decisions(connection: AsyncConnection) -> list[Any]:
    return list(await connection.scalars(select(decision.c.kind)))


@pytest.mark.parametrize("path", ["/readyz", "/metrics", "/graphql", "/saved-searches/x/feed.atom", "/suppliers.csv"])
async def test_whatever_it_is_that_does_not_answer(filled: Settings, path: str) -> None:
    """A store that lets nobody in: every reader is taken."""
    hasty = Settings(data_dir=filled.data_dir, limits={"request_seconds": 0.3})
    async with serve_on_loopback(hasty) as client:
        token = f"cc_{'a' * 12}_{'A' * 43}"
        async with readers_taken(client):
            asked = client.get(path, params={"query": "{ __typename }"}, headers={"Authorization": f"Bearer {token}"})
            response: aiohttp.ClientResponse = await asyncio.wait_for(asked, PATIENCE)
        sentence = "The request took longer than 0.3 s; ask for less, or try again later."
        assert (response.status, await refusal(response)) == (503, ("TIMEOUT", sentence))
        assert response.headers["Retry-After"] == "5"
        assert (await client.get("/healthz")).status == 200
