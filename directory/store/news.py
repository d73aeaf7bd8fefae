"""What has changed since somebody last looked: the log of changes, read from where that was.

A *mark* is such a place: the newest change that was seen, as a short text. It is only good for the store it came from.
"""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.store import state
from directory.store.suppliers import supplier_change

NOWHERE = "0"  # the mark of a store in which no supplier ever was


class Moment(Struct, frozen=True):
    """Where the store is: its revision, and the mark of its newest change."""

    revision: int
    mark: str


async def moment(connection: AsyncConnection) -> Moment:
    """Where the store is now."""
    log = supplier_change.c
    newest = (await connection.execute(select(log.seq, log.at).order_by(log.seq.desc()).limit(1))).one_or_none()
    return Moment(await state.revision(connection), _mark(newest.seq, newest.at) if newest else NOWHERE)


async def changed(connection: AsyncConnection, since: str) -> frozenset[int] | None:
    """The suppliers that were created, changed, merged away or removed since the mark; None when it is not ours."""
    log = supplier_change.c
    seq = seq_of(since)
    if seq is None:
        return None
    if since != NOWHERE:
        at = await connection.scalar(select(log.at).where(log.seq == seq))
        if at is None or _mark(seq, at) != since:
            return None
    rows = await connection.execute(select(log.supplier_id).where(log.seq > seq).distinct())
    return frozenset(rows.scalars())


def _mark(seq: int, at: datetime) -> str:
    """With its instant: another store's log has the same numbers."""
    return f"{seq}@{at.timestamp()}"


def seq_of(mark: str) -> int | None:
    """The number of the newest change that a mark has seen, 0 for none; ``None`` for what is no mark."""
    number = mark.partition("@")[0]
    return int(number) if number.isdecimal() else None
