"""Stewards keep the trade lexicon: what the hub came with, and what they have added and taken out since."""

from collections.abc import Callable, Sequence
from datetime import datetime

from directory.records import now
from directory.store import lexicon
from directory.store.database import Database
from directory.understanding.lexicon import Entry, Lexicon, carried


async def current(database: Database) -> Lexicon:
    """The lexicon in force."""
    async with database.reading() as connection:
        return carried().changed(await lexicon.entries(connection))


async def change(
    database: Database,
    entries: Sequence[Entry],
    *,
    author: str,
    reason: str,
    clock: Callable[[], datetime] = now,
) -> None:
    """Make these changes, all of them or, when the store fails, none; kept with their author and reason."""
    async with database.writing() as connection:
        await lexicon.append(connection, entries, author=author, reason=reason, at=clock())
