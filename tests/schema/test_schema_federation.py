"""A federation's gateway at the hub: what it composes, and entities fetched together and failing one at a time."""

from pathlib import Path
from typing import Any

import pytest
from graphql import NoSchemaIntrospectionCustomRule, ObjectTypeDefinitionNode, parse, print_ast, validate
from msgspec.structs import replace
from stdnum import luhn

from directory.disclosure import Role
from directory.records import Disclosure
from directory.store.database import Database
from schema import build_schema, ids
from schema.federation import KEYS, SHAREABLE, subgraph
from schema.node import FINDERS
from tests.schema.schema_house import MARTIN, SCHEMA, Ask, House
from tests.schema.test_schema_statements import companies, counted

ENTITIES = """query($representations: [_Any!]!) { _entities(representations: $representations) {
  __typename
  ... on Supplier { siren name contact { phone } } ... on Listing { externalId } ... on Partner { code }
  ... on Establishment { siret } ... on Label { code }
} }"""
FORM = "A representation is an object with a `__typename` and the field of a key."
MARTIN_PUBLIC = {"__typename": "Supplier", "siren": MARTIN, "name": "PLOMBERIE MARTIN", "contact": None}


def by(type_name: str, **key: object) -> dict[str, object]:
    return {"__typename": type_name, **key}


async def entities(ask: Ask, *representations: object, role: Role = Role.PUBLIC) -> dict[str, Any]:
    return await ask(ENTITIES, role, representations=list(representations))


async def refusal(ask: Ask, representation: object) -> tuple[str, str]:
    """Of one representation beside a good one: the sentence and the code of its error."""
    answer = await entities(ask, representation, by("Supplier", siren=MARTIN))
    assert answer["data"] == {"_entities": [None, MARTIN_PUBLIC]}
    (error,) = answer["errors"]
    assert error["path"] == ["_entities", 0]
    return error["message"], error["extensions"]["code"]


async def test_every_entity_is_found_by_every_key(ask: Ask) -> None:
    asked = {
        "Supplier": by("Supplier", siren=MARTIN),
        "Listing": by("Listing", id=ids.encode("Listing", 2)),
        "Partner": by("Partner", id=ids.encode("Partner", "cmar")),
        "Establishment": by("Establishment", id=ids.encode("Establishment", "1/73282932000108")),
        "Label": by("Label", id=ids.encode("Label", "rge")),
    }
    assert sorted(asked) == sorted(KEYS)
    assert await entities(ask, *asked.values(), by("Supplier", id=ids.encode("Supplier", 1))) == {
        "data": {
            "_entities": [
                MARTIN_PUBLIC,
                {"__typename": "Listing", "externalId": "M1"},
                {"__typename": "Partner", "code": "cmar"},
                {"__typename": "Establishment", "siret": "73282932000108"},
                {"__typename": "Label", "code": "rge"},
                MARTIN_PUBLIC,
            ]
        }
    }


async def test_representations_may_be_written_into_the_document(ask: Ask) -> None:
    query = (
        '{ _entities(representations: [{__typename: "Supplier", siren: "732 829 320"}]) { ... on Supplier { name } } }'
    )
    assert await ask(query) == {"data": {"_entities": [{"name": "PLOMBERIE MARTIN"}]}}


@pytest.mark.parametrize("representation", ["Supplier", 1, [], {}, {"__typename": ["Supplier"]}, {"siren": MARTIN}])
async def test_what_is_no_representation_is_refused_alone(ask: Ask, representation: object) -> None:
    assert await refusal(ask, representation) == (FORM, "BAD_INPUT")


async def test_a_type_that_is_no_entity_is_refused_alone(ask: Ask) -> None:
    told = "This subgraph has no entity « %s »; it has Establishment, Label, Listing, Partner, Supplier."
    for type_name in ("Query", "Decision", "Siren", "", "__Type"):
        assert await refusal(ask, by(type_name, id="x")) == (told % type_name, "BAD_INPUT")
    assert await refusal(ask, by("N" * 1_000)) == (told % ("N" * 64), "BAD_INPUT")


async def test_a_key_that_is_missing_or_malformed_is_refused_alone(ask: Ask) -> None:
    for representation in (by("Supplier"), by("Supplier", siren=None), by("Supplier", siren=732829320)):
        told = "A representation of a Supplier has its id or its siren, as a text."
        assert await refusal(ask, representation) == (told, "BAD_INPUT")
    assert await refusal(ask, by("Label", code="rge")) == (
        "A representation of a Label has its id, as a text.",
        "BAD_INPUT",
    )
    assert await refusal(ask, by("Supplier", siren="732829321")) == (
        "A Siren has 9 digits and a valid check digit.",
        "BAD_INPUT",
    )
    assert await refusal(ask, by("Supplier", id=ids.encode("Partner", "cmar"))) == (
        "This id is that of a Partner; the id of a Supplier is wanted here.",
        "BAD_INPUT",
    )
    assert await refusal(ask, by("Listing", id="1")) == (ids.NOT_OURS, "BAD_INPUT")


async def test_an_entity_that_is_not_there_is_missed_alone(ask: Ask) -> None:
    assert await refusal(ask, by("Supplier", siren="552100554")) == (
        "There is no Supplier with this siren that you may see.",
        "NOT_FOUND",
    )
    for type_name, key in (("Supplier", 99), ("Listing", 99), ("Partner", "nobody"), ("Establishment", "1/x")):
        told = f"There is no {type_name} with this id that you may see.", "NOT_FOUND"
        assert await refusal(ask, by(type_name, id=ids.encode(type_name, key))) == told


