"""What any matcher takes and gives: match records and steward decisions in, clusters and their reasons out.

A matcher is pure: it knows neither the store nor the clock, and the same records in any order give the same clusters.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from directory.records import MatchDecision, MatchMethod


class MatchRecord(Struct, frozen=True, kw_only=True, gc=False):
    """The comparable forms of one active listing, and nothing else: 300,000 of them fit in memory.

    ``key`` is partner and external id: it orders records by who they are, not by when they came. ``names`` holds the
    name's comparable form first, then those of the trade names. ``site`` and ``phone`` are already comparable.
    ``commune`` is the INSEE code of the town, or its folded name where no code is known; ``email`` is a whole mailbox;
    ``naf`` a sub-class; coordinates are WGS 84 degrees of the address itself, never of a commune's middle.
    """

    listing: int
    key: str
    siren: str | None = None
    siret: str | None = None
    names: tuple[str, ...] = ()
    commune: str | None = None
    street: str | None = None
    site: str | None = None
    phone: str | None = None
    postcode: str | None = None
    email: str | None = None
    naf: str | None = None
    latitude: float | None = None
    longitude: float | None = None


class Decisions(Struct, frozen=True):
    """What stewards decided about pairs of listing ids: hard edges that no likeness overrules.

    ``must_link``: one company. ``same_site``: one establishment, and so one company. ``cannot_link``: two companies.
    """

    must_link: tuple[tuple[int, int], ...] = ()
    cannot_link: tuple[tuple[int, int], ...] = ()
    same_site: tuple[tuple[int, int], ...] = ()


class Evidence(Struct, frozen=True, gc=False):
    """One comparison: ``left`` is the listing's value, ``right`` the other's; it adds ``weight`` bits.

    ``feature`` is one of ``siret siren name address contact naf directory steward``; ``level`` names how far the two
    agree; ``score`` is likeness in 0…1; ``frequency`` is the part of ``weight`` that the common value's rarity adds.
    """

    feature: str
    left: str | None
    right: str | None
    weight: float
    score: float
    level: str = ""
    frequency: float = 0.0


class Match(Struct, frozen=True, kw_only=True, gc=False):
    """Why a listing belongs to its supplier. ``score`` is the calibrated confidence in 0…1.

    ``against`` is the listing it was compared with; ``None`` for a listing that stands alone. ``weight`` is the match
    weight in bits, ``prior`` and the weights of the evidence added up; both are 0 where likeness decided nothing.
    """

    decision: MatchDecision
    score: float
    method: MatchMethod
    against: int | None = None
    evidence: tuple[Evidence, ...] = ()
    weight: float = 0.0
    prior: float = 0.0


class ReviewReason(StrEnum):
    """Why a pair of listings waits for a steward."""

    LIKELY = "LIKELY"  # weight between the threshold of a review and that of an automatic match
    TWO_COMPANIES = "TWO_COMPANIES"  # alike enough to be one, but of two valid SIRENs (or two SIRETs, for one site)
    UNSURE_CLUSTER = "UNSURE_CLUSTER"  # the pair is alike enough, but not the rest of their two clusters
    CONTRADICTION = "CONTRADICTION"  # stewards decided what cannot all be true


class Review(Struct, frozen=True, kw_only=True, gc=False):
    """Two listings of two clusters that a steward is asked about, the pair that speaks most for joining them.

    ``weight`` in bits, ``confidence`` calibrated in 0…1, ``listings`` how many the two clusters hold together.
    """

    left: int
    right: int
    reason: ReviewReason
    weight: float
    confidence: float
    listings: int


class MatchCounts(Struct, frozen=True, kw_only=True):
    """What a steward should hear of a matching.

    ``capped``: keys carried by too many listings to identify anyone. ``blocked``: likenesses refused because the
    companies have different SIRENs or a steward keeps them apart. ``contradicted``: must-links refused for that.
    """

    capped: int = 0
    blocked: int = 0
    contradicted: int = 0


class Matching(Protocol):
    """The outcome: every record is in exactly one cluster."""

    @property
    def clusters(self) -> Sequence[tuple[int, ...]]:
        """Listing ids of each company, ascending; clusters in ascending order of their first listing."""

    @property
    def counts(self) -> MatchCounts:
        """What was capped, blocked and contradicted."""

    @property
    def reviews(self) -> Sequence[Review]:
        """What stewards are asked about; a pair of clusters once."""

    def site(self, listing: int) -> int:
        """The lowest listing id of the establishment that the listing is of: the second level, inside its cluster."""

    def explain(self, listing: int) -> Match:
        """Why this listing is in its cluster. Raises ``KeyError`` for a listing that was not among the records."""


class Matcher(Protocol):
    """Decides which listings are one company."""

    @property
    def version(self) -> str:
        """Names rules and thresholds: when it changes, everything is matched again."""

    def match(self, records: Sequence[MatchRecord], decisions: Decisions) -> Matching:
        """Cluster the records. Two different valid SIRENs are never in one cluster, not even by way of a third."""
