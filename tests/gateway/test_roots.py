"""Which root fields a request asks for, and which ids it names."""

import pytest

from directory.disclosure import Role
from gateway.requests import GraphQLRequest
from gateway.roots import MOST_IDS, fields_of, mutations_of
from schema import build_schema, ids

SCHEMA = build_schema()


def told(
    query: str, role: Role = Role.STEWARD, name: str | None = None, variables: dict[str, object] | None = None
) -> list[object]:
    found = mutations_of(SCHEMA, GraphQLRequest(query, name, variables or {}), role)
    return [(each.name, each.field, each.ids, each.is_permitted) for each in found]


def test_fields_of_every_spelling_are_found_once_a_name() -> None:
    query = """
      query Other { partners { id } }
      mutation Mine {
        ...f runAccept(id: "x", reason: "") { a } ... on Mutation { x: runReject(id: "y", reason: "") { a } }
      }
      fragment f on Mutation { ...g x: runAccept(id: "z", reason: "") { a } ...f }
      fragment g on Mutation { runAccept(id: "x", reason: "") { a } unknown(id: "Supplier") { a } }
    """
    asked = GraphQLRequest(query, "Mine")
    assert fields_of(asked) == {"runAccept": "runAccept", "unknown": "unknown", "x": "runAccept"}
    assert told(query, name="Mine") == [
        ("runAccept", "runAccept", ("x",), True),
        ("x", "runAccept", ("z",), True),
    ]


@pytest.mark.parametrize(("role", "permitted"), [(Role.STEWARD, True), (Role.BUYER, False), (Role.PUBLIC, False)])
def test_who_may_is_said_by_the_schema(role: Role, permitted: bool) -> None:
    assert told('mutation { runAccept(id: "x", reason: "") { a } }', role) == [
        ("runAccept", "runAccept", ("x",), permitted)
    ]
    (saved,) = mutations_of(SCHEMA, GraphQLRequest('mutation { savedSearchDelete(id: "x") { a } }'), role)
    assert saved.is_permitted is (role is not Role.PUBLIC)


def test_ids_are_told_as_what_they_stand_for_and_nothing_else_is() -> None:
    query = """mutation($into: ID, $from: [ID!], $missing: ID) {
      supplierMerge(into: $into, from: $from, versions: ["Mme Fabre"], reason: "Mme Fabre") { a }
      again: supplierMerge(into: $missing, from: "Mme Fabre, 06 11 22 33 44", versions: [], reason: "") { a }
    }"""
    seven, nine = ids.encode("Supplier", 7), ids.encode("Supplier", 9)
    strange = ids.encode("Supplier", "7' --")
    assert told(query, variables={"into": seven, "from": [nine, seven, nine, strange, 5]}) == [
        ("supplierMerge", "supplierMerge", ("Supplier:7", "Supplier:9", "?"), True),
        ("again", "supplierMerge", ("?",), True),
    ]


def test_so_many_ids_and_no_more() -> None:
    many = [ids.encode("Supplier", number) for number in range(1_000)]
    query = 'mutation($from: [ID!]) { supplierMerge(into: "x", from: $from, versions: [], reason: "") { a } }'
    (found,) = mutations_of(SCHEMA, GraphQLRequest(query, None, {"from": many}), Role.STEWARD)
    assert len(found.ids) == MOST_IDS
