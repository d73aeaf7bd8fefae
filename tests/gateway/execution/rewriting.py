"""Generated operations made more like what callers write: real ids, aliases, fragments, conditions, variables."""

from collections.abc import Sequence
from typing import Any

from graphql import (
    REMOVE,
    ArgumentNode,
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    NamedTypeNode,
    NameNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    StringValueNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    get_named_type,
    is_composite_type,
    is_required_argument,
    print_ast,
    visit,
)
from hypothesis.strategies import DataObject, booleans, integers, sampled_from, text

YES, NO = "yes", "no"
VARIABLES = {YES: True, NO: False}


def rewritten(document: DocumentNode, schema: GraphQLSchema, data: DataObject, ids: Sequence[str]) -> str:
    """The same operation, its ids taken from ``ids`` mostly, its selections cut up."""
    types = TypeInfo(schema)
    rewriter = _Rewriter(types, data, ids)
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    few = DocumentNode(definitions=(_cut(operation, data),))
    changed = visit(few, TypeInfoVisitor(types, rewriter)).definitions[0]
    return print_ast(DocumentNode(definitions=(_with_variables(changed, rewriter.named), *rewriter.fragments)))


def _cut(operation: OperationDefinitionNode, data: DataObject) -> OperationDefinitionNode:
    """One root field, or two: a mistake in one of many makes an error of them all."""
    roots = operation.selection_set.selections
    begin = data.draw(integers(0, len(roots) - 1))
    kept = roots[begin : begin + data.draw(integers(1, 2))]
    return OperationDefinitionNode(
        operation=operation.operation,
        variable_definitions=operation.variable_definitions,
        directives=(),
        selection_set=SelectionSetNode(selections=kept),
    )


def _with_variables(operation: OperationDefinitionNode, named: set[str]) -> OperationDefinitionNode:
    boolean = NonNullTypeNode(type=NamedTypeNode(name=NameNode(value="Boolean")))
    added = [
        VariableDefinitionNode(variable=VariableNode(name=NameNode(value=name)), type=boolean, directives=())
        for name in sorted(named)
    ]
    return OperationDefinitionNode(
        operation=operation.operation,
        name=NameNode(value="Generated"),
        variable_definitions=(*(operation.variable_definitions or ()), *added),
        directives=(),
        selection_set=operation.selection_set,
    )


class _Rewriter(Visitor):
    def __init__(self, types: TypeInfo, data: DataObject, ids: Sequence[str]) -> None:
        super().__init__()
        self._types, self._data, self._ids = types, data, ids
        self.fragments: list[FragmentDefinitionNode] = []
        self.named: set[str] = set()

    def enter_string_value(self, *_: Any) -> StringValueNode | None:
        kind = get_named_type(self._types.get_input_type())
        if kind and kind.name == "ID" and self._data.draw(integers(0, 19)):
            return StringValueNode(value=self._data.draw(sampled_from(self._ids)), block=False)
        return None

    def enter_int_value(self, *_: Any) -> IntValueNode | StringValueNode | None:
        if as_id := self.enter_string_value():
            return as_id
        return IntValueNode(value=str(self._data.draw(integers(0, 3)))) if self._data.draw(integers(0, 9)) else None

    def leave_argument(self, node: ArgumentNode, *_: Any) -> Any:
        """Most of what may be left out is: one argument that means nothing makes the whole operation an error."""
        argument = self._types.get_argument()
        may_go = argument is not None and not is_required_argument(argument)
        return REMOVE if may_go and self._data.draw(integers(0, 3)) else None

    def leave_field(self, node: FieldNode, *_: Any) -> FieldNode | None:
        if self._data.draw(integers(0, 5)):
            return None
        alias = NameNode(value="a" + self._data.draw(text("xyz", max_size=4)))
        return FieldNode(
            name=node.name,
            alias=alias,
            arguments=node.arguments,
            directives=self._condition(),
            selection_set=node.selection_set,
        )

    def leave_selection_set(self, node: SelectionSetNode, *_: Any) -> SelectionSetNode | None:
        """Some of the selections go into a fragment, some stay, some do both."""
        parent = self._types.get_parent_type()
        if parent is None or not is_composite_type(parent) or self._data.draw(integers(0, 3)):
            return None
        cut = self._data.draw(integers(0, len(node.selections)))
        kept: list[SelectionNode] = list(node.selections[:cut])
        moved: list[SelectionNode] = list(node.selections[cut:])
        if not moved:
            return None
        if bool(kept) and self._data.draw(booleans()):
            moved.append(kept[0])
        return SelectionSetNode(selections=(*kept, self._fragment(parent.name, moved)))

    def _fragment(self, on: str, selections: list[SelectionNode]) -> SelectionNode:
        condition = NamedTypeNode(name=NameNode(value=on))
        inside = SelectionSetNode(selections=tuple(selections))
        if self._data.draw(booleans()):
            return InlineFragmentNode(type_condition=condition, directives=self._condition(), selection_set=inside)
        name = NameNode(value=f"F{len(self.fragments)}")
        self.fragments.append(
            FragmentDefinitionNode(
                name=name, variable_definitions=(), type_condition=condition, directives=(), selection_set=inside
            )
        )
        return FragmentSpreadNode(name=name, directives=self._condition())

    def _condition(self) -> tuple[DirectiveNode, ...]:
        if self._data.draw(integers(0, 2)):
            return ()
        chosen = self._data.draw(sampled_from([YES, NO, None]))
        if chosen:
            self.named.add(chosen)
        value = VariableNode(name=NameNode(value=chosen)) if chosen else BooleanValueNode(value=True)
        argument = ArgumentNode(name=NameNode(value="if"), value=value)
        name = NameNode(value=self._data.draw(sampled_from(["include", "skip"])))
        return (DirectiveNode(name=name, arguments=(argument,)),)
