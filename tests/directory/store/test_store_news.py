"""What has changed since a mark: everyone who came, changed or went, and nobody else; of one moment."""

import pytest

from directory.records import Listing
from directory.store.database import Database
from directory.store.news import NOWHERE
from tests.directory.resolution_kit import World


def _listing(external_id: str, name: str) -> Listing:
    return Listing(partner="cmar", external_id=external_id, name=name, raw="{}")


A, B, C = _listing("a", "Ferronnerie Fabre"), _listing("b", "Plomberie Garlaban"), _listing("c", "Boulangerie Blanc")


async def _news(world: World, since: str) -> tuple[set[str], int] | None:
    """The names of those in force among who changed, and how many are not any more."""
    async with world.reader.news(since, batch=1) as news:
        if news is None:
            return None
        there = [each async for page in news.suppliers for each in page]
        assert {each.supplier.id for each in there} <= news.changed
        assert (news.revision, news.mark) == (
            await world.reader.revision(),
            (await world.reader.moment()).mark,
        )
        return {each.supplier.name for each in there}, len(news.changed) - len(there)


async def test_who_came_changed_and_went(database: Database) -> None:
    world = World(database)
    assert (await world.reader.moment()).mark == NOWHERE
    assert await _news(world, NOWHERE) == (set(), 0)
    await world.tell(A, B)
    await world.resolve()
    assert await _news(world, NOWHERE) == ({A.name, B.name}, 0)
    mark = (await world.reader.moment()).mark
    assert await _news(world, mark) == (set(), 0)
    await world.tell(A, C)
    assert await _news(world, mark) == (set(), 0)  # told, but no supplier yet
    await world.resolve()
    assert await _news(world, mark) == ({C.name}, 1)
    assert await _news(world, NOWHERE) == ({A.name, C.name}, 1)


@pytest.mark.parametrize("mark", ["", "1", "1@0.0", "99@5.0", "?", "1@"])
async def test_a_mark_of_another_store_is_none_of_ours(database: Database, mark: str) -> None:
    world = World(database)
    await world.tell(A, B)
    await world.resolve()
    assert await _news(world, mark) is None
