"""Distances over the index: who is in a disc, exactly, and who is nearest.

Cells inside the disc are taken whole; of those on its border, the points they hold are measured one by one. A supplier
is where its nearest establishment is.
"""

from functools import partial
from math import inf, sqrt
from threading import Lock
from typing import Final

from cachetools import LRUCache
from msgspec import Struct
from tantivy import DocAddress, Occur, Query

from directory.geography import distance_km
from directory.records import Location
from directory.search import cells, layout
from directory.search.cells import Cover
from directory.search.document import points
from directory.search.query import Near
from directory.search.reader import Reader
from directory.search.terms import all_of, any_of, any_term

_MOST_DISCS: Final = 256
_FIRST_STEP_KM: Final = 0.5
_PLACE_COLUMNS: Final = (layout.SITES, layout.LATITUDE, layout.LONGITUDE)


class Placed(Struct, frozen=True, order=True):
    """A supplier and its distance; in order of distance, then of id."""

    distance_km: float
    id: int


class Ground:
    """Measures around points, over one state of the index."""

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

    def nearest(self, filters: Query, near: Near, beyond: Placed, count: int) -> list[Placed]:
        """The first ``count`` suppliers after ``beyond``, going outwards to the edge of ``near``."""
        centre = Location(near.latitude, near.longitude)
        inner = max(0.0, beyond.distance_km)
        width = _FIRST_STEP_KM if inner else self._crowd_km(centre, count)
        while True:
            outer = min(near.radius_km, sqrt(inner**2 + width**2))
            found = [placed for placed in self._ring(filters, centre, inner, outer) if placed > beyond]
            if len(found) >= count or outer == near.radius_km:
                return sorted(found)[:count]
            width *= 2 if len(found) * 4 > count else 4

    def farthest(self, filters: Query, near: Near, before: Placed, count: int) -> list[Placed]:
        """The first ``count`` suppliers before ``before``, going inwards from there to the centre of ``near``."""
        centre = Location(near.latitude, near.longitude)
        outer = min(near.radius_km, before.distance_km)
        width = _FIRST_STEP_KM
        while True:
            inner = max(0.0, outer - width)
            found = [placed for placed in self._ring(filters, centre, inner, outer) if placed < before]
            if len(found) >= count or inner == 0.0:
                return sorted(found, reverse=True)[:count]
            width *= 4

    def distances(self, addresses: list[DocAddress], centre: Location) -> list[float]:
        """How far each is; infinitely far when it is nowhere."""
        columns = [self._reader.column(name, addresses) for name in _PLACE_COLUMNS]
        measured: dict[tuple[float, float], float] = {}
        found = []
        for address, sites, latitude, longitude in zip(addresses, *columns, strict=True):
            if sites != 1:
                found.append(self._nearest_site(address, sites, centre))
                continue
            place = (latitude, longitude)
            if place not in measured:  # many know no better than the middle of their commune
                measured[place] = distance_km(centre, Location(latitude, longitude))
            found.append(measured[place])
        return found

    def _nearest_site(self, address: DocAddress, sites: int, centre: Location) -> float:
        places = points(self._reader.stored(address, layout.POINTS)) if sites else ()
        return min((distance_km(centre, place) for place in places), default=inf)

    def _disc(self, near: Near) -> Query:
        centre = Location(near.latitude, near.longitude)
        cover = self._cover(centre, 0.0, near.radius_km)
        on_border = (term for key in cover.border for term in self._reader.terms(layout.POINT, key))
        inside = [term for term in on_border if distance_km(centre, cells.point(term)) <= near.radius_km]
        return any_of([any_term(layout.CELL, cover.inner), any_term(layout.POINT, inside)])

    def _ring(self, filters: Query, centre: Location, inner: float, outer: float) -> list[Placed]:
        """Suppliers of the filters between the two distances, in no order."""
        cover = self._cover(centre, inner, outer)
        around = any_term(layout.CELL, cover.inner + cover.border)
        addresses = self._reader.every(all_of([(Occur.Must, filters), (Occur.Must, around)]))
        ids, away = self._reader.column(layout.ID, addresses), self.distances(addresses, centre)
        return [Placed(far, own) for far, own in zip(away, ids, strict=True) if inner <= far <= outer]

    def _cover(self, centre: Location, inner: float, outer: float) -> Cover:
        return cells.cover(centre, inner, outer, partial(self._reader.holders, layout.CELL))

    def _crowd_km(self, centre: Location, count: int) -> float:
        """The side of the smallest cell around the centre that holds enough suppliers."""
        around = reversed(cells.keys(centre))
        enough = (cells.side_km(key) for key in around if self._reader.holders(layout.CELL, key) >= count)
        return next(enough, cells.side_km(""))
