"""Which ids a reading has seen, eight bytes each: what proves a large directory whole does not hold it."""

from array import array
from bisect import bisect_left
from collections import defaultdict
from hashlib import blake2b
from secrets import token_bytes
from typing import Final

_BUCKETS: Final = 1_024  # each a sorted array, so short that what is put into the middle moves little
# New in each process: which ids are taken for one another is no partner's to choose, and not the same for ever.
_KEY: Final = token_bytes(16)


class IdSet:
    """Ids, told apart by 64 bits of each: two of a million are taken for one in one reading of 40 million.

    That errs to the safe side. Ids can only be counted as fewer than they are, so that a whole reading may be refused
    as one short, and none that is short is ever whole. What asks for a certain id, or whether two sets are the same, is
    told wrongly where the very ids in question share their bits: one time in 2**64, or in 2**44 of a million members.
    No text of an id is to be had from here.
    """

    def __init__(self) -> None:
        self._buckets: defaultdict[int, array[int]] = defaultdict(_bucket)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __contains__(self, external_id: str) -> bool:
        digest = _digest(external_id)
        bucket = self._buckets.get(digest % _BUCKETS, ())
        place = bisect_left(bucket, digest)
        return place < len(bucket) and bucket[place] == digest

    def add(self, external_id: str) -> None:
        """Adds an id, unless it is there."""
        digest = _digest(external_id)
        bucket = self._buckets[digest % _BUCKETS]
        place = bisect_left(bucket, digest)
        if place == len(bucket) or bucket[place] != digest:
            bucket.insert(place, digest)
            self._size += 1

    def is_same(self, other: "IdSet") -> bool:
        """Whether the other one holds the same ids."""
        return self._buckets == other._buckets


def _digest(external_id: str) -> int:
    return int.from_bytes(blake2b(external_id.encode(errors="surrogatepass"), digest_size=8, key=_KEY).digest())


def _bucket() -> "array[int]":
    return array("Q")
