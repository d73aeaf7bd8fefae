"""What the five partner servers share: a ledger, a clock, and editing upstream as the partner's own staff would."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar

from aiohttp import web

from demo.clocks import from_ms, to_ms
from demo.ledger import Key, Ledger, Record, Stock, merged

Clock = Callable[[], datetime]


def now() -> datetime:
    """The present instant, UTC."""
    return datetime.now(UTC)


class DemoServer(ABC):
    """A source behind its protocol. Give :meth:`app` to aiohttp, and the address to :meth:`settings`."""

    name: ClassVar[str]

    @abstractmethod
    def app(self) -> web.Application:
        """The web application."""

    @abstractmethod
    def settings(self, address: str) -> dict[str, Any]:
        """What the hub must be told to read this server at ``address`` (``http://127.0.0.1:8001``)."""


class PartnerServer(DemoServer):
    """One partner's directory."""

    key_type: ClassVar[type[int] | type[str]] = int

    def __init__(self, stock: Stock, *, clock: Clock = now) -> None:
        self.ledger = Ledger(stock)
        self.clock = clock

    @abstractmethod
    def new_key(self, record: Record) -> Key:
        """The key that the partner's software gives to a new member."""

    @abstractmethod
    def stamped(self, record: Record, key: Key, instant: datetime, *, created: bool) -> Record:
        """The record with its key and its instants of change as the partner's software writes them."""

    def add(self, record: Record) -> str:
        """A new member, in the partner's own shape; its external id is given back."""
        key = self.new_key(record)
        self._write(key, record, created=True)
        return str(key)

    def edit(self, external_id: str, **changes: Any) -> None:
        """Change fields of a member; fields inside ``adresse`` or ``meta`` can be given alone."""
        key = self._known(external_id)
        self._write(key, merged(self.ledger.record(key), changes), created=False)

    def delete(self, external_id: str) -> None:
        """Remove a member."""
        self.ledger.remove(self._known(external_id), self._instant())

    def record(self, external_id: str) -> Record:
        """The member's record, in the partner's own shape."""
        return dict(self.ledger.record(self._known(external_id)))

    def external_ids(self) -> list[str]:
        """External ids of every member, in the partner's order."""
        return [str(key) for key in self.ledger.living()]

    def _known(self, external_id: str) -> Key:
        key = self.key_type(external_id)
        if key not in self.ledger:
            raise KeyError(f"{self.name} has no member {external_id!r}")
        return key

    def _instant(self) -> int:
        return to_ms(self.clock())

    def _write(self, key: Key, record: Record, *, created: bool) -> None:
        instant = self._instant()
        moment = from_ms(instant)
        self.ledger.write(key, self.stamped(record, key, moment, created=created), instant)


class NumberedServer(PartnerServer):
    """A partner whose software numbers its members from 1 upwards and never gives a number twice."""

    def __init__(self, stock: Stock, *, clock: Clock = now) -> None:
        super().__init__(stock, clock=clock)
        self._last = max((int(key) for key in self.ledger.living()), default=0)

    def new_key(self, record: Record) -> Key:
        """The next number."""
        self._last += 1
        return self._last


def json_response(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """Bytes that are JSON already."""
    return web.Response(body=body, status=status, headers=headers, content_type="application/json")
