"""Areas as people write them, and what holds what: where a company says that it works.

An area is kept under its key, its kind and its code (``DEPARTMENT:84``): a department and a region may share a code.
"""

import re
from functools import cache, lru_cache
from typing import Final

from directory import geography, towns
from directory.geography import Area, AreaKind
from directory.nomenclature._files import rows
from directory.normalise import vocabulary, words

MOST_PARTS: Final = 50
_LONGEST: Final = 200
_BETWEEN: Final = re.compile(r"[,;/|+&\n]+|\bet\b")
_IN_BRACKETS: Final = re.compile(r"\([^)]*\)")
# What goes before a name, or comes and goes inside it.
_DROPPED: Final = vocabulary(
    "departement departements dept dep region regions metropole communaute communautes agglomeration agglo communes "
    "commune ville cc ca epci l le la les d de du des en dans sur et tout toute tous toutes entier entiere ensemble "
    "territoire intervention zone"
)
_ALSO: Final = {
    "paca": "REGION:93", "sud": "REGION:93", "sud paca": "REGION:93", "provence alpes cote azur paca": "REGION:93",
    "amp": "EPCI:200054807", "aix marseille": "EPCI:200054807", "tpm": "EPCI:248300543",
}  # fmt: skip
_NATIONAL: Final = vocabulary("france national nationale")
_OVERSEAS: Final = frozenset({"01", "02", "03", "04", "06"})  # codes of regions


def key(area: Area) -> str:
    """What names the area alone."""
    return f"{area.kind}:{area.code}"


def of_key(text: str) -> Area | None:
    """The area of a key."""
    return _by_key().get(text)


def around(area: Area) -> tuple[Area, ...]:
    """The area and every one that holds it whole, as far as its communes are known here."""
    if area.kind is AreaKind.COMMUNE:
        return _of_commune(area.code)
    if area.kind is AreaKind.EPCI:
        return (area, *_common_to_members(area.code))
    if area.kind is AreaKind.DEPARTMENT:
        region = of_key(f"REGION:{_region_of()[area.code]}")
        return (area, region) if region else (area,)
    return (area,)


def parts(text: str) -> tuple[str, ...]:
    """The areas that a text lists, each as it is written."""
    if find(text):
        return (text,)
    found = (part.strip() for part in _BETWEEN.split(text[: _LONGEST * MOST_PARTS]))
    return tuple(part for part in found if part)[:MOST_PARTS]


def find(text: str) -> tuple[Area, ...]:
    """The area that a text names, by code or by name; every region for all of France; none where it stays unclear.

    Two digits are a department's, but for 93, which is this region's. Five are a commune's code, else a postcode.
    """
    return _find(text[:_LONGEST])


@lru_cache(maxsize=4096)
def _find(text: str) -> tuple[Area, ...]:
    spoken = _name_key(_IN_BRACKETS.sub(" ", text)) or _name_key(text)
    if spoken in _NATIONAL:
        return tuple(area for area in _by_key().values() if area.kind is AreaKind.REGION)
    if spoken == "france metropolitaine":
        return tuple(area for area in find("France") if area.code not in _OVERSEAS)
    named = (
        _of_code(spoken.replace(" ", "").upper()) or _by_name().get(spoken) or _by_name().get(_without_digits(spoken))
    )
    if named:
        return (named,)
    commune = towns.find(text)
    found = geography.area(commune.code) if commune else None
    return (found,) if found else ()


def _of_code(code: str) -> Area | None:
    if code == geography.REGION:
        return of_key(f"REGION:{code}")
    kinds = (AreaKind.DEPARTMENT, AreaKind.COMMUNE, AreaKind.EPCI)
    return next(filter(None, (of_key(f"{kind}:{code}") for kind in kinds)), None)


def _without_digits(spoken: str) -> str:
    return " ".join(word for word in spoken.split() if not word.isdecimal())


def _name_key(text: str) -> str:
    return " ".join(word for word in words(text) if word not in _DROPPED)


def _of_commune(code: str) -> tuple[Area, ...]:
    return tuple(area for each in geography.areas_of(code) if (area := geography.area(each)))


@cache
def _common_to_members(epci: str) -> tuple[Area, ...]:
    """The department and the region of an EPCI that lies in one."""
    members = [_of_commune(commune.code) for commune in geography.communes() if commune.epci == epci]
    shared = frozenset.intersection(*map(frozenset, members)) if members else frozenset()
    return tuple(area for area in _by_key().values() if area in shared and area.code != epci)


# Reading the files


@cache
def _by_key() -> dict[str, Area]:
    communes = [Area(commune.code, commune.name, AreaKind.COMMUNE) for commune in geography.communes()]
    departments = [Area(code, name, AreaKind.DEPARTMENT) for code, name, _ in rows("departments.csv")]
    wide = [
        Area(code, name, kind)
        for file, kind in (("epci.csv", AreaKind.EPCI), ("regions.csv", AreaKind.REGION))
        for code, name in rows(file)
    ]
    return {key(area): area for area in (*departments, *wide, *communes)}


@cache
def _by_name() -> dict[str, Area]:
    """Departments, EPCI and regions under their names; the wider one of two that share theirs."""
    named = [area for area in _by_key().values() if area.kind is not AreaKind.COMMUNE]
    ordered = sorted(named, key=lambda area: area.kind is not AreaKind.EPCI)
    found = {_name_key(_IN_BRACKETS.sub(" ", area.name)): area for area in ordered}
    return found | {name: _by_key()[also] for name, also in _ALSO.items()}


@cache
def _region_of() -> dict[str, str]:
    return {code: region for code, _, region in rows("departments.csv")}
