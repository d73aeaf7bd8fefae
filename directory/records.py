"""What the hub speaks of: listings, suppliers and their parts. Frozen, typed, without any input or output.

Units and formats are those of the field: SIREN is 9 digits, SIRET is 14 digits (the SIREN and 5 more), NAF codes are
written with their dot (``43.22A``), phones in E.164 (``+33491000000``), coordinates in WGS 84 degrees, instants in UTC.

Three layers of truth are kept apart: a :class:`Listing` is what a partner said and is never edited; a steward's
decision is append-only; a :class:`Supplier` is computed and can be thrown away.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final

from msgspec import Struct


class CompanySize(StrEnum):
    """Enterprise categories of decree 2008-1354, read from head-count alone: fewer than 10, 250, 5,000, and above."""

    MICRO = "MICRO"
    PME = "PME"
    ETI = "ETI"
    GE = "GE"
    UNKNOWN = "UNKNOWN"


class SupplierStatus(StrEnum):
    """Whether the company is in business."""

    ACTIVE = "ACTIVE"
    CLOSED = "CLOSED"
    SUSPECTED_CLOSED = "SUSPECTED_CLOSED"


class Disclosure(StrEnum):
    """What may be shown of a company (Code de commerce, art. A123-96; INSEE "statut de diffusion")."""

    FULL = "FULL"
    PARTIAL = "PARTIAL"
    OPTED_OUT = "OPTED_OUT"


# What stands where a name is not to be diffused: INSEE's own mark.
MASK: Final = "[ND]"


class Nomenclature(StrEnum):
    """The list an activity code is taken from."""

    NAF_REV2 = "NAF_REV2"
    NAF_2025 = "NAF_2025"
    CPV = "CPV"
    PARTNER = "PARTNER"


class SupplierField(StrEnum):
    """Fields of a supplier whose value is chosen among listings and carries provenance."""

    NAME = "NAME"
    SIREN = "SIREN"
    DESCRIPTION = "DESCRIPTION"
    ACTIVITIES = "ACTIVITIES"
    ADDRESS = "ADDRESS"
    LOCATION = "LOCATION"
    WEBSITE = "WEBSITE"
    EMAIL = "EMAIL"
    PHONE = "PHONE"
    HEADCOUNT = "HEADCOUNT"
    LEGAL_FORM = "LEGAL_FORM"
    LABELS = "LABELS"
    SERVICE_AREA = "SERVICE_AREA"
    LOGO = "LOGO"


class ChoiceRule(StrEnum):
    """Why one value was preferred to the others."""

    PINNED_BY_STEWARD = "PINNED_BY_STEWARD"
    CLAIMED_BY_OWNER = "CLAIMED_BY_OWNER"
    OFFICIAL_REGISTER = "OFFICIAL_REGISTER"
    PARTNER_PRIORITY = "PARTNER_PRIORITY"
    MOST_RECENT = "MOST_RECENT"
    ONLY_VALUE = "ONLY_VALUE"


class MatchDecision(StrEnum):
    """How sure the hub is that a listing belongs to its supplier."""

    AUTOMATIC = "AUTOMATIC"
    PENDING = "PENDING"
    CONFIRMED = "CONFIRMED"
    REJECTED = "REJECTED"
    SPLIT = "SPLIT"


class MatchMethod(StrEnum):
    """What settled the membership of a listing in a supplier."""

    SIRET = "SIRET"
    SIREN = "SIREN"
    EXACT = "EXACT"
    PROBABILISTIC = "PROBABILISTIC"
    STEWARD = "STEWARD"


class ChangeKind(StrEnum):
    """What happened to a supplier, for sites that keep a copy."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    MERGED = "MERGED"
    SPLIT = "SPLIT"
    REMOVED = "REMOVED"


class Flag(Struct, frozen=True):
    """A value that failed its check: kept as the partner gave it, and said.

    ``field`` is a field of :class:`Listing`, ``code`` one of ``CHECKSUM``, ``FORMAT``, ``UNKNOWN``, ``RANGE``, and
    ``CONFLICT`` of two values that cannot both be true.
    """

    field: str
    code: str
    value: str


class Location(Struct, frozen=True):
    """A point, WGS 84 degrees. ``approximate`` when it is the centre of the commune, not the address."""

    latitude: float
    longitude: float
    approximate: bool = False


