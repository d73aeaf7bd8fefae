"""A supplier as a document of the index: its words, exact terms, columns and points."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from struct import iter_unpack, pack
from typing import Final

from msgspec.structs import replace

from directory import areas, geography
from directory.disclosure import Role, Sight, visible
from directory.geography import Area, AreaKind
from directory.nomenclature import labels, naf
from directory.normalise import fold
from directory.records import (
    MASK,
    Address,
    CompanySize,
    Contact,
    Establishment,
    Location,
    Nomenclature,
    Supplier,
    SupplierField,
    SupplierStatus,
    now,
)
from directory.search import cells, chains, completing, layout, official
from directory.search.analysis import prepared
from directory.search.completing import full_name
from directory.search.query import FacetField

Document = dict[str, str | int | float | bytes | list[str]]

# Where the bands of the quality facet begin, best first, as a filter would say it.
QUALITY_BANDS: Final = ("0.9", "0.8", "0.7", "0.6", "0.5", "0.4", "0.3", "0.2", "0.1")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_TERM: Final = 120
_LONGEST_DESCRIPTION: Final = 10_000
_NOT_IN_NAME_ORDER: Final = re.compile(r"[^a-z0-9]+")
# A space before every digit before every letter, in characters that need no quoting in a range.
_NAME_ORDER: Final = str.maketrans(" 0123456789", "0ABCDEFGHIJ")


def document(supplier: Supplier, updated_at: datetime, today: date | None = None) -> Document | None:
    """The document of a supplier, None for one whose existence is not public; ``updated_at`` is aware.

    A label that has expired by ``today`` (UTC; the day on which it is asked) is not in it.

    What is not public is not indexed, so that no question can find it out; but for the phone and whether there is an
    e-mail or a phone, which :mod:`.filters` and :mod:`.text` let only those ask who may.
    Raises ValueError for an id above ``LARGEST_ID``.
    """
    if not 0 <= supplier.id <= layout.LARGEST_ID:
        raise ValueError(f"The supplier's id is outside 0…{layout.LARGEST_ID}.")
    shown = visible(supplier, Role.PUBLIC)
    if shown is None:
        return None
    today = today or now().date()
    shown = replace(shown, labels=tuple(grant for grant in shown.labels if grant.is_held(today)))
    contact = Sight.of(supplier, Role.PARTNER).contact(supplier.contact)
    sites, codes = _sites(shown), _naf_codes(shown)
    present = [str(field) for field in _present(shown, sites, contact)]
    return (
        _text(shown, sites, codes)
        | _terms(shown, sites, codes)
        | (_of_those_in_business(shown, sites) if shown.status is SupplierStatus.ACTIVE else {})
        | {layout.HAS: present, layout.PHONE: _distinct((contact.phone,))}
        | _columns(shown, updated_at)
        | _facets(shown, sites, codes, present)
        | _points(sites)
    )


def _of_those_in_business(supplier: Supplier, sites: tuple[Establishment, ...]) -> Document:
    return completing.fields(_names(supplier)) | chains.fields(_names(supplier), supplier.head_office, sites)


def _sites(supplier: Supplier) -> tuple[Establishment, ...]:
    """Where the company is: its open establishments, or all of them when none is open."""
    return tuple(site for site in supplier.establishments if site.is_open) or supplier.establishments


def _naf_codes(supplier: Supplier) -> list[str]:
    return _distinct(
        activity.code
        for activity in supplier.activities
        if activity.nomenclature is Nomenclature.NAF_REV2 and naf.known(activity.code)
    )


def _distinct(values: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(value for value in values if value))


# Words


def _text(supplier: Supplier, sites: tuple[Establishment, ...], codes: list[str]) -> Document:
    names = prepared(" ".join((*_names(supplier), *_distinct(site.name for site in sites))))
    own_labels = prepared(" ".join(_distinct(activity.label for activity in supplier.activities)))
    activity = " ".join((own_labels, *map(official.label, codes)))
    place = " ".join(_distinct(_words_of_place(site.address.commune, site.address.commune_code) for site in sites))
    around = " ".join(map(official.around, codes))
    told = prepared(" ".join(((supplier.description or "")[:_LONGEST_DESCRIPTION], *_label_names(supplier))))
    return {
        layout.NAME: names,
        layout.ACTIVITY: activity,
        layout.PLACE: place,
        layout.TEXT: " ".join((names, activity, place, around, told)),
    }


def _names(supplier: Supplier) -> list[str]:
    return _distinct(name for name in (supplier.name, *supplier.trade_names) if name != MASK)


@lru_cache(maxsize=8192)
def _words_of_place(name: str | None, commune_code: str | None) -> str:
    held_by = (geography.area(code) for code in geography.areas_of(commune_code or ""))
    known = (area.name for area in held_by if area and area.kind in {AreaKind.COMMUNE, AreaKind.DEPARTMENT})
    return prepared(" ".join(_distinct((name, *known))))


def _label_names(supplier: Supplier) -> list[str]:
    return _distinct(label_name(grant.label) for grant in supplier.labels)


def label_name(label_id: str) -> str:
    """The label's name, or for one that only a partner knows the words of its id."""
    known = labels.get(label_id)
    return known.name if known else label_id.replace("-", " ").capitalize()


