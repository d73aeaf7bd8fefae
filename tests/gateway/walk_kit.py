"""A walk through the whole schema: for every type that can be reached, a query that asks every field of it.

Each type is reached by its shortest way from the root, through every door that is given for its first field; of what
its fields lead to, the leaves are asked. So each field of each type is asked for once, whatever is added to the schema;
a field that needs arguments which nobody has thought of stops the walk.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

AS = "__"  # before what an alias adds to a field's name


class Question(NamedTuple):
    """A query that asks every field of one type."""

    type: str
    text: str


Way = Sequence[tuple[GraphQLObjectType, str]]


class Walk:
    """``doors`` gives the arguments by which a root field is asked, once each, on the way to a type below it (``None``:
    to whatever it answers); ``arguments`` those of other fields.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        doors: Callable[[str, str | None], Sequence[str]],
        arguments: Mapping[tuple[str, str], str],
    ) -> None:
        assert schema.query_type
        self._schema = schema
        self._root = schema.query_type
        self._doors = doors
        self._arguments = arguments

    def questions(self) -> Iterator[Question]:
        """One for each type, the root first."""
        ways: dict[str, Way] = {self._root.name: ()}
        left = deque([self._root])
        while left:
            type_ = left.popleft()
            if type_ is self._root:
                # Apart from one another: one that is refused takes the whole answer with it.
                yield from (Question(type_.name, f"{{ {text} }}") for text in self._everything(type_))
            else:
                yield Question(type_.name, self._asked(type_, ways[type_.name]))
            for name, field in type_.fields.items():
                for found in self._objects(field.type):
                    if found.name not in ways:
                        ways[found.name] = (*ways[type_.name], (type_, name))
                        left.append(found)

    def _asked(self, type_: GraphQLObjectType, way: Way) -> str:
        inner = f"... on {type_.name} {{ __typename {' '.join(self._everything(type_))} }}"
        for owner, name in reversed(way[1:]):
            inner = f"... on {owner.name} {{ __typename {name}{self._given(owner, name)} {{ {inner} }} }}"
        next_type = way[1][0].name if len(way) > 1 else type_.name
        first = way[0][1]
        doors = self._doors(first, next_type)
        return f"{{ {' '.join(f'{first}{AS}{n}: {first}{door} {{ {inner} }}' for n, door in enumerate(doors))} }}"

    def _everything(self, type_: GraphQLObjectType) -> Iterator[str]:
        """Every field, and of what it leads to the leaves."""
        for name, field in type_.fields.items():
            leaves = self._leaves(field.type)
            if type_ is self._root:
                for place, door in enumerate(self._doors(name, None)):
                    yield f"{name}{AS}{place}: {name}{door}{leaves}"
            else:
                yield f"{name}{self._given(type_, name)}{leaves}"

    def _leaves(self, type_: GraphQLOutputType) -> str:
        if is_leaf_type(get_named_type(type_)):
            return ""
        parts = []
        for found in self._objects(type_):
            # With the type's name, for fields of one name may be of two types.
            leaves = [
                f"{name}{AS}{found.name}: {name}" for name, field in found.fields.items() if self._is_plain(field)
            ]
            parts.append(f"... on {found.name} {{ {' '.join(leaves)} }}" if leaves else "")
        return f" {{ __typename {' '.join(parts)} }}"

    @staticmethod
    def _is_plain(field: GraphQLField) -> bool:
        return is_leaf_type(get_named_type(field.type)) and not any(map(is_required_argument, field.args.values()))

    def _objects(self, type_: GraphQLOutputType) -> list[GraphQLObjectType]:
        named = get_named_type(type_)
        if isinstance(named, GraphQLObjectType):
            return [named]
        return [] if is_leaf_type(named) else list(self._schema.get_possible_types(named))  # type: ignore[arg-type]

    def _given(self, owner: GraphQLObjectType, name: str) -> str:
        needed = [each for each, argument in owner.fields[name].args.items() if is_required_argument(argument)]
        given = self._arguments.get((owner.name, name), "")
        assert given or not needed, f"{owner.name}.{name} needs {needed}: say with what the walk asks it"
        return given
