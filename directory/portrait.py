"""A supplier as people read it: named values with French headings, for files and for comparisons.

Nothing is hidden here: a portrait is drawn of the supplier as :func:`directory.disclosure.visible` gives it to a role.
What a role may never see is none of its traits.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Final

from msgspec import Struct

from directory.disclosure import Field, Role, may_see
from directory.nomenclature import legal_forms, naf
from directory.normalise import fold
from directory.records import (
    Activity,
    Address,
    CompanySize,
    Nomenclature,
    Supplier,
    SupplierField,
    SupplierStatus,
)
from directory.search.document import label_name

Value = str | int | float | date | tuple[str, ...] | None

SIZES: Final = {
    CompanySize.MICRO: "Micro-entreprise (moins de 10 salariés)",
    CompanySize.PME: "PME (10 à 249 salariés)",
    CompanySize.ETI: "Entreprise de taille intermédiaire (250 à 4 999 salariés)",
    CompanySize.GE: "Grande entreprise (5 000 salariés et plus)",
}
STATUSES: Final = {
    SupplierStatus.ACTIVE: "En activité",
    SupplierStatus.CLOSED: "Fermée",
    SupplierStatus.SUSPECTED_CLOSED: "Probablement fermée",
}


class Trait(Struct, frozen=True):
    """One named value. ``key`` is for programs, ``heading`` for people; ``field`` is the rule of disclosure that it
    stands under, ``source`` the field whose provenance is its own.
    """

    key: str
    heading: str
    field: Field
    source: SupplierField | None
    read: Callable[[Supplier], Value]


def traits(role: Role) -> tuple[Trait, ...]:
    """What the role may be shown of suppliers, in the order in which people read it."""
    return tuple(trait for trait in _TRAITS if may_see(role, trait.field))


def as_text(value: Value) -> str:
    """A value as one text: lists joined by ``; ``, instants and days in ISO 8601, nothing as nothing."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return "; ".join(value)
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, date) else str(value)


def differ(values: Sequence[Value]) -> bool:
    """Whether they say different things, whatever the case, the accents and the order of a list; nothing is a value."""
    return (
        len({frozenset(map(fold, value)) if isinstance(value, tuple) else fold(as_text(value)) for value in values}) > 1
    )


def _siret(supplier: Supplier) -> str | None:
    return supplier.head_office.siret if supplier.head_office else None


def _address(supplier: Supplier) -> Address:
    return supplier.head_office.address if supplier.head_office else Address()


def _latitude(supplier: Supplier) -> float | None:
    office = supplier.head_office
    return office.location.latitude if office and office.location else None


def _longitude(supplier: Supplier) -> float | None:
    office = supplier.head_office
    return office.location.longitude if office and office.location else None


def _naf(supplier: Supplier) -> tuple[str, ...]:
    return tuple(each.code for each in supplier.activities if each.nomenclature is Nomenclature.NAF_REV2)


def activity_label(activity: Activity) -> str:
    """What an activity is called: INSEE's words for its own codes, else the partner's."""
    official = naf.label(activity.code) if activity.nomenclature is Nomenclature.NAF_REV2 else None
    return official or activity.label or activity.code


def _distinct(values: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _legal_form(supplier: Supplier) -> str | None:
    known = legal_forms.get(supplier.legal_form) if supplier.legal_form else None
    return known.label if known else None


_TRAITS: Final = (
    Trait("name", "Nom", Field.NAME, SupplierField.NAME, lambda it: it.name),
    Trait("tradeNames", "Enseignes", Field.TRADE_NAMES, None, lambda it: it.trade_names),
    Trait("siren", "SIREN", Field.SIREN, SupplierField.SIREN, lambda it: it.siren),
    Trait("siret", "SIRET du siège", Field.SIRET, None, _siret),
    Trait("legalForm", "Forme juridique", Field.LEGAL_FORM, SupplierField.LEGAL_FORM, _legal_form),
    Trait("size", "Taille", Field.HEADCOUNT, SupplierField.HEADCOUNT, lambda it: SIZES.get(it.size)),
    Trait("naf", "Codes NAF", Field.ACTIVITIES, SupplierField.ACTIVITIES, _naf),
    Trait(
        "activities",
        "Activités",
        Field.ACTIVITIES,
        SupplierField.ACTIVITIES,
        lambda it: _distinct([activity_label(each) for each in it.activities]),
    ),
    Trait(
        "labels",
        "Labels",
        Field.LABELS,
        SupplierField.LABELS,
        lambda it: _distinct([label_name(each.label) for each in it.labels]),
    ),
    Trait("street", "Adresse", Field.ADDRESS, SupplierField.ADDRESS, lambda it: ", ".join(_address(it).lines) or None),
    Trait("postcode", "Code postal", Field.ADDRESS, SupplierField.ADDRESS, lambda it: _address(it).postcode),
    Trait("commune", "Commune", Field.ADDRESS, SupplierField.ADDRESS, lambda it: _address(it).commune),
    Trait("communeCode", "Code commune", Field.ADDRESS, SupplierField.ADDRESS, lambda it: _address(it).commune_code),
    Trait("latitude", "Latitude", Field.LOCATION, SupplierField.LOCATION, _latitude),
    Trait("longitude", "Longitude", Field.LOCATION, SupplierField.LOCATION, _longitude),
    Trait("establishments", "Établissements", Field.SIRET, None, lambda it: len(it.establishments)),
    Trait("website", "Site internet", Field.WEBSITE, SupplierField.WEBSITE, lambda it: it.website),
    Trait("contactName", "Contact", Field.CONTACT_NAME, None, lambda it: it.contact.name),
    Trait("email", "Courriel", Field.EMAIL, SupplierField.EMAIL, lambda it: it.contact.email),
    Trait("phone", "Téléphone", Field.PHONE, SupplierField.PHONE, lambda it: it.contact.phone),
    Trait("description", "Présentation", Field.DESCRIPTION, SupplierField.DESCRIPTION, lambda it: it.description),
    Trait("status", "Situation", Field.STATUS, None, lambda it: STATUSES[it.status]),
    Trait("closedOn", "Fermée le", Field.STATUS, None, lambda it: it.closed_on),
    Trait("quality", "Qualité de la fiche", Field.QUALITY, None, lambda it: it.quality.score),
)
