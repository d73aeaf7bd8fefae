"""What can be asked of the index and what it answers: plain values, without any of tantivy in them.

Every list in :class:`Where` means "one of these" unless its name begins with ``all_``; an empty list is no filter;
filters hold together. Values are checked when the query is compiled (:class:`~directory.search.errors.InvalidQuery`).
"""

from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from msgspec import Struct

from directory.disclosure import Role
from directory.records import CompanySize, SupplierField, SupplierStatus
from directory.understanding.contract import Interpretation

MAX_PAGE = 100
MAX_TEXT = 500
MAX_RADIUS_KM = 500.0


class OrderField(StrEnum):
    """What hits can be ordered by. DISTANCE needs ``near``; RELEVANCE without text is QUALITY."""

    RELEVANCE = "RELEVANCE"
    DISTANCE = "DISTANCE"
    NAME = "NAME"
    QUALITY = "QUALITY"
    UPDATED_AT = "UPDATED_AT"


class Direction(StrEnum):
    """Which end comes first."""

    ASC = "ASC"
    DESC = "DESC"


class FacetField(StrEnum):
    """What hits can be counted by. PARTNER_COUNT and QUALITY count those that have so much or more."""

    NAF = "NAF"
    NAF_DIVISION = "NAF_DIVISION"
    NAF_SECTION = "NAF_SECTION"
    SIZE = "SIZE"
    LABEL = "LABEL"
    RESPONSIBLE_PURCHASING = "RESPONSIBLE_PURCHASING"
    PARTNER = "PARTNER"
    PARTNER_COUNT = "PARTNER_COUNT"
    DEPARTMENT = "DEPARTMENT"
    EPCI = "EPCI"
    COMMUNE = "COMMUNE"
    LEGAL_FORM = "LEGAL_FORM"
    STATUS = "STATUS"
    HAS = "HAS"
    QUALITY = "QUALITY"


class Near(Struct, frozen=True):
    """A disc, WGS 84 degrees and kilometres. A supplier is in it when one of its open establishments is."""

    latitude: float
    longitude: float
    radius_km: float = 30.0


class Box(Struct, frozen=True):
    """A rectangle of the map, edges included, WGS 84 degrees. A supplier is in it when one of its open establishments
    is. It does not cross the date line: ``west`` is not above ``east``."""

    south: float
    west: float
    north: float
    east: float


