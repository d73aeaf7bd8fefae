"""Whether a question may be asked by who asks it, and is within bounds: before anything of it is looked up."""

from collections.abc import Iterator
from itertools import islice
from math import isfinite
from typing import Final

import msgspec

from directory.disclosure import Field, Sight, may_count, may_filter
from directory.records import Supplier, SupplierField
from directory.search.errors import InvalidQuery
from directory.search.query import (
    MAX_PAGE,
    MAX_RADIUS_KM,
    MAX_TEXT,
    Box,
    Direction,
    FacetField,
    Near,
    OrderField,
    SearchQuery,
    Where,
    Window,
)

# What each filter and each facet tells something about; `has` and the facet HAS are asked value by value.
FILTERS: Final[dict[str, Field]] = {
    "naf": Field.ACTIVITIES,
    "size": Field.HEADCOUNT,
    "labels": Field.LABELS,
    "all_labels": Field.LABELS,
    "label_issuers": Field.LABELS,
    "responsible_purchasing": Field.LABELS,
    "legal_form": Field.LEGAL_FORM,
    "partners": Field.PARTNERS,
    "all_partners": Field.PARTNERS,
    "min_partners": Field.PARTNERS,
    "status": Field.STATUS,
    "located_in": Field.ADDRESS,
    "serves": Field.SERVICE_AREA,
    "within": Field.LOCATION,
    "min_quality": Field.QUALITY,
    "updated_since": Field.QUALITY,
}
FACETS: Final[dict[FacetField, Field]] = {
    FacetField.NAF: Field.ACTIVITIES,
    FacetField.NAF_DIVISION: Field.ACTIVITIES,
    FacetField.NAF_SECTION: Field.ACTIVITIES,
    FacetField.SIZE: Field.HEADCOUNT,
    FacetField.LABEL: Field.LABELS,
    FacetField.RESPONSIBLE_PURCHASING: Field.LABELS,
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
    for where in _levels(query):
        if where.within:
            _check_box(where.within)
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
        if field is not FacetField.HAS and not may_count(query.role, FACETS[field]):
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


def finds_by_place(query: SearchQuery) -> bool:
    """Whether who is found has a site where the question says, on the map."""
    # Under `not` it has none there, and under a `not` in that one again.
    return query.near is not None or any(where.within for where in islice(_levels(query), 0, None, 2))


def may_be_placed(query: SearchQuery, supplier: Supplier) -> bool:
    """Whether the caller may be told that it is found: not by a place that may not be shown (any more)."""
    return not finds_by_place(query) or Sight.of(supplier, query.role).sees(SupplierField.LOCATION)


def _check_point(latitude: float, longitude: float) -> None:
    if not (isfinite(latitude) and abs(latitude) <= 90):
        raise InvalidQuery(f"The latitude {latitude} is not on Earth: give -90 to 90 degrees.")
    if not (isfinite(longitude) and abs(longitude) <= 180):
        raise InvalidQuery(f"The longitude {longitude} is not on Earth: give -180 to 180 degrees.")


def _check_box(box: Box) -> None:
    _check_point(box.south, box.west)
    _check_point(box.north, box.east)
    if box.south > box.north:
        raise InvalidQuery(f"The south of the box, {box.south}, is above its north, {box.north}: exchange them.")
    if box.west > box.east:
        raise InvalidQuery(
            f"The west of the box, {box.west}, is above its east, {box.east}: exchange them; for one across the date "
            "line ask twice, up to 180 and from -180."
        )


def _check_near(near: Near) -> None:
    _check_point(near.latitude, near.longitude)
    if not (isfinite(near.radius_km) and 0 < near.radius_km <= MAX_RADIUS_KM):
        raise InvalidQuery(f"The radius is {near.radius_km} km: give more than 0, at most {MAX_RADIUS_KM:.0f}.")


def _asked(query: SearchQuery) -> Iterator[Field]:
    """The fields that the question would tell something about."""
    if query.near:
        yield Field.LOCATION
    for where in _levels(query):
        yield from (field for name, field in FILTERS.items() if getattr(where, name) not in {None, ()})
        yield from map(_field, where.has)
        if where.serves:  # who says nothing serves where it sits
            yield Field.ADDRESS


def _levels(query: SearchQuery) -> Iterator[Where]:
    """The filters, then those under each ``not``."""
    where: Where | None = query.where
    while where:
        yield where
        where = where.not_


def _field(field: SupplierField) -> Field:
    return Field(field.value)
