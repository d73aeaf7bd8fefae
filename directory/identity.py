"""Which supplier each cluster of listings is: ids outlive every recomputation.

A cluster keeps the id of the supplier that it shares most listings with. A supplier that no cluster continues was
merged into the one that took most of its listings, or is removed when none of them is left.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

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


def assign(
    clusters: Sequence[Sequence[int]], home: Mapping[int, int], in_force: Collection[int], next_id: int
) -> Identities:
    """Give every cluster its supplier. ``home`` is the supplier that a listing had last, removed suppliers included.

    The largest overlap chooses first; equal ones go by the lower supplier id, then by the earlier cluster. A supplier
    in force comes before a removed one, whatever the overlap: an id that is in use is not given up for one that is not.
    """
    overlaps = _overlaps(clusters, home, in_force)
    taken: dict[int, int] = {}
    kept: dict[int, int] = {}
    for _, _, supplier, cluster in overlaps:
        if cluster not in taken and supplier not in kept:
            taken[cluster] = supplier
            kept[supplier] = cluster
    fresh = [cluster for cluster in range(len(clusters)) if cluster not in taken]
    taken.update((cluster, next_id + place) for place, cluster in enumerate(fresh))
    moved = {cluster for _, _, _, cluster in overlaps}
    merged: dict[int, int] = {}
    for _, _, supplier, cluster in overlaps:
        if supplier not in kept:
            merged.setdefault(supplier, taken[cluster])
    return Identities(
        ids=tuple(taken[cluster] for cluster in range(len(clusters))),
        created=frozenset(taken[cluster] for cluster in fresh if cluster not in moved),
        split=frozenset(taken[cluster] for cluster in fresh if cluster in moved),
        revived=frozenset(kept) - frozenset(in_force),
        merged=merged,
        removed=frozenset(in_force) - frozenset(kept) - frozenset(merged),
    )


def _overlaps(
    clusters: Sequence[Sequence[int]], home: Mapping[int, int], in_force: Collection[int]
) -> list[tuple[bool, int, int, int]]:
    """(is removed, minus the common listings, supplier, cluster) for every pair with any, in order of choice."""
    return sorted(
        (supplier not in in_force, -common, supplier, cluster)
        for cluster, listings in enumerate(clusters)
        for supplier, common in Counter(home[listing] for listing in listings if listing in home).items()
    )
