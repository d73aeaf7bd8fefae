"""Which filter is a facet's own: left out while its values are counted, and what it holds now.

A facet shows what else could be chosen, as shops do: were ``naf`` to hold while activities are counted, only the
activities already chosen would be there. Every other filter holds, and so does what stands under ``not_``.
"""

from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from directory import geography
from directory.geography import AreaKind
from directory.records import SupplierStatus
from directory.search.document import QUALITY_BANDS, yes_or_no
from directory.search.filters import naf_code
from directory.search.query import FacetField, Where

OWN: Final[dict[FacetField, str]] = {
    FacetField.NAF: "naf",
    FacetField.NAF_DIVISION: "naf",
    FacetField.NAF_SECTION: "naf",
    FacetField.SIZE: "size",
    FacetField.LABEL: "labels",
    FacetField.RESPONSIBLE_PURCHASING: "responsible_purchasing",
    FacetField.PARTNER: "partners",
    FacetField.PARTNER_COUNT: "min_partners",
    FacetField.DEPARTMENT: "located_in",
    FacetField.EPCI: "located_in",
    FacetField.COMMUNE: "located_in",
    FacetField.LEGAL_FORM: "legal_form",
    FacetField.STATUS: "status",
    FacetField.HAS: "has",
    FacetField.QUALITY: "min_quality",
}
_KINDS: Final = {
    FacetField.DEPARTMENT: AreaKind.DEPARTMENT,
    FacetField.EPCI: AreaKind.EPCI,
    FacetField.COMMUNE: AreaKind.COMMUNE,
}


def without_own(where: Where, field: FacetField) -> Where:
    """The filters that hold while the field is counted. Of ``status``, ACTIVE when left out, every one is counted."""
    name = OWN[field]
    return replace(where, **{name: () if isinstance(getattr(where, name), tuple) or name == "status" else None})


def selected(where: Where, field: FacetField) -> frozenset[str]:
    """The values of the field that a filter names now, written as the facet writes them."""
    return frozenset(_selected(where, field))


def _selected(where: Where, field: FacetField) -> Iterator[str]:
    match field:
        case FacetField.NAF | FacetField.NAF_DIVISION | FacetField.NAF_SECTION:
            yield from map(naf_code, where.naf)
        case FacetField.LABEL:
            yield from (*where.labels, *where.all_labels)
        case FacetField.RESPONSIBLE_PURCHASING:
            yield from () if where.responsible_purchasing is None else (yes_or_no(where.responsible_purchasing),)
        case FacetField.PARTNER:
            yield from (*where.partners, *where.all_partners)
        case FacetField.PARTNER_COUNT:
            yield from () if where.min_partners is None else (str(where.min_partners),)
        case FacetField.DEPARTMENT | FacetField.EPCI | FacetField.COMMUNE:
            areas = filter(None, map(geography.area, where.located_in))
            yield from (area.code for area in areas if area.kind is _KINDS[field])
        case FacetField.STATUS:
            yield from (SupplierStatus.ACTIVE,) if where.status is None else where.status
        case FacetField.QUALITY:
            yield from (band for band in QUALITY_BANDS if float(band) == where.min_quality)
        case _:
            yield from getattr(where, OWN[field])
