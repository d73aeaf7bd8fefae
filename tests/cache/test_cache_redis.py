"""The shared tier on a real Redis, and beside one that is away, mute or full of rubbish."""

import asyncio
import os
import socket
import time
import uuid
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from cache import Cache, Entry, MemoryTier, State
from cache.redis import RedisTier

ADDRESS = os.environ.get("CIRCUIT_TEST_REDIS_URL", "")
needs_redis = [
    pytest.mark.redis,
    pytest.mark.skipif(not ADDRESS, reason="CIRCUIT_TEST_REDIS_URL is not set"),
]


@pytest.fixture
def prefix() -> bytes:
    return f"circuit-test:{uuid.uuid4()}:".encode()


@pytest.fixture
async def redis(prefix: bytes) -> AsyncIterator[Redis]:
    client = Redis.from_url(ADDRESS)
    yield client
    async for key in client.scan_iter(match=prefix + b"*"):
        await client.delete(key)
    await client.aclose()


@pytest.fixture
async def tier(redis: Redis, prefix: bytes) -> AsyncIterator[RedisTier]:
    tier = RedisTier(ADDRESS, prefix=prefix, bound=2.0, max_value_bytes=1000)
    yield tier
    await tier.close()


class Tests:
    """On a Redis that answers."""

    pytestmark = needs_redis

    async def test_what_is_put_is_got_and_expires(self, tier: RedisTier, redis: Redis, prefix: bytes) -> None:
        entry = Entry(b'{"data":null}', 1234.5)
        await tier.put(b"k", entry, keep=30.0)
        assert await tier.get(b"k") == entry
        assert 29_000 < await redis.pttl(prefix + b"k") <= 30_000
        assert await tier.get(b"other") is None

    @pytest.mark.parametrize("stored", [b"", b"rubbish", b"\x02" + bytes(8) + b"of another format"])
    async def test_what_cannot_be_read_is_absent_and_counted(
        self, tier: RedisTier, redis: Redis, prefix: bytes, stored: bytes
    ) -> None:
        await redis.set(prefix + b"k", stored)
        assert await tier.get(b"k") is None
        assert tier.counts()["redis_unreadable"] == 1

    async def test_a_value_of_another_type_is_a_failure_not_an_error(
        self, tier: RedisTier, redis: Redis, prefix: bytes
    ) -> None:
        await redis.hset(prefix + b"k", "a", "b")
        assert await tier.get(b"k") is None
        assert tier.counts()["redis_failed"] == 1

    async def test_too_large_is_not_sent(self, tier: RedisTier, redis: Redis, prefix: bytes) -> None:
        await tier.put(b"k", Entry(b"x" * 1001, 0.0), keep=30.0)
        assert await redis.exists(prefix + b"k") == 0
        assert tier.counts()["redis_too_large"] == 1

    async def test_two_caches_share_what_one_made(self, tier: RedisTier, redis: Redis, prefix: bytes) -> None:
        async def load() -> bytes:
            return b"made once"

        async def never() -> bytes:
            raise AssertionError("the second cache must not load")

        first, second = Cache(MemoryTier(10_000), tier), Cache(MemoryTier(10_000), tier)
        assert (await first.get(b"k", load, fresh=60, stale=0)).state is State.MISS
        async with asyncio.timeout(10):
            while not await redis.exists(prefix + b"k"):  # noqa: ASYNC110 - another process has no event to give
                await asyncio.sleep(0.001)
        answer = await second.get(b"k", never, fresh=60, stale=0)
        assert (answer.value, answer.state) == (b"made once", State.HIT)


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


async def test_a_redis_that_is_away_is_skipped_counted_and_tried_again_after_a_rest() -> None:
    now = 0.0
    tier = RedisTier(f"redis://127.0.0.1:{closed_port()}/0", rest=5.0, clock=lambda: now)
    assert await tier.get(b"k") is None
    await tier.put(b"k", Entry(b"v", 0.0), keep=1.0)
    assert tier.counts() == {"redis_failed": 1, "redis_skipped": 1, "redis_unreadable": 0, "redis_too_large": 0}
    now = 5.0
    assert await tier.get(b"k") is None
    assert tier.counts()["redis_failed"] == 2
    await tier.close()


async def test_a_redis_that_accepts_and_says_nothing_costs_no_more_than_the_bound() -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def load() -> bytes:
        return b"made here"

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    tier = RedisTier(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0", bound=0.05)
    cache = Cache(MemoryTier(10_000), tier)
    began = time.monotonic()
    answer = await cache.get(b"k", load, fresh=60, stale=0)
    spent = time.monotonic() - began
    assert (answer.value, answer.state) == (b"made here", State.MISS)
    assert spent < 2.0  # forty times the bound: this machine may be busy, and without the bound it never ends
    assert cache.counts()["redis_failed"] == 1
    await cache.close()
    server.close()
    await server.wait_closed()
