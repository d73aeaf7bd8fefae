"""Who loses an id to what is added, counted: mergers, right ones and others, and suppliers that come apart."""

from bench.matching.generator import Truth
from bench.matching.renames import Renames, measured, renames

TRUTH = [Truth(establishment=number, company=number // 2, kind="plain") for number in range(10)]


def test_who_is_merged_and_who_is_parted_is_counted() -> None:
    before = [(0,), (1,), (2, 3), (4,), (6,), (7, 5)]
    after = [(0, 1, 8), (2,), (3,), (4, 6), (5, 7), (9,)]
    assert renames(before, after, TRUTH) == Renames(suppliers=6, merged=2, right=1, parted=1)


def test_nobody_is_renamed_by_listings_of_others() -> None:
    found = renames([(0, 1), (2,)], [(0, 1, 4), (2,), (3,)], TRUTH)
    assert (found, found.share) == (Renames(suppliers=2, merged=0, right=0, parted=0), 0.0)


def test_both_frequencies_are_measured() -> None:
    found = dict(measured(600, seed=1))
    assert list(found) == ["as before", "anew"]
    assert len({each.suppliers for each in found.values()}) == 1
    assert all(each.share < 0.02 for each in found.values())
