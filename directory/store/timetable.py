"""Which partners are to be harvested when: what a schedule goes by, and where it writes the next instant."""

from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import and_, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.store.partners import RunStatus, partner, run

# Whoever read a partner writes down when it is due next in a moment's time.
SETTLING = timedelta(seconds=0.5)


class Slot(Struct, frozen=True, kw_only=True):
    """A partner's place in the timetable. ``due_at`` is ``None`` until its first harvest has ended; ``failures`` are
    those in a row; ``is_busy`` while a run of it, of any process, is alive or has ended just now.
    """

    paused: bool = False
    last_attempt_at: datetime | None = None
    due_at: datetime | None = None
    failures: int = 0
    is_busy: bool = False


async def timetable(connection: AsyncConnection, at: datetime) -> dict[str, Slot]:
    """Every partner ever registered, by id."""
    is_alive = and_(run.c.status == RunStatus.RUNNING, run.c.alive_until >= at)
    alive = exists().where(
        run.c.partner == partner.c.id, or_(is_alive, run.c.ended_at.between(at - SETTLING, at + SETTLING))
    )
    known = partner.c.id, partner.c.paused, partner.c.last_attempt_at, partner.c.due_at, partner.c.failures
    rows = await connection.execute(select(*known, alive.label("is_busy")))
    return {row["id"]: _slot(row) for row in map(dict, rows.mappings())}


async def put_off(connection: AsyncConnection, partner_id: str, due_at: datetime) -> None:
    """The partner is due at this instant, and not before."""
    await connection.execute(update(partner).where(partner.c.id == partner_id).values(due_at=due_at))


def _slot(row: dict[str, object]) -> Slot:
    return Slot(**{name: row[name] for name in Slot.__struct_fields__})  # type: ignore[arg-type]
