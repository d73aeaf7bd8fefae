"""What a plan is made of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from graphql import FieldNode, GraphQLField
from graphql.execution.values import VariableValues, get_argument_values
from strawberry import Info
from strawberry.schema import Schema
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from schema.context import Context

Arguments = Mapping[str, Any]
Row = Callable[[Any, Sequence[Arguments]], Any]


class NotPlanned(Exception):
    """Strawberry has to answer this operation; ``str()`` is why, one of a few words for the metrics."""


def absent() -> Any:
    """Called where a null stands that may not be one: Strawberry then says what that makes of the answer."""
    raise NotPlanned("null")


@dataclass(frozen=True, slots=True)
class Asked:
    """Of graphql-core's resolve info, what our resolvers look at; ``selected`` is for :mod:`schema.selection`."""

    context: Context
    field_name: str
    selected: frozenset[str]


@dataclass(slots=True)
class Call:
    """A field's arguments. ``constant`` is set where no variable is in them: they are then converted once a plan. Those
    with variables are converted once for as long as the same values come: a portal's next caller asks for as many.

    ``info_name`` is the name of the resolver's parameter for Strawberry's info, ``selected`` the fields asked below.
    """

    field: StrawberryField
    definition: GraphQLField
    node: FieldNode
    schema: Schema
    info_name: str | None
    selected: frozenset[str]
    constant: Arguments | None = None
    _last: tuple[Mapping[str, Any], Arguments] | None = None

    def arguments(self, context: Context, variables: VariableValues) -> Arguments:
        """What the resolver is called with. Raises :class:`graphql.GraphQLError` for values it cannot take."""
        given = self.constant if self.constant is not None else self._given(variables)
        if self.info_name is None:
            return given
        info = Info(Asked(context, self.node.name.value, self.selected), self.field)  # type: ignore[arg-type]
        return {**given, self.info_name: info}

    def _given(self, variables: VariableValues) -> Arguments:
        last = self._last
        if last is not None and last[0] == variables.coerced:
            return last[1]
        given = self.converted(variables)
        if all(map(is_small, variables.coerced.values())):  # nothing large that a caller sends is kept
            self._last = variables.coerced, given
        return given

    def converted(self, variables: VariableValues) -> Arguments:
        """The arguments in Python, as Strawberry gives them to the resolver."""
        values = get_argument_values(self.definition, self.node, variables)
        converter = self.schema.schema_converter
        return convert_arguments(values, self.field.arguments, converter.scalar_registry, self.schema.config)


def is_small(value: object) -> bool:
    """Whether a value that a caller sent is a short one, and may be kept."""
    return value is None or isinstance(value, bool | int | float) or (isinstance(value, str) and len(value) <= SHORT)


class ObjectPlan:
    """The fields asked of objects of one type: ``row`` makes those that need no waiting, ``deferred`` the others.

    ``row(source, arguments)`` is a new dictionary in the order of the query; the deferred keys hold ``None``.
    ``is_settled``: the object alone decides what is written; of objects that last, the row is then JSON already.
    """

    __slots__ = ("deferred", "is_settled", "row")

    def __init__(self, row: Row, deferred: "tuple[Deferred, ...]", *, is_settled: bool = False) -> None:
        self.row = row
        self.deferred = deferred
        self.is_settled = is_settled


@dataclass(frozen=True, slots=True)
class Shape:
    """A value's type: whether it may be null, and what it is a list of, if it is one."""

    nullable: bool
    of: "Shape | None" = None


@dataclass(frozen=True, slots=True)
class Deferred:
    """A field that waits, or below which something does.

    ``resolve(source, **arguments)`` gives its value, by way of a coroutine where ``is_async``; ``slot`` is the place of
    its arguments. Leaves are written by ``leaf``; objects by the plan of their class, where ``plans`` is set.
    """

    key: str
    resolve: Callable[..., Any]
    slot: int
    is_async: bool
    shape: Shape
    leaf: Callable[[Any], Any] | None = None
    plans: Mapping[type, ObjectPlan] | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """An operation planned: the root's fields, and the calls whose arguments each request works out."""

    root: ObjectPlan
    calls: tuple[Call, ...]


SHORT: Final = 200  # characters
NO_VARIABLES: Final = VariableValues({}, {})
