"""A text read once: what each word is there for, before activities are looked up.

Places, quantities, dates, politeness and the names of partners and labels are taken out, so that the words left carry
meaning. Whatever the text holds, reading it ends within milliseconds and without an error.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from msgspec import Struct

from directory.normalise import vocabulary
from directory.search import analysis
from directory.understanding import asking, corrections, places, quantities
from directory.understanding.contract import Correction, Place, Preference, Word
from directory.understanding.placing import placed
from directory.understanding.preferences import Meaning, Preferences, preference, stays
from directory.understanding.tokens import Token, shortened, tokens
from directory.understanding.vocabulary import Vocabulary

# Of words that say for whom or where in it, beside the 1 of what is wanted.
LOWER: Final = 0.4
_LOWERING: Final = vocabulary("pour chez dans")
# After them "dans" and "pour" say what is wanted: "accompagner dans la paie".
_HELPING: Final = vocabulary(
    "aide aider aidez accompagne accompagner accompagnez accompagnement assister assistance conseiller epauler soutenir"
)
_RAISING: Final = vocabulary("avec ainsi plus puis mais")


class Role(StrEnum):
    """What a word of a text is there for."""

    WORD = "word"
    PLACE = "place"
    QUANTITY = "quantity"
    PREFERENCE = "preference"
    ASKING = "asking"
    SMALL = "small"


class ReadWord(Struct, frozen=True):
    """A word as understood, folded; ``text[start:end]`` is what was typed. Its ``weight`` counts for a WORD only."""

    text: str
    role: Role
    start: int
    end: int
    weight: float = 1.0


class Reading(Struct, frozen=True, kw_only=True):
    """A text, read. ``words`` are what is left to look for, ``spans`` everything in its order."""

    text: str
    words: tuple[Word, ...] = ()
    place: Place | None = None
    preferences: tuple[Preference, ...] = ()
    corrections: tuple[Correction, ...] = ()
    spans: tuple[ReadWord, ...] = ()


def read(text: str, known: Vocabulary, preferences: Preferences, without: frozenset[str] = frozenset()) -> Reading:
    """What a need says, the same every time for the same vocabulary and names.

    ``without`` are keys of parts that the buyer clicked away: their words are looked for like any other.
    """
    text = shortened(text)
    row, mended = corrections.corrected(tokens(text), known, without)
    reader = _Reader(text, row, preferences, without, with_places=True)
    place = reader.place()
    if place and place.key in without:
        reader, place = _Reader(text, row, preferences, without, with_places=False), None
    spans = reader.spans(has_more=place is not None)
    used = {span.start for span in spans if span.role in {Role.WORD, Role.PLACE, Role.PREFERENCE}}
    return Reading(
        text=text,
        words=tuple(Word(span.text, span.weight) for span in spans if span.role is Role.WORD),
        place=place,
        preferences=reader.preferred,
        corrections=tuple(dict.fromkeys(made for at, made in mended.items() if row[at].start in used)),
        spans=spans,
    )


def _is_small(token: Token) -> bool:
    return analysis.is_small(token.text) and not token.is_acronym


class _Reader:
    """One pass over a row of words: at each, the first reading that fits takes its words."""

    def __init__(
        self, text: str, row: Sequence[Token], names: Preferences, without: frozenset[str], *, with_places: bool
    ) -> None:
        self._text, self._row, self._names, self._without = text, row, names, without
        self._with_places = with_places
        self._roles: list[ReadWord] = []
        self._places: list[places.Found] = []
        self._meanings: dict[Meaning, str] = {}
        self._has_word = self._is_lowered = False
        at = 0
        while at < len(row):
            self._end_phrase(row[at])
            at = self._take(at)

    @property
    def preferred(self) -> tuple[Preference, ...]:
        return tuple(preference(meaning, typed) for meaning, typed in self._meanings.items())

    def place(self) -> Place | None:
        return placed(self._text, self._row, self._places)

    def spans(self, *, has_more: bool) -> tuple[ReadWord, ...]:
        """Every word with its role. Where nothing is left, not even a place or preference, all are looked for."""
        if has_more or self._has_word or self._meanings:
            return tuple(self._roles)
        return tuple(ReadWord(span.text, Role.WORD, span.start, span.end) for span in self._roles)

    def _end_phrase(self, token: Token) -> None:
        if token.ended.strip(".") or token.ended.count(".") > 1 or (token.ended and token.has_capital):
            self._is_lowered = False

    def _take(self, at: int) -> int:
        """Give a role to the words of what starts there; where the next starts."""
        return (
            self._trade(at)
            or self._left_aside(at, quantities.date_at(self._row, at))
            or self._place(at)
            or self._left_aside(at, quantities.phone_at(self._row, at))
            or self._left_aside(at, quantities.quantity_at(self._row, at))
            or self._number(at)
            or self._preference(at)
            or self._asking(at)
            or self._single(at)
        )

    def _trade(self, at: int) -> int:
        end = places.ends_in_trade(self._row, at)
        for each in range(at, end):
            self._single(each)
        return end if end > at else 0

    def _left_aside(self, at: int, end: int) -> int:
        return self._mark(at, end, Role.QUANTITY) if end > at else 0

    def _place(self, at: int) -> int:
        found = places.place_at(self._row, at) if self._with_places else None
        if found is None:
            return 0
        self._places.append(found)
        return self._mark(at, found.end, Role.PLACE)

    def _number(self, at: int) -> int:
        """A number without a unit: an official one, part of a name (``3D``, ``permis 125``), else left aside."""
        row = self._row
        end = quantities.identifier_at(row, at)
        if end == at:
            if not row[at].is_number:
                return 0
            has_letters = at + 1 < len(row) and row[at + 1].is_glued and row[at + 1].text.isalnum()
            end = at + (2 if has_letters else 1)
            before = self._roles[-1] if self._roles else None
            belongs = before is not None and before.role is Role.WORD and not row[at].ended and before.weight == 1
            if not has_letters and not belongs and len(row[at].text) != 9:
                return self._mark(at, end, Role.QUANTITY)
        joined = "".join(token.text for token in row[at:end])
        return self._word(joined, row[at].start, row[end - 1].end, end)

    def _preference(self, at: int) -> int:
        found = self._names.at(self._row, at)
        if found is None:
            return 0
        end, meaning = found
        typed = self._text[self._row[at].start : self._row[end - 1].end]
        kept = preference(meaning, typed)
        is_clicked_away = kept.key in self._without
        if not is_clicked_away:
            self._meanings.setdefault(meaning, typed)
        if not is_clicked_away and not stays(meaning):
            return self._mark(at, end, Role.PREFERENCE)
        for each in range(at, end):
            self._single(each)
        return end

    def _asking(self, at: int) -> int:
        found = asking.PHRASES.at(self._row, at)
        if found:
            return self._mark(at, found[0], Role.ASKING)
        if asking.is_asking(self._row[at].text, is_first=not self._has_word):
            return self._mark(at, at + 1, Role.ASKING)
        return 0

    def _single(self, at: int) -> int:
        token = self._row[at]
        if token.text in _LOWERING:
            self._is_lowered = self._has_word and self._row[at - 1].text not in _HELPING
        elif token.text in _RAISING:
            self._is_lowered = False
        if len(token.text) == 1 or token.is_elided or _is_small(token):
            return self._mark(at, at + 1, Role.SMALL)
        return self._word(token.text, token.start, token.end, at + 1)

    def _word(self, text: str, start: int, end: int, after: int) -> int:
        self._has_word = True
        self._roles.append(ReadWord(text, Role.WORD, start, end, LOWER if self._is_lowered else 1.0))
        return after

    def _mark(self, at: int, end: int, role: Role) -> int:
        self._roles.extend(ReadWord(token.text, role, token.start, token.end) for token in self._row[at:end])
        return end
