"""The matching benchmark judges rightly, and its world is what it says: the same by seed, valid, in its quotas."""

import sys
from collections import Counter, defaultdict
from itertools import islice

import pytest

from bench.matching import baselines, scores
from bench.matching.__main__ import kinds, measure, row
from bench.matching.companies import KINDS
from bench.matching.generator import Truth, generate
from bench.matching.ours import by_ours
from bench.matching.partners import PARTNERS
from bench.matching.records import Benchmark, benchmark
from bench.matching.run import run
from bench.matching.world import QUOTAS
from directory import identifiers
from directory.records import Listing

RECORDS = 5_000

# Two establishments of three listings each; one of the second is put to the first.
CLUSTERS, TRUTHS = "aaaabb", "xxxyyy"


@pytest.fixture(scope="module")
def listings() -> list[tuple[Listing, Truth]]:
    return list(generate(RECORDS, seed=1))


@pytest.fixture(scope="module")
def world() -> Benchmark:
    return benchmark(RECORDS, seed=1)


# Scores


def test_pairs_are_counted() -> None:
    # Put together: 6 + 1 pairs, of which 3 + 1 belong together; wanted: 3 + 3.
    assert scores.pairwise(CLUSTERS, TRUTHS) == scores.Score(4 / 7, 4 / 6)
    assert scores.pairwise(CLUSTERS, TRUTHS).f1 == pytest.approx(8 / 13)


def test_b_cubed_is_of_each_record() -> None:
    # Precision: three records 3/4, one 1/4, two 1; recall: three 1, one 1/3, two 2/3.
    found = scores.b_cubed(CLUSTERS, TRUTHS)
    assert found.precision == pytest.approx((3 * 3 / 4 + 1 / 4 + 2) / 6)
    assert found.recall == pytest.approx((3 + 1 / 3 + 2 * 2 / 3) / 6)


def test_a_perfect_clustering_is_perfect() -> None:
    assert scores.pairwise("aab", "xxy") == scores.b_cubed("aab", "xxy") == scores.Score(1.0, 1.0)


def test_whoever_joins_nothing_is_never_wrong_and_finds_nothing() -> None:
    assert scores.pairwise("abc", "xxx") == scores.Score(1.0, 0.0)
    assert scores.pairwise("abc", "xxx").f1 == 0


def test_a_kind_answers_for_the_pairs_that_touch_it() -> None:
    found = scores.by_kind(CLUSTERS, TRUTHS, ["plain"] * 3 + ["moved"] * 3)
    assert found["plain"] == scores.Score(3 / 6, 1.0)
    assert found["moved"] == scores.Score(1 / 4, 1 / 3)


def test_a_cluster_of_two_sirens_is_counted() -> None:
    assert scores.mixed("aaabb", ["1", None, "2", "3", "3"]) == 1


def test_the_interval_holds_the_score_and_is_the_same_by_seed() -> None:
    clusters, truths = CLUSTERS * 20, [f"{place // 6}{truth}" for place, truth in enumerate(TRUTHS * 20)]
    clusters_apart = [f"{place // 6}{cluster}" for place, cluster in enumerate(clusters)]
    found = scores.interval(clusters_apart, truths)
    assert found.low < scores.pairwise(clusters_apart, truths).f1 < found.high
    assert found == scores.interval(clusters_apart, truths)


# The world


def test_the_same_seed_is_the_same_world(listings: list[tuple[Listing, Truth]]) -> None:
    assert list(islice(generate(RECORDS, seed=1), 1_000)) == listings[:1_000]
    assert next(generate(RECORDS, seed=2)) != listings[0]


def test_every_number_is_valid(listings: list[tuple[Listing, Truth]]) -> None:
    for listing, _ in listings:
        assert listing.siren is None or identifiers.siren(listing.siren) == listing.siren
        assert listing.siret is None or identifiers.siret(listing.siret) == listing.siret
        assert listing.contact.phone is None or listing.contact.phone[:3] == "+33"


