"""Cress Paca: the CKAN DataStore of the regional open-data portal."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from aiohttp import hdrs, web

from demo.clocks import iso_seconds, read_iso, to_ms
from demo.ledger import Key, Record, Stock
from demo.servers.base import Clock, NumberedServer, json_response, now

SEARCH = "/api/3/action/datastore_search"
RESOURCE = "ess-provence-alpes-cote-d-azur"
TOKEN = "demo-token"  # noqa: S105 - a demo value, shown to everyone
COLUMNS = {
    "_id": "int", "siren": "text", "siret": "text", "denomination": "text", "sigle": "text", "enseigne": "text",
    "famille_juridique": "text", "type_iae": "text", "esus": "text", "ape": "text", "libelle_ape": "text",
    "adresse": "text", "code_postal": "text", "commune": "text", "code_commune": "text", "site_web": "text",
    "latitude": "text", "longitude": "text", "tranche_effectif": "text", "territoires": "text",
    "modifie": "timestamp", "source": "text",
}  # fmt: skip
ROWS_MAX = 32_000  # ckan.datastore.search.rows_max

_Test = Callable[[Any], bool]
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda held, wanted: bool(held == wanted),
    "gt": lambda held, wanted: bool(held > wanted),
    "gte": lambda held, wanted: bool(held >= wanted),
    "lt": lambda held, wanted: bool(held < wanted),
    "lte": lambda held, wanted: bool(held <= wanted),
}


class _ValidationError(Exception):
    """CKAN's 409: which parameter, and why."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(field)
        self.field, self.reason = field, reason


class CressPacaServer(NumberedServer):
    """``datastore_search`` with its cap, filters, projection and error envelope."""

    name: ClassVar[str] = "cress_paca"

    def __init__(self, stock: Stock, *, clock: Clock = now, private: bool = True) -> None:
        super().__init__(stock, clock=clock)
        self._private = private

    def app(self) -> web.Application:
        """The one action, by GET or POST."""
        app = web.Application()
        app.router.add_get(SEARCH, self.search)
        app.router.add_post(SEARCH, self.search)
        return app

    def settings(self, address: str) -> dict[str, Any]:
        """Address, resource and demo token."""
        settings: dict[str, Any] = {"base_url": address, "resource": RESOURCE}
        return settings | {"token": TOKEN} if self._private else settings

    def stamped(self, record: Record, key: Key, instant: datetime, *, created: bool) -> Record:
        """``modifie``, UTC, whole seconds."""
        return {**record, "_id": key, "modifie": iso_seconds(instant)}

    async def search(self, request: web.Request) -> web.Response:
        """``datastore_search``."""
        if self._private and request.headers.get(hdrs.AUTHORIZATION) != TOKEN:
            return _failure(request, 403, {"__type": "Authorization Error", "message": "Access denied"})
        try:
            query = await _query(request)
            if query.get("resource_id") != RESOURCE:
                message = f'Not found: Resource "{query.get("resource_id", "")}" was not found.'
                return _failure(request, 404, {"__type": "Not Found Error", "message": message})
            return await self._found(request, query)
        except _ValidationError as error:
            return _failure(request, 409, {"__type": "Validation Error", error.field: [error.reason]})

    async def _found(self, request: web.Request, query: Mapping[str, Any]) -> web.Response:
        offset = _count(query, "offset", 0)
        limit = min(_count(query, "limit", 100), ROWS_MAX)
        fields = _fields(query)
        keys = self._sorted(self._filtered(_object(query, "filters")), str(query.get("sort") or "_id"))
        bodies = await self._bodies(keys[offset : offset + limit], fields)
        total = len(keys)
        tail = {
            "fields": [{"id": name, "type": COLUMNS[name]} for name in fields],
            "resource_id": RESOURCE, "limit": limit, "offset": offset, "records_format": "objects",
            "include_total": True, "total": total, "total_was_estimated": False,
            "_links": {"start": SEARCH, "next": f"{SEARCH}?offset={offset + limit}"},
        }  # fmt: skip
        head = json.dumps({"help": _help(request), "success": True})[:-1]
        parts = [head.encode(), b', "result": {"records": [', b", ".join(bodies), b"], ", json.dumps(tail)[1:].encode()]
        return json_response(b"".join([*parts, b"}"]))

    async def _bodies(self, keys: Sequence[Key], fields: Sequence[str]) -> Sequence[bytes]:
        if list(fields) == ["_id"]:
            return [f'{{"_id": {key}}}'.encode() for key in keys]
        return await self.ledger.encoded(keys, tuple(fields), partial(_render, fields=fields))

    def _filtered(self, filters: Mapping[str, Any]) -> Sequence[Key]:
        """Keys that pass; ``modifie`` is looked up in the ledger, other columns in the records themselves."""
        keys = self.ledger.living()
        for column, wanted in filters.items():
            if column not in COLUMNS:
                raise _ValidationError("filters", f'Field "{column}" not found in table')
            passes = _test(column, wanted)
            keys = [key for key in keys if passes(self._held(key, column))]
        return keys

    def _held(self, key: Key, column: str) -> Any:
        match column:
            case "_id":
                return key
            case "modifie":
                return self.ledger.changed(key) // 1000
            case _:
                return self.ledger.record(key).get(column)

    def _sorted(self, keys: Sequence[Key], sort: str) -> Sequence[Key]:
        for clause in reversed(sort.split(",")):
            column, _, direction = clause.strip().partition(" ")
            if column.strip('"') not in COLUMNS or direction.strip().lower() not in ("", "asc", "desc"):
                raise _ValidationError("sort", f'field "{column}" not in table')
            if clause.strip() != "_id":
                keys = self._ordered(keys, column.strip('"'), descending=direction.strip().lower() == "desc")
        return keys

    def _ordered(self, keys: Sequence[Key], column: str, *, descending: bool) -> Sequence[Key]:
        def rank(key: Key) -> tuple[bool, Any]:
            held = self._held(key, column)
            return held is None, held

        return sorted(keys, key=rank, reverse=descending)


