"""Rows that are kept in what they are of: by whom, for whom, and how long."""

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from graphql import OperationDefinitionNode, parse

from directory.disclosure import Role
from gateway.execution.lasting import LONGEST
from gateway.execution.plan import NotPlanned, ObjectPlan, Shape
from gateway.execution.plans import Plans
from gateway.execution.rows import Attribute, Called, Cell, row_function
from schema import build_schema
from schema.supplier import Supplier

SCHEMA = build_schema()
NAME = Cell("name", Attribute("name"), Shape(nullable=False))


def supplier_plan(fields: str, comment: str = "") -> ObjectPlan:
    """The plan of these fields of the supplier that a document finds by its id."""
    query = f'{{ supplier(by: {{id: "x"}}) {{ {fields} }} }} # {comment}'
    document = parse(query, no_location=True)
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    plan, _, _ = Plans(SCHEMA, query, operation, ()).of(Role.PUBLIC, {})
    plans = plan.root.deferred[0].plans
    assert plans is not None
    return plans[Supplier]


def written(row: Any, source: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(row(source, [{}])))


def test_a_row_is_made_once_and_given_again() -> None:
    row, source = row_function([NAME], is_lasting=True), SimpleNamespace(name="Déménagements « Le Gall »")
    assert written(row, source) == {"name": "Déménagements « Le Gall »"}
    assert row(source, []) is row(source, [])


def test_who_asks_for_other_values_has_them() -> None:
    one, other = (row_function([Cell(key, Attribute("name"))], is_lasting=True) for key in ("one", "other"))
    source = SimpleNamespace(name="x")
    for _ in range(2):
        assert written(one, source) == {"one": "x"}
        assert written(other, source) == {"other": "x"}


def test_a_long_row_is_not_kept() -> None:
    row, source = row_function([NAME], is_lasting=True), SimpleNamespace(name="x" * LONGEST)
    assert written(row, source) == {"name": "x" * LONGEST}
    assert set(vars(source)) == {"name"}


def test_a_row_that_fails_leaves_nothing() -> None:
    row, source = row_function([NAME], is_lasting=True), SimpleNamespace(name=None)
    with pytest.raises(NotPlanned):
        row(source, [])
    assert set(vars(source)) == {"name"}


def test_documents_that_ask_the_same_share_their_rows() -> None:
    fields = "id trade: tradeNames status headOffice { address { postcode } } activities { code label }"
    one, same = supplier_plan(fields, "one"), supplier_plan(fields, "another")
    assert one.row is same.row
    assert one.row is not supplier_plan(fields.replace("trade:", "names:")).row
    assert one.row is not supplier_plan(fields + " size").row


def test_only_what_the_object_alone_decides_is_settled() -> None:
    assert supplier_plan("name headOffice { address { postcode } }").is_settled
    assert not supplier_plan("name quality { score }").is_settled  # told by the clock
    assert not supplier_plan("name listings { id }").is_settled  # read from the store
    assert not Cell("a", Called(lambda source: source, 0)).is_settled
