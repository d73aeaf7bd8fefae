"""What is kept of a document's plans, whatever callers send with it."""

import time
from contextlib import suppress
from typing import Any

import pytest
from graphql import GraphQLError, OperationDefinitionNode, parse

from directory.disclosure import Role
from gateway.execution.fields import conditions
from gateway.execution.plan import NotPlanned
from gateway.execution.plans import KEPT_PLANS, Plans
from gateway.operations import KEPT_CHARACTERS, Documents
from gateway.settings_limits import Limits
from schema import build_schema

SCHEMA = build_schema()
CONTEXT: Any = None  # the arguments of a field do not depend on it
NAMES = " ".join(f"a{number}: name" for number in range(80))
FRAGMENT = f' fragment F on Query {{ supplier(by: {{id: "x"}}) {{ {NAMES} }} }}'


def plans_of(query: str) -> Plans:
    document = parse(query, no_location=True)
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    return Plans(SCHEMA, query, operation, conditions(document))


def test_a_text_in_place_of_a_condition_is_kept_nowhere() -> None:
    plans = plans_of("query ($a: String) { __typename @include(if: $a) }")
    for number in range(3):
        with pytest.raises(NotPlanned, match="variables"):
            plans.of(Role.PUBLIC, {"a": f"{number}" * 100_000})
    assert plans._plans == {}


def test_more_variants_than_are_kept_are_strawberrys() -> None:
    names = ("a", "b", "c")
    query = f"query ({' '.join(f'${name}: Boolean!' for name in names)}) {{ " + " ".join(
        f"{name}: __typename @include(if: ${name})" for name in names
    )
    plans = plans_of(query + " }")
    told = []
    for number in range(8):
        try:
            plans.of(Role.PUBLIC, {name: bool(number >> place & 1) for place, name in enumerate(names)})
            told.append("plan")
        except NotPlanned as reason:
            told.append(str(reason))
    assert told == ["plan"] * KEPT_PLANS + ["variants"] * (8 - KEPT_PLANS)


def test_many_operations_and_many_repeats_are_refused_before_they_are_read() -> None:
    documents = Documents(SCHEMA, Limits())
    many = " ".join(f"query A{number}($a: Int) {{ ...F }}" for number in range(300)) + FRAGMENT
    with pytest.raises(GraphQLError) as refused:
        documents.select(many, "A0")
    assert (refused.value.extensions or {})["code"] == "TOO_MANY_OPERATIONS"
    with pytest.raises(GraphQLError) as refused:
        documents.select('{ supplier(by: {id: "x"}) {' + " legalForm { code }" * 102 + "} }", None)
    assert (refused.value.extensions or {})["code"] == "TOO_MANY_FIELDS"


@pytest.mark.parametrize("said", ["{ __typename }", "fragment F on Query { __typename }"])
def test_documents_are_kept_by_the_characters_they_hold(said: str) -> None:
    documents = Documents(SCHEMA, Limits())
    texts = [f"{said} # {number}".ljust(KEPT_CHARACTERS // 4) for number in range(6)]
    for text in texts:
        with suppress(GraphQLError):  # a document without an operation is read as well
            documents.select(text, None)
    assert [documents.knows(text) for text in texts] == [False] * 2 + [True] * 4


def test_the_most_operations_cost_little_to_read() -> None:
    documents = Documents(SCHEMA, Limits())
    began = time.process_time()
    documents.select(" ".join(f"query A{number}($a: Int) {{ ...F }}" for number in range(20)) + FRAGMENT, "A0")
    assert time.process_time() - began < 2


def test_a_list_as_a_variables_default_has_a_price() -> None:
    selected = "{ ... on Supplier { provenance(fields: $f) { field } } }"
    query = f'query ($f: [SupplierField!] = [NAME]) {{ node(id: "x") {selected} }}'
    assert Documents(SCHEMA, Limits()).select(query, None).kind == "query"


def test_of_variables_only_small_ones_are_remembered() -> None:
    plans = plans_of("query ($text: String!, $first: Int) { suggest(text: $text, first: $first) { text } }")
    for text, is_kept in (("plom", True), ("x" * 10_000, False)):
        plan, values, _ = plans.of(Role.PUBLIC, {"text": text, "first": 3})
        (call,) = plan.calls
        given = call.arguments(CONTEXT, values)
        assert (given["text"], given["first"]) == (text, 3)
        assert (call._last is not None and call._last[0] == values.coerced) is is_kept
        assert call.arguments(CONTEXT, values)["text"] == text


def test_nothing_is_remembered_of_what_is_no_variable_of_the_operation() -> None:
    plans = plans_of('query ($first: Int) { suggest(text: "a", first: $first) { text } }')
    _, values, _ = plans.of(Role.PUBLIC, {"first": 1, "x" * 100_000: 1})
    assert plans._last == ([("first", int, 1)], values)
    assert plans.of(Role.PUBLIC, {"first": 1, "other": ["x" * 100_000]})[1] is values


def test_one_is_not_true() -> None:
    plans = plans_of(
        'query ($first: Int, $open: Boolean = true) { suggest(text: "a", first: $first) { text @include(if: $open) } }'
    )
    assert plans.of(Role.PUBLIC, {"first": 1})[1].coerced["first"] == 1
    for given in ({"first": True}, {"first": 1.5}, {"first": "1"}):
        with pytest.raises(NotPlanned, match="variables"):
            plans.of(Role.PUBLIC, given)
    assert plans.of(Role.PUBLIC, {"open": True})[1].coerced["open"] is True
    with pytest.raises(NotPlanned, match="variables"):
        plans.of(Role.PUBLIC, {"open": 1})
