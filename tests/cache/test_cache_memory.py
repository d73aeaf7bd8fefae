"""The memory tier keeps within its bytes."""

from cache import Entry, MemoryTier
from cache.memory import OVERHEAD_BYTES


def entry(size: int) -> Entry:
    return Entry(b"x" * size, 0.0)


def test_least_recently_used_goes_first() -> None:
    tier = MemoryTier(2 * (100 + OVERHEAD_BYTES))
    tier.put(b"a", entry(100))
    tier.put(b"b", entry(100))
    tier.get(b"a")
    tier.put(b"c", entry(100))
    assert [tier.get(key) for key in (b"a", b"b", b"c")] == [entry(100), None, entry(100)]
    assert tier.counts() == {
        "memory_entries": 2,
        "memory_bytes": 2 * (100 + OVERHEAD_BYTES),
        "memory_too_large": 0,
    }


def test_too_large_is_counted_and_takes_the_older_answer_away() -> None:
    tier = MemoryTier(1000)
    tier.put(b"a", entry(10))
    tier.put(b"a", entry(1000))
    assert tier.get(b"a") is None
    assert tier.counts() == {"memory_entries": 0, "memory_bytes": 0, "memory_too_large": 1}


def test_dropped_is_gone_and_dropping_twice_is_harmless() -> None:
    tier = MemoryTier(1000)
    tier.put(b"a", entry(10))
    tier.drop(b"a")
    tier.drop(b"a")
    assert tier.get(b"a") is None
