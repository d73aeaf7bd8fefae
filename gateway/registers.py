"""Official registers are asked about the companies that partners list, by SIREN: a bounded round at a time."""

from datetime import timedelta
from typing import Final

from connectors import Declaration
from directory.store import partners, register
from directory.store.database import Database
from directory.store.partners import Run, RunKind, RunStatus
from gateway.readings import BY_HAND, By, ConnectingForMembers, Told, reschedule, take_in
from gateway.schedule import Ending
from gateway.settings import Settings
from gateway.telemetry import reading_traced

# A round is what the register's rate allows in so many seconds: short enough to be lost without regret.
ROUND_SECONDS: Final = 60.0
# Between two rounds of many.
BREATH_SECONDS: Final = 1.0


async def ask(
    database: Database,
    settings: Settings,
    declaration: Declaration,
    *,
    by: By = BY_HAND,
    told: Told | None = None,
) -> Run | None:
    """Ask about the companies that were not asked about for long, those that wait longest first; ``None`` when there
    are none.

    Raises :class:`~directory.store.errors.StoreError` alone.
    """
    limit = max(1, int(declaration.rate * ROUND_SECONDS))
    days = timedelta(days=settings.harvest.register_days)
    async with database.reading() as connection:
        sirens = await register.due(connection, declaration.name, at=by.clock(), older_than=days, limit=limit)
    if not sirens:
        await reschedule(database, declaration.name, declaration.every, Ending(), by)
        return None
    async with reading_traced(settings, declaration.name) as traces:
        source = ConnectingForMembers(declaration, sirens, traces)
        run = await take_in(database, settings, declaration, source, kind=RunKind.MEMBERS, by=by, told=told)
    if source.ending is not None:
        await _note(database, source, run, by)
        is_more = run.status is not RunStatus.REFUSED and len(sirens) == limit
        rhythm = BREATH_SECONDS if is_more else declaration.every
        await reschedule(database, declaration.name, rhythm, source.ending, by)
    return run


async def _note(database: Database, source: ConnectingForMembers, run: Run, by: By) -> None:
    """What a round says of the register itself: for it, rounds are what harvests are for other partners."""
    name, ending = source.declaration.name, source.ending or Ending()
    async with database.writing() as connection:
        if run.status is RunStatus.REFUSED:
            await partners.failed(connection, name, run.problem or "", ending.retry_at)
        else:
            await register.asked(connection, name, source.external_ids, at=by.clock())
            await partners.succeeded(connection, name, at=by.clock(), cursor=None)