def _render(record: Record, fields: Sequence[str]) -> bytes:
    """JSON as Python's ``json`` writes it by default, which is what CKAN sends."""
    return json.dumps({name: record.get(name) for name in fields}).encode()


async def _query(request: web.Request) -> Mapping[str, Any]:
    if request.method != hdrs.METH_POST:
        return request.query
    try:
        query = await request.json()
    except json.JSONDecodeError:
        query = None
    if not isinstance(query, dict):
        raise _ValidationError("data", "JSON object expected")
    return query


def _count(query: Mapping[str, Any], name: str, default: int) -> int:
    text = str(query.get(name, default))
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise _ValidationError(name, "Must be a natural number")
    return int(text)


def _fields(query: Mapping[str, Any]) -> Sequence[str]:
    wanted = query.get("fields") or list(COLUMNS)
    names = wanted.split(",") if isinstance(wanted, str) else wanted
    fields = [str(name).strip() for name in names]
    for name in fields:
        if name not in COLUMNS:
            raise _ValidationError("fields", f'field "{name}" not in table')
    return fields


def _object(query: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    given = query.get(name) or {}
    try:
        value = json.loads(given) if isinstance(given, str) else given
    except json.JSONDecodeError as error:
        raise _ValidationError(name, "Cannot parse JSON") from error
    if not isinstance(value, dict):
        raise _ValidationError(name, "Must be a dict")
    return value


def _test(column: str, wanted: Any) -> _Test:
    """A filter on one column: a value, a list of values, or ranges such as ``{"gte": …}`` (CKAN ≥ 2.10)."""
    if not isinstance(wanted, dict):
        values = [_value(column, value) for value in (wanted if isinstance(wanted, list) else [wanted])]
        return lambda held: held in values
    unknown = wanted.keys() - _COMPARISONS.keys()
    if unknown:
        raise _ValidationError("filters", f"unsupported range operation: {', '.join(sorted(unknown))}")
    bounds = [(_COMPARISONS[name], _value(column, value)) for name, value in wanted.items()]
    return lambda held: held is not None and all(compare(held, bound) for compare, bound in bounds)


def _value(column: str, value: Any) -> Any:
    try:
        match COLUMNS[column]:
            case "int":
                return int(value)
            case "timestamp":
                return to_ms(read_iso(str(value))) // 1000
            case _:
                return str(value)
    except (TypeError, ValueError) as error:
        raise _ValidationError("query", f"invalid input syntax for column {column}") from error


def _help(request: web.Request) -> str:
    return f"{request.url.origin()}/api/3/action/help_show?name=datastore_search"


def _failure(request: web.Request, status: int, error: dict[str, Any]) -> web.Response:
    body = {"help": _help(request), "error": error, "success": False}
    return json_response(json.dumps(body).encode(), status)