def test_mailboxes_and_sites_are_such(listings: list[tuple[Listing, Truth]]) -> None:
    for listing, _ in listings[:500]:
        assert listing.contact.email is None or identifiers.email(listing.contact.email) == listing.contact.email
        assert listing.website is None or identifiers.website(listing.website) == listing.website


def test_no_two_listings_of_a_partner_have_one_id(listings: list[tuple[Listing, Truth]]) -> None:
    assert len({(listing.partner, listing.external_id) for listing, _ in listings}) == RECORDS
    assert {listing.partner for listing, _ in listings} == {habits.name for habits in PARTNERS}


def test_an_establishment_is_of_one_company_and_one_kind(listings: list[tuple[Listing, Truth]]) -> None:
    found: defaultdict[int, set[tuple[int, str]]] = defaultdict(set)
    for _, truth in listings:
        found[truth.establishment].add((truth.company, truth.kind))
    assert all(len(each) == 1 for each in found.values())
    assert {truth.kind for _, truth in listings} == set(KINDS)


def test_a_siren_is_of_one_company_but_for_strays(listings: list[tuple[Listing, Truth]]) -> None:
    companies: defaultdict[str, set[int]] = defaultdict(set)
    for listing, truth in listings:
        if listing.siren:
            companies[listing.siren].add(truth.company)
    assert sum(len(each) > 1 for each in companies.values()) <= RECORDS * 0.002


def test_quotas_hold(listings: list[tuple[Listing, Truth]]) -> None:
    kinds = {truth.establishment: truth.kind for _, truth in listings}
    shares = {kind: number / len(kinds) for kind, number in Counter(kinds.values()).items()}
    assert RECORDS / len(kinds) == pytest.approx(2.4328, abs=0.1)
    for kind in ("chain", "franchise", "owner", "namesake"):
        assert shares[kind] == pytest.approx(QUOTAS[kind], abs=0.02)
    for kind, share in {"sole trader": 0.15, "trade name": 0.15, "moved": 0.04, "domiciliation": 0.04}.items():
        assert shares[kind] == pytest.approx(share, abs=0.03)
    without = sum(listing.siret is None for listing, _ in listings) / RECORDS
    assert without == pytest.approx(0.40, abs=0.03)


# The methods


def test_records_are_shuffled_and_keep_their_truth(world: Benchmark, listings: list[tuple[Listing, Truth]]) -> None:
    truths = {(f"{listing.partner}\x1f{listing.external_id}"): truth for listing, truth in listings}
    assert [record.listing for record in world.records] == list(range(RECORDS))
    assert [truths[record.key] for record in world.records] == world.truths
    assert world.truths != [truth for _, truth in listings]


def test_it_is_no_easier_than_the_reference(world: Benchmark) -> None:
    sites = [truth.establishment for truth in world.truths]
    siret = scores.pairwise(baselines.by_siret(world.records), sites)
    name = scores.pairwise(baselines.by_name(world.records), sites)
    assert siret.precision > 0.99
    assert siret.recall == pytest.approx(0.322, abs=0.03)
    assert name.f1 < 0.82


def test_ours_gives_every_record_both_levels(world: Benchmark) -> None:
    sites, companies = by_ours(world.records)
    assert len(sites) == len(companies) == RECORDS
    assert scores.mixed(companies, [record.siren for record in world.records]) == 0


def test_a_method_is_run_and_measured(world: Benchmark) -> None:
    result = run("siret", world.records)
    assert result.sites == result.companies
    assert len(result.sites) == RECORDS
    assert result.megabytes > 0
    assert result.missing == ""


def test_a_method_is_run_in_a_process_of_its_own(world: Benchmark) -> None:
    ((method, result),) = measure(world, ["name+postcode"])
    assert row(method, world, result).startswith("name+postcode ")
    assert {line[4:20].strip() for line in kinds(world, result)} == set(KINDS)


def test_a_library_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch, world: Benchmark) -> None:
    monkeypatch.setitem(sys.modules, "rapidfuzz", None)
    monkeypatch.delitem(sys.modules, "bench.matching.rules", raising=False)
    assert run("rules", world.records[:2]).missing == "rules: rapidfuzz is not installed"
