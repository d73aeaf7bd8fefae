"""The WordPress REST API: pages by id, sectors as terms of a taxonomy, changes by ``modified_after``.

Paging by ``modified`` loses rows that change meanwhile; paging by id survives that, and what is trashed meanwhile shows
in ``X-WP-Total``, which the count checks. A wrong application password makes an anonymous reader, not an error.

One member is asked for as a list of one (``include``): a list holds what is published, and a record as in any other.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar, Final

import msgspec
from yarl import URL

from connectors import jsontext, readers
from connectors.checks import slug
from connectors.paging import Batch, Tally
from connectors.picking import MAX_WORD, Term, Terms
from connectors.protocols.base import Batches, Position, Protocol, count
from connectors.replies import Reply
from directory.records import Scope

_MOST_PER_PAGE: Final = 100
_PAGE_IS_GONE: Final = frozenset({400})
_ANONYMOUS: Final = frozenset({401, 403})
_ID: Final = re.compile(r"[1-9][0-9]{0,18}")
_MOST_TERMS: Final = 20_000
_LONGEST_NAME: Final = 2_000  # of a term, in HTML


class _Term(msgspec.Struct):
    id: int
    name: str
    slug: str = ""


def _word(term: _Term) -> Term:
    """A term as the partner's own word, in the bounds of any other."""
    name = readers.line(readers.html(term.name[:_LONGEST_NAME]))[:MAX_WORD]
    return Term(readers.line(term.slug[:MAX_WORD]) or slug(name), name)


class WordPress(Protocol):
    """``GET {base}/wp-json/wp/v2/{resource}``; with credentials, in the ``edit`` context."""

    sweeps: ClassVar[bool] = True

    @property
    def _api(self) -> URL:
        return URL(self.declared.base_url).joinpath("wp-json", "wp", "v2")

    @property
    def address(self) -> URL:
        """The post type's collection."""
        return self._api / self.declared.resource.strip("/")

    async def prove(self) -> None:
        """Asks the site who we are."""
        if self.http.auth.is_anonymous:
            return
        reply = await self.http.get(self._api.joinpath("users", "me"), accept=_ANONYMOUS)
        if reply.status in _ANONYMOUS:
            raise self.http.refused(
                f"its site takes us for an anonymous reader ({reply.said(self.declared.secrets)}), so the application "
                f"password is wrong; make a new one in the user's profile there and correct {self.http.auth.keys}"
            )

    async def terms(self) -> Terms:
        """Each taxonomy whose term ids the declaration reads, whole."""
        names = dict.fromkeys(source.terms for source in self.declared.fields.every() if source.terms)
        return {name: await self._taxonomy(name) for name in names if name}

    async def everything(self) -> Batches:
        """All members."""
        self.start(Scope.FULL)
        async for batch in self._pages(self.address, self._query(whole=True), self.declared.page_size):
            yield batch

    async def changes(self, since: Position) -> Batches:
        """``modified_after`` is strictly later and knows whole seconds; ``Z``, for a naive value is local time."""
        self.start(Scope.CHANGES)
        after = self.behind(since) - timedelta(seconds=1)
        query = {**self._query(whole=True), "modified_after": f"{after:%Y-%m-%dT%H:%M:%S}Z"}
        async for batch in self._pages(self.address, query, self.declared.page_size):
            yield batch

    def identities(self) -> Batches:
        """All ids."""
        return self._pages(self.address, self._query(whole=False))

    async def total(self) -> int | None:
        """How many members are published."""
        reply = await self.http.get(self.address, {**self._query(whole=False), "per_page": "1", "page": "1"})
        return count(reply.headers.get("X-WP-Total"))

    async def member(self, external_id: str) -> str | None:
        """The member, unless it is in the bin or not published yet."""
        self.own_id()
        if not _ID.fullmatch(external_id):
            return None
        query = {**self._query(whole=True), "include": external_id, "per_page": "1"}
        return next(iter(self.rows(await self.http.get(self.address, query))), None)

    def _query(self, *, whole: bool) -> Mapping[str, str]:
        query = {"orderby": "id", "order": "asc", "_fields": ",".join(self.top_fields(whole=whole))}
        return query if self.http.auth.is_anonymous else {**query, "context": "edit"}

    async def _taxonomy(self, taxonomy: str) -> Mapping[str, Term]:
        query = {"_fields": "id,name,slug", "orderby": "id", "order": "asc"}
        found: dict[str, Term] = {}
        tally = Tally(self.http)
        async for batch in self._pages(self._api / taxonomy, query):
            terms = {str(term.id): _word(term) for term in map(self._term, batch.rows)}
            tally.identify(batch, ((term, None) for term in terms))
            found.update(terms)
            if len(found) > _MOST_TERMS:
                raise self.http.refused(
                    f"its site has more than {_MOST_TERMS:,} terms; correct the one that "
                    f"{self.declared.setting('fields')} reads"
                )
        return found

    def _term(self, row: str) -> _Term:
        try:
            return jsontext.decoded(row, _Term)
        except jsontext.NotJson as fault:
            raise self.not_json(fault, "fields") from None

    async def _pages(self, url: URL, query: Mapping[str, str], asked: int = _MOST_PER_PAGE) -> Batches:
        size, page, pages = min(asked, _MOST_PER_PAGE), 1, 1
        while page <= pages:
            params = {**query, "per_page": str(size), "page": str(page)}
            reply = await self.http.get(url, params, accept=_PAGE_IS_GONE)
            self._check_page(reply, page)
            self.clock(reply)
            total = count(reply.headers.get("X-WP-Total"))
            if total is None:
                raise self.http.refused("its site sends no X-WP-Total; ask the partner to let this header through")
            pages = -(-total // size)
            rows = self.rows(reply)
            yield Batch(rows=rows, total=total, size_bytes=len(reply.body))
            if not rows and page < pages:
                raise self.http.unsettled(
                    f"it announced {total:,} records and gave an empty page before their end; try again later, or ask "
                    "the partner if it persists"
                )
            page += 1

    def _check_page(self, reply: Reply, page: int) -> None:
        if reply.status == 400 and page > 1 and reply.code == "rest_post_invalid_page_number":
            raise self.http.unsettled("its directory shrank while it was read; try again later")
        if reply.status == 400:
            raise self.http.not_understood(reply)
