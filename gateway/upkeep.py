"""What follows whenever the store has changed, whoever changed it: suppliers are made and the index is built.

Changes come in bursts (five partners at once, a partner's webhooks): all of a burst make one index.
"""

import asyncio
from typing import Final

import structlog

from directory.search.errors import IndexBusy, SearchError
from directory.search.generations import Fingerprint, pointer_fingerprint
from directory.store.database import Database
from directory.store.reading import Reader
from gateway.pipeline import index_if_stale, indexed_revision, resolve_all
from gateway.settings import Settings

# Freshness is a part of quality, and falls with time alone.
RESOLVE_EVERY: Final = 3_600.0

log = structlog.get_logger(__name__)


class Upkeep:
    """Tells when there is something to do, and does it. ``quiet`` are the seconds without a change that end a burst,
    ``patience`` those after its first change that end it too, and those before another try where one has failed.

    Who ``resolves`` makes the suppliers of all hosts; others build the index of their own host alone.
    """

    def __init__(
        self, database: Database, settings: Settings, *, quiet: float, patience: float, resolves: bool = True
    ) -> None:
        self._database, self._settings, self._resolves = database, settings, resolves
        self._quiet, self._patience = quiet, patience
        self._changed_at = self._behind_since = self._now()
        self._not_before = 0.0
        self._seen: int | None = None
        self._resolved: int | None = None
        self._resolved_at = self._now()
        self._indexed: tuple[Fingerprint | None, int | None] = (None, None)

    async def is_due(self) -> bool:
        """Whether the store is ahead of what is served, and the burst that put it there is over."""
        revision, moment = await Reader(self._database).revision(), self._now()
        if revision != self._seen:
            self._seen, self._changed_at = revision, moment
        if not await self._is_behind(revision):
            self._behind_since = moment
            return False
        is_over = moment - self._changed_at >= self._quiet or moment - self._behind_since >= self._patience
        return is_over and moment >= self._not_before

    async def do(self) -> None:
        """Resolve and index. Raises :class:`~directory.store.errors.StoreError`."""
        self._behind_since = self._now()
        self._not_before = self._now() + self._patience
        if self._resolves:
            # Read before: what changes meanwhile is resolved the next time.
            revision = await Reader(self._database).revision()
            await resolve_all(self._database, self._settings)
            self._resolved, self._resolved_at = revision, self._now()
        try:
            await self._index()
        except SearchError as error:
            log.warning("index.not_built", problem=str(error))
        else:
            self._not_before = 0.0

    async def _index(self) -> None:
        try:
            built = await index_if_stale(self._database, self._settings)
        except IndexBusy:
            return  # whoever builds it may have begun before the change: the next look finds out
        if built is not None:
            log.info("indexed", suppliers=built.suppliers, seconds=round(built.seconds, 1))

    async def _is_behind(self, revision: int) -> bool:
        if revision == 0:
            return False  # nothing was ever harvested: no index says that better than an empty one
        is_settled = self._resolved == revision and self._now() - self._resolved_at < RESOLVE_EVERY
        return (self._resolves and not is_settled) or await self._indexed_revision() != revision

    async def _indexed_revision(self) -> int | None:
        """That of the index in place, whose files are read again only when it has been replaced."""
        folder = self._settings.index_dir
        there = pointer_fingerprint(folder)
        if there != self._indexed[0] or there is None:
            self._indexed = there, await asyncio.to_thread(indexed_revision, folder)
        return self._indexed[1]

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
