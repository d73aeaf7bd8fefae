"""What changed is noted by whoever changes it: no change is missed, whichever way it came and whenever."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from directory import incremental, resolution
from directory.harvest import harvest
from directory.leaving import leave
from directory.matching.probabilistic import ProbabilisticMatcher
from directory.records import End, Page, PartnerInfo, Scope
from directory.store import changes, matches
from directory.store.changes import listing_change
from directory.store.database import Database
from directory.store.listings import listing
from directory.store.matches import Dirty
from tests.directory.resolution_kit import World, says
from tests.harvesting import LAX


class Edits:
    """A source that gives some changes and tombstones, and nothing of the others."""

    def __init__(self, *pages: Page) -> None:
        self._pages = pages

    async def read(self, cursor: str | None) -> AsyncIterator[Page | End]:
        """The pages as they are."""
        for page in self._pages:
            yield page
        yield End(scope=Scope.CHANGES, cursor="next")


@pytest.fixture
def world(database: Database, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world in which nothing is too much to be matched by itself."""
    monkeypatch.setattr(incremental, "MOST_DIRTY", 1e9)
    monkeypatch.setattr(incremental, "MOST_DRIFT", 1e9)
    return World(database)


async def found(world: World) -> tuple[Dirty, Dirty]:
    """What the notes lead to, and what looking through all listings does."""
    async with world.database.reading() as connection:
        _, noted = await changes.noted(connection)
        everybody = await connection.scalars(select(listing.c.id))
        return await matches.dirty(connection, noted), await matches.dirty(connection, everybody)


async def notes(world: World) -> int:
    """How many there are."""
    async with world.database.reading() as connection:
        return await connection.scalar(select(func.count()).select_from(listing_change)) or 0


async def edited(world: World, *pages: Page) -> None:
    """The partner says what has changed since its last reading."""
    info = PartnerInfo(id="cmar", name="cmar", organisation="cmar")
    run = await harvest(world.database, Edits(*pages), info, clock=lambda: world.now, guard=LAX)
    assert run.problem is None


async def test_every_way_in_which_a_listing_changes_is_noted(world: World) -> None:
    await world.tell(says("cmar", "a", "Garage"), says("cmar", "b", "Fleurs"), says("cmar", "c", "Plomberie"))
    await world.tell(says("chambre", "d", "Boulangerie"), partner="chambre")
    assert await found(world) == (Dirty(frozenset({1, 2, 3, 4}), frozenset(), frozenset()),) * 2
    await world.resolve()
    assert (await found(world), await notes(world)) == ((Dirty(frozenset(), frozenset(), frozenset()),) * 2, 0)
    await world.tell(says("cmar", "a", "Garage"), says("cmar", "b", "Fleurs et plantes"), says("cmar", "e", "SNEF"))
    assert await found(world) == (Dirty(frozenset({5}), frozenset({2}), frozenset({3})),) * 2
    await world.resolve()
    back = Page(listings=(says("cmar", "c", "Plomberie"), says("cmar", "e", "SNEF Sud")), deleted=("a",))
    await edited(world, back)
    assert await found(world) == (Dirty(frozenset({3}), frozenset({5}), frozenset({1})),) * 2
    await world.resolve()
    await leave(world.database, "chambre", author="a", reason="r", clock=lambda: world.now)
    assert await found(world) == (Dirty(frozenset(), frozenset(), frozenset({4})),) * 2
    await world.resolve()
    assert (await found(world), await notes(world)) == ((Dirty(frozenset(), frozenset(), frozenset()),) * 2, 0)


async def test_what_is_as_it_was_again_is_matched_no_more(world: World) -> None:
    await world.tell(says("cmar", "a", "Garage"))
    await world.resolve()
    for name in ("Fleurs", "Garage"):
        await world.tell(says("cmar", "a", name))
    assert (len((await found(world))[0]), await notes(world)) == (0, 2)
    report = await world.resolve()
    assert (report.updated, await notes(world)) == (0, 0)


@pytest.mark.parametrize("full", [False, True])
async def test_what_changes_while_a_resolution_works_waits_for_the_next(world: World, full: bool) -> None:
    await world.tell(says("cmar", "a", "Garage"))
    await world.resolve()
    await world.tell(says("cmar", "a", "Fleurs"))
    work = await resolution._prepare(world.database, ProbabilisticMatcher(), None, world.now, full=full)
    assert isinstance(work, resolution._Work)
    await world.tell(says("cmar", "a", "Plomberie"), says("cmar", "b", "SNEF"))
    assert await work.write(world.database, None) is not None
    assert await found(world) == (Dirty(frozenset({2}), frozenset({1}), frozenset()),) * 2
    await world.resolve()
    assert [each.supplier.name for each in await world.suppliers()] == ["Plomberie", "SNEF"]


async def test_a_resolution_that_fails_leaves_the_notes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.tell(says("cmar", "a", "Garage"))
    await world.resolve()
    await world.tell(says("cmar", "a", "Fleurs"))

    async def breaks(*_arguments: Any) -> datetime:
        raise OSError("no space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(resolution.snapshots, "settle", breaks)
        with pytest.raises(OSError, match="no space"):
            await world.resolve()
    assert (await found(world))[0].changed == {1}
    await world.resolve()
    assert [each.supplier.name for each in await world.suppliers()] == ["Fleurs"]
