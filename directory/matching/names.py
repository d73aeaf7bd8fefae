"""How alike two names are, once in comparable form."""

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise, product

CONTAINED = 0.9  # "martin" and "boulangerie martin": one says more than the other, and nothing else
TELLING = 4  # letters a word needs before finding it in another name means anything


def likeness(left: str, right: str) -> float:
    """Likeness of two comparable names in 0…1: equal 1, one's words all in the other 0.9, else common letter pairs."""
    if left == right:
        return 1.0
    if _contained(set(left.split()), set(right.split())):
        return CONTAINED
    return _dice(left, right)


def best_likeness(left: Iterable[str], right: Iterable[str]) -> tuple[float, str, str]:
    """The two names most alike, one from each side, and how much; 0 when a side has none."""
    found = (0.0, "", "")
    for one, other in product(left, right):
        found = max(found, (likeness(one, other), one, other))
    return found


def _contained(left: set[str], right: set[str]) -> bool:
    smaller, larger = (left, right) if len(left) <= len(right) else (right, left)
    return smaller <= larger and any(len(word) >= TELLING for word in smaller)


def _dice(left: str, right: str) -> float:
    """Sørensen–Dice coefficient over pairs of neighbouring letters."""
    one, other = Counter(pairwise(left)), Counter(pairwise(right))
    common = (one & other).total()
    total = one.total() + other.total()
    return 2 * common / total if total else 0.0
