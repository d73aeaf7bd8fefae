"""Lists of ids and rows, cut to what one statement takes."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

CHUNK = 5_000  # well below the parameters a statement may have: 32,766 on SQLite, 32,767 on PostgreSQL
LARGEST_ID = 2**63 - 1

T = TypeVar("T")


def chunks(ids: Iterable[int]) -> Iterator[list[int]]:
    """Distinct ids in ascending order; what no row can be called is left out (drivers refuse more than 64 bits)."""
    distinct = iter(sorted({each for each in ids if 0 < each <= LARGEST_ID}))
    while chunk := list(islice(distinct, CHUNK)):
        yield chunk


def batches(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """As they come, so many at a time."""
    ahead = iter(rows)
    while batch := list(islice(ahead, size)):
        yield batch
