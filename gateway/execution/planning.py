"""An operation made a plan: for one role, and for one choice of what its conditions leave in."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from operator import attrgetter
from typing import Any, Final, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLUnionType,
    OperationDefinitionNode,
)
from strawberry.schema import Schema
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from directory.disclosure import Role
from gateway.execution.fields import Collector, has_variable
from gateway.execution.plan import NO_VARIABLES, Call, Deferred, NotPlanned, ObjectPlan, Plan, Shape
from gateway.execution.rows import (
    Attribute,
    Called,
    Cell,
    Constant,
    Derived,
    Leaf,
    leaf_of,
    row_function,
)
from gateway.nodes import fragments_of
from schema.hot import Lasting
from schema.roles import Guard
from schema.selection import names

TYPENAME: Final = "__typename"

Inner = Leaf | Mapping[type, ObjectPlan]


def plan_of(
    schema: Schema, document: DocumentNode, operation: OperationDefinitionNode, role: Role, chosen: Mapping[str, Any]
) -> Plan:
    """The plan of a validated query. Raises :class:`NotPlanned` for one that Strawberry has to answer."""
    planner = _Planner(schema, fragments_of(document), role, chosen)
    root = schema.schema_converter.type_map["Query"].implementation
    assert isinstance(root, GraphQLObjectType)  # noqa: S101  # Strawberry requires one
    selected = planner.collector.collect(root, [operation.selection_set])
    return Plan(planner.object_plan(root, selected, is_root=True), tuple(planner.calls))


class _Planner:
    def __init__(
        self,
        schema: Schema,
        fragments: Mapping[str, FragmentDefinitionNode],
        role: Role,
        chosen: Mapping[str, Any],
    ) -> None:
        self._schema, self._fragments, self._role = schema, fragments, role
        self._types = schema.schema_converter.type_map
        self._graphql = schema._schema  # there is no public way to graphql-core's schema
        self.collector = Collector(self._graphql, fragments, chosen)
        self.calls: list[Call] = []

    def object_plan(
        self, kind: GraphQLObjectType, selected: Mapping[str, list[FieldNode]], *, is_root: bool = False
    ) -> ObjectPlan:
        """The plan of these fields of this type."""
        cells: list[Cell] = []
        deferred: list[Deferred] = []
        for key, nodes in selected.items():
            cell, waits = self._field(key, kind, nodes, is_root=is_root)
            cells.append(cell)
            if waits:
                deferred.append(waits)
        is_settled = not deferred and all(cell.is_settled for cell in cells)
        is_lasting = is_settled and issubclass(self._class_of(kind), Lasting)
        return ObjectPlan(row_function(cells, is_lasting=is_lasting), tuple(deferred), is_settled=is_settled)

    def _field(
        self, key: str, kind: GraphQLObjectType, nodes: list[FieldNode], *, is_root: bool
    ) -> tuple[Cell, Deferred | None]:
        name = nodes[0].name.value
        if name == TYPENAME:
            return Cell(key, Constant(kind.name)), None
        definition = kind.fields.get(name)
        field = definition.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF) if definition else None
        if definition is None or not isinstance(field, StrawberryField):
            raise NotPlanned("introspection" if name.startswith("__") else "field")
        self._check_guards(field)
        shape, innermost = _unwrapped(definition.type)
        inner, waits = self._inner(innermost, nodes)
        resolver = field.base_resolver
        if not (is_root or waits or (resolver and resolver.is_async)):
            return Cell(key, self._value(field, definition, nodes), shape, inner), None
        if shape.of and shape.of.of:
            raise NotPlanned("lists")  # of lists: nothing of ours that waits is one
        return Cell(key, Constant(None)), self._deferred(key, field, definition, nodes, shape, inner)

    def _check_guards(self, field: StrawberryField) -> None:
        for extension in field.extensions:
            if not isinstance(extension, Guard):
                raise NotPlanned("extension")
            if extension.refusal(self._role):
                raise NotPlanned("forbidden")

    def _inner(self, kind: object, nodes: list[FieldNode]) -> tuple[Inner, bool]:
        """What becomes of innermost values of this type, and whether that takes waiting."""
        if isinstance(kind, GraphQLScalarType | GraphQLEnumType):
            known = self._types.get(kind.name)
            return leaf_of(kind, known.definition if known else None), False
        plans: dict[type, ObjectPlan] = {}
        for possible in self._possible(kind):
            selected = self.collector.collect(possible, [node.selection_set for node in nodes])
            plans[self._class_of(possible)] = self.object_plan(possible, selected)
        return plans, any(plan.deferred for plan in plans.values())

    def _possible(self, kind: object) -> list[GraphQLObjectType]:
        if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
            return list(self._graphql.get_possible_types(kind))
        assert isinstance(kind, GraphQLObjectType)  # noqa: S101  # what is left of output types
        return [kind]

    def _class_of(self, kind: GraphQLObjectType) -> type:
        definition = self._types[kind.name].definition
        assert isinstance(definition, StrawberryObjectDefinition)  # noqa: S101  # object types are made of nothing else
        return definition.origin

    def _value(
        self, field: StrawberryField, definition: GraphQLField, nodes: list[FieldNode]
    ) -> Attribute | Derived | Called:
        if field.base_resolver is None:
            return Attribute(field.python_name)
        function = _function(field)
        if not field.arguments and field.base_resolver.info_parameter is None:
            return Derived(field.python_name, function)
        return Called(function, self._slot(field, definition, nodes))

    def _deferred(
        self,
        key: str,
        field: StrawberryField,
        definition: GraphQLField,
        nodes: list[FieldNode],
        shape: Shape,
        inner: Inner,
    ) -> Deferred:
        if field.base_resolver is None:
            return Deferred(key, attrgetter(field.python_name), -1, False, shape, *_written(inner))
        is_async = field.base_resolver.is_async
        return Deferred(key, _function(field), self._slot(field, definition, nodes), is_async, shape, *_written(inner))

    def _slot(self, field: StrawberryField, definition: GraphQLField, nodes: list[FieldNode]) -> int:
        info = field.base_resolver.info_parameter if field.base_resolver else None
        call = Call(field, definition, nodes[0], self._schema, info.name if info else None, self._selected(nodes))
        if not has_variable(nodes[0]):
            call = replace(call, constant=call.converted(NO_VARIABLES))
        self.calls.append(call)
        return len(self.calls) - 1

    def _selected(self, nodes: list[FieldNode]) -> frozenset[str]:
        return frozenset(names(self._fragments, (node.selection_set for node in nodes)))


def _written(inner: Inner) -> tuple[Callable[[Any], Any] | None, Mapping[type, ObjectPlan] | None]:
    if not isinstance(inner, Leaf):
        return None, inner
    return inner.mapping.__getitem__ if inner.mapping is not None else inner.function, None


def _function(field: StrawberryField) -> Callable[..., Any]:
    """The resolver itself, to be called with the object first."""
    resolver = field.base_resolver
    assert resolver is not None  # noqa: S101  # asked before
    if resolver.self_parameter is None or resolver.parent_parameter or resolver.root_parameter:
        raise NotPlanned("resolver")
    return cast("Callable[..., Any]", resolver.wrapped_func)


def _unwrapped(kind: object) -> tuple[Shape, object]:
    """The shape of a type, and what is innermost in it."""
    nullable = True
    if isinstance(kind, GraphQLNonNull):
        nullable, kind = False, kind.of_type
    if isinstance(kind, GraphQLList):
        items, innermost = _unwrapped(kind.of_type)
        return Shape(nullable, items), innermost
    return Shape(nullable), kind
