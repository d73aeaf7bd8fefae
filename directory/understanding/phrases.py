"""Phrases found in a row of words: the longest that starts at a place."""

from collections.abc import Iterable, Sequence
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


class _Node(Generic[T]):
    """The words that may follow, and the value of the phrase that ends here, if one does."""

    __slots__ = ("following", "value")

    def __init__(self) -> None:
        self.following: dict[str, _Node[T]] = {}
        self.value: T | None = None


class Phrases(Generic[T]):
    """Values by phrase, the first of several for one phrase. None is no value.

    With ``passing_over``, articles are no part of a phrase and may stand anywhere inside it.
    """

    def __init__(self, values: Iterable[tuple[str, T]], *, passing_over: bool = False) -> None:
        self._passed: Final = PASSED_OVER if passing_over else frozenset()
        self._root: Final = _Node[T]()
        self._words: Final[set[str]] = set()
        for phrase, value in values:
            self._add([as_compared(word) for word in phrase.split() if word not in self._passed], value)

    def _add(self, key: list[str], value: T) -> None:
        node = self._root
        for word in key:
            node = node.following.setdefault(word, _Node())
        if key and node.value is None:
            node.value = value
            self._words.update(key)

    def may_start(self, token: Token) -> bool:
        """Whether some phrase starts with the word."""
        return as_compared(token.text) in self._root.following

    def at(self, row: Sequence[Token], start: int) -> tuple[int, T] | None:
        """Where the longest phrase starting there ends, and its value. None goes on past a mark that ends a phrase."""
        node, at, longest = self._root, start, None
        while at < len(row) and (at == start or not row[at].ended.strip(".")):
            text = row[at].text
            following = node.following.get(IN_FULL.get(text, text))
            at += 1
            if following is None:
                if at - 1 > start and text in self._passed:
                    continue
                break
            node = following
            if node.value is not None:
                longest = at, node.value
        return longest

    def words(self) -> frozenset[str]:
        """Every word of every phrase."""
        return frozenset(self._words)
