"""Suppliers in order of distance, from anywhere in that order, without looking at those farther on.

The walk goes from spot to spot, outwards or inwards, ring by ring. Spots with few suppliers are looked up together,
ever more of them at once; at a crowded one, suppliers come in order of id and no more than are wanted.
"""

from collections.abc import Iterator
from itertools import groupby
from math import sqrt
from operator import attrgetter
from typing import Final

from msgspec import Struct
from tantivy import DocAddress, Occur, Query

from directory.search import layout
from directory.search.ground import Ground, Spot
from directory.search.query import Near
from directory.search.reader import Reader
from directory.search.terms import after, all_of, any_term

_CROWD: Final = 64
_SPOTS_AT_ONCE: Final = 64


class Placed(Struct, frozen=True, order=True):
    """A supplier and its distance; in order of distance, then of id."""

    distance_km: float
    id: int


class Walk:
    """A walk over the suppliers of ``filters`` inside ``near``, beginning after ``start``."""

    def __init__(
        self, reader: Reader, ground: Ground, filters: Query, near: Near, start: Placed, *, outwards: bool
    ) -> None:
        self._reader, self._ground, self._filters = reader, ground, filters
        self._near, self._start, self._outwards = near, start, outwards

    def first(self, count: int) -> list[Placed]:
        """The first ``count`` suppliers of the walk."""
        found: list[Placed] = []
        for group in self._groups(count):
            found += self._whose_nearest(group, count - len(found))
            if len(found) >= count:
                break
        return found[:count]

    # Spots

    def _groups(self, count: int) -> Iterator[list[Spot]]:
        """Spots to be looked up together, in order; a crowd alone. Those equally far are never parted."""
        at_once = _SPOTS_AT_ONCE
        for ring in self._rings(self._ground.crowd_km(self._near, count)):
            group: list[Spot] = []
            for _, equally_far in groupby(ring, key=attrgetter("distance_km")):
                spots = list(equally_far)
                if group and (_is_crowd(spots) or len(group) >= at_once):
                    yield group
                    group, at_once = [], at_once * 2
                group += spots
                if _is_crowd(spots):
                    yield group
                    group = []
            if group:
                yield group

    def _rings(self, width: float) -> Iterator[list[Spot]]:
        """All spots from the start to the edge or the centre, in order, ring by ring; the rings widen."""
        begin = edge = min(max(self._start.distance_km, 0.0), self._near.radius_km)
        end = self._near.radius_km if self._outwards else 0.0
        while True:
            beyond = self._next_edge(edge, width)
            ring = self._ground.ring(self._near, min(edge, beyond), max(edge, beyond))
            # A spot right between two rings has come with the first of them.
            yield sorted(
                (spot for spot in ring if spot.distance_km != edge or edge == begin), reverse=not self._outwards
            )
            if beyond == end:
                return
            edge, width = beyond, width * 2

    def _next_edge(self, edge: float, width: float) -> float:
        """A ring of the area of a disc of radius ``width``, however far out it lies."""
        if self._outwards:
            return min(self._near.radius_km, sqrt(edge**2 + width**2))
        return sqrt(max(0.0, edge**2 - width**2))

    # Suppliers

    def _whose_nearest(self, group: list[Spot], count: int) -> list[Placed]:
        """In order, the suppliers whose nearest site is one of the spots; at a crowded one, at least ``count``."""
        there = any_term(layout.POINT, [spot.term for spot in group])
        wanted = all_of([(Occur.Must, self._filters), (Occur.Must, there)])
        return (
            self._of_crowd(wanted, group, count)
            if _is_crowd(group)
            else self._placed(self._reader.every(wanted), group)
        )

    def _of_crowd(self, wanted: Query, group: list[Spot], count: int) -> list[Placed]:
        if group[0].distance_km == self._start.distance_km:
            ahead = after(layout.ID, self._start.id, upwards=self._outwards)
            wanted = all_of([(Occur.Must, wanted), (Occur.Must, ahead)])
        limit = count
        while True:
            limit *= 2  # one that is here may have a site nearer by
            hits = self._reader.ordered(wanted, layout.ID, limit, upwards=self._outwards).hits
            placed = self._placed([address for _, address in hits], group)
            if len(placed) >= count or len(hits) < limit:
                return placed

    def _placed(self, addresses: list[DocAddress], group: list[Spot]) -> list[Placed]:
        least, most = sorted((group[0].distance_km, group[-1].distance_km))
        away = self._ground.distances(addresses, self._near)
        placed = map(Placed, away, self._reader.column(layout.ID, addresses))
        return sorted(
            (own for own in placed if least <= own.distance_km <= most and self._is_ahead(own)),
            reverse=not self._outwards,
        )

    def _is_ahead(self, placed: Placed) -> bool:
        return placed > self._start if self._outwards else placed < self._start


def _is_crowd(spots: list[Spot]) -> bool:
    """Whether many suppliers are equally far."""
    return spots[0].distance_km == spots[-1].distance_km and sum(spot.holders for spot in spots) > _CROWD
