"""Generated operations made more like what callers write: real ids, aliases, fragments, conditions, variables."""

from typing import Any

from graphql import (
    ArgumentNode,
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
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
    print_ast,
    visit,
)
from hypothesis.strategies import DataObject, booleans, integers, sampled_from, text

YES, NO = "yes", "no"
VARIABLES = {YES: True, NO: False}


def rewritten(document: DocumentNode, schema: GraphQLSchema, data: DataObject, ids: list[str]) -> str:
    """The same operation, its ids taken from ``ids`` half of the time, its selections cut up."""
    types = TypeInfo(schema)
    rewriter = _Rewriter(types, data, ids)
    changed = visit(document, TypeInfoVisitor(types, rewriter))
    operations = [each for each in changed.definitions if isinstance(each, OperationDefinitionNode)]
    for place, operation in enumerate(operations):
        operations[place] = _with_variables(operation)
    return print_ast(DocumentNode(definitions=(*operations, *rewriter.fragments)))


def _with_variables(operation: OperationDefinitionNode) -> OperationDefinitionNode:
    boolean = NonNullTypeNode(type=NamedTypeNode(name=NameNode(value="Boolean")))
    added = [
        VariableDefinitionNode(variable=VariableNode(name=NameNode(value=name)), type=boolean, directives=())
        for name in VARIABLES
    ]
    return OperationDefinitionNode(
        operation=operation.operation,
        name=NameNode(value="Generated"),
        variable_definitions=(*(operation.variable_definitions or ()), *added),
        directives=(),
        selection_set=operation.selection_set,
    )


class _Rewriter(Visitor):
    def __init__(self, types: TypeInfo, data: DataObject, ids: list[str]) -> None:
        super().__init__()
        self._types, self._data, self._ids = types, data, ids
        self.fragments: list[FragmentDefinitionNode] = []

    def enter_string_value(self, node: StringValueNode, *_: Any) -> StringValueNode | None:
        kind = get_named_type(self._types.get_input_type())
        if kind and kind.name == "ID" and self._data.draw(booleans()):
            return StringValueNode(value=self._data.draw(sampled_from(self._ids)), block=False)
        return None

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
        value = self._data.draw(
            sampled_from(
                [
                    VariableNode(name=NameNode(value=YES)),
                    VariableNode(name=NameNode(value=NO)),
                    BooleanValueNode(value=True),
                ]
            )
        )
        argument = ArgumentNode(name=NameNode(value="if"), value=value)
        name = NameNode(value=self._data.draw(sampled_from(["include", "skip"])))
        return (DirectiveNode(name=name, arguments=(argument,)),)
