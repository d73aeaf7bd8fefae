"""The strict matcher: what it joins, what it refuses, and that the order of arrival does not matter."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from directory.matching.blocks import LARGEST
from directory.matching.contract import Decisions, Evidence, Match, MatchRecord
from directory.matching.strict import StrictMatcher, company
from directory.records import MatchDecision, MatchMethod

ONE, OTHER = "732829320", "552100554"
SITE, SITE_BIS = ONE + "00074", ONE + "00082"


def record(listing: int, **values: object) -> MatchRecord:
    return MatchRecord(**{"listing": listing, "key": f"partner {listing:05}", **values})  # type: ignore[arg-type]


def clusters(records: Sequence[MatchRecord], decisions: Decisions | None = None) -> list[tuple[int, ...]]:
    return list(StrictMatcher().match(records, decisions or Decisions()).clusters)


def test_the_same_siren_is_one_company_whatever_the_names() -> None:
    records = [record(1, siren=ONE, names=("dupont",)), record(2, siren=ONE, names=("allo fuite",)), record(3)]
    assert clusters(records) == [(1, 2), (3,)]


def test_a_siret_counts_for_its_siren() -> None:
    assert clusters([record(1, siret=SITE), record(2, siren=ONE), record(3, siret=SITE_BIS)]) == [(1, 2, 3)]


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ({"names": ("dupont",), "commune": "13005"}, {"names": ("dupont",), "commune": "13005"}, True),
        ({"names": ("dupont",), "commune": "13005"}, {"names": ("dupont",), "commune": "13001"}, False),
        ({"names": ("dupont",)}, {"names": ("dupont",)}, False),
        ({"names": ("",), "commune": "13005"}, {"names": ("",), "commune": "13005"}, False),
        ({"names": ("sa", "allo fuite"), "commune": "13005"}, {"names": ("allo fuite",), "commune": "13005"}, True),
        ({"names": ("dupont freres",), "site": "dupont.fr"}, {"names": ("dupont",), "site": "dupont.fr"}, True),
        ({"names": ("dupont freres",), "phone": "+33491000000"}, {"names": ("dupont",), "phone": "+33491000000"}, True),
        ({"names": ("garage du midi",), "site": "dupont.fr"}, {"names": ("dupont",), "site": "dupont.fr"}, False),
        (
            {"names": ("garage du midi",), "phone": "+33491000000"},
            {"names": ("dupont",), "phone": "+33491000000"},
            False,
        ),
    ],
)
def test_likeness_without_identifiers(left: dict[str, object], right: dict[str, object], same: bool) -> None:
    assert clusters([record(1, **left), record(2, **right)]) == ([(1, 2)] if same else [(1,), (2,)])
    assert clusters([record(1, siren=ONE, **left), record(2, **right)]) == ([(1, 2)] if same else [(1,), (2,)])
    assert clusters([record(1, siren=ONE, **left), record(2, siren=OTHER, **right)]) == [(1,), (2,)]


def test_a_listing_between_two_companies_goes_to_the_one_it_resembles_most() -> None:
    records = [
        record(1, siren=ONE, names=("dupont",), commune="13005", street="12 rue haute"),
        record(2, siren=OTHER, names=("dupont",), commune="13005", phone="+33491000000"),
        record(3, names=("dupont",), commune="13005", phone="+33491000000"),
    ]
    matching = StrictMatcher().match(records, Decisions())
    assert list(matching.clusters) == [(1,), (2, 3)]


def test_a_name_that_two_companies_of_the_commune_have_says_nothing_without_the_street() -> None:
    same: dict[str, object] = {"names": ("dupont",), "commune": "13005"}
    known = [record(1, siren=ONE, street="12 rue haute", **same), record(2, siren=OTHER, **same)]
    assert clusters([*known, record(3, **same)]) == [(1,), (2,), (3,)]
    assert clusters([*known, record(3, street="12 rue haute", **same)]) == [(1, 3), (2,)]


def test_a_network_s_site_joins_only_within_the_commune() -> None:
    towns = ["13001", "13002", "13003", "13004"]
    network = [record(n, names=("optic plus",), site="optic.fr", commune=town) for n, town in enumerate(towns, 1)]
    assert clusters(network) == [(1,), (2,), (3,), (4,)]
    again = record(9, names=("optic plus aubagne",), site="optic.fr", commune="13001")
    assert clusters([*network, again]) == [(1, 9), (2,), (3,), (4,)]
    assert clusters(network[:3]) == [(1, 2, 3)]


def test_a_key_that_too_many_carry_is_left_out_and_counted() -> None:
    many = [record(n, names=("dupont",), phone="+33491000000") for n in range(1, LARGEST["phone"] + 1)]
    assert len(clusters(many)) == 1
    matching = StrictMatcher().match([*many, record(999, names=("dupont",), phone="+33491000000")], Decisions())
    assert len(matching.clusters) == LARGEST["phone"] + 1
    assert matching.counts.capped == 1


def test_a_key_that_too_many_carry_speaks_for_no_pair_found_otherwise() -> None:
    towns = ["13001", "13002", "13003", "13004"]
    network = [record(n, names=("optic plus",), site="optic.fr", commune=town) for n, town in enumerate(towns, 1)]
    with_phone = [replace(each, phone="+33491000000") for each in network]
    others = [record(100 + n, names=(f"cabinet {n}",), phone="+33491000000") for n in range(LARGEST["phone"])]
    assert clusters([*with_phone, *others])[:4] == [(1,), (2,), (3,), (4,)]


def test_decisions_are_hard_edges() -> None:
    alike = {"names": ("dupont",), "commune": "13005"}
    assert clusters([record(1, **alike), record(2, **alike)], Decisions(cannot_link=((2, 1),))) == [(1,), (2,)]
    assert clusters([record(1, siren=ONE), record(2, siren=ONE)], Decisions(cannot_link=((1, 2),))) == [(1,), (2,)]
    assert clusters([record(1, names=("a",)), record(2, names=("b",))], Decisions(must_link=((2, 1),))) == [(1, 2)]


def test_a_must_link_across_two_sirens_is_refused_and_counted() -> None:
    records = [record(1, siren=ONE), record(2, siren=OTHER)]
    matching = StrictMatcher().match(records, Decisions(must_link=((1, 2), (1, 99))))
    assert list(matching.clusters) == [(1,), (2,)]
    assert matching.counts.contradicted == 1


def test_parted_listings_of_one_siren_take_the_others_to_one_side() -> None:
    records = [record(n, siren=ONE) for n in (1, 2, 3)]
    assert clusters(records, Decisions(cannot_link=((1, 2),))) == [(1, 3), (2,)]


def test_a_membership_is_explained_by_what_settled_it() -> None:
    records = [
        record(1, siren=ONE, siret=SITE, names=("dupont",), commune="13005"),
        record(2, siren=ONE, siret=SITE_BIS),
        record(3, siren=ONE, siret=SITE_BIS),
        record(4, names=("dupont",), commune="13005"),
        record(5),
        record(6),
    ]
    matching = StrictMatcher().match(records, Decisions(must_link=((5, 6),)))
    automatic, sure = MatchDecision.AUTOMATIC, 1.0
    assert matching.explain(1) == Match(
        decision=automatic,
        score=sure,
        method=MatchMethod.SIREN,
        against=2,
        evidence=(Evidence("siren", ONE, ONE, 1.0, 1.0),),
    )
    assert matching.explain(3) == Match(
        decision=automatic,
        score=sure,
        method=MatchMethod.SIRET,
        against=2,
        evidence=(Evidence("siret", SITE_BIS, SITE_BIS, 1.0, 1.0),),
    )
    assert matching.explain(4) == Match(
        decision=automatic,
        score=0.9,
        method=MatchMethod.EXACT,
        against=1,
        evidence=(Evidence("name", "dupont", "dupont", 0.5, 1.0), Evidence("commune", "13005", "13005", 0.4, 1.0)),
    )
    assert matching.explain(6) == Match(
        decision=MatchDecision.CONFIRMED,
        score=sure,
        method=MatchMethod.STEWARD,
        against=5,
        evidence=(Evidence("steward", None, None, 1.0, 1.0),),
    )
    with pytest.raises(KeyError):
        matching.explain(7)


def test_a_listing_alone_is_its_own_company() -> None:
    explain = StrictMatcher().match([record(1), record(2, siren=ONE), record(3, siret=OTHER + "00010")], Decisions())
    methods = [explain.explain(listing).method for listing in (1, 2, 3)]
    assert methods == [MatchMethod.EXACT, MatchMethod.SIREN, MatchMethod.SIRET]
    assert explain.explain(1) == Match(decision=MatchDecision.AUTOMATIC, score=1.0, method=MatchMethod.EXACT)


# Few values, so that collisions and contradictions are the rule.
RECORDS = st.builds(
    MatchRecord,
    listing=st.just(0),
    key=st.just(""),
    siren=st.sampled_from([None, None, ONE, OTHER]),
    names=st.lists(st.sampled_from(["dupont", "dupont freres", "garage"]), max_size=2).map(tuple),
    commune=st.sampled_from([None, "13005", "13001"]),
    street=st.sampled_from([None, "12 rue haute"]),
    site=st.sampled_from([None, "dupont.fr"]),
    phone=st.sampled_from([None, "+33491000000"]),
)
PAIRS = st.lists(st.tuples(st.integers(1, 12), st.integers(1, 12)).filter(lambda pair: pair[0] != pair[1]), max_size=3)


@given(st.lists(RECORDS, max_size=12), PAIRS, PAIRS, st.randoms(use_true_random=False))
def test_clusters_do_not_depend_on_the_order_nor_on_the_numbers_of_arrival(
    drawn: list[MatchRecord], must: list[tuple[int, int]], cannot: list[tuple[int, int]], chance: random.Random
) -> None:
    records = [replace(each, listing=n, key=f"key {n:02}") for n, each in enumerate(drawn, 1)]
    expected = clusters(records, Decisions(tuple(must), tuple(cannot)))
    numbers = list(range(101, 101 + len(records)))
    chance.shuffle(numbers)
    renumbered = {old.listing: new for old, new in zip(records, numbers, strict=True)}
    arrived = [replace(each, listing=renumbered[each.listing]) for each in records]
    chance.shuffle(arrived)

    def pairs(given: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
        return tuple((renumbered.get(one, one), renumbered.get(other, other)) for one, other in reversed(given))

    found = clusters(arrived, Decisions(pairs(must), pairs(cannot)))
    assert sorted(tuple(sorted(renumbered[each] for each in cluster)) for cluster in expected) == found


@given(st.lists(RECORDS, max_size=12), PAIRS, PAIRS)
def test_no_cluster_has_two_sirens_or_a_pair_kept_apart(
    drawn: list[MatchRecord], must: list[tuple[int, int]], cannot: list[tuple[int, int]]
) -> None:
    records = {n: replace(each, listing=n, key=f"key {n:02}") for n, each in enumerate(drawn, 1)}
    found = clusters(list(records.values()), Decisions(tuple(must), tuple(cannot)))
    assert sorted(listing for cluster in found for listing in cluster) == sorted(records)
    for cluster in found:
        assert len({company(records[listing]) for listing in cluster} - {None}) <= 1
        assert not any(one in cluster and other in cluster for one, other in cannot)


@given(st.lists(RECORDS, min_size=1, max_size=12))
def test_every_explanation_names_a_listing_of_the_same_cluster_and_adds_up(drawn: list[MatchRecord]) -> None:
    records = [replace(each, listing=n, key=f"key {n:02}") for n, each in enumerate(drawn, 1)]
    matching = StrictMatcher().match(records, Decisions())
    for cluster in matching.clusters:
        for listing in cluster:
            match = matching.explain(listing)
            assert (match.against is None) == (len(cluster) == 1)
            assert match.against is None or (match.against in cluster and match.against != listing)
            total = sum(each.weight * each.score for each in match.evidence)
            assert match.score == (pytest.approx(min(1.0, total), abs=0.001) if match.evidence else 1.0)
