"""One partner read through its connector into the directory, on whoever's behalf, and its place in the timetable after.

What a run may take, lose and keep is said here and nowhere else.
"""

import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from connectors import Declaration, open_connector
from connectors.reading import PartnerConnector
from directory.guard import Guard
from directory.harvest import Progress, Source, harvest
from directory.records import End, Page, SourceError, now
from directory.store.copies import Retention
from directory.store.database import Database
from directory.store.partners import Run, RunKind, RunTrigger
from directory.store.timetable import put_off, timetable
from gateway.schedule import NEVER_READ, Ending, next_reading
from gateway.settings import Settings
from gateway.telemetry import reading_traced
from gateway.waking import announce

if TYPE_CHECKING:
    import aiohttp

# What a run may take beyond its partner's own time: the store's share of it.
STORE_MARGIN: Final = 60.0

CHANCE: Final = random.Random()  # noqa: S311  # spreads readings over time, guards nothing

Told = Callable[[Progress], None]


class By(Struct, frozen=True, kw_only=True):
    """On whose behalf partners are read, and with which clock and chance."""

    trigger: RunTrigger = RunTrigger.MANUAL
    clock: Callable[[], datetime] = now
    chance: random.Random = CHANCE


BY_HAND: Final = By()


async def read_partner(
    database: Database,
    settings: Settings,
    declaration: Declaration,
    *,
    full: bool = False,
    by: By = BY_HAND,
    told: Told | None = None,
) -> Run:
    """Harvest the partner and say when it is due next. Raises :class:`~directory.store.errors.StoreError` alone."""
    async with reading_traced(settings, declaration.name) as traces:
        source = Connecting(declaration, traces)
        run = await take_in(database, settings, declaration, source, full=full, by=by, told=told)
    # A run that was refused at the door, as beside another one of its partner, changes nothing for the schedule.
    if source.ending is not None:
        await reschedule(database, declaration.name, declaration.every, source.ending, by)
    return run


async def take_in(
    database: Database,
    settings: Settings,
    declaration: Declaration,
    source: Source,
    *,
    full: bool = False,
    kind: RunKind | None = None,
    by: By = BY_HAND,
    told: Told | None = None,
) -> Run:
    """Harvest any source of the partner's listings under the partner's own bounds."""
    run = await harvest(
        database,
        source,
        declaration.info,
        full=full,
        clock=by.clock,
        progress=told,
        budget=declaration.time_budget + STORE_MARGIN,
        guard=Guard(loss=declaration.max_loss, lacking=declaration.max_unusable, failing=declaration.max_failing),
        trigger=by.trigger,
        kind=kind,
        retention=retention(settings),
    )
    await announce(settings)
    return run


async def reschedule(database: Database, partner: str, every: float, ending: Ending, by: By) -> None:
    """Write down when a partner with this rhythm in seconds is due next."""
    async with database.writing() as connection:
        slot = (await timetable(connection, by.clock())).get(partner, NEVER_READ)
        due_at = next_reading(every, ending, slot.failures, by.clock(), by.chance)
        await put_off(connection, partner, due_at)


def retention(settings: Settings) -> Retention:
    """How long answers are kept as they came."""
    return Retention(days=settings.harvest.keep_copies_days)


class Connecting:
    """A source that connects when it is read: what stands in the way is that partner's run refused, and no other's.

    ``traces`` watch its calls. ``was_read`` once somebody has begun; ``error`` is why the partner could not be read.
    """

    def __init__(self, declaration: Declaration, traces: "Sequence[aiohttp.TraceConfig]" = ()) -> None:
        self.declaration = declaration
        self._traces = traces
        self.was_read = False
        self.error: SourceError | None = None

    @property
    def ending(self) -> Ending | None:
        """How the reading ended, ``None`` as long as nobody has read."""
        if not self.was_read:
            return None
        return Ending(self.error.is_outage, self.error.retry_at) if self.error else Ending()

    async def read(self, cursor: str | None) -> AsyncIterator[Page | End]:
        """The parts of the reading, an error noted on its way."""
        self.was_read = True
        try:
            async with (
                open_connector(self.declaration, self._traces) as connector,
                aclosing(self.parts(connector, cursor)) as parts,
            ):
                async for part in parts:
                    yield part
        except SourceError as error:
            self.error = error
            raise

    def parts(self, connector: PartnerConnector, cursor: str | None) -> AsyncGenerator[Page | End, None]:
        """What is asked of the partner: everything, or what changed since the cursor."""
        return connector.read(cursor)


class ConnectingForMembers(Connecting):
    """The same, of these members alone."""

    def __init__(
        self, declaration: Declaration, external_ids: Sequence[str], traces: "Sequence[aiohttp.TraceConfig]" = ()
    ) -> None:
        super().__init__(declaration, traces)
        self.external_ids = external_ids

    def parts(self, connector: PartnerConnector, cursor: str | None) -> AsyncGenerator[Page | End, None]:
        """What is asked of the partner: each member by its id."""
        return connector.members(self.external_ids)
