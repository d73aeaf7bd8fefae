"""Reads one partner once. A run is whole or refused: what was last good stays until a whole reading replaces it.

The source yields pages, which are prepared and staged in small transactions; when it has said its ``End``, one
transaction concludes the run (:mod:`directory.verdict`). Nothing of a partner's directory is ever held whole.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from traceback import extract_tb
from typing import Any, Protocol

import structlog
from msgspec import Struct
from msgspec.structs import asdict

from directory.guard import Guard
from directory.heartbeat import kept_alive
from directory.records import End, Page, PartnerInfo, Scope, SourceError, Traffic, now
from directory.store import copies, partners, runs
from directory.store.copies import Retention
from directory.store.database import Database, StoreError
from directory.store.partners import Run, RunKind, RunStatus, RunTrigger
from directory.store.stager import Stager
from directory.verdict import Reading, conclude

BUDGET_SECONDS = 900.0
HEARTBEAT_SECONDS = runs.LEASE.total_seconds() / 4
_GUARD, _RETENTION = Guard(), Retention()

_log = structlog.get_logger(__name__)


class Source(Protocol):
    """Anything that reads a partner's directory; connectors do."""

    def read(self, cursor: str | None) -> AsyncIterator[Page | End]:
        """Pages of what changed since ``cursor``, or of everything when there is none, then one End."""


class Progress(Struct, frozen=True):
    """How far a reading is. ``expected`` is a guess of what is to come: the partner's number of members before it, or
    what it announces to a first harvest; 0 where nobody knows.
    """

    partner: str
    read: int
    expected: int
    size_bytes: int


async def harvest(
    database: Database,
    source: Source,
    partner: PartnerInfo,
    *,
    full: bool = False,
    clock: Callable[[], datetime] = now,
    progress: Callable[[Progress], None] | None = None,
    budget: float = BUDGET_SECONDS,
    guard: Guard = _GUARD,
    trigger: RunTrigger = RunTrigger.MANUAL,
    kind: RunKind | None = None,
    retention: Retention = _RETENTION,
) -> Run:
    """Read a partner from its cursor, or wholly when ``full`` or for the first time, within ``budget`` seconds.

    ``kind`` is given for sources of some members alone (``MEMBERS``) and of kept copies (``REPLAY``): such a run leaves
    the partner's cursor, and when it is due, as they were. A partner's fault, or one of ours while reading it, is a run
    ``REFUSED`` with its reason; one that differs from the last beyond ``guard`` is ``HELD``. Raises
    :class:`StoreError` alone, when the store itself fails.
    """
    async with database.writing() as connection:
        begun = await runs.begin(connection, partner, full=full, at=clock(), kind=kind, trigger=trigger)
    if begun.run.status is not RunStatus.RUNNING:
        return begun.run
    stager = Stager(database, begun.run.id, partner.id, keeps_copies=begun.run.kind is not RunKind.REPLAY)
    under_way = _Harvest(database, partner, begun, stager, guard, clock, progress)
    async with kept_alive(database, begun.run.id, clock, HEARTBEAT_SECONDS):
        run = await under_way.carried_out(source, budget)
    if stager.has_copies:
        await under_way.tidied(retention)
    _log.info("harvest", partner=partner.id, status=run.status, read=run.read, problem=run.problem)
    return run


class _Refused(Exception):
    """The run cannot be accepted; ``str()`` says why."""


