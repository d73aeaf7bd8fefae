"""Several processes over one store: a change written by one is told by the others, at once where there is Redis."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis
from sqlalchemy import event

from directory.disclosure import Role
from directory.harvest import harvest
from directory.store.database import Database
from gateway import waking
from gateway.pipeline import resolve_all
from gateway.settings import Settings
from gateway.stores import opened_store
from tests.gateway.following_kit import CHANGED, SECONDS, STATUS, Town, bounded, counted, listening, talking
from tests.gateway.served import DIRECTORY, PARTNERS, Client, Fixed, plumber, serve_on_loopback
from tests.harvesting import LAX

REDIS = os.environ.get("CIRCUIT_TEST_REDIS_URL", "")
needs_redis = [pytest.mark.redis, pytest.mark.skipif(not REDIS, reason="CIRCUIT_TEST_REDIS_URL is not set")]
NAMES = ("Plomberie Étoile", "Chauffage Mistral", "Sanitaires du Prado")


def shared_settings(folder: Path, url: str, redis: str | None) -> Settings:
    """Of one process of several over this store."""
    return Settings(data_dir=folder, database_url=SecretStr(url), redis_url=SecretStr(redis) if redis else None)


@asynccontextmanager
async def two_hubs(folder: Path, url: str, redis: str | None = None) -> AsyncIterator[tuple[Client, Client]]:
    """Two applications, each with a store, a cache and a feed of its own."""
    async with AsyncExitStack() as opened:
        one, other = [
            await opened.enter_async_context(serve_on_loopback(shared_settings(folder / name, url, redis)))
            for name in ("one", "other")
        ]
        yield one, other


async def written_elsewhere(settings: Settings, names: tuple[str, ...]) -> None:
    """What another process does: it harvests and resolves, over connections of its own."""
    newcomers = [plumber("cmar", str(number), name, number=number) for number, name in enumerate(names, 3)]
    async with opened_store(settings) as database:
        for partner, info in PARTNERS.items():
            mine = Fixed([each for each in (*DIRECTORY, *newcomers) if each.partner == partner])
            await harvest(database, mine, info, guard=LAX)
        await resolve_all(database, settings)


async def test_a_change_reaches_clients_of_every_process(database_url: str, tmp_path: Path) -> None:
    settings = shared_settings(tmp_path / "writer", database_url, None)
    await written_elsewhere(settings, ())
    async with (
        two_hubs(tmp_path, database_url) as (one, other),
        talking(one) as talk,
        listening(other, CHANGED) as told,
    ):
        await (await talk.begin()).follow("1", CHANGED)
        for count in range(1, len(NAMES) + 1):
            await written_elsewhere(settings, NAMES[:count])
        assert [(await talk.event())["supplier"]["name"] for _ in NAMES] == list(NAMES)
        assert [(await told.event())["supplier"]["name"] for _ in NAMES] == list(NAMES)


class Tests:
    """With a Redis that they share."""

    pytestmark = needs_redis

    async def test_a_change_is_told_at_once(
        self, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("gateway.hub.REFRESH_SECONDS", 3_600.0)  # what is heard is heard through Redis alone
        settings = shared_settings(tmp_path / "writer", database_url, REDIS)
        await written_elsewhere(settings, ())
        async with two_hubs(tmp_path, database_url, REDIS) as (one, other):
            await _heard_by(2)
            async with talking(one) as talk, listening(other, CHANGED) as told:
                await (await talk.begin()).follow("1", CHANGED)
                await written_elsewhere(settings, NAMES[:1])
                assert (await talk.event())["supplier"]["name"] == NAMES[0]
                assert (await told.event())["supplier"]["name"] == NAMES[0]

    async def test_a_call_says_nothing(self, tmp_path: Path) -> None:
        settings = shared_settings(tmp_path, "sqlite:///x.db", REDIS)
        client = Redis.from_url(REDIS)
        async with client.pubsub(ignore_subscribe_messages=True) as calls:
            await calls.subscribe(waking.CHANNEL)
            await asyncio.sleep(0.2)
            await waking.announce(settings)
            async with asyncio.timeout(30):
                while (message := await calls.get_message(timeout=1)) is None:
                    pass
        await client.aclose()
        assert message["data"] == b""

    async def test_a_mutation_wakes_the_others(self, database_url: str, tmp_path: Path) -> None:
        settings = shared_settings(tmp_path / "writer", database_url, REDIS)
        await written_elsewhere(settings, ())
        async with two_hubs(tmp_path, database_url, REDIS) as (one, other), talking(other) as talk:
            await (await talk.begin()).follow("1", STATUS)
            key = await Town(one.hub.database, settings).key(Role.STEWARD)
            pause = 'mutation { partnerPause(id: "cmar", paused: true, reason: "x") { userErrors { code } } }'
            await one.ask(pause, key)
            assert (await talk.event())["status"] == "PAUSED"


async def test_a_redis_that_is_away_costs_a_second_and_no_event(database_url: str, tmp_path: Path) -> None:
    away = "redis://127.0.0.1:1/0"
    settings = shared_settings(tmp_path / "writer", database_url, away)
    await written_elsewhere(settings, ())
    async with two_hubs(tmp_path, database_url, away) as (one, _), talking(one) as talk:
        await (await talk.begin()).follow("1", CHANGED)
        await written_elsewhere(settings, NAMES[:1])
        assert (await talk.event())["supplier"]["name"] == NAMES[0]


async def test_many_who_wait_cost_no_statement_each(filled: Settings) -> None:
    """200 subscribers to whom nothing happens, half of them with a key or a filter, ask no more than one does."""
    async with bounded(filled, caller_connections=100, operations=20) as client, AsyncExitStack() as opened:
        town = Town(client.hub.database, filled)
        key = await town.key()
        first = await opened.enter_async_context(talking(client))
        await (await first.begin(key)).follow("1", CHANGED)
        await first.follow("2", STATUS)
        alone = await _statements(client.hub.database, 4.0)
        before, talks = followers(), [first]
        for number in range(20):
            talk = await opened.enter_async_context(talking(client))
            await talk.begin(key if number % 2 else None)
            for each in range(10):
                where = {"minPartners": each % 3} if each < 5 else None
                await talk.ask(str(each), CHANGED, where=where)
            await talk.say(type="ping")
            assert await talk.heard() == {"type": "pong"}
            talks.append(talk)
        assert followers() == before + 200
        together = await _statements(client.hub.database, 4.0)
        assert 0 < sum(alone.values()) < 60
        assert sum(together.values()) <= sum(alone.values()) * 1.5, together - alone
        await town.welcomes(plumber("cmar", "3", NAMES[0], number=3))
        for talk in talks:
            while "kind" not in (told := await talk.event()):
                assert told["members"] in {1, 3}  # it is how a partner answers
            assert told["kind"] == "CREATED"


def followers() -> float:
    return counted("circuit_subscriptions_open", transport="websocket")


async def _heard_by(count: int) -> None:
    """Wait until so many listen."""
    client = Redis.from_url(REDIS)
    async with asyncio.timeout(SECONDS):
        while (await client.pubsub_numsub(waking.CHANNEL))[0][1] < count:  # noqa: ASYNC110  # it is another's doing
            await asyncio.sleep(0.05)
    await client.aclose()


async def _statements(database: Database, seconds: float) -> "Counter[str]":
    """What is asked of the store in so many seconds, by its first words."""
    asked: Counter[str] = Counter()

    def count(_connection: Any, _cursor: Any, statement: str, *_others: Any) -> None:
        asked[statement[:60]] += 1

    engine = database._reader.sync_engine
    event.listen(engine, "before_cursor_execute", count)
    await asyncio.sleep(seconds)
    event.remove(engine, "before_cursor_execute", count)
    return asked
