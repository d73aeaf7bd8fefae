"""Communes of Provence-Alpes-Côte d'Azur, the areas they belong to, and distance.

The six departments of the region (04, 05, 06, 13, 83, 84) are known commune by commune; departments and regions of the
rest of France by name. Read once, when first asked for, from the files that ``nomenclature/data/SOURCES.md`` describes.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from enum import StrEnum
from functools import cache, lru_cache
from math import asin, cos, radians, sin, sqrt
from typing import Final

from msgspec import Struct

from directory.nomenclature._files import rows
from directory.normalise import vocabulary, words
from directory.records import Location

REGION: Final = "93"
DEPARTMENTS: Final = ("04", "05", "06", "13", "83", "84")
EARTH_RADIUS_KM: Final = 6371.0088  # mean radius R1 of the IUGG


class AreaKind(StrEnum):
    """What an area code names."""

    COMMUNE = "COMMUNE"
    EPCI = "EPCI"
    DEPARTMENT = "DEPARTMENT"
    REGION = "REGION"


class Area(Struct, frozen=True):
    """A territory with an official code: INSEE's for communes, departments and regions, a SIREN for an EPCI."""

    code: str
    name: str
    kind: AreaKind


class Commune(Struct, frozen=True, kw_only=True):
    """A commune or an arrondissement of Marseille, whose ``parent`` is then 13055.

    ``location`` is the town hall, or the centre where none is known. ``population`` is INSEE's "population municipale".
    """

    code: str
    name: str
    department: str
    region: str
    epci: str | None
    parent: str | None
    population: int
    postcodes: tuple[str, ...]
    location: Location


# Reading the files


@cache
def _communes() -> dict[str, Commune]:
    return {commune.code: commune for commune in map(_commune, rows("communes.csv"))}


def _commune(row: list[str]) -> Commune:
    code, name, department, epci, parent, population, latitude, longitude, postcodes = row
    return Commune(
        code=code,
        name=name,
        department=department,
        region=REGION,
        epci=epci or None,
        parent=parent or None,
        population=int(population),
        postcodes=tuple(postcodes.split()),
        location=Location(float(latitude), float(longitude), approximate=True),
    )


@cache
def _departments() -> dict[str, Area]:
    return {code: Area(code, name, AreaKind.DEPARTMENT) for code, name, _ in rows("departments.csv")}


@cache
def _department_names() -> dict[str, Area]:
    return {" ".join(words(found.name)): found for found in _departments().values()}


@cache
def _areas() -> dict[str, Area]:
    """Areas by code. A code that a department and a region share is the department of our territory (84 is the
    Vaucluse), else the region (93 is Provence-Alpes-Côte d'Azur, not Seine-Saint-Denis)."""
    departments = _departments()
    regions = {code: Area(code, name, AreaKind.REGION) for code, name in rows("regions.csv")}
    covered = {code: departments[code] for code in DEPARTMENTS}
    epcis = {code: Area(code, name, AreaKind.EPCI) for code, name in rows("epci.csv")}
    communes = {code: Area(code, commune.name, AreaKind.COMMUNE) for code, commune in _communes().items()}
    return departments | regions | covered | epcis | communes


def commune(code: str) -> Commune | None:
    """The commune or arrondissement of an INSEE code."""
    return _communes().get(code)


def communes() -> tuple[Commune, ...]:
    """Every commune and arrondissement, by code."""
    return tuple(_communes().values())


def named_communes() -> Iterator[tuple[str, Commune]]:
    """Every name with its commune: its own, then those of the communes that have joined it."""
    yield from ((known.name, known) for known in communes())
    yield from ((name, _communes()[code]) for name, code in rows("former_communes.csv"))


def in_postcode(postcode: str) -> tuple[Commune, ...]:
    """The communes that five digits serve, an arrondissement rather than its city; none when they are in no list."""
    served = _by_postcode().get(postcode, ())
    parents = {known.parent for known in served}
    return tuple(known for known in served if known.code not in parents)


def departments() -> tuple[Area, ...]:
    """Every department of France. Of one outside the region whose code a region has as well, :func:`area` gives that."""
    return tuple(_departments().values())


def epcis() -> tuple[Area, ...]:
    """The inter-communal bodies of the communes known here."""
    return tuple(found for found in _areas().values() if found.kind is AreaKind.EPCI)


def areas() -> tuple[Area, ...]:
    """Every area that a code names (:func:`area`)."""
    return tuple(_areas().values())


def area(code: str) -> Area | None:
    """The commune, EPCI, department or region of a code."""
    return _areas().get(code)


def department(text: str) -> Area | None:
    """The department that a text names: its code, its name however it is written, or a commune's or postal code.

    Postal codes in 20 are of either department of Corsica: None.
    """
    spoken = words(text)
    code = "".join(spoken).upper()
    if len(code) == 5 and code[2:].isdecimal():
        code = code[: 3 if code.startswith(("97", "98")) else 2]
    return _departments().get(code) or _department_names().get(" ".join(spoken))


def areas_of(commune_code: str) -> tuple[str, ...]:
    """Codes of the commune and all that holds it: parent commune, EPCI, department, region; empty when unknown."""
    found = commune(commune_code)
    if found is None:
        return ()
    return tuple(filter(None, (found.code, found.parent, found.epci, found.department, found.region)))


def distance_km(a: Location, b: Location) -> float:
    """Great-circle distance in kilometres (haversine)."""
    latitude_a, latitude_b = radians(a.latitude), radians(b.latitude)
    half_longitude = radians(b.longitude - a.longitude) / 2
    half_latitude = (latitude_b - latitude_a) / 2
    chord = sin(half_latitude) ** 2 + cos(latitude_a) * cos(latitude_b) * sin(half_longitude) ** 2
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(chord)))