async def test_entities_are_what_the_caller_may_see(house: House) -> None:
    martin = {**MARTIN_PUBLIC, "contact": {"phone": "+33442030405"}}
    buyer = await entities(house.ask, by("Supplier", siren=MARTIN), role=Role.BUYER)
    assert buyer == {"data": {"_entities": [martin]}}
    await house.disclose(1, Disclosure.OPTED_OUT)
    asked = by("Supplier", siren=MARTIN), by("Supplier", id=ids.encode("Supplier", 1))
    hidden = await entities(house.ask, *asked, by("Listing", id=ids.encode("Listing", 1)), role=Role.BUYER)
    assert hidden["data"] == {"_entities": [None, None, None]}
    assert [error["extensions"] for error in hidden["errors"]] == [{"code": "NOT_FOUND"}] * 3
    assert (await entities(house.ask, *asked, role=Role.STEWARD))["data"] == {"_entities": [martin, martin]}


async def test_an_id_that_was_merged_away_leads_to_its_survivor(house: House) -> None:
    await house.merge_durand_into_martin()
    assert await entities(house.ask, by("Supplier", id=ids.encode("Supplier", 2))) == {
        "data": {"_entities": [MARTIN_PUBLIC]}
    }


async def test_so_many_at_once_and_no_more(house: House) -> None:
    context = house.context()
    context.most_entities = 3
    found = [by("Partner", id=ids.encode("Partner", "cmar"))] * 4
    for count, expected in ((3, 3), (4, None), (0, 0)):
        variables = {"representations": found[:count]}
        result = await SCHEMA.execute(ENTITIES, variable_values=variables, context_value=context)
        assert (result.data and len(result.data["_entities"])) == expected
    result = await SCHEMA.execute(ENTITIES, variable_values={"representations": found}, context_value=context)
    assert result.errors
    assert result.errors[0].message == "`representations` takes at most 3 of them; ask for the rest in another request."
    assert result.errors[0].extensions == {"code": "BAD_INPUT"}


async def test_as_many_entities_cost_as_many_reads_as_one(database: Database, tmp_path: Path) -> None:
    house = House(database, tmp_path / "index")
    sirens = [f"{number:08}{luhn.calc_check_digit(f'{number:08}')}" for number in range(1, 51)]
    members = companies(50)
    await house.take_in([replace(each, siren=sirens[place // 2]) for place, each in enumerate(members)])
    query = """query($representations: [_Any!]!) { _entities(representations: $representations) {
      ... on Supplier { name listings { name } } ... on Listing { name supplier { name } }
    } }"""
    for asked, expected in (
        ([by("Supplier", siren=each) for each in sirens], 5),  # numbers, suppliers, partners, listings with aliases
        ([by("Supplier", id=ids.encode("Supplier", number)) for number in range(1, 51)], 4),
        ([by("Listing", id=ids.encode("Listing", number)) for number in range(1, 101)], 3),
    ):
        for representations in (asked[:1], asked):
            with counted() as statements:
                answer = await house.ask(query, representations=representations)
            assert "errors" not in answer
            assert len(answer["data"]["_entities"]) == len(representations)
            assert all(each["name"] for each in answer["data"]["_entities"])
            assert len(statements) == expected


def sdl_types() -> dict[str, ObjectTypeDefinitionNode]:
    document = parse(subgraph(SCHEMA.as_str()))
    return {each.name.value: each for each in document.definitions if isinstance(each, ObjectTypeDefinitionNode)}


async def test_the_subgraph_is_the_schema_with_its_keys(ask: Ask) -> None:
    answer = await ask("{ _service { sdl } }")
    assert answer == {"data": {"_service": {"sdl": subgraph(SCHEMA.as_str())}}}
    federations = {
        name: [print_ast(each) for each in type_.directives or () if each.name.value in ("key", "shareable")]
        for name, type_ in sdl_types().items()
    }
    by_id = ['@key(fields: "id")']
    assert {name: applied for name, applied in federations.items() if applied} == {
        **dict.fromkeys(("Establishment", "Label", "Listing", "Partner"), by_id),
        "Supplier": [*by_id, '@key(fields: "siren")'],
        **{name: ["@shareable"] for name in SHAREABLE},
    }
    assert answer["data"]["_service"]["sdl"].startswith(
        'extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@shareable"])\n'
    )


def test_keys_are_those_of_nodes() -> None:
    assert set(KEYS) <= set(FINDERS)


def test_what_is_shared_is_plain_values() -> None:
    types = sdl_types()
    assert set(types) >= SHAREABLE
    assert [name for name in SHAREABLE if types[name].interfaces] == []
    assert [field.name.value for name in SHAREABLE for field in types[name].fields or () if field.arguments] == []


def test_the_printed_schema_has_nothing_of_a_federation() -> None:
    printed = SCHEMA.as_str()
    found = [
        word for word in ("@key", "@shareable", "@link", "_Any", "_Entity", "_Service", "_entities") if word in printed
    ]
    assert found == []


def test_gateways_ask_where_introspection_is_forbidden() -> None:
    """`_service` says no more than the printed schema does, which is public."""
    document = parse("{ _service { sdl } }")
    assert validate(build_schema()._schema, document, [NoSchemaIntrospectionCustomRule]) == []
