"""What the nomenclature says of a sub-class: words that whoever has the code bears, whatever it says of itself."""

from functools import lru_cache

from directory.nomenclature import naf
from directory.search import analysis


@lru_cache(maxsize=2048)
def label(code: str) -> str:
    """The words of the code's own label, prepared for the index."""
    return analysis.prepared(naf.label(code) or "")


def around(code: str) -> str:
    """The words of its class, which says in other words what its sub-class is.

    Wider levels name other trades: group 43.2 of electricians is "installation électrique, plomberie", and whoever
    looks for a plumber nearby would be shown them.
    """
    return " ".join(map(label, naf.levels(code)[3:4]))


@lru_cache(maxsize=1024)
def label_terms(code: str) -> frozenset[str]:
    """The terms of the code's own label."""
    return frozenset(analysis.analysed(label(code)))


@lru_cache(maxsize=1024)
def all_terms(code: str) -> frozenset[str]:
    """The terms of its label and of its class."""
    return label_terms(code) | frozenset(analysis.analysed(around(code)))