# Finding a commune by what an address says

_LONGEST: Final = 100
_POSTCODE: Final = re.compile(r"(?<!\d)(\d{2}) ?(\d{3})(?!\d)")
_CEDEX: Final = re.compile(r"\bcedex(?: \d+)?\b")
_ORDINAL: Final = re.compile(r"\b0?(\d{1,2})(?:er|e|eme|ieme)?\b")
_NUMBER: Final = re.compile(r"\b\d+\b")
_IN_FULL: Final = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes", "s": "sur"}
# Articles and lès ("near") come and go from one directory to the next.
_DROPPED: Final = vocabulary("l le la les lez d de du des arrondissement arrdt ardt arr")


def find(name: str | None, postcode: str | None = None) -> Commune | None:
    """The commune that an address names, however it is written; None outside the region and where it stays unclear.

    A known name is believed before the postcode, which tells namesakes apart and gives Marseille its arrondissement
    (``MARSEILLE`` and ``13006`` are 13206). An unknown or missing name leaves the postcode's only commune: it is a
    hamlet's. A CEDEX postcode is in no list: the name alone decides, unless the postcode is another department's.
    """
    return _find((name or "")[:_LONGEST], (postcode or "")[:_LONGEST].strip())


def is_confirmed(name: str | None, postcode: str | None) -> bool:
    """Whether name and postcode say the same: the name is that of a commune which the postcode serves, or a CEDEX.

    A town of another country has a namesake or a postcode here at times, both hardly ever.
    """
    key, code = _name_key((name or "")[:_LONGEST]), _postcode((postcode or "")[:_LONGEST].strip())
    if not key or not code:
        return False
    is_cedex = _CEDEX.search(" ".join(words(name or ""))) is not None
    return bool(_in_postcode(_named(key), _by_postcode().get(code, ()))) or is_cedex


def town_key(name: str) -> str:
    """A town's name for comparing, wherever it lies: ``ST. LOUIS`` and ``Saint-Louis`` alike."""
    return _name_key(name[:_LONGEST])


@lru_cache(maxsize=8192)
def _find(name: str, postcode: str) -> Commune | None:
    code = _postcode(postcode) or _postcode(name) or ""
    here = _by_postcode().get(code, ())
    if code and not here and not code.startswith(DEPARTMENTS):
        return None
    key = _name_key(name)
    if not key:
        return _most_precise(here)
    named = _named(key)
    if not named:
        named = tuple(commune for commune in here if _name_key(commune.name).startswith(f"{key} ")) or here
    return _most_precise(_told_apart(named, here, code))


def _named(key: str) -> tuple[Commune, ...]:
    return _by_name().get(key) or _by_name().get(_NUMBER.sub("", key).strip(), ())


def _told_apart(named: tuple[Commune, ...], here: tuple[Commune, ...], code: str) -> tuple[Commune, ...]:
    """Those of the postcode; else of its department; else all, unless nothing is known of the postcode."""
    in_department = tuple(commune for commune in named if commune.department == code[:2])
    # A postcode of a commune here is a slip of the partner's beside the name of another; one in no list is a place's
    # that only shares its name with a commune: Orange, Connecticut, is 06477.
    is_slip = bool(here) or not code
    return _in_postcode(named, here) or in_department or (named if is_slip else ())


def _in_postcode(named: tuple[Commune, ...], here: tuple[Commune, ...]) -> tuple[Commune, ...]:
    """Those that the postcode serves, with the arrondissements of a parent named."""
    codes = {commune.code for commune in named}
    return tuple(commune for commune in here if commune.code in codes or commune.parent in codes)


def _most_precise(candidates: tuple[Commune, ...]) -> Commune | None:
    """The only candidate, once a city is set aside for its arrondissement."""
    parents = {commune.parent for commune in candidates}
    precise = {commune.code: commune for commune in candidates if commune.code not in parents}
    return next(iter(precise.values())) if len(precise) == 1 else None


def _postcode(text: str) -> str | None:
    """Five digits, with the leading zero that a spreadsheet dropped."""
    found = _POSTCODE.search(text)
    if found:
        return found[1] + found[2]
    return f"0{text}" if len(text) == 4 and text.isdecimal() else None


def _name_key(name: str) -> str:
    """``ISLE S/ SORGUE`` and ``L'Isle-sur-la-Sorgue`` alike, and ``Marseille 06`` as its 6e Arrondissement."""
    spoken = " ".join(words(_POSTCODE.sub(" ", name)))
    kept = (word for word in _CEDEX.sub("", spoken).split() if word not in _DROPPED)
    return " ".join(_IN_FULL.get(word) or _ORDINAL.sub(r"\1", word) for word in kept)


@cache
def _by_name() -> dict[str, tuple[Commune, ...]]:
    """Communes under the key of their name; the name of a former commune leads to the one it has joined."""
    found: defaultdict[str, list[Commune]] = defaultdict(list)
    for name, known in named_communes():
        found[_name_key(name)].append(known)
    return {key: tuple(named) for key, named in found.items()}


@cache
def _by_postcode() -> dict[str, tuple[Commune, ...]]:
    found: defaultdict[str, list[Commune]] = defaultdict(list)
    for known in communes():
        for postcode in known.postcodes:
            found[postcode].append(known)
    return {postcode: tuple(served) for postcode, served in found.items()}
