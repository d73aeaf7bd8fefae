"""Which listings are not as they were matched: noted by whoever changes them, in the transaction that does.

A note says that a listing may be other than it was, not in what; whoever reads it compares the versions. A resolution
takes back the notes that it has seen, and those alone: what is noted meanwhile waits for the next one.
"""

from array import array
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, Select, Table, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.store.chunks import chunks
from directory.store.listings import listing
from directory.store.metadata import BigId, metadata

listing_change = Table(
    "listing_change",
    metadata,
    Column("seq", BigId, primary_key=True, autoincrement=True),
    Column("listing_id", BigInteger, nullable=False),
    sqlite_autoincrement=True,  # no number twice: a note that is taken back is never another one
)


async def note(connection: AsyncConnection, listings: Select[Any]) -> None:
    """Note the listings whose ids are selected; a part of every transaction that adds, changes or withdraws some."""
    await connection.execute(listing_change.insert().from_select(["listing_id"], listings))


async def withdraw(connection: AsyncConnection, at: datetime, *which: ColumnElement[bool]) -> int:
    """Withdraw those of these listings that are in force; how many there were."""
    mine = *which, listing.c.withdrawn_at.is_(None)
    await note(connection, select(listing.c.id).where(*mine))
    return (await connection.execute(update(listing).where(*mine).values(withdrawn_at=at))).rowcount


async def noted(connection: AsyncConnection) -> tuple[Sequence[int], set[int]]:
    """All notes, and the listings that they are of."""
    numbers = array("q")
    found: set[int] = set()
    for seq, number in await connection.execute(select(listing_change.c.seq, listing_change.c.listing_id)):
        numbers.append(seq)
        found.add(number)
    return numbers, found


async def forget(connection: AsyncConnection, notes: Iterable[int]) -> None:
    """Take back notes that were seen."""
    for chunk in chunks(notes):
        await connection.execute(delete(listing_change).where(listing_change.c.seq.in_(chunk)))
