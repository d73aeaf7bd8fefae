"""What any matcher takes and gives: match records and steward decisions in, clusters and their reasons out.

A matcher is pure: it knows neither the store nor the clock, and the same records in any order give the same clusters.
"""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from directory.records import MatchDecision, MatchMethod


class MatchRecord(Struct, frozen=True, kw_only=True, gc=False):
    """The comparable forms of one active listing, and nothing else: 300,000 of them fit in memory.

    ``key`` is partner and external id: it orders records by who they are, not by when they came. ``names`` holds the
    name's comparable form first, then those of the trade names. ``site`` and ``phone`` are already comparable.
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


class Decisions(Struct, frozen=True):
    """What stewards decided about pairs of listing ids: hard edges that no likeness overrules."""

    must_link: tuple[tuple[int, int], ...] = ()
    cannot_link: tuple[tuple[int, int], ...] = ()


class Evidence(Struct, frozen=True, gc=False):
    """One comparison: ``left`` is the listing's value, ``right`` the other's; it adds ``weight`` × ``score``.

    ``feature`` is one of ``siret siren name commune street site phone steward``; ``score`` is likeness in 0…1.
    """

    feature: str
    left: str | None
    right: str | None
    weight: float
    score: float


class Match(Struct, frozen=True, kw_only=True, gc=False):
    """Why a listing belongs to its supplier. ``score`` is in 0…1 and the sum of its evidence, cut off at 1.

    ``against`` is the listing it was compared with; ``None`` for a listing that stands alone.
    """

    decision: MatchDecision
    score: float
    method: MatchMethod
    against: int | None = None
    evidence: tuple[Evidence, ...] = ()


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

    def explain(self, listing: int) -> Match:
        """Why this listing is in its cluster. Raises ``KeyError`` for a listing that was not among the records."""


class Matcher(Protocol):
    """Decides which listings are one company."""

    @property
    def version(self) -> str:
        """Names rules and thresholds: when it changes, everything is matched again."""

    def match(self, records: Sequence[MatchRecord], decisions: Decisions) -> Matching:
        """Cluster the records. Two different valid SIRENs are never in one cluster, not even by way of a third."""
