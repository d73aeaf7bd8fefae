"""Questions that come from elsewhere than a GraphQL document: the arguments of ``suppliers`` as JSON, and back.

GraphQL itself reads them, with the very inputs of ``suppliers``: what is a filter there is one here, and what would be
refused there is refused here with the same words.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, Final

import msgspec
import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from directory.disclosure import Role
from directory.search.query import Direction, Order, OrderField, SearchQuery
from directory.understanding.understander import Understander
from schema.arguments import ABSENT, given
from schema.errors import BadInput, RequestError
from schema.filters import Near, SupplierOrder, SupplierWhere, near_of, order_of, where_of
from schema.meant import meant
from schema.scalars import SCALARS

# A whole result is read by name: no order of its own is owed to it, and names have no end (docs/search.md).
BY_NAME: Final = Order(OrderField.NAME, Direction.ASC)
ARGUMENTS: Final = ("query", "without", "where", "near", "orderBy")
_VARIABLE: Final = re.compile(r"^Variable '\$(\w+)'")
_DOCUMENT: Final = """
query Question($query: String, $without: [String!], $where: SupplierWhere, $near: Near, $orderBy: SupplierOrder) {
  question(query: $query, without: $without, where: $where, near: $near, orderBy: $orderBy)
}
"""


class _Asking(msgspec.Struct):
    role: Role
    understander: Callable[[], Understander]
    question: SearchQuery | None = None


@strawberry.type
class _Question:
    @strawberry.field
    def question(
        self,
        info: strawberry.Info[_Asking, None],
        query: str | None = ABSENT,
        without: list[str] | None = ABSENT,
        where: SupplierWhere | None = ABSENT,
        near: Near | None = ABSENT,
        order_by: SupplierOrder | None = ABSENT,
    ) -> bool:
        role = info.context.role
        asked = SearchQuery(
            text=given(query),
            where=where_of(given(where), role),
            near=near_of(given(near)),
            order=order_of(order_by) if given(order_by) else BY_NAME,
            role=role,
        )
        info.context.question = meant(asked, without or (), info.context.understander)
        return True


class _Schema(strawberry.Schema):
    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Strawberry's hook, which would log them: whoever asked is told."""


@cache
def _schema() -> _Schema:
    return _Schema(_Question, config=StrawberryConfig(scalar_map=SCALARS))


def question_of(asked: Mapping[str, Any], role: Role, understander: Callable[[], Understander]) -> SearchQuery:
    """The question that these arguments ask, its text understood; by name unless they say otherwise.

    Raises :class:`BadInput`, and :class:`~schema.errors.Forbidden` for filters that are not for the role.
    """
    unknown = next((name for name in asked if name not in ARGUMENTS), None)
    if unknown is not None:
        raise BadInput(f"« {unknown[:40]} » is no argument of a search: there are {', '.join(ARGUMENTS)}.")
    asking = _Asking(role, understander)
    result = _schema().execute_sync(_DOCUMENT, variable_values=dict(asked), context_value=asking)
    for error in result.errors or ():
        if isinstance(error.original_error, RequestError):
            raise error.original_error
        raise BadInput(_VARIABLE.sub(r"« \1 »", error.message))
    assert asking.question is not None  # noqa: S101  # the resolver ran, or there was an error
    return asking.question


def arguments_of(query: str | None, where: SupplierWhere | None, near: Near | None) -> dict[str, Any]:
    """The arguments as JSON has them, those left out left out: :func:`question_of` makes the same question of them."""
    said = {"query": query, "where": where, "near": near}
    return {name: _json(value) for name, value in said.items() if given(value) is not None}


def _json(value: Any) -> Any:
    if hasattr(value, "__strawberry_definition__") and not isinstance(value, Enum):
        config = StrawberryConfig()
        fields = {each: given(getattr(value, each.python_name)) for each in value.__strawberry_definition__.fields}
        return {
            config.name_converter.get_graphql_name(field): _json(held)
            for field, held in fields.items()
            if held is not None
        }
    if isinstance(value, list):
        return [_json(each) for each in value]
    if isinstance(value, Enum):
        return value.name
    return value.isoformat() if isinstance(value, datetime) else value
