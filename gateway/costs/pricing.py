"""Documents priced: the form of each operation's cost, made once for each document that is within the bounds.

What is counted is what the executor would do: fragments are opened where they are spread, and fields of one name in
one object are one field (GraphQL specification, "Field Selection Merging"), so that a client whose components repeat
each other's fields pays once. A document within :mod:`gateway.shape`'s bounds opens to a few hundred fields at most,
and its fragments never spread themselves.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    value_from_ast_untyped,
)

from gateway.costs.forms import FREE, LONGEST, ONE, Condition, Form, Perhaps, Size, Slicer, added, counted, dearest
from gateway.costs.tariff import Price, Sizing, Slicing, Tariff
from gateway.nodes import CONDITIONS, fragments_of, response_key

_LONGEST_NUMBER = len(str(LONGEST))


class _Asked(NamedTuple):
    """A field where it stands: under which conditions."""

    node: FieldNode
    conditions: tuple[Condition, ...]


def priced(document: DocumentNode, tariff: Tariff) -> list[Form]:
    """The form of every operation's cost, in the order of the document. Fields that the schema does not know cost
    nothing: validation refuses them.
    """
    fragments = fragments_of(document)
    return [
        _Pricing(tariff, fragments, definition).form()
        for definition in document.definitions
        if isinstance(definition, OperationDefinitionNode)
    ]


class _Pricing:
    """One operation's."""

    def __init__(
        self, tariff: Tariff, fragments: Mapping[str, FragmentDefinitionNode], operation: OperationDefinitionNode
    ) -> None:
        self._tariff, self._fragments, self._operation = tariff, fragments, operation
        self._defaults = {
            each.variable.name.value: value_from_ast_untyped(each.default_value)
            for each in operation.variable_definitions or ()
            if each.default_value is not None
        }

    def form(self) -> Form:
        root = self._tariff.roots.get(self._operation.operation)
        return self._of([self._operation.selection_set], root, {}) if root else FREE

    def _of(self, sets: Sequence[SelectionSetNode], name: str, sized: Mapping[str, Size]) -> Form:
        """What is below one object: its own weight and its fields'. An abstract type costs what its dearest does."""
        possible = self._tariff.possible.get(name, (name,))
        return dearest([self._of_object(sets, each, sized) for each in possible])

    def _of_object(self, sets: Sequence[SelectionSetNode], name: str, sized: Mapping[str, Size]) -> Form:
        prices = self._tariff.fields.get(name, {})
        merged: dict[str, list[_Asked]] = {}
        for each in sets:
            for asked in self._fields(each.selections, name, ()):
                merged.setdefault(response_key(asked.node), []).append(asked)
        forms = [
            self._of_field(group, price, sized)
            for group in merged.values()
            if (price := prices.get(group[0].node.name.value))
        ]
        return added([Form(self._tariff.objects.get(name, 0.0)), *forms])

    def _fields(self, selections: Sequence[SelectionNode], name: str, above: tuple[Condition, ...]) -> Iterator[_Asked]:
        """The fields of an object of this type, fragments opened."""
        for selection in selections:
            conditions = self._conditions(selection.directives, above)
            if conditions is None:
                continue
            if isinstance(selection, FieldNode):
                yield _Asked(selection, conditions)
                continue
            opened: FragmentDefinitionNode | SelectionNode | None = selection
            if isinstance(selection, FragmentSpreadNode):
                opened = self._fragments.get(selection.name.value)
            if isinstance(opened, FragmentDefinitionNode | InlineFragmentNode) and self._applies(opened, name):
                yield from self._fields(opened.selection_set.selections, name, conditions)

    def _applies(self, opened: FragmentDefinitionNode | InlineFragmentNode, name: str) -> bool:
        condition = opened.type_condition
        if condition is None or condition.name.value == name:
            return True
        return name in self._tariff.possible.get(condition.name.value, ())

    def _of_field(self, group: list[_Asked], price: Price, sized: Mapping[str, Size]) -> Form:
        first = group[0].node
        form = Form(price.weight)
        if price.gives is not None:
            own, below = self._sizes(first, price)
            size = sized.get(first.name.value, own) if price.is_list else ONE
            sets = [asked.node.selection_set for asked in group if asked.node.selection_set]
            form = added([form, size.times(self._of(sets, price.gives, below))])
        conditions = group[0].conditions
        # Asked for twice under different conditions it may be needed under any: counted as needed.
        if conditions and all(asked.conditions == conditions for asked in group):
            return Form(0.0, (Perhaps(conditions, form),))
        return form

    def _sizes(self, node: FieldNode, price: Price) -> tuple[Size, Mapping[str, Size]]:
        """The field's own size, and the sizes of fields below it."""
        sizing = price.sizing
        if sizing is None:
            return ONE, {}
        if not sizing.sized:
            return self._size(node, sizing, sizing.slicing), {}
        if not price.is_list:
            return ONE, dict.fromkeys(sizing.sized, self._size(node, sizing, sizing.slicing))
        lists, numbers = ([each for each in sizing.slicing if each.is_list is kind] for kind in (True, False))
        return self._size(node, sizing, lists), dict.fromkeys(sizing.sized, self._size(node, sizing, numbers))

    def _size(self, node: FieldNode, sizing: Sizing, slicing: Sequence[Slicing]) -> Size:
        said, slicers = -1, []
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        for each in slicing:
            value = given.get(each.argument)
            if isinstance(value, VariableNode):
                name = value.name.value
                slicers.append(Slicer(name, self._defaults.get(name, each.default), each.is_list))
            else:
                count = counted(each.default, each.is_list) if value is None else _literal(value, each.is_list)
                said = max(said, count)
        return Size(sizing.assumed, said, tuple(slicers))

    def _conditions(
        self, directives: Sequence[DirectiveNode] | None, above: tuple[Condition, ...]
    ) -> tuple[Condition, ...] | None:
        """The conditions under which something stands; ``None`` for what is never executed."""
        for directive in directives or ():
            name = directive.name.value
            if name not in CONDITIONS:
                continue
            wanted = name == "include"
            for value in (argument.value for argument in directive.arguments or () if argument.name.value == "if"):
                if isinstance(value, VariableNode):
                    variable = value.name.value
                    above = (*above, Condition(variable, wanted, self._defaults.get(variable)))
                elif isinstance(value, BooleanValueNode) and value.value is not wanted:
                    return None
        return above


def _literal(value: ValueNode, is_list: bool) -> int:
    """The size that a value in the document says; below 0 where it says none."""
    if isinstance(value, NullValueNode):
        return -1
    if isinstance(value, ListValueNode):
        return min(len(value.values), LONGEST) if is_list else -1
    if is_list:
        return 1
    if not isinstance(value, IntValueNode):
        return -1
    # Python refuses to read numbers of thousands of digits.
    return LONGEST if len(value.value) > _LONGEST_NUMBER else counted(int(value.value), False)
