"""French Tech Aix-Marseille: a GraphQL upstream (Directus)."""

import json
from datetime import datetime
from functools import lru_cache
from typing import Any, ClassVar

import msgspec
from aiohttp import hdrs, web
from graphql import DocumentNode

from demo.clocks import iso_zulu
from demo.ledger import Key, Record, Stock
from demo.servers.base import Clock, NumberedServer, json_response, now
from demo.servers.directus import BadQuery, Members, checked, executed
from demo.servers.limits import PerSecond

TOKEN = "demo-static-token"  # noqa: S105 - a demo value, shown to everyone


class FrenchTechServer(NumberedServer):
    """``POST /graphql`` with a static token, a rate limit, and ``limit: -1`` cut to the server's maximum."""

    name: ClassVar[str] = "french_tech"

    def __init__(
        self, stock: Stock, *, clock: Clock = now, limit_max: int = 1000, requests_per_second: int = 50
    ) -> None:
        super().__init__(stock, clock=clock)
        self._limit_max = limit_max
        self._limit = PerSecond(requests_per_second)
        self._records: dict[Key, Record] = {}
        self._expired: set[str] = set()

    def app(self) -> web.Application:
        """The one address."""
        app = web.Application()
        app.router.add_post("/graphql", self.answer)
        return app

    def settings(self, address: str) -> dict[str, Any]:
        """Address and demo token."""
        return {"base_url": address, "token": TOKEN, "extra_fields": ("levee_eur", "source")}

    def stamped(self, record: Record, key: Key, instant: datetime, *, created: bool) -> Record:
        """``date_updated`` stays null until the first edit."""
        moment = iso_zulu(instant)
        dates = {"date_created": moment, "date_updated": None} if created else {"date_updated": moment}
        return {"statut": "published", **record, "id": key, **dates}

    def _write(self, key: Key, record: Record, *, created: bool) -> None:
        super()._write(key, record, created=created)
        self._records.pop(key, None)

    def expire_token(self) -> None:
        """Let the token be out of date from now on."""
        self._expired.add(TOKEN)

    async def answer(self, request: web.Request) -> web.Response:
        """A GraphQL request."""
        if self._limit.is_passed():
            extensions = {"code": "REQUESTS_EXCEEDED", "limit": self._limit.requests}
            return _errors(429, "Too many requests, retry after 1s.", extensions, {"Retry-After": "1"})
        _, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        if token in self._expired:
            return _errors(401, "Token expired.", {"code": "TOKEN_EXPIRED"})
        if token and token != TOKEN:
            return _errors(401, "Invalid user credentials.", {"code": "INVALID_CREDENTIALS"})
        try:
            body = await request.json()
            query, variables = body["query"], body.get("variables") or {}
            return self._executed(str(query), dict(variables), trusted=bool(token))
        except (json.JSONDecodeError, KeyError, TypeError, ValueError):
            return _errors(400, "Invalid payload. Must provide query string.", {"code": "INVALID_PAYLOAD"})

    def _executed(self, query: str, variables: dict[str, Any], *, trusted: bool) -> web.Response:
        try:
            document = _checked(query)
            if not trusted:
                # The public role reads no collection: Directus then answers as if there were none.
                message = 'Cannot query field "startups" on type "Query".'
                return _invalid([{"message": message}])
            data = executed(document, variables, Members(self._all(), self._limit_max))
        except BadQuery as bad:
            return _invalid([{"message": error.message} for error in bad.errors])
        return json_response(msgspec.json.encode({"data": data}))

    def _all(self) -> list[Record]:
        """Every record: filters look inside, and this directory is the smallest."""
        held = self._records
        keys = self.ledger.living()
        held.update((key, self.ledger.record(key)) for key in keys if key not in held)
        return [held[key] for key in keys]


@lru_cache(maxsize=64)
def _checked(query: str) -> DocumentNode:
    return checked(query)


def _invalid(errors: list[dict[str, Any]]) -> web.Response:
    return _errors(400, "GraphQL validation error.", {"code": "GRAPHQL_VALIDATION", "graphqlErrors": errors})


def _errors(
    status: int, message: str, extensions: dict[str, Any], headers: dict[str, str] | None = None
) -> web.Response:
    return json_response(
        msgspec.json.encode({"errors": [{"message": message, "extensions": extensions}]}), status, headers
    )
