"""Helpers of the demo's tests: a clock, stocks of a few rows, and answers read whole."""

import base64
import hashlib
import socket
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import msgspec
from multidict import CIMultiDictProxy

from demo import PARTNERS, Region
from demo.files import FileStock
from demo.ledger import Record


class Clock:
    """An instant that only tests move."""

    def __init__(self) -> None:
        self.instant = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.instant

    def tick(self, **by: float) -> None:
        """Move on by so many seconds, minutes …"""
        self.instant += timedelta(**by)


class Answer(msgspec.Struct):
    """An HTTP answer, read whole."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return msgspec.json.decode(self.body)


async def ask(session: aiohttp.ClientSession, url: str, *, method: str = "GET", **options: Any) -> Answer:
    """Send a request and read its answer whole."""
    async with session.request(method, url, **options) as response:
        return Answer(response.status, response.headers, await response.read())


def basic(user: str, password: str) -> dict[str, str]:
    """The header of HTTP Basic."""
    return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


def bearer(token: str) -> dict[str, str]:
    """The header of a bearer token."""
    return {"Authorization": f"Bearer {token}"}


def rows_of(rows: list[Record], key: str, instants: Mapping[Any, int]) -> FileStock:
    """A stock of a few rows whose instants of change (ms) are given by key."""
    return FileStock(rows, key, lambda row: instants[row[key]])


def fingerprint(seed: int, companies: int) -> str:
    """A digest of all that the five partners list."""
    digest, region = hashlib.sha256(), Region(seed, companies)
    for partner in PARTNERS:
        stock = region.stock(partner)
        for key, instant in stock.entries():
            digest.update(msgspec.json.encode((key, instant, stock.record(key))))
    return digest.hexdigest()


def six_free_ports() -> int:
    """The first of six ports in a row that nobody listens on."""
    for first in range(21_000, 30_000, 6):
        with ExitStack() as stack:
            try:
                for port in range(first, first + 6):
                    stack.enter_context(socket.create_server(("127.0.0.1", port)))
            except OSError:
                continue
            return first
    raise AssertionError("no six free ports between 21000 and 30000")
