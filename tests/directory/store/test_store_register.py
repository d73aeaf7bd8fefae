"""Which companies a register is asked about next."""

from datetime import UTC, datetime, timedelta

import pytest

from directory.records import Address, PartnerInfo, PartnerKind
from directory.store import partners, register
from directory.store.database import Database
from tests.directory.resolution_kit import ONE, OTHER, REGISTER, THIRD, World, registers, says

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
MONTH = timedelta(days=30)
FOURTH, FIFTH = "775670417", "784671695"


@pytest.fixture
async def world(database: Database) -> World:
    """Four companies: a legal person, a sole trader, one of unknown form, and one that two directories list."""
    made = World(database)
    async with database.writing() as connection:
        info = PartnerInfo(id=REGISTER, name="SIRENE", organisation="INSEE", kind=PartnerKind.REGISTER)
        await partners.register(connection, info)
    await made.tell(
        says("cmar", "a", "Legal", siren=ONE, legal_form="SARL"),
        says("cmar", "b", "Trader", siren=THIRD, legal_form="1000"),
        says("cmar", "c", "Unknown", siren=FOURTH),
        says("cmar", "d", "Nobody", address=Address()),
    )
    await made.tell(says("cpme13", "e", "Both", siren=OTHER), says("cpme13", "f", "Legal", siren=ONE), partner="cpme13")
    await made.resolve()
    return made


async def due(world: World, *, limit: int = 10, at: datetime = NOON) -> list[str]:
    async with world.database.reading() as connection:
        return await register.due(connection, REGISTER, at=at, older_than=MONTH, limit=limit)


async def asked(world: World, *sirens: str, at: datetime = NOON) -> None:
    async with world.database.writing() as connection:
        await register.asked(connection, REGISTER, sirens, at=at)


async def test_whoever_may_be_a_person_comes_first_and_each_company_once(world: World) -> None:
    assert await due(world) == [THIRD, OTHER, FOURTH, ONE]
    assert await due(world, limit=3) == [THIRD, OTHER, FOURTH]


async def test_listings_that_are_not_resolved_yet_are_due(world: World) -> None:
    await world.tell(says("chambre", "new", "New", siren=FIFTH), partner="chambre")
    assert await due(world) == [THIRD, OTHER, FOURTH, FIFTH, ONE]


async def test_then_those_asked_longest_ago_whether_they_were_known_or_not(world: World) -> None:
    await world.tell(registers(FOURTH), registers(ONE), partner=REGISTER)
    await asked(world, ONE, THIRD, at=NOON - timedelta(days=40))
    await asked(world, FOURTH, at=NOON - timedelta(days=50))
    assert await due(world) == [OTHER, FOURTH, THIRD, ONE]
    assert await due(world, limit=2) == [OTHER, FOURTH]
    await asked(world, FOURTH)
    assert await due(world) == [OTHER, THIRD, ONE]
    assert await due(world, at=NOON + MONTH) == [OTHER, THIRD, ONE, FOURTH]


async def test_who_is_listed_no_more_is_asked_about_no_more(world: World) -> None:
    await asked(world, THIRD, at=NOON - timedelta(days=40))
    await world.tell(registers(THIRD), partner=REGISTER)
    await world.tell(says("cmar", "a", "Legal", siren=ONE, legal_form="SARL"))
    assert await due(world) == [OTHER, ONE]


async def test_what_a_register_was_asked_says_nothing_of_another_register(world: World) -> None:
    await asked(world, ONE, THIRD, OTHER, FOURTH)
    assert await due(world) == []
    async with world.database.reading() as connection:
        assert await register.due(connection, "other", at=NOON, older_than=MONTH, limit=1) == [THIRD]


async def test_a_company_that_the_register_lists_is_known_to_it(world: World) -> None:
    await world.tell(registers(ONE), partner=REGISTER)
    await asked(world, ONE, THIRD, THIRD)
    async with world.database.reading() as connection:
        rows = await connection.execute(register.register_check.select())
        assert {row.siren: row.found for row in rows} == {ONE: True, THIRD: False}
