"""The schema as partners' developers see it: committed, described to the last argument, and nothing more than due."""

from collections.abc import Iterator
from pathlib import Path

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
)

from schema import build_schema

PRINTED = Path(__file__).parents[2] / "schema" / "schema.graphql"


def test_the_committed_schema_is_the_schema() -> None:
    printed = build_schema().as_str() + "\n"
    assert PRINTED.read_text(encoding="utf-8") == printed, "run `circuit schema > schema/schema.graphql`"


def undescribed(type_: GraphQLNamedType) -> Iterator[str]:
    if not type_.description:
        yield type_.name
    if isinstance(type_, GraphQLEnumType):
        yield from (f"{type_.name}.{name}" for name, value in type_.values.items() if not value.description)
    if isinstance(type_, GraphQLInputObjectType | GraphQLObjectType | GraphQLInterfaceType):
        for name, field in type_.fields.items():
            if not field.description:
                yield f"{type_.name}.{name}"
            for argument_name, argument in getattr(field, "args", {}).items():
                if not argument.description:
                    yield f"{type_.name}.{name}({argument_name}:)"


def test_every_type_field_argument_and_value_is_described() -> None:
    types = build_schema()._schema.type_map.values()
    ours = [type_ for type_ in types if not type_.name.startswith("__")]
    assert len(ours) > 40
    assert [missing for type_ in ours for missing in undescribed(type_)] == []


def test_root_fields_and_arguments_are_those_that_portals_were_told() -> None:
    query, mutation = build_schema()._schema.query_type, build_schema()._schema.mutation_type
    assert query
    assert mutation
    assert {name: list(field.args) for name, field in mutation.fields.items()} == {
        "runAccept": ["id", "reason"],
        "runReject": ["id", "reason"],
        "partnerPause": ["id", "paused", "reason"],
        "matchDecide": ["review", "decision", "version", "reason", "sameSite"],
        "matchDecideMany": ["decisions", "reason"],
        "supplierMerge": ["into", "from", "versions", "reason"],
        "supplierSplit": ["id", "listings", "version", "reason"],
        "listingMove": ["listing", "to", "versions", "reason"],
        "supplierPinField": ["id", "field", "fromListing", "version", "reason"],
        "supplierUnpinField": ["id", "field", "version", "reason"],
        "decisionUndo": ["id", "reason"],
        "lexiconAdd": ["naf", "expressions", "reason"],
        "lexiconRemove": ["naf", "expressions", "reason"],
        "savedSearchCreate": ["name", "query", "where", "near", "webhook"],
        "savedSearchUpdate": ["id", "name", "paused", "webhook", "renewFeed"],
        "savedSearchDelete": ["id"],
    }
    assert {name: list(field.args) for name, field in query.fields.items()} == {
        "node": ["id"],
        "nodes": ["ids"],
        "supplier": ["by"],
        "suppliers": ["query", "without", "where", "near", "orderBy", "first", "after", "last", "before"],
        "compareSuppliers": ["ids"],
        "suggest": ["text", "kinds", "first"],
        "supplierChanges": ["since", "first", "after"],
        "listing": ["partner", "externalId"],
        "partners": [],
        "matchReviews": ["where", "first", "after"],
        "tradeExpressions": ["naf"],
        "savedSearches": [],
        "_service": [],
        "_entities": ["representations"],
        "rateLimit": [],
    }


def test_what_is_for_stewards_says_so() -> None:
    printed = PRINTED.read_text(encoding="utf-8")
    assert "directive @requires(role: Role!) on FIELD_DEFINITION" in printed
    edits = printed.partition("type Mutation {")[2].partition("\n}")[0]
    assert edits.count("Payload! @requires(role: STEWARD)") == 13
