"""What every way of paging shares: batches of records, the count that proves them whole, and reading ahead."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from datetime import datetime
from typing import Final, TypeVar

import msgspec

from connectors.errors import PartnerRefused
from connectors.http import Transport
from connectors.idset import IdSet
from connectors.mapping import Absent, DatedIdentity, Outcome
from connectors.standing import Latest
from directory.records import Listing, Unusable

_T = TypeVar("_T")
# So few bad rows are never taken for a change of the partner's format.
_ALWAYS_ALLOWED: Final = 5
# 2 % of a million. More are never allowed, for all of them are kept until the end.
_NEVER_ALLOWED: Final = 20_000
# In a row, without one record that is new: a server that mixes the same ones anew each time. Fewer are left to records
# that moved to later pages because they changed meanwhile.
_STALE_PAGES: Final = 5


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Records as the partner's JSON texts. ``total`` is how many the whole query has, where the partner says so.

    ``is_page``: the partner gave them as a page, and never gives the same one twice.
    """

    rows: Sequence[str]
    total: int | None = None
    size_bytes: int = 0
    unusable: tuple[Unusable, ...] = ()
    is_page: bool = True


class Tally:
    """Keeps count of one pass over a directory, and refuses one that goes in circles or is not whole.

    ``ids`` are those of members, usable or not; ``newest`` is the latest change among them; ``latest`` takes note of
    the latest ones.
    """

    def __init__(self, transport: Transport, latest: Latest | None = None) -> None:
        self.ids = IdSet()
        self.total: int | None = None
        self.newest: datetime | None = None
        self.latest = latest
        self._absent = IdSet()
        self._rows = 0
        self._unusable = 0
        self._nameless = 0
        self._reason = ""
        self._pages: set[int] = set()
        self._stale = 0
        self._transport = transport

    @property
    def members(self) -> int | None:
        """How many members the partner announced, without those that are left out."""
        return None if self.total is None else self.total - len(self._absent)

    @property
    def _counted(self) -> int:
        return len(self.ids) + len(self._absent) + self._nameless

    def add(self, batch: Batch, outcomes: Iterable[Outcome]) -> None:
        """Counts a page and what became of its records. Raises :class:`PartnerRefused` when far too many are unusable,
        without waiting for the end.
        """
        self._see(batch)
        before = self._counted
        for outcome in (*batch.unusable, *outcomes):
            self._rows += 1
            self._identify(outcome if isinstance(outcome, Absent) else outcome.external_id)
            if isinstance(outcome, Unusable):
                self._unusable += 1
                self._reason = outcome.reason
            elif isinstance(outcome, Listing) and outcome.modified_at is not None:
                self._date(outcome.modified_at)
                if self.latest is not None:
                    self.latest.see(outcome)
        self._check_new(batch, before)
        if self._unusable > _NEVER_ALLOWED:
            raise self._format_changed()

    def identify(self, batch: Batch, found: Iterable[DatedIdentity]) -> None:
        """Counts a page of a sweep."""
        self._see(batch)
        before = self._counted
        for identity, changed_at in found:
            self._identify(identity)
            self._date(changed_at)
        self._check_new(batch, before)

    def check_count(self) -> None:
        """Raises :class:`Unsettled` when not every announced record was seen exactly once."""
        if self.total is not None and self._counted != self.total:
            raise self._transport.unsettled(
                f"it announced {self.total:,} records and gave {self._counted:,} different ones; try again later, or "
                "ask the partner if it persists"
            )

    def check_usable(self) -> None:
        """Raises :class:`PartnerRefused` when so many rows are unusable that the format must have changed: what a probe
        says at once, and of a whole reading whoever stores it.
        """
        if self._unusable > max(_ALWAYS_ALLOWED, self._transport.declaration.max_unusable * self._rows):
            raise self._format_changed()

    def _format_changed(self) -> PartnerRefused:
        return self._transport.refused(
            f"{self._unusable:,} of {self._rows:,} records are unusable ({self._reason.rstrip('.')}); "
            f"correct {self._transport.declaration.setting('fields')} if the partner renamed something"
        )

    def _date(self, changed_at: datetime | None) -> None:
        if changed_at is not None:
            self.newest = max(self.newest or changed_at, changed_at)

    def _identify(self, identity: str | Absent | None) -> None:
        if identity is None:
            self._nameless += 1
        elif isinstance(identity, Absent):
            self._absent.add(identity.external_id)
        else:
            self.ids.add(identity)

    def _check_new(self, batch: Batch, before: int) -> None:
        is_stale = batch.is_page and self._counted == before
        self._stale = self._stale + 1 if is_stale else 0
        if self._stale >= _STALE_PAGES:
            raise self._transport.circular()

    def _see(self, batch: Batch) -> None:
        if self.total is not None and batch.total != self.total:
            raise self._transport.unsettled("its directory changed while it was read; try again later")
        self.total = batch.total
        digest = hash(tuple(batch.rows))
        if batch.is_page and batch.rows and digest in self._pages:
            raise self._transport.circular()
        self._pages.add(digest)


async def ahead(items: AsyncGenerator[_T, None]) -> AsyncGenerator[_T, None]:
    """The same items, the next one being fetched while the present one is used."""

    async def following() -> _T | None:
        return await anext(items, None)

    task = asyncio.create_task(following())
    try:
        while (item := await task) is not None:
            task = asyncio.create_task(following())
            yield item
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await items.aclose()
