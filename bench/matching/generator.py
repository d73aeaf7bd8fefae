"""The benchmark's listings and their truth, as a stream: a million of them need no more memory than a thousand.

Seeds 1, 2 and 3 are for tuning; 101, 102 and 103 are held out, and no threshold may be chosen by what they show.
"""

from collections.abc import Iterator
from random import Random

from msgspec import Struct

from bench.matching.companies import Site
from bench.matching.partners import PARTNERS, Habits, listing
from bench.matching.world import World
from directory.records import Listing

TUNING_SEEDS, HELD_OUT_SEEDS = (1, 2, 3), (101, 102, 103)
LISTINGS_AN_ESTABLISHMENT = 2.4328  # 121,642 of 50,000
TWICE = 0.006  # a partner lists a member twice: it joined again
UNHEARD = 0.35  # of a moved company's partners have the old address
_SPACE, _STEP = 9_000_000, 3_456_787


class Truth(Struct, frozen=True, gc=False):
    """What a listing is of. ``kind`` is of the establishment: one of ``companies.KINDS``."""

    establishment: int
    company: int
    kind: str


def generate(records: int, seed: int) -> Iterator[tuple[Listing, Truth]]:
    """So many listings of five partners with their truth, the same for the same two numbers.

    Listings of one establishment come together; their ids tell nothing.
    """
    world = World(round(records / LISTINGS_AN_ESTABLISHMENT), seed)
    chance = Random(seed * 7 + 1)
    made = 0
    for site in world.sites():
        truth = Truth(site.number, site.company, site.kind)
        for habits, outdated in _heard(chance, site):
            if made == records:
                return
            made += 1
            number = made * _STEP % _SPACE + 1_000_000
            yield listing(chance, habits, site, str(number), outdated=outdated), truth


def _heard(chance: Random, site: Site) -> Iterator[tuple[Habits, bool]]:
    """The partners that list a site, one at least, and whether they have its old address."""
    partners: list[Habits] = []
    while not partners:
        partners = [each for each in PARTNERS if chance.random() < each.reach[site.trade.kind]]
    if chance.random() < TWICE:
        partners.append(chance.choice(partners))
    behind = site.old_place is not None
    late = [behind and chance.random() < UNHEARD for _ in partners]
    if behind and len(partners) > 1 and not any(late):
        late[chance.randrange(len(late))] = True
    yield from zip(partners, late, strict=True)
