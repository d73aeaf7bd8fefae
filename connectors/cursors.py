"""Cursors: where the next incremental reading of a partner begins, as the short text that harvests keep."""

import hashlib
from collections.abc import Mapping
from typing import Final

import msgspec

from connectors import jsontext
from connectors.contract import Declaration

# Raised when the same declaration would make other listings than before: what is stored must then be read anew.
_MAPPING_VERSION: Final = 2
_SHAPING: Final = frozenset(
    {
        "protocol",
        "base_url",
        "path",
        "resource",
        "charset",
        "timezone",
        "csv",
        "pages",
        "fields",
        "only",
        "extra_fields",
    }
)
# Who is reading: another reader may be shown more of members that have not changed.
_READER: Final = frozenset({"auth", "anonymous", "username", "token_header", "client_id", "scope"})


class _Cursor(msgspec.Struct, frozen=True):
    of: str
    at: dict[str, str]


def written(declaration: Declaration, position: Mapping[str, str] | None) -> str | None:
    """The cursor of a position under this declaration."""
    if position is None:
        return None
    return msgspec.json.encode(_Cursor(_fingerprint(declaration), dict(position))).decode()


def read(declaration: Declaration, cursor: str | None) -> Mapping[str, str] | None:
    """The position, or ``None`` where only reading everything will do: no cursor, or settings that shape a listing
    or say who is reading have changed since it was written.
    """
    parsed = _parsed(cursor)
    return parsed.at if parsed and parsed.of == _fingerprint(declaration) else None


def position(cursor: str | None) -> Mapping[str, str] | None:
    """The position, whichever settings it was written under: where a reading that is made again had begun."""
    parsed = _parsed(cursor)
    return parsed.at if parsed else None


def _parsed(cursor: str | None) -> _Cursor | None:
    try:
        return jsontext.decoded(cursor or "", _Cursor)
    except jsontext.NotJson:
        return None


def _fingerprint(declaration: Declaration) -> str:
    # Keys that came later are left out where they say nothing: cursors from before stay good.
    later = {"path"} if declaration.path is None else set[str]()
    unset = {"csv": {"row_number"}} if declaration.csv.row_number is None else {}
    shape = declaration.model_dump_json(include=set(_SHAPING | _READER) - later, exclude=unset)
    # Whether each secret is set, not what it is: a key that was renewed shows nothing new.
    held = [bool(secret) for secret in (declaration.password, declaration.token, declaration.client_secret)]
    return hashlib.blake2b(f"{_MAPPING_VERSION}{shape}{held}".encode(), digest_size=8).hexdigest()
