"""Lists that are completed beside the suppliers, the same way: an index of its own in memory for each.

**Trades** are the NAF sub-classes under their official labels and what the lexicon calls them; **places** the areas
that ``located_in`` takes, under their names and postcodes.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Final

import tantivy
from msgspec import Struct

from directory import geography
from directory.geography import Area, AreaKind, Commune
from directory.nomenclature import naf
from directory.normalise import words
from directory.search import analysis, layout
from directory.search.completing import Completed, Tier, Typed, completions, corrected, fields, full_name
from directory.search.reader import Reader
from directory.search.terms import SCHEMA
from directory.search.writing import Aliases, Choice, Fit, Writing, near, right
from directory.understanding.lexicon import Lexicon

_HEAP_BYTES: Final = 50_000_000
# Of what an index finds, so many are looked at in their letters: typed nonsense finds everything.
_MOST_LOOKED_AT: Final = 50


class Entry(Struct, frozen=True):
    """A value with all the ways it is written, and what is said beside it. ``weight``: the heavier comes first."""

    value: str
    detail: str
    writings: tuple[Writing, ...]
    weight: int = 0


class Answer(Struct, frozen=True):
    """An entry that answers what is typed; ``choice`` is the one of its writings that has every word of it."""

    tier: Tier
    entry: Entry
    asked: Typed
    choice: Choice | None = None

    @property
    def fit(self) -> Fit:
        """The writing that answers best and its letters: worked out when asked for, by whoever shows it."""
        return (self.choice or near(self.entry.writings, self.asked)).fit(self.asked)


class Catalogue:
    """Entries that can be completed. A tenth of a second for 20,000 writings; never changes, and is thread-safe."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries: Final = tuple(entries)
        index = tantivy.Index(SCHEMA)
        analysis.register(index)
        writer = index.writer(heap_size=_HEAP_BYTES, num_threads=1)
        for number, entry in enumerate(self.entries):
            writer.add_document(tantivy.Document.from_dict(_document(number, entry), SCHEMA))
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self._reader = Reader(index)

    def complete(self, asked: Typed, limit: int, weigh: Callable[[Entry], int]) -> list[Answer]:
        """The entries that answer without a slip, the best first: names that begin so, then the heaviest."""
        return self._answers(completions(self._reader, asked, len(self.entries)), asked, limit, weigh)

    def correct(self, asked: Typed, limit: int, weigh: Callable[[Entry], int]) -> list[Answer]:
        """The entries that answer but for slips, in the order of :func:`~.completing.corrected`, then the heaviest."""
        return self._answers(corrected(self._reader, asked, len(self.entries)), asked, limit, weigh)

    def _answers(
        self, found: Sequence[Completed], asked: Typed, limit: int, weigh: Callable[[Entry], int]
    ) -> list[Answer]:
        numbers = self._reader.column(layout.ID, [each.address for each in found])
        ranked = sorted(
            (each.tier, -each.score, -weigh(self.entries[number]), number)
            for each, number in zip(found, numbers, strict=True)
        )
        return list(islice(self._fitting(ranked, asked), limit))

    def _fitting(self, ranked: Sequence[tuple[Tier, int, int, int]], asked: Typed) -> Iterator[Answer]:
        """Those that have every word typed in one name, then those that have them in several."""
        spread: list[Entry] = []
        for tier, _, _, number in ranked[:_MOST_LOOKED_AT]:
            entry = self.entries[number]
            choice = None if tier is Tier.SLIP else right(entry.writings, asked)
            if choice or tier is Tier.SLIP:
                yield Answer(tier, entry, asked, choice)
            else:
                spread.append(entry)
        yield from (Answer(Tier.WITHIN, entry, asked) for entry in spread)


def _document(number: int, entry: Entry) -> dict[str, str | int | float | bytes | list[str]]:
    names = [name for writing in entry.writings for name in _names_of(writing)]
    return fields(names) | {layout.ID: number, layout.FULL_NAME: list(map(full_name, names))}


def _names_of(writing: Writing) -> Iterator[str]:
    """The name as it is written, and with each other form of its words in their place."""
    spoken = words(writing.text)
    forms = [(word, *writing.aliases.get(word, ())) for word in spoken]
    for rank in range(max(map(len, forms), default=0)):
        yield " ".join(each[min(rank, len(each) - 1)] for each in forms)


# Trades


def trades(lexicon: Lexicon) -> Catalogue:
    """The NAF sub-classes under their labels and the expressions of the lexicon."""
    return Catalogue(_trade(code, lexicon.expressions.get(code, ())) for code in naf.codes())


def _trade(code: str, expressions: Sequence[str]) -> Entry:
    label = naf.label(code) or code
    return Entry(code, f"{code} · {label}", tuple(map(Writing.of, (*expressions, label))))


# Places

_SAINTS: Final[Aliases] = {"saint": ("st",), "sainte": ("ste",), "saints": ("sts",), "saintes": ("stes",)}
# How arrondissements are numbered: "1er", "2e", also "02", "2eme".
_ORDINALS: Final[Aliases] = {"1er": ("01", "1e", "premier")} | {
    f"{number}e": (f"{number:02}", f"{number}eme") for number in range(2, 17)
}
_ALIASES: Final = {**_SAINTS, **_ORDINALS}
_KINDS: Final = {
    AreaKind.COMMUNE: "Commune",
    AreaKind.EPCI: "Intercommunalité",
    AreaKind.DEPARTMENT: "Département",
    AreaKind.REGION: "Région",
}


@cache
def places() -> Catalogue:
    """Every area that a search can be narrowed to, the most populous first. Made once."""
    people, seats = _populations()
    held = {commune.parent for commune in geography.communes()}
    return Catalogue(
        Entry(
            area.code,
            _told(area, seats.get(area.code)),
            tuple(Writing.of(text, _ALIASES) for text in _names(area, area.code in held)),
            people.get(area.code, 0),
        )
        for area in geography.areas()
    )


def _populations() -> tuple[dict[str, int], dict[str, Commune]]:
    """How many people live in each area, and its most populous commune; none for areas outside the region."""
    people: defaultdict[str, int] = defaultdict(int)
    seats: dict[str, Commune] = {}
    for commune in geography.communes():
        for code in [commune.code] if commune.parent else geography.areas_of(commune.code):
            people[code] += commune.population
            if code not in seats or seats[code].population < commune.population:
                seats[code] = commune
    return people, seats


def _names(area: Area, is_divided: bool) -> Iterator[str]:
    """Its name, alone and after its postcodes or the code of the department; a city leaves postcodes to its parts."""
    yield area.name
    commune = geography.commune(area.code)
    if commune and not is_divided:
        yield from (f"{postcode} {area.name}" for postcode in commune.postcodes)
    if area.kind is AreaKind.DEPARTMENT:
        yield f"{area.code} {area.name}"


def _told(area: Area, seat: Commune | None) -> str:
    kind = "Arrondissement" if seat and seat.parent and seat.code == area.code else _KINDS[area.kind]
    department = geography.department(seat.code) if seat and area.kind in {AreaKind.COMMUNE, AreaKind.EPCI} else None
    return f"{kind} · {department.name} ({department.code})" if department else kind
