"""Further comparable forms of a listing: town, postcode, mailbox, activity, coordinates, and foreign phones.

What is stored already gets them here, from its content, and its digest with them: or the next reading would take every
member for changed. The rules are written out, for a step must not change when the code does, but for the town's: should
that one change, the towns are read anew as members come.
"""

import re
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

from directory.towns import town_key

revision = "0004"
down_revision = "0003"

ROWS = 1_000  # a batch
COLUMNS: dict[str, sa.types.TypeEngine[Any]] = {
    "town": sa.Text(),
    "postcode": sa.String(length=10),
    "email": sa.Text(),
    "naf": sa.String(length=6),
    "latitude": sa.Float(),
    "longitude": sa.Float(),
}
OLD_KEYS = ("name_key", "trade_keys", "siren", "siret", "commune_code", "street_key", "phone", "site")
_NUMBER = re.compile(r"\+?\(?\d(?:[\s()./\-\u2010-\u2014]*\d)*")
_AT_HOME = re.compile(r"^\+(?:1|44|61|353)(?=\d{7})")
_FOREIGN_POSTCODES = (
    re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?) *([0-9][A-Z]{2})"),
    re.compile(r"([A-Z][0-9][A-Z]) *([0-9][A-Z][0-9])"),
    re.compile(r"([0-9]{5})() *-? *[0-9]{4}"),
)

_listing, _content, _staged, _run = (
    sa.table(name, *map(sa.column, columns))
    for name, columns in {
        "listing": ("id", "partner", "external_id", "digest", *OLD_KEYS, *COLUMNS),
        "listing_content": ("listing_id", "payload", "raw"),
        "staged_listing": ("run_id", "external_id", "digest", "payload", "raw", *OLD_KEYS, *COLUMNS),
        "run": ("id", "partner"),
    }.items()
)


def upgrade() -> None:
    """Take the step."""
    for table in ("listing", "staged_listing"):
        for name, kind in COLUMNS.items():
            op.add_column(table, sa.Column(name, kind, nullable=True))
    connection = op.get_bind()
    _fill_listings(connection)
    _fill_staged(connection)


def _fill_listings(connection: sa.Connection) -> None:
    old = [_listing.c[name] for name in ("id", "partner", "external_id", "digest", *OLD_KEYS)]
    page = sa.select(*old, _content.c.payload, _content.c.raw).join(_content, _content.c.listing_id == _listing.c.id)
    update = sa.update(_listing).where(_listing.c.id == sa.bindparam("key"))
    # A run that is held was spared the content of members that it found as they were: their digests go along.
    spared = sa.and_(_staged.c.payload.is_(None), _staged.c.digest.is_not(None))
    has_spared = connection.scalar(sa.select(sa.exists().where(spared)))
    runs = sa.select(_run.c.id).where(_run.c.partner == sa.bindparam("of"))
    same = sa.and_(_staged.c.external_id == sa.bindparam("member"), _staged.c.digest == sa.bindparam("was"))
    follow = sa.update(_staged).where(spared, same, _staged.c.run_id.in_(runs))
    last = 0
    while rows := connection.execute(page.where(_listing.c.id > last).order_by(_listing.c.id).limit(ROWS)).all():
        last = rows[-1].id
        found = [_keys(row._asdict()) for row in rows]
        connection.execute(update, [{"key": row.id, **keys} for row, keys in zip(rows, found, strict=True)])
        if has_spared:
            members = [{"of": row.partner, "member": row.external_id, "was": row.digest} for row in rows]
            connection.execute(follow, [one | keys for one, keys in zip(members, found, strict=True)])


def _fill_staged(connection: sa.Connection) -> None:
    columns = [_staged.c[name] for name in ("run_id", "external_id", *OLD_KEYS, "payload", "raw")]
    page = sa.select(*columns).where(_staged.c.payload.is_not(None))
    order = (_staged.c.run_id, _staged.c.external_id)
    mine = sa.and_(_staged.c.run_id == sa.bindparam("of"), _staged.c.external_id == sa.bindparam("member"))
    update = sa.update(_staged).where(mine)
    last: tuple[int, str] = (0, "")
    while rows := connection.execute(page.where(sa.tuple_(*order) > last).order_by(*order).limit(ROWS)).all():
        last = (rows[-1].run_id, rows[-1].external_id)
        found = ({"of": row.run_id, "member": row.external_id, **_keys(row._asdict())} for row in rows)
        connection.execute(update, list(found))


def _keys(row: Mapping[str, Any]) -> dict[str, Any]:
    """The columns to write: the new keys, the phone, and the digest over content and all keys in their order."""
    said = msgspec.json.decode(row["payload"])
    address, contact, point = said.get("address", {}), said.get("contact", {}), said.get("location") or {}
    flags = [tuple(flag.get(name, "") for name in ("field", "code", "value")) for flag in said.get("flags", ())]
    own = {} if point.get("approximate") else point
    email = contact.get("email")
    new = {
        "town": None if row["commune_code"] else town_key(address.get("commune") or "") or None,
        "postcode": address.get("postcode") or _first(map(_postcode, _refused(flags, "address", "FORMAT"))),
        "email": email.lower() if email else None,
        "naf": _first(map(_sub_class, said.get("activities", ()))),
        "latitude": own.get("latitude"),
        "longitude": own.get("longitude"),
    }
    old = {name: row[name] for name in OLD_KEYS}
    if old["phone"]:
        old["phone"] = _AT_HOME.sub("", old["phone"])
    elif not contact.get("phone"):  # else it is a service number, which says nothing
        old["phone"] = _first(map(_digits, _refused(flags, "contact", "RANGE")))
    keys = old | {"trade_keys": msgspec.json.decode(old["trade_keys"])} | new
    parts = (row["payload"].encode(), msgspec.json.encode(keys), row["raw"].encode())
    return {"digest": blake2b(b"\0".join(parts), digest_size=16).digest(), "phone": old["phone"], **new}


def _refused(flags: list[tuple[str, ...]], field: str, code: str) -> Iterable[str]:
    return (value for where, why, value in flags if (where, why) == (field, code))


def _first(found: Iterable[str | None]) -> str | None:
    return next(filter(None, found), None)


def _sub_class(activity: Mapping[str, str]) -> str | None:
    is_official = activity.get("nomenclature", "NAF_REV2") == "NAF_REV2"
    return activity["code"] if is_official and len(activity["code"]) == 6 else None


def _digits(text: str) -> str | None:
    for written in _NUMBER.findall(text.replace(" / ", ";").replace(" - ", ";") if len(text) > 20 else text):
        digits = "".join(filter(str.isdecimal, written)).lstrip("0")
        if len(digits) == 11 and digits.startswith("1"):
            digits = digits[1:]
        if 7 <= len(digits) <= 15 and len(set(digits)) > 1:
            return digits
    return None


def _postcode(text: str) -> str | None:
    plain = text.strip().upper()
    matches = (pattern.fullmatch(plain) for pattern in _FOREIGN_POSTCODES)
    return next((match[1] + match[2] for match in matches if match), None)
