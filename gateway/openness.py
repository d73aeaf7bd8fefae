"""How much of the schema a caller is told: introspection, and names alike after a name that does not exist.

The schema itself is published (``/schema.graphql``), so neither is a secret: introspection is the dearest question that
anyone can ask, and both are what those who look for a way in ask first.
"""

import re
from typing import Any, Final

import msgspec
from graphql import DocumentNode, FieldNode, GraphQLError, Visitor, visit

from directory.disclosure import Role
from gateway.auth import Identity
from gateway.settings import Some
from gateway.shape import INTROSPECTION

_NAMES: Final = frozenset({"name", "kind", "__typename"})
# `__typename` is not introspection of the schema; a name in a text or a comment is looked at closer.
_MENTIONED: Final = re.compile(r"__(?:schema|type)\b")
# graphql-core ends a sentence about a name with its neighbours; there is no switch for it.
_SUGGESTION: Final = re.compile(r" Did you mean [^?]*\?")


class _Introspects(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def enter_field(self, node: FieldNode, *_: Any) -> object:
        self.found = node.name.value in INTROSPECTION and not _asks_a_name(node)
        return self.BREAK if self.found else None


def _asks_a_name(field: FieldNode) -> bool:
    """Whether it is ``__type(name: …) { name }``, by which auditors and clients try out variables on any server."""
    inside = field.selection_set.selections if field.selection_set else ()
    return field.name.value == "__type" and all(
        isinstance(each, FieldNode) and each.name.value in _NAMES for each in inside
    )


def introspects(text: str, document: DocumentNode) -> bool:
    """Whether the document asks for the schema anywhere: in any operation or fragment, under any alias.

    That a type exists, and of which kind it is, is no more than a mistaken query is told.
    """
    if not _MENTIONED.search(text):
        return False
    visitor = _Introspects()
    visit(document, visitor)
    return visitor.found


def is_open(setting: Some, identity: Identity) -> bool:
    """Whether this caller is among those that the setting names."""
    return setting == "everyone" or (setting == "keys" and identity.role is not Role.PUBLIC)


def check_introspection(setting: Some, identity: Identity) -> None:
    """Raise :class:`graphql.GraphQLError` for a caller who may not ask for the schema."""
    if not is_open(setting, identity):
        whose = "for callers with an API key" if setting == "keys" else "turned off"
        message = f"Introspection is {whose} here; read the schema at /schema.graphql."
        raise GraphQLError(message, extensions={"code": "INTROSPECTION_DISABLED"})


def as_told(setting: Some, identity: Identity, answer: bytes) -> bytes:
    """What is wrong with a request, without names alike for a caller whom the setting does not name."""
    return answer if is_open(setting, identity) else without_suggestions(answer)


def without_suggestions(answer: bytes) -> bytes:
    """The same errors, less what names they might have meant; ``answer`` holds nothing but errors."""
    if b"Did you mean" not in answer:
        return answer
    said = msgspec.json.decode(answer)
    for error in said["errors"]:
        error["message"] = _SUGGESTION.sub("", error["message"])
    return msgspec.json.encode(said)
