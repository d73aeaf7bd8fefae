"""Slips of the keyboard mended: a word that nobody uses becomes the nearest that somebody does."""

from collections.abc import Sequence
from typing import Final

from msgspec import structs

from directory.normalise import fold
from directory.search import analysis
from directory.understanding import asking
from directory.understanding.contract import Correction
from directory.understanding.tokens import Token
from directory.understanding.vocabulary import SHORTEST, Vocabulary

# A text is not a heap of slips: beyond, words stay as they are, and time stays bounded.
_MOST: Final = 8


def corrected(
    row: Sequence[Token], known: Vocabulary, without: frozenset[str]
) -> tuple[tuple[Token, ...], dict[int, Correction]]:
    """The row with slips mended, and what was mended by position. ``without`` are keys of corrections not to make."""
    made: dict[int, Correction] = {}
    mended = list(row)
    tried = 0
    for at, token in enumerate(row):
        if not _may_be_slip(token) or known.knows(token.text):
            continue
        tried += 1
        understood = known.nearest(token.text) if tried <= _MOST else None
        if understood is None:
            continue
        correction = Correction(token.text, understood)
        if correction.key not in without:
            made[at] = correction
            mended[at] = structs.replace(token, text=fold(understood))
    return tuple(mended), made


def _may_be_slip(token: Token) -> bool:
    """Numbers, what holds one, short words, acronyms and words that carry nothing are left alone."""
    return (
        len(token.text) >= SHORTEST
        and token.text.isalpha()
        and not token.is_acronym
        and not analysis.is_small(token.text)
        and token.text not in asking.WORDS
    )
