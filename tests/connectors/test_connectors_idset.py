"""A set of ids that holds eight bytes of each is asked for nothing but its size and whether it is another's like."""

import tracemalloc

from connectors.idset import IdSet

MANY = 50_000


def made(*ids: str) -> IdSet:
    """A set of these ids, in this order."""
    found = IdSet()
    for each in ids:
        found.add(each)
    return found


def test_each_id_counts_once() -> None:
    assert len(made()) == 0
    assert len(made("1", "2", "1", "", "É", "\ud800", "2")) == 5


def test_sets_are_the_same_whatever_the_order() -> None:
    ids = [str(number) for number in range(3_000)]
    assert made(*ids).is_same(made(*reversed(ids)))
    assert not made(*ids).is_same(made(*ids[1:]))
    assert not made(*ids).is_same(made(*ids[1:], "3000"))
    assert made().is_same(made())


def test_an_id_takes_little_more_than_eight_bytes() -> None:
    found = IdSet()
    tracemalloc.start()
    for number in range(MANY):
        found.add(f"4b3f6a1e-0000-4000-8000-{number:012}")
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found) == MANY
    assert size < 16 * MANY
