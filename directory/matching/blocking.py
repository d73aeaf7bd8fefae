"""Which listings are worth comparing with one another: those that share a blocking key which not too many have.

Keys are kept as numbers of 63 bits, the last four of which say of what kind the key is: nothing personal in clear, and
short. Two keys that chance upon one number cost a comparison and no more.
"""

from array import array
from collections.abc import Collection, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import groupby
from typing import Final

from directory.matching.profiles import Profile

Key = tuple[str, ...]

# Listings that may carry one key before it stops telling companies apart: an accountant's phone, a franchise's site.
LARGEST: Final[Mapping[str, int]] = {
    "siren": 60,
    "siren+place": 200,
    "name": 40,
    "name+town": 80,
    "word": 20,
    "word+town": 40,
    "start+town": 25,
    "acronym+town": 12,
    "phone": 40,
    "mail": 40,
    "domain": 40,
    "domain+town": 80,
    "door": 60,
}
RAREST: Final = 3  # words of a listing that make keys

_KIND_BITS: Final = 4
_CAPS: Final = tuple(LARGEST.values())
_KINDS: Final = {kind: place for place, kind in enumerate(LARGEST)}
_SHARDS: Final = 16  # in which all keys of a store are sorted, one after the other, so that they need little memory
_SHARD_BITS: Final = 59


def keys_of(profile: Profile) -> set[Key]:
    """Every blocking key of the listing."""
    return set(_names(profile)) | set(_others(profile))


def _names(profile: Profile) -> Iterator[Key]:
    towns = [town for town in (profile.commune, profile.postcode) if town]
    rarest = sorted(profile.words, key=lambda word: (-profile.words[word], word))
    yield from (("name", name) for name in profile.names)
    yield from (("word", word) for word in rarest[:RAREST])
    for town in towns:
        yield from (("name+town", name, town) for name in profile.names)
        yield from (("word+town", word, town) for word in rarest[:RAREST])
        yield from (("start+town", name[:5], town) for name in profile.spelled)
        yield from (("acronym+town", acronym, town) for acronym in profile.acronyms)


def _others(profile: Profile) -> Iterator[Key]:
    towns = [town for town in (profile.commune, profile.postcode) if town]
    if profile.siren:
        yield "siren", profile.siren
        yield from (("siren+place", profile.siren, town) for town in towns)
    if profile.phone:
        yield "phone", profile.phone
    if profile.email:
        yield "mail", profile.email
    if profile.domain:
        yield "domain", profile.domain
        yield from (("domain+town", profile.domain, town) for town in towns)
    if profile.street:
        yield from (("door", profile.number, profile.street, town) for town in towns or [""])


def numbers_of(profile: Profile) -> "array[int]":
    """The listing's keys as numbers, ascending."""
    return array("q", sorted(set(map(_number, keys_of(profile)))))


def largest(number: int) -> int:
    """How many listings may have this key before it tells nothing."""
    return _CAPS[number & (1 << _KIND_BITS) - 1]


def is_company(number: int) -> bool:
    """Whether this is the key of a SIREN: those who have it are looked for however many they are."""
    return number & (1 << _KIND_BITS) - 1 == _KINDS["siren"]


def _number(key: Key) -> int:
    digest = blake2b("\x1f".join(key).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest) >> 1 >> _KIND_BITS << _KIND_BITS | _KINDS[key[0]]


class Blocks:
    """Positions by their keys. ``capped`` counts keys that too many have: for their sake alone nothing is compared."""

    def __init__(self, keys: Sequence[Collection[int]]) -> None:
        self._keys, self._positions = array("q"), array("i")
        for numbers, positions in _shards(keys):
            order = sorted(range(len(numbers)), key=numbers.__getitem__)  # stable: of one key in order of positions
            self._keys.extend(map(numbers.__getitem__, order))
            self._positions.extend(map(positions.__getitem__, order))
        self._of: list[list[Sequence[int]]] = [[] for _ in keys]
        self.capped = 0
        start = 0
        for key, entries in groupby(self._keys):
            end = start + sum(1 for _ in entries)
            if end > start + 1:
                self._add(key, self._positions[start:end])
            start = end

    def candidates(self, position: int) -> set[int]:
        """Whom to compare this one with, itself among them."""
        return set().union(*self._of[position])

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Pairs of positions, the lower one first, each once, in ascending order of the first."""
        for left in range(len(self._of)):
            yield from ((left, right) for right in self.candidates(left) if right > left)

    def entries(self) -> Iterator[tuple[int, int]]:
        """Every key with every position that has it, in order."""
        return zip(self._keys, self._positions, strict=True)

    def _add(self, key: int, block: Sequence[int]) -> None:
        if len(block) > largest(key):
            self.capped += 1
            return
        for position in block:
            self._of[position].append(block)


def _shards(keys: Sequence[Collection[int]]) -> "Iterator[tuple[array[int], array[int]]]":
    """Keys with their positions, in order of these; a part of all keys at a time, lower ones first."""
    shards = [(array("q"), array("i")) for _ in range(_SHARDS)]
    for position, own in enumerate(keys):
        for key in own:
            numbers, positions = shards[key >> _SHARD_BITS]
            numbers.append(key)
            positions.append(position)
    while shards:
        yield shards.pop(0)
