"""Which pairs of listings are worth comparing: those that share a key, unless too many share it."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from msgspec import Struct

from directory.matching.contract import MatchRecord

# Listings that may carry one key before it stops telling companies apart: an accountant's phone, a franchise's site.
LARGEST = {"name": 50, "site": 40, "phone": 20}
# Communes in which a site or a phone may be at home before it is a network's rather than a company's.
MOST_COMMUNES = 3

Key = tuple[str, ...]


class Candidates(Struct, frozen=True):
    """Pairs of positions to compare, and the keys that identify no company.

    ``shared`` are keys of several companies or of too many listings; ``capped`` counts the latter, for whose sake alone
    nothing is compared.
    """

    pairs: frozenset[tuple[int, int]]
    shared: frozenset[Key]
    capped: int


def candidates(records: Sequence[MatchRecord], companies: Sequence[str | None]) -> Candidates:
    """Pairs with a common name and commune, site or phone. ``companies`` are the SIRENs, by position.

    Two listings that both have a SIREN are never a pair: the numbers have already answered.
    """
    pairs: set[tuple[int, int]] = set()
    shared: set[Key] = set()
    capped = 0
    for feature, largest in LARGEST.items():
        for key, block in _blocks(records, feature).items():
            too_many = len(block) > largest
            if too_many or _names_several(block, records, companies):
                shared.add(key)
            if too_many:
                capped += 1
            else:
                pairs.update(pair for pair in combinations(block, 2) if not all(companies[each] for each in pair))
    return Candidates(frozenset(pairs), frozenset(shared), capped)


def name_keys(record: MatchRecord) -> Iterator[Key]:
    """Every name of the listing in its commune; nothing without a commune."""
    if record.commune:
        yield from (("name", name, record.commune) for name in dict.fromkeys(record.names) if name)


def _keys(record: MatchRecord, feature: str) -> Iterator[Key]:
    if feature == "name":
        return name_keys(record)
    value = record.site if feature == "site" else record.phone
    return iter([(feature, value)] if value else [])


def _blocks(records: Sequence[MatchRecord], feature: str) -> dict[Key, list[int]]:
    """Keys that two listings or more carry, and the positions of those listings, ascending."""
    first: dict[Key, int] = {}
    blocks: dict[Key, list[int]] = {}
    for position, record in enumerate(records):
        for key in _keys(record, feature):
            earliest = first.setdefault(key, position)
            if earliest != position:
                blocks.setdefault(key, [earliest]).append(position)
    return blocks


def _names_several(block: Sequence[int], records: Sequence[MatchRecord], companies: Sequence[str | None]) -> bool:
    """Whether several companies answer to the key: two SIRENs have it, or too many communes know it."""
    sirens = {companies[position] for position in block} - {None}
    communes = {records[position].commune for position in block} - {None}
    return len(sirens) > 1 or len(communes) > MOST_COMMUNES
