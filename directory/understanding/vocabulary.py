"""The words that somebody uses, and the nearest of them to one that nobody does."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from directory.geography import departments, named_communes
from directory.normalise import fold
from directory.search import analysis
from directory.understanding import asking, everyday, gazetteer, places, quantities
from directory.understanding.preferences import Preferences
from directory.understanding.trade_phrases import TRADE_PHRASES

SHORTEST: Final = 4
# From this length two slips are forgiven, below it one.
_LONG: Final = 8
# A word whose first letter is another must at least end alike.
_TAIL: Final = 4
_CHUNK: Final = 2000
# What a word counts for that no supplier need have: of our texts, and of places, dates and asking.
OUR_COUNT: Final = 20
# Shorter names of labels are acronyms: "made" is no slip of MASE.
_SHORTEST_NAME: Final = 6
# Smaller communes are known but meant by no slip: "nacelle" is none of Ancelle.
_LEAST_POPULATION: Final = 2000
_BETWEEN_WORDS: Final = re.compile(r"[\W_]+")


class Vocabulary:
    """Words with how many suppliers use each. About 20 MB and half a second for 60,000; afterwards it never changes.

    A word that counts for 0 is known, but nothing is corrected to it. Words may have accents: they are compared
    without, and a correction is spelled as the most used one is. ``stems`` are terms of the index whose words are not
    among those counted: known likewise.
    """

    def __init__(self, counted: Iterable[tuple[str, int]], stems: Iterable[str] = ()) -> None:
        self._counts: Final[dict[str, int]] = {}
        self._spelled: Final[dict[str, tuple[int, str]]] = {}
        for written, count in counted:
            self._add(written, count)
        self._stems: Final = frozenset((*_stems(self._counts), *stems))
        heads: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
        tails: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
        for word, count in self._counts.items():
            if count and len(word) >= SHORTEST and word.isalpha():
                heads[word[0], len(word)].append(word)
                tails[word[-_TAIL:], len(word)].append(word)
        self._heads: Final = dict(heads)
        self._tails: Final = dict(tails)

    def __len__(self) -> int:
        return len(self._counts)

    def knows(self, word: str) -> bool:
        """Whether somebody uses the folded word or another form of it.

        One that lacks the last letter of a word in *-er* is the slip of who hears *é*: "plombié" is no form of "plomb".
        """
        if word in self._counts:
            return True
        if word.endswith("e") and self._counts.get(f"{word}r"):
            return False
        return any(stem in self._stems for stem in analysis.terms(word))

    def nearest(self, word: str) -> str | None:
        """The known word that a folded one was meant to be, as it is spelled; None when none is near enough.

        Slips are those of the restricted Damerau–Levenshtein distance (a letter more, less, another, two that changed
        places), which rapidfuzz measures seven times as fast as the full one: at most one below eight letters, else
        two. The first letter is believed first; then fewer slips, more suppliers, the alphabet decide.
        """
        allowed = 1 if len(word) < _LONG else 2
        for buckets, key in ((self._heads, word[0]), (self._tails, word[-_TAIL:])):
            near = [
                (int(slips), -self._counts[choice], choice)
                for length in range(len(word) - allowed, len(word) + allowed + 1)
                for choice, slips, _ in process.extract(
                    word,
                    buckets.get((key, length), ()),
                    scorer=OSA.distance,
                    processor=None,
                    score_cutoff=allowed,
                    limit=None,
                )
            ]
            near = [found for found in near if not _is_prefixed(word, found[2])]
            if near:
                best = min(near)[2]
                return self._spelled[best][1] if best in self._spelled else best
        return None

    def _add(self, written: str, count: int) -> None:
        word = fold(written)
        if not word:
            return
        self._counts[word] = max(count, self._counts.get(word, 0))
        if written.lower() != word and count >= self._spelled.get(word, (0, ""))[0]:
            self._spelled[word] = (count, written.lower())


def _is_prefixed(word: str, choice: str) -> bool:
    """Whether one is the other behind two letters more: "copropriété" is no slip of "propriété"."""
    longer, shorter = sorted((word, choice), key=len, reverse=True)
    return len(longer) > len(shorter) + 1 and longer.endswith(shorter)


def _stems(words: Iterable[str]) -> Iterable[str]:
    """Stems of all words, chunk by chunk: a call of the analyser costs more than a word."""
    listed = list(words)
    for start in range(0, len(listed), _CHUNK):
        yield from analysis.terms(" ".join(listed[start : start + _CHUNK]))


# The words that needs are put in


def spoken(
    texts: Iterable[str], preferences: Preferences, indexed: Iterable[tuple[str, int]]
) -> Iterator[tuple[str, int]]:
    """What a :class:`Vocabulary` is made from: words with what each counts for.

    ``texts`` are expressions and labels, whose words count how often they come and :data:`OUR_COUNT` besides, so that
    the name of a trade goes before a company's. ``indexed`` are words of suppliers with how many have each. Words of
    asking, places and trade phrases are added; a word that comes twice counts what is more.
    """
    often = Counter(word for text in texts for word in _split(text))
    yield from ((word, OUR_COUNT + count) for word, count in often.items())
    yield from indexed
    yield from ((word, OUR_COUNT) for word in asking.WORDS | quantities.WORDS | places.WORDS | everyday.MEANT.keys())
    yield from ((word, 0) for word in everyday.ORDINARY)
    yield from ((word, OUR_COUNT if len(word) >= _SHORTEST_NAME else 0) for word in preferences.words())
    yield from ((word, 0) for phrase in TRADE_PHRASES for word in phrase.split())
    yield from ((word, 0) for word in gazetteer.spoken_words() | quantities.UNITS)
    yield from ((word, 0) for department in departments() for word in _split(department.name))
    for name, known in named_communes():
        counts = OUR_COUNT if known.population >= _LEAST_POPULATION else 0
        yield from ((word, counts) for word in _split(name))


def _split(text: str) -> list[str]:
    """The words as they are written, accents kept."""
    return [word for word in _BETWEEN_WORDS.split(text.lower()) if len(word) > 1]
