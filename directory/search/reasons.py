"""Why a supplier has its score: the clues of the question that it has, whose points add up to the score."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from msgspec import Struct

from directory.records import FieldProvenance, Supplier, SupplierField
from directory.search import analysis, layout
from directory.search.document import document
from directory.search.plan import NEARER, NEARER_POINTS
from directory.search.query import Clue, Criterion

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)  # no clue is about when a supplier changed
_PREFERRED: Final = frozenset({Criterion.PARTNER, Criterion.LABEL})
_SPOKEN_BY: Final[Mapping[Criterion, tuple[SupplierField, ...]]] = {
    Criterion.IDENTIFIER: (SupplierField.SIREN,),
    Criterion.WHOLE_NAME: (SupplierField.NAME,),
    Criterion.NAME: (SupplierField.NAME,),
    Criterion.ACTIVITY: (SupplierField.ACTIVITIES,),
    Criterion.PLACE: (SupplierField.ADDRESS,),
    Criterion.TEXT: (
        SupplierField.DESCRIPTION,
        SupplierField.NAME,
        SupplierField.ACTIVITIES,
        SupplierField.LABELS,
        SupplierField.ADDRESS,
    ),
    Criterion.UNDERSTOOD_ACTIVITY: (SupplierField.ACTIVITIES,),
    Criterion.LABEL: (SupplierField.LABELS,),
}


class Reason(Struct, frozen=True):
    """A criterion that the supplier meets and what it scored; one of the buyer's preferences that it lacks scores 0.

    ``said`` is the word, name, activity, label or partner meant, ``value`` its term in the index.
    """

    criterion: Criterion
    said: str
    value: str
    points: int


def reasons(supplier: Supplier, clues: Sequence[Clue], radius_km: float | None, km: float | None) -> tuple[Reason, ...]:
    """The reasons, most telling first; their points add up to the score. ``km`` is how far it is, where that counts.

    Only what is public is indexed, and so may be given as a reason to anybody.
    """
    met = set(_met(supplier, clues))
    found = [
        Reason(clue.criterion, clue.said, clue.value, clue.points if clue in met else 0)
        for clue in clues
        if clue in met or clue.criterion in _PREFERRED
    ]
    nearer = _nearer(radius_km, km)
    if nearer:
        found.append(Reason(Criterion.DISTANCE, "", "", nearer))
    return tuple(sorted(found, key=lambda reason: -reason.points))


def partner_of(reason: Reason, provenance: Sequence[FieldProvenance]) -> str | None:
    """The partner whose words speak for it: the one chosen, else one whose value lost; None when none can be told."""
    if reason.criterion is Criterion.PARTNER:
        return reason.value
    wanted = {*analysis.terms(reason.said), *analysis.terms(reason.value)}
    by_field = {each.field: each for each in provenance}
    for found in (by_field[field] for field in _SPOKEN_BY.get(reason.criterion, ()) if field in by_field):
        for value in (found.chosen, *found.alternatives):
            if wanted & set(analysis.terms(value.value)):
                return value.partner
    return None


def _met(supplier: Supplier, clues: Sequence[Clue]) -> Iterator[Clue]:
    held: dict[str, frozenset[str]] = {}
    indexed = document(supplier, _EPOCH) or {}
    for clue in clues:
        if clue.field not in held:
            held[clue.field] = _terms(clue.field, indexed.get(clue.field))
        if clue.value in held[clue.field]:
            yield clue


def _terms(field: str, value: object) -> frozenset[str]:
    if field in layout.TEXT_FIELDS:
        return frozenset(analysis.analysed(str(value or "")))
    return frozenset(map(str, value)) if isinstance(value, list) else frozenset({str(value)})


def _nearer(radius_km: float | None, km: float | None) -> int:
    if radius_km is None or km is None:
        return 0
    return sum(NEARER_POINTS for share in NEARER if km <= radius_km * share)
