"""Rows of ``staged_listing``: a prepared listing as bytes with its digest, a tombstone, or a row that was no use."""

from hashlib import blake2b
from typing import Any

import msgspec
from msgspec.structs import asdict, replace

from directory.intake import Prepared
from directory.store.listings import staged_listing

LONGEST_ID = 200
LONGEST_RECORD = 1_000_000

_encode = msgspec.json.Encoder().encode
_NOTHING: dict[str, Any] = {column.name: None for column in staged_listing.columns}


class RowUnusable(Exception):
    """The listing cannot be stored; ``str()`` is one sentence without its values."""


def of_listing(run_id: int, prepared: Prepared) -> dict[str, Any]:
    """The row of a listing. Raises :class:`RowUnusable`."""
    listing = prepared.listing
    if not is_id(listing.external_id):
        raise RowUnusable(f"Its id is empty, longer than {LONGEST_ID} characters or holds a control character.")
    if len(listing.raw) > LONGEST_RECORD:
        raise RowUnusable(f"It is longer than {LONGEST_RECORD:,} characters.")
    try:
        payload = _encode(replace(listing, raw=""))
        digest = blake2b(payload + listing.raw.encode() + _encode(prepared.keys), digest_size=16).digest()
    except UnicodeEncodeError:
        raise RowUnusable("It holds half of a character (a lone surrogate).") from None
    if "\x00" in listing.raw or "\\u0000" in payload:
        raise RowUnusable("It holds a NUL character.")
    ...
