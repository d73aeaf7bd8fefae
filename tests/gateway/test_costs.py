"""What operations cost: as the printed schema says, whatever way they are written, and cheaply."""

import re
import time
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_introspection_query, get_nullable_type, is_list_type, parse
from hypothesis import given, settings
from hypothesis import strategies as st

from directory.disclosure import Role
from gateway.costs import Tariff, cost_of, priced
from gateway.costs.forms import DEAREST
from gateway.settings import Settings
from schema import build_schema
from tests.gateway.cost_kit import (
    SDL,
    Asked,
    Spreading,
    asked,
    gives,
    inlined,
    reckoned,
    rounded,
    said,
    selections,
    with_one_more,
)

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "graphql.md").read_text(encoding="utf-8")
TARIFF = Tariff.of(build_schema()._schema)


def cost(document: str, variables: dict[str, Any] | None = None) -> int:
    (form,) = priced(parse(document, no_location=True), TARIFF)
    return cost_of(form, variables or {})


@settings(deadline=None)
@given(selections())
def test_an_operation_costs_what_the_printed_schema_says(fields: tuple[Asked, ...]) -> None:
    assert cost(f"{{ {inlined(fields)} }}") == rounded(reckoned(fields))


@settings(deadline=None)
@given(selections(), st.data())
def test_fragments_cost_what_they_would_written_in_place(fields: tuple[Asked, ...], data: st.DataObject) -> None:
    assert cost(Spreading(data.draw).document(fields)) == cost(f"{{ {inlined(fields)} }}")


@settings(deadline=None)
@given(selections(), st.lists(st.integers(0, 5), max_size=4), st.data())
def test_a_field_more_never_costs_less(fields: tuple[Asked, ...], path: list[int], data: st.DataObject) -> None:
    names = [name for name, found in SDL.query_type.fields.items() if gives(found) != "Node"]  # type: ignore[union-attr]
    more = data.draw(asked("Query", data.draw(st.sampled_from(names)), 3))
    assert cost(f"{{ {inlined(with_one_more(fields, [], more))} }}") >= cost(f"{{ {inlined(fields)} }}")
    # Deeper it may not be a field of the type there: then it costs nothing, and validation refuses it.
    assert cost(f"{{ {inlined(with_one_more(fields, path, more))} }}") >= cost(f"{{ {inlined(fields)} }}")


@settings(deadline=None)
@given(selections("SupplierConnection", 3), st.integers(0, 50), st.integers(0, 50))
def test_the_cost_of_a_page_is_linear_in_its_size(fields: tuple[Asked, ...], few: int, more: int) -> None:
    document = f"query ($n: Int) {{ suppliers(first: $n) {{ {inlined(fields)} }} }}"

    def of(size: int) -> int:
        return cost(document, {"n": size})

    assert of(few + more) - of(few) == of(more) - of(0)


@settings(deadline=None)
@given(st.integers(0, 100), st.lists(st.sampled_from(["NAF", "SIZE"]), max_size=5), st.booleans())
def test_a_variable_counts_as_its_value(size: int, of: list[str], with_nodes: bool) -> None:
    document = """query ($n: Int, $of: [FacetField!]!, $nodes: Boolean!) {
      suppliers(first: $n) {
        nodes @include(if: $nodes) { id labels { label { name } } }
        facets(of: $of, top: 3) { buckets { value } }
      }
    }"""
    nodes = "nodes { id labels { label { name } } }" if with_nodes else ""
    written = (
        f"{{ suppliers(first: {size}) {{ {nodes} facets(of: [{', '.join(of)}], top: 3) {{ buckets {{ value }} }} }} }}"
    )
    assert cost(document, {"n": size, "of": of, "nodes": with_nodes}) == cost(written)


