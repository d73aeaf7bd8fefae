"""How alike two names are, once in comparable form."""

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise, product

from msgspec import Struct

CONTAINED = 0.9  # "martin" and "boulangerie martin": one says more than the other, and nothing else
TELLING = 4  # letters a word needs before finding it in another name means anything
LONGEST = 80  # characters that are compared: whoever writes more must not make every comparison dear
KEPT_PARTS = 2_048  # names, about 12 kB each


class _Parts(Struct, frozen=True, gc=False):
    """What is compared of a name: its words, and its pairs of neighbouring letters, the n-th "le" as ``le2``."""

    words: frozenset[str]
    pairs: frozenset[str]


def likeness(left: str, right: str) -> float:
    """Likeness of two comparable names in 0…1: equal 1, one's words all in the other 0.9, else common letter pairs."""
    if left == right:
        return 1.0
    one, other = _parts(left[:LONGEST]), _parts(right[:LONGEST])
    return CONTAINED if _contained(one.words, other.words) else _dice(one.pairs, other.pairs)


def best_likeness(left: Iterable[str], right: Iterable[str]) -> tuple[float, str, str]:
    """The two names most alike, one from each side, and how much; 0 when a side has none."""
    found = (0.0, "", "")
    for one, other in product(left, right):
        found = max(found, (likeness(one, other), one, other))
        if found[0] == 1.0:
            break
    return found


@lru_cache(maxsize=KEPT_PARTS)
def _parts(name: str) -> _Parts:
    seen = Counter[str]()
    pairs = set()
    for pair in map("".join, pairwise(name)):
        seen[pair] += 1
        pairs.add(f"{pair}{seen[pair]}")
    return _Parts(frozenset(name.split()), frozenset(pairs))


def _contained(left: frozenset[str], right: frozenset[str]) -> bool:
    smaller, larger = (left, right) if len(left) <= len(right) else (right, left)
    return smaller <= larger and any(len(word) >= TELLING for word in smaller)


def _dice(left: frozenset[str], right: frozenset[str]) -> float:
    """Sørensen–Dice coefficient."""
    total = len(left) + len(right)
    return 2 * len(left & right) / total if total else 0.0
