"""Fresh, stale and gone; once for all; failures raised and never kept."""

import asyncio

import pytest

from cache import Answer, Cache, Entry, Fleeting, MemoryTier, State
from cache.memory import OVERHEAD_BYTES


class Clock:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Source:
    """Answers with how often it was asked; fails or waits when told."""

    def __init__(self) -> None:
        self.asked = 0
        self.error: Exception | None = None
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self) -> bytes:
        self.asked += 1
        answer = b"%d" % self.asked
        await self.go.wait()
        if self.error:
            raise self.error
        return answer


class Neighbour:
    """A shared tier in memory, as another process would have filled it."""

    def __init__(self) -> None:
        self.entries: dict[bytes, Entry] = {}
        self.kept_for: list[float] = []
        self.closed = False

    async def get(self, key: bytes) -> Entry | None:
        return self.entries.get(key)

    async def put(self, key: bytes, entry: Entry, keep: float) -> None:
        self.entries[key] = entry
        self.kept_for.append(keep)

    def counts(self) -> dict[str, int]:
        return {"neighbour_entries": len(self.entries)}

    async def close(self) -> None:
        self.closed = True


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(clock: Clock) -> Cache:
    return Cache(MemoryTier(100_000), clock=clock)


async def ask(cache: Cache, source: Source) -> Answer:
    return await cache.get(b"k", source, fresh=10, stale=20)


async def settle() -> None:
    for _ in range(8):
        await asyncio.sleep(0)


async def test_made_once_then_kept_while_fresh(cache: Cache, clock: Clock) -> None:
    source = Source()
    assert await ask(cache, source) == Answer(b"1", State.MISS, 0.0)
    clock.now += 9
    assert await ask(cache, source) == Answer(b"1", State.HIT, 9.0)


async def test_stale_is_answered_at_once_and_renewed_behind_once(cache: Cache, clock: Clock) -> None:
    source = Source()
    await ask(cache, source)
    clock.now += 10
    source.go.clear()
    assert [await ask(cache, source) for _ in range(3)] == [Answer(b"1", State.STALE, 10.0)] * 3
    source.go.set()
    await settle()
    assert await ask(cache, source) == Answer(b"2", State.HIT, 0.0)
    assert source.asked == 2


async def test_past_its_lease_the_caller_waits_for_a_new_one(cache: Cache, clock: Clock) -> None:
    source = Source()
    await ask(cache, source)
    clock.now += 30
    assert await ask(cache, source) == Answer(b"2", State.MISS, 0.0)


async def test_a_clock_set_back_makes_nothing_younger_than_new(cache: Cache, clock: Clock) -> None:
    source = Source()
    await ask(cache, source)
    clock.now -= 500
    assert await ask(cache, source) == Answer(b"1", State.HIT, 0.0)


async def test_concurrent_misses_load_once(cache: Cache) -> None:
    source = Source()
    source.go.clear()
    callers = [asyncio.create_task(ask(cache, source)) for _ in range(3)]
    await settle()
    source.go.set()
    assert await asyncio.gather(*callers) == [
        Answer(b"1", State.MISS),
        Answer(b"1", State.JOINED),
        Answer(b"1", State.JOINED),
    ]


async def test_a_failed_load_is_raised_to_all_and_not_kept(cache: Cache) -> None:
    source = Source()
    source.error = ValueError("the store is away")
    results = await asyncio.gather(ask(cache, source), ask(cache, source), return_exceptions=True)
    assert [str(result) for result in results] == ["the store is away"] * 2
    source.error = None
    assert await ask(cache, source) == Answer(b"2", State.MISS)


