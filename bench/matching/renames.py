"""How many suppliers lose their id to what is added: ``python -m bench.matching.renames --records 20000 --seeds 1,2``.

Generated listings are matched; then a twentieth of their number joins them and all are matched again, once by the
frequencies of the first time, as an incremental resolution does, and once by frequencies counted anew. No listing that
was there changes. A supplier is renamed when its listings are, all or some of them, another supplier's now.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator, Sequence

from msgspec import Struct

from bench.matching.generator import Truth
from bench.matching.records import benchmark
from directory.identity import assign
from directory.matching.contract import Decisions, MatchRecord
from directory.matching.probabilistic import ProbabilisticMatcher
from directory.matching.terms import Terms, number_of

ADDED = 0.05
HEAD = f"{'seed':>4} {'frequencies':12} {'suppliers':>9} {'merged':>7} {'rightly':>7} {'parted':>7} {'renamed':>8}"


class Renames(Struct, frozen=True):
    """Of so many suppliers, those ``merged`` into another one and those ``parted`` in two. ``right`` are those of the
    merged that were of one company with it.
    """

    suppliers: int
    merged: int
    right: int
    parted: int

    @property
    def share(self) -> float:
        """Renamed of all, 0…1."""
        return (self.merged + self.parted) / self.suppliers


def renames(before: Sequence[Sequence[int]], after: Sequence[Sequence[int]], truth: Sequence[Truth]) -> Renames:
    """What became of the suppliers ``before``; both are listing ids, by which ``truth`` is in order."""
    home = {listing: supplier for supplier, listings in enumerate(before) for listing in listings}
    found = assign(after, home, range(len(before)), len(before))
    homes: defaultdict[int, set[int]] = defaultdict(set)
    for cluster, supplier in zip(after, found.ids, strict=True):
        for listing in cluster:
            if listing in home:
                homes[home[listing]].add(supplier)
    companies = [{truth[listing].company for listing in listings} for listings in before]
    right = sum(not companies[gone].isdisjoint(companies[into]) for gone, into in found.merged.items())
    parted = sum(now != {supplier} for supplier, now in homes.items() if supplier not in found.merged)
    return Renames(len(before), len(found.merged), right, parted)


def measured(listings: int, seed: int, added: float = ADDED) -> Iterator[tuple[str, Renames]]:
    """By frequencies of the first time, and by those counted anew."""
    world = benchmark(round(listings * (1 + added)), seed)
    first, every = world.records[:listings], world.records
    matcher, terms = ProbabilisticMatcher(), Terms.of(first)
    before = matcher.match(first, Decisions(), terms).clusters
    for name, counted in (("as before", _frozen(terms, every)), ("anew", None)):
        after = matcher.match(every, Decisions(), counted).clusters
        yield name, renames(before, after, world.truths)


def _frozen(terms: Terms, records: Sequence[MatchRecord]) -> Terms:
    """These frequencies, of the values of more listings than were counted."""
    counts = {number_of(term): count for term, count in terms.items()}
    return Terms.frozen(records, counts, terms.listings)


def main() -> None:
    """Read the arguments, print a line a seed and kind, and all together."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--seeds", default="1,2,3,4,5")
    given = parser.parse_args()
    print(HEAD)
    together: defaultdict[str, list[Renames]] = defaultdict(list)
    for seed in given.seeds.split(","):
        for name, found in measured(given.records, int(seed)):
            together[name].append(found)
            print(_row(seed, name, found), flush=True)
    for name, each in together.items():
        total = Renames(*(sum(getattr(one, field) for one in each) for field in Renames.__struct_fields__))
        print(_row("all", name, total))


def _row(seed: str, name: str, found: Renames) -> str:
    return (
        f"{seed:>4} {name:12} {found.suppliers:9,} {found.merged:7} {found.right:7} {found.parted:7} {found.share:8.3%}"
    )


if __name__ == "__main__":
    main()
