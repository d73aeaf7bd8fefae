"""Counts by value over every hit of a question, exact: one pass for all the fields whose own filter is not set, and one
more for those of each filter that is.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec.structs import replace

from directory import geography
from directory.disclosure import Role, may_count_presence
from directory.geography import AreaKind
from directory.nomenclature import legal_forms, naf
from directory.records import CompanySize, SupplierField, SupplierStatus
from directory.search.document import QUALITY_BANDS, label_name
from directory.search.errors import InvalidQuery
from directory.search.layout import FACET_COLUMNS, SEPARATOR
from directory.search.own import selected, without_own
from directory.search.plan import Planner
from directory.search.query import Facet, FacetBucket, FacetField, SearchQuery, Where
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
_RESPONSIBLE: Final[Mapping[str, str]] = {
    "true": "Achats responsables",
    "false": "Sans label d'achats responsables",
}
_STATUSES: Final[Mapping[str, str]] = {
    SupplierStatus.ACTIVE: "En activité",
    SupplierStatus.CLOSED: "Fermée",
    SupplierStatus.SUSPECTED_CLOSED: "Sans doute fermée",
}
_FIELDS: Final[Mapping[str, str]] = {
    SupplierField.NAME: "Nom",
    SupplierField.SIREN: "SIREN",
    SupplierField.DESCRIPTION: "Présentation",
    SupplierField.ACTIVITIES: "Activités",
    SupplierField.ADDRESS: "Adresse",
    SupplierField.LOCATION: "Position sur la carte",
    SupplierField.WEBSITE: "Site web",
    SupplierField.EMAIL: "Adresse électronique",
    SupplierField.PHONE: "Téléphone",
    SupplierField.HEADCOUNT: "Effectif",
    SupplierField.LEGAL_FORM: "Forme juridique",
    SupplierField.LABELS: "Labels",
    SupplierField.SERVICE_AREA: "Zone d'intervention",
}


def count(
    reader: Reader, planner: Planner, query: SearchQuery, fields: Sequence[FacetField], top: int
) -> tuple[Facet, ...]:
    """The facets of a question, in the order of ``fields``."""
    planner.plan(query)  # refuses what is no value, also of a filter that is left out below
    together: defaultdict[Where, list[FacetField]] = defaultdict(list)
    for field in dict.fromkeys(fields):
        together[without_own(query.where, field)].append(field)
    found: dict[FacetField, Facet] = {}
    for where, own in together.items():
        columns = _columns(reader, planner, replace(query, where=where), own)
        found |= {field: _facet(field, columns, query, top) for field in own}
    return tuple(found[field] for field in fields)


def _columns(reader: Reader, planner: Planner, query: SearchQuery, fields: Iterable[FacetField]) -> dict[str, Any]:
    columns = {column for field in fields for column in FACET_COLUMNS[field]}
    asked = {
        column: {"terms": {"field": column, "size": _MOST_VALUES, "segment_size": _MOST_VALUES}} for column in columns
    }
    try:
        return reader.aggregate(planner.plan(query).found, asked)
    except ValueError:
        raise InvalidQuery(f"A facet has more than {_MOST_VALUES} sets of values: add a filter.") from None


def _facet(field: FacetField, counted: dict[str, Any], query: SearchQuery, top: int) -> Facet:
    totals: dict[str, int] = {}
    values_of = _VALUES.get(field, _set)
    for column in FACET_COLUMNS[field]:
        for bucket in counted[column]["buckets"]:
            for value in values_of(bucket["key"]):
                totals[value] = totals.get(value, 0) + bucket["doc_count"]
    if field is FacetField.HAS:
        totals = _told(totals, query.role)
    ordered = sorted(totals.items(), key=lambda entry: (-entry[1], entry[0]))
    name, held = _NAMES[field], selected(query.where, field)
    buckets = tuple(FacetBucket(value, name(value), number, value in held) for value, number in ordered[:top])
    return Facet(field, buckets, sum(number for _, number in ordered[top:]))


def _told(totals: dict[str, int], role: Role) -> dict[str, int]:
    return {value: number for value, number in totals.items() if may_count_presence(role, SupplierField(value))}


# What a column's value stands for


def _set(value: str) -> list[str]:
    """Its members; none of the empty value, which those have that have no value, or no further one."""
    return value.split(SEPARATOR) if value else []


def _up_to_their_number(value: str) -> list[str]:
    return [str(number) for number in range(1, len(_set(value)) + 1)]


def _down_to_the_lowest(band: str) -> Sequence[str]:
    return QUALITY_BANDS[QUALITY_BANDS.index(band) :] if band else ()


_VALUES: Final[Mapping[FacetField, Callable[[str], Sequence[str]]]] = {
    FacetField.PARTNER_COUNT: _up_to_their_number,
    FacetField.QUALITY: _down_to_the_lowest,
}


# What values are called


def _naf_name(code: str) -> str:
    return naf.label(code) or code


def _number_name(number: str) -> str:
    return "Au moins 1 partenaire" if number == "1" else f"Au moins {number} partenaires"


def _department_name(code: str) -> str:
    area = geography.area(code)
    return area.name if area and area.kind is AreaKind.DEPARTMENT else code


def _area_name(code: str) -> str:
    area = geography.area(code)
    return area.name if area else code


def _legal_form_name(code: str) -> str:
    form = legal_forms.get(code)
    return form.label if form else code


_NAMES: Final[Mapping[FacetField, Callable[[str], str]]] = {
    FacetField.NAF: _naf_name,
    FacetField.NAF_DIVISION: _naf_name,
    FacetField.NAF_SECTION: _naf_name,
    FacetField.SIZE: lambda size: _SIZES[size],
    FacetField.LABEL: label_name,
    FacetField.RESPONSIBLE_PURCHASING: lambda answer: _RESPONSIBLE[answer],
    FacetField.PARTNER: str,
    FacetField.PARTNER_COUNT: _number_name,
    FacetField.DEPARTMENT: _department_name,
    FacetField.EPCI: _area_name,
    FacetField.COMMUNE: _area_name,
    FacetField.LEGAL_FORM: _legal_form_name,
    FacetField.STATUS: lambda status: _STATUSES[status],
    FacetField.HAS: lambda field: _FIELDS[field],
    FacetField.QUALITY: lambda band: f"{int(float(band) * 10 + 0.5) * 10} % et plus",
}
