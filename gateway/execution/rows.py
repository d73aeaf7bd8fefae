"""Rows: of what is asked of objects of one type, all that needs no waiting, made by one generated function.

``{"id": s.id, "city": …}`` is the fastest thing Python can do with an object, and takes a function written for just
these fields. Into the generated text go names of attributes of the schema's own classes, checked to be identifiers, and
numbered constants; everything else, the caller's aliases and arguments first of all, is a value in the function's
namespace and is never text (``tests/gateway/execution/test_rows.py``).
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from functools import lru_cache
from types import CodeType
from typing import Any, Final
from weakref import WeakValueDictionary

from graphql import GraphQLEnumType, GraphQLScalarType
from graphql.type.scalars import GraphQLFloat, GraphQLInt
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.scalar import ScalarDefinition, identity

from gateway.execution.lasting import written_once
from gateway.execution.plan import ObjectPlan, Row, Shape, absent

# Texts are of the schema's names and of numbers: the same few hundred serve every document. But for a caller who varies
# the order of fields: compiled, a text takes six times its length, 25 MB at the worst.
KEPT_TEXTS: Final = 1024
LONGEST_TEXT: Final = 4096
_MADE: Final[WeakValueDictionary[tuple[Hashable, ...], Row]] = WeakValueDictionary()
_PLAIN: Final = frozenset({"Boolean", "ID", "String"})


@dataclass(frozen=True, slots=True)
class Attribute:
    """The value is an attribute of the object."""

    name: str


@dataclass(frozen=True, slots=True)
class Derived:
    """The value is made of the object alone: made once an object and kept in it."""

    name: str
    make: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Called:
    """The value is what a function says of the object and of the arguments in this slot."""

    function: Callable[..., Any]
    slot: int


@dataclass(frozen=True, slots=True)
class Constant:
    """The value is known already; ``None`` for a deferred field, which is written later."""

    value: Any


@dataclass(frozen=True, slots=True)
class Leaf:
    """How the innermost value is written: as it is, through a mapping, or by a function."""

    mapping: Mapping[Any, Any] | None = None
    function: Callable[[Any], Any] | None = None
    is_instant: bool = False


ANYTHING: Final = Shape(nullable=True)
AS_IT_IS: Final = Leaf()


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of a row: its response key, its value, and what becomes of the value."""

    key: str
    value: Attribute | Derived | Called | Constant
    shape: Shape = ANYTHING
    inner: Leaf | Mapping[type, ObjectPlan] = AS_IT_IS

    @property
    def is_settled(self) -> bool:
        """Whether the object alone decides what is written."""
        settled = isinstance(self.inner, Leaf) or all(plan.is_settled for plan in self.inner.values())
        return settled and not isinstance(self.value, Called)


def leaf_of(kind: GraphQLScalarType | GraphQLEnumType, definition: object) -> Leaf:
    """How Strawberry would write a value of this type; ``definition`` is its own of the type."""
    if isinstance(definition, StrawberryEnumDefinition):
        assert isinstance(kind, GraphQLEnumType)  # noqa: S101  # made of this very definition
        return Leaf(mapping=_names_of(kind, definition.wrapped_cls))
    assert isinstance(definition, ScalarDefinition)  # noqa: S101  # leaves are enums and scalars
    if kind.name in _PLAIN or definition.serialize is identity:
        return AS_IT_IS
    return Leaf(function=_CHECKED.get(kind.name, kind.coerce_output_value), is_instant=kind.name == "DateTime")


@lru_cache
def _names_of(kind: GraphQLEnumType, members: Iterable[Any]) -> Mapping[Any, str]:
    named = {value.value: name for name, value in kind.values.items()}
    return {each: named[each.value] for each in members if each.value in named}


def row_function(cells: Sequence[Cell], *, is_lasting: bool = False) -> Row:
    """The function that makes a row of these cells: the same one for the same cells, whichever document asks them.

    ``is_lasting``: what it says of an object is always the same, and the object outlives a request.
    """
    writer = _Writer()
    text = writer.function(cells)
    key = (is_lasting, text, *writer.constants)
    row = _MADE.get(key)
    if row is None:
        made: dict[str, Any] = {}
        exec(_compiled(text), writer.namespace, made)  # noqa: S102  # of the schema's names and numbers alone, see above
        row = _MADE[key] = written_once(made["row"]) if is_lasting else made["row"]
    return row


def _compiled(text: str) -> CodeType:
    return _kept(text) if len(text) <= LONGEST_TEXT else _code(text)


