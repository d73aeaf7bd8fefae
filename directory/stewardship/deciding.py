"""Decisions are checked together, then written together."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from directory.records import now
from directory.stewardship.decisions import Decision
from directory.stewardship.desk import Desk, Entry
from directory.stewardship.refusals import Refused
from directory.store import acts, resolving
from directory.store.database import Database


async def decide(
    database: Database,
    decisions: Sequence[Decision],
    *,
    author: str,
    reason: str,
    clock: Callable[[], datetime] = now,
) -> list[int]:
    """Keep these decisions, all or none; their numbers. Raises :class:`Refused`, having changed nothing."""
    async with database.writing() as connection:
        await resolving.lock(connection)  # of two stewards at once the second sees what the first decided
        desk = await Desk.prepared(connection, decisions)
        entries = [await _checked(desk, place, decision) for place, decision in enumerate(decisions)]
        return [await _written(connection, desk, entry, author, reason, clock()) for entry in entries]


async def _checked(desk: Desk, place: int, decision: Decision) -> Entry:
    try:
        return await desk.check(decision)
    except Refused as refusal:
        refusal.place = place
        raise


async def _written(
    connection: AsyncConnection, desk: Desk, entry: Entry, author: str, reason: str, at: datetime
) -> int:
    words = entry.words(desk) if callable(entry.words) else entry.words
    number = await acts.record_act(connection, entry.kind, words, entry.about, author=author, reason=reason, at=at)
    if entry.undoes is not None:
        await acts.undo(connection, entry.undoes, number)
        desk.words = (await acts.standing(connection)).links
    return number
