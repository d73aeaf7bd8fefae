"""The schedule: each partner is read at its own rhythm, and what has changed becomes searchable.

Of all processes and hosts that share a store one works, the holder of the lease :data:`LEASE`; the others wait for it
and keep the indexes of their own hosts up to date. Nothing is held in memory that matters: who takes over finds in the
store when each partner is due.
"""

import asyncio
import random
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

import structlog
from msgspec import Struct

from connectors import Declaration
from directory.records import PartnerKind, now
from directory.store import copies, runs, state
from directory.store.database import Database
from directory.store.errors import StoreError
from directory.store.leases import new_owner
from directory.store.partners import RunTrigger
from directory.store.timetable import Slot, timetable
from gateway import schedule
from gateway.alerts import Alerts
from gateway.readings import CHANCE, By, read_partner, retention
from gateway.registers import ask
from gateway.settings import Settings
from gateway.stores import opened_store
from gateway.telemetry import tracing_of
from gateway.tenure import Tenure, pause
from gateway.upkeep import Upkeep

LEASE: Final = "harvest"
UPKEEP: Final = "(index)"  # beside the partners' names, which are words
BASE: Final = "(base)"
ALERTS: Final = "(alerts)"
PRUNING: Final = "(prune)"

log = structlog.get_logger(__name__)


class Pace(Struct, frozen=True, kw_only=True):
    """How fast the loop goes, in seconds: between two looks, before another try after a failure; for the lease; for
    :class:`~gateway.upkeep.Upkeep`; between two prunings; the most by which partners that are due together are spread.
    """

    look: float = 0.25
    again: float = 5.0
    lease: float = 30.0
    quiet: float = 0.25
    patience: float = 1.0
    prune: float = 86_400.0
    stagger: float = 1.0


async def watch(
    settings: Settings,
    stopping: asyncio.Event,
    *,
    clock: Callable[[], datetime] = now,
    chance: random.Random = CHANCE,
    pace: Pace = Pace(),  # noqa: B008  # frozen
) -> None:
    """Work whenever the lease can be had, until told to stop. A store that is away is waited for.

    Raises :class:`~gateway.errors.SettingsError`.
    """
    by = By(trigger=RunTrigger.SCHEDULE, clock=clock, chance=chance)
    declared, owner, problem = settings.declarations(), new_owner(), None
    tracing_of(settings)  # it refuses now what each reading would
    log.info("watch.began", partners=len(declared), owner=owner)
    while not stopping.is_set():
        try:
            async with opened_store(settings) as database:
                problem = None
                await _wait_and_work(Watch(database, settings, declared, by, pace), owner, stopping)
        except StoreError as error:
            if str(error) != problem:
                log.warning("watch.store_away", problem=str(error))
            problem = str(error)
            await pause(stopping, pace.again)
    log.info("watch.ended")


async def _wait_and_work(watch: "Watch", owner: str, stopping: asyncio.Event) -> None:
    """Until told to stop or the lease is lost: the store is then opened anew, for what was cut short may still hold
    connections.
    """
    tenure = Tenure(watch.database, LEASE, owner, watch.by.clock, watch.pace.lease)
    mine = watch.upkeep(resolves=False)
    while not await tenure.begin():
        if await mine.is_due():
            await mine.do()
        if mine.needs_base():
            await mine.build_base()
        if await pause(stopping, watch.pace.look):
            return
    log.info("watch.works", owner=owner)
    over = asyncio.Event()
    keeping = asyncio.create_task(tenure.keep(over))
    try:
        await _until(watch.work(), stopping, keeping)
    finally:
        # Asked, not cancelled: a cancelled write would cost the store's one writing connection.
        over.set()
        await keeping
        await tenure.end()


