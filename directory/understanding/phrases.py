"""Phrases found in a row of words: the longest that starts at a place."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Generic, TypeVar

from directory.normalise import vocabulary
from directory.understanding.tokens import Token

T = TypeVar("T")

# What a token is compared by: Saint-Cyr is as often typed st cyr.
IN_FULL: Final = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes", "s": "sur"}
# Articles and lès ("near") come and go inside names.
PASSED_OVER: Final = vocabulary("l le la les lez d de du des")


def as_compared(word: str) -> str:
    """The word as phrases have it."""
    return IN_FULL.get(word, word)


def phrases(text: str) -> tuple[str, ...]:
    """Phrases written as one text, between bars or on lines of their own."""
    return tuple(phrase for phrase in map(str.strip, text.replace("\n", "|").split("|")) if phrase)


class Phrases(Generic[T]):
    """Values by phrase. With ``passing_over``, articles are no part of a phrase and may stand anywhere inside it."""

    def __init__(self, values: Mapping[str, T] | Iterable[tuple[str, T]], *, passing_over: bool = False) -> None:
        self._passed = PASSED_OVER if passing_over else frozenset()
        by_words: dict[tuple[str, ...], T] = {}
        for phrase, value in values.items() if isinstance(values, Mapping) else values:
            key = tuple(as_compared(word) for word in phrase.split() if word not in self._passed)
            if key:
                by_words.setdefault(key, value)
        starting: defaultdict[str, list[tuple[tuple[str, ...], T]]] = defaultdict(list)
        for key, value in sorted(by_words.items(), key=lambda item: -len(item[0])):
            starting[key[0]].append((key, value))
        self._starting: Final = dict(starting)

    def at(self, row: Sequence[Token], start: int) -> tuple[int, T] | None:
        """Where the longest phrase starting there ends, and its value. No phrase goes past the mark that ends one."""
        if start >= len(row):
            return None
        first = row[start].text
        for key, value in self._starting.get(IN_FULL.get(first, first), ()):
            end = self._end(key, row, start) if len(key) > 1 else start + 1
            if end:
                return end, value
        return None

    def words(self) -> Iterable[str]:
        """Every word of every phrase."""
        return (word for listed in self._starting.values() for key, _ in listed for word in key)

    def _end(self, key: tuple[str, ...], row: Sequence[Token], start: int) -> int:
        """After the last word of the phrase, 0 when it is not all there."""
        at = start + 1
        for word in key[1:]:
            while at < len(row) and row[at].text in self._passed and row[at].text != word and not row[at].ended:
                at += 1
            if at >= len(row) or as_compared(row[at].text) != word or row[at].ended.strip("."):
                return 0
            at += 1
        return at
