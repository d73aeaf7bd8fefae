"""More like this: suppliers that have much in common with one, how much, and what.

What a supplier says of itself in the index becomes *traces*, each a query and the points of whoever it finds:

- **activity**: 8 weights for the same sub-class of the NAF, 4 for its class, 2 for its group, the finer level on top of
  the wider ones, so that some words do not outweigh it;
- **words** of its description and of its own activities, the eight rarest that others have: 2 weights each;
- **labels**: 3 weights each; **size**: 20 points for the same enterprise category;
- **nearness** of its seat: 25 points within 5 km, 20 more within 20 km, 15 more within 50 km.

A weight is 3 for what everybody has and 60 for what almost nobody has. Found is who is of the same group of activities,
or has two of the words: a label, a size or a place alone make nobody alike. Points are whole numbers, equals come by
quality, then by id: one index has one answer.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import combinations
from typing import Final

from msgspec import Struct
from tantivy import Occur, Query

from directory.disclosure import Role, visible
from directory.nomenclature import naf
from directory.normalise import words
from directory.records import CompanySize, Nomenclature, Supplier
from directory.search import analysis, filters, layout
from directory.search.ground import Ground
from directory.search.query import Near, Where
from directory.search.reader import Reader
from directory.search.terms import all_of, any_of, scoring, term
from directory.search.text import rarity

SIZE_POINTS: Final = 20
RINGS: Final = ((5.0, 25), (20.0, 20), (50.0, 15))
_LEVELS: Final = {len("43.2"): 2, len("43.22"): 4, len("43.22A"): 8}
_WORD_FACTOR, _LABEL_FACTOR = 2, 3
_MOST_CODES, _MOST_WORDS, _MOST_LABELS = 5, 8, 8
_LONGEST_TEXT: Final = 10_000
_FEWEST_HOLDERS: Final = 2  # itself, and another


class Likeness(StrEnum):
    """In what two suppliers are alike."""

    ACTIVITY = "ACTIVITY"
    WORDS = "WORDS"
    LABELS = "LABELS"
    SIZE = "SIZE"
    NEARNESS = "NEARNESS"


class Reason(Struct, frozen=True):
    """One likeness: what both have, and the points of it. ``common`` are NAF codes, words, label ids, a size, or the
    kilometres within which both are.
    """

    kind: Likeness
    common: tuple[str, ...]
    points: int


class Similar(Struct, frozen=True):
    """A supplier that is like another; ``points`` are those of its reasons, added up."""

    id: int
    points: int
    reasons: tuple[Reason, ...]


class _Trace(Struct, frozen=True):
    kind: Likeness
    value: str
    points: int
    query: Query


def similar(reader: Reader, ground: Ground, supplier: Supplier, first: int, near: Near | None) -> list[Similar]:
    """The suppliers in business that are most like this one, inside the disc if there is one; never itself.

    By what the public may see of it, which is what is indexed of the others.
    """
    shown = visible(supplier, Role.PUBLIC)
    traces = list(_traces(reader, ground, shown)) if shown else []
    alike = _alike(traces)
    if shown is None or not alike or not first:
        return []
    own = [term(layout.ID, shown.id), *([term(layout.IDENTIFIER, shown.siren)] if shown.siren else [])]
    found = all_of(
        [
            (Occur.Must, any_of(alike)),
            *((Occur.MustNot, query) for query in own),
            *filters.clauses(Where(), ground.box),
            *([(Occur.Must, ground.disc(near))] if near else []),
        ]
    )
    scores = [(Occur.Should, scoring(trace.query, trace.points)) for trace in traces]
    hits = reader.best(all_of([(Occur.Must, found), *scores]), first).hits
    numbers = reader.column(layout.ID, [address for _, address in hits])
    common = _common(reader, traces, numbers)
    return [Similar(number, int(hits[place][0]), _reasons(common[number])) for place, number in enumerate(numbers)]


def _traces(reader: Reader, ground: Ground, supplier: Supplier) -> Iterator[_Trace]:
    for level in _naf_levels(supplier):
        points = _LEVELS[len(level)] * _weight(reader, layout.NAF, level)
        yield _Trace(Likeness.ACTIVITY, level, points, term(layout.NAF, level))
    for word, stem in _rarest(reader, supplier):
        yield _Trace(Likeness.WORDS, word, _WORD_FACTOR * _weight(reader, layout.TEXT, stem), term(layout.TEXT, stem))
    for label in sorted({grant.label for grant in supplier.labels})[:_MOST_LABELS]:
        points = _LABEL_FACTOR * _weight(reader, layout.LABEL, label)
        yield _Trace(Likeness.LABELS, label, points, term(layout.LABEL, label))
    if supplier.size is not CompanySize.UNKNOWN:
        yield _Trace(Likeness.SIZE, supplier.size.value, SIZE_POINTS, term(layout.SIZE, supplier.size.value))
    place = supplier.head_office.location if supplier.head_office else None
    if place is not None:
        for km, points in RINGS:
            disc = ground.disc(Near(place.latitude, place.longitude, km))
            yield _Trace(Likeness.NEARNESS, f"{km:g}", points, disc)


def _naf_levels(supplier: Supplier) -> list[str]:
    """The groups, classes and sub-classes of its first activities."""
    codes = [each.code for each in supplier.activities if each.nomenclature is Nomenclature.NAF_REV2]
    levels = (level for code in codes[:_MOST_CODES] for level in naf.levels(code))
    return list(dict.fromkeys(level for level in levels if len(level) in _LEVELS))


def _rarest(reader: Reader, supplier: Supplier) -> list[tuple[str, str]]:
    """Words of what it says it does, with their stems: the rarest that another supplier has, its names left out."""
    told = " ".join((*(each.label or "" for each in supplier.activities), supplier.description or ""))[:_LONGEST_TEXT]
    names = set(analysis.terms(" ".join((supplier.name, *supplier.trade_names))))
    spelled: dict[str, str] = {}
    for word in dict.fromkeys(words(told)):
        for stem in analysis.terms(word):
            spelled.setdefault(stem, word)
    held = ((reader.holders(layout.TEXT, stem), stem) for stem in spelled if stem not in names and not stem.isdigit())
    rarest = sorted((holders, stem) for holders, stem in held if holders >= _FEWEST_HOLDERS)
    return [(spelled[stem], stem) for _, stem in rarest[:_MOST_WORDS]]


def _weight(reader: Reader, field: str, value: str) -> int:
    return rarity(max(1, reader.holders(field, value)), reader.suppliers)


def _alike(traces: Sequence[_Trace]) -> list[Query]:
    """Who can be alike at all."""
    activities = [trace.query for trace in traces if trace.kind is Likeness.ACTIVITY]
    spoken = [trace.query for trace in traces if trace.kind is Likeness.WORDS]
    return [*activities, *(all_of([(Occur.Must, one), (Occur.Must, other)]) for one, other in combinations(spoken, 2))]


def _common(reader: Reader, traces: Sequence[_Trace], numbers: Sequence[int]) -> dict[int, list[_Trace]]:
    """The traces that each of these suppliers has."""
    found: dict[int, list[_Trace]] = defaultdict(list)
    these = any_of([term(layout.ID, number) for number in numbers])
    for trace in traces if numbers else ():
        holders = reader.every(all_of([(Occur.Must, these), (Occur.Must, trace.query)]))
        for number in reader.column(layout.ID, holders):
            found[number].append(trace)
    return found


def _reasons(traces: Sequence[_Trace]) -> tuple[Reason, ...]:
    by_kind = {kind: [trace for trace in traces if trace.kind is kind] for kind in Likeness}
    reasons = (Reason(kind, _said(kind, own), sum(each.points for each in own)) for kind, own in by_kind.items() if own)
    return tuple(sorted(reasons, key=lambda reason: -reason.points))


def _said(kind: Likeness, traces: Sequence[_Trace]) -> tuple[str, ...]:
    """What is worth saying: of levels the finest, of rings the smallest."""
    values = [trace.value for trace in traces]
    if kind is Likeness.NEARNESS:
        return (min(values, key=float),)
    if kind is Likeness.ACTIVITY:
        return tuple(
            value for value in values if not any(other != value and other.startswith(value) for other in values)
        )
    return tuple(values)
