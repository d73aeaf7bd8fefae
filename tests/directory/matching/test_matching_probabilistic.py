"""The matcher as a whole: two levels, hard edges, questions, explanations that add up, and no order of arrival."""

import random
from dataclasses import dataclass

import pytest

from bench.matching.records import benchmark
from directory.matching.comparing import Thresholds
from directory.matching.contract import Decisions, MatchRecord, ReviewReason
from directory.matching.linkage import CEILING
from directory.matching.probabilistic import ProbabilisticMatcher, ProbabilisticMatching
from directory.records import MatchDecision, MatchMethod

ONE, OTHER = "732829320", "552100554"
USUAL = {
    "names": ("boulangerie tchobanian",),
    "commune": "13005",
    "postcode": "13400",
    "street": "12 rue haute",
    "phone": "+33442000001",
}


@dataclass
class Said:
    """Listings being collected; each is of another directory unless said otherwise."""

    records: list[MatchRecord]

    def listing(self, **values: object) -> int:
        """One like the usual one but for these values; its number."""
        number = len(self.records) + 1
        partner = values.pop("partner", f"p{number}")
        given = {**USUAL, **values}
        self.records.append(MatchRecord(listing=number, key=f"{partner}\x1f{number}", **given))  # type: ignore[arg-type]
        return number

    def match(self, **decisions: tuple[tuple[int, int], ...]) -> ProbabilisticMatching:
        """What becomes of them."""
        return ProbabilisticMatcher().match(self.records, Decisions(**decisions))


@pytest.fixture
def said() -> Said:
    """Nothing was said yet."""
    return Said([])


def test_alike_listings_are_one_site_of_one_company(said: Said) -> None:
    one, other = said.listing(), said.listing(names=("tchobanian",))
    matching = said.match()
    assert matching.clusters == [(one, other)]
    assert matching.site(other) == one


def test_a_siren_rolls_sites_up_and_joins_no_site(said: Said) -> None:
    one = said.listing(siren=ONE)
    other = said.listing(siren=ONE, commune="13022", postcode="13260", street="3 quai barthelemy", phone=None)
    matching = said.match()
    assert matching.clusters == [(one, other)]
    assert [matching.site(each) for each in (one, other)] == [one, other]
    match = matching.explain(other)
    assert (match.method, match.against, match.score) == (MatchMethod.SIREN, one, 1.0)


def test_two_sirens_are_never_one_and_a_steward_is_asked(said: Said) -> None:
    one, other = said.listing(siren=ONE), said.listing(siren=OTHER)
    matching = said.match()
    assert matching.clusters == [(one,), (other,)]
    (review,) = matching.reviews
    assert (review.left, review.right, review.reason) == (one, other, ReviewReason.TWO_COMPANIES)
    assert matching.counts.blocked == 1


def test_not_even_by_way_of_a_third(said: Said) -> None:
    one, other = said.listing(siren=ONE), said.listing(siren=OTHER)
    said.listing()
    matching = said.match()
    assert sorted(map(len, matching.clusters)) == [1, 2]
    assert not any({one, other} <= set(cluster) for cluster in matching.clusters)


def test_two_sirets_are_two_sites(said: Said) -> None:
    one, other = said.listing(siren=ONE, siret=f"{ONE}00074"), said.listing(siren=ONE, siret=f"{ONE}00082")
    matching = said.match()
    assert matching.clusters == [(one, other)]
    assert matching.site(one) != matching.site(other)


def test_one_siret_is_one_site_whatever_else_is_said(said: Said) -> None:
    one = said.listing(siren=ONE, siret=f"{ONE}00074")
    other = said.listing(names=("autre chose",), siren=ONE, siret=f"{ONE}00074", commune="13022", postcode="13260")
    matching = said.match()
    assert matching.site(one) == matching.site(other)
    assert matching.explain(one).method is MatchMethod.SIRET


def test_what_is_likely_but_not_sure_is_asked(said: Said) -> None:
    one, other = said.listing(), said.listing(street=None, phone=None)
    weight = said.match().explain(one).weight
    assert weight < CEILING - 2  # above, all pairs are alike
    hesitant = Thresholds(automatic=weight + 1, review=weight - 1)
    matching = ProbabilisticMatcher(thresholds=hesitant).match(said.records, Decisions())
    assert matching.clusters == [(one,), (other,)]
    (review,) = matching.reviews
    assert (review.left, review.right, review.reason, review.listings) == (one, other, ReviewReason.LIKELY, 2)
    assert review.weight == pytest.approx(weight)
    careful = Thresholds(automatic=weight + 2, review=weight + 1)
    assert list(ProbabilisticMatcher(thresholds=careful).match(said.records, Decisions()).reviews) == []