def _code(text: str) -> CodeType:
    return compile(text, "<row>", "exec")


_kept: Final = lru_cache(KEPT_TEXTS)(_code)


class _Writer:
    """Writes the function's text, and gathers the namespace it runs in.

    Functions of one text and the same ``constants`` do the same; those that cannot be compared are told apart by their
    identity, which lasts as long as a function that has them in its namespace.
    """

    def __init__(self) -> None:
        self.namespace: dict[str, Any] = {"absent": absent, "UTC": UTC, "__builtins__": {"type": type}}
        self.constants: list[Hashable] = []
        self._count = 0

    def function(self, cells: Sequence[Cell]) -> str:
        members = ", ".join(f"{self._named(cell.key)}: {self._cell(cell)}" for cell in cells)
        keeps = any(isinstance(cell.value, Derived) for cell in cells)
        return f"def row(s, a):\n{'    d = s.__dict__' if keeps else ''}\n    return {{{members}}}\n"

    def _cell(self, cell: Cell) -> str:
        return self._completed(self._value(cell.value), cell.shape, cell.inner)

    def _value(self, value: Attribute | Derived | Called | Constant) -> str:
        match value:
            case Constant():
                return self._named(value.value)
            case Attribute():
                return f"s.{_checked(value.name)}"
            case Derived():
                kept = self._named(f"({value.name})")
                return f"(d[{kept}] if {kept} in d else {self._named(_remembering(f'({value.name})', value.make))}(s))"
            case Called():
                return f"{self._named(value.function)}(s, **a[{value.slot:d}])"

    def _completed(self, value: str, shape: Shape, inner: Leaf | Mapping[type, ObjectPlan]) -> str:
        name = self._next("v")
        done = self._done(name, shape.of, inner)
        if shape.nullable:
            return value if done == name else f"(None if ({name} := {value}) is None else {done})"
        return f"(absent() if ({name} := {value}) is None else {done})"

    def _done(self, name: str, items: Shape | None, inner: Leaf | Mapping[type, ObjectPlan]) -> str:
        """What becomes of a value that is not null."""
        if items is not None:
            return self._list(name, items, inner)
        if isinstance(inner, Leaf):
            return self._leaf(name, inner)
        if len(inner) == 1:
            return f"{self._named(next(iter(inner.values())).row)}({name}, a)"
        self.constants.extend((kind, plan.row) for kind, plan in inner.items())
        rows = self._named({kind: plan.row for kind, plan in inner.items()}, is_known=True)
        return f"{rows}[type({name})]({name}, a)"

    def _list(self, name: str, items: Shape, inner: Leaf | Mapping[type, ObjectPlan]) -> str:
        item = self._next("i")
        done = self._done(item, items.of, inner)
        if done == item:
            return name if items.nullable else f"(absent() if None in {name} else {name})"
        missing = "None" if items.nullable else "absent()"
        return f"[{missing} if {item} is None else {done} for {item} in {name}]"

    def _leaf(self, name: str, leaf: Leaf) -> str:
        if leaf.mapping is not None:
            return f"{self._named(leaf.mapping)}[{name}]"
        if leaf.is_instant:  # the encoder writes an instant in UTC just so
            return f"({name} if {name}.tzinfo is UTC else {self._named(leaf.function)}({name}))"
        return name if leaf.function is None else f"{self._named(leaf.function)}({name})"

    def _named(self, value: Any, *, is_known: bool = False) -> str:
        """The name of a constant; ``is_known`` when what it holds is among the ``constants`` already."""
        name = self._next("c")
        self.namespace[name] = value
        if not is_known:
            self.constants.append(value if isinstance(value, Hashable) else id(value))
        return name

    def _next(self, letter: str) -> str:
        self._count += 1
        return f"{letter}{self._count:d}"


def _checked(name: str) -> str:
    if not name.isidentifier():
        raise ValueError(f"{name!r} is no name of an attribute")
    return name


@lru_cache(KEPT_TEXTS)
def _remembering(key: str, make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def remembered(source: Any) -> Any:
        value = source.__dict__[key] = make(source)
        return value

    return remembered


def _integer(value: Any) -> Any:
    return value if type(value) is int and -0x80000000 <= value <= 0x7FFFFFFF else GraphQLInt.coerce_output_value(value)


def _number(value: Any) -> Any:
    # Anything but a plain float that is a number is for graphql-core to judge: infinities compare unequal below.
    return value if type(value) is float and value - value == 0.0 else GraphQLFloat.coerce_output_value(value)


_CHECKED: Final = {"Int": _integer, "Float": _number}
