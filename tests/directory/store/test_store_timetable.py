"""What the schedule reads of a partner, and the one thing that it writes."""

from datetime import UTC, datetime, timedelta

from directory.store import partners, runs
from directory.store.database import Database
from directory.store.timetable import SETTLING, Slot, put_off, timetable
from tests.harvesting import CMAR

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


async def slots(database: Database, at: datetime = NOON) -> dict[str, Slot]:
    async with database.reading() as connection:
        return await timetable(connection, at)


async def test_a_partner_that_was_never_harvested(database: Database) -> None:
    assert await slots(database) == {}
    async with database.writing() as connection:
        await partners.register(connection, CMAR)
    assert await slots(database) == {"cmar": Slot()}


async def test_it_is_busy_while_its_run_is_alive(database: Database) -> None:
    async with database.writing() as connection:
        begun = await runs.begin(connection, CMAR, full=False, at=NOON)
    busy = Slot(last_attempt_at=NOON, is_busy=True)
    assert await slots(database) == {"cmar": busy}
    dead = NOON + runs.LEASE + timedelta(seconds=1)
    assert (await slots(database, dead))["cmar"].is_busy is False
    async with database.writing() as connection:
        await runs.fail(connection, begun.run.id, NOON, {})
        await partners.failed(connection, "cmar", "Away.")
        await partners.pause(connection, "cmar", paused=True)
    # Whoever read it is about to write when it is due again.
    assert (await slots(database))["cmar"].is_busy is True
    later = NOON + 2 * SETTLING
    assert await slots(database, later) == {"cmar": Slot(last_attempt_at=NOON, failures=1, paused=True)}


async def test_it_is_put_off(database: Database) -> None:
    async with database.writing() as connection:
        await partners.register(connection, CMAR)
        await put_off(connection, "cmar", NOON + timedelta(hours=1))
    assert (await slots(database))["cmar"].due_at == NOON + timedelta(hours=1)
