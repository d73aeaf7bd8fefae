"""The names of a thing as they are written: which of them answers what is typed, and by which of its letters.

A name is chosen among its comparable words; only the one that is chosen is looked at letter by letter.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Final
from unicodedata import combining

from msgspec import Struct
from rapidfuzz.distance import OSA

from directory.normalise import fold, words
from directory.search.completing import Typed, slips

Aliases = Mapping[str, tuple[str, ...]]
_NO_ALIASES: Final[Aliases] = {}


class Writing(Struct, frozen=True):
    """A name. ``spoken`` are its comparable words with the other forms they go by, each after a space."""

    text: str
    spoken: str
    aliases: Aliases = _NO_ALIASES

    @classmethod
    def of(cls, text: str, aliases: Aliases = _NO_ALIASES) -> "Writing":
        """The name read; ``aliases`` are other forms that words go by."""
        forms = (form for word in words(text) for form in (word, *aliases.get(word, ())))
        return cls(text, "".join(f" {form}" for form in forms), aliases)


class Part(Struct, frozen=True):
    """A stretch of a text: where it starts and how long it is, in characters (Unicode code points)."""

    start: int
    length: int


class Fit(Struct, frozen=True):
    """A name that answers, and the letters that do."""

    text: str
    parts: tuple[Part, ...]


class Choice(Struct, frozen=True):
    """The name of several that answers best, and how many of the words typed it does not have."""

    writing: Writing
    missing: int

    def fit(self, asked: Typed) -> Fit:
        """The letters that answer: each word typed goes to the word most like it, to one that no other has first."""
        spoken, taken = _words_of(self.writing), dict[int, int]()
        for typed in asked.words:
            choices = [(*word.begun(typed), place) for place, word in enumerate(spoken)]
            slipped, letters, place = min(choices, key=lambda each: (each[0], each[2] in taken), default=(_FAR, 0, 0))
            if slipped < _FAR:
                taken[place] = max(letters, taken.get(place, 0))
        parts = tuple(spoken[place].part(letters) for place, letters in sorted(taken.items()))
        return Fit(self.writing.text, parts)


def right(writings: Iterable[Writing], asked: Typed) -> Choice | None:
    """The name that has every word typed: where the first comes earliest, then the shortest, then the first."""
    begun = [f" {word}" for word in asked.words]
    found = list(writings)
    for word in begun:
        found = [each for each in found if word in each.spoken]
    best = min(found, key=lambda each: (each.spoken.find(begun[0]), len(each.text)), default=None)
    return Choice(best, 0) if best else None


def near(writings: Sequence[Writing], asked: Typed) -> Choice:
    """The name that has most of the words typed, with the fewest slips, then the shortest, then the first."""
    spoken = [each.spoken.split() for each in writings]
    forms = frozenset(chain.from_iterable(spoken))
    heard = [{form: far for form in forms if (far := _begun(form, word)[0]) < _FAR} for word in asked.words]
    had = [sum(not known.keys().isdisjoint(each) for known in heard) for each in spoken]
    most = max(had)

    def rank(number: int) -> tuple[int, int, int]:
        slipped = (min((known[form] for form in spoken[number] if form in known), default=0) for known in heard)
        return sum(slipped), len(writings[number].text), number

    *_, best = min(rank(number) for number, words_had in enumerate(had) if words_had == most)
    return Choice(writings[best], len(heard) - most)


# Letters

_FAR: Final = 9


@lru_cache(maxsize=8192)
def _begun(word: str, typed: str) -> tuple[int, int]:
    """With how many slips the word begins as typed, and how many of its letters that is; _FAR where it does not."""
    if word.startswith(typed):
        return 0, len(typed)
    allowed = slips(typed)
    # A beginning that is so near differs in length by no more: one measure tells nearly all words apart.
    if not allowed or OSA.distance(typed, word[: len(typed)], score_cutoff=2 * allowed) > 2 * allowed:
        return _FAR, 0
    lengths = range(len(typed) - allowed, min(len(typed) + allowed, len(word)) + 1)
    near = ((OSA.distance(typed, word[:length], score_cutoff=allowed), -length) for length in lengths)
    distance, length = min(near, default=(_FAR, 0))
    return (distance, -length) if distance <= allowed else (_FAR, 0)


class _Word(Struct, frozen=True):
    """A word of a text in its comparable forms; ``ends`` are where each of its letters ends in the text."""

    forms: tuple[str, ...]
    start: int
    ends: tuple[int, ...]

    def begun(self, typed: str) -> tuple[int, int]:
        return min(_begun(form, typed) for form in self.forms)

    def part(self, letters: int) -> Part:
        return Part(self.start, self.ends[min(letters, len(self.ends)) - 1] - self.start)


def _words_of(writing: Writing) -> list[_Word]:
    return [_Word((word, *writing.aliases.get(word, ())), start, ends) for word, start, ends in _read(writing.text)]


@lru_cache(maxsize=4096)  # what is suggested is suggested at the next letter too; some 1 kB each
def _read(text: str) -> tuple[tuple[str, int, tuple[int, ...]], ...]:
    """The words, found again among the letters of the text: comparing drops marks and elided articles, no more."""
    letters, at = list(_letters(text)), 0
    stream = "".join(letter for letter, _, _ in letters)
    read = []
    for word in words(text):
        found = stream.find(word, at)
        if found >= 0:
            at = found + len(word)
            read.append((word, letters[found][1], tuple(end for _, _, end in letters[found:at])))
    return tuple(read)


def _letters(text: str) -> Iterator[tuple[str, int, int]]:
    """Every comparable letter, where its sign starts, and where that ends with the accents that follow it."""
    for start, sign in enumerate(text):
        letters = [letter for letter in _folded(sign) if letter.isalnum()]
        end = start + 1
        while letters and end < len(text) and combining(text[end]):
            end += 1
        yield from ((letter, start, end) for letter in letters)


_folded = lru_cache(maxsize=1024)(fold)
