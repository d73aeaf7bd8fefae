"""Ids: the type's name and its key, sealed; and the interface of everything that has one."""

from typing import NamedTuple

import strawberry

from schema.errors import BadInput
from schema.opaque import seal, unseal

NOT_OURS = "This is not an id of this API; use an id as it was given in an answer."


@strawberry.interface(description="Anything with an id that lasts: it can be fetched again with `node(id:)`.")
class Node:
    """The Relay interface; each type makes its own id when it is built."""

    id: strawberry.ID = strawberry.field(
        description="Opaque and lasting: keep it as it is, take nothing from its form."
    )


class NodeId(NamedTuple):
    """What an opaque id stands for."""

    type: str
    key: str


def encode(type_name: str, key: str | int) -> strawberry.ID:
    """The opaque id of the thing of this type with this key."""
    return strawberry.ID(seal(f"{type_name}:{key}"))


def decode(opaque: str) -> NodeId:
    """What ``opaque`` stands for. Raises :class:`BadInput` for anything that :func:`encode` did not make."""
    found = _parts(opaque)
    if found is None:
        raise BadInput(NOT_OURS)
    return found


def key_of(type_name: str, opaque: str) -> str:
    """The key in an id that must be of this type."""
    found = decode(opaque)
    if found.type != type_name:
        raise BadInput(f"This id is that of a {found.type}; the id of a {type_name} is wanted here.")
    return found.key


def number_of(type_name: str, opaque: str) -> int:
    """The numeric key in an id that must be of this type."""
    return as_number(key_of(type_name, opaque))


def as_number(key: str) -> int:
    """A key that must be a number as :func:`encode` writes it: one spelling an id, and 18 digits fit every store."""
    if not (key.isascii() and key.isdigit() and len(key) <= 18 and key == str(int(key))):
        raise BadInput(NOT_OURS)
    return int(key)


def code_of(type_name: str, value: str) -> str:
    """The key of a partner or a label given by its id or, as people write it, by its short code (``cmar``)."""
    found = _parts(value)
    return found.key if found and found.type == type_name else value


def _parts(opaque: str) -> NodeId | None:
    type_name, colon, key = (unseal(opaque) or "").partition(":")
    return NodeId(type_name, key) if colon else None
