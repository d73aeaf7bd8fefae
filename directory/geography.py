"""Communes of Provence-Alpes-Côte d'Azur, the areas they belong to, and distance.

The six departments of the region (04, 05, 06, 13, 83, 84) are known commune by commune; departments and regions of the
rest of France by name. Read once, when first asked for, from the files that ``nomenclature/data/SOURCES.md`` describes.
"""

from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from math import asin, cos, radians, sin, sqrt
from typing import Final

from msgspec import Struct

from directory.nomenclature._files import rows
from directory.normalise import words
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


def departments() -> tuple[Area, ...]:
    """Every department of France; where a region has the code of one outside ours, :func:`area` gives the region."""
    return tuple(_departments().values())


def epcis() -> tuple[Area, ...]:
    """The inter-communal bodies of the communes known here."""
    return tuple(found for found in _areas().values() if found.kind is AreaKind.EPCI)


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
