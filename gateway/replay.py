"""A partner's directory made again of the answers that were kept, by the settings of today; the partner is not asked.

The last whole reading is read again. What was harvested since is newer than it, and stays as it was harvested.
"""

from datetime import datetime

from msgspec import Struct

from connectors import Declaration, replay
from directory.store import copies
from directory.store.database import Database
from directory.store.partners import Run, RunKind, run_of
from gateway.readings import BY_HAND, By, Told, take_in
from gateway.settings import Settings


class Replayed(Struct, frozen=True, kw_only=True):
    """What became of it. ``of`` is the run whose answers were read again, ``since`` counts the accepted runs of changes
    after it.
    """

    run: Run
    of: int
    read_at: datetime
    since: int = 0


class NothingKept(Exception):
    """There is no whole reading to make again; ``str()`` is one sentence with the remedy."""


async def replay_partner(
    database: Database, settings: Settings, declaration: Declaration, *, by: By = BY_HAND, told: Told | None = None
) -> Replayed:
    """Read the partner again from its kept answers, as a run ``REPLAY`` under the ordinary bounds.

    Raises :class:`NothingKept` and :class:`~directory.store.errors.StoreError`.
    """
    async with database.reading() as connection:
        kept = await copies.chain(connection, declaration.name)
        whole = await run_of(connection, kept[0]) if kept else None
    if whole is None:
        raise NothingKept(
            f"No whole reading of {declaration.title} is kept; say circuit harvest --full {declaration.name} first."
        )
    source = replay(declaration, copies.reel(database, whole.id))
    run = await take_in(database, settings, declaration, source, kind=RunKind.REPLAY, by=by, told=told)
    return Replayed(run=run, of=whole.id, read_at=whole.started_at, since=len(kept) - 1)
