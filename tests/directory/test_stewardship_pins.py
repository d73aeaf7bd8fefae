"""Pins in the store: they wait for their listing, follow a merger, and are let go."""

import pytest

from directory.records import SupplierField
from directory.store.database import Database
from tests.directory.resolution_kit import ONE, World, says
from tests.directory.stewards_kit import Steward

NAME = SupplierField.NAME


@pytest.fixture
async def steward(database: Database) -> Steward:
    """A steward of one company under two names, and of another one."""
    steward = Steward(World(database))
    await told(steward, "abc")
    return steward


async def told(steward: Steward, names: str) -> None:
    company = {"a": ("Arnaud", ONE), "b": ("Garage du Port", ONE), "c": ("Colin", None)}
    await steward.world.tell(*(says("cmar", each, company[each][0], siren=company[each][1]) for each in names))
    await steward.world.resolve()


async def name(steward: Steward, of: str = "a") -> str:
    (stored,) = await steward.world.reader.suppliers([await steward.home(of)])
    assert stored is not None
    return stored.supplier.name


async def obeyed(steward: Steward, of: str = "a") -> list[tuple[str, bool]]:
    """The pins that stand for a supplier: whose value, and whether it is taken."""
    (pins,) = await steward.world.reader.stewards.pins_of([await steward.home(of)])
    return [(pin.listing[1], pin.is_obeyed) for pin in pins]


async def other_than(steward: Steward) -> str:
    """The listing whose name is not shown."""
    return "b" if await name(steward) == "Arnaud" else "a"


async def test_a_pin_changes_the_supplier_at_once_and_writes_it_down(steward: Steward) -> None:
    other = await other_than(steward)
    before = await name(steward)
    await steward.does(await steward.pin(NAME, other))
    assert await name(steward) != before
    assert await obeyed(steward) == [(other, True)]
    assert (await steward.world.changes())[-1] == ("UPDATED", 1, None)


async def test_a_pin_waits_while_its_listing_is_away(steward: Steward) -> None:
    other = await other_than(steward)
    await steward.does(await steward.pin(NAME, other))
    pinned = await name(steward)
    stays = "ab".replace(other, "")
    await told(steward, stays + "c")
    assert await name(steward, stays) != pinned
    assert await obeyed(steward, stays) == [(other, False)]
    await told(steward, "abc")
    assert await name(steward) == pinned


async def test_a_pin_follows_its_supplier_when_that_is_merged_away(steward: Steward) -> None:
    await steward.does(await steward.pin(NAME, "c"))
    await steward.does(await steward.merge("a", "c"))
    assert (await name(steward), await steward.home("c")) == ("Colin", 1)
    await steward.world.resolve()
    assert (await name(steward), await obeyed(steward)) == ("Colin", [("c", True)])


async def test_a_pin_stays_behind_when_its_listing_leaves(steward: Steward) -> None:
    await steward.does(await steward.pin(NAME, "b"))
    await steward.does(await steward.split("b"))
    await steward.does(await steward.move("b", to="c"))
    assert await name(steward) == "Arnaud"
    assert (await obeyed(steward), await obeyed(steward, "c")) == ([("b", False)], [])


async def test_the_last_pin_of_a_field_stands_and_letting_go_ends_them_all(steward: Steward) -> None:
    usual = await name(steward)
    await steward.does(await steward.pin(NAME, "a"))
    await steward.does(await steward.pin(NAME, "b"))
    assert (await name(steward), await obeyed(steward)) == ("Garage du Port", [("a", False), ("b", True)])
    (act,) = await steward.does(await steward.unpin(NAME, "a"))
    assert (await name(steward), await obeyed(steward)) == (usual, [])
    await steward.undo(act)
    assert await name(steward) == "Garage du Port"


async def test_a_pin_is_undone(steward: Steward) -> None:
    usual = await name(steward)
    (act,) = await steward.does(await steward.pin(NAME, await other_than(steward)))
    await steward.undo(act)
    assert (await name(steward), await obeyed(steward)) == (usual, [])


async def test_decisions_about_a_supplier_are_all_told(steward: Steward) -> None:
    await steward.does(await steward.pin(NAME, "b"))
    await steward.does(await steward.split("b"))
    (kept,) = await steward.world.reader.stewards.acts_of([await steward.home("a")])
    assert [act.kind for act in kept] == ["SPLIT", "PIN"]
