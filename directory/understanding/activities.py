"""From the words of a need to the NAF sub-classes that may meet it.

Three measures are taken, each by words as the search's own French analysis makes them (accents go before stemming):

- **nearest expression**: of all that is written under a code (expressions and official label) the one most like
  the need, by the cosine of their words' rarities; a long expression is held against itself by less than its length;
- **whole code**: BM25 (Robertson and Spärck Jones) over all that is written under the code, official labels times four,
  expressions times six; however much is written: many expressions say that somebody was thorough, not that a word
  among them means less;
- **named**: whether an expression is the need and nothing else: a plumber is no wholesaler of plumbing.

Each is made comparable by its mean and deviation over all codes (z-scores), and they are added; a fourth, of meaning
(:mod:`.meaning`), joins them where its extra is installed. The weights were chosen on every other one of 248 needs of
others and 186 of our own (``bench/search/needs.py``).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from heapq import nsmallest
from math import log, sqrt
from typing import Final, Protocol

from directory.nomenclature import naf
from directory.search import analysis
from directory.understanding import everyday
from directory.understanding.contract import Activity, Word
from directory.understanding.lexicon import Lexicon

MOST: Final = 20
_NEAREST, _WHOLE, _NAMED, _MEANING = 0.6, 0.6, 0.2, 0.6
_LABELS, _EXPRESSIONS = 4.0, 6.0
_LENGTH: Final = 0.6  # exponent of an expression's length in the cosine; 1 would be the plain one
_K1: Final = 0.6

Scores = Mapping[int, float]


class Meaning(Protocol):
    """What tells how alike the need and each code are in meaning."""

    def scores(self, text: str) -> Sequence[float]:
        """A score for every code, in the nomenclature's order, on any scale: only how they compare counts."""
        ...

    def __hash__(self) -> int:
        """By identity: what is made with one is kept for it."""
        ...


class Activities:
    """Every code with what is written under it, made ready for looking up; one for each state of the lexicon."""

    def __init__(self, lexicon: Lexicon, meaning: Meaning | None = None) -> None:
        self._codes = naf.codes()
        self._texts = [(naf.label(code) or "", *lexicon.expressions.get(code, ())) for code in self._codes]
        self._meaning = meaning
        spoken = [[analysis.terms(text) for text in texts] for texts in self._texts]
        self._labels = WholeCodes([texts[0] for texts in spoken])
        self._expressions = WholeCodes([[term for text in texts[1:] for term in text] for texts in spoken])
        self._nearest = _Nearest(spoken)

    def find(self, words: Sequence[Word], most: int = MOST) -> tuple[Activity, ...]:
        """The codes that have any of the words, best first; equals in the nomenclature's order."""
        terms = self._weighed(words)
        nearest, expressions = self._nearest.scores(terms)
        named = dict.fromkeys(self._nearest.named(terms), 1.0)
        labels, said = self._labels.scores(terms), self._expressions.scores(terms)
        whole = {code: _LABELS * labels.get(code, 0.0) + _EXPRESSIONS * said.get(code, 0.0) for code in nearest}
        measured = ((_NEAREST, nearest), (_WHOLE, whole), (_NAMED, named))
        fused = _added(*((weight, _z(scores, len(self._codes))) for weight, scores in measured))
        if self._meaning and terms:
            alike = dict(enumerate(self._meaning.scores(" ".join(word.text for word in words))))
            fused = _added((1.0, fused), (_MEANING, _z(alike, len(self._codes))))
        best = nsmallest(most, fused.items(), key=lambda each: (-each[1], each[0]))
        return self._activities([(code, score) for code, score in best if score > 0], expressions, terms)

    def _weighed(self, words: Sequence[Word]) -> dict[str, float]:
        """The terms of the words and of what people mean by them, each with the most that one of its words weighs.

        A term that is nowhere written is left out where another one is meant.
        """
        found: dict[str, float] = {}
        for word in words:
            typed, meant = analysis.terms(word.text), everyday.meant_terms(word.text)
            for term in (*(term for term in typed if not meant or self._nearest.knows(term)), *meant):
                found[term] = max(found.get(term, 0.0), word.weight)
        return found

    def _activities(
        self, best: list[tuple[int, float]], expressions: Mapping[int, int], terms: Mapping[str, float]
    ) -> tuple[Activity, ...]:
        """A weight is the score's share of the best one's, times how much of the need the best one covers."""
        if not best:
            return ()
        sure = self._nearest.covered(best[0][0], terms) / best[0][1]
        if not sure:
            return ()  # alike in meaning at most: of words that nobody has written, that says nothing
        return tuple(
            Activity(
                self._codes[code],
                self._texts[code][0],
                round(score * sure, 3),
                self._texts[code][expressions.get(code, 0)],
            )
            for code, score in best
        )


