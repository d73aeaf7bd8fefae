"""What a connector is: a declaration going in, pages of listings and the proof that they are whole coming out.

A declaration holds everything that differs between two partners of one protocol; every key may be set or overridden in
``partners.<name>`` of the settings.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Final, Literal, Protocol, Self
from zoneinfo import ZoneInfo

from msgspec import Struct
from pydantic import AfterValidator, Field, SecretStr, model_validator
from yarl import URL

from connectors.fields import OFFICIAL, Fields, Frozen
from directory.records import End, Listing, Page, PartnerInfo, PartnerKind, Unusable

# Whom to ask about our requests where the hub's operator names nobody.
PROJECT: Final = "https://github.com/circuit-court/circuit-court"

ProtocolName = Literal["kinto", "csv", "wordpress", "ckan", "directus", "json", "register"]
AuthMethod = Literal["none", "basic", "bearer", "header", "oauth2"]
PagingStyle = Literal["page", "offset", "next", "link", "single"]


def _checked_address(value: str) -> str:
    if not value:
        return value
    try:
        url = URL(value)
        port_is_valid = url.explicit_port is None or 0 < url.explicit_port < 65_536
    except ValueError:
        raise ValueError("is not an address; write https://host/path") from None
    if url.scheme not in {"http", "https"} or not url.host or not port_is_valid:
        raise ValueError("is not an address; write https://host/path")
    if url.user is not None or url.password is not None:
        raise ValueError("must not hold credentials; write them in username and password")
    return value.rstrip("/")


def _checked_charset(value: str) -> str:
    try:
        "é\n".encode(value)
    except (LookupError, UnicodeError):
        raise ValueError("is not a character set that can hold French text, for instance utf-8 or cp1252") from None
    if "\n".encode(value) != b"\n":
        raise ValueError("must keep ASCII as it is, as utf-8 and cp1252 do")
    return value


def _checked_timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError("is not a time zone, for instance Europe/Paris") from None
    return value


def _checked_secret(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().isprintable():
        raise ValueError("must be one line of visible characters")
    return value


def _checked_field(value: str) -> str:
    if value not in Fields.model_fields:
        raise ValueError(f"must name fields of a listing: {', '.join(Fields.model_fields)}")
    return value


Address = Annotated[str, Field(max_length=2_000), AfterValidator(_checked_address)]
Secret = Annotated[SecretStr, AfterValidator(_checked_secret)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]
Place = Annotated[str, Field(max_length=200, pattern=r'^[^"\\\x00-\x1f]*$')]
FieldName = Annotated[str, AfterValidator(_checked_field)]


class CsvFormat(Frozen):
    """How a CSV file is written. ``final_newline``: whether a file that ends in mid-line is taken to be cut.

    ``row_number`` is the name of a column that is added to each row: its number in the file, the first below the header
    being 1, for files whose rows have no id of their own.
    """

    delimiter: str = Field(default=";", min_length=1, max_length=1)
    final_newline: bool = True
    row_number: str | None = Field(default=None, min_length=1, max_length=80)


class JsonPages(Frozen):
    """How plain JSON pages are asked for and where their parts are.

    ``records`` and ``total`` are dotted paths into the answer; an empty ``records`` is an answer that is the list
    itself. ``paging``: ``page`` and ``offset`` count in ``position_param`` (from ``first``), ``next`` reads the next
    address at the path ``next``, ``link`` in the ``Link`` header, ``single`` is one answer. Unless set, ``first`` is
    1 for pages and 0 for offsets. ``member`` is the address of one member below ``base_url``, with ``{id}`` in place of
    its id, where there is one.
    """

    records: Place = ""
    total: Place | None = None
    paging: PagingStyle = "page"
    position_param: str = "page"
    size_param: str | None = "per_page"
    first: int | None = Field(default=None, ge=0)
    next: Place = "next"
    member: str | None = Field(default=None, pattern=r"\{id\}")


class Declaration(Frozen):
    """One partner: who it is, where and how it is read, with which credentials, and where its records keep what.

    ``path`` is a CSV file on this machine, read in place of ``base_url``; only the settings can name one.
    ``auth`` is how the partner is told who we are; ``anonymous`` allows reading without when no credential is set.
    ``allow_hosts`` names hosts inside private networks that may be read all the same. ``only`` keeps the records whose
    field holds one of the values: others are no members. ``extra_fields`` are asked for and kept in ``raw`` alone.
    Times are in seconds, ``overlap`` being how far an incremental reading looks back behind its cursor.

    A run is held for a steward when it would withdraw more than ``max_loss`` of the members, when more than
    ``max_unusable`` of the records lack a field of ``required``, or when more than ``max_failing`` fail a check that
    they passed last time. ``every`` is the rhythm of scheduled harvests, ``rate`` the most requests a second that one
    host is sent, ``hook_secret`` signs the partner's own calls, ``contact`` is whom its webmaster may ask about ours.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    title: str = Field(min_length=1, max_length=80)
    organisation: str = Field(min_length=1, max_length=200)
    url: Address = ""
    licence: str | None = Field(default=None, max_length=200)
    priority: int = Field(default=100, ge=0, le=1_000)
    kind: PartnerKind = PartnerKind.DIRECTORY
    enabled: bool = True
    contact: str = Field(default=PROJECT, max_length=200, pattern=r"^[!-'*-~]+$")
    every: float = Field(default=3_600, ge=1, le=604_800)

    protocol: ProtocolName
    base_url: Address = ""
    path: str | None = Field(default=None, min_length=1, max_length=4_000)
    resource: str = Field(default="", max_length=500)
    page_size: int = Field(default=100, ge=1, le=32_000)
    charset: Annotated[str, AfterValidator(_checked_charset)] = "utf-8"
    timezone: Annotated[str, AfterValidator(_checked_timezone)] = "UTC"
    csv: CsvFormat = CsvFormat()
    pages: JsonPages = JsonPages()

    auth: AuthMethod = "none"
    anonymous: bool = False
    username: str | None = None
    password: Secret | None = None
    token: Secret | None = None
    token_header: str = Field(default="Authorization", pattern=r"^[A-Za-z][A-Za-z0-9-]{0,60}$")
    token_url: Address = ""
    client_id: str | None = None
    client_secret: Secret | None = None
    scope: str | None = None

    fields: Fields
    only: dict[str, tuple[str, ...]] = Field(default={})
    extra_fields: tuple[str, ...] = ()
    required: tuple[FieldName, ...] = ("name",)

    timeout: Seconds = 30
    page_budget: Seconds = 120
    time_budget: Seconds = 900
    rate: float = Field(default=10, gt=0, le=10_000)
    retries: int = Field(default=4, ge=0, le=20)
    retry_pause: Seconds = 0.5
    retry_after_limit: float = Field(default=30, ge=0, le=3_600)
    max_body_bytes: int = Field(default=64_000_000, ge=1_000)
    max_loss: float = Field(default=0.2, ge=0, le=1)
    max_unusable: float = Field(default=0.02, ge=0, le=1)
    max_failing: float = Field(default=0.05, ge=0, le=1)
    hook_secret: Secret | None = None
    overlap: float = Field(default=120, ge=0, le=604_800)
    allow_hosts: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _check_official(self) -> Self:
        said = next((name for name in OFFICIAL if getattr(self.fields, name)), None)
        if said and self.kind is not PartnerKind.REGISTER:
            raise ValueError(f"says in fields.{said} what registers alone say; remove it, or set kind to REGISTER")
        return self

    @model_validator(mode="after")
    def _check_path(self) -> Self:
        if self.path is not None and self.protocol != "csv":
            raise ValueError("has a path, which only the protocol csv reads; remove it, or set protocol to csv")
        if self.path is not None and (self.auth != "none" or self.base_url):
            raise ValueError("has a path beside base_url or auth; remove it to read the address, or remove those")
        return self

    @property
    def place(self) -> str:
        """The key that says what is read."""
        return "base_url" if self.path is None else "path"

    @property
    def guesses_charset(self) -> bool:
        """Whether a file may be in UTF-8 or in CP1252, since nobody has said so."""
        return self.path is not None and "charset" not in self.model_fields_set

    @property
    def guesses_delimiter(self) -> bool:
        """Whether the header of a file tells what separates its columns, since nobody has said so."""
        return self.path is not None and "delimiter" not in self.csv.model_fields_set

    @property
    def info(self) -> PartnerInfo:
        """What the directory keeps of the partner."""
        return PartnerInfo(
            id=self.name,
            name=self.title,
            organisation=self.organisation,
            url=self.url,
            licence=self.licence,
            priority=self.priority,
            kind=self.kind,
        )

    @property
    def secrets(self) -> tuple[str, ...]:
        """The credentials in clear, to keep them out of messages."""
        held = (self.password, self.token, self.client_secret, self.hook_secret)
        return tuple(secret.get_secret_value() for secret in held if secret is not None)

    def setting(self, key: str) -> str:
        """The key's full name in the settings, for error messages."""
        return f"partners.{self.name}.{key}"


