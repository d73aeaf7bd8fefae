"""Where invented sites are, and how directories write it: streets, numbers, towns, points.

Sites crowd where people live, three times as much in the Bouches-du-Rhône, where the partners are at home.
"""

from bisect import bisect
from functools import cache
from itertools import accumulate
from math import log, sqrt
from random import Random

from msgspec import Struct

from bench.matching.vocabulary import words
from directory import geography
from directory.geography import Commune
from directory.records import Location

HOME, HOME_WEIGHT = "13", 3.0
CITY = 60_000  # people: where domiciliation companies are
KNOWN_STREETS = 0.45  # of addresses are in the streets that every town has
REPEATED = 0.07  # of numbers are a bis or ter
IN_A_ZONE = 0.08
METRES = 1 / 111_000  # in degrees of latitude

_SHORT = {
    "rue": ("r", "r."),
    "avenue": ("av", "av.", "ave"),
    "boulevard": ("bd", "bd.", "bld", "blvd"),
    "chemin": ("ch", "ch.", "che", "chem."),
    "route": ("rte", "rte."),
    "place": ("pl", "pl."),
    "impasse": ("imp", "imp."),
    "allée": ("all", "all."),
    "traverse": ("trav", "trav.", "tra"),
    "montée": ("mtée", "mte"),
    "cours": ("crs",),
    "Saint": ("St", "St."),
    "Maréchal": ("Mal",),
    "Général": ("Gal", "Gén."),
    "Docteur": ("Dr",),
}


class Place(Struct, frozen=True):
    """An address as the company itself would write it, and its point."""

    commune: Commune
    postcode: str
    number: str
    street: str
    zone: str
    point: Location


@cache
def _crowd() -> tuple[list[Commune], list[float]]:
    """Communes that are not cut into arrondissements, and their weights added up."""
    parents = {commune.parent for commune in geography.communes()}
    homes = [each for each in geography.communes() if each.postcodes and each.population and each.code not in parents]
    weights = (each.population * (HOME_WEIGHT if each.department == HOME else 1) for each in homes)
    return homes, list(accumulate(weights))


def commune(chance: Random) -> Commune:
    """A commune, a big one more often than a small one."""
    homes, crowd = _crowd()
    return homes[bisect(crowd, chance.random() * crowd[-1])]


def city(chance: Random) -> Commune:
    """A commune or arrondissement where many people live."""
    while (found := commune(chance)).population < CITY:
        pass
    return found


def place(chance: Random, home: Commune, postcode: str | None = None) -> Place:
    """An address in the commune."""
    spread = sqrt(home.population) * 4 * METRES
    centre = home.location
    return Place(
        commune=home,
        postcode=postcode or chance.choice(home.postcodes),
        number=_number(chance),
        street=_street(chance, home),
        zone=words().zones.pick(chance) if chance.random() < IN_A_ZONE else "",
        point=Location(centre.latitude + chance.gauss(0, spread), centre.longitude + chance.gauss(0, spread * 1.4)),
    )


def _number(chance: Random) -> str:
    number = 1 + int(-35 * log(1 - chance.random()))
    if chance.random() < REPEATED:
        return f"{number} {chance.choice(('bis', 'bis', 'bis', 'ter', 'B', 'A'))}"
    return str(number)


def _street(chance: Random, home: Commune) -> str:
    """A street that every town has, or one of the town's own: half of those bear somebody's name."""
    streets = words().streets
    if chance.random() < KNOWN_STREETS:
        return streets.pick(chance)
    own = Random(int(home.code) * 1_000 + int(chance.random() ** 1.5 * (20 + home.population // 150)))
    kind = own.choice(("rue", "rue", "avenue", "chemin", "boulevard", "impasse", "allée", "traverse", "place"))
    if own.random() < 0.5:
        return f"{kind} {words().first_names.pick(own)} {words().surname(own)}"
    return f"{kind} {own.choice(('des', 'de la', 'du'))} {words().nouns.pick(own)}"


# How it is written


def street_line(chance: Random, where: Place, *, shortened: float) -> str:
    """Number and street; a word of it is abbreviated so often."""
    number = where.number
    if " " in number:
        number = chance.choice((number, number.replace(" ", ""), number))
    street = where.street
    if chance.random() < shortened:
        street = " ".join(chance.choice(_SHORT[word]) if word in _SHORT else word for word in street.split())
    return f"{number}{chance.choice((' ', ' ', ', '))}{street}"


def lines(chance: Random, where: Place, *, shortened: float) -> tuple[str, ...]:
    """The lines of an address: its zone stands before the street, after it, instead of it, or nowhere."""
    line = street_line(chance, where, shortened=shortened)
    if not where.zone:
        return (line,)
    return chance.choice(((where.zone, line), (line, where.zone), (where.zone,), (line,), (f"{where.zone}, {line}",)))


def town(chance: Random, home: Commune) -> str:
    """The commune's name in one of its spellings; of Marseille often without its arrondissement."""
    if home.parent:
        number = int(home.code[-2:])
        ordinal = "1er" if number == 1 else f"{number}e"
        return chance.choice((f"Marseille {ordinal}", f"MARSEILLE {number:02}", "Marseille", "MARSEILLE", "Marseille"))
    name = home.name
    way = chance.random()
    if way < 0.5:
        return name
    if way < 0.75:
        return name.upper()
    return name.replace("-", " ").replace("Saint", "St") if way < 0.95 else f"{name} Cedex"


def near(chance: Random, point: Location, metres: float) -> Location:
    """A point about so far from this one, to five decimals as maps give it."""
    far = metres * METRES
    return Location(
        round(point.latitude + chance.gauss(0, far), 5), round(point.longitude + chance.gauss(0, far * 1.4), 5)
    )
