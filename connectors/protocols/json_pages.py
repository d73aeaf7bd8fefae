"""Plain JSON pages: a list behind an address, by page number, offset, a ``next`` address, a ``Link`` header, or whole.

Such a server knows neither changes nor deletions: everything is read each time, and what is gone is withdrawn.
"""

from yarl import URL

from connectors import jsontext
from connectors.paging import Batch
from connectors.protocols.base import Batches, Protocol
from connectors.replies import Reply
from directory.records import Scope


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
