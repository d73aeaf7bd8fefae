"""Which root fields a request asks for and, of mutations, who may and which ids it names: for scopes and the audit log.

Read from the document and the variables as they were sent; whatever is wrong with them is for the execution to say.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import strawberry
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLScalarType,
    GraphQLType,
    GraphQLWrappingType,
    InlineFragmentNode,
    SelectionSetNode,
    get_operation_ast,
    parse,
    value_from_ast_untyped,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter

from directory.disclosure import Role
from gateway.nodes import fragments_of, response_key
from gateway.requests import GraphQLRequest
from schema import ids
from schema.errors import BadInput
from schema.roles import may_ask

MOST_IDS: Final = 100
STRANGE: Final = "?"  # something else than an id of ours: it may be anything, and is not written down
_KNOWN_FORM: Final = re.compile(r"[A-Za-z]{1,32}:[\w.-]{1,64}", re.ASCII)
_SHORT_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")


@dataclass(frozen=True, slots=True)
class Mutating:
    """A root field of Mutation. ``name`` is the one that it has in the answer."""

    name: str
    field: str
    ids: tuple[str, ...]
    is_permitted: bool


def mutations_of(schema: strawberry.Schema, request: GraphQLRequest, role: Role) -> list[Mutating]:
    """The root fields asked for that there are, each once a name in the answer."""
    mutation = schema._schema.mutation_type
    found = []
    for name, node in _roots(request).items():
        if mutation and (defined := mutation.fields.get(node.name.value)):
            named = tuple(dict.fromkeys(_ids(defined, node, request.variables)))[:MOST_IDS]
            found.append(Mutating(name, node.name.value, named, _is_permitted(defined, role)))
    return found


def fields_of(request: GraphQLRequest) -> dict[str, str]:
    """The root fields asked for, by the names that they have in the answer."""
    return {name: node.name.value for name, node in _roots(request).items()}


def _roots(request: GraphQLRequest) -> dict[str, FieldNode]:
    """The root fields of the operation, which has been read and selected before, by their names in the answer."""
    document = parse(request.query, no_location=True)
    operation = get_operation_ast(document, request.operation_name)
    assert operation is not None  # noqa: S101  # gateway.operations has found it by the same name
    found: dict[str, FieldNode] = {}
    for node in _root_fields(operation.selection_set, fragments_of(document), set()):
        found.setdefault(response_key(node), node)
    return found


def _root_fields(
    selections: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode], seen: set[str]
) -> Iterator[FieldNode]:
    for selection in selections.selections:
        match selection:
            case FieldNode():
                yield selection
            case InlineFragmentNode():
                yield from _root_fields(selection.selection_set, fragments, seen)
            case FragmentSpreadNode() if selection.name.value not in seen and selection.name.value in fragments:
                seen.add(selection.name.value)
                yield from _root_fields(fragments[selection.name.value].selection_set, fragments, seen)


def _is_permitted(field: GraphQLField, role: Role) -> bool:
    return may_ask(field.extensions[GraphQLCoreConverter.DEFINITION_BACKREF], role)


def _ids(field: GraphQLField, node: FieldNode, variables: Mapping[str, Any]) -> Iterator[str]:
    for argument in node.arguments or ():
        defined = field.args.get(argument.name.value)
        if defined is not None:
            yield from _named(defined.type, value_from_ast_untyped(argument.value, dict(variables)))


def _named(kind: GraphQLType, value: Any) -> Iterator[str]:
    """The ids in a value of this type, at any depth of it."""
    while isinstance(kind, GraphQLWrappingType):
        kind = kind.of_type
    if isinstance(value, list):
        for each in value:
            yield from _named(kind, each)
    elif isinstance(kind, GraphQLInputObjectType):
        if isinstance(value, dict):
            for name, inner in kind.fields.items():
                yield from _named(inner.type, value.get(name))
    elif isinstance(kind, GraphQLScalarType) and kind.name == "ID" and value is not None:
        yield _legible(str(value))


def _legible(opaque: str) -> str:
    try:
        found = ids.decode(opaque)
    except BadInput:
        return opaque if _SHORT_CODE.fullmatch(opaque) else STRANGE
    told = f"{found.type}:{found.key}"
    return told if _KNOWN_FORM.fullmatch(told) else STRANGE
