"""Where an official register knows the company: its listing follows the SIREN, and stewards leave it there."""

import pytest

from directory.records import Disclosure
from directory.stewardship import Meaningless
from directory.store.database import Database
from tests.directory.resolution_kit import ONE, REGISTER, World, registers, says
from tests.directory.stewards_kit import Steward


@pytest.fixture
async def steward(database: Database) -> Steward:
    """A steward of one company that two listings and the register name."""
    world = World(database)
    await world.tell(says("cmar", "a", "Arnaud", siren=ONE), says("cmar", "b", "Arnaud", siren=ONE))
    await world.tell(registers(ONE), partner=REGISTER)
    await world.resolve()
    return Steward(world)


async def test_the_register_stays_where_it_was(steward: Steward) -> None:
    await steward.does(await steward.split("b"))
    assert await steward.groups() == [ONE + "a", "b"]
    (parted,) = await steward.world.reader.suppliers([await steward.home("b")])
    assert parted is not None
    assert (parted.supplier.siren, parted.supplier.disclosure) == (ONE, Disclosure.FULL)


@pytest.mark.parametrize("leaving", [("a", "b"), (ONE,)])
async def test_what_leaves_only_the_register_or_takes_it_alone_is_no_split(
    steward: Steward, leaving: tuple[str, ...]
) -> None:
    with pytest.raises(Meaningless) as refusal:
        await steward.says(await steward.split(*leaving))
    assert str(refusal.value) == "At least one listing leaves and one stays, registers' not counted."


async def test_a_register_s_listing_is_not_moved(steward: Steward) -> None:
    await steward.does(await steward.split("b"))
    with pytest.raises(Meaningless) as refusal:
        await steward.says(await steward.move(ONE, to="b"))
    assert str(refusal.value) == "A register's listing follows its SIREN and cannot be moved."


async def test_a_merger_says_nothing_of_the_register(steward: Steward) -> None:
    """When a partner mends the SIREN of what was merged, the register's listing does not stand in the way."""
    await steward.world.tell(says("chambre", "c", "Colin"), partner="chambre")
    await steward.world.resolve()
    await steward.does(await steward.merge("a", "c"))
    assert await steward.groups() == [ONE + "abc"]
    other = "552100554"
    await steward.world.tell(says("cmar", "a", "Arnaud", siren=other), says("cmar", "b", "Arnaud", siren=other))
    await steward.world.resolve()
    assert "abc" in await steward.groups()
    assert await steward.asked() == []
