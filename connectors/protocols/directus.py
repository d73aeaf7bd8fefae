"""Directus' GraphQL: pages by offset in the order of ids, the count beside them, changes by a filter on two dates.

``date_updated`` is null until the first edit, so every date that ``fields.modified_at`` names is asked for. ``limit``
is always a number: -1 is silently cut to the server's maximum. A page may be shorter than asked for the same reason.
"""

import re
from typing import Any, ClassVar, Final

import msgspec
from yarl import URL

from connectors import jsontext
from connectors.errors import DeclarationError, PartnerRefused
from connectors.http import Transport
from connectors.paging import Batch
from connectors.paths import steps
from connectors.protocols.base import Batches, Position, Protocol
from connectors.replies import Reply
from directory.records import Scope

_NAME: Final = re.compile(r"[_A-Za-z][_0-9A-Za-z]*")
_NULL: Final = msgspec.Raw(b"null")
_NOT_ALLOWED: Final = frozenset({400})


class _Answer(msgspec.Struct):
    data: msgspec.Raw = _NULL
    errors: msgspec.Raw = _NULL


class Directus(Protocol):
    """``POST {base}/graphql`` for the collection ``resource``."""

    sweeps: ClassVar[bool] = True

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport)
        self._id = self.declared.fields.id[0].path
        for name in (self.declared.resource, *self.asked_fields(whole=True)):
            if not all(_NAME.fullmatch(step) for step in steps(name, flat=False)):
                raise DeclarationError(
                    self.declared.name,
                    f"{self.declared.title}: resource and the paths of {self.declared.setting('fields')} must be "
                    "GraphQL names; correct the one with other characters",
                )

    @property
    def address(self) -> URL:
        """The GraphQL endpoint."""
        return URL(self.declared.base_url) / "graphql"

    async def everything(self) -> Batches:
        """All records."""
        self.start(Scope.FULL)
        async for batch in self._pages("", whole=True):
            yield batch

    def changes(self, since: Position) -> Batches:
        """Records created or edited at or after the position, by the dates that ``fields.modified_at`` names."""
        start = f"{self.behind(since):%Y-%m-%dT%H:%M:%S}Z"
        dates = [f'{{{source.path}: {{_gte: "{start}"}}}}' for source in self.declared.fields.modified_at]
        return self._changed(f"filter: {{_or: [{', '.join(dates)}]}}") if dates else self.everything()

    def identities(self) -> Batches:
        """All ids."""
        return self._pages("", whole=False)

    async def total(self) -> int | None:
        """How many records there are."""
        data = await self._data(f"{{ {self._counted('')} }}")
        return self._count(data)

    async def member(self, external_id: str) -> str | None:
        """The record whose field of ids holds this one; it goes into the question as GraphQL's own kind of text."""
        name, text = self.declared.resource, msgspec.json.encode(external_id).decode()
        where = f"filter: {{{self.id_column()}: {{_eq: {text}}}}}"
        data = await self._data(f"{{ {name}({where}, limit: 1) {_selection(self.asked_fields(whole=True))} }}")
        return next(iter(self.records(self._listed(data))), None)

    async def _changed(self, condition: str) -> Batches:
        self.start(Scope.CHANGES)
        async for batch in self._pages(condition, whole=True):
            yield batch

    async def _pages(self, condition: str, *, whole: bool) -> Batches:
        name, selection = self.declared.resource, _selection(self.asked_fields(whole=whole))
        offset, total = 0, 1
        while offset < total:
            paging = f'limit: {self.declared.page_size}, offset: {offset}, sort: ["{self._id}"]'
            arguments = f"{paging}, {condition}" if condition else paging
            batch = await self._page(f"{{ {name}({arguments}) {selection} {self._counted(condition)} }}")
            yield batch
            if not batch.rows or batch.total is None:
                return
            offset, total = offset + len(batch.rows), batch.total

    async def _page(self, query: str) -> Batch:
        reply = await self._asked(query)
        self.clock(reply)
        data = self._answered(reply)
        return Batch(rows=self.records(self._listed(data)), total=self._count(data), size_bytes=len(reply.body))

    async def _data(self, query: str) -> msgspec.Raw:
        return self._answered(await self._asked(query))

    async def _asked(self, query: str) -> Reply:
        return await self.http.post_json(self.address, {"query": query}, accept=_NOT_ALLOWED)

    def _answered(self, reply: Reply) -> msgspec.Raw:
        answer = self.parsed(reply, _Answer)
        if reply.status == 400 or bytes(answer.errors) not in {b"null", b"[]"} or bytes(answer.data) == b"null":
            raise self.http.refused(
                f"its server does not know a field or the collection, or the token may not read it "
                f"({reply.said(self.declared.secrets)}); ask for the right, or correct "
                f"{self.declared.setting('fields')} and resource"
            )
        return answer.data

    def _counted(self, condition: str) -> str:
        aggregated = f"{self.declared.resource}_aggregated"
        return f"{aggregated}{f'({condition})' if condition else ''} {{ count {{ {self._id} }} }}"

    def _listed(self, data: msgspec.Raw) -> msgspec.Raw:
        try:
            return jsontext.part(data, self.declared.resource)
        except (jsontext.NotJson, KeyError):
            raise self._incomplete() from None

    def _count(self, data: msgspec.Raw) -> int:
        try:
            return int(jsontext.value_at(data, f"{self.declared.resource}_aggregated.0.count.{self._id}"))
        except (TypeError, ValueError):
            raise self._incomplete() from None

    def _incomplete(self) -> PartnerRefused:
        return self.not_json(jsontext.NotJson("lacks its records or their count"), "resource")


def _selection(paths: tuple[str, ...]) -> str:
    """Paths as a GraphQL selection: ``a.b`` and ``a.c`` are ``a { b c }``."""
    tree: dict[str, Any] = {}
    for path in paths:
        node = tree
        for step in steps(path, flat=False):
            node = node.setdefault(step, {})
    return _printed(tree)


def _printed(tree: dict[str, Any]) -> str:
    return "{ " + " ".join(f"{name} {_printed(node)}" if node else name for name, node in tree.items()) + " }"