@pytest.mark.parametrize(
    ("document", "variables", "units"),
    [
        ("{ __typename }", {}, 1),
        ("{ rateLimit { cost } }", {}, 1),
        ("{ suppliers { totalCount } }", {}, 1 + 40 + 1 + 5),
        ("{ suppliers { nodes { id } } }", {}, 1 + 40 + 1 + 1 + 20),
        ("{ suppliers(first: 5) { nodes { id } } }", {}, 1 + 40 + 1 + 1 + 5),
        ("{ suppliers(last: 7) { nodes { id } } }", {}, 1 + 40 + 1 + 1 + 7),
        ("{ suppliers(first: null) { nodes { id } } }", {}, 1 + 40 + 1 + 1 + 20),
        ("{ suppliers(first: 5) { nodes { id headOffice { address { commune } } } } }", {}, 43 + 5 * (1 + 2 + 2)),
        ("{ suppliers { facets(of: [NAF, SIZE], top: 3) { buckets { value } } } }", {}, 42 + 1 + 2 * (10 + 1 + 3)),
        ("{ suppliers { facets(of: NAF) { buckets { value } } } }", {}, 42 + 1 + 1 * (10 + 1 + 20)),
        ('{ nodes(ids: ["a", "b"]) { id } }', {}, 1 + 1 + 2),
        ('{ nodes(ids: "a") { id } }', {}, 1 + 1 + 1),
        (
            "query ($r: [_Any!]!) { _entities(representations: $r) { ... on Supplier { name } } }",
            {"r": [{}] * 7},
            2 + 7,
        ),
        ('{ supplier(by: {id: "a"}) { similarSuppliers(first: 2) { score } } }', {}, 1 + 2 + 200 + 2),
        ("query ($n: Int = 3) { suppliers(first: $n) { nodes { id } } }", {}, 43 + 3),
        ("query ($n: Int = 3) { suppliers(first: $n) { nodes { id } } }", {"n": 4}, 43 + 4),
        ("query ($n: Int = 3) { suppliers(first: $n) { nodes { id } } }", {"n": None}, 43 + 20),
        ("query ($n: Int) { suppliers(first: $n) { nodes { id } } }", {}, 43 + 20),
        ("query ($n: Int) { suggest(text: $t, first: $n) { text } }", {}, 1 + 40 + 8),
        ("query ($n: Int) { suppliers(first: $n) { nodes { id } } }", {"n": 4.0}, 43 + 4),
        ("query ($n: Int) { suppliers(first: $n) { nodes { id } } }", {"n": "many"}, 43 + 20),
        ("query ($n: Int) { suppliers(first: $n) { nodes { id } } }", {"n": True}, 43 + 20),
        ("query ($n: Int) { suppliers(first: $n) { nodes { id } } }", {"n": -3}, 43 + 0),
        ("query ($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": ["a"] * 9}, 2 + 9),
        ("query ($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": "a"}, 2 + 1),
        # What is asked for twice under one name is done once.
        ("{ suppliers { nodes { id } } suppliers { nodes { name } totalCount } }", {}, 43 + 20 + 5),
        ("{ a: suppliers { totalCount } b: suppliers { totalCount } }", {}, 1 + 2 * 46),
        # An object has one type, and costs what the dearest of those asked for does.
        ('{ node(id: "a") { ... on Supplier { headOffice { id } } ... on Partner { code } } }', {}, 1 + 1 + 1 + 2),
        ('{ node(id: "a") { ... on Node { ... on Partner { status { members } } id } } }', {}, 1 + 1 + 1 + 2),
        # Fields that are never executed cost nothing.
        ("{ suppliers @skip(if: true) { totalCount } }", {}, 1),
        ("{ suppliers @include(if: true) { totalCount } }", {}, 47),
        ("query ($no: Boolean!) { suppliers @skip(if: $no) { totalCount } }", {"no": True}, 1),
        ("query ($no: Boolean!) { suppliers @skip(if: $no) { totalCount } }", {"no": False}, 47),
        ("query ($no: Boolean = true) { ... @skip(if: $no) { suppliers { totalCount } } }", {}, 1),
        ("query ($a: Boolean!) { suppliers @skip(if: $a) @include(if: true) { totalCount } }", {"a": "x"}, 47),
        ("query ($a: Boolean!) { suppliers @skip(if: $a) { totalCount } suppliers { totalCount } }", {"a": True}, 47),
        # Unknown fields, arguments and fragments are validation's to refuse.
        ("{ nothing { at { all } } suppliers { nodes { no } } ...missing }", {}, 63),
        ("mutation { runAccept(id: 1, reason: 2) { run { number } } }", {}, 1 + 100 + 1 + 2),
        ("subscription { s }", {}, 1),
    ],
)
def test_cost(document: str, variables: dict[str, Any], units: int) -> None:
    assert cost(document, variables) == units


