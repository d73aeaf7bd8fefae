"""What is compared in short comes to what comparing at length does."""

import pytest

from bench.matching.records import benchmark
from directory.matching.blocking import Blocks, numbers_of
from directory.matching.comparing import Comparer, Likeness
from directory.matching.probabilistic import ProbabilisticMatcher
from directory.matching.profiles import Profile, profile_of
from directory.matching.terms import Terms

Pairs = list[tuple[Profile, Profile]]


@pytest.fixture(scope="module")
def terms_and_pairs() -> tuple[Terms, Pairs]:
    """All that blocking finds among some listings."""
    records = benchmark(4_000, seed=3).records
    terms = Terms.of(records)
    profiles = [profile_of(record, terms) for record in records]
    blocks = Blocks([numbers_of(profile) for profile in profiles])
    return terms, [(profiles[left], profiles[right]) for left, right in blocks.pairs()]


def at_length(comparer: Comparer, left: Profile, right: Profile) -> Likeness | None:
    """The rule, from the whole weight."""
    weight, thresholds = comparer.scorer.weight(left, right), comparer.thresholds
    if left.siren and right.siren and left.siren != right.siren:
        weight -= comparer.scorer.bits("siren", 1)
        return Likeness(weight, is_conflict=True) if weight >= thresholds.automatic else None
    are_two_sites = left.siret and right.siret and left.siret != right.siret
    return None if are_two_sites or weight < thresholds.review else Likeness(weight)


def test_no_edge_is_lost_by_looking_at_names_last(terms_and_pairs: tuple[Terms, Pairs]) -> None:
    terms, pairs = terms_and_pairs
    comparer = ProbabilisticMatcher().comparer(terms.population)
    found = [comparer.likeness(left, right) for left, right in pairs]
    assert found == [at_length(comparer, left, right) for left, right in pairs]
    assert sum(each is not None for each in found) > 1_000
    assert any(each and each.is_conflict for each in found)


def test_no_weight_is_above_what_it_may_reach(terms_and_pairs: tuple[Terms, Pairs]) -> None:
    terms, pairs = terms_and_pairs
    scorer = ProbabilisticMatcher().comparer(terms.population).scorer
    assert all(scorer.may_reach(scorer.weight(left, right), left, right) for left, right in pairs)
    refused = sum(not scorer.may_reach(4.0, left, right) for left, right in pairs)
    assert refused > len(pairs) / 4
