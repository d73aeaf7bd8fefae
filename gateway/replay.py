"""A partner's directory made again of the answers that were kept, by the settings of today; the partner is not asked.

The last whole reading is read again, then every reading of changes since, in their order. What single members were read
for after them is newer, and stays as it was read.
"""

from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from connectors import Declaration, replay
from directory.records import End, FieldShape, Page, Scope
from directory.store import copies
from directory.store.copies import Link
from directory.store.database import Database
from directory.store.partners import Run, RunKind, run_of
from gateway.readings import BY_HAND, By, Told, take_in
from gateway.settings import Settings


class Replayed(Struct, frozen=True, kw_only=True):
    """What became of it. ``of`` is the whole reading that was made again, ``since`` counts the readings of changes that
    followed it.
    """

    run: Run
    of: int
    read_at: datetime
    since: int = 0


class NothingKept(Exception):
    """There is no whole reading to make again; ``str()`` is one sentence with the remedy."""


async def replay_partner(
    database: Database, settings: Settings, declaration: Declaration, *, by: By = BY_HAND, told: Told | None = None
) -> Replayed:
    """Read the partner again from its kept answers, as a run ``REPLAY`` under the ordinary bounds.

    Raises :class:`NothingKept` and :class:`~directory.store.errors.StoreError`.
    """
    async with database.reading() as connection:
        kept = await copies.chain(connection, declaration.name)
        whole = await run_of(connection, kept[0].run) if kept else None
    if whole is None:
        raise NothingKept(
            f"No whole reading of {declaration.title} is kept; say circuit harvest --full {declaration.name} first."
        )
    source = _Chained(database, declaration, kept)
    run = await take_in(database, settings, declaration, source, kind=RunKind.REPLAY, by=by, told=told)
    return Replayed(run=run, of=whole.id, read_at=whole.started_at, since=len(kept) - 1)


class _Chained:
    """Readings one after the other, as one reading of everything: the later ones change what the first one gave."""

    def __init__(self, database: Database, declaration: Declaration, links: Sequence[Link]) -> None:
        self._database, self._declaration, self._links = database, declaration, links

    async def read(self, cursor: str | None) -> AsyncGenerator[Page | End, None]:
        """Every page of every reading; then what the later ones found to be gone, and the End of it all."""
        members = _Members()
        for link in self._links:
            members.begin()
            source = replay(self._declaration, copies.reel(self._database, link.run))
            async with aclosing(source.read(link.since)) as parts:
                async for part in parts:
                    members.take(part)
                    if isinstance(part, Page):
                        # The place of a copy in its reading is another one in this.
                        yield replace(part, copies=())
        yield Page(deleted=members.gone)
        yield End(scope=Scope.FULL, shape=members.shape, lacking=members.lacking)


class _Members:
    """Who is there after the readings so far."""

    def __init__(self) -> None:
        self.shape: tuple[FieldShape, ...] = ()
        self._lacking: Counter[str] = Counter()
        self._seen: set[str] = set()
        self._there: set[str] = set()
        self._mentioned: set[str] = set()

    @property
    def lacking(self) -> Mapping[str, int]:
        """Records without a required field, by field, in all readings."""
        return dict(self._lacking)

    @property
    def gone(self) -> tuple[str, ...]:
        """Who was there once and is not any more."""
        return tuple(sorted(self._seen - self._there))

    def begin(self) -> None:
        """A further reading."""
        self._mentioned = set()

    def take(self, part: Page | End) -> None:
        """What a part of a reading says of who is there."""
        if isinstance(part, End):
            self._end(part)
            return
        given = {each.external_id for each in part.listings}
        given |= {each.external_id for each in part.unusable if each.external_id is not None}
        self._seen |= given
        self._mentioned = (self._mentioned | given).difference(part.deleted)
        self._there = (self._there | given).difference(part.deleted)

    def _end(self, end: End) -> None:
        self.shape = self.shape or end.shape
        self._lacking.update(end.lacking)
        if end.scope is Scope.FULL:
            self._there = self._mentioned
        elif end.present is not None:
            self._there &= end.present
