"""Every field of the schema × every role, over HTTP, against the one table of :mod:`directory.disclosure`.

Every company of the kit says words of its own in every field. A steward's answers tell in which places of the schema
which of them stand. Each other role must read each of them in the same place if the table says so, and nowhere else;
whatever a new field shows is read as well.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from graphql import (
    EnumValueNode,
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    ObjectTypeDefinitionNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_object_type,
    is_required_argument,
    is_required_input_field,
    parse,
)

from directory.disclosure import Field, Role
from directory.search.query import FacetField
from gateway.auth import create_key
from gateway.settings import Settings
from gateway.stores import opened_store
from schema import build_schema, ids
from tests.directory.partial_kit import unsealed
from tests.gateway.conftest import nobodys_environment
from tests.gateway.served import Client, serve_on_loopback
from tests.gateway.sight_kit import COMPANIES, GONE, OPEN, Company, furnish
from tests.gateway.walk_kit import AS, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

SCHEMA: Final = build_schema()._schema
PUBLISHED: Final = {
    each.name.value: {field.name.value: field for field in each.fields or ()}
    for each in parse(build_schema().as_str()).definitions
    if isinstance(each, ObjectTypeDefinitionNode)
}
# Of what a mutation answers with, the rest is reached by queries as well.
OF_MUTATIONS: Final = {"Mutation", "UserError"} | {name for name in SCHEMA.type_map if name.endswith("Payload")}
# Figures that there are none of in a directory which was read once.
WITHOUT_INSTANCE: Final = {"FieldDrift"}
# Shown to stewards alone, whatever is in it ("null for all but stewards" in the schema).
OF_STEWARDS: Final = {"MatchReview", "Decision", "DecidedListing", "FieldPin"}
# It is there for the fields alone that the role may see: what else stands in it comes and goes with these.
BY_FIELD: Final = {"FieldProvenance", "ComparisonRow"}
PIN = """mutation($id: ID!, $from: ID!, $version: String!) {
  supplierPinField(id: $id, field: NAME, fromListing: $from, version: $version, reason: "x") { userErrors { message } }
}"""
SAVE = """mutation { savedSearchCreate(name: "x", query: "plombier", webhook: "http://127.0.0.1:9/") {
  userErrors { message }
} }"""
_KNOWN = "{ id siren version headOffice { id } listings { id } labels { label { id } } decisions { id } }"
KNOWN = f"""{{
  {" ".join(f'named{n}: supplier(by: {{siren: "{each.siren}"}}) {_KNOWN}' for n, each in enumerate(COMPANIES))}
  suppliers(first: 100) {{ nodes {_KNOWN} }}
  partners {{ id runs {{ id }} }}
  matchReviews {{ nodes {{ id }} }}
}}"""
# The walk's documents are larger than any caller's.
WIDE: Final = {
    "document_bytes": 2**20,
    "body_bytes": 2**21,
    "document_tokens": 200_000,
    "document_depth": 50,
    "document_fields": 10_000,
    "document_aliases": 10_000,
    "document_spreads": 10_000,
    "document_pairs": 1_000_000,
    "root_fields": 1_000,
}
ARGUMENTS: Final = {("SupplierConnection", "facets"): f"(of: [{', '.join(FacetField)}], top: 100)"}

Place = tuple[str, ...]  # the names of fields and of the types that they lead to, from the root down
Secret = tuple[Company, str, Field]


class Doors:
    """The arguments of root fields. ``known`` are ids of everything that a steward knows."""

    def __init__(self, known: Sequence[str]) -> None:
        self._known = known

    def __call__(self, name: str, type_: str | None) -> Sequence[str]:
        wanted = [each for each in self._known if type_ is None or ids.decode(each).type == type_]
        suppliers = [each for each in self._known if ids.decode(each).type == "Supplier"]
        match name:
            case "node":
                return [f"(id: {json.dumps(each)})" for each in wanted]
            case "nodes":
                return [f"(ids: {json.dumps(wanted)})"]
            case "supplier":
                return [f'(by: {{siren: "{company.siren}"}})' for company in COMPANIES]
            case "suppliers":
                text = "plombié artisan à moins de 20 km d'Aubagne"
                return ["(first: 100)", f'(query: "{text}")', '(query: "plombier")']
            case "compareSuppliers":
                # Where one is hidden nothing is compared, and nothing else of the query answered: asked apart, below.
                others = [each for each in suppliers[1:] if each != suppliers[COMPANIES.index(GONE)]]
                return [f"(ids: {json.dumps([suppliers[0], other])})" for other in others]
            case "suggest":
                return [f'(text: "{text}", first: 20)' for text in ("zorbax", "enseigna", "aub", "plomb")]
            case "supplierChanges":
                return ['(since: "2000-01-01T00:00:00Z")']
            case "listing":
                return [f'(partner: "cmar", externalId: "M{company.digit}")' for company in COMPANIES]
            case "tradeExpressions":
                return ['(naf: "43.22A")']
            case "_entities":
                kinds = ("Supplier", "Listing", "Establishment", "Partner", "Label")
                named = [(ids.decode(each).type, each) for each in wanted if ids.decode(each).type in kinds]
                told = ", ".join(f'{{__typename: "{kind}", id: "{each}"}}' for kind, each in named)
                return [f"(representations: [{told}])"]
            case "partners" | "matchReviews" | "savedSearches" | "rateLimit" | "_service":
                return [""]
        raise AssertionError(f"Query.{name} is new: say with what the walk asks it")


class Read:
    """What one role was answered: every text of it with its place, and the types of the objects."""

    def __init__(self) -> None:
        self.texts: list[tuple[Place, str]] = []
        self.types: set[str] = set()
        self.codes: set[str] = set()

    def take(self, answer: dict[str, Any]) -> None:
        """Read an answer, its errors too."""
        self._take((), answer.get("data"))
        for error in answer.get("errors", ()):
            self.codes.add(error["extensions"]["code"])
            self._take(("errors",), error)

    def _take(self, place: Place, value: Any) -> None:
        if isinstance(value, dict):
            if type_ := value.get("__typename"):
                self.types.add(type_)
                place = (*place, type_)
            for name, inner in value.items():
                if name != "__typename":
                    self._take((*place, name.partition(AS)[0]), inner)
        elif isinstance(value, list):
            for inner in value:
                self._take(place, inner)
        elif value is not None:
            # Ids and cursors are only base64.
            self.texts += [(place, text.casefold()) for text in (str(value), *unsealed(str(value)))]

    def found(self) -> set[tuple[Place, Secret]]:
        """The places in which the companies' words stand."""
        secrets = [(company, word, field) for company in COMPANIES for word, field in company.secrets.items()]
        return {(place, secret) for place, text in self.texts for secret in secrets if secret[1] in text}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that holds the kit's companies."""
    made = tmp_path_factory.mktemp("sight")

    async def fill() -> None:
        settings = Settings(data_dir=made / "data")
        async with opened_store(settings) as database:
            await furnish(database, settings.index_dir)

    with nobodys_environment(made):
        asyncio.run(fill())
    return made / "data"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def read(folder: Path) -> AsyncIterator[dict[Role, Read]]:
    """What each role was answered to every question of the walk: one after the other, so that caches could be wrong."""
    with nobodys_environment(folder.parent):
        settings = Settings(
            data_dir=folder,
            limits=WIDE,
            cost={"mode": "measure"},
            alerts={"allow_hosts": "127.0.0.1"},
        )
    async with serve_on_loopback(settings) as client:
        keys = await _keys(client)
        known = await _known(client, keys[Role.STEWARD])
        answers = {role: Read() for role in Role}
        for question in Walk(SCHEMA, Doors(known), ARGUMENTS).questions():
            for role in Role:
                response = await client.ask(question.text, keys[role])
                answer = await response.json()
                assert response.status == 200, answer
                answers[role].take(answer)
        for role in set(Role) - {Role.STEWARD}:
            hidden = f"{{ compareSuppliers(ids: {json.dumps(known_suppliers(known))}) {{ suppliers {{ name }} }} }}"
            answers[role].take(await (await client.ask(hidden, keys[role])).json())
    yield answers