# Terms


def _terms(supplier: Supplier, sites: tuple[Establishment, ...], codes: list[str]) -> Document:
    form = supplier.legal_form or ""
    places = [site.location for site in sites if site.location]
    return {
        layout.FULL_NAME: _distinct(map(full_name, _names(supplier))),
        layout.IDENTIFIER: _distinct((supplier.siren, *(site.siret for site in supplier.establishments))),
        layout.NAF: _distinct(level for code in codes for level in naf.levels(code)),
        layout.LABEL: _distinct(grant.label for grant in supplier.labels),
        layout.LEGAL_FORM: _distinct(form[:length] for length in (1, 2, 4)),
        layout.PARTNER: _distinct(supplier.partners),
        layout.AREA: _distinct(term for site in sites for term in _area_terms(site.address)),
        layout.SERVES: list(supplier.service_areas)
        or _distinct(sitting_term(term) for site in sites for term in _area_terms(site.address)),
        layout.CELL: _distinct(key for place in places for key in cells.keys(place)),
        layout.POINT: _distinct(map(cells.point_term, places)),
        layout.SIZE: str(supplier.size),
        layout.STATUS: str(supplier.status),
        layout.RESPONSIBLE: yes_or_no(any(_is_responsible(grant.label) for grant in supplier.labels)),
    }


def yes_or_no(answer: bool) -> str:
    """A yes or a no as a term."""
    return str(answer).lower()


def _is_responsible(label_id: str) -> bool:
    known = labels.get(label_id)
    return known is not None and known.responsible


def _area_terms(address: Address) -> tuple[str, ...]:
    return _terms_of_areas(address.commune_code, _department(address))


@lru_cache(maxsize=8192)
def _terms_of_areas(commune_code: str | None, department: str | None) -> tuple[str, ...]:
    """Terms of the areas a commune is in; of one unknown here itself and its department, with the region if ours."""
    held_by = [area for code in geography.areas_of(commune_code or "") if (area := geography.area(code))]
    if held_by:
        return tuple(map(area_term, held_by))
    own = [f"{AreaKind.COMMUNE}:{commune_code}"] if commune_code else []
    wider = [f"{AreaKind.DEPARTMENT}:{department}"] if department else []
    here = [f"{AreaKind.REGION}:{geography.REGION}"] if department in geography.DEPARTMENTS else []
    return (*own, *wider, *here)


def area_term(area: Area) -> str:
    """An area as one term: with its kind, since a department and a region may share a code."""
    return areas.key(area)


def sitting_term(area: str) -> str:
    """The term of an area that a company serves because it sits there and says nothing of where it works."""
    return f"={area}"


def _department(address: Address) -> str | None:
    if address.department or not address.commune_code:
        return address.department
    found = geography.department(address.commune_code)
    return found.code if found else None


