"""What was computed: suppliers, their sites, which listings they are made of, and what happened to them.

Everything here can be rebuilt from listings and decisions, except the ids, which outlive every recomputation. Rows of
``supplier`` are therefore never deleted: a supplier that is gone keeps its row with ``removed_at`` set, and one that
was merged away has an alias besides. Only :mod:`directory.resolution` writes these tables.
"""

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, LargeBinary, String, Table, Text, text

from directory.matching.contract import Evidence
from directory.records import FieldProvenance, Supplier, SupplierStatus
from directory.store.metadata import BigId, Instant, Json, metadata

_NOT_ACTIVE = text(f"status <> '{SupplierStatus.ACTIVE}'")

supplier = Table(
    "supplier",
    metadata,
    # Ids are handed out by the resolution, one above the highest ever used, so that a whole batch is written at once.
    Column("id", BigId, primary_key=True, autoincrement=False),
    Column("siren", String(9)),
    # Empty once it is removed: of a company that is gone nothing is kept but its number here.
    Column("name", Text),
    Column("document", Json(Supplier)),
    Column("provenance", Json(tuple[FieldProvenance, ...])),
    # What went in (listings, their versions, the rules) and what came out: equal means nothing to do, nothing to say.
    Column("inputs", LargeBinary(16), nullable=False),
    Column("digest", LargeBinary(16), nullable=False),
    # When the quality's freshness drops to its next step even if nobody changes anything.
    Column("due_at", Instant, index=True),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("removed_at", Instant),
    # Of the document, for those who count or choose companies without reading it; see directory.store.register.
    Column("legal_form", String(4)),
    Column("status", String(16), nullable=False, default=SupplierStatus.ACTIVE, server_default=SupplierStatus.ACTIVE),
    Index(None, "siren", "legal_form"),
    Index("ix_supplier_not_active", "status", sqlite_where=_NOT_ACTIVE, postgresql_where=_NOT_ACTIVE),
)

establishment = Table(
    "establishment",
    metadata,
    Column("supplier_id", BigInteger, ForeignKey(supplier.c.id), primary_key=True, autoincrement=False),
    Column("id", String(32), primary_key=True),
    Column("siret", String(14), index=True),
)

# The row of a withdrawn listing stays: should the partner bring it back, it finds its supplier's id again.
membership = Table(
    "membership",
    metadata,
    Column("listing_id", BigInteger, ForeignKey("listing.id"), primary_key=True, autoincrement=False),
    Column("supplier_id", BigInteger, ForeignKey(supplier.c.id), nullable=False, index=True),
    Column("establishment", String(32)),
    Column("decision", String(16), nullable=False),
    Column("score", Float, nullable=False),
    Column("method", String(16), nullable=False),
    Column("against", BigInteger),
    Column("evidence", Json(tuple[Evidence, ...]), nullable=False),
    Column("weight", Float, nullable=False, default=0.0, server_default="0"),
    Column("prior", Float, nullable=False, default=0.0, server_default="0"),
    Column("at", Instant, nullable=False),
    # When the resolution found it withdrawn; or, a register's, the only one left of its company.
    Column("left_at", Instant),
)

# Chains are collapsed when written: ``survivor`` is never itself an alias.
supplier_alias = Table(
    "supplier_alias",
    metadata,
    Column("id", BigInteger, ForeignKey(supplier.c.id), primary_key=True, autoincrement=False),
    Column("survivor", BigInteger, ForeignKey(supplier.c.id), nullable=False, index=True),
    Column("at", Instant, nullable=False),
)

supplier_change = Table(
    "supplier_change",
    metadata,
    Column("seq", BigId, primary_key=True, autoincrement=True),
    Column("supplier_id", BigInteger, ForeignKey(supplier.c.id), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("merged_into", BigInteger),
    Column("at", Instant, nullable=False),
    Index("ix_supplier_change_at_seq", "at", "seq"),
)