@pytest.mark.parametrize("size", ["99999999999", "9" * 10_000])
def test_no_size_is_too_large_to_reckon(size: str) -> None:
    nested = f"{{ suppliers(first: {size}) {{ nodes {{ establishments(first: {size}) {{ nodes {{ id }} }} }} }} }}"
    assert cost(nested) == DEAREST
    document = "query ($n: Int) { suppliers(first: $n) { nodes { relatedSuppliers(first: $n) { supplier { id } } } } }"
    assert cost(document, {"n": 10**400}) == DEAREST
    assert cost(document, {"n": 1e300}) == DEAREST


def test_every_list_of_objects_says_its_size() -> None:
    """Without a size a list would count as one item."""
    sized = {
        (get_nullable_type(found.type).name, name)
        for type_ in SDL.type_map.values()
        if isinstance(type_, GraphQLObjectType)
        for found in type_.fields.values()
        for name in (said(found.ast_node, "listSize") or {}).get("sizedFields", ())
        if not is_list_type(get_nullable_type(found.type))
    } | {("Facet", "buckets")}
    lists = {
        (type_.name, name)
        for type_ in SDL.type_map.values()
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__")
        for name, found in type_.fields.items()
        if is_list_type(get_nullable_type(found.type)) and gives(found)
        if said(found.ast_node, "listSize") is None
    }
    assert lists - sized == set()


def test_the_guide_reckons_its_example_right() -> None:
    section = GUIDE.partition("## What a request costs")[2].partition("\n## ")[0]
    example = section.partition("```graphql\n")[2].partition("```")[0]
    assert f"| together | {cost(example):,} |" in section


@pytest.mark.parametrize("module", ["shape", "admission", "refusals"])
def test_the_guide_explains_every_refusal(module: str) -> None:
    source = (ROOT / "gateway" / f"{module}.py").read_text(encoding="utf-8")
    codes = set(re.findall(r'"((?:TOO|VALUE|DOCUMENT|COST|RATE)_[A-Z_]+)"', source))
    assert codes
    assert [code for code in codes if f"`{code}`" not in GUIDE] == []


def test_the_guide_has_the_figures_of_the_settings() -> None:
    costs = Settings.alone().cost
    for role in Role:
        assert f"{costs.maximum.of(role):,}" in GUIDE
        assert f"{costs.budget.of(role):,}" in GUIDE


def test_what_the_schema_describes_of_itself_costs_what_tools_may_spend() -> None:
    found = cost(get_introspection_query(input_value_deprecation=True))
    assert 500 < found < Settings.alone().cost.maximum.public


def test_pricing_grows_with_the_document_and_filling_in_is_cheap() -> None:
    fields = "id headOffice { address { commune } } labels { label { name } } listings { partner { name } }"
    nodes = f"nodes {{ {fields} establishments(first: $m) {{ nodes {{ id }} }} }}"
    document = f"query ($n: Int, $m: Int) {{ suppliers(first: $n) {{ {nodes} }} }}"
    (form,) = priced(parse(document, no_location=True), TARIFF)
    variables = {"n": 20, "m": 5}
    began = time.process_time()
    for _ in range(10_000):
        cost_of(form, variables)
    assert time.process_time() - began < 1.0  # a tenth of a millisecond each: fifty times what it takes
    wide = "{" + " ".join(f"a{n}: partners {{ code }}" for n in range(240)) + "}"
    began = time.process_time()
    priced(parse(wide, no_location=True), TARIFF)
    assert time.process_time() - began < 0.5


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 12))
def test_a_fragment_spread_at_every_level_is_priced_as_often_as_it_is_run(levels: int) -> None:
    """A supplier has two listings, as the schema has it, and each of them a supplier: the cost doubles a level."""
    chain = " ".join(
        f"fragment f{n} on Supplier {{ a: listings {{ supplier {{ ...f{n + 1} }} }} }}" for n in range(levels)
    )
    document = f'{{ supplier(by: {{siren: "1"}}) {{ ...f0 }} }} {chain} fragment f{levels} on Supplier {{ id }}'
    below = 1.0
    for _ in range(levels):
        below = 1 + 1 + 2 * (1 + 1 + below)
    assert cost(document) == 1 + 1 + below
