"""What follows whenever the store has changed, whoever changed it: suppliers are made, and the index says so too.

What changed is put on top of the index within a second or so; changes come in bursts (five partners at once, a
partner's webhooks), and all of a burst make one update. A base that no update can be made of, because there is none, it
is damaged or another version's, or too much lies on it, is built anew beside what is served, while updates go on.
"""

import asyncio
from typing import Final

import structlog

from directory.records import now
from directory.search.errors import IndexBusy, IndexMissing, IndexOutdated, SearchError
from directory.search.generations import Meta, pointer_fingerprint
from directory.search.update import worn
from directory.search.writer import Built
from directory.store.database import Database
from directory.store.reading import Reader
from gateway.pipeline import index, indexed, resolve_all, update_index
from gateway.settings import Settings

# Freshness is a part of quality, and falls with time alone.
RESOLVE_EVERY: Final = 3_600.0
# Of the seconds that the last round took: where a round is long, a burst may be.
_SHARE: Final = 0.1

log = structlog.get_logger(__name__)


class Upkeep:
    """Tells when there is something to do, and does it. ``quiet`` are the seconds without a change that end a burst,
    ``patience`` those after its first change that end it too, ``again`` those before another try where one has failed.

    Who ``resolves`` makes the suppliers of all hosts; others keep the index of their own host alone.
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        *,
        quiet: float,
        patience: float,
        again: float,
        resolves: bool = True,
    ) -> None:
        self._database, self._settings, self._resolves = database, settings, resolves
        self._quiet, self._patience, self._again = quiet, patience, again
        self._changed_at = self._behind_since = self._now()
        self._not_before = self._no_base_before = 0.0
        self._took = 0.0
        self._seen: int | None = None
        self._resolved: int | None = None
        self._resolved_at = self._now()
        self._indexed: Meta | None = None
        self._unfit: str | None = None

    # What changed

    async def is_due(self) -> bool:
        """Whether the store is ahead of what is served, and the burst that put it there is over."""
        revision, moment = await Reader(self._database).revision(), self._now()
        await self._look()
        if revision != self._seen:
            self._seen, self._changed_at = revision, moment
        if not self._is_behind(revision):
            self._behind_since = moment
            return False
        quiet, patience = max(self._quiet, _SHARE * self._took), max(self._patience, self._took)
        is_over = moment - self._changed_at >= quiet or moment - self._behind_since >= patience
        return is_over and moment >= self._not_before

    async def do(self) -> None:
        """Resolve, and bring the index up to date. Raises :class:`~directory.store.errors.StoreError`."""
        began = self._behind_since = self._now()
        self._not_before = began + self._again
        if self._resolves:
            # Read before: what changes meanwhile is resolved the next time.
            revision = await Reader(self._database).revision()
            await resolve_all(self._database, self._settings)
            self._resolved, self._resolved_at = revision, self._now()
        try:
            _say(await update_index(self._database, self._settings))
        except IndexBusy:
            pass  # whoever is at it may have begun before the change: the next look finds out
        except (IndexMissing, IndexOutdated) as error:
            await self._need_base(error)
        except SearchError as error:
            log.warning("index.not_built", problem=str(error))
            return
        self._not_before, self._took = 0.0, self._now() - began

    # The base

    def needs_base(self) -> bool:
        """Whether the index should be built whole, as far as the last look goes."""
        is_needed = self._is_unfit() or (self._indexed is not None and worn(self._indexed, now()))
        return is_needed and self._now() >= self._no_base_before

    async def build_base(self) -> None:
        """Build it beside what is served. Raises :class:`~directory.store.errors.StoreError`."""
        self._no_base_before = self._now() + self._again
        try:
            _say(await index(self._database, self._settings))
        except IndexBusy:
            return
        except SearchError as error:
            log.warning("index.not_built", problem=str(error))
            return
        await self._look()

    async def _need_base(self, error: SearchError) -> None:
        await self._look()
        self._unfit = self._base()
        if pointer_fingerprint(self._settings.index_dir):
            log.warning("index.rebuilding", problem=str(error))

    def _is_unfit(self) -> bool:
        """Whether an update has found that the base in place is of no use, or that there is none (an empty name)."""
        return self._unfit is not None and self._unfit == self._base()

    def _base(self) -> str:
        return self._indexed.base if self._indexed else ""

    # The state of things

    def _is_behind(self, revision: int) -> bool:
        if revision == 0:
            return False  # nothing was ever harvested: no index says that better than an empty one
        is_settled = self._resolved == revision and self._now() - self._resolved_at < RESOLVE_EVERY
        is_indexed = self._is_unfit() or (self._indexed is not None and self._indexed.revision == revision)
        return (self._resolves and not is_settled) or not is_indexed

    async def _look(self) -> None:
        """See what is in place; damage to files is seen too, if it was no earlier than a process reads them or has
        left a trace in their size or date."""
        self._indexed = await asyncio.to_thread(indexed, self._settings.index_dir)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def _say(built: Built | None) -> None:
    if built is not None:
        log.info("indexed", suppliers=built.suppliers, changed=built.changed, seconds=round(built.seconds, 2))
