"""The look-ups by which related suppliers are found, in either store, by their indexes."""

import pytest
from sqlalchemy import text

from directory.records import Address
from directory.relations import Presence, Shared
from directory.store import relating
from directory.store.database import Database
from tests.directory.resolution_kit import ONE, OTHER, THIRD, World, registers, says

CASSIS = Address(lines=("3 quai Nord",), postcode="13260", commune="Cassis")
ZYLKA = Presence(supplier=1, names=("groupe zylka", "zylka bois"), town="13005", street="12 rue haute", site="zylka.fr")
BRANCH = Presence(supplier=2, names=("zylka cassis",), town="13022", street="3 quai nord", site="zylka.fr")
GARAGE = Presence(supplier=3, names=("garage zylk",), town="13005", street="12 rue haute")


@pytest.fixture
async def world(database: Database) -> World:
    """A group, its branch, and a garage of another name."""
    world = World(database)
    await world.tell(
        says("cmar", "a", "Groupe Zylka", siren=ONE, trade_names=("Zylka Bois",), website="https://www.zylka.fr/"),
        says("cmar", "b", "Zylka Cassis", siren=OTHER, address=CASSIS, website="https://zylka.fr/cassis"),
        says("cmar", "c", "Garage Zylk", siren=THIRD),
    )
    await world.tell(registers(ONE, "ZYLKA HOLDING", website="https://zylka.fr/"), partner="sirene")
    await world.resolve()
    return world


async def test_what_listings_of_directories_say_of_their_suppliers(world: World) -> None:
    assert await world.reader.presences_of([1, 2, 3, 99, 2**70]) == [ZYLKA, BRANCH, GARAGE]
    assert await world.reader.presences_of([]) == []


@pytest.mark.parametrize(
    ("shared", "found"),
    [
        (Shared(), []),
        (Shared(sites=frozenset({"zylka.fr", "nobody.fr"})), [ZYLKA, BRANCH]),
        (Shared(names=frozenset({"groupe zylka", "garage zylk", "zylka"})), [ZYLKA, GARAGE]),
        (Shared(names=frozenset({"zylka holding"})), []),
        (Shared(beginnings=frozenset({"zylka"})), [BRANCH]),
        (Shared(beginnings=frozenset({"zyl", "garage zylk", "z%", "zylk_"})), []),
        (Shared(sites=frozenset({"zylka.fr"}), beginnings=frozenset({"zylka", "garage"})), [ZYLKA, BRANCH, GARAGE]),
    ],
)
async def test_who_shares_a_site_a_name_or_the_beginning_of_one(
    world: World, shared: Shared, found: list[Presence]
) -> None:
    assert await world.reader.presences_sharing(shared) == found


async def test_who_is_withdrawn_or_merged_away_is_not_found_under_the_old_number(world: World) -> None:
    await world.tell(
        says("cmar", "a", "Groupe Zylka", siren=ONE, website="https://zylka.fr/"), says("cmar", "c", siren=ONE)
    )
    await world.resolve()
    found = await world.reader.presences_sharing(Shared(sites=frozenset({"zylka.fr"})))
    assert [presence.supplier for presence in found] == [1]
    assert {presence.supplier for presence in await world.reader.presences_of([1, 2, 3])} == {1}


async def test_more_values_than_one_statement_takes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relating, "_CHUNK", 1)
    shared = Shared(sites=frozenset({"zylka.fr", "a.fr"}), beginnings=frozenset({"zylka", "garage"}))
    assert await world.reader.presences_sharing(shared) == [ZYLKA, BRANCH, GARAGE]


async def test_the_indexes_answer(database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL reads a small table whole, whatever its indexes")
    async with database.reading() as connection:
        for shared, index in (
            (Shared(sites=frozenset({"a.fr"})), "ix_listing_site"),
            (Shared(names=frozenset({"a"})), "ix_listing_name_key"),
            (Shared(beginnings=frozenset({"a", "b"})), "ix_listing_name_key"),
        ):
            (condition,) = relating._conditions(shared, "sqlite")
            statement = relating._PRESENCES.where(condition)
            sql = statement.compile(connection.engine.sync_engine, compile_kwargs={"literal_binds": True})
            plan = await connection.execute(text(f"EXPLAIN QUERY PLAN {sql}"))
            assert any(index in row.detail for row in plan), shared
