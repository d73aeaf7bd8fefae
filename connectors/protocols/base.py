"""What a protocol answers: everything, the changes since a position, and every id that exists.

One object serves one reading. ``scope`` says, once a pass is over, what it proves about members it did not mention;
``position`` where the next reading may begin, in the partner's own terms.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final, TypeVar

import msgspec
from yarl import URL

from connectors import jsontext
from connectors.errors import PartnerRefused
from connectors.http import Transport
from connectors.paging import Batch
from connectors.paths import steps
from connectors.picking import Terms
from connectors.replies import Reply
from directory.records import Scope

_T = TypeVar("_T")
# Servers may give more than was asked for, and a whole directory in one answer; beyond this something is wrong.
_MOST_PAGES: Final = 10
_MOST_RECORDS: Final = 50_000

Position = Mapping[str, str]
Batches = AsyncGenerator[Batch, None]


class Protocol(ABC):
    """One partner's way of speaking. ``tombstone`` is the field that is true for a deleted record."""

    tombstone: ClassVar[str | None] = None

    def __init__(self, transport: Transport) -> None:
        self.http = transport
        self.declared = transport.declaration
        self.scope = Scope.FULL
        self._started_at: datetime | None = None

    @property
    def address(self) -> URL:
        """What is read: the resource below the base address."""
        base = URL(self.declared.base_url)
        return base.joinpath(*self.declared.resource.strip("/").split("/")) if self.declared.resource else base

    async def prove(self) -> None:
        """Makes sure of the credentials where a wrong one would not be refused by itself."""
        return

    async def terms(self) -> Terms:
        """The partner's taxonomies that the declaration names."""
        return {}

    @abstractmethod
    def everything(self) -> Batches:
        """Every record, a page at a time."""

    def changes(self, since: Position) -> Batches:
        """Records that may have changed since a position: all of them, where the partner cannot tell."""
        return self.everything()

    def identities(self) -> Batches | None:
        """Every record, with no more than what its id and ``only`` need, where that is how deletions show."""
        return None

    def position(self, newest: datetime | None) -> Position | None:
        """Where the next reading of changes begins; ``newest`` is the latest change that was seen."""
        return {"at": self._started_at.isoformat()} if self._started_at else None

    def start(self, scope: Scope) -> None:
        """Begins a pass."""
        self.scope = scope
        self._started_at = None

    def clock(self, reply: Reply) -> None:
        """Takes the partner's own time from the first answer of a pass."""
        self._started_at = self._started_at or reply.date

    def behind(self, since: Position) -> datetime:
        """The position's instant less the overlap, in whole seconds."""
        at = datetime.fromisoformat(since["at"]).astimezone(UTC).replace(microsecond=0)
        return at - timedelta(seconds=self.declared.overlap)

    def asked_fields(self, *, whole: bool) -> tuple[str, ...]:
        """Paths to ask for: every one that is mapped or wanted in ``raw``, or what identifies a record."""
        identifying = [source.path for source in self.declared.fields.id] + list(self.declared.only)
        mapped = [source.path for source in self.declared.fields.every()] if whole else []
        return tuple(dict.fromkeys([*identifying, *mapped, *(self.declared.extra_fields if whole else ())]))

    def top_fields(self, *, whole: bool) -> tuple[str, ...]:
        """The first steps of :meth:`asked_fields`."""
        return tuple(dict.fromkeys(steps(path, flat=False)[0] for path in self.asked_fields(whole=whole)))

    def body(self, reply: Reply) -> bytes:
        """The answer in UTF-8."""
        try:
            return jsontext.as_utf8(reply.body, self.declared.charset)
        except jsontext.NotJson as fault:
            raise self.not_json(fault, "charset") from None

    def rows(self, reply: Reply, path: str = "") -> list[str]:
        """The JSON text of each record in the answer."""
        return self.records(self.body(reply), path)

    def records(self, answer: bytes | msgspec.Raw, path: str = "") -> list[str]:
        """The JSON text of each record in a part of an answer, ten pages or 50,000 of them at most."""
        most = max(_MOST_PAGES * self.declared.page_size, _MOST_RECORDS)
        try:
            return jsontext.records(answer, path, most)
        except jsontext.NotJson as fault:
            raise self.not_json(fault, "resource") from None
        except jsontext.TooMany:
            raise self.http.refused(
                f"an answer holds more than {most:,} records; if that is right, raise "
                f"{self.declared.setting('page_size')}"
            ) from None

    def parsed(self, reply: Reply, shape: type[_T]) -> _T:
        """The answer in the shape that the protocol promises."""
        try:
            return jsontext.decoded(self.body(reply), shape)
        except jsontext.NotJson as fault:
            raise self.not_json(fault, "resource") from None

    def not_json(self, fault: Exception, key: str) -> PartnerRefused:
        """The refusal of an answer that is not what was asked for, although its status said so."""
        return self.http.refused(
            f"an answer {fault}; ask the partner what its server says, or correct {self.declared.setting(key)}"
        )


def count(text: str | None) -> int | None:
    """A count from a header."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 12 else None