@dataclass(frozen=True, slots=True)
class _Harvest:
    """One run under way."""

    database: Database
    partner: PartnerInfo
    begun: runs.Begun
    stager: Stager
    guard: Guard
    clock: Callable[[], datetime]
    progress: Callable[[Progress], None] | None

    async def carried_out(self, source: Source, budget: float) -> Run:
        """The run as it ended."""
        try:
            end = await self._read(source, budget)
            return await self._conclude(end)
        except asyncio.CancelledError:
            # Shielded: whoever cancelled us must not find the partner still taken.
            await asyncio.shield(self._refuse("The harvest was interrupted before its end.", blamed=False))
            raise
        except StoreError as error:
            with suppress(StoreError):
                await self._refuse(str(error), blamed=False)
            raise
        except SourceError as error:
            return await self._refuse(str(error), error=error)
        except _Refused as error:
            return await self._refuse(str(error))
        except Exception as error:
            self._log_fault(error)
            return await self._refuse("The hub met a fault of its own in this reading; its log says where.")

    async def _read(self, source: Source, budget: float) -> End:
        """Stage every page up to the End. Only the source is under the deadline: a write is never cut short."""
        deadline = asyncio.get_running_loop().time() + budget
        async with _closing(source.read(self.begun.cursor)) as pages:
            while isinstance(page := await self._next(pages, deadline, budget), Page):
                await self.stager.take(page)
                self._report()
        if page is None:
            raise _Refused(f"The reading of {self.partner.name} stopped before its end; nothing of it was used.")
        self.stager.keep(page.copies)
        if page.scope is Scope.UNCHANGED:
            self.stager.let_go()  # nothing can be made again of a reading that gave nothing
        await self.stager.flush()
        return page

    async def _next(self, pages: AsyncIterator[Page | End], deadline: float, budget: float) -> Page | End | None:
        try:
            async with asyncio.timeout_at(deadline) as limit:
                return await anext(pages, None)
        except TimeoutError:
            if not limit.expired():
                raise
        raise _Refused(f"{self.partner.name} was not read whole within {budget:g} s; raise its budget or try later.")

    async def _conclude(self, end: End) -> Run:
        """Let the figures decide, in one transaction: all of the run or, when this raises, nothing."""
        stager = self.stager
        reading = Reading(
            info=self.partner,
            run=self.begun.run,
            cursor=self.begun.cursor,
            end=end,
            read=stager.read,
            unusable=stager.unusable,
            skips=stager.skips,
            spent=self._spent(end.traffic),
        )
        async with self.database.writing() as connection:
            if not await runs.owned(connection, self.begun.run.id):
                raise _Refused(runs.DIED)
            return await conclude(connection, reading, self.guard, self.clock())

    async def _refuse(self, problem: str, *, blamed: bool = True, error: SourceError | None = None) -> Run:
        """Close a run that did not come to its end; ``blamed`` counts it against the partner."""
        run, retry_at = self.begun.run, error.retry_at if error else None
        values = {**self._spent(error.traffic if error else None), "skipped": self.stager.unusable, "problem": problem}
        async with self.database.writing() as connection:
            if await runs.owned(connection, run.id):
                await runs.add_skips(connection, run.id, self.stager.skips)
                if blamed and run.kind not in runs.ASIDE:
                    await partners.failed(connection, self.partner.id, problem, retry_at)
            return await runs.fail(connection, run.id, self.clock(), values)

    def _spent(self, traffic: Traffic | None) -> dict[str, Any]:
        """What was read and what it cost: the last that was told, where it is more than nothing."""
        told = traffic if traffic and traffic.requests else self.stager.traffic
        return {"read": self.stager.read, "size_bytes": self.stager.size_bytes, **asdict(told)}

    async def tidied(self, retention: Retention) -> None:
        """Drop copies that need not be kept. What cannot be dropped now is dropped after the next run that has any."""
        with suppress(StoreError):
            async with self.database.writing() as connection:
                await copies.prune(connection, self.partner.id, keep=retention, at=self.clock())

    def _report(self) -> None:
        if self.progress is not None:
            stager = self.stager
            expected = self.begun.members or stager.announced or 0
            self.progress(Progress(self.partner.id, stager.read, expected, stager.size_bytes))

    def _log_fault(self, error: Exception) -> None:
        """Say where it happened; the message itself may quote a member's data."""
        frame = extract_tb(error.__traceback__)[-1]
        place = f"{Path(frame.filename).name}:{frame.lineno}"
        _log.error("harvest.fault", partner=self.partner.id, error=type(error).__qualname__, place=place)


@asynccontextmanager
async def _closing(pages: AsyncIterator[Page | End]) -> AsyncIterator[AsyncIterator[Page | End]]:
    """Close a generator that is not read to its end, so that its connections are."""
    try:
        yield pages
    finally:
        if isinstance(pages, AsyncGenerator):
            await pages.aclose()
