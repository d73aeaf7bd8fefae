"""Partial diffusion obeyed by GraphQL: every field behind every door is asked for, and every byte of it is read."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)
from msgspec.structs import replace
from sqlalchemy import update

from directory.disclosure import Role
from directory.records import Disclosure
from directory.search.query import FacetField
from directory.store.database import Database
from directory.store.reading import Reader
from directory.store.suppliers import supplier
from schema import ids
from tests.directory.partial_kit import (
    MASKED,
    STRANGERS,
    WAGRAMME,
    WAGRAMME_SITE,
    XYLANDER,
    XYLANDER_SITE,
    ZWICKEL,
    betrayed,
    furnish,
)
from tests.schema.conftest import settle
from tests.schema.schema_house import MARTIN, SCHEMA, House

TYPES = SCHEMA._schema.type_map
# Partners are about nobody; what harvests say is for stewards and the partner itself.
LEFT_OUT = {"Partner": "{ code name }"}


def everything(type_: GraphQLOutputType, path: tuple[str, ...] = ()) -> str:
    """A selection of every field that needs no argument, each type once on the way down."""
    named = get_named_type(type_)
    if is_leaf_type(named):
        return ""
    if named.name in LEFT_OUT:
        return LEFT_OUT[named.name]
    assert isinstance(named, GraphQLObjectType | GraphQLInterfaceType)
    path = (*path, named.name)
    # What was understood of a text says it again to whoever has typed it.
    skipped = {*path, "Interpretation"}
    fields = {name: field for name, field in named.fields.items() if get_named_type(field.type).name not in skipped}
    needless = {
        name: field for name, field in fields.items() if not any(map(is_required_argument, field.args.values()))
    }
    return (
        "{ __typename " + " ".join(f"{name} {everything(field.type, path)}" for name, field in needless.items()) + " }"
    )


def of(type_name: str) -> str:
    return everything(TYPES[type_name])  # type: ignore[arg-type]


SUPPLIER, CONNECTION = of("Supplier"), of("SupplierConnection")
ONE = f"query($by: SupplierKey!) {{ supplier(by: $by) {SUPPLIER} }}"
MANY = f"""query($text: String, $where: SupplierWhere, $near: Near, $order: SupplierOrder) {{
  suppliers(query: $text, where: $where, near: $near, orderBy: $order, first: 100) {CONNECTION}
  facets: suppliers(query: $text, where: $where, near: $near) {{
    facets(of: [{", ".join(FacetField)}], top: 100) {of("Facet")}
  }}
}}"""
NODES = f"""query($ids: [ID!]!) {{
  suppliers: nodes(ids: $ids) {{ ... on Supplier {SUPPLIER} }}
  listings: nodes(ids: $ids) {{ ... on Listing {of("Listing")} }}
  sites: nodes(ids: $ids) {{ ... on Establishment {of("Establishment")} }}
}}"""
ENTITIES = f"""query($representations: [_Any!]!) {{
  suppliers: _entities(representations: $representations) {{ ... on Supplier {SUPPLIER} }}
  listings: _entities(representations: $representations) {{ ... on Listing {of("Listing")} }}
  sites: _entities(representations: $representations) {{ ... on Establishment {of("Establishment")} }}
}}"""
CHANGES = f'{{ supplierChanges(since: "2000-01-01T00:00:00Z") {of("SupplierChangeConnection")} }}'
LISTING = f"query($partner: ID!, $id: String!) {{ listing(partner: $partner, externalId: $id) {of('Listing')} }}"


@pytest.fixture(scope="module")
def withheld(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("partial")
    (folder / "circuit.db").write_bytes(migrated_file.read_bytes())

    async def fill() -> None:
        database = Database(f"sqlite:///{folder / 'circuit.db'}")
        await furnish(database, folder / "index")
        await database.close()

    asyncio.run(fill())
    return folder


@pytest.fixture
async def partial(withheld: Path) -> AsyncIterator[House]:
    """The kit's companies, to be asked and left as they are."""
    database = Database(f"sqlite:///{withheld / 'circuit.db'}")
    house = House(database, withheld / "index")
    house.open_index()
    yield house
    await settle()
    await database.close()


