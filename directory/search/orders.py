"""The orders hits come in, and how to go on in one from a key: a page costs the same wherever it begins.

Each order gives the rows strictly after a key, or strictly before it (nearest to the key first). Relevance alone has to
walk from the start, and ends after :data:`DEEPEST` suppliers.
"""

import re
from bisect import bisect_left
from math import ceil, inf
from typing import Any, Final, Protocol

from msgspec import Struct
from tantivy import DocAddress, Occur, Query

from directory.search import layout
from directory.search.cursors import Key
from directory.search.errors import InvalidCursor, InvalidQuery
from directory.search.ground import Ground
from directory.search.nearest import Placed, Walk
from directory.search.plan import Plan
from directory.search.query import Direction, OrderField, SearchQuery
from directory.search.reader import Reader
from directory.search.terms import after, all_of, scoring

DEEPEST: Final = 10_000
_UNSIGNED_64: Final = 2**64
# More than quality and id, and a multiple of what is the id's: it stays to be read.
_FAR_LESS: Final = 2**60
_NAME_KEY: Final = re.compile(r"[0-9A-Ja-z]{11,140}")


class Row(Struct, frozen=True):
    """A hit on its way: its key and what is known of it. ``address`` is where the index has it, if it was read."""

    id: int
    key: Key
    score: float | None = None
    distance_km: float | None = None
    address: DocAddress | None = None


class Ordering(Protocol):
    """One order over one state of the index."""

    def rows(self, plan: Plan, key: Key | None, count: int, *, forward: bool) -> list[Row]:
        """At most ``count`` rows after the key (from the beginning without one), or before it (from the end)."""
        ...


def ordering(query: SearchQuery, reader: Reader, ground: Ground) -> Ordering:
    """The order that a question asks for. Relevance without a text is quality."""
    ascending = query.order.direction is Direction.ASC
    match query.order.field:
        case OrderField.RELEVANCE if query.text and query.text.strip():
            return ByScore(reader)
        case OrderField.DISTANCE:
            return ByDistance(reader, ground, ascending)
        case OrderField.NAME:
            return ByName(reader, ascending)
        case OrderField.UPDATED_AT:
            return ByNumber(reader, layout.BY_UPDATE, ascending)
        case _:
            return ByNumber(reader, layout.BY_QUALITY, ascending)


class ByNumber:
    """In the order of a column of whole numbers that end in the supplier's id (:mod:`.document`)."""

    def __init__(self, reader: Reader, column: str, ascending: bool) -> None:
        self._reader, self._column, self._ascending = reader, column, ascending

    def rows(self, plan: Plan, key: Key | None, count: int, *, forward: bool) -> list[Row]:
        upwards = self._ascending == forward
        if key is None:
            hits = plan.first(self._column, count, upwards=upwards)
        else:
            rest = after(self._column, _number(key.value), upwards=upwards)
            wanted = all_of([(Occur.Must, plan.found), (Occur.Must, rest)])
            hits = self._reader.ordered(wanted, self._column, count, upwards=upwards).hits
        return [Row(layout.LARGEST_ID - (value & layout.LARGEST_ID), Key(value), address=at) for value, at in hits]


class ByName:
    """In the order of folded names, each with the supplier's id at its end."""

    def __init__(self, reader: Reader, ascending: bool) -> None:
        self._reader, self._ascending = reader, ascending

    def rows(self, plan: Plan, key: Key | None, count: int, *, forward: bool) -> list[Row]:
        upwards = self._ascending == forward
        if key is None:
            hits = plan.first(layout.BY_NAME, count, upwards=upwards)
        else:
            wanted = all_of([(Occur.Must, plan.found), (Occur.Must, self._rest(key, upwards))])
            hits = self._reader.ordered(wanted, layout.BY_NAME, count, upwards=upwards).hits
        return [Row(int(value[-10:]), Key(value), address=at) for value, at in hits]

    def _rest(self, key: Key, upwards: bool) -> Query:
        """Ranges of text are only to be had from the query parser: what it reads is checked to be a bare word."""
        if not isinstance(key.value, str) or not _NAME_KEY.fullmatch(key.value):
            raise InvalidCursor("The cursor is not one of this order: begin again without it.")
        bounds = f"{{{key.value} TO *}}" if upwards else f"{{* TO {key.value}}}"
        return scoring(self._reader.parse(f"{layout.BY_NAME}:{bounds}"), 0)


