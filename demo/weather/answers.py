"""An answer on its way through the proxy, and the parts of it that a day may spoil: records, total, next address."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web

HTML = (
    b"<!DOCTYPE html>\n<html><head><title>Erreur</title></head><body><h1>Le site est en maintenance</h1></body></html>"
)
# What belongs to one connection, and what the proxy's own server works out anew.
_HOP = frozenset({"connection", "content-length", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"})

Row = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """A status, a head and a whole body, unpacked unless its head says otherwise."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def json(self) -> Any:
        """The body as JSON, made anew at every look."""
        return json.loads(self.body)

    def with_json(self, value: Any) -> "Answer":
        """The same answer with another body."""
        return replace(self, body=json.dumps(value, ensure_ascii=False).encode())

    def with_headers(self, **headers: str) -> "Answer":
        """The same answer with some headers set; ``_`` stands for ``-``."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        kept = {name: value for name, value in self.headers.items() if name.lower() not in map(str.lower, named)}
        return replace(self, headers=kept | named)

    def response(self) -> web.Response:
        """What aiohttp sends."""
        return web.Response(status=self.status, body=self.body, headers=self.headers)


def end_to_end(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that a proxy passes on."""
    return {name: value for name, value in headers.items() if name.lower() not in _HOP}


def value_at(value: Any, path: str) -> Any:
    """What stands at a dotted path; the value itself for an empty one."""
    for step in path.split(".") if path else ():
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def with_value(tree: Any, path: str, value: Any) -> Any:
    """The same tree, changed in place at a dotted path; the value itself for an empty one."""
    if not path:
        return value
    outer, _, last = path.rpartition(".")
    holder = value_at(tree, outer)
    holder[int(last) if isinstance(holder, list) else last] = value
    return tree


def table(body: bytes, charset: str, delimiter: str) -> list[list[str]]:
    """The rows of a CSV file, its header first."""
    return list(csv.reader(io.StringIO(body.decode(charset), newline=""), delimiter=delimiter))


def written(rows: Sequence[Sequence[str]], charset: str, delimiter: str) -> bytes:
    """Rows as a CSV file with lines that end in CRLF."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode(charset, errors="replace")
