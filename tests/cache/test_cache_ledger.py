"""Sliding windows that count together through a real Redis, and alone while it is away or mute."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from redis.asyncio import Redis

from cache import SlidingWindow
from cache.ledger import RedisLedger
from cache.window import AT_ONCE, Taken, Totals
from tests.cache.test_cache_redis import ADDRESS, closed_port, needs_redis
from tests.cache.test_cache_window import MINUTE, Clock


@pytest.fixture
def prefix() -> str:
    return f"circuit-test:{uuid.uuid4()}:"


@pytest.fixture
async def redis(prefix: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(ADDRESS)
    yield client
    async for key in client.scan_iter(match=f"{prefix}*"):
        await client.delete(key)
    await client.aclose()


@pytest.fixture
async def ledger(redis: Redis, prefix: str) -> AsyncIterator[RedisLedger]:
    ledger = RedisLedger(ADDRESS, prefix=prefix, bound=2.0)
    yield ledger
    await ledger.close()


async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection to the real Redis."""
    address = urlsplit(ADDRESS)
    from_redis, to_redis = await asyncio.open_connection(address.hostname, address.port or 6379)

    async def pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65_536):
            target.write(data)
        target.close()

    await asyncio.gather(pass_on(reader, to_redis), pass_on(from_redis, writer))


class Tests:
    """With a Redis that answers."""

    pytestmark = needs_redis

    async def test_totals_are_of_the_window_told_and_the_one_before(
        self, ledger: RedisLedger, redis: Redis, prefix: str
    ) -> None:
        assert await ledger.exchange([Taken("a", 7, 10), Taken("b", 7, 1)]) == [Totals(10, 0), Totals(1, 0)]
        assert await ledger.exchange([Taken("a", 7, 5), Taken("a", 8, 2)]) == [Totals(15, 0), Totals(2, 15)]
        assert await ledger.exchange([Taken("a", 7, -20)]) == [Totals(0, 0)]
        assert 170_000 < await redis.pttl(f"{prefix}a:7") <= 180_000

    async def test_two_processes_share_one_budget(self, ledger: RedisLedger) -> None:
        clock = Clock()
        one, other = SlidingWindow(ledger, clock=clock), SlidingWindow(ledger, clock=clock)
        assert one.take("a", 60, 100) == 0.0
        assert other.take("a", 30, 100) == 0.0
        for window in (one, other, one):
            window.standing("a", 100)
            await window.share()
        assert one.standing("a", 100) == other.standing("a", 100)
        assert one.standing("a", 100).remaining == 10
        assert one.take("a", 11, 100) > 0
        assert other.take("a", 11, 100) > 0
        clock.now += MINUTE
        assert [window.standing("a", 100).remaining for window in (one, other)] == [10, 10]

    async def test_what_was_taken_at_the_end_of_a_window_is_told_in_the_next(self, ledger: RedisLedger) -> None:
        clock = Clock()
        one, other = SlidingWindow(ledger, clock=clock), SlidingWindow(ledger, clock=clock)
        one.take("a", 60, 100)
        clock.now += MINUTE
        one.take("a", 5, 100)
        await one.share()
        other.take("a", 1, 100)
        await other.share()
        assert other.standing("a", 100).remaining == 100 - 66

    async def test_what_is_given_back_is_told_too(self, ledger: RedisLedger) -> None:
        clock = Clock()
        one, other = SlidingWindow(ledger, clock=clock), SlidingWindow(ledger, clock=clock)
        one.take("a", 60, 100)
        await one.share()
        one.give_back("a", 59)
        await one.share()
        other.standing("a", 100)
        await other.share()
        assert other.standing("a", 100).remaining == 99

    async def test_what_is_given_back_when_its_window_has_ended_is_told_too(self, ledger: RedisLedger) -> None:
        clock = Clock()
        one, other = SlidingWindow(ledger, clock=clock), SlidingWindow(ledger, clock=clock)
        one.take("a", 60, 100)
        await one.share()
        clock.now += MINUTE
        one.give_back("a", 60)
        await one.share()
        other.take("a", 1, 100)
        await other.share()
        assert [window.standing("a", 100).remaining for window in (one, other)] == [100, 99]

    async def test_more_callers_than_one_exchange_holds_are_told_in_turns(
        self, ledger: RedisLedger, redis: Redis, prefix: str
    ) -> None:
        window = SlidingWindow(ledger)
        for number in range(AT_ONCE + 1):
            window.take(str(number), 1, 100)
        await window.share()
        await window.share()
        assert len([key async for key in redis.scan_iter(match=f"{prefix}*")]) == AT_ONCE + 1

    async def test_what_redis_did_not_hear_is_told_when_it_is_back(self, ledger: RedisLedger, prefix: str) -> None:
        clock, port = Clock(), closed_port()
        away = RedisLedger(
            urlsplit(ADDRESS)._replace(netloc=f"127.0.0.1:{port}").geturl(), prefix=prefix, bound=2.0, rest=0.0
        )
        window = SlidingWindow(away, clock=clock)
        for _ in range(3):
            window.take("a", 10, 100)
            await window.share()
        assert window.standing("a", 100).remaining == 70
        assert away.counts()["redis_failed"] == 3
        async with await asyncio.start_server(forward, "127.0.0.1", port):
            await window.share()
            assert await ledger.exchange([Taken("a", int(clock.now // MINUTE), 0)]) == [Totals(30, 0)]
            assert window.standing("a", 100).remaining == 70
            await away.close()


async def test_without_redis_each_process_holds_to_its_own_count() -> None:
    ledger = RedisLedger(f"redis://127.0.0.1:{closed_port()}/0")
    clock = Clock()
    window = SlidingWindow(ledger, clock=clock)
    assert window.take("a", 100, 100) == 0.0
    await window.share()
    assert window.take("a", 1, 100) > 0
    for _ in range(10):
        clock.now += MINUTE
        window.take("a", 1, 100)
        await window.share()
    assert len(window._late) <= 2  # what no sliding window covers any more is not kept to be told
    await ledger.close()


async def test_a_redis_that_says_nothing_keeps_nobody_waiting() -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    ledger = RedisLedger(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0", bound=0.05)
    window = SlidingWindow(ledger)
    window.take("a", 1, 100)
    began = time.monotonic()
    sharing = asyncio.create_task(window.share())
    await asyncio.sleep(0)
    assert window.take("a", 99, 100) == 0.0  # asked while the exchange hangs
    assert window.take("a", 1, 100) > 0
    await sharing
    assert time.monotonic() - began < 2.0
    assert window.standing("a", 100).remaining == 0
    await window.close()
    server.close()
    await server.wait_closed()
