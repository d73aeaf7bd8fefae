"""Saved searches kept up to date by whoever keeps the index: followed after each indexing, calls made when due."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import structlog

from directory.disclosure import Role
from directory.following import follow
from directory.records import now
from directory.search.engine import TantivyEngine
from directory.search.errors import IndexProblem, InvalidQuery
from directory.search.query import SearchQuery
from directory.store import saved, state
from directory.store.database import Database
from directory.store.reading import Reader
from directory.understanding.understander import Understander
from gateway.pipeline import indexed_revision
from gateway.settings import Settings
from gateway.understanding import Understanding
from gateway.webhooks import Webhooks

log = structlog.get_logger(__name__)


class Alerts:
    """Tells when there is something to do, and does it."""

    def __init__(self, database: Database, settings: Settings, *, clock: Callable[[], datetime] = now) -> None:
        self._database, self._settings, self._clock = database, settings, clock
        self._understanding = Understanding(database, Reader(database))
        self._webhooks = Webhooks(database, settings, clock=clock)

    async def is_due(self) -> bool:
        """Whether a search is behind the log and the index is not behind the store, or a call should be made."""
        async with self._database.reading() as connection:
            if await saved.is_any_due(connection, self._clock()):
                return True
            if not await saved.is_any_behind(connection):
                return False
            revision = await state.revision(connection)
        return await asyncio.to_thread(indexed_revision, self._settings.index_dir) == revision

    async def do(self) -> None:
        """Follow, and make the calls. Raises :class:`~directory.store.errors.StoreError`."""
        await self.follow()
        await self.deliver()

    async def deliver(self) -> int:
        """How many of the calls that were due were taken."""
        return await self._webhooks.deliver()

    async def follow(self) -> dict[int, int]:
        """How much news each search that was behind has."""
        try:
            engine = await asyncio.to_thread(TantivyEngine.open, self._settings.index_dir)
        except IndexProblem as error:
            log.warning("alerts.no_index", problem=str(error))
            return {}
        await self._understanding.refresh(engine.base, engine.snapshot)
        asking = partial(_question_of, self._understanding.now())
        news = await follow(self._database, engine.snapshot, asking, self._clock)
        if news:
            log.info("alerts.followed", searches=len(news), news=sum(news.values()))
        return news


def _question_of(understander: Understander, asked: Mapping[str, Any], role: Role) -> SearchQuery:
    """The question that was saved. Raises InvalidQuery for one that cannot be asked any more."""
    # With it GraphQL is loaded: only where there is something to ask.
    from schema.errors import RequestError  # noqa: PLC0415
    from schema.questions import question_of  # noqa: PLC0415

    try:
        return question_of(asked, role, lambda: understander)
    except RequestError as error:
        raise InvalidQuery(str(error)) from None
