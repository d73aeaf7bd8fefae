"""Reads one partner once. A run is whole or refused: what was last good stays until a whole reading replaces it.

The source yields pages, which are prepared and staged in small transactions; when it has said its ``End``, one
transaction applies the run. Nothing of a partner's directory is ever held whole.
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
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.records import End, Page, PartnerInfo, Scope, SourceError, now
from directory.store import partners, runs, staging, state
from directory.store.database import Database, StoreError
from directory.store.partners import Run, RunKind, RunStatus
from directory.store.stager import KEPT_SKIPS, Stager
from directory.store.staging import Counts

BUDGET_SECONDS = 900.0
HEARTBEAT_SECONDS = runs.LEASE.total_seconds() / 4

_log = structlog.get_logger(__name__)


class Source(Protocol):
    """Anything that reads a partner's directory; connectors do."""

    def read(self, cursor: str | None) -> AsyncIterator[Page | End]:
        """Pages of what changed since ``cursor``, or of everything when there is none, then one End."""


class Progress(Struct, frozen=True):
    """How far a reading is. ``expected`` is the partner's number of members before it: a guess of what is to come."""

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
) -> Run:
    """Read a partner from its cursor, or wholly when ``full`` or for the first time, within ``budget`` seconds.

    A partner's fault, or one of ours while reading it, is a run ``REFUSED`` with its reason. Raises
    :class:`StoreError` alone, when the store itself fails.
    """
    async with database.writing() as connection:
        begun = await runs.begin(connection, partner, full=full, at=clock())
    if begun.run.status is not RunStatus.RUNNING:
        return begun.run
    under_way = _Harvest(database, partner, begun, Stager(database, begun.run.id, partner.id), clock, progress)
    async with under_way.kept_alive():
        run = await under_way.carried_out(source, budget)
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
    clock: Callable[[], datetime]
    progress: Callable[[Progress], None] | None

    async def carried_out(self, source: Source, budget: float) -> Run:
        """The run as it ended."""
        try:
            end = await self._read(source, budget)
            return await self._accept(end)
        except asyncio.CancelledError:
            # Shielded: whoever cancelled us must not find the partner still taken.
            await asyncio.shield(self._refuse("The harvest was interrupted before its end.", blamed=False))
            raise
        except StoreError as error:
            with suppress(StoreError):
                await self._refuse(str(error), blamed=False)
            raise
        except (SourceError, _Refused) as error:
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

    async def _accept(self, end: End) -> Run:
        """Apply the run in one transaction: all of it or, when this raises, nothing."""
        run_id, partner, at = self.begun.run.id, self.partner.id, self.clock()
        async with self.database.writing() as connection:
            if not await runs.owned(connection, run_id):
                raise _Refused(runs.DIED)
            repeated = await staging.repeated(connection, run_id, KEPT_SKIPS)
            counts = await staging.apply(connection, run_id, partner, end, at)
            self._check(end, counts)
            if counts.added or counts.changed or counts.withdrawn:
                await state.bump(connection)
            unread = await self._unread(connection, end)
            # A reading of changes may have nothing new to say of where it stands.
            cursor = end.cursor if end.cursor or end.scope is Scope.FULL else self.begun.cursor
            if unread:
                cursor = None
            members = await staging.members(connection, partner)
            await partners.succeeded(connection, partner, at=at, cursor=cursor, members=members)
            await runs.add_skips(connection, run_id, [*self.stager.skips, *repeated][:KEPT_SKIPS])
            status = RunStatus.UNCHANGED if end.scope is Scope.UNCHANGED else RunStatus.ACCEPTED
            values = self._values(counts) | {"requests": end.requests, "cursor": cursor, "problem": unread}
            if end.scope is Scope.FULL:
                values["kind"] = RunKind.FULL  # whatever was asked for, everything was read
            return await runs.end(connection, run_id, status, at, values)

    async def _unread(self, connection: AsyncConnection, end: End) -> str | None:
        """What to say when members exist that no reading has given, as when a change was dated back.

        Only reading everything finds them. A run that has just done so is not asked to do it again.
        """
        if self.begun.cursor is None or end.present is None:
            return None
        lost = await staging.unread(connection, self.begun.run.id, self.partner.id, end.present)
        if not lost:
            return None
        return (
            f"{self.partner.name} left {lost:,} of its members out of its changes; "
            "what it gave was used, and the next harvest reads everything."
        )

    def _check(self, end: End, counts: Counts) -> None:
        used = counts.added + counts.changed + counts.unchanged
        if end.scope is Scope.UNCHANGED and self.stager.read:
            raise _Refused(f"{self.partner.name} said that nothing had changed and gave members all the same.")
        if end.scope is Scope.FULL and counts.withdrawn and not used:
            raise _Refused(
                f"{self.partner.name} gave no usable member where it had {self.begun.members:,}; all were kept."
            )

    def _values(self, counts: Counts) -> dict[str, Any]:
        """The run's numbers: what was read, and what became of it."""
        skipped = self.stager.unusable + counts.superseded
        done = {name: getattr(counts, name) for name in ("added", "changed", "unchanged", "withdrawn")}
        return {"read": self.stager.read, "size_bytes": self.stager.size_bytes, "skipped": skipped, **done}

    async def _refuse(self, problem: str, *, blamed: bool = True) -> Run:
        """Close the run with nothing applied; ``blamed`` counts it against the partner."""
        run_id, read = self.begun.run.id, {"read": self.stager.read, "size_bytes": self.stager.size_bytes}
        async with self.database.writing() as connection:
            if await runs.owned(connection, run_id):
                await runs.add_skips(connection, run_id, self.stager.skips)
                if blamed:
                    await partners.failed(connection, self.partner.id, problem)
            values = {**read, "skipped": self.stager.unusable, "problem": problem}
            return await runs.end(connection, run_id, RunStatus.REFUSED, self.clock(), values)

    @asynccontextmanager
    async def kept_alive(self) -> AsyncIterator[None]:
        """Keep the run's claim on its partner for as long as the block lasts."""
        over = asyncio.Event()
        beating = asyncio.create_task(self._beat(over))
        try:
            yield
        finally:
            # Asked, not cancelled: a cancelled write would cost the store's one writing connection.
            over.set()
            await beating

    async def _beat(self, over: asyncio.Event) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    await over.wait()
                return
            # A store that is too busy now is tried again at the next beat.
            with suppress(StoreError):
                async with self.database.writing() as connection:
                    await runs.keep_alive(connection, self.begun.run.id, self.clock())

    def _report(self) -> None:
        if self.progress is not None:
            stager = self.stager
            self.progress(Progress(self.partner.id, stager.read, self.begun.members, stager.size_bytes))

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
