"""Which supplier each cluster of listings is: ids outlive every recomputation.

A cluster keeps the id of the supplier that it shares most listings with. A supplier that no cluster continues was
merged into the one that took most of its listings, or is removed when none of them is left.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from msgspec import Struct


class Identities(Struct, frozen=True, kw_only=True):
    """``ids`` is the supplier of each cluster, by position.

    ``created`` were never seen before, ``split`` are made of listings that another supplier had, ``revived`` had been
    removed and keep their old id. ``merged`` maps a supplier that is gone to its survivor; ``removed`` just ended.
    """

    ids: tuple[int, ...]
    created: frozenset[int]
    split: frozenset[int]
    revived: frozenset[int]
    merged: Mapping[int, int]
    removed: frozenset[int]


class Overlap(Struct, frozen=True, order=True):
    """What a cluster shares with a supplier; sorted, in order of choice."""

    removed: bool
    unchosen: bool  # unless a steward who merged it with others said that its id stays
    present: int  # minus the listings that the supplier had at the last resolution
    former: int  # minus those that it had before they were withdrawn
    supplier: int
    cluster: int


def assign(
    clusters: Sequence[Sequence[int]],
    home: Mapping[int, int],
    in_force: Collection[int],
    next_id: int,
    former: Mapping[int, int] | None = None,
    chosen: Collection[int] = (),
) -> Identities:
    """Give every cluster its supplier.

    ``home`` is the supplier that a listing had at the last resolution; ``former`` is the last one of a listing that
    had left it then and is back. The largest overlap chooses first: listings at home count before those that come
    back, so that nobody's return renames another. Equal ones go by the lower supplier id, then by the earlier cluster.
    A supplier in force comes before a removed one, whatever the overlap: an id in use is not given up for one that is
    not. Where several become one, that of a listing in ``chosen`` comes first: a steward named it as the one to stay.
    """
    overlaps = sorted(_overlaps(clusters, home, former or {}, in_force, frozenset(chosen)))
    taken: dict[int, int] = {}
    kept: dict[int, int] = {}
    for each in overlaps:
        if each.cluster not in taken and each.supplier not in kept:
            taken[each.cluster] = each.supplier
            kept[each.supplier] = each.cluster
    fresh = [cluster for cluster in range(len(clusters)) if cluster not in taken]
    taken.update((cluster, next_id + place) for place, cluster in enumerate(fresh))
    merged: dict[int, int] = {}
    for each in overlaps:
        if each.supplier not in kept:
            merged.setdefault(each.supplier, taken[each.cluster])
    moved = {each.cluster for each in overlaps if each.present}
    return Identities(
        ids=tuple(taken[cluster] for cluster in range(len(clusters))),
        created=frozenset(taken[cluster] for cluster in fresh if cluster not in moved),
        split=frozenset(taken[cluster] for cluster in fresh if cluster in moved),
        revived=frozenset(kept) - frozenset(in_force),
        merged=merged,
        removed=frozenset(in_force) - frozenset(kept) - frozenset(merged),
    )


def _overlaps(
    clusters: Sequence[Sequence[int]],
    home: Mapping[int, int],
    former: Mapping[int, int],
    in_force: Collection[int],
    chosen: frozenset[int],
) -> Iterator[Overlap]:
    for cluster, listings in enumerate(clusters):
        present = Counter(home[listing] for listing in listings if listing in home)
        returned = Counter(former[listing] for listing in listings if listing in former)
        stays = (
            {home[listing] for listing in chosen.intersection(listings) if listing in home} if len(present) > 1 else ()
        )
        for supplier in present.keys() | returned.keys():
            gone, unchosen = supplier not in in_force, supplier not in stays
            yield Overlap(gone, unchosen, -present[supplier], -returned[supplier], supplier, cluster)