class ByDistance:
    """From the nearest outwards, or the reverse; equals by id."""

    def __init__(self, reader: Reader, ground: Ground, ascending: bool) -> None:
        self._reader, self._ground, self._ascending = reader, ground, ascending

    def rows(self, plan: Plan, key: Key | None, count: int, *, forward: bool) -> list[Row]:
        if plan.near is None:
            raise InvalidQuery("The DISTANCE order needs `near`: say from where.")
        outwards = self._ascending == forward
        start = _placed(key) if key else Placed(-1.0 if outwards else inf, 0)
        walk = Walk(self._reader, self._ground, plan.filters, plan.near, start, outwards=outwards)
        return [
            Row(placed.id, Key(placed.distance_km, placed.id), distance_km=placed.distance_km)
            for placed in walk.first(count)
        ]


class ByScore:
    """Best first; of equals those that are behind others of their chain last (:mod:`.chains`), each by quality, then by
    id: the order in which documents lie in the index.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def rows(self, plan: Plan, key: Key | None, count: int, *, forward: bool) -> list[Row]:
        return self._after(plan, key, count) if forward else self._before(plan, key, count)

    def _after(self, plan: Plan, key: Key | None, count: int) -> list[Row]:
        start, hits = self._walk(plan, key, count)
        if start + count > DEEPEST + 1:
            raise _too_deep()
        return self._rows(plan, hits[start : start + count], start)

    def _before(self, plan: Plan, key: Key | None, count: int) -> list[Row]:
        if key is None and plan.total > DEEPEST:
            raise _too_deep()
        end, hits = self._walk(plan, key, 1) if key else (plan.total, plan.best(plan.total))
        if key and end and self._is_at(hits[end - 1], key):
            end -= 1
        start = max(0, end - count)
        return self._rows(plan, hits[start:end], start)[::-1]

    def _walk(self, plan: Plan, key: Key | None, ahead: int) -> tuple[int, list[tuple[Any, DocAddress]]]:
        """The best hits, enough of them to have ``ahead`` after the key, and how many are not after it."""
        if key is None:
            return 0, plan.best(ahead)
        score, tie = _number(key.value), _tie(key.tie)
        limit = max(0, min(key.rank, DEEPEST)) + ahead + 1
        while True:
            hits = plan.best(limit)
            start = self._position(hits, score, tie)
            if len(hits) < limit or start + ahead <= limit:
                return start, hits
            if limit > DEEPEST:
                raise _too_deep()
            limit *= 2

    def _position(self, hits: list[tuple[Any, DocAddress]], score: int, tie: int) -> int:
        """How many hits come before the key or stand at it."""
        first = bisect_left(hits, float(-score), key=_descending)
        after = bisect_left(hits, float(1 - score), lo=first, key=_descending)
        ties = self._ties(hits[first:after])
        return first + bisect_left(ties, 1 - tie, key=lambda own: -own)

    def _is_at(self, hit: tuple[Any, DocAddress], key: Key) -> bool:
        return whole(hit[0]) == key.value and self._ties([hit]) == [key.tie]

    def _ties(self, hits: list[tuple[Any, DocAddress]]) -> list[int]:
        """What tells equals apart: quality and id, and far less for those behind others."""
        keys = self._reader.column(layout.BY_QUALITY, [address for _, address in hits])
        return [key if score == whole(score) else key - _FAR_LESS for (score, _), key in zip(hits, keys, strict=True)]

    def _rows(self, plan: Plan, hits: list[tuple[Any, DocAddress]], start: int) -> list[Row]:
        return [
            Row(
                layout.LARGEST_ID - (tie & layout.LARGEST_ID),
                Key(whole(score), tie, start + place + 1, plan.weights),
                score=float(whole(score)),
                address=address,
            )
            for place, ((score, address), tie) in enumerate(zip(hits, self._ties(hits), strict=True))
        ]


def whole(score: float) -> int:
    """The points of a supplier, whether or not it is behind others that have as many."""
    return ceil(score)


def _descending(hit: tuple[float, DocAddress]) -> float:
    return -hit[0]


def _number(value: float | str) -> int:
    if not isinstance(value, int) or not 0 <= value < _UNSIGNED_64:
        raise InvalidCursor("The cursor is not one of this order: begin again without it.")
    return value


def _tie(number: int) -> int:
    if not -_FAR_LESS <= number < _UNSIGNED_64:
        raise InvalidCursor("The cursor is not one of this order: begin again without it.")
    return number


def _placed(key: Key) -> Placed:
    if not isinstance(key.value, float) or not key.value >= 0:
        raise InvalidCursor("The cursor is not one of this order: begin again without it.")
    return Placed(key.value, key.tie)


def _too_deep() -> InvalidQuery:
    return InvalidQuery(
        f"Pages by RELEVANCE end after {DEEPEST} suppliers: narrow the query, or order by NAME, which has no end."
    )