def known_suppliers(known: Sequence[str]) -> list[str]:
    """The kit's companies among these ids."""
    return [each for each in known if ids.decode(each).type == "Supplier"][: len(COMPANIES)]


async def _keys(client: Client) -> dict[Role, str | None]:
    keys: dict[Role, str | None] = {Role.PUBLIC: None}
    for role in set(Role) - {Role.PUBLIC}:
        partner = "cmar" if role is Role.PARTNER else None
        keys[role] = (await create_key(client.hub.database, role=role, name="x", partner=partner)).token
        saved = await (await client.ask(SAVE, keys[role])).json()
        assert saved["data"]["savedSearchCreate"]["userErrors"] == []
    return keys


async def _known(client: Client, key: str | None) -> list[str]:
    """The ids of everything, after a steward's decision about the open company."""
    known = (await (await client.ask(KNOWN, key)).json())["data"]
    open_one = next(each for each in known["suppliers"]["nodes"] if each["siren"] == OPEN.siren)
    variables = {"id": open_one["id"], "from": open_one["listings"][0]["id"], "version": open_one["version"]}
    pinned = await (await client.ask(PIN, key, variables=variables)).json()
    assert pinned["data"]["supplierPinField"]["userErrors"] == []
    return list(dict.fromkeys(_ids((await (await client.ask(KNOWN, key)).json())["data"])))


