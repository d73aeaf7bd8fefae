"""Which operation is asked for, and what is said when that cannot be told."""

import pytest
from graphql import GraphQLError, GraphQLSyntaxError

from gateway.operations import KEPT_CHARACTERS, Documents
from gateway.settings_limits import Limits
from schema import build_schema

SCHEMA = build_schema()
TWO = "query A { a } mutation B { b } fragment F on Q { a }"


@pytest.fixture
def documents() -> Documents:
    return Documents(SCHEMA, Limits(document_tokens=1_000, document_bytes=KEPT_CHARACTERS * 2))


@pytest.mark.parametrize(
    ("query", "name", "operation"),
    [
        ("{ a }", None, ("query", None)),
        ("query A { a }", None, ("query", "A")),
        (TWO, "A", ("query", "A")),
        (TWO, "B", ("mutation", "B")),
        ("subscription { s }", None, ("subscription", None)),
    ],
)
def test_select(documents: Documents, query: str, name: str | None, operation: tuple[str, str | None]) -> None:
    found = documents.select(query, name)
    assert (found.kind, found.name) == operation
    assert documents.select(query, name) is found  # this time from what was kept


@pytest.mark.parametrize(
    ("query", "name", "message"),
    [
        ("fragment F on Q { a }", None, "The document holds no operation; add a query to it."),
        (TWO, None, "The document holds several operations; say which one with « operationName »."),
        (TWO, "C", "The document holds no operation named « C »."),
        ("{ a }", "A", "The document holds no operation named « A »."),
        ("query A { a }", "x" * 900, f"The document holds no operation named « {'x' * 64} »."),
        ("{ a", None, "Syntax Error: Expected Name, found <EOF>."),
        ("{" * 900, None, "Syntax Error: Expected Name, found '{'."),
        (
            "{" + " a" * 1_000 + "}",
            None,
            "The document has more than 1,000 tokens (names, braces, values): ask in several requests.",
        ),
    ],
)
def test_what_cannot_be_selected(documents: Documents, query: str, name: str | None, message: str) -> None:
    with pytest.raises(GraphQLError) as caught:
        documents.select(query, name)
    assert caught.value.message == message


def test_depth_is_no_crash() -> None:
    with pytest.raises(GraphQLError) as caught:
        Documents(SCHEMA, Limits(document_tokens=100_000)).select("{a" * 20_000 + "}" * 20_000, None)
    assert caught.value.message == "The document is nested too deeply to be read: ask in several requests."


def test_a_mistake_keeps_its_place(documents: Documents) -> None:
    with pytest.raises(GraphQLSyntaxError) as caught:
        documents.select("{\n  a(\n}", None)
    assert caught.value.formatted["locations"] == [{"line": 3, "column": 1}]


def test_a_document_larger_than_the_room_is_answered_and_not_kept(documents: Documents) -> None:
    query = "{ a }" + " " * KEPT_CHARACTERS
    assert documents.select(query, None) is not documents.select(query, None)
    assert documents.select("{ a }", None) is documents.select("{ a }", None)


def test_what_is_known_need_not_be_read_again(documents: Documents) -> None:
    assert not documents.knows("{ a }")
    documents.select("{ a }", None)
    assert documents.knows("{ a }")
