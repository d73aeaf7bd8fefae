"""One reading under way: a pass over everything or over the changes, a second one where the first was disturbed, and
the sweep of ids that shows deletions where nothing else does.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Final

from connectors import standing
from connectors.errors import Unsettled
from connectors.mapping import Absent, Mapper, Outcome
from connectors.paging import Batch, Tally, ahead
from connectors.protocols import Protocol
from connectors.protocols.base import Position
from connectors.standing import Latest, Standing
from directory.records import Listing, Page, Scope, Unusable

_TRIES: Final = 2
# Where a partner's changes are those strictly later than an instant, they are asked for from the second before it.
_A_SECOND: Final = timedelta(seconds=1)


class Reading:
    """One reading from a position, or of everything. ``tally`` counts its present pass; ``present`` is every id that
    exists, where changes alone would not show what is gone.
    """

    def __init__(self, protocol: Protocol, mapper: Mapper, since: Position | None = None) -> None:
        self.protocol = protocol
        self.mapper = mapper
        self.tally = self._begun()
        self.present: frozenset[str] | None = None
        self._since = since
        self._stood = standing.read(since) if since is not None and protocol.sweeps else None
        self._known = self._stood.known if self._stood else frozenset()
        self._has_news = False
        self._has_slipped = False

    async def first_page(self) -> Page:
        """The first page of everything, judged by itself."""
        self.protocol.http.chapter("pass")
        async with aclosing(self.protocol.sample()) as batches:
            page = self._page(await anext(batches, Batch(rows=())))
        self.tally.check_usable()
        self._check_accents()
        return page

    async def pages(self) -> AsyncGenerator[Page, None]:
        """Pages of a whole pass, and the sweep. A pass that was disturbed is followed by another, which says that it
        begins anew.
        """
        for tries in range(1, _TRIES + 1):
            if tries > 1:
                self.tally, self._has_news, self._has_slipped = self._begun(), False, False
                yield Page(restarts=True, traffic=self.protocol.http.traffic)
            try:
                async with aclosing(self._pass()) as pages:
                    async for page in pages:
                        yield page
                self.tally.check_count()
                if self.protocol.scope is Scope.FULL:
                    await self._check_nobody_slipped(self.tally)
                else:
                    self.present = await self._sweep()
                break
            except Unsettled:
                if tries == _TRIES:
                    raise
        self._check_accents()

    async def _sweep(self) -> frozenset[str] | None:
        """Every id that exists, where changes alone would not show what is gone; taken anew if it moved meanwhile.

        Where nothing can be gone, nothing is swept and the reading is one that found nothing changed.
        """
        protocol = self.protocol
        if protocol.scope is not Scope.CHANGES or not protocol.sweeps:
            return None
        if await self._stands_still():
            protocol.scope = Scope.UNCHANGED
            return None
        for tries in range(1, _TRIES + 1):
            present: set[str] = set()
            try:
                swept = await self._swept("sweep", present)
                await self._check_nobody_slipped(swept)
                break
            except Unsettled:
                if tries == _TRIES:
                    raise
        if self._has_slipped and self._is_disturbed(self.tally):
            raise self._disturbed()
        # The next reading begins at the changes that were read, not at those that the sweep came across.
        swept.newest, self.tally = self.tally.newest, swept
        return frozenset(present)

    def position(self) -> Mapping[str, str] | None:
        """Where the next reading may begin; to be asked once this one is over."""
        position = self.protocol.position(self.tally.newest)
        total, at = self.tally.total, self.protocol.started_at
        if position is None or not self.protocol.sweeps or total is None or at is None:
            return position
        if self.protocol.scope is Scope.UNCHANGED and self._stood is not None:
            total, at = self._stood.total, self._stood.swept_at
        known = self._latest.since(self.protocol.behind(position) - _A_SECOND)
        return {**position, **standing.written(Standing(total=total, swept_at=at, known=known))}

    async def _stands_still(self) -> bool:
        """Whether the changes brought nothing and no record can have gone."""
        if self._stood is None or self._has_news or not self._stood.is_fresh(self.protocol.started_at):
            return False
        self.protocol.http.chapter("sweep")
        return await self.protocol.total() == self._stood.total

    async def _check_nobody_slipped(self, counted: Tally) -> None:
        """Raises :class:`Unsettled` when a member may have slipped through between two pages.

        A deletion moves those behind it up, and an addition at the same time leaves the total as it was. That addition
        shows as a change since the reading began: every id is then asked for once more.
        """
        if not self.protocol.sweeps or not self._is_disturbed(counted):
            return
        if not (await self._swept("check")).ids.is_same(counted.ids):
            raise self._disturbed()

    def _is_disturbed(self, counted: Tally) -> bool:
        """Whether a change among those counted was made since the reading began."""
        began, newest = self.protocol.started_at, counted.newest
        return began is not None and newest is not None and newest >= began.replace(microsecond=0)

    def _disturbed(self) -> Unsettled:
        return self.protocol.http.unsettled("its directory changed while it was read; try again later")

    async def _swept(self, chapter: str, present: set[str] | None = None) -> Tally:
        """Every id that exists, counted; added to ``present``, and compared with the changes, where it is given."""
        self.protocol.http.chapter(chapter)
        swept = Tally(self.protocol.http)
        async with aclosing(ahead(self.protocol.identities())) as batches:
            async for batch in batches:
                found = [self.mapper.dated_identity(row) for row in batch.rows]
                swept.identify(batch, found)
                if present is not None:
                    present.update(identity for identity, _ in found if isinstance(identity, str))
                    self._has_slipped = self._has_slipped or any(self._is_left_out(*each) for each in found)
        swept.check_count()
        return swept

    def _is_left_out(self, identity: str | Absent | None, changed_at: datetime | None) -> bool:
        """Whether a member was changed before the changes were asked for, and late enough to be among them, and is not:
        between two pages a deletion moves changes up as it moves members.
        """
        since, began = self._since, self.protocol.started_at
        if changed_at is None or since is None or began is None or not isinstance(identity, str):
            return False
        return self.protocol.behind(since) <= changed_at < began and identity not in self.tally.ids

    def _check_accents(self) -> None:
        accents, http = self.mapper.accents, self.protocol.http
        if accents.are_misread:
            raise http.refused(accents.fault(http.declaration.setting("charset")))

    def _begun(self) -> Tally:
        self.mapper.begin()
        self._latest = Latest()
        return Tally(self.protocol.http, self._latest if self.protocol.sweeps else None)

    async def _pass(self) -> AsyncGenerator[Page, None]:
        self.protocol.http.chapter("pass")
        source = self.protocol.everything() if self._since is None else self.protocol.changes(self._since)
        async with aclosing(ahead(source)) as batches:
            async for batch in batches:
                yield self._page(batch)

    def _page(self, batch: Batch) -> Page:
        again = self._given_before(batch.rows)
        outcomes = [self._given_again(row) if row in again else self.mapper.outcome(row) for row in batch.rows]
        for unusable in batch.unusable:
            self.mapper.lacks_all(unusable)
        self.tally.add(batch, outcomes)
        listings = tuple(outcome for outcome in outcomes if isinstance(outcome, Listing) and outcome.raw not in again)
        page = Page(
            listings=listings,
            unusable=batch.unusable + tuple(outcome for outcome in outcomes if isinstance(outcome, Unusable)),
            deleted=tuple(outcome.external_id for outcome in outcomes if isinstance(outcome, Absent)),
            size_bytes=batch.size_bytes,
            copies=self.protocol.http.copies(),
            traffic=self.protocol.http.traffic,
            announced=self.tally.members if self.protocol.scope is Scope.FULL else None,
        )
        self._has_news = self._has_news or bool(page.listings or page.unusable or page.deleted)
        return page

    def _given_before(self, rows: Sequence[str]) -> frozenset[str]:
        """Those of the rows that the last reading gave, as they are."""
        if not self._known or self.protocol.scope is not Scope.CHANGES:
            return frozenset()
        return frozenset(row for row in rows if standing.digest(row) in self._known)

    def _given_again(self, row: str) -> Outcome:
        """What such a row comes to; what it lacks was counted when it was news."""
        lacking = self.mapper.lacking.copy()
        outcome = self.mapper.outcome(row)
        self.mapper.lacking = lacking
        return outcome
