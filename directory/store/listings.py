"""What partners said: one row a member, its content beside it, and the reading under way.

``listing`` is narrow so that confirming a hundred thousand unchanged members, or comparing them all, never moves their
content; ``listing_content`` holds what they look like. A listing is never deleted: a withdrawn one keeps its row and
its id, and gets them back when the member returns.
"""

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from directory.records import Listing
from directory.store.metadata import BigId, Instant, Json, metadata


def key_columns() -> list[Column[Any]]:
    """The comparable forms by which listings are matched: :class:`directory.intake.ListingKeys`, a column a field."""
    return [
        Column("siren", String(9)),
        Column("siret", String(14)),
        Column("name_key", Text, nullable=False),
        Column("trade_keys", Json(tuple[str, ...]), nullable=False),
        Column("commune_code", String(5)),
        Column("street_key", Text),
        Column("phone", Text),
        Column("site", Text),
        Column("town", Text),
        Column("postcode", String(10)),
        Column("email", Text),
        Column("naf", String(6)),
        Column("latitude", Float),
        Column("longitude", Float),
    ]


_NUMBERED = text("withdrawn_at IS NULL AND siren IS NOT NULL")
_SITED = text("withdrawn_at IS NULL AND site IS NOT NULL")
_PRESENT = text("withdrawn_at IS NULL")

listing = Table(
    "listing",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("partner", String(64), ForeignKey("partner.id"), nullable=False),
    Column("external_id", Text, nullable=False),
    # Of the content and the keys: two readings with the same digest said the same thing.
    Column("digest", LargeBinary(16), nullable=False),
    Column("first_seen_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("withdrawn_at", Instant),
    # The run that last added or changed it.
    Column("run_id", BigId, ForeignKey("run.id"), nullable=False),
    *key_columns(),
    UniqueConstraint("partner", "external_id"),
    # The companies that are listed now, by number: what registers are asked about.
    Index("ix_listing_siren", "siren", "partner", sqlite_where=_NUMBERED, postgresql_where=_NUMBERED),
    # Who else has this site, this name or one that begins with it: directory.store.relating.
    Index("ix_listing_site", "site", sqlite_where=_SITED, postgresql_where=_SITED),
    Index(
        "ix_listing_name_key",
        "name_key",
        sqlite_where=_PRESENT,
        postgresql_where=_PRESENT,
        postgresql_ops={"name_key": "text_pattern_ops"},
    ),
)

listing_content = Table(
    "listing_content",
    metadata,
    Column("listing_id", BigId, ForeignKey("listing.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    # The listing without its ``raw``, which is beside it, byte for byte.
    Column("payload", Json(Listing), nullable=False),
    Column("raw", Text, nullable=False),
)

# One row a member that the reading spoke of, the last word winning: a listing, with a digest; a tombstone, ``deleted``;
# or neither, for a row of no use, whose member is left as it was. ``mentions`` counts the listings that were given.
staged_listing = Table(
    "staged_listing",
    metadata,
    Column("run_id", BigId, ForeignKey("run.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("external_id", Text, primary_key=True),
    Column("deleted", Boolean, nullable=False),
    Column("mentions", Integer, nullable=False),
    Column("digest", LargeBinary(16)),
    Column("payload", Text),
    Column("raw", Text),
    *(Column(column.name, column.type) for column in key_columns()),
)
