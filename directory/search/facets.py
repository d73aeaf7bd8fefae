"""Counts by value over every hit of a question, exact, in one pass for all the fields asked."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from tantivy import Query

from directory import geography
from directory.geography import AreaKind
from directory.nomenclature import legal_forms, naf
from directory.records import CompanySize, SupplierStatus
from directory.search.document import label_name
from directory.search.errors import InvalidQuery
from directory.search.layout import FACET_COLUMNS, SEPARATOR
from directory.search.query import Facet, FacetBucket, FacetField
from directory.search.reader import Reader

# As many values as tantivy will count; every one is asked for, since values of several columns are added up here.
_MOST_VALUES: Final = 65_000

_SIZES: Final[Mapping[str, str]] = {
    CompanySize.MICRO: "Moins de 10 salariés",
    CompanySize.PME: "10 à 249 salariés",
    CompanySize.ETI: "250 à 4 999 salariés",
    CompanySize.GE: "5 000 salariés et plus",
    CompanySize.UNKNOWN: "Effectif inconnu",
}
_STATUSES: Final[Mapping[str, str]] = {
    SupplierStatus.ACTIVE: "En activité",
    SupplierStatus.CLOSED: "Fermée",
    SupplierStatus.SUSPECTED_CLOSED: "Sans doute fermée",
}


def count(reader: Reader, found: Query, fields: tuple[FacetField, ...], top: int) -> tuple[Facet, ...]:
    """The facets of the suppliers that ``found`` finds, in the order of ``fields``."""
    columns = {column for field in fields for column in FACET_COLUMNS[field]}
    asked = {
        column: {"terms": {"field": column, "size": _MOST_VALUES, "segment_size": _MOST_VALUES}} for column in columns
    }
    try:
        counted = reader.aggregate(found, asked) if asked else {}
    except ValueError:
        raise InvalidQuery(f"A facet has more than {_MOST_VALUES} sets of values: add a filter.") from None
    return tuple(_facet(field, counted, top) for field in fields)


def _facet(field: FacetField, counted: dict[str, Any], top: int) -> Facet:
    totals: dict[str, int] = {}
    for column in FACET_COLUMNS[field]:
        for bucket in counted[column]["buckets"]:
            for value in bucket["key"].split(SEPARATOR):
                totals[value] = totals.get(value, 0) + bucket["doc_count"]
    totals.pop("", None)  # the columns of those that have no value, or no further one
    ordered = sorted(totals.items(), key=lambda entry: (-entry[1], entry[0]))
    name = _NAMES[field]
    buckets = tuple(FacetBucket(value, name(value), number) for value, number in ordered[:top])
    return Facet(field, buckets, sum(number for _, number in ordered[top:]))


def _department_name(code: str) -> str:
    area = geography.area(code)
    return area.name if area and area.kind is AreaKind.DEPARTMENT else code


def _commune_name(code: str) -> str:
    area = geography.area(code)
    return area.name if area else code


def _legal_form_name(code: str) -> str:
    form = legal_forms.get(code)
    return form.label if form else code


_NAMES: Final[Mapping[FacetField, Callable[[str], str]]] = {
    FacetField.NAF: lambda code: naf.label(code) or code,
    FacetField.SIZE: lambda size: _SIZES[size],
    FacetField.LABEL: label_name,
    FacetField.PARTNER: str,
    FacetField.DEPARTMENT: _department_name,
    FacetField.COMMUNE: _commune_name,
    FacetField.LEGAL_FORM: _legal_form_name,
    FacetField.STATUS: lambda status: _STATUSES[status],
}
