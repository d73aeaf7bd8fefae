"""Which operation of a document is asked for: known before anything is executed, once for each distinct document.

The kind decides whether GET may carry it and whether its answer may be kept; the name labels metrics and logs.
"""

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Literal, NamedTuple

from cachetools import LRUCache
from graphql import GraphQLError, OperationDefinitionNode
from strawberry.schema import Schema

from gateway.costs import FREE, Form, Tariff, priced
from gateway.execution.fields import conditions
from gateway.execution.plans import Plans
from gateway.openness import introspects
from gateway.settings_limits import Limits
from gateway.shape import read

Kind = Literal["query", "mutation", "subscription"]

KEPT_CHARACTERS = 128 * 1024  # with their plans, some 100 MB at the very worst
NAME_LENGTH = 64
PERSONAL = ("savedSearches", "rateLimit")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a document. ``name`` is absent from the shorthand form. ``is_personal``: two keys of one role
    may be answered differently, so that no answer is given to another. ``introspects``: the document asks for the
    schema. ``digest`` is of the document and the name, ``cost`` is to be filled in with variables.
    """

    kind: Kind
    name: str | None
    plans: Plans
    digest: bytes
    is_personal: bool = False
    introspects: bool = False
    cost: Form = field(default=FREE, compare=False)


class _Known(NamedTuple):
    operations: tuple[Operation, ...]
    length: int


class Documents:
    """Documents seen lately, by their text; bounded by the characters they hold."""

    def __init__(self, schema: Schema, limits: Limits) -> None:
        self._schema, self._limits, self._tariff = schema, limits, Tariff.of(schema._schema)
        self._known: LRUCache[str, _Known] = LRUCache(KEPT_CHARACTERS, getsizeof=lambda known: known.length)

    def knows(self, query: str) -> bool:
        """Whether the document need not be read again."""
        return query in self._known

    def select(self, query: str, name: str | None) -> Operation:
        """The operation that is asked for. Raises :class:`graphql.GraphQLError` where there is none, or no one."""
        known = self._known.get(query)
        if known is None:
            known = _Known(self._read(query), len(query))
            if known.length <= self._known.maxsize:
                self._known[query] = known
        return _select(known.operations, name)

    def _read(self, query: str) -> tuple[Operation, ...]:
        document = read(query, self._limits)
        # A field's name cannot be spelled otherwise: where it does not stand in the text, it is not asked for.
        is_personal = any(field in query for field in PERSONAL)
        asks_schema = introspects(query, document)
        operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
        chosen_by = conditions(document)
        return tuple(
            Operation(
                definition.operation.value,
                name := definition.name.value if definition.name else None,
                Plans(self._schema, query, definition, chosen_by if definition.variable_definitions else ()),
                _digest(query, name),
                is_personal,
                asks_schema,
                cost,
            )
            for definition, cost in zip(operations, priced(document, self._tariff), strict=True)
        )


def _digest(query: str, name: str | None) -> bytes:
    return blake2b(f"{name or ''}\n{query}".encode(errors="surrogatepass"), digest_size=32).digest()


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
