"""Plain JSON pages: a list behind an address, by page number, offset, a ``next`` address, a ``Link`` header, or whole.

Such a server knows neither changes nor deletions: everything is read each time, and what is gone is withdrawn.
"""

from typing import Final
from urllib.parse import quote

from yarl import URL

from connectors import jsontext
from connectors.paging import Batch
from connectors.protocols.base import Batches, Protocol
from connectors.replies import Reply
from directory.records import Scope

_GONE: Final = frozenset({404, 410})


class JsonPages(Protocol):
    """``GET {base}/{resource}`` as :class:`connectors.contract.JsonPages` describes it."""

    async def everything(self) -> Batches:
        """All records, until a page is empty, the total is reached, or there is no next address."""
        self.start(Scope.FULL)
        url: URL | None = self._first()
        read, seen = 0, set()
        while url is not None:
            if url in seen:
                raise self.http.circular()
            seen.add(url)
            reply = await self.http.get(url)
            rows, total = self.rows(reply, self.declared.pages.records), self._total(reply)
            yield Batch(rows=rows, total=total, size_bytes=len(reply.body))
            read += len(rows)
            url = self._next(reply, len(seen), read) if rows and read != total else None

    @property
    def reads_whole(self) -> bool:
        """One answer that holds everybody holds each of them, where there is no address for one."""
        return self.declared.pages.paging == "single" and self.declared.pages.member is None

    async def member(self, external_id: str) -> str | None:
        """The record behind ``pages.member``."""
        place = self.declared.pages.member
        if place is None:
            raise self.cannot_ask(
                f"its settings know no address of one member; set {self.declared.setting('pages')}.member if the "
                "partner has one"
            )
        if external_id in {".", ".."}:
            raise self.cannot_ask("an id of dots leads elsewhere in an address; read the whole directory instead")
        base, path = self.declared.base_url.rstrip("/"), place.lstrip("/").replace("{id}", quote(external_id, safe=""))
        reply = await self.http.get(URL(f"{base}/{path}"), accept=_GONE)
        return None if reply.status in _GONE else self._one(reply)

    def _one(self, reply: Reply) -> str | None:
        """The record: where lists of them stand, by itself or as the first of a list, or else the whole answer."""
        body = self.body(reply)
        try:
            found = bytes(jsontext.part(body, self.declared.pages.records))
        except (jsontext.NotJson, KeyError):
            found = body
        if found.lstrip()[:1] == b"[":
            return next(iter(self.records(found)), None)
        try:
            return jsontext.table(found if found.lstrip()[:1] == b"{" else body)
        except jsontext.NotJson as fault:
            raise self.not_json(fault, "pages.member") from None

    def _first(self) -> URL:
        style = self.declared.pages
        query = {style.size_param: str(self.declared.page_size)} if style.size_param else {}
        if style.paging == "single":
            return self.address
        if style.paging in {"page", "offset"}:
            query[style.position_param] = str(self._position(0))
        return self.address.update_query(query)

    def _next(self, reply: Reply, pages: int, read: int) -> URL | None:
        style = self.declared.pages
        match style.paging:
            case "page":
                return self._first().update_query({style.position_param: str(self._position(pages))})
            case "offset":
                return self._first().update_query({style.position_param: str(self._position(read))})
            case "next":
                following = self._value(reply, style.next)
            case "link":
                following = reply.next_link
            case "single":
                following = None
        return self.http.follow(following, reply.address) if isinstance(following, str) and following else None

    def _position(self, passed: int) -> int:
        style = self.declared.pages
        first = int(style.paging == "page") if style.first is None else style.first
        return first + passed

    def _total(self, reply: Reply) -> int | None:
        path = self.declared.pages.total
        if path is None:
            return None
        total = self._value(reply, path)
        if not isinstance(total, int) or isinstance(total, bool):
            raise self.not_json(jsontext.NotJson(f"has no number at {path}"), "pages.total")
        return total

    def _value(self, reply: Reply, path: str) -> object:
        return jsontext.value_at(self.body(reply), path)
