"""Registers among the partners: they speak of suppliers, make none, and merge none."""

from collections.abc import AsyncIterator
from datetime import date

import pytest

from directory.records import Address, ChoiceRule, Disclosure, MatchMethod, SupplierField, SupplierStatus
from directory.store.database import Database
from tests.directory.resolution_kit import AUBAGNE, ONE, OTHER, REGISTER, THIRD, World, registers, says


@pytest.fixture
async def world(database: Database) -> AsyncIterator[World]:
    """CMAR lists a company of which SIRENE speaks, too."""
    made = World(database)
    await made.tell(says("cmar", "a", "Le Fournil", siren=ONE))
    await made.tell(registers(ONE, "DUPONT"), partner=REGISTER)
    await made.resolve()
    yield made


async def test_a_register_speaks_of_a_company_and_is_no_partner_of_it(world: World) -> None:
    (stored,) = await world.suppliers()
    assert (stored.supplier.name, stored.supplier.trade_names) == ("DUPONT", ("Le Fournil",))
    assert (stored.supplier.partners, stored.supplier.listings) == (("cmar",), (1, 2))
    (provenance,) = await world.reader.provenance_of([1])
    name = next(each for each in provenance if each.field is SupplierField.NAME)
    assert (name.rule, name.chosen.partner, name.chosen.listing) == (ChoiceRule.OFFICIAL_REGISTER, REGISTER, 2)
    match = (await world.listings())[ONE].match
    assert match is not None
    assert (match.method, match.against) == (MatchMethod.SIREN, 1)


async def test_a_register_makes_no_supplier(world: World) -> None:
    await world.tell(registers(ONE), registers(OTHER), partner=REGISTER)
    report = await world.resolve()
    assert (report.suppliers, report.created) == (1, 0)
    assert await world.home(OTHER) is None
    assert await world.reader.supplier_id(siren=OTHER) is None
    assert await world.reader.supplier_id(listing=(REGISTER, OTHER)) is None


async def test_a_supplier_that_no_directory_lists_any_more_goes_and_comes_back_under_its_id(world: World) -> None:
    await world.tell(says("cmar", "q", "Garage", siren=THIRD))
    report = await world.resolve()
    assert (report.suppliers, report.removed) == (1, 1)
    assert [each.supplier.siren for each in await world.suppliers()] == [THIRD]
    assert await world.home(ONE) is None
    assert (await world.resolve()).removed == 0
    await world.tell(says("cpme13", "z", "Fournil", siren=ONE), partner="cpme13")
    await world.resolve()
    assert [(each.supplier.id, each.supplier.siren) for each in await world.suppliers()] == [(1, ONE), (2, THIRD)]
    assert await world.home(ONE) == 1
    assert [(kind, number) for kind, number, _ in await world.changes()] == [
        ("CREATED", 1),
        ("CREATED", 2),
        ("REMOVED", 1),
        ("CREATED", 1),
    ]


async def test_what_a_register_says_of_a_number_that_was_corrected_is_of_nobody(world: World) -> None:
    await world.tell(says("cmar", "a", "Le Fournil", siren=OTHER))
    await world.resolve()
    (stored,) = await world.suppliers()
    assert (stored.supplier.id, stored.supplier.siren, stored.supplier.name) == (1, OTHER, "Le Fournil")
    assert await world.home(ONE) is None
    assert [[each.id for each in found] for found in await world.reader.listings_of([1])] == [[1]]
    assert await world.reader.supplier_id(listing=(REGISTER, ONE)) is None


async def test_the_register_s_name_and_address_draw_in_nobody(world: World) -> None:
    # By the strict rules two directories that said this of them would be one company.
    await world.tell(says("cpme13", "z", "Dupont"), partner="cpme13")
    await world.resolve()
    assert len(await world.suppliers()) == 2
    assert await world.home("z") == 2


async def test_two_that_withhold_their_names_in_one_street_are_two(world: World) -> None:
    masked = [registers(siren, "[ND]", disclosure=Disclosure.PARTIAL) for siren in (OTHER, THIRD)]
    await world.tell(*masked, partner=REGISTER)
    await world.tell(says("cmar", "b", "[ND]", siren=OTHER), says("cmar", "c", "[ND]"), says("cmar", "d", "[ND]"))
    await world.resolve()
    homes = [await world.home(each) for each in "bcd"]
    assert len(set(homes)) == 3
    assert await world.home(THIRD) is None


async def test_a_steward_who_parts_two_listings_of_a_number_leaves_the_register_with_the_first(world: World) -> None:
    await world.tell(says("cmar", "a", "Le Fournil", siren=ONE), says("cmar", "b", "Autre", siren=ONE))
    await world.decide("cannot_link", ("cmar", "a"), ("cmar", "b"))
    await world.resolve()
    assert (await world.home("a"), await world.home("b"), await world.home(ONE)) == (1, 2, 1)


async def test_a_company_is_closed_when_the_register_says_so_and_the_change_is_logged(world: World) -> None:
    closed = registers(ONE, status=SupplierStatus.CLOSED, closed_on=date(2025, 3, 1))
    await world.tell(closed, partner=REGISTER)
    report = await world.resolve()
    assert report.updated == 1
    (stored,) = await world.suppliers()
    assert (stored.supplier.status, stored.supplier.closed_on) == (SupplierStatus.CLOSED, date(2025, 3, 1))


async def test_sole_traders_are_hidden_from_the_moment_a_register_is_known(database: Database) -> None:
    world = World(database)
    await world.tell(says("cmar", "a", "Zoé Blanc", siren=OTHER, legal_form="1000"))
    await world.resolve()
    assert (await world.suppliers())[0].supplier.disclosure is Disclosure.FULL
    await world.tell(partner=REGISTER)
    assert (await world.resolve()).updated == 1
    assert (await world.suppliers())[0].supplier.disclosure is Disclosure.PARTIAL
    await world.tell(registers(OTHER, address=Address(), legal_form="1000"), partner=REGISTER)
    await world.resolve()
    (stored,) = await world.suppliers()
    assert (stored.supplier.disclosure, stored.supplier.head_office is not None) == (Disclosure.FULL, True)
    assert stored.supplier.establishments[0].address.lines == AUBAGNE.lines