def test_two_of_one_directory_need_more_than_a_third_that_is_like_both(said: Said) -> None:
    said.listing(partner="cmar")
    said.listing(partner="cmar", street="40 avenue basse", phone="+33442000009", names=("tchobanian",))
    said.listing(partner="chambre", street=None)
    matching = said.match()
    assert sorted(map(len, matching.clusters)) == [1, 2]
    assert {each.reason for each in matching.reviews} <= {ReviewReason.UNSURE_CLUSTER, ReviewReason.LIKELY}
    assert matching.reviews


def test_two_names_of_one_directory_in_one_street_are_two(said: Said) -> None:
    said.listing(partner="cmar", names=("cafe hotel zinzolin",), street="rue haute")
    said.listing(partner="cmar", names=("boutique hotel zinzolin",), street="rue haute")
    assert sorted(map(len, said.match().clusters)) == [1, 1]
    assert [each.reason for each in said.match().reviews] == [ReviewReason.UNSURE_CLUSTER]
    said.records.pop()
    said.listing(partner="chambre", names=("boutique hotel zinzolin",), street="rue haute")
    assert sorted(map(len, said.match().clusters)) == [2]


def test_stewards_are_obeyed_on_both_levels(said: Said) -> None:
    one, other = said.listing(), said.listing()
    far = said.listing(names=("garage",), commune="13022", postcode="13260", street="1 quai", phone=None)
    assert said.match(cannot_link=((one, other),)).clusters == [(one,), (other,), (far,)]
    company = said.match(must_link=((one, far),))
    assert company.clusters == [(one, other, far)]
    assert company.site(far) == far
    match = company.explain(far)
    assert (match.decision, match.method, match.against) == (MatchDecision.CONFIRMED, MatchMethod.STEWARD, one)
    site = said.match(same_site=((one, far),))
    assert site.site(far) == one


def test_what_stewards_cannot_both_mean_is_counted_and_asked(said: Said) -> None:
    one, other = said.listing(siren=ONE), said.listing(siren=OTHER)
    matching = said.match(must_link=((one, other),))
    assert matching.clusters == [(one,), (other,)]
    assert matching.counts.contradicted == 1
    assert [each.reason for each in matching.reviews] == [ReviewReason.CONTRADICTION]


def test_a_likeness_that_a_steward_denied_is_not_asked_again(said: Said) -> None:
    one, other = said.listing(), said.listing()
    assert list(said.match(cannot_link=((one, other),)).reviews) == []


def test_an_explanation_adds_up(said: Said) -> None:
    said.listing()
    other = said.listing(names=("tchobanian",))
    match = said.match().explain(other)
    assert match.method is MatchMethod.PROBABILISTIC
    assert match.weight == pytest.approx(match.prior + sum(line.weight for line in match.evidence), abs=1e-9)
    assert {line.feature for line in match.evidence} == {"name", "address", "contact", "directory"}
    with pytest.raises(KeyError):
        said.match().explain(99)


def test_a_store_of_nobody_has_no_company() -> None:
    matching = ProbabilisticMatcher().match([], Decisions())
    assert (list(matching.clusters), list(matching.reviews)) == ([], [])


def test_the_order_of_arrival_does_not_matter() -> None:
    """The same 3,000 listings shuffled, under other numbers: the same sites and companies."""
    records = benchmark(3_000, 1).records
    found = []
    for seed in range(3):
        shuffled = list(records)
        random.Random(seed).shuffle(shuffled)
        matching = ProbabilisticMatcher().match(shuffled, Decisions())
        sites = {record.key: matching.site(record.listing) for record in records}
        found.append((matching.clusters, sites, matching.reviews))
        sirens = {record.listing: record.siren for record in records}
        assert all(len({sirens[each] for each in cluster} - {None}) <= 1 for cluster in matching.clusters)
    assert found[0] == found[1] == found[2]


def test_the_version_names_the_model_and_the_thresholds() -> None:
    version = ProbabilisticMatcher().version
    assert "automatic=8.0" in version
    assert "review=4.0" in version
