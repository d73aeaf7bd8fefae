"""One round of the hub's work: partners are read, listings become suppliers, suppliers become searchable.

Here alone connectors meet the directory. Partners are read all at once and each in its own time; one that fails costs
the others nothing. What follows works on whatever was accepted, now or earlier.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct

from connectors import Declaration
from directory.harvest import Progress
from directory.records import PartnerKind, Supplier, now
from directory.resolution import ResolutionReport, resolve
from directory.search.build import Built, build
from directory.search.errors import IndexMissing, IndexOutdated, IndexProblem
from directory.search.generations import Meta, current, read_meta
from directory.search.update import News, update
from directory.store import partners
from directory.store.database import Database
from directory.store.partners import Run, RunSkip, skips
from directory.store.reading import Reader, StoredSupplier
from gateway.matching import matcher_of
from gateway.readings import read_partner
from gateway.registers import ask
from gateway.settings import Settings
from gateway.stores import opened_store
from gateway.waking import announce


class Observer(Protocol):
    """Told how far each step is; ``total`` is a guess while a partner has not said how many members it has."""

    def __call__(self, step: str, done: int, total: int | None) -> None:
        """``step`` names a partner, or the work that follows the harvest."""


def _nobody(step: str, done: int, total: int | None) -> None:
    """For a round that nobody watches."""


def watching(observer: Observer) -> Callable[[Progress], None]:
    """What to tell a harvest, so that the observer hears of it."""

    def told(progress: Progress) -> None:
        observer(progress.partner, progress.read, max(progress.expected, progress.read) if progress.expected else None)

    return told


class Harvested(Struct, frozen=True):
    """A run and the rows of it that were not used, as far as the store keeps them."""

    run: Run
    skips: tuple[RunSkip, ...] = ()


class Outcome(Struct, frozen=True, kw_only=True):
    """What a round did, for the report."""

    harvested: tuple[Harvested, ...]
    resolved: ResolutionReport
    indexed: Built | None
    seconds: float

    def runs(self) -> list[dict[str, Any]]:
        """A row a partner, keys as in the tables of the command line."""
        return [as_row(each) for each in self.harvested]

    def sentence(self) -> str:
        """The round in one line."""
        done = self.resolved
        index = f"indexed in {self.indexed.seconds:.1f} s" if self.indexed else "index up to date"
        return f"{done.listings:,} listings are {done.suppliers:,} suppliers; {index}; {self.seconds:.1f} s in all."


def as_row(harvested: Harvested) -> dict[str, Any]:
    """A run as the tables show it, and its skipped rows with their reasons."""
    run = harvested.run
    seconds = (run.ended_at - run.started_at).total_seconds() if run.ended_at else None
    counts = {name: getattr(run, name) for name in ("read", "added", "changed", "unchanged", "withdrawn", "skipped")}
    spent = {
        "requests": run.requests,
        "bytes": run.size_bytes,
        "seconds": None if seconds is None else round(seconds, 1),
    }
    told = {"problem": run.problem, "skips": harvested.skips}
    return {"partner": run.partner, "run": run.id, "status": run.status, **counts, **spent, **told}


async def refresh(settings: Settings, *, full: bool = False, observer: Observer | None = None) -> Outcome:
    """Harvest every partner, ask the registers, resolve, and index if anything changed since the index was built.

    Raises :class:`~directory.store.errors.StoreError` and
    :class:`~directory.search.errors.SearchError`; a partner that fails is in the outcome.
    """
    watch = observer or _nobody
    started = asyncio.get_running_loop().time()
    async with opened_store(settings) as database:
        declared = settings.declarations()
        harvested = await harvest_all(database, settings, declared, full=full, observer=watch)
        harvested += await ask_all(database, settings, declared, observer=watch)
        resolved = await resolve_all(database, settings, observer=watch)
        indexed = await index_if_stale(database, settings, observer=watch)
    seconds = asyncio.get_running_loop().time() - started
    return Outcome(harvested=tuple(harvested), resolved=resolved, indexed=indexed, seconds=round(seconds, 1))


async def harvest_all(
    database: Database,
    settings: Settings,
    declarations: Mapping[str, Declaration],
    *,
    full: bool = False,
    observer: Observer = _nobody,
) -> list[Harvested]:
    """Read these partners all at once; each run says how it ended. Registers are left out: :func:`ask_all`.

    Raises :class:`~directory.store.errors.StoreError` when the store fails, after every run has come to its end.
    """

    async def one(declaration: Declaration) -> Run:
        run = await read_partner(database, settings, declaration, full=full, told=watching(observer))
        observer(declaration.name, run.read, run.read)  # whatever was expected, this is all
        return run

    read = (each for each in declarations.values() if each.kind is PartnerKind.DIRECTORY)
    ended = await asyncio.gather(*map(one, read), return_exceptions=True)
    for outcome in ended:
        if isinstance(outcome, BaseException):
            raise outcome
    return [await with_skips(database, run) for run in ended if isinstance(run, Run)]


async def ask_all(
    database: Database, settings: Settings, declarations: Mapping[str, Declaration], *, observer: Observer = _nobody
) -> list[Harvested]:
    """Ask each register of these about the companies that wait, one bounded round; a run where there were any.

    Raises :class:`~directory.store.errors.StoreError`.
    """
    done = []
    for declaration in declarations.values():
        if declaration.kind is PartnerKind.REGISTER:
            run = await ask(database, settings, declaration, told=watching(observer))
            if run is not None:
                observer(declaration.name, run.read, run.read)
                done.append(await with_skips(database, run))
    return done


async def with_skips(database: Database, run: Run) -> Harvested:
    """A run and the rows of it that were not used."""
    if not run.skipped:
        return Harvested(run)
    async with database.reading() as connection:
        return Harvested(run, tuple(await skips(connection, run.id)))


async def resolve_all(
    database: Database, settings: Settings, *, full: bool = False, observer: Observer = _nobody
) -> ResolutionReport:
    """Make suppliers of the listings, by the model in force, the rules and the partners' priorities.

    ``full`` matches all of them again. Raises :class:`~gateway.errors.SettingsError` for a model that cannot be used.
    """
    matcher = matcher_of(settings)
    await _announce_registers(database, settings)
    report = await resolve(database, matcher=matcher, full=full, progress=partial(observer, "resolving"))
    await announce(settings)
    return report


async def _announce_registers(database: Database, settings: Settings) -> None:
    """A register that was never asked must be known all the same: until it is, sole traders are shown with caution."""
    registers = [each.info for each in settings.declarations().values() if each.kind is PartnerKind.REGISTER]
    if registers:
        async with database.writing() as connection:
            for info in registers:
                await partners.register(connection, info)


async def index_if_stale(database: Database, settings: Settings, *, observer: Observer = _nobody) -> Built | None:
    """Bring the index up to date with the store, by what changed where that can be; None when nothing had to be."""
    try:
        return await update_index(database, settings)
    except (IndexMissing, IndexOutdated):
        return await index(database, settings, observer=observer)


async def update_index(database: Database, settings: Settings) -> Built | None:
    """Put what changed in the store on top of the index. Raises :class:`~directory.search.errors.IndexProblem`."""
    return await update(settings.index_dir, partial(_since, Reader(database)), clock=now)


async def index(database: Database, settings: Settings, *, observer: Observer = _nobody) -> Built:
    """Build the whole index beside the one being served, and swap them."""
    reader = Reader(database)
    # Read before the suppliers: what changes meanwhile is put on top before it is served.
    moment, total = await reader.moment(), await reader.supplier_count()

    def told(done: int) -> None:
        observer("indexing", done, total)

    async with aclosing(_stored(reader.every_supplier())) as suppliers:
        return await build(
            settings.index_dir,
            suppliers,
            clock=now,
            revision=moment.revision,
            mark=moment.mark,
            since=partial(_since, reader),
            progress=told,
        )


@asynccontextmanager
async def _since(reader: Reader, mark: str) -> AsyncIterator[News | None]:
    """The store's news in the words of the index."""
    async with reader.news(mark) as news:
        if news is None:
            yield None
            return
        async with aclosing(_stored(news.suppliers)) as suppliers:
            yield News(revision=news.revision, mark=news.mark, changed=news.changed, suppliers=suppliers)


async def _stored(pages: AsyncGenerator[list[StoredSupplier]]) -> AsyncGenerator[tuple[Supplier, datetime]]:
    async with aclosing(pages):
        async for page in pages:
            for stored in page:
                yield stored.supplier, stored.updated_at


def indexed(index_dir: Path) -> Meta | None:
    """What the index in place says of itself; ``None`` when none can be served."""
    try:
        return read_meta(index_dir, current(index_dir))
    except IndexProblem:
        return None


def indexed_revision(index_dir: Path) -> int | None:
    """The revision of the store that the index in place holds; ``None`` when none can be served."""
    found = indexed(index_dir)
    return found.revision if found else None
