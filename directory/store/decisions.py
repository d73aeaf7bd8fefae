"""What stewards decided: append-only, reversible, replayed on every recomputation."""

from typing import Any

from sqlalchemy import Column, ForeignKey, String, Table, Text

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
)
