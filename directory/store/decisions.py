"""What stewards decided: append-only, reversible, replayed on every recomputation.

Decisions about matching name listings by partner and external id, so that they outlive every id of ours: see
:mod:`directory.store.acts`.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.store import state
from directory.store.metadata import BigId, Instant, Json, metadata

decision = Table(
    "decision",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("payload", Json(dict[str, Any]), nullable=False),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Instant, nullable=False),
    # A decision is never edited: undoing it is another decision, named here.
    Column("undone_by", BigId, ForeignKey("decision.id")),
    # The first row of the act that this row is a further part of; see directory.store.acts.
    Column("part_of", BigId, index=True),
)

# Which acts are about a listing; an act is named here by its first row.
decision_listing = Table(
    "decision_listing",
    metadata,
    Column("decision_id", BigId, ForeignKey("decision.id"), primary_key=True, autoincrement=False),
    Column("partner", String(64), primary_key=True),
    Column("external_id", Text, primary_key=True),
    Index("ix_decision_listing_partner_external_id", "partner", "external_id"),
)


class HarvestDecision(StrEnum):
    """What stewards decide about harvests; matching has kinds of its own."""

    RUN_ACCEPTED = "run_accepted"
    RUN_REJECTED = "run_rejected"
    PARTNER_PAUSED = "partner_paused"
    PARTNER_RESUMED = "partner_resumed"
    PARTNER_REMOVED = "partner_removed"


async def record(
    connection: AsyncConnection, kind: str, payload: Mapping[str, Any], *, author: str, reason: str, at: datetime
) -> None:
    """Add a decision, which raises the store's revision; ``payload`` names what it is about."""
    values = {"kind": kind, "payload": dict(payload), "author": author, "reason": reason, "at": at}
    await connection.execute(insert(decision).values(values))
    await state.bump(connection)
