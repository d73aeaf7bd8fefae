"""A further partner that is invented: plain JSON pages behind a key, each naming the next, and settings to read it."""

import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar, Final
from uuid import uuid4

import msgspec
from aiohttp import web

from demo.clocks import from_ms, iso_zulu
from demo.ledger import Key, Record, Stock
from demo.servers.base import PartnerServer, json_response
from demo.weather import Manner
from demo.weather.manners import ABSURD_NAME

MEMBERS: Final = "/v2/members"
KEY: Final = "pole-mer-api-key"

DECLARED: Final[Mapping[str, Any]] = {
    "title": "Pôle Mer",
    "organisation": "Pôle Mer Méditerranée",
    "protocol": "json",
    "resource": "members",
    "auth": "header",
    "token_header": "X-Api-Key",
    "pages": {
        "records": "data.items",
        "total": "data.count",
        "paging": "next",
        "next": "data.next",
        "size_param": "take",
        "member": "members/{id}",
    },
    "fields": {
        "id": "uuid",
        "name": ["company.legalName", "company.brand"],
        "trade_names": "company.brand",
        "siren": "company.siren",
        "description": {"path": "pitch", "read": "html"},
        "address_lines": "address.street",
        "postcode": "address.zip",
        "commune": "address.city",
        "latitude": "geo.lat",
        "longitude": "geo.lng",
        "email": "contact.mail",
        "modified_at": "updatedAt",
    },
}
POLE_MER: Final = Manner(
    protocol="json",
    path=MEMBERS,
    name_at="company.legalName",
    id_at="uuid",
    records_at="data.items",
    total_at=".data.count",
    next_at=".data.next",
    absurd={"company.legalName": ABSURD_NAME, "geo": {"lat": 43.3, "lng": 500}, "updatedAt": "0000-00-00T00:00:00Z"},
)


class PoleMerStock:
    """The Chambre's members, in this partner's shape."""

    def __init__(self, stock: Stock) -> None:
        self._stock = stock
        self._instants = dict(stock.entries())

    def entries(self) -> Iterable[tuple[Key, int]]:
        """Key and instant of last change of every member."""
        return self._instants.items()

    def record(self, key: Key) -> Record:
        """The member."""
        held = self._stock.record(key)
        address, point = held["adresse"], held.get("coordonnees") or {}
        return {
            "uuid": key,
            "company": {
                "legalName": held.get("raison_sociale"),
                "brand": held.get("enseigne"),
                "siren": held.get("siren"),
            },
            "pitch": held.get("presentation"),
            "address": {"street": address.get("voie"), "zip": address["code_postal"], "city": address["commune"]},
            "geo": {"lat": point.get("lat"), "lng": point.get("lon")},
            "contact": {"mail": held.get("courriel")},
            "updatedAt": iso_zulu(from_ms(self._instants[key])),
        }


class PoleMerServer(PartnerServer):
    """``GET /v2/members?take=10&after=…`` and ``GET /v2/members/{id}``."""

    name: ClassVar[str] = "pole_mer"
    key_type = str

    def app(self) -> web.Application:
        """Members, and one member."""
        app = web.Application()
        app.router.add_get(MEMBERS, self.list_members)
        app.router.add_get(f"{MEMBERS}/{{key}}", self.one_member)
        return app

    def settings(self, address: str) -> dict[str, Any]:
        """Address and key."""
        return {"base_url": f"{address}/v2", "token": KEY}

    def new_key(self, record: Record) -> Key:
        """A UUID."""
        return str(uuid4())

    def stamped(self, record: Record, key: Key, instant: datetime, *, created: bool) -> Record:
        """``updatedAt``, UTC."""
        return {**record, "uuid": key, "updatedAt": iso_zulu(instant)}

    async def list_members(self, request: web.Request) -> web.Response:
        """A page, and the address of the next one while there is one."""
        if not self._is_known(request):
            return web.Response(status=401)
        keys = list(self.ledger.living())
        start = int(request.query.get("after", "0"))
        end = start + int(request.query.get("take", "100"))
        following = str(request.url.update_query(after=end)) if end < len(keys) else None
        items = [self.ledger.record(key) for key in keys[start:end]]
        return json_response(msgspec.json.encode({"data": {"items": items, "count": len(keys), "next": following}}))

    async def one_member(self, request: web.Request) -> web.Response:
        """One member, or 404."""
        if not self._is_known(request):
            return web.Response(status=401)
        key = request.match_info["key"]
        found = key in self.ledger
        return json_response(msgspec.json.encode(self.ledger.record(key))) if found else web.Response(status=404)

    def _is_known(self, request: web.Request) -> bool:
        return hmac.compare_digest(request.headers.get("X-Api-Key", ""), KEY)
