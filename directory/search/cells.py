"""Squares of the map as index terms, so that a disc is some hundred terms and not a look at every supplier.

A quadtree over longitude and latitude: the world is the cell ``""``, each cell has four children, and a cell's key
spells the way to it, so that a key's beginnings are the cells around it. A level-15 cell is 0.011° (1.2 km from south
to north, 0.9 km from west to east in Provence). Every point is indexed under its cell at each level of :data:`LEVELS`.
"""

from collections.abc import Callable
from functools import lru_cache
from math import cos, hypot, pi, radians
from struct import pack, unpack
from typing import Final

from msgspec import Struct

from directory.geography import EARTH_RADIUS_KM, distance_km
from directory.records import Location

LEVELS: Final = range(6, 19)
_SPAN: Final = 360.0
_KM_PER_DEGREE: Final = EARTH_RADIUS_KM * pi / 180
# A border cell with fewer suppliers is not divided: to measure them costs less than to look up its parts.
_MANY: Final = 12


class Cover(Struct, frozen=True):
    """Cells of a ring: every point of an ``inner`` one is in it, points of a ``border`` one must be measured."""

    inner: tuple[str, ...]
    border: tuple[str, ...]


def keys(place: Location) -> tuple[str, ...]:
    """The cells that hold a point, widest first."""
    deepest = LEVELS[-1]
    row, column = _index(place.latitude, deepest), _index(place.longitude, deepest)
    digits = "".join("0123"[(row >> bit & 1) << 1 | (column >> bit & 1)] for bit in reversed(range(deepest)))
    return tuple(digits[:level] for level in LEVELS)


def _index(degrees: float, level: int) -> int:
    count = 1 << level
    return min(count - 1, max(0, int((degrees + _SPAN / 2) / _SPAN * count)))


def cover(centre: Location, nearest_km: float, farthest_km: float, count: Callable[[str], int]) -> Cover:
    """Cells that together hold every point between the two distances of ``centre``, and few others.

    ``count`` says how many suppliers a cell has: empty ones are dropped, those on the border are divided while many.
    """
    inner: list[str] = []
    border: list[str] = []
    pending = [("", -_SPAN / 2, -_SPAN / 2)]
    while pending:
        key, south, west = pending.pop()
        indexed = len(key) in LEVELS
        held = count(key) if indexed else _MANY
        half = _SPAN / (2 << len(key))
        away = distance_km(centre, Location(south + half, west + half))
        reach = _reach_km(south, half)
        if not held or away - reach > farthest_km or away + reach < nearest_km:
            continue
        if indexed and away + reach <= farthest_km and away - reach >= nearest_km:
            inner.append(key)
        elif held < _MANY or len(key) == LEVELS[-1]:
            border.append(key)
        else:
            pending.extend(_children(key, south, west, half))
    return Cover(tuple(inner), tuple(border))


def _children(key: str, south: float, west: float, half: float) -> tuple[tuple[str, float, float], ...]:
    north, east = south + half, west + half
    return (key + "0", south, west), (key + "1", south, east), (key + "2", north, west), (key + "3", north, east)


def point_term(place: Location) -> str:
    """A point as a term: its deepest cell and, to the last bit, its coordinates."""
    return keys(place)[-1] + pack(">dd", place.latitude, place.longitude).hex()


def point(term: str) -> Location:
    """The point of a term."""
    return Location(*unpack(">dd", bytes.fromhex(term[LEVELS[-1] :])))


@lru_cache(maxsize=8192)
def _reach_km(south: float, half: float) -> float:
    """No point of a cell is farther from its middle: half the diagonal where it is widest, and 1 % for the curve."""
    nearest_equator = max(0.0, abs(south + half) - half)
    return hypot(1.0, cos(radians(min(90.0, nearest_equator)))) * half * _KM_PER_DEGREE * 1.01


def side_km(key: str) -> float:
    """A cell's extent from south to north."""
    return _SPAN / (1 << len(key)) * _KM_PER_DEGREE
