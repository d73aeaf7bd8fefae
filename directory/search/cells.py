"""Squares of the map as index terms, so that a disc is some hundred terms and not a look at every supplier.

A quadtree over longitude and latitude: the world is the cell ``""``, each cell has four children, and a cell's key
spells the way to it, so that a key's beginnings are the cells around it. A level-15 cell is 0.011° (1.2 km from south
to north, 0.9 km from west to east in Provence). Every point is indexed under its cell at each level of :data:`LEVELS`.
"""

from collections.abc import Callable
from enum import Enum, auto
from math import asin, cos, hypot, pi, radians, sin, sqrt
from struct import pack, unpack
from typing import Final

from msgspec import Struct

from directory.geography import EARTH_RADIUS_KM
from directory.records import Location

LEVELS: Final = range(6, 19)
_SPAN: Final = 360.0
_KM_PER_DEGREE: Final = EARTH_RADIUS_KM * pi / 180
# A border cell with fewer suppliers is not divided: to measure them costs less than to look up its parts.
_MANY: Final = 12
# Degrees by which a point may lie outside the cell that its rounded sum falls into.
_ROUNDING: Final = 1e-9


class Cover(Struct, frozen=True):
    """Cells of a ring or a rectangle: every point of an ``inner`` one is in it, those of a ``border`` one may be."""

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
    measure = _Measure(centre)

    def side(south: float, west: float, half: float) -> _Side:
        least, most = measure.reach(south, west, half)
        if least > farthest_km or most < nearest_km:
            return _Side.OUT
        return _Side.IN if most <= farthest_km and least >= nearest_km else _Side.ACROSS

    return _cover(side, count)


def cover_box(southwest: Location, northeast: Location, count: Callable[[str], int]) -> Cover:
    """The same for a rectangle between two corners, edges included."""
    rows, columns = (southwest.latitude, northeast.latitude), (southwest.longitude, northeast.longitude)

    def side(south: float, west: float, half: float) -> _Side:
        sides = {_along(rows, south, south + 2 * half), _along(columns, west, west + 2 * half)}
        return next(each for each in (_Side.OUT, _Side.ACROSS, _Side.IN) if each in sides)

    return _cover(side, count)


def _along(wanted: tuple[float, float], low: float, high: float) -> "_Side":
    if high < wanted[0] - _ROUNDING or low > wanted[1] + _ROUNDING:
        return _Side.OUT
    return _Side.IN if low > wanted[0] + _ROUNDING and high < wanted[1] - _ROUNDING else _Side.ACROSS


class _Side(Enum):
    """Where a cell lies: all of it in what is covered, none of it, or perhaps a part."""

    IN = auto()
    OUT = auto()
    ACROSS = auto()


def _cover(side: "Callable[[float, float, float], _Side]", count: Callable[[str], int]) -> Cover:
    inner: list[str] = []
    border: list[str] = []
    pending = [("", -_SPAN / 2, -_SPAN / 2)]
    while pending:
        key, south, west = pending.pop()
        half = _SPAN / (2 << len(key))
        lies = side(south, west, half)
        if lies is _Side.OUT:
            continue
        indexed = len(key) in LEVELS
        held = count(key) if indexed else _MANY
        if indexed and (not held or lies is _Side.IN):
            inner += [key] * bool(held)
        elif held < _MANY or len(key) == LEVELS[-1]:
            border.append(key)
        else:
            pending.extend(_children(key, south, west, half))
    return Cover(tuple(inner), tuple(border))


class _Measure:
    """Bounds of the distance to a cell: haversine to its middle, with the terms that a row or column shares kept."""

    def __init__(self, centre: Location) -> None:
        self._latitude, self._longitude = radians(centre.latitude), radians(centre.longitude)
        self._rows: dict[tuple[float, float], tuple[float, float, float]] = {}
        self._columns: dict[tuple[float, float], float] = {}

    def reach(self, south: float, west: float, half: float) -> tuple[float, float]:
        """No point of the cell is nearer than the first or farther than the second, in km."""
        row = self._rows.get((south, half)) or self._row(south, half)
        column = self._columns.get((west, half)) or self._column(west, half)
        away = 2 * EARTH_RADIUS_KM * asin(sqrt(min(1.0, max(0.0, row[0] + row[1] * column))))
        return away - row[2], away + row[2]

    def _row(self, south: float, half: float) -> tuple[float, float, float]:
        latitude = radians(south + half)
        nearest_equator = max(0.0, abs(south + half) - half)
        # Half the diagonal where the cell is widest, and 1 % for the curve.
        reach = hypot(1.0, cos(radians(min(90.0, nearest_equator)))) * half * _KM_PER_DEGREE * 1.01
        found = sin((latitude - self._latitude) / 2) ** 2, cos(latitude) * cos(self._latitude), reach
        self._rows[south, half] = found
        return found

    def _column(self, west: float, half: float) -> float:
        found = sin((radians(west + half) - self._longitude) / 2) ** 2
        self._columns[west, half] = found
        return found


def _children(key: str, south: float, west: float, half: float) -> tuple[tuple[str, float, float], ...]:
    north, east = south + half, west + half
    return (key + "0", south, west), (key + "1", south, east), (key + "2", north, west), (key + "3", north, east)


def point_term(place: Location) -> str:
    """A point as a term: its deepest cell and, to the last bit, its coordinates."""
    return keys(place)[-1] + pack(">dd", place.latitude, place.longitude).hex()


def point(term: str) -> Location:
    """The point of a term."""
    return Location(*unpack(">dd", bytes.fromhex(term[LEVELS[-1] :])))


def side_km(key: str) -> float:
    """A cell's extent from south to north."""
    return _SPAN / (1 << len(key)) * _KM_PER_DEGREE