class Where(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Filters. ``naf`` takes any level (``F``, ``43``, ``43.2``, ``43.22``, ``43.22A``).

    ``located_in`` takes official codes: commune ``13005``, department ``13``, region ``93``, EPCI
    ``200054807``; a code that a region and a department share means what :func:`directory.geography.area` says.
    ``serves`` takes the same: a supplier serves what one of the areas holds where it says that it works, or, if it says
    nothing of that, what it sits in. ``labels`` are label ids, ``label_issuers`` names of who grants one, accents and
    case aside; ``responsible_purchasing`` is whether one of the labels held counts for it (``labels.csv``).
    ``legal_form`` are codes of INSEE's "catégories juridiques" or their first digit or two, ``partners`` partner ids,
    ``min_quality`` in 0…1. An unknown label or partner is nobody's; other codes are checked.
    ``status`` is ACTIVE when left out, and no constraint inside ``not_``; an empty tuple is any status.
    """

    naf: tuple[str, ...] = ()
    size: tuple[CompanySize, ...] = ()
    labels: tuple[str, ...] = ()
    all_labels: tuple[str, ...] = ()
    label_issuers: tuple[str, ...] = ()
    responsible_purchasing: bool | None = None
    legal_form: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    all_partners: tuple[str, ...] = ()
    min_partners: int | None = None
    status: tuple[SupplierStatus, ...] | None = None
    located_in: tuple[str, ...] = ()
    min_quality: float | None = None
    serves: tuple[str, ...] = ()
    within: Box | None = None
    has: tuple[SupplierField, ...] = ()
    updated_since: datetime | None = None
    not_: "Where | None" = None


class Order(Struct, frozen=True):
    """An order of hits; equals are told apart by supplier id."""

    field: OrderField = OrderField.RELEVANCE
    direction: Direction = Direction.DESC


class SearchQuery(Struct, frozen=True):
    """A whole question. ``role`` is who asks: some filters are not for everyone (:mod:`directory.disclosure`).

    ``understood`` is what was understood of ``text``; its place is in ``where`` or ``near`` already (:func:`placed`).
    """

    text: str | None = None
    understood: Interpretation | None = None
    where: Where = Where()
    near: Near | None = None
    order: Order = Order()
    role: Role = Role.PUBLIC


class Window(Struct, frozen=True):
    """Which part of the ordered hits: ``first`` after a cursor, or ``last`` before one; at most ``MAX_PAGE``.

    ``first=0`` asks for the total alone. Neither given is ``first=20``. Without ``count`` there is no total: it saves a
    pass over the hits, and measuring a whole disc when only the nearest are wanted.
    """

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None
    count: bool = True


DEFAULT_WINDOW: Final = Window()


class Hit(Struct, frozen=True):
    """A supplier found. ``score`` when there was text, ``distance_km`` of its nearest site when there was ``near``."""

    id: int
    score: float | None
    distance_km: float | None
    cursor: str


class Criterion(StrEnum):
    """What a clue speaks for. DISTANCE is no clue: how near a supplier is comes with its hit."""

    IDENTIFIER = "IDENTIFIER"
    WHOLE_NAME = "WHOLE_NAME"
    NAME = "NAME"
    ACTIVITY = "ACTIVITY"
    PLACE = "PLACE"
    TEXT = "TEXT"
    UNDERSTOOD_ACTIVITY = "UNDERSTOOD_ACTIVITY"
    PARTNER = "PARTNER"
    LABEL = "LABEL"
    DISTANCE = "DISTANCE"


class Clue(Struct, frozen=True):
    """A term of an index field that a supplier may have, and what it then scores. ``said`` is how it reads."""

    criterion: Criterion
    field: str
    value: str
    points: int
    said: str


class Results(Struct, frozen=True):
    """A page of hits, in order, with the exact total of the whole query (None when it was not asked for).

    ``has_previous`` of a page after a cursor, and ``has_next`` of one before a cursor, say that the cursor was there.
    ``clues`` are what a hit's score is made of (:mod:`.reasons`).
    """

    hits: tuple[Hit, ...]
    total: int | None
    has_next: bool
    has_previous: bool
    clues: tuple[Clue, ...] = ()


class FacetBucket(Struct, frozen=True):
    """One value and how many suppliers have it. A partner's ``label`` is its id: names are settings.

    ``selected`` when a filter names the value now.
    """

    value: str
    label: str
    count: int
    selected: bool = False


class Facet(Struct, frozen=True):
    """The most frequent values of a field, most frequent first; ``other_count`` adds up the values left out."""

    field: FacetField
    buckets: tuple[FacetBucket, ...]
    other_count: int


class SearchEngine(Protocol):
    """What the schema needs of a search engine. Calls are synchronous and take a few milliseconds.

    They raise :class:`~directory.search.errors.InvalidQuery`, :class:`~directory.search.errors.InvalidCursor`.
    """

    @property
    def generation(self) -> str:
        """The name of the index being served; it changes with every build and update."""
        ...

    @property
    def supplier_count(self) -> int:
        """How many suppliers the index holds."""
        ...

    def search(self, query: SearchQuery, window: Window = DEFAULT_WINDOW) -> Results:
        """One page of hits and the total."""
        ...

    def facets(self, query: SearchQuery, fields: tuple[FacetField, ...], top: int = 20) -> tuple[Facet, ...]:
        """Exact counts, in the order of ``fields``; ``top`` in 1…100.

        Each is over every hit of the query as it would be without the field's own filter (:mod:`.own`).
        """
        ...

    def refresh(self) -> bool:
        """Serve the newest generation; true when it changed. A stat of one file when nothing has."""
        ...
