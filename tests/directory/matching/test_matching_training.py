"""Training: what was counted becomes a model that can be weighed with; isotonic pooling."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.matching.records import benchmark
from directory.matching.model import FREQUENCIES, LEVELS, checked
from directory.matching.training.isotonic import pooled
from directory.matching.training.settings import DUCKDB, SPARK, Dialect, conditions
from directory.matching.training.train import LEAST_M, LEAST_U, Method, TooFewListings, cleaned, named, train

shares = st.lists(st.tuples(st.floats(0, 10), st.floats(0.1, 10)), min_size=1, max_size=30)


def test_neighbours_that_fall_share_what_they_have_together() -> None:
    blocks = pooled([(1, 10), (5, 10), (3, 10), (9, 10)])
    assert [(each.first, each.last, each.value) for each in blocks] == [(0, 0, 0.1), (1, 2, 0.4), (3, 3, 0.9)]


@given(shares)
def test_pooled_values_ascend_and_lose_nothing(parts: list[tuple[float, float]]) -> None:
    blocks = pooled(parts)
    values = [each.value for each in blocks]
    assert values == sorted(set(values))
    assert [place for each in blocks for place in range(each.first, each.last + 1)] == list(range(len(parts)))
    assert sum(each.part for each in blocks) == pytest.approx(sum(part for part, _ in parts))


def test_pairs_of_one_establishment_are_taken_out_of_u_but_never_all_of_it() -> None:
    same, other = cleaned("siren", [(0.8, 1e-4), (0.2, 0.9999)], chance=5e-5)
    assert same.u == pytest.approx(6e-5, rel=1e-3)
    assert other.u == pytest.approx(0.9999, rel=1e-3)
    assert cleaned("siren", [(0.8, 1e-5), (0.2, 1.0)], chance=5e-5)[0].u == pytest.approx(2e-6, rel=1e-3)


def test_what_was_never_seen_is_possible_all_the_same() -> None:
    same, other = cleaned("siren", [(1.0, None), (None, 1.0)], chance=1e-5)
    assert same.u == LEAST_U
    assert other.m == LEAST_M
    assert same.m < 1 and other.u < 1


@pytest.mark.parametrize("u", [None, 1e-7])
def test_a_level_that_no_true_pair_was_at_is_worth_what_the_next_worse_one_is_at_most(u: float | None) -> None:
    found: list[tuple[float | None, float | None]] = [(0.1, 0.01)] * len(LEVELS["name"])
    found[6:11] = [(0.1, 0.02), (None, u), (0.1, 0.03), (0.1, 0.05), (0.1, 0.5)]
    by_name = {level.name: level for level in cleaned("name", found, chance=0.0)}
    assert by_name["same sign"].bits == pytest.approx(by_name["acronym"].bits)


def test_a_better_level_is_never_worth_less() -> None:
    levels = cleaned("naf", [(0.5, 0.01), (0.05, 0.02), (0.4, 0.04), (0.05, 0.93)], chance=0.0)
    assert [round(level.bits, 3) for level in levels] == [5.644, 2.907, 2.907, -4.217]
    assert sum(level.m for level in levels) == pytest.approx(1, rel=1e-4)
    assert sum(level.u for level in levels) == pytest.approx(1, rel=1e-4)


@pytest.mark.parametrize("dialect", [DUCKDB, SPARK], ids=lambda each: each.name)
def test_every_comparison_has_a_condition_for_each_level_and_for_not_being_made(dialect: Dialect) -> None:
    spoken = conditions(dialect)
    assert {name: len(each) - 1 for name, each in spoken.items()} == {name: len(each) for name, each in LEVELS.items()}
    assert all(each[-1] == "ELSE" for each in spoken.values())


def test_too_few_listings_teach_nothing() -> None:
    with pytest.raises(
        TooFewListings, match=r"^A model cannot be learned from 0 listings; it takes 1,000: harvest more\.$"
    ):
        train([])


@pytest.mark.parametrize("method", Method)
def test_a_trained_model_can_be_used(method: Method) -> None:
    pytest.importorskip("splink", reason="Splink is not installed (the extra `train`)")
    model = train(benchmark(2_000, seed=1).records, method=method, pairs=100_000)
    assert checked(msgspec.json.encode(model)) == model == named(model)
    assert 1 < model.partners < 3
    hardly_met = ("name", "same sign")
    for comparison, level in FREQUENCIES.keys() - {hardly_met}:
        assert {each.name: each.bits for each in model.comparisons[comparison]}[level] > 2