async def told(house: House, role: Role, query: str, **variables: object) -> str:
    """The whole answer as text, which must be no error."""
    answer = await house.ask(query, role, **variables)
    assert "errors" not in answer, answer["errors"]
    return json.dumps(answer, ensure_ascii=False, default=str)


KEYS: list[dict[str, Any]] = [
    {"siren": XYLANDER},
    {"siren": WAGRAMME},
    {"siren": ZWICKEL},
    {"siret": XYLANDER_SITE},
    {"siret": WAGRAMME_SITE},
    {"listing": {"partner": "cmar", "externalId": "ysaline-xylander"}},
    {"listing": {"partner": "cpme13", "externalId": "771"}},
    {"listing": {"partner": "sirene", "externalId": XYLANDER}},
    {"listing": {"partner": "cpme13", "externalId": "Z1"}},
]


@pytest.mark.parametrize("role", STRANGERS)
@pytest.mark.parametrize("key", KEYS, ids=str)
async def test_a_supplier_by_any_key(partial: House, role: Role, key: dict[str, Any]) -> None:
    answer = await told(partial, role, ONE, by=key)
    assert betrayed(answer) == []
    assert '"disclosure": "PARTIAL"' in answer


async def test_the_questions_are_such_that_stewards_are_told_all(partial: House) -> None:
    answers = [await told(partial, Role.STEWARD, ONE, by=key) for key in KEYS]
    assert set(betrayed(" ".join(answers))) == set(MASKED)
    assert betrayed(await told(partial, Role.STEWARD, CHANGES)) != []


QUESTIONS: list[dict[str, Any]] = [
    {},
    *({"text": word} for word in ("Ysaline Xylander", "Quenouille", "impasse des Tisserands", "Cuges", "Wagramme")),
    *({"text": siren} for siren in (XYLANDER, WAGRAMME, ZWICKEL)),
    *({"where": {"locatedIn": [place]}} for place in ("13030", "13023", "13119", "13", "93")),
    *({"where": {"has": [field]}} for field in ("NAME", "ADDRESS", "LOCATION", "WEBSITE", "DESCRIPTION")),
    {"where": {"minQuality": 0.5}},
    {"where": {"partners": ["cmar"], "not": {"has": ["ADDRESS"]}}},
    {"near": {"latitude": 43.27, "longitude": 5.7, "radiusKm": 400}},
    *({"order": {"field": field, "direction": "ASC"}} for field in ("NAME", "QUALITY", "UPDATED_AT")),
    {
        "near": {"latitude": 43.27, "longitude": 5.7, "radiusKm": 400},
        "order": {"field": "DISTANCE", "direction": "ASC"},
    },
]


@pytest.mark.parametrize("role", STRANGERS)
@pytest.mark.parametrize("question", QUESTIONS, ids=str)
async def test_a_search_with_its_facets_and_cursors(partial: House, role: Role, question: dict[str, Any]) -> None:
    assert betrayed(await told(partial, role, MANY, **question)) == []


@pytest.mark.parametrize("role", STRANGERS)
async def test_everything_by_its_id_and_the_log_of_changes(partial: House, role: Role) -> None:
    known = [ids.encode("Supplier", number) for number in range(1, 5)]
    known += [ids.encode("Listing", number) for number in range(1, 11)]
    known += [ids.encode("Establishment", f"{number}/{XYLANDER_SITE}") for number in range(1, 5)]
    answer = await told(partial, role, NODES, ids=known)
    assert betrayed(answer) == []
    assert answer.count("PLOMBERIE MARTIN") > 1
    assert betrayed(await told(partial, role, CHANGES)) == []


