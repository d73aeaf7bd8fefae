"""French text to terms: the one way, for the index and for questions alike.

A text becomes its comparable words (:func:`directory.normalise.words`: no case, accents, elided articles), words of a
trade in *-erie* meet those who practise it (*plomberie*, *plombier*, *plombière*), small words go, and Snowball's
French stemmer makes *chauffagistes* and *chauffagiste* one term. Accents go before stemming: people leave them out.
"""

import hashlib
import re
from functools import cache
from typing import Final

import tantivy

from directory.normalise import words

TOKENIZER: Final = "french"
# Nothing that is a word is longer; a term of the index must stay short of tantivy's 64 KiB.
_LONGEST_WORD: Final = 40
# Endings of a trade or shop and of its tradeswoman, for the tradesman's: -er after g and ch (boulanger, boucher), else
# -ier. And plurals in -ers, which Snowball leaves alone.
_TRADE: Final = re.compile(
    r"\b(?P<er>[a-z]{2,}(?:g|ch))er(?:e|ie)s?\b|\b(?P<ier>[a-z]{3,}?)(?:iere|erie)s?\b|\b(?P<plural>[a-z]{2,}er)s\b"
)
_SMALL_WORDS: Final = words(
    "a ai ainsi alors au aucun aussi autre aux avec car ce ceci cela ces cet cette ceux chez comme dans de des donc du "
    "elle elles en entre es est et etc etre eu eux fait font il ils je la le les leur leurs lui ma mais me mes moi mon "
    "n ne ni nos notre nous on ont ou par pas peu plus pour pres qu quand que quel quelle quelles quels qui quoi sa "
    "sans se ses si soit son sont sous sur ta te tes toi ton tous tout toute toutes tres tu un une vers via vos votre "
    "vous y"
)
_SMALL: Final = frozenset(_SMALL_WORDS)
_PROBE: Final = (
    "L'Électricité générale d'Aubagne : plomberies, boulangerie, œuvres & chauffagistes – O'Neill, S.N.E.F n° 12bis"
)


@cache
def _analyzer() -> tantivy.TextAnalyzer:
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace())
        .filter(tantivy.Filter.remove_long(_LONGEST_WORD))
        .filter(tantivy.Filter.custom_stopword(_SMALL_WORDS))
        .filter(tantivy.Filter.stemmer("french"))
        .build()
    )


def prepared(text: str) -> str:
    """The text as the tokenizer wants it: comparable words between single spaces."""
    return _TRADE.sub(_tradesman, " ".join(words(text)))


def _tradesman(found: re.Match[str]) -> str:
    if found["plural"]:
        return found["plural"]
    return f"{found['er']}er" if found["er"] else f"{found['ier']}ier"


def terms(text: str) -> tuple[str, ...]:
    """The distinct terms of a text in their order; empty when it holds nothing but small words and punctuation."""
    return analysed(prepared(text))


def analysed(ready: str) -> tuple[str, ...]:
    """The distinct terms of a text that is :func:`prepared` already."""
    return tuple(dict.fromkeys(_analyzer().analyze(ready)))


def is_small(word: str) -> bool:
    """Whether a comparable word is one that no term is made of: an article, a preposition, "avoir" and "être"."""
    return word in _SMALL


def register(index: tantivy.Index) -> None:
    """Make the tokenizer known to an index: tantivy keeps its name on disk, never the thing itself."""
    index.register_tokenizer(TOKENIZER, _analyzer())


@cache
def digest() -> str:
    """Names this analysis: an index made by another one would miss words in silence."""
    parts = (*terms(_PROBE), *_SMALL_WORDS, str(_LONGEST_WORD), _TRADE.pattern)
    return hashlib.blake2b(" ".join(parts).encode(), digest_size=8).hexdigest()