def _present(supplier: Supplier, sites: tuple[Establishment, ...], contact: Contact) -> Iterator[SupplierField]:
    values = {
        SupplierField.NAME: supplier.name,
        SupplierField.SIREN: supplier.siren,
        SupplierField.DESCRIPTION: supplier.description,
        SupplierField.ACTIVITIES: supplier.activities,
        SupplierField.ADDRESS: any(site.address.lines or site.address.commune for site in sites),
        SupplierField.LOCATION: any(site.location for site in sites),
        SupplierField.WEBSITE: supplier.website,
        SupplierField.EMAIL: contact.email,
        SupplierField.PHONE: contact.phone,
        SupplierField.HEADCOUNT: supplier.size is not CompanySize.UNKNOWN,
        SupplierField.LEGAL_FORM: supplier.legal_form,
        SupplierField.LABELS: supplier.labels,
        SupplierField.SERVICE_AREA: supplier.service_areas,
    }
    return (field for field, value in values.items() if value)


# Columns


def _columns(supplier: Supplier, updated_at: datetime) -> Document:
    age = updated_at - _EPOCH
    return {
        layout.ID: supplier.id,
        layout.PARTNERS: len(set(supplier.partners)),
        layout.QUALITY: supplier.quality.score,
        layout.UPDATED: age // timedelta(microseconds=1),
        layout.BY_NAME: _name_order(supplier),
        layout.BY_QUALITY: _order(round(supplier.quality.score * 1_000_000), supplier.id),
        layout.BY_UPDATE: _order(age // timedelta(seconds=1), supplier.id),
    }


def _order(value: int, supplier_id: int) -> int:
    """A value and the id in one number: highest value first puts the lowest id first."""
    return min(max(value, 0), 2**32 - 1) << 32 | layout.LARGEST_ID - supplier_id


def _name_order(supplier: Supplier) -> str:
    plain = _NOT_IN_NAME_ORDER.sub(" ", fold(supplier.name)).strip()[:_LONGEST_TERM]
    return f"{plain.translate(_NAME_ORDER)}0{supplier.id:010}"


# Facets and points


def _facets(supplier: Supplier, sites: tuple[Establishment, ...], codes: list[str], present: list[str]) -> Document:
    communes = _distinct(site.address.commune_code for site in sites)
    levels = [naf.levels(code) for code in codes]
    values = {
        FacetField.NAF: codes,
        FacetField.NAF_DIVISION: _distinct(level for each in levels for level in each[1:2]),
        FacetField.NAF_SECTION: sorted({each[0] for each in levels}),
        FacetField.LABEL: sorted({grant.label for grant in supplier.labels}),
        FacetField.PARTNER: sorted(set(supplier.partners)),
        FacetField.DEPARTMENT: sorted(_distinct(_department(site.address) for site in sites)),
        FacetField.EPCI: sorted(_distinct(map(_epci, communes))),
        FacetField.COMMUNE: _distinct(_whole_commune(code) for code in communes),
        FacetField.LEGAL_FORM: _distinct((supplier.legal_form,)),
        FacetField.HAS: present,
        FacetField.QUALITY: [band for band in QUALITY_BANDS if supplier.quality.score >= float(band)][:1],
    }
    columns: Document = {}
    for field, found in values.items():
        columns |= _spread(found, layout.FACET_COLUMNS[field])
    return columns


def _whole_commune(code: str) -> str:
    """Marseille for its arrondissements."""
    known = geography.commune(code)
    return (known.parent if known else None) or code


def _epci(code: str) -> str | None:
    known = geography.commune(code)
    return known.epci if known else None


def _spread(values: list[str], columns: tuple[str, ...]) -> dict[str, str]:
    """One value a column, the last column having all that is left."""
    *single, last = columns
    held = dict(zip(single, (*values, *("",) * len(single)), strict=False))
    return held | {last: layout.SEPARATOR.join(sorted(values[len(single) :]))}


def _points(sites: tuple[Establishment, ...]) -> Document:
    points = list(dict.fromkeys((site.location.latitude, site.location.longitude) for site in sites if site.location))
    if not points:
        return {layout.SITES: 0}
    first: Document = {layout.SITES: len(points), layout.LATITUDE: points[0][0], layout.LONGITUDE: points[0][1]}
    stored: Document = {layout.POINTS: b"".join(pack("<dd", *point) for point in points)} if len(points) > 1 else {}
    return first | stored


def points(stored: bytes) -> tuple[Location, ...]:
    """The points of a supplier that has several, as :data:`layout.POINTS` keeps them."""
    return tuple(Location(latitude, longitude) for latitude, longitude in iter_unpack("<dd", stored))