class Probe(Struct, frozen=True, kw_only=True):
    """What one look at a partner gave: its credentials work and its first page is readable.

    ``total`` is the number of members it announces, where it announces one; ``seconds`` what the look took; ``notes``
    are sentences on what was guessed.
    """

    partner: str
    total: int | None
    listings: tuple[Listing, ...]
    unusable: tuple[Unusable, ...]
    requests: int
    seconds: float
    notes: tuple[str, ...] = ()


class Connector(Protocol):
    """A partner that can be read."""

    declaration: Declaration

    async def probe(self) -> Probe:
        """Proves the credentials and reads one page. Raises :class:`connectors.errors.PartnerError`."""
        ...

    def read(self, cursor: str | None = None) -> AsyncIterator[Page | End]:
        """Pages, then one :class:`End`; without a cursor, or with one that no longer serves, everything.

        A page replaces what earlier pages of the same reading said of the same ids. Raises
        :class:`connectors.errors.PartnerError`; a reading that ends without an :class:`End` is not whole.
        """
        ...

    async def member(self, external_id: str) -> Listing | None:
        """One member as the partner has it now; ``None`` when it is none, or none any more.

        Raises :class:`connectors.errors.PartnerError`, :class:`connectors.errors.RecordUnusable` for a record that
        cannot become a listing, and :class:`connectors.errors.CannotAsk` where the protocol knows no such question.
        """
        ...

    def members(self, external_ids: Sequence[str]) -> AsyncIterator[Page | End]:
        """These members as the partner has them now, as a reading that proves nothing about others."""
        ...
