"""What a reading has given so far: prepared, counted, and written to the staging table a batch at a time.

The answers that it was made of are kept with it, in the same transactions.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from directory.records import Copy, Listing, Page, Traffic, Unusable
from directory.store import copies, rows, staging
from directory.store.database import Database
from directory.store.partners import RunSkip

BATCH_ROWS = 500
BATCH_CHARACTERS = 4_000_000
BREATH = 50  # listings prepared before others of this process get their turn, about 5 ms
KEPT_SKIPS = 100  # a run
EXCERPT_CHARACTERS = 500


class Stager:
    """Takes the pages of one run. ``read`` counts the rows the partner gave, ``unusable`` those of no use.

    ``traffic`` and ``announced`` are the last that a page told; ``has_copies`` is whether any answer was kept.
    """

    def __init__(self, database: Database, run_id: int, partner: str, *, keeps_copies: bool = True) -> None:
        self._database = database
        self._run_id = run_id
        self._partner = partner
        self._rows: list[dict[str, Any]] = []
        self._copies: list[Copy] = []
        self._keeps_copies = keeps_copies
        self._weight = 0
        self.has_copies = False
        self.traffic = Traffic()
        self.announced: int | None = None
        self.read = 0
        self.unusable = 0
        self.size_bytes = 0
        self.skips: list[RunSkip] = []

    async def take(self, page: Page) -> None:
        """Prepare and stage a page, in its order: listings, rows of no use, tombstones."""
        if page.restarts:
            await self._restart()
        self.size_bytes += page.size_bytes
        self.traffic, self.announced = page.traffic, page.announced
        self.keep(page.copies)
        for number, listing in enumerate(page.listings):
            if number % BREATH == 0:
                await asyncio.sleep(0)
            self._add(listing)
            await self._flush_if_full()
        for unusable in page.unusable:
            self._skip(unusable)
        tombstones = filter(rows.is_id, page.deleted)
        self._rows.extend(rows.of_tombstone(self._run_id, external_id) for external_id in tombstones)
        await self._flush_if_full()

    def keep(self, answers: Sequence[Copy]) -> None:
        """Have answers written with what is prepared; those after the last page come with the End."""
        if self._keeps_copies:
            self._copies.extend(answers)
            self._weight += sum(len(copy.body) for copy in answers)

    def let_go(self) -> None:
        """Drop the answers that are not written yet."""
        self._copies = []

    async def flush(self) -> None:
        """Write what is prepared; before a run is concluded, after its last page."""
        if not (self._rows or self._copies):
            return
        async with self._database.writing() as connection:
            if self._rows:
                await staging.stage(connection, self._partner, self._rows)
            if self._copies:
                await copies.keep(connection, self._run_id, self._copies)
        self.has_copies |= bool(self._copies)
        self._rows, self._copies, self._weight = [], [], 0

    async def _flush_if_full(self) -> None:
        if len(self._rows) >= BATCH_ROWS or self._weight >= BATCH_CHARACTERS:
            await self.flush()

    async def _restart(self) -> None:
        """Forget what was read so far. Its copies are replaced, a chapter at a time, by those of the new reading."""
        self._rows = []
        self.read = self.unusable = 0
        self.skips = []
        async with self._database.writing() as connection:
            await staging.forget(connection, self._run_id)

    def _add(self, listing: Listing) -> None:
        try:
            row = rows.of_listing(self._run_id, listing)
        except rows.RowUnusable as error:
            self._skip(Unusable(listing.external_id, str(error), listing.raw))
            return
        self.read += 1
        self._weight += len(row["payload"]) + len(row["raw"])
        self._rows.append(row)

    def _skip(self, unusable: Unusable) -> None:
        self.read += 1
        self.unusable += 1
        known = unusable.external_id if rows.is_id(unusable.external_id) else None
        if known is not None:
            self._rows.append(rows.of_unusable(self._run_id, known))
        if len(self.skips) < KEPT_SKIPS:
            reason, excerpt = _text(unusable.reason), _text(unusable.excerpt)
            self.skips.append(RunSkip(external_id=known, reason=reason, excerpt=excerpt))


def _text(text: str) -> str:
    """A bounded text that every database takes."""
    return text[:EXCERPT_CHARACTERS].replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()
