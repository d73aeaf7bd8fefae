from collections.abc import Callable

import pytest

from demo.ledger import Key, Ledger, Record, merged


class Three:
    """Members 1, 2 and 3, changed at 100, 300 and 200 ms; counts how often a record was made."""

    def __init__(self) -> None:
        self.made: list[Key] = []

    def entries(self) -> list[tuple[Key, int]]:
        return [(1, 100), (2, 300), (3, 200)]

    def record(self, key: Key) -> Record:
        self.made.append(key)
        return {"id": key, "name": f"n{key}"}


@pytest.fixture
def stock() -> Three:
    return Three()


@pytest.fixture
def ledger(stock: Three) -> Ledger:
    return Ledger(stock)


def name(record: Record) -> bytes:
    return str(record["name"]).encode()


def test_members_are_in_the_stocks_order_and_by_change(ledger: Ledger) -> None:
    assert list(ledger.living()) == [1, 2, 3]
    assert list(ledger.by_change()) == [(100, 1), (200, 3), (300, 2)]
    assert ledger.newest() == 300


def test_changes_are_strictly_later_than_an_instant(ledger: Ledger) -> None:
    assert list(ledger.changed_after(199)) == [(200, 3), (300, 2)]
    assert list(ledger.changed_after(200)) == [(300, 2)]
    assert list(ledger.changed_after(300)) == []


@pytest.mark.parametrize("look_first", [True, False])
def test_writing_moves_a_member_to_its_new_instant(ledger: Ledger, look_first: bool) -> None:
    if look_first:
        ledger.by_change()
    ledger.write(1, {"id": 1, "name": "new"}, 400)
    ledger.write(9, {"id": 9, "name": "nine"}, 500)
    assert list(ledger.by_change()) == [(200, 3), (300, 2), (400, 1), (500, 9)]
    assert list(ledger.living()) == [1, 2, 3, 9]
    assert ledger.record(1)["name"] == "new"


def test_removing_leaves_a_tombstone_until_the_member_is_back(ledger: Ledger) -> None:
    ledger.remove(2, 600)
    assert 2 not in ledger
    assert len(ledger) == 2
    assert ledger.tombstones == {2: 600}
    assert ledger.newest() == 600
    ledger.write(2, {"id": 2, "name": "back"}, 700)
    assert ledger.tombstones == {}
    assert 2 in ledger


async def test_records_are_made_and_rendered_once_until_they_are_written(ledger: Ledger, stock: Three) -> None:
    assert await ledger.encoded([1, 2], "a", name) == [b"n1", b"n2"]
    assert await ledger.encoded([2, 1], "a", name) == [b"n2", b"n1"]
    assert stock.made == [1, 2]
    ledger.write(1, {"id": 1, "name": "new"}, 400)
    assert await ledger.encoded([1, 2], "a", name) == [b"new", b"n2"]
    assert stock.made == [1, 2]


async def test_two_representations_are_kept_and_the_oldest_goes(ledger: Ledger, stock: Three) -> None:
    renders: dict[str, Callable[[Record], bytes]] = {
        shape: lambda record, shape=shape: name(record) + shape.encode()  # type: ignore[misc]
        for shape in "abc"
    }
    for shape in "abacb":
        assert await ledger.encoded([3], shape, renders[shape]) == [f"n3{shape}".encode()]
    assert stock.made == [3, 3, 3, 3]  # a, b, c, and b again: it was the one used longest ago


def test_merging_goes_into_objects_and_leaves_the_record_alone() -> None:
    record = {"nom": "A", "meta": {"siren": "1", "naf": "2"}}
    assert merged(record, {"meta": {"naf": "3"}, "titre": "B"}) == {
        "nom": "A",
        "meta": {"siren": "1", "naf": "3"},
        "titre": "B",
    }
    assert record == {"nom": "A", "meta": {"siren": "1", "naf": "2"}}