def _ids(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from [value["id"]] if "id" in value else []
        for inner in value.values():
            yield from _ids(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _ids(inner)


async def test_the_walk_has_been_everywhere(read: dict[Role, Read]) -> None:
    objects = {name for name, type_ in SCHEMA.type_map.items() if is_object_type(type_) and not name.startswith("__")}
    # What is told of changes as they happen is asked in test_subscriptions.py.
    of_subscriptions = {"Subscription", "SupplierEvent"}
    assert objects - OF_MUTATIONS - of_subscriptions - read[Role.STEWARD].types - WITHOUT_INSTANCE == {"Query"}
    assert read[Role.STEWARD].codes == set()


async def test_a_steward_reads_all_that_is_planted(read: dict[Role, Read]) -> None:
    """What nobody could read would prove nothing. A record as the partner gave it is shown by no field so far."""
    found = {secret for _, secret in read[Role.STEWARD].found()}
    planted = {(company, word, field) for company in COMPANIES for word, field in company.secrets.items()}
    assert {secret for secret in planted - found if secret[2] is not Field.RAW} == set()


@pytest.mark.parametrize("role", Role)
async def test_nobody_reads_what_the_table_hides(read: dict[Role, Read], role: Role) -> None:
    hidden = [
        f"{'.'.join(place)}: {word}"
        for place, (company, word, field) in read[role].found()
        if not company.shows(role, field)
    ]
    assert "\n".join(sorted(hidden)) == ""


@pytest.mark.parametrize("role", [Role.PUBLIC, Role.PARTNER, Role.BUYER])
async def test_everybody_reads_what_the_table_shows_in_every_place(read: dict[Role, Read], role: Role) -> None:
    missing = [
        f"{'.'.join(place)}: {word}"
        for place, (company, word, field) in read[Role.STEWARD].found() - read[role].found()
        if company.shows(role, field) and not OF_STEWARDS & set(place) and _may_reach(role, place)
        if company is OPEN or not BY_FIELD & set(place)
    ]
    assert "\n".join(sorted(missing)) == ""


def _may_reach(role: Role, place: Place) -> bool:
    """Whether the root field answers the role."""
    return _may_ask("Query", place[0], role)


def _may_ask(type_: str, field: str, role: Role) -> bool:
    """What the schema says of it, as everybody may read it."""
    published = PUBLISHED[type_].get(field)  # what gateways of a federation ask alone is not
    said = {each.name.value: each for each in published.directives or ()} if published else {}
    if "requires" in said:
        (of,) = said["requires"].arguments or ()
        assert isinstance(of.value, EnumValueNode)
        return role.name == of.value.value
    return role is not Role.PUBLIC or "requiresKey" not in said


@pytest.mark.parametrize("role", Role)
async def test_fields_for_one_role_are_forbidden_to_every_other(shared: Client, role: Role) -> None:
    """Every root field, those of mutations too, with arguments of the right form."""
    partner = "cmar" if role is Role.PARTNER else None
    made = None if role is Role.PUBLIC else await create_key(shared.hub.database, role=role, name="x", partner=partner)
    codes = {}
    expected = {}
    for kind, root in (("query", SCHEMA.query_type), ("mutation", SCHEMA.mutation_type)):
        assert root
        for name, field in root.fields.items():
            text = f"{kind} {{ {name}{filled(field.args)} {{ __typename }} }}"
            answer = await (await shared.ask(text, made.token if made else None)).json()
            told = {error["extensions"]["code"] for error in answer.get("errors", ())}
            codes[name] = "FORBIDDEN" in told
            expected[name] = not _may_ask(root.name, name, role)
            assert not told & {"BAD_QUERY", "INTERNAL"}, (text, answer)
            if codes[name]:
                assert answer["data"] is None
    assert codes == expected
    assert any(expected.values()) is (role is not Role.STEWARD)


def filled(arguments: Mapping[str, GraphQLArgument]) -> str:
    """Some value for every argument that must have one."""
    needed = [f"{name}: {_value(each.type)}" for name, each in arguments.items() if is_required_argument(each)]
    return f"({', '.join(needed)})" if needed else ""


def _value(type_: GraphQLInputType) -> str:
    named = get_named_type(type_)
    if isinstance(named, GraphQLEnumType):
        value = next(iter(named.values))
    elif isinstance(named, GraphQLInputObjectType):
        every = list(named.fields.items())
        needed = [each for each in every if is_required_input_field(each[1])] or every[:1]
        value = "{" + ", ".join(f"{name}: {_value(field.type)}" for name, field in needed) + "}"
    else:
        value = {"Boolean": "false", "Int": "1", "Float": "1.0", "DateTime": '"2026-01-01T00:00:00Z"'}.get(
            named.name, '"x"'
        )
    return f"[{value}]" if is_list_type(get_nullable_type(type_)) else value


@pytest.mark.parametrize("role", Role)
async def test_files_show_no_more_than_answers(folder: Path, role: Role) -> None:
    with nobodys_environment(folder.parent):
        settings = Settings(data_dir=folder)
    async with serve_on_loopback(settings) as client:
        partner = "cmar" if role is Role.PARTNER else None
        headers = {}
        if role is not Role.PUBLIC:
            made = await create_key(client.hub.database, role=role, name="x", partner=partner)
            headers = {"Authorization": f"Bearer {made.token}"}
        response = await client.get("/suppliers.jsonl", headers=headers)
        lines = [json.loads(line) for line in (await response.text()).splitlines()]
    told = Read()
    for line in lines:
        told.take({"data": line})
    found = {secret for _, secret in told.found()}
    assert [(company.mark, word) for company, word, field in found if not company.shows(role, field)] == []
    assert OPEN.mark in "".join(word for _, word, _ in found)