class WholeCodes:
    """BM25 over one text a code, without its correction for length."""

    def __init__(self, texts: Sequence[Sequence[str]]) -> None:
        self._postings: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for code, terms in enumerate(texts):
            for term, count in Counter(terms).items():
                self._postings[term].append((code, count * (_K1 + 1) / (count + _K1)))
        self._rarities = {term: _rarity(len(held), len(texts)) for term, held in self._postings.items()}

    def scores(self, terms: Mapping[str, float]) -> dict[int, float]:
        found: defaultdict[int, float] = defaultdict(float)
        for term, weight in terms.items():
            rarity = weight * self._rarities.get(term, 0.0)
            for code, score in self._postings.get(term, ()):
                found[code] += rarity * score
        return found


class _Nearest:
    """The expression of each code that is most like the need."""

    def __init__(self, texts: Sequence[Sequence[tuple[str, ...]]]) -> None:
        holders = Counter(term for spoken in texts for term in {term for text in spoken for term in text})
        self._squares = {term: _rarity(count, len(texts)) ** 2 for term, count in holders.items()}
        self._unknown = _rarity(1, len(texts)) ** 2
        self._held = [frozenset(term for text in spoken for term in text) for spoken in texts]
        self._owners: list[tuple[int, int]] = []
        self._lengths: list[float] = []
        self._whole: defaultdict[frozenset[str], set[int]] = defaultdict(set)
        self._postings: defaultdict[str, list[int]] = defaultdict(list)
        for code, spoken in enumerate(texts):
            for place, text in enumerate(spoken):
                self._add(code, place, text)

    def _add(self, code: int, place: int, terms: tuple[str, ...]) -> None:
        for term in terms:
            self._postings[term].append(len(self._owners))
        self._whole[frozenset(terms)].add(code)
        self._owners.append((code, place))
        self._lengths.append(sqrt(sum(self._squares[term] for term in terms)) ** _LENGTH or 1.0)

    def scores(self, terms: Mapping[str, float]) -> tuple[dict[int, float], dict[int, int]]:
        """The best score of each code, and which of its texts has it."""
        shared: defaultdict[int, float] = defaultdict(float)
        for term, weight in terms.items():
            square = weight * self._squares.get(term, 0.0)
            for text in self._postings.get(term, ()):
                shared[text] += square
        best: dict[int, float] = {}
        places: dict[int, int] = {}
        for text, common in shared.items():
            code, place = self._owners[text]
            score = common / self._lengths[text]
            if score > best.get(code, 0.0):
                best[code], places[code] = score, place
        return best, places

    def knows(self, term: str) -> bool:
        """Whether some text has the term."""
        return term in self._squares

    def named(self, terms: Mapping[str, float]) -> Iterable[int]:
        """The codes of which a text has these terms and no others."""
        return self._whole.get(frozenset(terms), ())

    def covered(self, code: int, terms: Mapping[str, float]) -> float:
        """The share of the need, by the rarity of its words, that is written under the code."""
        weights = {term: weight * self._squares.get(term, self._unknown) for term, weight in terms.items()}
        total = sum(weights.values())
        return sum(weight for term, weight in weights.items() if term in self._held[code]) / total if total else 0.0


def _rarity(holders: int, texts: int) -> float:
    """The inverse document frequency of BM25, never below zero."""
    return log(1 + (texts - holders + 0.5) / (holders + 0.5))


def _z(scores: Scores, codes: int) -> dict[int, float]:
    """The scores as deviations from their mean; codes that are not there score 0 and are left out."""
    mean = sum(scores.values()) / codes
    squares = sum((score - mean) ** 2 for score in scores.values()) + (codes - len(scores)) * mean**2
    deviation = sqrt(squares / codes) or 1.0
    return {code: (score - mean) / deviation for code, score in scores.items()}


def _added(*parts: tuple[float, Scores]) -> dict[int, float]:
    found: defaultdict[int, float] = defaultdict(float)
    for weight, scores in parts:
        for code, score in scores.items():
            found[code] += weight * score
    return found


def known_words(lexicon: Lexicon) -> Iterable[str]:
    """Every text that the lexicon and the official labels hold: what nobody's word is corrected away from."""
    for code in naf.codes():
        yield naf.label(code) or ""
        yield from lexicon.expressions.get(code, ())
