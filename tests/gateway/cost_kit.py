"""Operations on our schema at random, and another way to reckon their cost: from the printed schema, like a client."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    build_schema,
    get_named_type,
    is_composite_type,
    value_from_ast_untyped,
)
from hypothesis import strategies as st

SDL = build_schema((Path(__file__).parents[2] / "schema" / "schema.graphql").read_text(encoding="utf-8"))
SIZES = {"first": st.integers(0, 100), "last": st.integers(0, 100), "top": st.integers(1, 100)}
LISTS = {"ids": ['"a"', '"b"', '"c"'], "of": ["NAF", "SIZE", "LABEL"], "fields": ["NAME", "SIREN"]}


@dataclass(frozen=True)
class Asked:
    """A field with what is asked below it; ``numbers`` and ``lists`` are its slicing arguments."""

    name: str
    numbers: dict[str, int] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    below: tuple["Asked", ...] = ()

    def head(self) -> str:
        lists = {name: f"[{', '.join(values)}]" for name, values in self.lists.items()}
        arguments = ", ".join(f"{name}: {value}" for name, value in {**self.numbers, **lists}.items())
        return f"{self.name}({arguments})" if arguments else self.name


def field_of(type_name: str, name: str) -> GraphQLField:
    type_ = SDL.type_map[type_name]
    assert isinstance(type_, GraphQLObjectType)
    found: GraphQLField = type_.fields[name]
    return found


def gives(found: GraphQLField) -> str | None:
    named = get_named_type(found.type)
    return named.name if is_composite_type(named) else None


@st.composite
def selections(draw: st.DrawFn, type_name: str = "Query", depth: int = 4) -> tuple[Asked, ...]:
    """Some fields of a type, each once, and some of what is below them."""
    type_ = SDL.type_map[type_name]
    assert isinstance(type_, GraphQLObjectType)
    names = [
        name
        for name, found in type_.fields.items()
        if gives(found) is None or (depth > 1 and not isinstance(get_named_type(found.type), GraphQLInterfaceType))
    ]
    chosen = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))
    return tuple([draw(asked(type_name, name, depth)) for name in chosen])


@st.composite
def asked(draw: st.DrawFn, type_name: str, name: str, depth: int) -> Asked:
    """One field of a type with some of its arguments."""
    found = field_of(type_name, name)
    numbers = {each: draw(SIZES[each]) for each in found.args if each in SIZES and draw(st.booleans())}
    lists = {
        each: draw(st.lists(st.sampled_from(LISTS[each]), max_size=4))
        for each in found.args
        if each in LISTS and (each != "fields" or draw(st.booleans()))
    }
    below = gives(found)
    inner: tuple[Asked, ...] = draw(selections(below, depth - 1)) if below else ()
    return Asked(name, numbers, lists, inner)


def inlined(fields: Iterable[Asked]) -> str:
    return " ".join(f"{each.head()} {{ {inlined(each.below)} }}" if each.below else each.head() for each in fields)


@dataclass
class Spreading:
    """Writes an operation with some of its selections in fragments, as ``draw`` has it."""

    draw: Any
    fragments: list[str] = field(default_factory=list)

    def document(self, fields: tuple[Asked, ...]) -> str:
        text = self.set_of(fields, "Query")
        return f"{{ {text} }} {' '.join(self.fragments)}"

    def set_of(self, fields: tuple[Asked, ...], type_name: str) -> str:
        cut = self.draw(st.integers(0, len(fields)))
        plain, moved = fields[:cut], fields[cut:]
        texts = [self.field_of(each, type_name) for each in plain]
        if moved:
            inner = " ".join(self.field_of(each, type_name) for each in moved)
            texts.append(self.spread(inner, type_name))
        return " ".join(texts)

    def field_of(self, each: Asked, type_name: str) -> str:
        below = gives(field_of(type_name, each.name))
        return f"{each.head()} {{ {self.set_of(each.below, below)} }}" if below else each.head()

    def spread(self, inner: str, type_name: str) -> str:
        """The same in a fragment that is spread once or twice, or in an inline one."""
        way = self.draw(st.sampled_from(["named", "twice", "inline", "bare"]))
        if way == "inline":
            return f"... on {type_name} {{ {inner} }}"
        if way == "bare":
            return f"... {{ {inner} }}"
        name = f"f{len(self.fragments)}"
        self.fragments.append(f"fragment {name} on {type_name} {{ {inner} }}")
        return f"...{name} ...{name}" if way == "twice" else f"...{name}"


def with_one_more(fields: tuple[Asked, ...], path: list[int], more: Asked) -> tuple[Asked, ...]:
    """The same and one more field, somewhere."""
    if not path or not fields or not fields[path[0] % len(fields)].below:
        return (*fields, more)
    place = path[0] % len(fields)
    inner = with_one_more(fields[place].below, path[1:], more)
    return (*fields[:place], replace(fields[place], below=inner), *fields[place + 1 :])


def said(node: Any, directive: str) -> dict[str, Any] | None:
    """The arguments of a directive in the printed schema."""
    for each in getattr(node, "directives", None) or ():
        if each.name.value == directive:
            return {argument.name.value: value_from_ast_untyped(argument.value) for argument in each.arguments}
    return None


def reckoned(fields: tuple[Asked, ...], type_name: str = "Query", sized: dict[str, int] | None = None) -> float:
    """What one object costs with these fields: its type's weight and theirs, by docs/graphql.md."""
    weight = said(SDL.type_map[type_name].ast_node, "cost")
    total = float(weight["weight"]) if weight else 1.0
    for each in fields:
        found = field_of(type_name, each.name)
        own, below = gives(found), said(found.ast_node, "listSize")
        cost = said(found.ast_node, "cost")
        total += float(cost["weight"]) if cost else 1.0 if own else 0.0
        if own:
            size, inner = sizes(each, found, below)
            if str(found.type).startswith("["):
                size = (sized or {}).get(each.name, size)
            total += size * reckoned(each.below, own, inner)
    return total


def sizes(each: Asked, found: GraphQLField, list_size: dict[str, Any] | None) -> tuple[int, dict[str, int]]:
    """How many there are of a field's own, and of fields below it."""
    if list_size is None:
        return 1, {}
    defaults = {name: argument.default_value for name, argument in found.args.items()}
    numbers, lists = [], []
    for name in list_size.get("slicingArguments", ()):
        if name in each.lists:
            lists.append(len(each.lists[name]))
        elif name in each.numbers or isinstance(defaults[name], int):
            numbers.append(each.numbers.get(name, defaults[name]))
    assumed = list_size.get("assumedSize", 1)
    names = list_size.get("sizedFields", ())
    if names and str(found.type).startswith("["):
        return max(lists, default=assumed), dict.fromkeys(names, max(numbers, default=assumed))
    size = max([*numbers, *lists], default=assumed)
    return (1, dict.fromkeys(names, size)) if names else (size, {})


def rounded(units: float) -> int:
    return math.ceil(units)
