"""Cursors: the order key of a hit, opaque to callers, bound to the query that gave it.

A key is a value of the supplier itself and ends in its id, so that a page goes on after the right supplier although
the one named has gone or others have come. Nothing in a cursor is trusted: it is bounded, and typed where it is read.
"""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from directory.disclosure import Role
from directory.search.errors import InvalidCursor
from directory.search.query import SearchQuery

_LONGEST: Final = 1_000


class Key(Struct, frozen=True, array_like=True):
    """Where a hit stands in its order.

    ``value`` is what is ordered by, ``tie`` tells equals apart where the value does not. For relevance, ``rank`` is
    where the hit stood (a hint) and ``weights`` are the terms' (:mod:`.text`).
    """

    value: int | float | str
    tie: int = 0
    rank: int = 0
    weights: tuple[int, ...] = ()


class _Cursor(Struct, frozen=True, array_like=True):
    query: str
    key: Key


_decoder = msgspec.json.Decoder(_Cursor)


def query_digest(query: SearchQuery) -> str:
    """Names the question, whoever asks it."""
    asked = msgspec.json.encode(replace(query, role=Role.PUBLIC), order="deterministic")
    return hashlib.blake2b(asked, digest_size=6).hexdigest()


def encode(digest: str, key: Key) -> str:
    """The cursor of a hit."""
    return urlsafe_b64encode(msgspec.json.encode(_Cursor(digest, key))).rstrip(b"=").decode()


def decode(digest: str, cursor: str) -> Key:
    """The key that a cursor of this query holds. Raises InvalidCursor."""
    if len(cursor) > _LONGEST:
        raise InvalidCursor("The cursor is too long to be one of ours: begin again without it.")
    try:
        found = _decoder.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:  # of base64 and of msgspec alike
        raise InvalidCursor("The cursor is not one of ours: begin again without it.") from None
    if found.query != digest:
        raise InvalidCursor("The cursor belongs to another query: begin again without it.")
    return found.key
