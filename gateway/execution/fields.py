"""Which fields a selection asks of an object: the specification's CollectFields, with the conditions decided."""

from collections.abc import Iterable, Mapping
from typing import Any

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    Visitor,
    is_abstract_type,
    visit,
)

from gateway.nodes import CONDITIONS, response_key

Fragments = Mapping[str, FragmentDefinitionNode]
Collected = dict[str, list[FieldNode]]


class Collector:
    """Collects for one operation; ``chosen`` are the values of the variables that conditions name."""

    def __init__(self, schema: GraphQLSchema, fragments: Fragments, chosen: Mapping[str, Any]) -> None:
        self._schema, self._fragments, self._chosen = schema, fragments, chosen

    def collect(self, kind: GraphQLObjectType, selections: Iterable[SelectionSetNode | None]) -> Collected:
        """The nodes of each response key, in the order in which the answer has them."""
        found: Collected = {}
        spread: set[str] = set()
        for selected in selections:
            if selected:
                self._into(found, kind, selected, spread)
        return found

    def _into(self, found: Collected, kind: GraphQLObjectType, selected: SelectionSetNode, spread: set[str]) -> None:
        for node in selected.selections:
            if not self._is_wanted(node):
                continue
            if isinstance(node, FieldNode):
                found.setdefault(response_key(node), []).append(node)
            elif (inside := self._fragment(node, spread)) and self._applies(inside, kind):
                self._into(found, kind, inside.selection_set, spread)

    def _fragment(self, node: SelectionNode, spread: set[str]) -> InlineFragmentNode | FragmentDefinitionNode | None:
        if isinstance(node, InlineFragmentNode):
            return node
        assert isinstance(node, FragmentSpreadNode)  # noqa: S101  # there is no other kind
        if node.name.value in spread:
            return None
        spread.add(node.name.value)
        return self._fragments[node.name.value]

    def _applies(self, fragment: InlineFragmentNode | FragmentDefinitionNode, kind: GraphQLObjectType) -> bool:
        if fragment.type_condition is None:
            return True
        named = self._schema.type_map[fragment.type_condition.name.value]
        return named is kind or (is_abstract_type(named) and self._schema.is_sub_type(named, kind))

    def _is_wanted(self, node: SelectionNode) -> bool:
        return all(
            self._holds(directive) is (directive.name.value == "include")
            for directive in node.directives or ()
            if directive.name.value in CONDITIONS
        )

    def _holds(self, directive: DirectiveNode) -> bool:
        assert directive.arguments  # noqa: S101  # validation requires `if`, and no other
        value = directive.arguments[0].value
        if isinstance(value, VariableNode):
            return bool(self._chosen[value.name.value])
        assert isinstance(value, BooleanValueNode)  # noqa: S101  # validation refuses any other
        return value.value


def conditions(document: DocumentNode) -> tuple[str, ...]:
    """The names of the variables that decide about parts of the document."""
    seeing = _Conditions()
    visit(document, seeing)
    return tuple(sorted(seeing.names))


class _Conditions(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        if node.name.value in CONDITIONS:
            values = (argument.value for argument in node.arguments or ())
            self.names.update(value.name.value for value in values if isinstance(value, VariableNode))


def has_variable(node: FieldNode) -> bool:
    """Whether a variable is anywhere in the arguments of this field."""
    seeing = _AnyVariable()
    for argument in node.arguments or ():
        visit(argument.value, seeing)
    return seeing.found


class _AnyVariable(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def enter_variable(self, *_: Any) -> None:
        self.found = True
