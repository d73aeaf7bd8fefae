"""How each partner speaks, as far as spoiling it needs: what a page is, and where its records, total and names are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from aiohttp import hdrs, web

from demo.servers.chambre import RECORDS
from demo.servers.cmar import FILE
from demo.servers.cpme13 import API
from demo.servers.cress_paca import SEARCH
from demo.weather.answers import Answer, Row, table, value_at, with_value, written

# NUL, an isolate and an override that would turn the text round (Unicode bidi controls), and far too long.
ABSURD_NAME: Final = "Durand\x00 \u202e\u2066Fils\u2069" + "x" * 40_000


@dataclass(frozen=True)
class Manner:
    """A partner's way of speaking. Paths are dotted and begin at the answer, those of fields at the record.

    ``is_page`` tells a page of records from what else is asked. ``next_at`` is a header (``Next-Page``) or a path
    (``.result._links.next``, with its dot); ``total_at`` likewise. ``absurd`` is what to say of a member on the day of
    absurd values. A ``charset`` means a CSV file.
    """

    protocol: str
    path: str
    name_at: str
    id_at: str
    records_at: str = ""
    total_at: str = ""
    next_at: str = ""
    method: str = hdrs.METH_GET
    charset: str = ""
    has_tokens: bool = False
    absurd: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_file(self) -> bool:
        """Whether the whole directory is one CSV file."""
        return bool(self.charset)

    def is_page(self, request: web.Request) -> bool:
        """Whether a request asks for records."""
        return request.path == self.path and request.method == self.method

    def rows(self, answer: Answer) -> list[Row]:
        """The records of a page."""
        if self.is_file:
            header, *lines = table(answer.body, self.charset, ";")
            return [dict(zip(header, cells, strict=True)) for cells in lines]
        found: list[Row] = value_at(answer.json, self.records_at)
        return found

    def with_rows(self, answer: Answer, change: Callable[[list[Row]], list[Row]]) -> Answer:
        """The same page with its records changed."""
        rows = change(self.rows(answer))
        if not self.is_file:
            return answer.with_json(with_value(answer.json, self.records_at, rows))
        header = list(dict.fromkeys(name for row in rows for name in row))
        lines = [[row.get(name, "") for name in header] for row in rows]
        return replace(answer, body=written([header, *lines], self.charset, ";"))

    def with_total(self, answer: Answer, more: int) -> Answer:
        """The same answer announcing so many members more, where it announces any."""
        if self.total_at.startswith("."):
            tree = answer.json
            at = self.total_at.removeprefix(".")
            return answer.with_json(with_value(tree, at, value_at(tree, at) + more))
        held = {name: str(int(value) + more) for name, value in answer.headers.items() if name in self.total_at.split()}
        return replace(answer, headers={**answer.headers, **held})

    def with_next(self, answer: Answer, address: str) -> Answer:
        """The same page leading on to another address."""
        if self.next_at.startswith("."):
            return answer.with_json(with_value(answer.json, self.next_at.removeprefix("."), address))
        value = f'<{address}>; rel="next"' if self.next_at == hdrs.LINK else address
        return answer.with_headers(**{self.next_at: value})


MANNERS: Final[Mapping[str, Manner]] = {
    "chambre": Manner(
        protocol="kinto",
        path=RECORDS,
        name_at="raison_sociale",
        id_at="id",
        records_at="data",
        total_at="Total-Objects Total-Records",
        next_at="Next-Page",
        has_tokens=True,
        absurd={"raison_sociale": ABSURD_NAME, "coordonnees": {"lat": 43.3, "lon": 500}, "siret": "0" * 300},
    ),
    "cmar": Manner(
        protocol="csv",
        path=FILE,
        name_at="DENOMINATION",
        id_at="NUMERO_RM",
        charset="cp1252",
        absurd={
            "DENOMINATION": ABSURD_NAME.replace("\u202e\u2066", "").replace("\u2069", ""),
            "MODIFIE_LE": "00/00/0000 00:00",
        },
    ),
    "cpme13": Manner(
        protocol="wordpress",
        path=f"{API}/adherent",
        name_at="title.rendered",
        id_at="id",
        total_at="X-WP-Total",
        next_at=hdrs.LINK,
        absurd={"title.rendered": ABSURD_NAME, "modified_gmt": "0000-00-00T00:00:00"},
    ),
    "cress_paca": Manner(
        protocol="ckan",
        path=SEARCH,
        name_at="denomination",
        id_at="_id",
        records_at="result.records",
        total_at=".result.total",
        next_at=".result._links.next",
        absurd={"denomination": ABSURD_NAME, "longitude": "500", "modifie": "0000-01-01T00:00:00"},
    ),
    "french_tech": Manner(
        protocol="directus",
        path="/graphql",
        method=hdrs.METH_POST,
        name_at="raison_sociale",
        id_at="id",
        records_at="data.startups",
        total_at=".data.startups_aggregated.0.count.id",
        absurd={"raison_sociale": ABSURD_NAME, "longitude": 500, "annee_creation": 0},
    ),
}
