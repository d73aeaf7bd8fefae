"""What the tests of harvesting share: listings in one line, and a source that says exactly what it is told to."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from directory.guard import Guard
from directory.records import End, Listing, Page, PartnerInfo
from directory.store import partners, state
from directory.store.database import Database
from directory.store.listings import listing, listing_content
from directory.store.partners import Run

CMAR = PartnerInfo(id="cmar", name="CMAR", organisation="Chambre de métiers")
LAX = Guard(loss=1, lacking=1, failing=1)  # holds nothing: for directories so small that one member is a large share


def one(external_id: str, name: str = "Plomberie Durand", **fields: Any) -> Listing:
    """A listing of CMAR whose raw text is its name."""
    return Listing(
        **{"partner": "cmar", "external_id": external_id, "name": name, "raw": f'{{"nom":"{name}"}}'} | fields
    )


def page(*listings: Listing, **fields: Any) -> Page:
    """A page with these listings."""
    return Page(listings=listings, **fields)


def many(count: int, name: str = "Plomberie Durand", **fields: Any) -> list[Listing]:
    """Listings 0 to count - 1."""
    return [one(str(number), name, **fields) for number in range(count)]


class Scripted:
    """A source that yields its steps; it raises an exception among them, and waits for an event.

    ``cursors`` are those it was asked from, ``waiting`` is set when it has come to an event, ``closed`` at its end.
    """

    def __init__(self, *steps: Page | End | Exception | asyncio.Event) -> None:
        self.steps = steps
        self.cursors: list[str | None] = []
        self.waiting = asyncio.Event()
        self.closed = False

    async def read(self, cursor: str | None) -> AsyncIterator[Page | End]:
        self.cursors.append(cursor)
        try:
            for step in self.steps:
                if isinstance(step, Exception):
                    raise step
                if isinstance(step, asyncio.Event):
                    self.waiting.set()
                    await step.wait()
                else:
                    yield step
        finally:
            self.closed = True


class Clock:
    """A clock that moves when it is told to; ``asked`` is set whenever someone has looked at it."""

    def __init__(self, instant: datetime = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)) -> None:
        self.instant = instant
        self.asked = asyncio.Event()

    def __call__(self) -> datetime:
        self.asked.set()
        return self.instant

    def advance(self, **duration: float) -> datetime:
        """Move on, and give the new instant."""
        self.instant += timedelta(**duration)
        return self.instant


async def stored(database: Database) -> dict[str, str]:
    """External ids and names of the listings that are not withdrawn."""
    columns = select(listing.c.external_id, listing_content.c.payload).join(listing_content)
    async with database.reading() as connection:
        rows = await connection.execute(columns.where(listing.c.withdrawn_at.is_(None)).order_by(listing.c.external_id))
        return {row.external_id: row.payload.name for row in rows}


def counts(run: Run) -> tuple[int, ...]:
    """Rows read, added, changed, unchanged, withdrawn and skipped."""
    return (run.read, run.added, run.changed, run.unchanged, run.withdrawn, run.skipped)


async def number_of(database: Database, table: Any) -> int:
    """Rows in a table."""
    async with database.reading() as connection:
        return int((await connection.execute(select(func.count()).select_from(table))).scalar_one())


async def partner_state(database: Database) -> partners.PartnerRow:
    """What is known of the only partner."""
    async with database.reading() as connection:
        (known,) = await partners.states(connection)
    return known


async def revision(database: Database) -> int:
    """The store's revision."""
    async with database.reading() as connection:
        return await state.revision(connection)
