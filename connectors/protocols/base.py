"""What a protocol answers: everything, the changes since a position, and every id that exists.

One object serves one reading. ``scope`` says, once a pass is over, what it proves about members it did not mention;
``position`` where the next reading may begin, in the partner's own terms; ``notes`` say what was guessed.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final, TypeVar

import msgspec
from yarl import URL

from connectors import jsontext
from connectors.charsets import Charset, WrongCharset
from connectors.errors import CannotAsk, PartnerRefused
from connectors.fields import Source
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
    """One partner's way of speaking. ``tombstone`` is the field that is true for a deleted record.

    ``sweeps``: what was deleted shows in a sweep of every id alone, so that there are :meth:`identities` and
    :meth:`total`.
    """

    tombstone: ClassVar[str | None] = None
    sweeps: ClassVar[bool] = False

    def __init__(self, transport: Transport) -> None:
        self.http = transport
        self.declared = transport.declaration
        self.scope = Scope.FULL
        self.started_at: datetime | None = None
        self.notes: list[str] = []
        self._charset = Charset(self.declared.charset)

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

    def sample(self) -> Batches:
        """Some records, for a look at them: of these the first page is read, and no more."""
        return self.everything()

    def changes(self, since: Position) -> Batches:
        """Records that may have changed since a position: all of them, where the partner cannot tell."""
        return self.everything()

    def identities(self) -> Batches:
        """Every record, with no more than what its id and ``only`` need."""
        raise NotImplementedError

    async def total(self) -> int | None:
        """How many records there are, asked for by itself."""
        raise NotImplementedError

    @property
    def reads_whole(self) -> bool:
        """Whether everything must be read to find one member."""
        return False

    async def member(self, external_id: str) -> str | None:
        """The record of one member as in a page; ``None`` when there is none. Raises :class:`CannotAsk`."""
        raise self.cannot_ask("its protocol has no question for one member; read the whole directory instead")

    def position(self, newest: datetime | None) -> Position | None:
        """Where the next reading of changes begins; ``newest`` is the latest change that was seen."""
        return {"at": self.started_at.isoformat()} if self.started_at else None

    def start(self, scope: Scope) -> None:
        """Begins a pass."""
        self.scope = scope
        self.started_at = None

    def clock(self, reply: Reply) -> None:
        """Takes the partner's own time from the first answer of a pass."""
        self.started_at = self.started_at or reply.date

    def behind(self, since: Position) -> datetime:
        """The position's instant less the overlap, in whole seconds."""
        at = datetime.fromisoformat(since["at"]).astimezone(UTC).replace(microsecond=0)
        return at - timedelta(seconds=self.declared.overlap)

    def asked_fields(self, *, whole: bool) -> tuple[str, ...]:
        """Paths to ask for: every one that is mapped or wanted in ``raw``, or what identifies and dates a record."""
        fields = self.declared.fields
        identifying = [source.path for source in (*fields.id, *fields.modified_at)] + list(self.declared.only)
        mapped = [path for source in self.declared.fields.every() for path in source.paths] if whole else []
        return tuple(dict.fromkeys([*identifying, *mapped, *(self.declared.extra_fields if whole else ())]))

    def top_fields(self, *, whole: bool) -> tuple[str, ...]:
        """The first steps of :meth:`asked_fields`."""
        return tuple(dict.fromkeys(steps(path, flat=False)[0] for path in self.asked_fields(whole=whole)))

    def body(self, reply: Reply) -> bytes:
        """The answer in UTF-8."""
        try:
            return self._charset.json(reply.body)
        except WrongCharset as fault:
            raise self.not_json(fault, "charset") from None

    def rows(self, reply: Reply, path: str = "") -> list[str]:
        """The JSON text of each record in the answer."""
        return self.records(self.body(reply), path)

    def text(self, record: msgspec.Raw) -> str:
        """The JSON text of one record that stands in an answer by itself."""
        return bytes(record).decode()

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

    def id_column(self) -> str:
        """The one place that an id is read from, as it is. Raises :class:`CannotAsk` where ids are made otherwise."""
        source, *others = self.declared.fields.id
        if others or source != Source(path=source.path):
            raise self.cannot_ask(
                f"{self.declared.setting('fields')}.id is not one place of its records alone, so that no id can be "
                "asked for; read the whole directory instead"
            )
        return source.path

    def own_id(self) -> None:
        """Raises :class:`CannotAsk` where another field than the protocol's own ``id`` identifies members."""
        if self.id_column() != "id":
            raise self.cannot_ask(
                f"it is asked for records by their own id, and {self.declared.setting('fields')}.id is another; read "
                "the whole directory instead"
            )

    def cannot_ask(self, cause: str) -> CannotAsk:
        """The error for a question that there is no way to put."""
        return CannotAsk(self.declared.name, f"{self.declared.title}: {cause}")

    def not_json(self, fault: Exception, key: str) -> PartnerRefused:
        """The refusal of an answer that is not what was asked for, although its status said so."""
        return self.http.refused(
            f"an answer {fault}; ask the partner what its server says, or correct {self.declared.setting(key)}"
        )


def count(text: str | None) -> int | None:
    """A count from a header."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 12 else None
