"""How directories write the same thing differently: accents lost, capitals, streets abbreviated, numbers spaced."""

import re
import unicodedata
from functools import lru_cache
from html.entities import codepoint2name
from random import Random
from typing import Final

_PLAIN: Final = {
    code: plain
    for code in range(0xC0, 0x180)
    if (plain := unicodedata.normalize("NFKD", chr(code)).encode("ascii", "ignore").decode())
} | {ord("œ"): "oe", ord("Œ"): "OE", ord("’"): "'"}
_ENTITIES: Final = {code: f"&{codepoint2name[code]};" for code in range(0xC0, 0x100) if code in codepoint2name}

_STREETS: Final = {
    "avenue": ("av.", "av", "AVE"),
    "boulevard": ("bd", "bld", "boul."),
    "chemin": ("ch.", "chem.", "CHE"),
    "impasse": ("imp.", "imp"),
    "route": ("rte", "rte"),
    "place": ("pl.", "pl"),
    "allée": ("all.", "all"),
    "traverse": ("trav.", "trav"),
    "quai": ("q.",),
    "montée": ("mtée",),
    "cours": ("crs",),
    "rue": ("r.", "rue"),
}
_WORDS: Final = {
    "Saint-": "St ",
    "Sainte-": "Ste ",
    "Général": "Gal",
    "Maréchal": "Mal",
    "Bâtiment": "Bt",
    "Docteur": "Dr",
}
_ELISION: Final = re.compile(r"\bde (?=[AEIOUYHÀÂÉÈÊÎÔŒ])")
_ARTICLES: Final = (
    ("de Les ", "des "),
    ("de Le ", "du "),
    ("à Les ", "aux "),
    ("à Le ", "au "),
    ("À Les ", "Aux "),
    ("À Le ", "Au "),
)
_NOT_A_SLUG: Final = re.compile(r"[^a-z0-9]+")


def contracted(text: str) -> str:
    """French articles run together: ``de Aubagne`` is d'Aubagne, ``de Le Rove`` du Rove, ``à Les Baux`` aux Baux."""
    for apart, together in _ARTICLES:
        text = text.replace(apart, together)
    return _ELISION.sub("d'", text)


def unaccented(text: str) -> str:
    """The text without accents and ligatures."""
    return text if text.isascii() else text.translate(_PLAIN)


def capitals(text: str) -> str:
    """Capitals without accents, as old registers write."""
    return unaccented(text).upper()


def acronym(name: str) -> str:
    """The first letters of a name's words."""
    return "".join(word[0] for word in name.split() if word[:1].isalpha()).upper()


def entities(text: str) -> str:
    """Accented letters as HTML entities, as an old editor stored them."""
    return text if text.isascii() else text.translate(_ENTITIES)


@lru_cache(maxsize=4096)
def slug(text: str) -> str:
    """Lower case ASCII words joined by hyphens."""
    return _NOT_A_SLUG.sub("-", unaccented(text).lower()).strip("-")


def abbreviated(line: str, rng: Random) -> str:
    """A street line with its kind of way shortened, and a word or two more."""
    for kind, short in _STREETS.items():
        if f" {kind} " in f" {line} ":
            line = line.replace(f"{kind} ", f"{rng.choice(short)} ", 1)
            break
    for long, short_word in _WORDS.items():
        line = line.replace(long, short_word)
    return line


def spaced(number: str) -> str:
    """``123 456 789`` or ``123 456 789 00012``."""
    return " ".join(filter(None, (number[:3], number[3:6], number[6:9], number[9:])))


def dialled(phone: str, rng: Random) -> str:
    """A national number as people write it."""
    pairs = [phone[at : at + 2] for at in range(0, 10, 2)]
    match rng.randrange(8):
        case 0:
            return phone
        case 1:
            return ".".join(pairs)
        case 2:
            return f"+33 {phone[1]} " + " ".join(pairs[1:])
        case 3:
            return f"+33{phone[1:]}"
        case 4:
            return "-".join(pairs)
        case _:
            return " ".join(pairs)


def mistyped(text: str, rng: Random) -> str:
    """The text with one letter lost, doubled or swapped with the next."""
    if len(text) < 6:
        return text
    at = rng.randrange(1, len(text) - 2)
    match rng.randrange(3):
        case 0:
            return text[:at] + text[at + 1 :]
        case 1:
            return text[:at] + text[at] + text[at:]
        case _:
            return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def miskeyed(number: str, rng: Random) -> str:
    """The number with one digit wrong, which Luhn's check always sees."""
    at = rng.randrange(len(number))
    return f"{number[:at]}{(int(number[at]) + rng.randrange(1, 10)) % 10}{number[at + 1 :]}"


def sentence(text: str) -> str:
    """The text with a capital at its start, the rest as it is."""
    return text[:1].upper() + text[1:]