@pytest.mark.parametrize("role", STRANGERS)
async def test_everything_that_a_federation_may_name(partial: House, role: Role) -> None:
    keys: list[dict[str, str]] = [{"siren": siren} for siren in (XYLANDER, WAGRAMME, ZWICKEL)]
    keys += [{"id": ids.encode("Supplier", number)} for number in range(1, 5)]
    named = [{"__typename": "Supplier", **key} for key in keys]
    named += [{"__typename": "Listing", "id": ids.encode("Listing", number)} for number in range(1, 11)]
    sites = [ids.encode("Establishment", f"{number}/{XYLANDER_SITE}") for number in range(1, 5)]
    named += [{"__typename": "Establishment", "id": site} for site in sites]
    answer = await partial.ask(ENTITIES, role, representations=named)
    assert {error["extensions"]["code"] for error in answer.get("errors", [])} <= {"NOT_FOUND"}
    text = json.dumps(answer, ensure_ascii=False, default=str)
    assert betrayed(text) == []
    assert text.count('"disclosure": "PARTIAL"') >= 3
    assert betrayed(await told(partial, Role.STEWARD, ENTITIES, representations=named[:3])) != []


@pytest.mark.parametrize("role", STRANGERS)
@pytest.mark.parametrize(
    ("partner", "external_id"), [("cmar", "ysaline-xylander"), ("cpme13", "772"), ("cpme13", "zephirine-9")]
)
async def test_one_listing_and_what_a_look_up_gives(partial: House, role: Role, partner: str, external_id: str) -> None:
    answer = await told(partial, role, LISTING, partner=partner, id=external_id)
    assert betrayed(answer) == []
    assert '"source": "HARVESTED"' in answer


@pytest.mark.parametrize("role", STRANGERS)
async def test_a_site_known_by_its_address_alone_is_not_there_for_who_guesses_its_id(
    partial: House, role: Role
) -> None:
    query = "query($by: SupplierKey!) { supplier(by: $by) { establishments { totalCount nodes { id siret } } } }"
    sites = (await partial.ask(query, Role.STEWARD, by={"siren": XYLANDER}))["data"]["supplier"]["establishments"]
    assert sites["totalCount"] == 2
    guessed = sites["nodes"][1]
    assert (guessed["siret"], base64.urlsafe_b64decode(guessed["id"] + "==")[:13]) == (None, b"Establishment")
    shown = (await partial.ask(query, role, by={"siren": XYLANDER}))["data"]["supplier"]["establishments"]
    assert (shown["totalCount"], [site["siret"] for site in shown["nodes"]]) == (1, [XYLANDER_SITE])
    answer = await partial.ask("query($id: ID!) { node(id: $id) { id } }", role, id=guessed["id"])
    assert answer == {"data": {"node": None}}


MISTAKES = [
    ("query($by: SupplierKey!) { supplier(by: $by) { id } }", {"by": {"listing": {"partner": "cmar"}}}),
    ("query($after: String) { suppliers(after: $after) { totalCount } }", {"after": "nonsense"}),
    ("{ suppliers(first: 1000) { totalCount } }", {}),
    ("query($id: ID!) { node(id: $id) { id } }", {"id": ids.encode("Supplier", "x")}),
]


@pytest.mark.parametrize("role", STRANGERS)
@pytest.mark.parametrize(("query", "variables"), MISTAKES)
async def test_an_error_says_nothing_of_anyone(
    partial: House, role: Role, query: str, variables: dict[str, Any]
) -> None:
    answer = await partial.ask(query, role, **variables)
    assert answer["errors"]
    assert betrayed(json.dumps(answer, default=str)) == []


async def test_who_was_found_by_a_place_before_the_register_spoke_is_left_out(house: House) -> None:
    query = "{ suppliers(near: {latitude: 43.29, longitude: 5.57}) { edges { distanceKm node { siren } } } }"
    edges = (await house.ask(query))["data"]["suppliers"]["edges"]
    assert [edge["node"]["siren"] for edge in edges] == [MARTIN, None]
    (stored,) = await Reader(house.database).suppliers([2])
    assert stored is not None
    document = replace(stored.supplier, disclosure=Disclosure.PARTIAL)
    async with house.database.writing() as connection:
        await connection.execute(update(supplier).where(supplier.c.id == 2).values(document=document))
    assert (await house.ask(query))["data"]["suppliers"]["edges"] == edges[:1]
    assert (await house.ask(query, Role.STEWARD))["data"]["suppliers"]["edges"] == edges
