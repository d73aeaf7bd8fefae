"""What a day is: a name, the partners that it cannot befall, and what becomes of an exchange.

A day strikes pages of records from the second one on (a file is one page, so from the first), for as long as it lasts
or ``once``.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from demo.weather.answers import Answer
from demo.weather.manners import Manner


@dataclass(frozen=True)
class Exchange:
    """One request that came to the proxy.

    ``page`` is its number among the pages asked for since the day began, 0 for anything else; ``stranger`` the address
    of another host. ``forwarded`` gives the partner's own answer, unpacked; ``passed`` sends it on as it came.
    """

    request: web.Request
    manner: Manner
    page: int
    stranger: str
    forwarded: Callable[[], Awaitable[Answer]]
    passed: Callable[[], Awaitable[web.StreamResponse]]


class Day:
    """The ground of all days: each says what :meth:`spoilt` makes of an answer, or :meth:`struck` of an exchange."""

    name: str
    first: int = 2
    # Another server that answers in the partner's place.
    upstream: str = ""

    def __init__(self, *, once: bool = False) -> None:
        self.once = once

    @classmethod
    def absent(cls, manner: Manner) -> str | None:
        """Why this day cannot befall a partner, or ``None`` where it can."""
        return None

    def strikes(self, exchange: Exchange) -> bool:
        """Whether the day spoils this exchange."""
        first = 1 if exchange.manner.is_file else self.first
        return exchange.page == first if self.once else exchange.page >= first

    async def answer(self, exchange: Exchange) -> web.StreamResponse:
        """What the reader is sent."""
        return await self.struck(exchange) if self.strikes(exchange) else await exchange.passed()

    async def struck(self, exchange: Exchange) -> web.StreamResponse:
        """What the reader is sent in place of the partner's answer."""
        return self.spoilt(await exchange.forwarded(), exchange).response()

    def spoilt(self, answer: Answer, exchange: Exchange) -> Answer:
        """The partner's answer, spoilt."""
        return answer


class Clear(Day):
    """Everything passes as it came."""

    name = "clear"

    def strikes(self, exchange: Exchange) -> bool:
        """Nothing."""
        return False


NO_FILE = "its directory is one file"
FILES_ONLY = "for CSV files"


class PagedDay(Day):
    """A day of partners that give their directory in pages of JSON."""

    @classmethod
    def absent(cls, manner: Manner) -> str | None:
        """Files have no pages."""
        return NO_FILE if manner.is_file else None
