"""What the tests of the search share: suppliers made of few words, an index built of them, and answers in short."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from directory.records import (
    Activity,
    Address,
    Establishment,
    LabelGrant,
    Location,
    Quality,
    Supplier,
)
from directory.search.build import Built, build
from directory.search.engine import TantivyEngine
from directory.search.query import SearchQuery, Window
from directory.search.update import News, update

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
Stored = tuple[Supplier, datetime]

COMMUNES = {"13005": "Aubagne", "13201": "Marseille", "13202": "Marseille", "83137": "Toulon", "84007": "Avignon"}


def supplier(
    number: int, name: str | None = None, *, naf: Iterable[str] = (), labels: Iterable[str] = (), **fields: Any
) -> Supplier:
    """A supplier of this id; ``naf`` and ``labels`` in short, every other field of the record as it is."""
    fields.setdefault("quality", Quality(score=0.5, completeness=0.5))
    fields.setdefault("partners", ("cmar",))
    fields.setdefault("activities", tuple(Activity(code) for code in naf))
    fields.setdefault("labels", tuple(LabelGrant(label, "cmar") for label in labels))
    return Supplier(id=number, name=name or f"Entreprise {number}", **fields)


def site(
    commune: str | None = None, at: tuple[float, float] | None = None, *, siret: str | None = None, is_open: bool = True
) -> Establishment:
    """An establishment in a commune of :data:`COMMUNES` (by code), at a point."""
    return Establishment(
        id=siret or f"-{commune}{at}",
        siret=siret,
        address=Address(commune=COMMUNES.get(commune or ""), commune_code=commune),
        location=Location(*at) if at else None,
        is_open=is_open,
    )


async def stream(stored: Iterable[Stored | Supplier]) -> AsyncIterator[Stored]:
    """The suppliers as the store gives them; one without an instant was updated as many seconds ago as its id."""
    for found in stored:
        yield found if isinstance(found, tuple) else (found, NOW - timedelta(seconds=found.id))


async def built(index_dir: Path, stored: Iterable[Stored | Supplier]) -> Built:
    """A generation of these suppliers, swapped in."""
    return await build(index_dir, stream(stored), clock=lambda: NOW)


async def opened(index_dir: Path, stored: Iterable[Stored | Supplier]) -> TantivyEngine:
    """An engine over these suppliers."""
    await built(index_dir, stored)
    return TantivyEngine.open(index_dir)


def indexed(index_dir: Path, stored: Iterable[Stored | Supplier]) -> TantivyEngine:
    """The same, for fixtures that tests without a loop share."""
    return asyncio.run(opened(index_dir, stored))


def ids(engine: TantivyEngine, query: SearchQuery, window: Window = Window(first=100)) -> list[int]:  # noqa: B008
    """The ids of a page, in order."""
    return [hit.id for hit in engine.search(query, window).hits]


def walked(engine: TantivyEngine, query: SearchQuery, size: int, *, forward: bool = True) -> list[int]:
    """The ids of all pages, read one after another by their cursors, from the beginning or from the end."""
    found: list[int] = []
    cursor: str | None = None
    while True:
        window = Window(first=size, after=cursor) if forward else Window(last=size, before=cursor)
        page = engine.search(query, window)
        numbers = [hit.id for hit in page.hits]
        found = found + numbers if forward else numbers + found
        if not (page.has_next if forward else page.has_previous):
            return found
        cursor = page.hits[-1 if forward else 0].cursor


def folders(index_dir: Path) -> list[str]:
    """The generations on disk."""
    return sorted(found.name for found in index_dir.iterdir() if found.is_dir())


class Shelf:
    """Suppliers in memory with a log of their changes: what the store is to the index."""

    def __init__(self, stored: Iterable[Stored | Supplier] = ()) -> None:
        self.kept: dict[int, Stored] = {}
        self.log: list[int] = []
        self.put(*stored)

    def put(self, *stored: Stored | Supplier) -> None:
        """Add these, or have them as they are given now."""
        for found in stored:
            one, at = found if isinstance(found, tuple) else (found, NOW - timedelta(seconds=found.id))
            self.kept[one.id] = (one, at)
            self.log.append(one.id)

    def remove(self, *numbers: int) -> None:
        """Let these go."""
        for number in numbers:
            self.kept.pop(number, None)
            self.log.append(number)

    @property
    def mark(self) -> str:
        """Where the log is."""
        return str(len(self.log))

    @asynccontextmanager
    async def since(self, mark: str) -> AsyncIterator[News | None]:
        """What has changed since a mark."""
        changed = frozenset(self.log[int(mark) :])
        there = [self.kept[number] for number in sorted(changed) if number in self.kept]
        yield News(revision=len(self.log), mark=self.mark, changed=changed, suppliers=stream(there))

    async def build(self, index_dir: Path) -> Built:
        """A whole base."""
        stored = stream([self.kept[number] for number in sorted(self.kept)])  # as the store has them
        return await build(
            index_dir, stored, clock=lambda: NOW, revision=len(self.log), mark=self.mark, since=self.since
        )

    async def update(self, index_dir: Path) -> Built | None:
        """What has changed, on top."""
        return await update(index_dir, self.since, clock=lambda: NOW)