async def test_a_failed_renewal_leaves_the_stale_answer_and_is_counted(cache: Cache, clock: Clock) -> None:
    source = Source()
    await ask(cache, source)
    clock.now += 15
    source.error = ValueError("the store is away")
    assert await ask(cache, source) == Answer(b"1", State.STALE, 15.0)
    await settle()
    assert await ask(cache, source) == Answer(b"1", State.STALE, 15.0)
    await settle()
    assert cache.counts()["refresh_failed"] == 2
    clock.now += 15
    with pytest.raises(ValueError, match=r"^the store is away$"):
        await ask(cache, source)


async def test_a_fleeting_answer_is_given_and_not_kept(cache: Cache) -> None:
    source = Source()

    async def fleeting() -> bytes:
        return Fleeting(await source())

    first = await cache.get(b"k", fleeting, fresh=10, stale=20)
    second = await cache.get(b"k", fleeting, fresh=10, stale=20)
    assert [first, second] == [Answer(b"1", State.MISS), Answer(b"2", State.MISS)]


async def test_another_process_fills_the_shared_tier(clock: Clock) -> None:
    neighbour = Neighbour()
    neighbour.entries[b"k"] = Entry(b"theirs", clock.now - 4)
    cache = Cache(MemoryTier(100_000), neighbour, clock=clock)
    source = Source()
    assert await ask(cache, source) == Answer(b"theirs", State.HIT, 4.0)
    neighbour.entries.clear()
    assert await ask(cache, source) == Answer(b"theirs", State.HIT, 4.0)
    assert source.asked == 0


async def test_a_stale_shared_answer_is_given_and_renewed_for_everyone(clock: Clock) -> None:
    neighbour = Neighbour()
    neighbour.entries[b"k"] = Entry(b"theirs", clock.now - 12)
    cache = Cache(MemoryTier(100_000), neighbour, clock=clock)
    source = Source()
    assert await ask(cache, source) == Answer(b"theirs", State.STALE, 12.0)
    await settle()
    assert neighbour.entries == {b"k": Entry(b"1", clock.now)}
    assert neighbour.kept_for == [30.0]


async def test_a_renewal_takes_what_another_process_made_meanwhile(clock: Clock) -> None:
    neighbour = Neighbour()
    cache = Cache(MemoryTier(100_000), neighbour, clock=clock)
    source = Source()
    await ask(cache, source)
    await settle()
    clock.now += 12
    neighbour.entries[b"k"] = Entry(b"theirs", clock.now)
    assert await ask(cache, source) == Answer(b"1", State.STALE, 12.0)
    await settle()
    assert await ask(cache, source) == Answer(b"theirs", State.HIT, 0.0)
    assert source.asked == 1


async def test_a_shared_answer_past_its_lease_is_not_given(clock: Clock) -> None:
    neighbour = Neighbour()
    neighbour.entries[b"k"] = Entry(b"theirs", clock.now - 30)
    cache = Cache(MemoryTier(100_000), neighbour, clock=clock)
    assert await ask(cache, Source()) == Answer(b"1", State.MISS)
    await cache.close()


async def test_close_stops_renewals_and_lets_the_shared_tier_go(clock: Clock) -> None:
    neighbour = Neighbour()
    cache = Cache(MemoryTier(100_000), neighbour, clock=clock)
    source = Source()
    await ask(cache, source)
    await settle()
    clock.now += 12
    source.go.clear()
    await ask(cache, source)
    await settle()
    before = asyncio.all_tasks()
    await cache.close()
    await settle()
    assert neighbour.closed
    assert len(before) == 3  # this test, the renewal and its load
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_counts_say_everything_by_name(clock: Clock) -> None:
    cache = Cache(MemoryTier(100_000), Neighbour(), clock=clock)
    source = Source()
    await ask(cache, source)
    await ask(cache, source)
    await settle()
    assert cache.counts() == {
        "hit": 1,
        "stale": 0,
        "miss": 1,
        "joined": 0,
        "refresh_failed": 0,
        "memory_entries": 1,
        "memory_bytes": 1 + OVERHEAD_BYTES,
        "memory_too_large": 0,
        "neighbour_entries": 1,
    }
