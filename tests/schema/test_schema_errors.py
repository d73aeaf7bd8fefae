"""What a caller is told when something is wrong: one sentence, a stable code, and nothing that is not for callers."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from directory.disclosure import Role
from directory.store.errors import StoreError
from schema import ids, paging
from tests.schema.schema_house import SCHEMA, Ask, House


def shape(answer: dict[str, Any]) -> list[tuple[str, list[str | int] | None, dict[str, Any]]]:
    return [(error["message"], error.get("path"), error["extensions"]) for error in answer["errors"]]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{ suppliers ", "Syntax Error: Expected Name, found <EOF>."),
        ("{ supplier }", None),
        ("{ nothing }", "Cannot query field 'nothing' on type 'Query'."),
        (
            '{ supplier(by: {siren: "123456789"}) { id } }',
            "A Siren has 9 digits and a valid check digit.",
        ),
        ("{ supplier(by: {}) { id } }", None),
        ('{ supplier(by: {siren: "732829320", siret: "73282932000074"}) { id } }', None),
    ],
)
async def test_a_bad_query_says_so(ask: Ask, query: str, message: str | None) -> None:
    answer = await ask(query)
    assert answer["data"] is None
    assert [error["extensions"] for error in answer["errors"]] == [{"code": "BAD_QUERY"}] * len(answer["errors"])
    if message:
        assert answer["errors"][0]["message"] == message


async def test_bad_variables_say_so(ask: Ask) -> None:
    query = "query($by: SupplierKey!) { supplier(by: $by) { id } }"
    for key in ({"siren": "123456789"}, {}, {"siren": "732829320", "siret": "73282932000074"}, {"siren": None}, None):
        answer = await ask(query, by=key)
        assert (answer["data"], [error["extensions"] for error in answer["errors"]]) == (None, [{"code": "BAD_INPUT"}])


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ("first: 5, last: 5", "BAD_INPUT", "Give `first` or `last`, not both."),
        ("first: 101", "BAD_INPUT", "`first` is a number from 0 to 100."),
        ("first: -1", "BAD_INPUT", "`first` is a number from 0 to 100."),
        ("last: 101", "BAD_INPUT", "`last` is a number from 0 to 100."),
        ('before: "x"', "BAD_INPUT", "`before` goes with `last`; say how many with `last`."),
        ('last: 1, after: "x"', "BAD_INPUT", "`after` goes with `first`; say how many with `first`."),
        ('after: "nonsense"', "BAD_CURSOR", None),
        ('where: {naf: ["99.99Z"]}', "BAD_INPUT", None),
        ("orderBy: {field: DISTANCE, direction: ASC}", "BAD_INPUT", None),
        (
            "where: {has: [EMAIL]}",
            "FORBIDDEN",
            "The filter `has: EMAIL` is for roles that may see contacts; ask for an API key.",
        ),
        (
            "where: {not: {has: [PHONE]}}",
            "FORBIDDEN",
            "The filter `has: PHONE` is for roles that may see contacts; ask for an API key.",
        ),
    ],
)
async def test_a_search_that_cannot_be_answered(ask: Ask, arguments: str, code: str, message: str | None) -> None:
    answer = await ask(f"{{ suppliers({arguments}) {{ totalCount nodes {{ id }} }} }}")
    assert answer["data"] is None
    ((said, path, extensions),) = shape(answer)
    assert (path, extensions) == (["suppliers"], {"code": code})
    assert said == (message or said)


async def test_too_many_buckets_are_refused(ask: Ask) -> None:
    answer = await ask("{ suppliers { facets(of: [NAF], top: 101) { field } } }")
    assert shape(answer) == [("`top` is a number from 1 to 100.", ["suppliers", "facets"], {"code": "BAD_INPUT"})]


async def test_a_null_where_a_value_is_needed_is_the_callers_mistake(ask: Ask) -> None:
    query = "query($of: [FacetField!] = [NAF]) { suppliers { facets(of: $of) { field } } }"
    answer = await ask(query, of=None)
    assert [error["extensions"] for error in answer["errors"]] == [{"code": "BAD_INPUT"}]


async def test_without_an_index_the_rest_still_answers(house: House) -> None:
    house.engine = None
    with capture_logs() as logs:
        answer = await house.ask("{ partners { code } suppliers { totalCount } }")
    assert shape(answer) == [
        (
            "The search index is not ready; try again in a few minutes.",
            ["suppliers"],
            {"code": "INDEX_MISSING", "retryable": True},
        )
    ]
    assert [(entry["event"], entry["problem"]) for entry in logs] == [
        ("graphql.unavailable", 'There is no search index yet: run "circuit index".')
    ]
    assert (await house.ask("{ partners { code } }"))["data"]["partners"][0] == {"code": "chambre"}


class Failing:
    """A reader whose every call fails."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def fail(self, *_: object) -> Any:
        raise self.error

    suppliers = listings = listings_of = provenance_of = partners = fail


async def answer_of(house: House, error: Exception) -> tuple[dict[str, Any], list[Any]]:
    context = house.context()
    context.loaders = type(context.loaders)(Failing(error), Role.PUBLIC)  # type: ignore[arg-type]
    query = f'{{ node(id: "{ids.encode("Supplier", 1)}") {{ id }} partners {{ code }} }}'
    with capture_logs() as logs:
        result = await SCHEMA.execute(query, context_value=context)
    return {"data": result.data, "errors": [each.formatted for each in result.errors or ()]}, list(logs)


async def test_a_store_that_is_away_is_not_described_to_callers(house: House) -> None:
    answer, logs = await answer_of(house, StoreError("The database at db.internal cannot be reached."))
    sentence = "The directory cannot be read just now; try again in a few moments."
    extensions = {"code": "STORE_UNAVAILABLE", "retryable": True}
    assert sorted(shape(answer), key=str) == [(sentence, ["node"], extensions), (sentence, ["partners"], extensions)]
    assert {entry["event"] for entry in logs} == {"graphql.unavailable"}


async def test_what_nobody_expected_is_masked_and_logged(house: House) -> None:
    answer, logs = await answer_of(house, ZeroDivisionError("secret"))
    assert "secret" not in str(answer)
    assert {(message, str(extensions)) for message, _, extensions in shape(answer)} == {
        (
            "Internal error; tell the operator the request id r-1.",
            str({"code": "INTERNAL", "requestId": "r-1"}),
        )
    }
    assert {(entry["event"], entry["log_level"], str(entry["exc_info"])) for entry in logs} == {
        ("graphql.internal_error", "error", "secret")
    }


def test_a_cursor_of_one_list_is_not_that_of_another() -> None:
    with pytest.raises(Exception, match=paging.NOT_OURS):
        paging.place("establishment", paging.cursor("change", 1))
