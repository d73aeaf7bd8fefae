"""Arguments of ``suppliers`` as JSON: the question that GraphQL would make of them, and the way back."""

from datetime import UTC, datetime
from typing import Any

import pytest

from directory.disclosure import Role
from directory.records import CompanySize
from directory.search.query import Direction, Near, Order, OrderField, SearchQuery, Where
from schema import filters
from schema.context import by_the_carried_lexicon
from schema.errors import BadInput, Forbidden
from schema.questions import arguments_of, question_of

SINCE = datetime(2026, 3, 1, 8, tzinfo=UTC)


def test_every_argument_is_read_as_graphql_reads_it() -> None:
    asked = {
        "query": "plombier",
        "where": {
            "naf": ["43.2"],
            "size": ["MICRO"],
            "not": {"labels": ["rge"]},
            "updatedSince": "2026-03-01T08:00:00Z",
        },
        "near": {"latitude": 43.2, "longitude": 5.4},
        "orderBy": {"field": "QUALITY", "direction": "DESC"},
    }
    question = question_of(asked, Role.BUYER, by_the_carried_lexicon)
    assert question.understood is not None
    assert question.understood.activities[0].naf == "43.22A"
    assert question == SearchQuery(
        text="plombier",
        understood=question.understood,
        where=Where(naf=("43.2",), size=(CompanySize.MICRO,), updated_since=SINCE, not_=Where(labels=("rge",))),
        near=Near(43.2, 5.4, 30.0),
        order=Order(OrderField.QUALITY, Direction.DESC),
        role=Role.BUYER,
    )


def test_a_whole_result_is_read_by_name_unless_it_says_otherwise() -> None:
    assert question_of({}, Role.PUBLIC, by_the_carried_lexicon) == SearchQuery(
        order=Order(OrderField.NAME, Direction.ASC)
    )


def test_inputs_become_arguments_and_the_same_question_again() -> None:
    where = filters.SupplierWhere(
        size=[CompanySize.PME], updated_since=SINCE, not_=filters.SupplierWhere(naf=["43.22A"]), min_partners=None
    )
    near = filters.Near(latitude=43.2, longitude=5.4, radius_km=5)
    asked = arguments_of("toit", where, near)
    assert asked == {
        "query": "toit",
        "where": {"size": ["PME"], "updatedSince": "2026-03-01T08:00:00+00:00", "not": {"naf": ["43.22A"]}},
        "near": {"latitude": 43.2, "longitude": 5.4, "radiusKm": 5},
    }
    again = question_of(asked, Role.PUBLIC, by_the_carried_lexicon)
    assert (again.where, again.near) == (filters.where_of(where, Role.PUBLIC), Near(43.2, 5.4, 5))


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"first": 3}, "« first » is no argument of a search: there are query, without, where, near, orderBy."),
        ({"query": 3}, "« query » has invalid value: String cannot represent a non string value: 3"),
        (
            {"where": [1]},
            "« where » has invalid value: Expected value of type 'SupplierWhere' to be an object, found: [1].",
        ),
    ],
)
def test_what_is_no_question_is_refused(asked: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadInput) as refused:
        question_of(asked, Role.STEWARD, by_the_carried_lexicon)
    assert str(refused.value) == sentence


def test_filters_of_other_roles_are_refused() -> None:
    with pytest.raises(Forbidden):
        question_of({"where": {"has": ["PHONE"]}}, Role.PUBLIC, by_the_carried_lexicon)