async def _until(work: Coroutine[Any, Any, None], stopping: asyncio.Event, keeping: "asyncio.Task[None]") -> None:
    """Do the work until told to stop or the lease is lost; what it raises is raised."""
    told = asyncio.create_task(stopping.wait())
    working = asyncio.create_task(work)
    try:
        await asyncio.wait({told, working, keeping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        told.cancel()
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working


class Watch:
    """The work of the one who holds the lease."""

    def __init__(
        self, database: Database, settings: Settings, declared: Mapping[str, Declaration], by: By, pace: Pace
    ) -> None:
        self.database, self.settings, self.by, self.pace = database, settings, by, pace
        self._directories = [each for each in declared.values() if each.kind is PartnerKind.DIRECTORY]
        self._registers = [each for each in declared.values() if each.kind is PartnerKind.REGISTER]
        self._asked: dict[str, int] = {}  # the store's revision at the last round of each register
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._upkeep = self.upkeep(resolves=True)
        self._alerts = Alerts(database, settings, clock=by.clock)
        self._pruned_at: float | None = None
        self._problem: str | None = None

    def upkeep(self, *, resolves: bool) -> Upkeep:
        """One at this pace."""
        pace = self.pace
        return Upkeep(
            self.database,
            self.settings,
            quiet=pace.quiet,
            patience=pace.patience,
            again=pace.again,
            resolves=resolves,
        )

    async def work(self) -> None:
        """Look and do, for ever; what was begun is broken off, and nothing of it is applied, when this is cancelled."""
        try:
            while True:
                await self._look_and_say()
                await asyncio.sleep(self.pace.look)
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _look_and_say(self) -> None:
        """One look. Where the store is away, what is under way goes on, and the next look sees."""
        problem = None
        try:
            await self._look()
        except StoreError as error:
            problem = str(error)
        if problem is not None and problem != self._problem:
            log.warning("watch.store_away", problem=problem)
        self._problem = problem

    async def _look(self) -> None:
        self._tasks = {name: task for name, task in self._tasks.items() if not task.done()}
        at = self.by.clock()
        async with self.database.reading() as connection:
            slots, revision = await timetable(connection, at), await state.revision(connection)
        for declaration in schedule.due(slots, self._directories, at):
            if declaration.name not in self._tasks and self._reading < self.settings.harvest.at_once:
                self._begin(declaration.name, self._read(declaration))
        for declaration in self._registers:
            slot = slots.get(declaration.name, schedule.NEVER_READ)
            if declaration.name not in self._tasks and self._may_ask(declaration, slot, revision, at):
                self._begin(declaration.name, self._ask(declaration, revision))
        if UPKEEP not in self._tasks and await self._upkeep.is_due():
            self._begin(UPKEEP, self._upkeep.do())
        if BASE not in self._tasks and self._upkeep.needs_base():
            self._begin(BASE, self._upkeep.build_base())
        if ALERTS not in self._tasks and await self._alerts.is_due():
            self._begin(ALERTS, self._alerts.do())
        if self._pruned_at is None or self._moment - self._pruned_at > self.pace.prune:
            self._pruned_at = self._moment
            self._begin(PRUNING, self._prune(list(slots)))

    @property
    def _reading(self) -> int:
        return sum(each.name in self._tasks for each in self._directories)

    @property
    def _moment(self) -> float:
        return asyncio.get_running_loop().time()

    def _begin(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        self._tasks[name] = asyncio.create_task(self._guarded(name, work))

    async def _guarded(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """One piece of work whose failure is its own; it is not begun again before a pause."""
        try:
            await work
            return
        except StoreError as error:
            log.warning("watch.failed", work=name, problem=str(error))
        except Exception:
            log.exception("watch.failed", work=name)
        await asyncio.sleep(self.pace.again)

    async def _read(self, declaration: Declaration) -> None:
        # Partners that are due in one look are not all asked in one instant.
        await asyncio.sleep(self.by.chance.uniform(0, self.pace.stagger))
        slot = await self._slot(declaration.name)
        if not schedule.is_due(slot, declaration.every, self.by.clock()):
            return  # it was harvested by hand meanwhile, or is being so
        await read_partner(self.database, self.settings, declaration, by=self.by)

    def _may_ask(self, register: Declaration, slot: Slot, revision: int, at: datetime) -> bool:
        """At its rhythm, and as soon as listings have changed: who is new among them is masked until it was asked."""
        has_news = self._asked.get(register.name) != revision
        is_well = not (slot.paused or slot.is_busy or slot.failures)
        return revision > 0 and (schedule.is_due(slot, register.every, at) or (has_news and is_well))

    async def _ask(self, register: Declaration, revision: int) -> None:
        await ask(self.database, self.settings, register, by=self.by)
        self._asked[register.name] = revision

    async def _slot(self, name: str) -> Slot:
        async with self.database.reading() as connection:
            return (await timetable(connection, self.by.clock())).get(name, schedule.NEVER_READ)

    async def _prune(self, partners: list[str]) -> None:
        """Drop what need not be kept, of partners too that are not read any more."""
        keep, at = retention(self.settings), self.by.clock()
        for partner in partners:
            async with self.database.writing() as connection:
                await copies.prune(connection, partner, keep=keep, at=at)
                await runs.prune(connection, partner, at)
