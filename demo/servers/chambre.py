"""The Chambre: OAuth 2.0 client credentials before a Kinto collection of establishments."""

import base64
import binascii
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import uuid4

import msgspec
from aiohttp import hdrs, web

from demo.clocks import to_ms
from demo.ledger import Key, Record, Stock
from demo.servers.base import Clock, PartnerServer, json_response, now
from demo.servers.oauth import Issuer

SCOPE = "annuaire.lecture"
CLIENT = "demo-client"
SECRET = "demo-secret"  # noqa: S105 - a demo value, shown to everyone
RECORDS = "/v1/buckets/cci/collections/etablissements/records"

_FETCH_MAX = 10_000  # kinto.storage_max_fetch_size
_EXPIRED = "<html><head><title>401 Authorization Required</title></head><body><h1>401</h1></body></html>\n"
_Row = tuple[int, Key]


class ChambreServer(PartnerServer):
    """Kinto: ``Next-Page`` for the next address, counts on HEAD only, a timestamp in ms as ETag, tombstones."""

    name: ClassVar[str] = "chambre"
    key_type = str

    def __init__(self, stock: Stock, *, clock: Clock = now, token_seconds: float = 20) -> None:
        super().__init__(stock, clock=clock)
        self.issuer = Issuer(CLIENT, SECRET, frozenset({SCOPE}), token_seconds)

    def app(self) -> web.Application:
        """Token endpoint and records."""
        app = web.Application()
        app.router.add_post("/oidc/token", self.issuer.answer)
        app.router.add_get(RECORDS, self.list_records)
        app.router.add_get(f"{RECORDS}/{{key}}", self.get_record)
        return app

    def settings(self, address: str) -> dict[str, Any]:
        """Addresses and demo credentials."""
        return {
            "base_url": f"{address}/v1",
            "token_url": f"{address}/oidc/token",
            "client_id": CLIENT,
            "client_secret": SECRET,
        }

    def new_key(self, record: Record) -> Key:
        """The client may choose the id of a Kinto record; else it is a UUID."""
        return str(record.get("id") or uuid4())

    def stamped(self, record: Record, key: Key, instant: datetime, *, created: bool) -> Record:
        """Kinto's ``last_modified``, ms."""
        return {**record, "id": key, "last_modified": to_ms(instant)}

    def _instant(self) -> int:
        """Kinto never gives one timestamp of a collection twice."""
        return max(super()._instant(), self.ledger.newest() + 1)

    async def list_records(self, request: web.Request) -> web.Response:
        """``GET`` and ``HEAD`` of the collection."""
        refusal = self._refusal(request.headers.get(hdrs.AUTHORIZATION, ""))
        if refusal is not None:
            return refusal
        headers = {"ETag": f'"{self.ledger.newest()}"', "Cache-Control": "no-cache, no-store"}
        if request.headers.get(hdrs.IF_NONE_MATCH) == headers["ETag"]:
            return web.Response(status=304, headers=headers)
        try:
            since = _instant(request.query, "_since")
            limit = min(_number(request.query, "_limit", _FETCH_MAX), _FETCH_MAX)
            position = _position(request.query)
        except ValueError as error:
            return _invalid(str(error))
        rows = self._rows(since)
        if request.method == hdrs.METH_HEAD:
            living = str(sum(key in self.ledger for _, key in rows))
            return web.Response(headers=headers | {"Total-Objects": living, "Total-Records": living})
        # Kinto's default order is newest first; the sort it does not know is ignored without a word.
        rising = request.query.get("_sort") == "last_modified"
        return await self._page(request, _beyond(rows, position, rising=rising), limit, headers)

    async def get_record(self, request: web.Request) -> web.Response:
        """``GET`` of one record; a deleted one is no more there than one that never was."""
        refusal = self._refusal(request.headers.get(hdrs.AUTHORIZATION, ""))
        if refusal is not None:
            return refusal
        key = request.match_info["key"]
        if key not in self.ledger:
            return _error(404, 110, "Not Found", "The resource you are looking for could not be found.")
        etag = {"ETag": f'"{self.ledger.changed(key)}"'}
        body = _render(self.ledger.record(key), request.query.get("_fields", ""))
        return json_response(b'{"data":' + body + b',"permissions":{}}', headers=etag)

    def _refusal(self, authorization: str) -> web.Response | None:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return _unauthorized('Bearer realm="cci"')
        grant = self.issuer.grant(token)
        if grant is None:
            return _unauthorized('Bearer error="invalid_token", error_description="The access token expired"')
        if SCOPE not in grant.scopes:
            return _error(403, 121, "Forbidden", "This user cannot access this resource.")
        return None

    def _rows(self, since: int | None) -> Sequence[_Row]:
        """Members, oldest change first, and tombstones too when changes since an instant are asked for."""
        if since is None:
            return self.ledger.by_change()
        gone = [(instant, key) for key, instant in self.ledger.tombstones.items() if instant > since]
        return sorted([*self.ledger.changed_after(since), *gone])

    async def _page(
        self, request: web.Request, rows: Sequence[_Row], limit: int, headers: dict[str, str]
    ) -> web.Response:
        page = rows[:limit]
        if len(rows) > limit:
            headers["Next-Page"] = str(request.url.update_query(_token=_token(page[-1])))
        fields = request.query.get("_fields", "")
        living = await self.ledger.encoded(
            (key for _, key in page if key in self.ledger), fields, lambda record: _render(record, fields)
        )
        bodies = iter(living)
        encoded = [next(bodies) if key in self.ledger else _tombstone(key, instant) for instant, key in page]
        return json_response(b'{"data":[' + b",".join(encoded) + b"]}", headers=headers)


def _render(record: Record, fields: str) -> bytes:
    if not fields:
        return msgspec.json.encode(record)
    kept = {"id", "last_modified", *fields.split(",")}
    return msgspec.json.encode({name: value for name, value in record.items() if name in kept})


def _tombstone(key: Key, instant: int) -> bytes:
    return msgspec.json.encode({"id": key, "last_modified": instant, "deleted": True})


def _token(row: _Row) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(row)).decode()


def _position(query: Mapping[str, str]) -> _Row | None:
    """The row that the page before ended with."""
    if "_token" not in query:
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(query["_token"]), type=tuple[int, str])
    except (binascii.Error, msgspec.MsgspecError) as error:
        raise ValueError("_token has invalid content") from error


def _beyond(rows: Sequence[_Row], position: _Row | None, *, rising: bool) -> Sequence[_Row]:
    """The rows after a position, oldest change first when ``rising``, else newest first."""
    if rising:
        return rows if position is None else rows[bisect_right(rows, position) :]
    return (rows if position is None else rows[: bisect_left(rows, position)])[::-1]


def _instant(query: Mapping[str, str], name: str) -> int | None:
    """A timestamp, with the quotes of an ETag or without."""
    return int(_digits(query, name, query[name].strip('"'))) if name in query else None


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    return int(_digits(query, name, query[name])) if name in query else default


def _digits(query: Mapping[str, str], name: str, text: str) -> str:
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise ValueError(f"Invalid value for {name}")
    return text


def _unauthorized(challenge: str) -> web.Response:
    headers = {"WWW-Authenticate": challenge}
    return web.Response(status=401, text=_EXPIRED, content_type="text/html", headers=headers)


def _invalid(message: str) -> web.Response:
    return _error(400, 107, "Invalid parameters", message)


def _error(status: int, errno: int, error: str, message: str) -> web.Response:
    return json_response(
        msgspec.json.encode({"code": status, "errno": errno, "error": error, "message": message}), status
    )
