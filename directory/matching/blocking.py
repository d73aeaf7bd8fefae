"""Which listings are worth comparing with one another: those that share a blocking key which not too many have."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
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
        yield from (("door", profile.number, profile.street, town) for town in towns)


class Blocks:
    """Listings by their keys. ``capped`` counts keys that too many carry: for their sake alone nothing is compared."""

    def __init__(self, profiles: Sequence[Profile]) -> None:
        first: dict[Key, int] = {}
        blocks: defaultdict[Key, list[int]] = defaultdict(list)
        for position, profile in enumerate(profiles):
            for key in keys_of(profile):
                earliest = first.setdefault(key, position)
                if earliest != position:
                    blocks[key].append(position)
        self._blocks = [(key, [first[key], *others]) for key, others in blocks.items()]
        self.capped = sum(len(block) > LARGEST[key[0]] for key, block in self._blocks)

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Pairs of positions, the lower one first, each once."""
        partners: defaultdict[int, set[int]] = defaultdict(set)
        for key, block in self._blocks:
            if len(block) <= LARGEST[key[0]]:
                for left, right in combinations(block, 2):
                    partners[left].add(right)
        for left, rights in partners.items():
            yield from ((left, right) for right in rights)


def matches(keys: Collection[Key], known: Iterable[tuple[Key, Collection[int]]]) -> set[int]:
    """Those among listings of these keys that are worth comparing with a listing that has ``keys``."""
    found: set[int] = set()
    for key, block in known:
        if key in keys and len(block) <= LARGEST[key[0]]:
            found.update(block)
    return found
