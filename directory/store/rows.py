"""Rows of ``staged_listing``: a prepared listing as text with its digest, a tombstone, or a row that was of no use.

Values are as the drivers take them, for they are written without SQLAlchemy's types.
"""

from hashlib import blake2b
from typing import Any

import msgspec
from msgspec.structs import asdict, replace

from directory.intake import prepare
from directory.records import Listing
from directory.store.listings import staged_listing

LONGEST_ID = 200
LONGEST_RECORD = 1_000_000

_encode = msgspec.json.Encoder().encode
_BLANK: dict[str, Any] = {column.name: None for column in staged_listing.columns} | {"deleted": False, "mentions": 0}


class RowUnusable(Exception):
    """The listing cannot be stored; ``str()`` is one sentence without its values."""


def of_listing(run_id: int, listing: Listing) -> dict[str, Any]:
    """The row of a listing as :mod:`directory.intake` completes it. Raises :class:`RowUnusable`."""
    if not is_id(listing.external_id):
        raise RowUnusable(f"Its id is empty, longer than {LONGEST_ID} characters or holds a control character.")
    if len(listing.raw) > LONGEST_RECORD:
        raise RowUnusable(f"It is longer than {LONGEST_RECORD:,} characters.")
    try:
        prepared = prepare(listing)
        payload, keys = _encode(replace(prepared.listing, raw="")), _encode(prepared.keys)
        raw = listing.raw.encode()
    except UnicodeEncodeError:
        raise RowUnusable("It holds half of a character (a lone surrogate).") from None
    if b"\0" in raw or b"\\u0000" in keys:  # PostgreSQL's text cannot hold it
        raise RowUnusable("It holds a NUL character.")
    row = _BLANK | asdict(prepared.keys)
    row["trade_keys"] = _encode(prepared.keys.trade_keys).decode()
    row["run_id"], row["external_id"], row["mentions"] = run_id, listing.external_id, 1
    row["digest"] = blake2b(b"\0".join((payload, keys, raw)), digest_size=16).digest()
    row["payload"], row["raw"] = payload.decode(), listing.raw
    return row


def of_tombstone(run_id: int, external_id: str) -> dict[str, Any]:
    """The row that says a member is gone."""
    return _BLANK | {"run_id": run_id, "external_id": external_id, "deleted": True}


def of_unusable(run_id: int, external_id: str) -> dict[str, Any]:
    """The row that says a member is still there, though what was said of it was of no use."""
    return _BLANK | {"run_id": run_id, "external_id": external_id}


def is_id(text: str | None) -> bool:
    """Whether a partner's id of a member can be one."""
    return bool(text) and len(text or "") <= LONGEST_ID and (text or "").isprintable()
