"""A partner's data in numbers, counted from its listings."""

from datetime import UTC, date, datetime, timedelta

import pytest

from directory.records import Address, Location, SupplierStatus
from directory.store import register
from directory.store.database import Database
from directory.store.quality import PartnerQuality
from tests.directory.resolution_kit import NOON, ONE, OTHER, REGISTER, THIRD, World, registers, says

PORT = Address(lines=("3 quai du Port",), postcode="13002", commune="Marseille")
BRANCH = ONE + "00082"


@pytest.fixture
async def world(database: Database) -> World:
    """CMAR lists one company three times over, and two more without much."""
    made = World(database)
    await made.tell(
        says("cmar", "a", siren=ONE, siret=ONE + "00074", location=Location(43.2951, 5.5702)),
        says("cmar", "b", siren=ONE, siret=ONE + "00074"),
        says("cmar", "c", "Dupont et fils", siren=ONE, address=PORT, siret=BRANCH),
        says("cmar", "d", "Garage", address=Address(), modified_at=datetime(2026, 4, 21, 12, tzinfo=UTC)),
        says("cmar", "e", "Fleurs", siren=OTHER, modified_at=NOON - timedelta(days=20)),
    )
    await made.tell(says("cpme13", "z", "Fleurs", siren=OTHER), partner="cpme13")
    await made.resolve()
    return made


async def quality(world: World, *partners: str) -> list[PartnerQuality]:
    return await world.reader.partner_quality(partners, clock=lambda: NOON + timedelta(days=2))


async def test_shares_duplicates_and_age(world: World) -> None:
    (cmar,) = await quality(world, "cmar")
    assert cmar == PartnerQuality(
        members=5,
        valid_siren=0.8,
        valid_address=0.8,
        located=0.2,
        duplicates=1,
        freshness_days_median=2.0,
    )


async def test_a_listing_of_the_same_site_repeats_another_one_of_the_same_partner_alone(world: World) -> None:
    await world.tell(says("cpme13", "z", siren=ONE), says("cpme13", "y", "Dupont", siren=ONE), partner="cpme13")
    await world.resolve()
    cpme13, cmar = await quality(world, "cpme13", "cmar")
    assert (cpme13.duplicates, cmar.duplicates) == (1, 1)


async def test_what_registers_say_of_a_partner_s_listings_is_counted(world: World) -> None:
    closed = registers(ONE, status=SupplierStatus.CLOSED, closed_on=date(2025, 3, 1))
    await world.tell(closed, partner=REGISTER)
    await world.resolve()
    async with world.database.writing() as connection:
        await register.asked(connection, REGISTER, [ONE, OTHER, THIRD], at=NOON)
    cmar, cpme13 = await quality(world, "cmar", "cpme13")
    assert (cmar.closed_in_register, cmar.unknown_to_register) == (3, 1)
    assert (cpme13.closed_in_register, cpme13.unknown_to_register) == (0, 1)


async def test_withdrawn_listings_count_no_more(world: World) -> None:
    await world.tell(says("cmar", "e", "Fleurs", siren=OTHER))
    await world.resolve()
    (cmar,) = await quality(world, "cmar")
    assert (cmar.members, cmar.valid_siren, cmar.duplicates) == (1, 1.0, 0)


async def test_a_partner_without_members_has_no_shares(world: World) -> None:
    assert await quality(world, "nobody") == [PartnerQuality(members=0)]
