"""Which operation of a document is asked for: known before anything is executed, once for each distinct document.

The kind decides whether GET may carry it and whether its answer may be kept; the name labels metrics and logs.
"""

from dataclasses import dataclass
from typing import Literal

from cachetools import LRUCache
from graphql import GraphQLError, OperationDefinitionNode, parse

from gateway.openness import introspects
from gateway.shape import Bounds, check

Kind = Literal["query", "mutation", "subscription"]

KEPT_CHARACTERS = 2_000_000
NAME_LENGTH = 64
PERSONAL = ("savedSearches",)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a document. ``name`` is absent from the shorthand form. ``is_personal``: two keys of one role
    may be answered differently, so that no answer is given to another. ``introspects``: the document asks for the
    schema.
    """

    kind: Kind
    name: str | None
    is_personal: bool = False
    introspects: bool = False


class Documents:
    """Documents seen lately, by their text; bounded by the characters they hold."""

    def __init__(self, max_tokens: int, bounds: Bounds) -> None:
        self._max_tokens, self._bounds = max_tokens, bounds
        self._operations: LRUCache[str, tuple[Operation, ...]] = LRUCache(KEPT_CHARACTERS, getsizeof=len)

    def select(self, query: str, name: str | None) -> Operation:
        """The operation that is asked for. Raises :class:`graphql.GraphQLError` where there is none, or no one."""
        operations = self._operations.get(query)
        if operations is None:
            operations = self._read(query)
            if len(query) <= self._operations.maxsize:
                self._operations[query] = operations
        return _select(operations, name)

    def _read(self, query: str) -> tuple[Operation, ...]:
        document = parse(query, no_location=True, max_tokens=self._max_tokens)
        check(document, self._bounds)
        # A field's name cannot be spelled otherwise: where it does not stand in the text, it is not asked for.
        is_personal = any(field in query for field in PERSONAL)
        asks_schema = introspects(query, document)
        return tuple(
            Operation(
                definition.operation.value,
                definition.name.value if definition.name else None,
                is_personal,
                asks_schema,
            )
            for definition in document.definitions
            if isinstance(definition, OperationDefinitionNode)
        )


def _select(operations: tuple[Operation, ...], name: str | None) -> Operation:
    if not operations:
        raise GraphQLError("The document holds no operation; add a query to it.")
    if name is not None:
        found = next((operation for operation in operations if operation.name == name), None)
        if found is None:
            raise GraphQLError(f"The document holds no operation named « {name[:NAME_LENGTH]} ».")
        return found
    if len(operations) > 1:
        raise GraphQLError("The document holds several operations; say which one with « operationName ».")
    return operations[0]
