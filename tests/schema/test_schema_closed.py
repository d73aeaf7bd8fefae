"""Companies that an official register says have closed: marked, and shown to whoever asks for them."""

import shutil
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from directory.disclosure import Role
from directory.records import Activity, Disclosure, Listing, Location, SupplierStatus
from directory.store.database import Database
from tests.directory.partial_kit import AUBAGNE, MARTIN, WAGRAMME, XYLANDER, furnish
from tests.schema.conftest import settle
from tests.schema.schema_house import House

SHUT: dict[str, Any] = {"where": {"status": ["CLOSED"]}}
ANY: dict[str, Any] = {"where": {"status": []}}


def plumber(partner: str, name: str, siren: str, **values: object) -> Listing:
    usual: dict[str, object] = {"activities": (Activity("43.22A"),), "address": AUBAGNE}
    usual |= {"location": Location(43.29, 5.57), "siren": siren, "raw": "{}", "external_id": siren}
    return Listing(partner=partner, name=name, **usual | values)  # type: ignore[arg-type]


MEMBERS = (
    plumber("cmar", "Plomberie Martin", MARTIN),
    plumber("cmar", "Plomberie Durand", WAGRAMME),
    plumber("cpme13", "Durand", WAGRAMME),
    plumber("cpme13", "Plomberie Roux", XYLANDER),
    plumber("sirene", "DURAND", WAGRAMME, status=SupplierStatus.CLOSED, closed_on=date(2025, 3, 1)),
    plumber("sirene", "MARTIN", MARTIN, status=SupplierStatus.ACTIVE, disclosure=Disclosure.FULL),
)


@pytest.fixture
async def house(migrated_file: Path, tmp_path: Path) -> AsyncIterator[House]:
    """Three plumbers of Aubagne, one of whom has closed."""
    shutil.copy(migrated_file, tmp_path / "circuit.db")
    database = Database(f"sqlite:///{tmp_path / 'circuit.db'}")
    await furnish(database, tmp_path / "index", MEMBERS)
    house = House(database, tmp_path / "index")
    house.open_index()
    yield house
    await settle()
    await database.close()


async def found(house: House, arguments: str, **variables: Any) -> tuple[int, set[str]]:
    query = f"""query($where: SupplierWhere) {{
      suppliers(where: $where, {arguments}) {{ totalCount nodes {{ siren }} }}
    }}"""
    page = (await house.ask(query, Role.PUBLIC, **variables))["data"]["suppliers"]
    return page["totalCount"], {node["siren"] for node in page["nodes"]}


@pytest.mark.parametrize(
    "arguments",
    [
        'query: "plombier"',
        'query: "plomberie Aubagne"',
        "near: {latitude: 43.29, longitude: 5.57}",
        "near: {latitude: 43.29, longitude: 5.57}, orderBy: {field: DISTANCE, direction: ASC}",
        "orderBy: {field: NAME, direction: ASC}",
        "orderBy: {field: UPDATED_AT, direction: DESC}",
        "first: 20",
    ],
)
async def test_closed_companies_are_shown_to_who_asks_for_them_alone(house: House, arguments: str) -> None:
    assert await found(house, arguments) == (2, {MARTIN, XYLANDER})
    assert await found(house, arguments, **SHUT) == (1, {WAGRAMME})
    assert await found(house, arguments, **ANY) == (3, {MARTIN, XYLANDER, WAGRAMME})


async def test_facets_count_what_is_shown(house: House) -> None:
    query = """query($where: SupplierWhere) { suppliers(where: $where) {
      facets(of: [NAF, STATUS, COMMUNE]) { buckets { value count } }
    } }"""

    async def counted(**variables: Any) -> list[dict[str, int]]:
        facets = (await house.ask(query, **variables))["data"]["suppliers"]["facets"]
        return [{bucket["value"]: bucket["count"] for bucket in facet["buckets"]} for facet in facets]

    # The states counted are those that could be asked for, whichever is.
    assert await counted() == [{"43.22A": 2}, {"ACTIVE": 2, "CLOSED": 1}, {"13005": 2}]
    assert await counted(**SHUT) == [{"43.22A": 1}, {"ACTIVE": 2, "CLOSED": 1}, {"13005": 1}]


async def test_which_companies_a_partner_lists_that_have_closed(house: House) -> None:
    listed = {"where": {"status": ["CLOSED"], "partners": ["cpme13"]}}
    assert await found(house, "first: 20", **listed) == (1, {WAGRAMME})
    (quality,) = await house.context(Role.STEWARD).reader.partner_quality(["cpme13"], clock=house.clock)
    assert (quality.members, quality.closed_in_register) == (2, 1)


async def test_a_closed_company_is_marked_with_the_day(house: House) -> None:
    query = """query($by: SupplierKey!) { supplier(by: $by) {
      name status closedOn headOffice { isOpen } provenance(fields: [NAME]) { rule partner { code } }
    } }"""
    assert (await house.ask(query, by={"siren": WAGRAMME}))["data"]["supplier"] == {
        "name": "DURAND",
        "status": "CLOSED",
        "closedOn": "2025-03-01",
        "headOffice": {"isOpen": False},
        "provenance": [{"rule": "OFFICIAL_REGISTER", "partner": {"code": "sirene"}}],
    }
    active = (await house.ask(query, by={"siren": MARTIN}))["data"]["supplier"]
    assert (active["status"], active["closedOn"]) == ("ACTIVE", None)


async def test_a_register_is_counted_nowhere_that_counts_partners(house: House) -> None:
    query = """{ suppliers(where: {status: [], minPartners: 2}) {
      nodes { siren } coverage { partner { code } } facets(of: [PARTNER]) { buckets { value count } }
    } }"""
    assert (await house.ask(query))["data"]["suppliers"] == {
        "nodes": [{"siren": WAGRAMME}],
        "coverage": [{"partner": {"code": "cmar"}}, {"partner": {"code": "cpme13"}}],
        "facets": [{"buckets": [{"value": "cmar", "count": 1}, {"value": "cpme13", "count": 1}]}],
    }
