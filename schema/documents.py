"""Queries seen before are neither parsed nor validated again.

Strawberry's own ``ParserCache`` and ``ValidationCache`` are bounded by the number of queries, so callers who send
long ones could fill the memory with syntax trees; this one is bounded by the length of the texts, and keeps
with each query what validation found wrong with it.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from cachetools import LRUCache
from graphql import ASTValidationRule, DocumentNode, GraphQLError, GraphQLSchema, validate
from strawberry.extensions import SchemaExtension
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

# All texts together, and any one of them. A syntax tree takes up to 400 bytes for each character of its text (measured
# with tracemalloc on graphql-core 3.3): 50 MB at the very worst.
MAX_TEXT_CHARACTERS = 128 * 1024
MAX_ONE_TEXT_CHARACTERS = 16 * 1024
MOST_MISTAKES = 3


class Document(NamedTuple):
    """A query that was validated, and what is wrong with it; ``length`` is that of its text."""

    tree: DocumentNode
    length: int
    errors: tuple[GraphQLError, ...] = ()


def mistakes(
    schema: GraphQLSchema, document: DocumentNode, rules: Sequence[type[ASTValidationRule]], most: int = MOST_MISTAKES
) -> list[GraphQLError]:
    """What is wrong with the document by these rules and Strawberry's own, and no more than ``most`` besides the end.

    A mistake in a value is told with the value, so that telling all of them could take seconds.
    """
    return validate(schema, document, (*rules, MaybeNullValidationRule, OneOfInputValidationRule), most)


# The rules are part of the key: what one set of them accepts, another may refuse.
Key = tuple[str, tuple[type[ASTValidationRule], ...]]


class DocumentCache(SchemaExtension):
    """Gives the parsed and validated query to the executor when it is known. One ``known`` serves a whole schema."""

    def __init__(self, known: "LRUCache[Key, Document]") -> None:
        self._known = known
        self._found: Document | None = None

    @staticmethod
    def empty() -> "LRUCache[Key, Document]":
        """What a schema's instances share."""
        return LRUCache(MAX_TEXT_CHARACTERS, getsizeof=lambda document: document.length)

    def on_parse(self) -> Iterator[None]:
        """Put a known tree where the parser's would go."""
        self._found = self._known.get(self._key())
        if self._found:
            self.execution_context.graphql_document = self._found.tree
        yield

    def on_validate(self) -> Iterator[None]:
        """Spare a known query its validation; keep a new one with what was found."""
        context = self.execution_context
        if self._found:
            context.pre_execution_errors = list(self._found.errors)
        elif context.graphql_document:
            schema = context.schema._schema
            context.pre_execution_errors = mistakes(schema, context.graphql_document, context.validation_rules)
        yield
        if not self._found:
            self._keep(context.query or "", context.graphql_document, context.pre_execution_errors or ())

    def _keep(self, text: str, tree: DocumentNode | None, errors: Iterable[GraphQLError]) -> None:
        if tree and len(text) <= MAX_ONE_TEXT_CHARACTERS:
            self._known[self._key()] = Document(tree, len(text), tuple(errors))

    def _key(self) -> Key:
        return self.execution_context.query or "", self.execution_context.validation_rules
