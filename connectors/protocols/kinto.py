"""Kinto records: ``Next-Page`` for the next address, a timestamp in ms as ETag, tombstones for what was deleted.

The count comes on HEAD only. Timestamps are unique and rise within a collection, so that changes since an ETag need no
overlap. An ETag that has gone back (a server restored from a copy) means reading everything.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Final

import msgspec
from aiohttp import hdrs

from connectors.paging import Batch
from connectors.protocols.base import Batches, Position, Protocol, count
from connectors.replies import Reply
from directory.records import Scope

_GONE: Final = frozenset({404, 410})
# What Kinto takes for an id; whatever else stood in an address could lead elsewhere.
_ID: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]*")
# Milliseconds since 1970, with room to spare.
_TIMESTAMP: Final = re.compile(r"[0-9]{1,20}")


class _Answer(msgspec.Struct):
    data: msgspec.Raw


class Kinto(Protocol):
    """``GET …/records?_limit=&_sort=last_modified``, with ``_since`` for changes."""

    tombstone: ClassVar[str | None] = "deleted"
    _etag = ""

    async def everything(self) -> Batches:
        """All living records, counted on HEAD beforehand."""
        self.start(Scope.FULL)
        head = await self._head()
        total = count(head.headers.get("Total-Objects") or head.headers.get("Total-Records"))
        async for batch in self._pages({}, total):
            yield batch

    async def changes(self, since: Position) -> Batches:
        """Records and tombstones after an ETag; nothing at all when it is still the same."""
        self.start(Scope.CHANGES)
        await self._head()
        if self._etag == since["etag"]:
            self.scope = Scope.UNCHANGED
            return
        is_behind = _timestamp(self._etag) < _timestamp(since["etag"])
        async for batch in self.everything() if is_behind else self._pages({"_since": f'"{since["etag"]}"'}, None):
            yield batch

    def position(self, newest: datetime | None) -> Position | None:
        """The collection's timestamp before the first page, so that what changes meanwhile is read next time."""
        return {"etag": self._etag} if self._etag else None

    async def member(self, external_id: str) -> str | None:
        """``GET …/records/{id}``."""
        self.own_id()
        if not _ID.fullmatch(external_id):
            return None
        reply = await self.http.get(self.address / external_id, accept=_GONE)
        if reply.status in _GONE:
            return None
        return self.text(self.parsed(reply, _Answer).data)

    async def _head(self) -> Reply:
        reply = await self.http.get(self.address, method=hdrs.METH_HEAD)
        self._etag = reply.headers.get(hdrs.ETAG, "").strip('"')
        if not _TIMESTAMP.fullmatch(self._etag):
            raise self.http.refused(f"its server gives no timestamp; correct {self.declared.setting('resource')}")
        return reply

    async def _pages(self, query: Mapping[str, str], total: int | None) -> Batches:
        params = {"_limit": str(self.declared.page_size), "_sort": "last_modified", **query}
        url, seen = self.address.update_query(params), set()
        while url not in seen:
            seen.add(url)
            reply = await self.http.get(url)
            rows = self.records(self.parsed(reply, _Answer).data)
            yield Batch(rows=rows, total=total, size_bytes=len(reply.body))
            following = reply.headers.get("Next-Page")
            if not following:
                return
            url = self.http.follow(following, reply.address)
        raise self.http.circular()


def _timestamp(etag: str) -> int:
    return int(etag) if _TIMESTAMP.fullmatch(etag) else 0
