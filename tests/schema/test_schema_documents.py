"""Known queries are neither parsed nor validated again, within a bound, and only good ones are kept."""

from typing import Any

import pytest
import strawberry
from cachetools import LRUCache
from graphql import ASTValidationRule, GraphQLError
from strawberry.extensions import AddValidationRules

from schema.documents import MAX_ONE_TEXT_CHARACTERS, MAX_TEXT_CHARACTERS, Document, DocumentCache, Key


@strawberry.type
class Query:
    """Something to ask."""

    @strawberry.field
    def number(self) -> int:
        return 7


class Refusing(ASTValidationRule):
    """Accepts nothing."""

    def enter_document(self, node: Any, *_: Any) -> None:
        self.report_error(GraphQLError("no", node))


@pytest.fixture
def known() -> "LRUCache[Key, Document]":
    return DocumentCache.empty()


@pytest.fixture
def schema(known: "LRUCache[Key, Document]") -> strawberry.Schema:
    return strawberry.Schema(Query, extensions=[lambda: DocumentCache(known)])


async def test_a_good_query_is_kept_and_its_tree_used_again(
    schema: strawberry.Schema, known: "LRUCache[Key, Document]"
) -> None:
    assert (await schema.execute("{ number }")).data == {"number": 7}
    (key,) = known
    assert key[0] == "{ number }"
    other = DocumentCache.empty()
    await strawberry.Schema(Query, extensions=[lambda: DocumentCache(other)]).execute("{ twelve: number }")
    known[key] = Document(other.popitem()[1].tree, 10)
    assert (await schema.execute("{ number }")).data == {"twelve": 7}


async def test_what_is_wrong_with_a_query_is_found_once(
    schema: strawberry.Schema, known: "LRUCache[Key, Document]"
) -> None:
    assert (await schema.execute("{ number")).errors
    assert len(known) == 0  # there is nothing to validate
    first, second = [await schema.execute("{ nothing }") for _ in range(2)]
    assert first.data is second.data is None
    assert [error.formatted for error in second.errors or ()] == [error.formatted for error in first.errors or ()]
    (kept,) = known.values()
    assert [error.message for error in kept.errors] == ["Cannot query field 'nothing' on type 'Query'."]


async def test_long_queries_are_answered_and_not_kept(
    schema: strawberry.Schema, known: "LRUCache[Key, Document]"
) -> None:
    query = "{ number }" + " " * MAX_ONE_TEXT_CHARACTERS
    assert (await schema.execute(query)).data == {"number": 7}
    assert len(known) == 0


async def test_all_texts_together_are_bounded(schema: strawberry.Schema, known: "LRUCache[Key, Document]") -> None:
    for number in range(20):
        query = f"{{ a{number}: number }}" + " " * (MAX_ONE_TEXT_CHARACTERS - 100)
        assert (await schema.execute(query)).data == {f"a{number}": 7}
    assert len(known) == 8
    assert known.currsize <= MAX_TEXT_CHARACTERS


async def test_what_other_rules_accepted_is_validated_again(known: "LRUCache[Key, Document]") -> None:
    lax = strawberry.Schema(Query, extensions=[lambda: DocumentCache(known)])
    strict = strawberry.Schema(Query, extensions=[lambda: AddValidationRules([Refusing]), lambda: DocumentCache(known)])
    assert (await lax.execute("{ number }")).errors is None
    refused = await strict.execute("{ number }")
    assert [error.message for error in refused.errors or ()] == ["no"]
