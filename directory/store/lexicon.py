"""What stewards have said of the trade lexicon: an append-only list of expressions added and taken out."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Boolean, Column, String, Table, Text, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.store import state
from directory.store.database import insert
from directory.store.metadata import BigId, Instant, metadata
from directory.understanding.lexicon import Entry

lexicon_entry = Table(
    "lexicon_entry",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("naf", String(6), nullable=False),
    Column("expression", Text, nullable=False),
    Column("taken_out", Boolean, nullable=False),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Instant, nullable=False),
)


async def entries(connection: AsyncConnection) -> list[Entry]:
    """Every change, in the order in which they were made."""
    columns = lexicon_entry.c
    asked = select(columns.naf, columns.expression, columns.taken_out).order_by(columns.id)
    return [Entry(*row) for row in await connection.execute(asked)]


async def latest(connection: AsyncConnection) -> int:
    """The number of the last change; 0 when there was none."""
    return await connection.scalar(select(func.max(lexicon_entry.c.id))) or 0


async def append(
    connection: AsyncConnection, changes: Sequence[Entry], *, author: str, reason: str, at: datetime
) -> None:
    """Keep these changes. What is answered depends on them, so they raise the revision."""
    rows = [
        {
            "naf": each.naf,
            "expression": each.expression,
            "taken_out": each.taken_out,
            "author": author,
            "reason": reason,
            "at": at,
        }
        for each in changes
    ]
    if rows:
        await connection.execute(insert(connection, lexicon_entry), rows)
        await state.bump(connection)
