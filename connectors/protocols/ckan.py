"""The CKAN DataStore: ``datastore_search`` by offset, changes by a range filter (CKAN 2.10 and later).

The column of the last change is the partner's own and often older than the upload that brought it here, so the next
reading begins at the latest change that was seen, never later than the server's own clock.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from yarl import URL

from connectors.paging import Batch
from connectors.protocols.base import Batches, Position, Protocol
from directory.records import Scope

_MOST_ROWS: Final = 32_000


class _Result(msgspec.Struct):
    records: msgspec.Raw
    total: int


class _Answer(msgspec.Struct):
    success: bool
    result: _Result | None = None


class Ckan(Protocol):
    """``GET {base}/api/3/action/datastore_search?resource_id={resource}``."""

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
        if self._started_at is None or not seen:
            return None
        return {"at": min(max(seen), self._started_at).isoformat()}

    async def _changed(self, column: str, since: Position) -> Batches:
        self.start(Scope.CHANGES)
        self._since = datetime.fromisoformat(since["at"])
        start = self.behind(since).astimezone(ZoneInfo(self.declared.timezone))
        filters = msgspec.json.encode({column: {"gte": f"{start:%Y-%m-%dT%H:%M:%S}"}}).decode()
        async for batch in self._pages({"filters": filters}, self.declared.page_size):
            yield batch

    async def _pages(self, query: Mapping[str, Any], size: int) -> Batches:
        offset, total = 0, 1
        while offset < total:
            params = {"resource_id": self.declared.resource, "sort": "_id", "limit": str(size), "offset": str(offset)}
            reply = await self.http.get(self.address, {**params, **query})
            self.clock(reply)
            answer = self.parsed(reply, _Answer)
            if not answer.success or answer.result is None:
                raise self.http.not_understood(reply)
            rows, total = self.records(answer.result.records), answer.result.total
            yield Batch(rows=rows, total=total, size_bytes=len(reply.body))
            if not rows:
                return
            offset += len(rows)
