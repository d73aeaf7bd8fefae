"""Distances over the index: who is in a disc or a rectangle, exactly, and how far each is.

A supplier is where its nearest establishment is. Suppliers share spots: many addresses are only known by the middle of
their commune. Cells inside a disc or a rectangle are taken whole, and of those on its border every spot is measured.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from math import inf
from threading import Lock
from typing import Final, TypeVar

from cachetools import LRUCache
from msgspec import Struct
from tantivy import DocAddress, Query

from directory.geography import distance_km
from directory.records import Location
from directory.search import cells, layout
from directory.search.cells import Cover
from directory.search.document import points
from directory.search.query import Box, Near
from directory.search.reader import Reader
from directory.search.terms import any_of, any_term

_MOST_SHAPES: Final = 256
S = TypeVar("S", Near, Box)
_PLACE_COLUMNS: Final = (layout.SITES, layout.LATITUDE, layout.LONGITUDE)


class Spot(Struct, frozen=True, order=True):
    """A point of the index, how far it is, and about how many suppliers have a site there."""

    distance_km: float
    term: str
    holders: int


class Ground:
    """Measures around points, over one state of the index. Thread-safe."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._shapes: LRUCache[Near | Box, Query] = LRUCache(_MOST_SHAPES)
        self._lock = Lock()

    def disc(self, near: Near) -> Query:
        """Suppliers with a site inside ``near``."""
        return self._kept(near, self._disc)

    def box(self, within: Box) -> Query:
        """Suppliers with a site inside the rectangle."""
        return self._kept(within, self._box)

    def _kept(self, shape: S, make: Callable[[S], Query]) -> Query:
        with self._lock:
            known = self._shapes.get(shape)
        if known is None:
            known = make(shape)
            with self._lock:
                self._shapes[shape] = known
        return known

    def ring(self, near: Near, inner_km: float, outer_km: float) -> Iterator[Spot]:
        """The spots between two distances of the centre of ``near``, both included, in no order."""
        cover = self._cover(near, inner_km, outer_km)
        spots = self._spots(near, cover.inner + cover.border)
        return (spot for spot in spots if inner_km <= spot.distance_km <= outer_km)

    def crowd_km(self, near: Near, suppliers: int) -> float:
        """The side of the smallest cell around the centre of ``near`` that holds so many suppliers."""
        around = reversed(cells.keys(centre(near)))
        enough = (cells.side_km(key) for key in around if self._reader.held(layout.CELL, key) >= suppliers)
        return next(enough, cells.side_km(""))

    def distances(self, addresses: list[DocAddress], near: Near) -> list[float]:
        """How far each is from the centre of ``near``; infinitely far when it is nowhere."""
        columns = [self._reader.column(name, addresses) for name in _PLACE_COLUMNS]
        middle = centre(near)
        measured: dict[tuple[float, float], float] = {}
        found = []
        for address, sites, latitude, longitude in zip(addresses, *columns, strict=True):
            if sites != 1:
                found.append(self._nearest_site(address, sites, middle))
                continue
            place = (latitude, longitude)
            if place not in measured:
                measured[place] = distance_km(middle, Location(latitude, longitude))
            found.append(measured[place])
        return found

    def _nearest_site(self, address: DocAddress, sites: int, middle: Location) -> float:
        places = points(self._reader.stored(address, layout.POINTS)) if sites else ()
        return min((distance_km(middle, place) for place in places), default=inf)

    def _disc(self, near: Near) -> Query:
        cover = self._cover(near, 0.0, near.radius_km)
        inside = [spot.term for spot in self._spots(near, cover.border) if spot.distance_km <= near.radius_km]
        return any_of([any_term(layout.CELL, cover.inner), any_term(layout.POINT, inside)])

    def _box(self, within: Box) -> Query:
        corners = Location(within.south, within.west), Location(within.north, within.east)
        cover = cells.cover_box(*corners, partial(self._reader.holders, layout.CELL))
        border = (term for key in cover.border for term, _ in self._reader.terms(layout.POINT, key))
        inside = [term for term in border if _holds(within, cells.point(term))]
        return any_of([any_term(layout.CELL, cover.inner), any_term(layout.POINT, inside)])

    def _spots(self, near: Near, keys: Iterable[str]) -> Iterator[Spot]:
        middle = centre(near)
        for key in keys:
            for term, holders in self._reader.terms(layout.POINT, key):
                yield Spot(distance_km(middle, cells.point(term)), term, holders)

    def _cover(self, near: Near, inner_km: float, outer_km: float) -> Cover:
        return cells.cover(centre(near), inner_km, outer_km, partial(self._reader.held, layout.CELL))


def _holds(within: Box, place: Location) -> bool:
    return within.south <= place.latitude <= within.north and within.west <= place.longitude <= within.east


def centre(near: Near) -> Location:
    """The middle of a disc."""
    return Location(near.latitude, near.longitude)
