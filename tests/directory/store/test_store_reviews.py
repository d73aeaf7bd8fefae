"""The queue in the store: rewritten as a whole, read in order, page by page, on both databases."""

from datetime import timedelta

import pytest

from directory.matching.contract import ReviewReason
from directory.store import reviews
from directory.store.database import Database
from directory.store.reviews import Question, ReviewFilter
from tests.directory.resolution_kit import NOON, World, says

LATER = NOON + timedelta(days=1)
ALL = ReviewFilter()


def question(left: int, right: int, gain: float, **values: object) -> Question:
    usual = {"reason": ReviewReason.LIKELY, "weight": 5.5, "confidence": 0.1, "listings": 2}
    return Question(left=left, right=right, gain=gain, **(usual | values))  # type: ignore[arg-type]


@pytest.fixture
async def store(database: Database) -> Database:
    """A store that knows six listings, of two partners."""
    world = World(database)
    await world.tell(*(says("cmar", each) for each in "abc"))
    await world.tell(*(says("chambre", each) for each in "def"), partner="chambre")
    return database


async def rewrite(store: Database, *questions: Question, later: bool = False) -> bool:
    async with store.writing() as connection:
        return await reviews.rewrite(connection, questions, LATER if later else NOON)


async def read(store: Database, where: ReviewFilter = ALL) -> list[tuple[int, int]]:
    """The whole queue, one at a time."""
    seen: list[tuple[int, int]] = []
    after = None
    async with store.reading() as connection:
        while page := await reviews.page(connection, where, after, 1):
            after = page[0].place
            seen.append((page[0].left, page[0].right))
        assert await reviews.count(connection, where) == len(seen)
    return seen


async def test_largest_gain_first_ties_by_the_pair(store: Database) -> None:
    third = 1 / 3
    said = [
        question(1, 3, third),
        question(1, 2, third),
        question(2, 3, third),
        question(1, 6, 2.0),
        question(5, 6, 0.0),
    ]
    assert await rewrite(store, *said)
    assert await read(store) == [(1, 6), (1, 2), (1, 3), (2, 3), (5, 6)]


async def test_what_stays_keeps_its_day_and_what_is_gone_is_gone(store: Database) -> None:
    await rewrite(store, question(1, 2, 1.0), question(2, 3, 1.0))
    assert not await rewrite(store, question(1, 2, 1.0), question(2, 3, 1.0), later=True)
    assert await rewrite(store, question(1, 2, 2.5), question(3, 4, 1.0), later=True)
    async with store.reading() as connection:
        found = await reviews.page(connection, ALL, None, 10)
    assert [(each.left, each.right, each.gain, each.created_at) for each in found] == [
        (1, 2, 2.5, NOON),
        (3, 4, 1.0, LATER),
    ]
    assert await rewrite(store)
    assert await read(store) == []


async def test_filters_hold_together(store: Database) -> None:
    contradiction = question(1, 2, 1.0, reason=ReviewReason.CONTRADICTION, weight=0.0)
    await rewrite(store, contradiction, question(1, 4, 1.0), question(5, 6, 1.0, weight=7.25))
    assert await read(store, ReviewFilter(partner="cmar")) == [(1, 2), (1, 4)]
    assert await read(store, ReviewFilter(partner="chambre", min_weight=7.25)) == [(5, 6)]
    assert await read(store, ReviewFilter(max_weight=5.5)) == [(1, 2), (1, 4)]
    assert await read(store, ReviewFilter(reasons=(ReviewReason.CONTRADICTION,))) == [(1, 2)]


async def test_questions_by_their_pairs(store: Database) -> None:
    await rewrite(store, question(1, 2, 1.0), question(2, 3, 1.0))
    async with store.reading() as connection:
        assert (await reviews.by_pairs(connection, [(1, 2), (9, 10)])).keys() == {(1, 2)}
        assert await reviews.by_pairs(connection, []) == {}
