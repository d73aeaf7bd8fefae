"""Distances over the index: who is in a disc, exactly, and how far each is.

A supplier is where its nearest establishment is. Suppliers share spots: many addresses are only known by the middle of
their commune. Cells inside a disc are taken whole, and of those on its border every spot is measured.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from math import inf
from threading import Lock
from typing import Final

from cachetools import LRUCache
from msgspec import Struct
from tantivy import DocAddress, Query

from directory.geography import distance_km
from directory.records import Location
from directory.search import cells, layout
from directory.search.cells import Cover
from directory.search.document import points
from directory.search.query import Near
from directory.search.reader import Reader
from directory.search.terms import any_of, any_term

_MOST_DISCS: Final = 256
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
        self._discs: LRUCache[Near, Query] = LRUCache(_MOST_DISCS)
        self._lock = Lock()

    def disc(self, near: Near) -> Query:
        """Suppliers with a site inside ``near``."""
        with self._lock:
            known = self._discs.get(near)
        if known is None:
            known = self._disc(near)
            with self._lock:
                self._discs[near] = known
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

    def _spots(self, near: Near, keys: Iterable[str]) -> Iterator[Spot]:
        middle = centre(near)
        for key in keys:
            for term, holders in self._reader.terms(layout.POINT, key):
                yield Spot(distance_km(middle, cells.point(term)), term, holders)

    def _cover(self, near: Near, inner_km: float, outer_km: float) -> Cover:
        return cells.cover(centre(near), inner_km, outer_km, partial(self._reader.held, layout.CELL))


def centre(near: Near) -> Location:
    """The middle of a disc."""
    return Location(near.latitude, near.longitude)
