"""Isotonic regression by pooling adjacent violators (Ayer et al., 1955): the nearest sequence that never falls."""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

_LEAST: Final = 1e-12


class Block(Struct, frozen=True, gc=False):
    """Neighbours that share one value, ``part / whole``. ``first`` and ``last`` are the places of their ends."""

    first: int
    last: int
    part: float
    whole: float

    @property
    def value(self) -> float:
        """What all of them have."""
        return self.part / max(self.whole, _LEAST)


def pooled(shares: Iterable[tuple[float, float]]) -> list[Block]:
    """Shares as (part, whole) in ascending order of what they should ascend with; neighbours that fall become one."""
    blocks: list[Block] = []
    for place, (part, whole) in enumerate(shares):
        block = Block(place, place, part, whole)
        while blocks and blocks[-1].value >= block.value:
            before = blocks.pop()
            block = Block(before.first, block.last, before.part + block.part, before.whole + block.whole)
        blocks.append(block)
    return blocks
