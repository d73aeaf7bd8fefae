"""How deep and how wide a document is, measured in one pass before it is validated or executed.

Suppliers lead to listings and listings to suppliers: each such step multiplies the answer, so that a document of two
hundred characters could ask for gigabytes. Fragments are measured once and remembered: a document whose fragments
spread one another twice each costs its own length, not two to the power of it.
"""

from collections.abc import Mapping
from typing import NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

# Tools ask for the whole schema in one deep question; graphql-core itself bounds how its lists may nest.
INTROSPECTION = frozenset({"__schema", "__type"})
INTROSPECTION_DEPTH = 20
# Fragments may spread one another in a chain, each of which is a step of recursion here.
MAX_FRAGMENTS = 100


class Bounds(NamedTuple):
    """The most of each that a document may have; fields are counted with their fragments spread out."""

    depth: int
    fields: int
    roots: int


class Shape(NamedTuple):
    """Of a selection: levels of fields and inline fragments, and how many fields there are in all."""

    depth: int
    fields: int


NOTHING = Shape(0, 0)


def check(document: DocumentNode, bounds: Bounds) -> None:
    """Raise :class:`graphql.GraphQLError`, naming the bound, for a document that is beyond it."""
    fragments = {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    if len(fragments) > MAX_FRAGMENTS:
        raise GraphQLError(f"The document has {len(fragments)} fragments; at most {MAX_FRAGMENTS} are read.")
    measure = _Measure(fragments, bounds)
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            measure.operation(definition)


class _Measure:
    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode], bounds: Bounds) -> None:
        self._fragments, self._bounds = fragments, bounds
        self._known: dict[str, Shape] = {}
        self._open: set[str] = set()

    def operation(self, operation: OperationDefinitionNode) -> None:
        shape = self._of_set(operation.selection_set, 0)
        if shape.fields > self._bounds.fields:
            raise GraphQLError(f"The document asks for {shape.fields} fields; ask for at most {self._bounds.fields}.")
        roots = len(operation.selection_set.selections)
        if roots > self._bounds.roots:
            raise GraphQLError(f"The operation has {roots} root fields; ask for at most {self._bounds.roots} at once.")

    def _of_set(self, selected: SelectionSetNode | None, above: int, *, introspects: bool = False) -> Shape:
        if selected is None:
            return NOTHING
        shapes = [self._of(each, above, introspects) for each in selected.selections]
        return Shape(max((each.depth for each in shapes), default=0), sum(each.fields for each in shapes))

    def _of(self, selection: SelectionNode, above: int, introspects: bool) -> Shape:
        if isinstance(selection, FragmentSpreadNode):
            inside = self._of_fragment(selection.name.value)
            self._check_depth(above + inside.depth, introspects)
            return inside
        is_field = isinstance(selection, FieldNode)
        introspects = introspects or (isinstance(selection, FieldNode) and selection.name.value in INTROSPECTION)
        self._check_depth(above + 1, introspects)
        inside = self._of_set(getattr(selection, "selection_set", None), above + 1, introspects=introspects)
        return Shape(inside.depth + 1, inside.fields + is_field)

    def _of_fragment(self, name: str) -> Shape:
        # One that is missing, or that spreads itself, is said by validation.
        if name not in self._fragments or name in self._open:
            return NOTHING
        if name not in self._known:
            self._open.add(name)
            # Inside, depth counts from the fragment: whoever spreads it adds its own.
            self._known[name] = self._of_set(self._fragments[name].selection_set, 0, introspects=True)
            self._open.discard(name)
        return self._known[name]

    def _check_depth(self, depth: int, introspects: bool) -> None:
        most = INTROSPECTION_DEPTH if introspects else self._bounds.depth
        if depth > most:
            raise GraphQLError(f"The document is more than {most} levels deep; ask in several requests.")
