"""The price list: what the schema says by ``@cost`` and ``@listSize``, read once and looked up by type and field."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple, Self, TypeVar

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    OperationType,
    SchemaMetaFieldDef,
    TypeMetaFieldDef,
    Undefined,
    get_named_type,
    get_nullable_type,
    is_composite_type,
)

from schema.cost import Cost, ListSize

# Of each object that introspection gives: the schema's own description is some ten thousand of them, in 70 ms.
INTROSPECTION_WEIGHT: Final = 0.1
_DEFINITION: Final = "strawberry-definition"

D = TypeVar("D", Cost, ListSize)


class Slicing(NamedTuple):
    """An argument that says a size; ``default`` is the schema's, ``None`` without one."""

    argument: str
    is_list: bool
    default: object


class Sizing(NamedTuple):
    """What ``@listSize`` says. ``sized`` are the fields below that it is about, none for the field itself."""

    assumed: int
    slicing: tuple[Slicing, ...] = ()
    sized: frozenset[str] = frozenset()


class Price(NamedTuple):
    """A field's: its weight, and the name of the type of objects that it gives; ``None`` for scalars and enums."""

    weight: float
    gives: str | None
    is_list: bool
    sizing: Sizing | None


class Tariff:
    """``fields``: prices by type and field; ``objects``: weights by type; ``possible``: what abstract types can be."""

    def __init__(self) -> None:
        self.fields: dict[str, dict[str, Price]] = {}
        self.objects: dict[str, float] = {}
        self.possible: dict[str, tuple[str, ...]] = {}
        self.roots: dict[OperationType, str] = {}

    @classmethod
    def of(cls, schema: GraphQLSchema) -> Self:
        """The price list of a schema whose types Strawberry made."""
        tariff = cls()
        sizes = _introspection_sizes(schema)
        for type_ in schema.type_map.values():
            if isinstance(type_, GraphQLObjectType):
                tariff._add(type_, sizes)
            elif isinstance(type_, GraphQLInterfaceType | GraphQLUnionType):
                tariff.possible[type_.name] = tuple(each.name for each in schema.get_possible_types(type_))
        for operation in OperationType:
            if root := schema.get_root_type(operation):
                tariff.roots[operation] = root.name
        if schema.query_type:
            meta = {"__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef}
            tariff.fields[schema.query_type.name] |= {name: _price(field, None) for name, field in meta.items()}
        return tariff

    def _add(self, type_: GraphQLObjectType, sizes: dict[str, int]) -> None:
        is_introspection = type_.name.startswith("__")
        cost = _declared(type_, Cost)
        self.objects[type_.name] = float(cost.weight) if cost else INTROSPECTION_WEIGHT if is_introspection else 1.0
        self.fields[type_.name] = {
            name: _price(field, sizes.get(f"{type_.name}.{name}"), weight=0.0 if is_introspection else 1.0)
            for name, field in type_.fields.items()
        }


def _price(field: GraphQLField, size: int | None, *, weight: float = 1.0) -> Price:
    named = get_named_type(field.type)
    is_composite = is_composite_type(named)
    cost, list_size = _declared(field, Cost), _declared(field, ListSize)
    if cost:
        weight = float(cost.weight)
    elif not is_composite:
        weight = 0.0
    sizing = _sizing(field, list_size) if list_size else None if size is None else Sizing(size)
    return Price(weight, named.name if is_composite else None, _is_list(field.type), sizing)


def _sizing(field: GraphQLField, said: ListSize) -> Sizing:
    slicing = tuple(
        Slicing(name, _is_list(argument.type), None if argument.default_value is Undefined else argument.default_value)
        for name in said.slicing_arguments or ()
        for argument in (field.args[name],)
    )
    return Sizing(said.assumed_size or 1, slicing, frozenset(said.sized_fields or ()))


def _is_list(type_: Any) -> bool:
    return isinstance(get_nullable_type(type_), GraphQLList)


def _declared(what: GraphQLField | GraphQLNamedType, directive: type[D]) -> D | None:
    definition = (what.extensions or {}).get(_DEFINITION)
    return next((each for each in getattr(definition, "directives", None) or () if isinstance(each, directive)), None)


def _introspection_sizes(schema: GraphQLSchema) -> dict[str, int]:
    """How long the lists of introspection are: as many types as there are, and what a type has of each on the mean."""
    types = list(schema.type_map.values())

    def mean(*counts: int, of: int) -> int:
        return max(1, round(sum(counts) / max(of, 1)))

    fields = list(_fields(types))
    return {
        "__Schema.types": len(types),
        "__Schema.directives": len(schema.directives),
        "__Type.fields": mean(len(fields), of=len(types)),
        "__Type.inputFields": 1,
        "__Type.enumValues": mean(*(len(getattr(each, "values", ())) for each in types), of=len(types)),
        "__Type.interfaces": 1,
        "__Type.possibleTypes": 1,
        "__Field.args": mean(*(len(field.args) for field in fields), of=len(fields)),
        "__Directive.args": mean(*(len(each.args) for each in schema.directives), of=len(schema.directives)),
    }


def _fields(types: list[GraphQLNamedType]) -> Iterator[GraphQLField]:
    for type_ in types:
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            yield from type_.fields.values()
