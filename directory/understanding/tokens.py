"""A text as words that know where they were typed. Every pattern runs over the text once, whatever it holds."""

import re
from typing import Final

from msgspec import Struct

from directory.normalise import fold
from directory.understanding.contract import MAX_NEED

# Marks that belong to the letter before them, and characters that nobody sees (soft hyphens, zero-width, direction).
_INSIDE: Final = r"\u0300-\u036f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
_LETTER: Final = rf"[^\W_][{_INSIDE}]*"
_APOSTROPHE: Final = "['’‘`´ʼ]"
_TOKEN: Final = re.compile(
    r"(?P<contact>[^\s@]{1,64}@[^\s@]{1,100}|https?://\S+|www\.\S+)"
    rf"|(?P<elided>(?:[cdjlmnst]|qu){_APOSTROPHE}(?=[^\W_]))"
    r"|(?P<number>\d+(?:[.,]\d+)?)"
    rf"|(?P<initials>(?:[^\W\d_]\.){{2,}}(?:[^\W\d_](?![^\W_]))?)"
    rf"|(?P<word>(?:{_LETTER})+(?:{_APOSTROPHE}(?:{_LETTER})+)*)"
    r"|(?P<sign>[€%$£])"
    r"|(?P<end>[,;:.!?()\[\]/|+\n•…–—])",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"\d{1,9}(?:\.\d+)?", re.ASCII)
_UNSEEN: Final = re.compile(rf"[{_INSIDE}]")
_NOT_IN_WORD: Final = re.compile(r"[\W_]+")
_LONGEST_WORD: Final = 40
# 500 characters of prose have some 85.
_MOST: Final = 100


class Token(Struct, frozen=True):
    """A word, number or sign: folded ``text``, where it was typed, and how.

    ``ended`` are the marks between it and what came before that end a phrase (``"("``, ``", "``), ``glued`` that
    nothing at all stood between. A number is in ASCII digits, at most nine of them before its point.
    """

    text: str
    start: int
    end: int
    ended: str = ""
    is_glued: bool = False
    is_elided: bool = False
    has_capital: bool = False
    is_acronym: bool = False
    is_number: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether it is a number without decimals."""
        return self.is_number and "." not in self.text


def tokens(text: str) -> tuple[Token, ...]:
    """The words of the first ``MAX_NEED`` characters, up to a word's end; without e-mail addresses and links.

    Capitals say nothing in a text that has no small letters.
    """
    text = shortened(text)
    tells = any(map(str.islower, text))
    found: list[Token] = []
    ended, last = "", 0
    for match in _TOKEN.finditer(text):
        if match.lastgroup in {"end", "contact"}:
            ended += match[0][0]
            continue
        token = _token(match, ended, match.start() == last and bool(found), tells)
        if token:
            found.append(token)
            if len(found) == _MOST:
                break
            ended, last = "", match.end()
    return tuple(found)


def shortened(text: str) -> str:
    """The text up to the last word's end before ``MAX_NEED``; in the middle of a word where there is no other end."""
    if len(text) <= MAX_NEED:
        return text
    cut = text[:MAX_NEED]
    return cut if text[MAX_NEED].isspace() else cut[: cut.rfind(" ")] if " " in cut else cut


def _token(match: re.Match[str], ended: str, is_glued: bool, tells: bool) -> Token | None:
    raw = _UNSEEN.sub("", match[0]) if match.lastgroup == "word" else match[0]
    is_number = match.lastgroup == "number" and raw.isascii()
    folded = raw.replace(",", ".") if is_number else fold(raw)
    kept = folded if is_number or match.lastgroup == "sign" else _NOT_IN_WORD.sub("", folded)[:_LONGEST_WORD]
    if not kept:
        return None
    return Token(
        kept,
        match.start(),
        match.end(),
        ended,
        is_glued,
        is_elided=match.lastgroup == "elided",
        has_capital=tells and raw[0].isupper(),
        is_acronym=tells and len(raw) > 1 and raw.isupper(),
        is_number=_NUMBER.fullmatch(kept) is not None,
    )
