"""Days on which the server says no, or nothing at all."""

import json
from collections.abc import Mapping
from typing import Final

from aiohttp import hdrs, web

from demo.weather.answers import HTML, Answer
from demo.weather.days import Day, Exchange
from demo.weather.manners import Manner

_HTML_HEAD: Final[Mapping[str, str]] = {hdrs.CONTENT_TYPE: "text/html; charset=utf-8"}


class RateLimited(Day):
    """429 once, with ``Retry-After`` in seconds."""

    name = "rate_limited"

    def __init__(self, seconds: int = 3) -> None:
        super().__init__(once=True)
        self.seconds = seconds

    def spoilt(self, answer: Answer, exchange: Exchange) -> Answer:
        """No records."""
        return Answer(429, {hdrs.RETRY_AFTER: str(self.seconds)})


class ComeBackLater(Day):
    """429 with ``Retry-After: 3600``."""

    name = "come_back_later"

    def spoilt(self, answer: Answer, exchange: Exchange) -> Answer:
        """No records for an hour."""
        return Answer(429, {hdrs.RETRY_AFTER: "3600"})


class Maintenance(Day):
    """503 with ``Retry-After: 600`` and a page for people."""

    name = "maintenance"

    def spoilt(self, answer: Answer, exchange: Exchange) -> Answer:
        """No records for ten minutes."""
        return Answer(503, {**_HTML_HEAD, hdrs.RETRY_AFTER: "600"}, HTML)


class ServerError(Day):
    """500 with a page for people, as when the database is dead."""

    name = "server_error"

    def spoilt(self, answer: Answer, exchange: Exchange) -> Answer:
        """No records."""
        return Answer(500, _HTML_HEAD, HTML)


class Dead(Day):
    """The connection is reset without a word."""

    name = "dead"

    async def struck(self, exchange: Exchange) -> web.StreamResponse:
        """Nothing."""
        if exchange.request.transport is not None:
            exchange.request.transport.abort()
        return web.Response()


class Echo(Day):
    """400 with an error that repeats the reader's own credentials, where an error's code and its text stand."""

    name = "echo"

    def spoilt(self, answer: Answer, exchange: Exchange) -> Answer:
        """The credentials, and what they are made of."""
        said = " ".join(value for name, value in exchange.request.headers.items() if name.lower() != "host")
        body = {"code": said, "error": said, "errors": [{"message": said, "extensions": {"code": said}}]}
        return Answer(400, {hdrs.CONTENT_TYPE: "application/json", "X-Echo": said}, json.dumps(body).encode())


class TokenExpires(Day):
    """Every token that was seen before the second page is out of date from there on: 401 with HTML (RFC 6750, 3)."""

    name = "token_expires"

    def __init__(self) -> None:
        super().__init__()
        self._spent: set[str] = set()

    @classmethod
    def absent(cls, manner: Manner) -> str | None:
        """Only OAuth's tokens do."""
        return None if manner.has_tokens else "its credentials do not expire"

    def strikes(self, exchange: Exchange) -> bool:
        """A token that the first page was read with."""
        token = exchange.request.headers.get(hdrs.AUTHORIZATION, "")
        if exchange.page == 1:
            self._spent.add(token)
        return exchange.page > 1 and token in self._spent

    def spoilt(self, answer: Answer, exchange: Exchange) -> Answer:
        """No records for this token."""
        return Answer(401, {**_HTML_HEAD, hdrs.WWW_AUTHENTICATE: 'Bearer error="invalid_token"'}, HTML)


class ScopeCut(Day):
    """The token endpoint grants nothing of the scope that was asked for, and says so by leaving it out."""

    name = "scope_cut"

    @classmethod
    def absent(cls, manner: Manner) -> str | None:
        """Only OAuth knows scopes."""
        return None if manner.has_tokens else "it grants no scopes"

    def strikes(self, exchange: Exchange) -> bool:
        """Every token."""
        return exchange.request.path.endswith("/token")

    def spoilt(self, answer: Answer, exchange: Exchange) -> Answer:
        """A token without a scope."""
        granted = {key: value for key, value in answer.json.items() if key != "scope"}
        return answer.with_json(granted)
