"""The CKAN DataStore: ``datastore_search`` by offset, changes by a range filter (CKAN 2.10 and later).

The column of the last change is the partner's own and often older than the upload that brought it here, so the next
reading begins at the latest change that was seen, never later than the server's own clock.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

import msgspec
from yarl import URL

from connectors.paging import Batch
from connectors.protocols.base import Batches, Position, Protocol
from connectors.replies import Reply
from directory.records import Scope

_MOST_ROWS: Final = 32_000
# CKAN's own column, a number; every other one is the partner's.
_ROW_ID: Final = "_id"
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,17}")  # what PostgreSQL takes for one


class _Result(msgspec.Struct):
    records: msgspec.Raw
    total: int


class _Answer(msgspec.Struct):
    success: bool
    result: _Result | None = None


class Ckan(Protocol):
    """``GET {base}/api/3/action/datastore_search?resource_id={resource}``."""

    sweeps: ClassVar[bool] = True
    _since: datetime | None = None

    @property
    def address(self) -> URL:
        """The action."""
        return URL(self.declared.base_url).joinpath("api", "3", "action", "datastore_search")

    async def everything(self) -> Batches:
        """All rows."""
        self.start(Scope.FULL)
        self._since = None
        async for batch in self._pages({}, self.declared.page_size):
            yield batch

    def changes(self, since: Position) -> Batches:
        """Rows changed at or after the position, by the column that ``fields.modified_at`` names."""
        columns = self.declared.fields.modified_at
        return self._changed(columns[0].path, since) if columns else self.everything()

    def identities(self) -> Batches:
        """All ids, in pages as large as the server gives."""
        return self._pages({"fields": ",".join(self.top_fields(whole=False))}, _MOST_ROWS)

    def position(self, newest: datetime | None) -> Position | None:
        """The latest change seen in this reading or before it."""
        seen = [moment for moment in (newest, self._since) if moment is not None]
        if self.started_at is None or not seen:
            return None
        return {"at": min(max(seen), self.started_at).isoformat()}

    async def total(self) -> int | None:
        """How many rows there are."""
        return (await self._asked({"limit": "0"}))[1].total

    async def member(self, external_id: str) -> str | None:
        """The row whose column of ids holds this one."""
        column = self.id_column()
        if column == _ROW_ID and not _NUMBER.fullmatch(external_id):
            return None
        filters = msgspec.json.encode({column: int(external_id) if column == _ROW_ID else external_id}).decode()
        _, result = await self._asked({"filters": filters, "sort": _ROW_ID, "limit": "2"})
        return next(reversed(self.records(result.records)), None)

    async def _changed(self, column: str, since: Position) -> Batches:
        self.start(Scope.CHANGES)
        self._since = datetime.fromisoformat(since["at"])
        start = self.behind(since).astimezone(ZoneInfo(self.declared.timezone))
        filters = msgspec.json.encode({column: {"gte": f"{start:%Y-%m-%dT%H:%M:%S}"}}).decode()
        async for batch in self._pages({"filters": filters}, self.declared.page_size):
            yield batch

    async def _pages(self, query: Mapping[str, str], size: int) -> Batches:
        offset, total = 0, 1
        while offset < total:
            page = {"sort": _ROW_ID, "limit": str(size), "offset": str(offset), **query}
            reply, result = await self._asked(page)
            self.clock(reply)
            rows, total = self.records(result.records), result.total
            yield Batch(rows=rows, total=total, size_bytes=len(reply.body))
            if not rows:
                return
            offset += len(rows)

    async def _asked(self, query: Mapping[str, str]) -> tuple[Reply, _Result]:
        reply = await self.http.get(self.address, {"resource_id": self.declared.resource, **query})
        answer = self.parsed(reply, _Answer)
        if not answer.success or answer.result is None:
            raise self.http.not_understood(reply)
        return reply, answer.result