class Address(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A postal address. ``commune_code`` and ``department`` are INSEE codes.

    A connector gives the department as the partner writes it. :mod:`directory.intake` fills both codes as far as
    anything in the address tells them, and gives the commune its official name.
    """

    lines: tuple[str, ...] = ()
    postcode: str | None = None
    commune: str | None = None
    commune_code: str | None = None
    department: str | None = None


class Contact(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How to reach the company; personal data, shown by :mod:`directory.disclosure`. ``phone`` is E.164."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None


class Activity(Struct, frozen=True, omit_defaults=True):
    """What a company does. ``code`` belongs to ``nomenclature``; a partner's own sector has its slug as code."""

    code: str
    nomenclature: Nomenclature = Nomenclature.NAF_REV2
    label: str | None = None


class Label(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A distinction (RGE, ESUS, Artisan d'art …). ``id`` is a slug; ``responsible`` marks responsible purchasing."""

    id: str
    name: str
    issuer: str | None = None
    responsible: bool = False


class Listing(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One partner's record of one member, as that partner gave it.

    ``raw`` is the record itself as JSON text: the partner's bytes for JSON protocols; for CSV an object of column to
    cell, cells unaltered. The other fields are the same values checked and in canonical form; one that fails its check
    is absent here, present in ``raw`` and named in ``flags``. ``service_areas`` is where the company works, in the
    partner's words, and ``service_area_keys`` what they mean (:mod:`directory.areas`). ``label_ends`` has the last
    day of those labels, by id, of which the partner says it. Fields after ``flags`` are
    filled by :mod:`directory.intake` from the nomenclatures.
    """

    partner: str
    external_id: str
    name: str
    raw: str
    trade_names: tuple[str, ...] = ()
    siren: str | None = None
    siret: str | None = None
    description: str | None = None
    activities: tuple[Activity, ...] = ()
    address: Address = Address()
    location: Location | None = None
    contact: Contact = Contact()
    website: str | None = None
    headcount: str | None = None
    legal_form: str | None = None
    labels: tuple[str, ...] = ()
    service_areas: tuple[str, ...] = ()
    founded: int | None = None
    url: str | None = None
    modified_at: datetime | None = None
    flags: tuple[Flag, ...] = ()
    size: CompanySize = CompanySize.UNKNOWN
    legal_form_code: str | None = None
    label_ids: tuple[str, ...] = ()
    label_ends: tuple[tuple[str, date], ...] = ()
    service_area_keys: tuple[str, ...] = ()
    # What registers alone say: whether the company is in business, since when not, and what may be shown of it.
    status: SupplierStatus | None = None
    closed_on: date | None = None
    disclosure: Disclosure | None = None


class Unusable(Struct, frozen=True):
    """A row that cannot become a listing. ``reason`` is one sentence fit for a steward; ``excerpt`` is bounded."""

    external_id: str | None
    reason: str
    excerpt: str = ""


class Scope(StrEnum):
    """What a finished reading proves about members that it did not mention."""

    FULL = "FULL"  # they are gone
    CHANGES = "CHANGES"  # nothing, unless End.present says otherwise
    UNCHANGED = "UNCHANGED"  # nothing has changed at all


class Traffic(Struct, frozen=True, kw_only=True):
    """What a reading has cost so far. ``retries`` are among the ``requests``; ``waited_seconds`` were spent in pauses
    that the partner asked for, that a retry takes or that politeness does.
    """

    requests: int = 0
    retries: int = 0
    waited_seconds: float = 0.0


class Copy(Struct, frozen=True, kw_only=True):
    """A piece of one answer as the partner gave it (unpacked), kept so that a reading can be made again without asking.

    ``chapter`` is the part of the reading (``terms``, ``pass``, ``sweep``), ``number`` the answer's place in it from 0,
    ``piece`` the place in the answer; method, path, status and the ``headers`` that a reading uses stand with piece 0.
    """

    chapter: str
    number: int
    piece: int = 0
    method: str = "GET"
    path: str = ""
    status: int = 200
    headers: Mapping[str, str] = {}
    body: bytes = b""


class FieldShape(Struct, frozen=True, kw_only=True):
    """How a field of a partner's own records looked in one reading.

    ``path`` is dotted, the column itself in a CSV file; ``kinds`` counts the records by the JSON kind of the value
    (``text``, ``number``, ``yes/no``, ``list``, ``table``, ``empty`` for null or blank); ``example`` is one value, cut.
    """

    path: str
    kinds: Mapping[str, int]
    example: str = ""


class Page(Struct, frozen=True, kw_only=True):
    """One page of a partner's directory. ``deleted`` holds external ids of tombstones.

    ``copies`` are the answers it was made of, ``traffic`` is the reading's up to here, ``announced`` the number of
    members the partner says it has. ``restarts``: the reading begins anew with this page, and what came before it
    counts no more.
    """

    listings: tuple[Listing, ...] = ()
    unusable: tuple[Unusable, ...] = ()
    deleted: tuple[str, ...] = ()
    size_bytes: int = 0
    copies: tuple[Copy, ...] = ()
    traffic: Traffic = Traffic()
    announced: int | None = None
    restarts: bool = False


class End(Struct, frozen=True, kw_only=True):
    """The last thing a reading yields, and the proof that it is whole; a reading without it is refused.

    ``cursor`` is opaque to everyone but the connector and is handed back at the next reading. ``present`` is a sweep
    of every id that exists (for protocols without tombstones); what is missing from it is withdrawn, and a
    member in it that no reading gave has everything read at the next one.
    ``copies`` are those that came after the last page. ``shape`` is how the partner's own records look.
    ``lacking`` says how many records have nothing in a field that the declaration requires, unusable ones included.
    """

    scope: Scope
    cursor: str | None = None
    present: frozenset[str] | None = None
    copies: tuple[Copy, ...] = ()
    traffic: Traffic = Traffic()
    shape: tuple[FieldShape, ...] = ()
    lacking: Mapping[str, int] = {}


class SourceError(Exception):
    """A partner could not be read. ``str()`` is one sentence without secrets, fit for a steward to read.

    ``traffic`` is what it cost to find out. ``is_outage`` when another try later may help, not before ``retry_at``
    where the partner named an instant.
    """

    traffic = Traffic()
    is_outage = False
    retry_at: datetime | None = None


class PartnerKind(StrEnum):
    """What a source is to the directory."""

    DIRECTORY = "DIRECTORY"  # an organisation's members: each is listed because it belongs
    REGISTER = "REGISTER"  # an official register: it says what is so of companies that directories list


class PartnerInfo(Struct, frozen=True, kw_only=True):
    """An organisation whose directory we read. ``priority``: lower wins where listings disagree; registers win."""

    id: str
    name: str
    organisation: str
    url: str = ""
    licence: str | None = None
    priority: int = 100
    kind: PartnerKind = PartnerKind.DIRECTORY


class Establishment(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One site of a company. ``id`` is stable within the supplier: its SIRET, or ``-`` and a digest of its address."""

    id: str
    siret: str | None = None
    name: str | None = None
    address: Address = Address()
    location: Location | None = None
    is_head_office: bool = False
    is_open: bool = True
    listings: tuple[int, ...] = ()


class LabelGrant(Struct, frozen=True, omit_defaults=True):
    """A label that a partner says the company holds; up to and on ``expires_on``, where the partner says that too."""

    label: str
    partner: str
    expires_on: date | None = None

    def is_held(self, today: date) -> bool:
        """Whether it has not expired by this day."""
        return self.expires_on is None or self.expires_on >= today


class FieldValue(Struct, frozen=True, kw_only=True):
    """One listing's value of a field. ``observed_at`` is when the partner last confirmed it."""

    value: str
    listing: int
    partner: str
    observed_at: datetime


class FieldProvenance(Struct, frozen=True, kw_only=True):
    """Where a supplier's value comes from, by which rule, and the values that lost."""

    field: SupplierField
    chosen: FieldValue
    rule: ChoiceRule
    alternatives: tuple[FieldValue, ...] = ()


class Criterion(Struct, frozen=True):
    """One part of the quality score; both in 0…1."""

    name: str
    score: float


class Quality(Struct, frozen=True, kw_only=True):
    """How good the record is: ``score`` and ``completeness`` in 0…1, ``freshest_at`` the newest confirmation."""

    score: float
    completeness: float
    freshest_at: datetime | None = None
    criteria: tuple[Criterion, ...] = ()


class Supplier(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One company, merged from every listing that names it: the golden record. ``id`` lasts across recomputations.

    ``service_areas`` are keys of :mod:`directory.areas` (``DEPARTMENT:13``); none where no partner says where it works.
    """

    id: int
    name: str
    quality: Quality
    siren: str | None = None
    trade_names: tuple[str, ...] = ()
    description: str | None = None
    website: str | None = None
    size: CompanySize = CompanySize.UNKNOWN
    legal_form: str | None = None
    activities: tuple[Activity, ...] = ()
    status: SupplierStatus = SupplierStatus.ACTIVE
    closed_on: date | None = None
    disclosure: Disclosure = Disclosure.FULL
    labels: tuple[LabelGrant, ...] = ()
    service_areas: tuple[str, ...] = ()
    contact: Contact = Contact()
    establishments: tuple[Establishment, ...] = ()
    partners: tuple[str, ...] = ()
    listings: tuple[int, ...] = ()

    @property
    def head_office(self) -> Establishment | None:
        """The establishment marked as head office, else the first one."""
        marked = (site for site in self.establishments if site.is_head_office)
        return next(marked, self.establishments[0] if self.establishments else None)


def now() -> datetime:
    """The present instant, in UTC: the clock of whoever is not given one."""
    return datetime.now(UTC)


def utc(instant: datetime) -> datetime:
    """The same instant in UTC; a naive one is taken to be UTC already (SQLite gives those back)."""
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
