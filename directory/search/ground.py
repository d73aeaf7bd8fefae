"""Distances over the index: who is in a disc, exactly, and who is nearest.

Cells find the suppliers of a ring, all of them and some more; those in cells on its border are measured one by one. A
supplier is where its nearest establishment is.
"""

from collections.abc import Iterator, Sequence
from math import inf, sqrt
from typing import Final

from msgspec import Struct
from tantivy import DocAddress, Occur, Query

from directory.geography import distance_km
from directory.records import Location
from directory.search import cells, layout
from directory.search.cells import Cover
from directory.search.document import points
from directory.search.query import Near
from directory.search.reader import Reader
from directory.search.terms import all_of, any_of, any_term, term

_FIRST_STEP_KM: Final = 0.5


class Placed(Struct, frozen=True, order=True):
    """A supplier and its distance; in order of distance, then of id."""

    distance_km: float
    id: int


class Ground:
    """Measures around points, over one state of the index."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def disc(self, filters: Query, near: Near) -> Query:
        """Suppliers inside ``near`` among those of ``filters`` (others may be in or out: combine the two)."""
        centre = Location(near.latitude, near.longitude)
        cover = self._cover(centre, 0.0, near.radius_km)
        measured = self._measured(filters, cover.border, centre)
        inside = [term(layout.ID, placed.id) for placed in measured if placed.distance_km <= near.radius_km]
        return any_of([any_term(layout.CELL, cover.inner), *inside] if cover.inner else inside)

    def nearest(self, filters: Query, near: Near, beyond: Placed, count: int) -> list[Placed]:
        """The first ``count`` suppliers after ``beyond``, going outwards to the edge of ``near``."""
        centre = Location(near.latitude, near.longitude)
        inner = max(0.0, beyond.distance_km)
        width = self._first_step(centre, count) if inner == 0.0 else _FIRST_STEP_KM
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

    def distances(self, addresses: Sequence[DocAddress], centre: Location) -> list[float]:
        """How far each is; infinitely far when it is nowhere."""
        listed = list(addresses)
        columns = [self._reader.column(name, listed) for name in _PLACE_COLUMNS]
        return [self._distance(address, centre, *place) for address, *place in zip(listed, *columns, strict=True)]

    def _distance(self, address: DocAddress, centre: Location, sites: int, latitude: float, longitude: float) -> float:
        if sites == 0:
            return inf
        if sites == 1:
            return distance_km(centre, Location(latitude, longitude))
        return min(distance_km(centre, point) for point in points(self._reader.stored(address, layout.POINTS)))

    def _ring(self, filters: Query, centre: Location, inner: float, outer: float) -> Iterator[Placed]:
        cover = self._cover(centre, inner, outer)
        measured = self._measured(filters, cover.inner + cover.border, centre)
        return (placed for placed in measured if inner <= placed.distance_km <= outer)

    def _measured(self, filters: Query, keys: tuple[str, ...], centre: Location) -> Iterator[Placed]:
        """Suppliers of the filters with a site in one of the cells, with their distance."""
        if not keys:
            return iter(())
        addresses = self._reader.every(all_of([(Occur.Must, filters), (Occur.Must, any_term(layout.CELL, keys))]))
        ids = self._reader.column(layout.ID, addresses)
        return map(Placed, self.distances(addresses, centre), ids)

    def _cover(self, centre: Location, inner: float, outer: float) -> Cover:
        return cells.cover(centre, inner, outer, self._held)

    def _held(self, key: str) -> int:
        return self._reader.holders(layout.CELL, key)

    def _first_step(self, centre: Location, count: int) -> float:
        """The side of the smallest cell around the centre that holds enough suppliers."""
        around = reversed(cells.keys(centre))
        return next((cells.side_km(key) for key in around if self._held(key) >= count), cells.side_km(""))


_PLACE_COLUMNS: Final = (layout.SITES, layout.LATITUDE, layout.LONGITUDE)
