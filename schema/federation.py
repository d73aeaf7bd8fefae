"""The hub as a subgraph of an Apollo Federation 2: what its entities are known by, and their answers to a gateway.

Another subgraph adds fields to a supplier by its SIREN, or to anything here by its id, and a gateway joins the two. It
reads :func:`subgraph` once (``_service``) and fetches entities many at a time (``_entities``). Callers of the hub
itself need neither: the printed schema has nothing of this.

Strawberry's own federation is not used: it prints its machinery into every schema, and in its ``_entities`` one
representation without a known ``__typename`` takes all the others away.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Annotated, Any, Final, NewType, TypeAlias, cast

import strawberry
from graphql import ConstDirectiveNode, DefinitionNode, ObjectTypeDefinitionNode, parse, print_ast
from strawberry.types.scalar import ScalarDefinition

from directory import identifiers
from schema import ids
from schema.classification import Label
from schema.context import Info
from schema.cost import counted_by, weighs
from schema.errors import BadInput, NotFound
from schema.establishment import Establishment
from schema.fields import resolved
from schema.listing import Listing
from schema.node import FINDERS
from schema.partner import Partner
from schema.scalars import NOT_A_SIREN
from schema.supplier import Supplier, supplier_of

# Every entity by the keys that a gateway may send. What only stewards work with is nobody else's to extend.
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "Establishment": ("id",),
    "Label": ("id",),
    "Listing": ("id",),
    "Partner": ("id",),
    "Supplier": ("id", "siren"),
}
# Plain values without an identity: another subgraph may have them, too, as long as it has them alike.
SHAREABLE: Final = frozenset({"Activity", "Address", "Area", "LegalForm", "Location", "PageInfo"})
# The oldest version that has what is used: every router takes it.
LINK: Final = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@shareable"])\n\n'
LONGEST_NAME: Final = 64

Representation = NewType("Representation", object)
REPRESENTATION: Final[dict[object, ScalarDefinition]] = {
    Representation: strawberry.scalar(
        name="_Any",
        description="An entity as a gateway names it: `__typename` and the field of one of its keys.",
        serialize=lambda value: value,
        parse_value=lambda value: value,
    )
}

Entity: TypeAlias = Annotated[
    Establishment | Label | Listing | Partner | Supplier,
    strawberry.union("_Entity", description="What other subgraphs may add fields to."),
]


@strawberry.type(name="_Service", description="The hub as a subgraph.")
class Service:
    """What a gateway composes its schema of."""

    sdl: str = strawberry.field(
        description="The schema with the directives of Apollo Federation: keys, and values that are shared."
    )


@strawberry.type
class FederationQuery:
    """The root fields that a gateway asks."""

    @resolved("The hub as a subgraph, for whoever composes a federation.", weighs(20), name="_service")
    def service(self, info: Info) -> Service:
        return Service(sdl=subgraph(info.schema.as_str()))

    @resolved(
        "Entities for a federation's gateway, in the order asked, as far as the caller may see them. One that cannot "
        "be answered is null with an error of its own.",
        counted_by("representations"),
        name="_entities",
    )
    async def entities(
        self,
        info: Info,
        representations: Annotated[
            list[Representation],
            strawberry.argument(description="Which ones; the operator sets how many at most (`limits.entities`)."),
        ],
    ) -> list[Entity | None]:
        most = info.context.most_entities
        if len(representations) > most:
            raise BadInput(f"`representations` takes at most {most} of them; ask for the rest in another request.")
        asked = (entity_of(info, representation) for representation in representations)
        # All at once, so that what they read is read together. An exception among the items becomes the error of its
        # own item; raised, it would take the others away.
        return cast("list[Entity | None]", await asyncio.gather(*asked, return_exceptions=True))


async def entity_of(info: Info, representation: object) -> ids.Node:
    """What a representation names, as the caller may see it. Raises :class:`BadInput` and :class:`NotFound`."""
    type_name, key, value = _read(representation)
    if key == "siren":
        found: ids.Node | None = await _by_siren(info, value)
    else:
        found = await FINDERS[type_name](info, ids.key_of(type_name, value))
    if found is None:
        raise NotFound(f"There is no {type_name} with this {key} that you may see.")
    return found


async def _by_siren(info: Info, value: str) -> Supplier | None:
    try:
        siren = identifiers.siren(value)
    except identifiers.InvalidValue:
        raise BadInput(NOT_A_SIREN) from None
    return await supplier_of(info, await info.context.loaders.number_of.load(siren))


def _read(representation: object) -> tuple[str, str, str]:
    """The type, the key and its value that a representation gives."""
    given: Mapping[Any, Any] = representation if isinstance(representation, Mapping) else {}
    type_name = given.get("__typename")
    if not isinstance(type_name, str):
        raise BadInput("A representation is an object with a `__typename` and the field of a key.")
    keys = KEYS.get(type_name)
    if keys is None:
        raise BadInput(f"This subgraph has no entity « {type_name[:LONGEST_NAME]} »; it has {', '.join(KEYS)}.")
    for key in keys:
        if isinstance(given.get(key), str):
            return type_name, key, given[key]
    raise BadInput(f"A representation of a {type_name} has its {' or its '.join(keys)}, as a text.")


@lru_cache(maxsize=1)
def subgraph(sdl: str) -> str:
    """The SDL of the schema, completed by what a composer of subgraphs needs to know of it."""
    document = parse(sdl, no_location=True)
    completed = replace(document, definitions=tuple(map(_completed, document.definitions)))
    return LINK + print_ast(completed) + "\n"


def _completed(definition: DefinitionNode) -> DefinitionNode:
    if not isinstance(definition, ObjectTypeDefinitionNode):
        return definition
    return replace(definition, directives=(*(definition.directives or ()), *_applied(definition.name.value)))


def _applied(type_name: str) -> tuple[ConstDirectiveNode, ...]:
    applied = [f'@key(fields: "{key}")' for key in KEYS.get(type_name, ())]
    applied += ["@shareable"] if type_name in SHAREABLE else []
    (bearer,) = parse(f"type Bearer {' '.join(applied)}", no_location=True).definitions
    return cast("ObjectTypeDefinitionNode", bearer).directives or ()
