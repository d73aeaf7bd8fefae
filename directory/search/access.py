"""Whether a question may be asked by who asks it, and is within bounds: before anything of it is looked up."""

from collections.abc import Iterator
from math import isfinite
from typing import Final

import msgspec

from directory.disclosure import Field, may_count, may_filter
from directory.records import SupplierField
from directory.search.errors import InvalidQuery
from directory.search.query import (
    MAX_PAGE,
    MAX_RADIUS_KM,
    MAX_TEXT,
    Direction,
    FacetField,
    Near,
    OrderField,
    SearchQuery,
    Where,
    Window,
)

_FILTERS: Final[dict[str, Field]] = {
    "naf": Field.ACTIVITIES,
    "size": Field.HEADCOUNT,
    "labels": Field.LABELS,
    "all_labels": Field.LABELS,
    "legal_form": Field.LEGAL_FORM,
    "partners": Field.PARTNERS,
    "all_partners": Field.PARTNERS,
    "min_partners": Field.PARTNERS,
    "status": Field.STATUS,
    "located_in": Field.ADDRESS,
    "min_quality": Field.QUALITY,
    "updated_since": Field.QUALITY,
}
_FACETS: Final[dict[FacetField, Field]] = {
    FacetField.NAF: Field.ACTIVITIES,
    FacetField.NAF_DIVISION: Field.ACTIVITIES,
    FacetField.NAF_SECTION: Field.ACTIVITIES,
    FacetField.SIZE: Field.HEADCOUNT,
    FacetField.LABEL: Field.LABELS,
    FacetField.PARTNER: Field.PARTNERS,
    FacetField.PARTNER_COUNT: Field.PARTNERS,
    FacetField.DEPARTMENT: Field.ADDRESS,
    FacetField.EPCI: Field.ADDRESS,
    FacetField.COMMUNE: Field.ADDRESS,
    FacetField.LEGAL_FORM: Field.LEGAL_FORM,
    FacetField.STATUS: Field.STATUS,
    FacetField.QUALITY: Field.QUALITY,
}


def check_query(query: SearchQuery) -> None:
    """Raises InvalidQuery for what is out of bounds or not for this role."""
    try:
        msgspec.json.encode(query)
    except (UnicodeEncodeError, OverflowError, RecursionError):
        raise InvalidQuery("The query holds half a character or too large a number, or is nested too deep.") from None
    if query.text and len(query.text) > MAX_TEXT:
        raise InvalidQuery(f"The text has {len(query.text)} characters: {MAX_TEXT} at most.")
    if query.near:
        _check_near(query.near)
    if query.order.field is OrderField.DISTANCE and query.near is None:
        raise InvalidQuery("The DISTANCE order needs `near`: say from where.")
    if query.order.field is OrderField.RELEVANCE and query.order.direction is Direction.ASC:
        raise InvalidQuery("RELEVANCE is only to be had DESC, the best first.")
    for field in _asked(query):
        if not may_filter(query.role, field):
            raise InvalidQuery(f"Filtering by {field} is not for the role {query.role}: leave it out, or use a key.")


def check_facets(query: SearchQuery, fields: tuple[FacetField, ...], top: int) -> None:
    """Raises InvalidQuery for facets out of bounds or not for this role."""
    if not 1 <= top <= MAX_PAGE:
        raise InvalidQuery(f"A facet of {top} values was asked for: give 1 to {MAX_PAGE}.")
    for field in fields:
        # Whose presence HAS may count is asked value by value, where they are counted.
        if field is not FacetField.HAS and not may_count(query.role, _FACETS[field]):
            raise InvalidQuery(f"Counting by {field} is not for the role {query.role}: leave it out, or use a key.")


def check_window(window: Window) -> None:
    """Raises InvalidQuery for a window that is none."""
    forward = window.first is not None or window.after is not None
    if forward and (window.last is not None or window.before is not None):
        raise InvalidQuery("Give `first` and `after`, or `last` and `before`, not both ways at once.")
    if window.before is not None and window.last is None:
        raise InvalidQuery("`before` needs `last`: say how many.")
    count = window.first if window.last is None else window.last
    if count is not None and not 0 <= count <= MAX_PAGE:
        raise InvalidQuery(f"A page of {count} was asked for: give 0 to {MAX_PAGE}.")


def _check_near(near: Near) -> None:
    if not (isfinite(near.latitude) and abs(near.latitude) <= 90):
        raise InvalidQuery(f"The latitude {near.latitude} is not on Earth: give -90 to 90 degrees.")
    if not (isfinite(near.longitude) and abs(near.longitude) <= 180):
        raise InvalidQuery(f"The longitude {near.longitude} is not on Earth: give -180 to 180 degrees.")
    if not (isfinite(near.radius_km) and 0 < near.radius_km <= MAX_RADIUS_KM):
        raise InvalidQuery(f"The radius is {near.radius_km} km: give more than 0, at most {MAX_RADIUS_KM:.0f}.")


def _asked(query: SearchQuery) -> Iterator[Field]:
    """The fields that the question would tell something about."""
    if query.near:
        yield Field.LOCATION
    where: Where | None = query.where
    while where:
        yield from (field for name, field in _FILTERS.items() if getattr(where, name) not in {None, ()})
        yield from map(_field, where.has)
        where = where.not_


def _field(field: SupplierField) -> Field:
    return Field(field.value)
