"""One change and many who follow: their events are told in turns, none is lost, and who asks is answered meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from gateway.settings import Settings
from schema.context import SupplierNews
from tests.gateway.following_kit import Listening, Talk, listening, talking, until
from tests.gateway.served import Client, serve_on_loopback
from tests.gateway.test_attendance import readers_taken

SUBSCRIPTION = "subscription { supplierChanged { cursor supplier { listings { name } } } }"
SOCKETS, STREAMS, EVENTS = 6, 4, 3


@asynccontextmanager
async def narrow(settings: Settings, **limits: Any) -> AsyncIterator[Client]:
    """A hub with few places."""
    given = settings.limits.model_copy(update=limits)
    async with serve_on_loopback(settings.model_copy(update={"limits": given})) as client:
        yield client


@asynccontextmanager
async def followers(client: Client) -> AsyncIterator[list[Talk | Listening]]:
    """Many, by both protocols."""
    async with AsyncExitStack() as opened:
        talks = [await opened.enter_async_context(talking(client)) for _ in range(SOCKETS)]
        for talk in talks:
            await (await talk.begin()).follow("1", SUBSCRIPTION)
        streams = [await opened.enter_async_context(listening(client, SUBSCRIPTION)) for _ in range(STREAMS)]
        yield [*talks, *streams]


async def changes(client: Client, times: int) -> list[SupplierNews]:
    """So many events."""
    (change, *_) = await client.hub.reader.changes(datetime(2000, 1, 1, tzinfo=UTC), 0, 1)
    (stored,) = await client.hub.reader.suppliers([change.supplier_id])
    return [SupplierNews(change=replace(change, seq=seq), stored=stored, is_found=True) for seq in range(1, times + 1)]


def tell(client: Client, news: Sequence[SupplierNews]) -> None:
    """Have all who follow told of it, as the hub's feed does."""
    for subscriber in client.hub.feed._suppliers:
        subscriber.put(news)


async def cursors(follower: Talk | Listening, count: int) -> tuple[str, ...]:
    return tuple([(await follower.event())["cursor"] for _ in range(count)])


async def test_one_change_with_many_followers_is_told_in_turns(filled: Settings) -> None:
    """While nothing can be read of the store, each event that has its turn keeps it: a quarter of them."""
    async with narrow(filled, executions=8) as client, followers(client) as following:
        gate, news = client.hub.gate, await changes(client, EVENTS)
        async with readers_taken(client):
            tell(client, news)
            await until(lambda: gate.waiting_patiently == len(following) - 2)
            assert gate.executing == 2
            assert (await client.ask("{ suppliers { totalCount } }")).headers["X-Cache"] == "MISS"
        told = await asyncio.gather(*(cursors(each, EVENTS) for each in following))
        assert len(set(told)) == 1  # all are told the same, in the same order
        assert len(set(told[0])) == EVENTS
        assert (gate.executing, gate.waiting_patiently) == (0, 0)


async def test_events_wait_longer_than_any_request_may(filled: Settings) -> None:
    """Their time begins with their turn."""
    async with narrow(filled, executions=1, waiting=0, request_seconds=0.5) as client, followers(client) as following:
        async with client.hub.gate:
            tell(client, await changes(client, EVENTS))
            await until(lambda: client.hub.gate.waiting_patiently == len(following))
            assert (await client.ask("{ suppliers { totalCount } }")).status == 503
            await asyncio.sleep(1)
        told = await asyncio.gather(*(cursors(each, EVENTS) for each in following))
        assert len(set(told)) == 1


async def test_what_waits_for_a_turn_is_bounded(filled: Settings) -> None:
    async with narrow(filled, executions=1) as client, talking(client) as talk:
        await (await talk.begin()).follow("1", SUBSCRIPTION)
        most = client.hub.settings.subscriptions.pending
        async with client.hub.gate:
            tell(client, await changes(client, 1))
            await until(lambda: client.hub.gate.waiting_patiently == 1)
            tell(client, await changes(client, most + 1))
        await talk.event()  # the one that waited for its turn
        assert (await talk.heard())["payload"][0]["extensions"]["code"] == "TOO_SLOW"


async def test_who_leaves_while_its_event_waits_takes_no_place_along(filled: Settings) -> None:
    async with narrow(filled, executions=1) as client:
        gate = client.hub.gate
        async with AsyncExitStack() as there:
            following = await there.enter_async_context(followers(client))
            async with gate:
                tell(client, await changes(client, EVENTS))
                await until(lambda: gate.waiting_patiently == len(following))
                await there.aclose()
        await until(lambda: (gate.executing, gate.waiting_patiently) == (0, 0))
        async with followers(client) as following:
            tell(client, await changes(client, 1))
            await asyncio.gather(*(cursors(each, 1) for each in following))
