"""Ids that outlive recomputations."""

import random

from hypothesis import given
from hypothesis import strategies as st

from directory.identity import assign


def test_new_clusters_get_the_next_ids_in_order() -> None:
    named = assign([(1, 2), (3,)], home={}, in_force=(), next_id=7)
    assert named.ids == (7, 8)
    assert named.created == {7, 8}
    assert not named.split
    assert not named.merged
    assert not named.removed


def test_a_cluster_keeps_the_id_that_it_overlaps_most() -> None:
    named = assign([(1, 2, 3)], home={1: 10, 2: 11, 3: 11}, in_force={10, 11}, next_id=12)
    assert named.ids == (11,)
    assert named.merged == {10: 11}


def test_equal_overlaps_go_to_the_lower_id() -> None:
    named = assign([(1, 2)], home={1: 11, 2: 10}, in_force={10, 11}, next_id=12)
    assert named.ids == (10,)
    assert named.merged == {11: 10}


def test_a_steward_who_merges_says_which_id_stays() -> None:
    home, in_force = {1: 10, 2: 11, 3: 11}, {10, 11}
    named = assign([(1, 2, 3)], home, in_force, next_id=12, chosen={1})
    assert (named.ids, named.merged) == ((10,), {11: 10})
    # Once they are one, the larger part keeps the id again.
    named = assign([(1,), (2, 3)], {1: 10, 2: 10, 3: 10}, {10}, next_id=12, chosen={1})
    assert named.ids == (12, 10)


def test_what_splits_off_gets_a_new_id_and_the_larger_part_keeps_the_old() -> None:
    named = assign([(1,), (2, 3)], home={1: 10, 2: 10, 3: 10}, in_force={10}, next_id=11)
    assert named.ids == (11, 10)
    assert named.split == {11}
    assert not named.created


def test_a_supplier_whose_listings_are_scattered_leads_to_where_most_of_them_went() -> None:
    home = {1: 10, 2: 20, 3: 20, 4: 20, 5: 30, 6: 30, 7: 30, 8: 10, 9: 10}
    # 10 has one listing with 20's three and two with 30's three.
    named = assign([(1, 2, 3, 4), (5, 6, 7, 8, 9)], home, in_force={10, 20, 30}, next_id=31)
    assert named.ids == (20, 30)
    assert named.merged == {10: 30}


def test_a_supplier_without_listings_is_removed_and_revived_under_its_id() -> None:
    gone = assign([], home={1: 10}, in_force={10}, next_id=11)
    assert gone.removed == {10}
    back = assign([(1,)], home={}, in_force=set(), next_id=11, former={1: 10})
    assert back.ids == (10,)
    assert back.revived == {10}
    assert not back.created


def test_a_listing_that_comes_back_does_not_take_the_id_from_one_that_stayed() -> None:
    # 1 had been withdrawn when its supplier was merged into 10, which 5 is now alone in.
    named = assign([(1,), (5,)], home={5: 10}, in_force={10}, next_id=11, former={1: 10})
    assert named.ids == (11, 10)
    assert named.created == {11}


def test_a_listing_that_comes_back_alone_revives_its_supplier() -> None:
    named = assign([(1,), (2, 3)], home={2: 20}, in_force={20}, next_id=21, former={1: 10, 3: 10})
    assert named.ids == (10, 20)
    assert named.revived == {10}


def test_an_id_in_use_is_not_given_up_for_a_removed_one() -> None:
    named = assign([(1, 2, 3)], home={1: 10}, in_force={10}, next_id=11, former={2: 5, 3: 5})
    assert named.ids == (10,)
    assert named.merged == {5: 10}


@given(st.dictionaries(st.integers(1, 12), st.integers(1, 6)), st.randoms(use_true_random=False))
def test_every_supplier_has_exactly_one_fate(home: dict[int, int], chance: random.Random) -> None:
    listings = [listing for listing in range(1, 13) if chance.random() < 0.8]
    clusters: dict[int, list[int]] = {}
    for listing in listings:
        clusters.setdefault(chance.randrange(4), []).append(listing)
    in_force = {supplier for supplier in home.values() if supplier % 3}
    named = assign(list(clusters.values()), home, in_force, next_id=7)
    assert len(set(named.ids)) == len(clusters)
    kept = set(named.ids) - named.created - named.split
    fates = [kept & in_force, named.merged.keys() & in_force, named.removed]
    assert set().union(*fates) == in_force
    assert sum(map(len, fates)) == len(in_force)
    assert named.revived == kept - in_force
    assert set(named.merged.values()) <= set(named.ids)
