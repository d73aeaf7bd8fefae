"""When a partner that does not answer is left alone, and for how long."""

from datetime import UTC, datetime, timedelta

import pytest

from connectors.breaker import TRIAL, Breaker, BreakerState, pause_after

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(0, 0), (1, 0), (2, 0), (3, 30), (4, 60), (5, 120), (9, 1_920), (10, 3_600), (11, 3_600), (10**9, 3_600)],
)
def test_the_pause_doubles_up_to_an_hour(failures: int, seconds: int) -> None:
    assert pause_after(failures, None, NOON) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("failures", "asked", "seconds"),
    [(1, 600, 600), (3, 600, 600), (3, 10, 30), (1, -600, 0), (4, -600, 60), (1, 10**9, 86_400), (10, 10**9, 86_400)],
)
def test_an_instant_that_the_partner_named_is_kept_to_within_a_day(failures: int, asked: float, seconds: int) -> None:
    assert pause_after(failures, after(asked), NOON) == timedelta(seconds=seconds)


def opened() -> Breaker:
    """One that three outages at noon have opened."""
    breaker = Breaker()
    for _ in range(3):
        assert breaker.allows(NOON)
        breaker.failed(NOON)
    return breaker


def test_it_opens_after_three_outages_in_a_row() -> None:
    breaker = Breaker()
    breaker.failed(NOON)
    breaker.failed(NOON)
    breaker.succeeded()
    breaker.failed(NOON)
    breaker.failed(NOON)
    assert (breaker.state(NOON), breaker.allows(NOON)) == (BreakerState.CLOSED, True)
    breaker.failed(NOON)
    assert (breaker.state(NOON), breaker.allows(NOON)) == (BreakerState.OPEN, False)
    assert breaker.open_until == after(30)
    assert not breaker.allows(after(29.9))


def test_half_open_lets_one_trial_through() -> None:
    breaker = opened()
    assert breaker.state(after(30)) is BreakerState.HALF_OPEN
    assert [breaker.allows(after(30)) for _ in range(3)] == [True, False, False]
    breaker.succeeded()
    assert breaker.state(after(31)) is BreakerState.CLOSED
    assert breaker.allows(after(31))
    assert breaker.failures == 0


def test_a_trial_that_fails_opens_it_for_twice_as_long() -> None:
    breaker = opened()
    assert breaker.allows(after(30))
    breaker.failed(after(31))
    assert breaker.open_until == after(91)
    assert not breaker.allows(after(90))
    assert breaker.allows(after(91))


def test_a_trial_without_an_outcome_gives_way_to_another() -> None:
    breaker = opened()
    assert breaker.allows(after(30))
    lost = after(30) + TRIAL
    assert not breaker.allows(lost - timedelta(seconds=0.1))
    assert [breaker.allows(lost) for _ in range(2)] == [True, False]


def test_outages_of_calls_that_were_under_way_do_not_make_the_pause_longer() -> None:
    breaker = opened()
    for _ in range(20):
        breaker.failed(after(1))
    assert (breaker.failures, breaker.open_until) == (3, after(31))


def test_it_stays_open_until_the_instant_that_the_partner_named() -> None:
    breaker = Breaker()
    breaker.failed(NOON, after(600))
    assert breaker.state(after(599)) is BreakerState.OPEN
    assert breaker.allows(after(600))
    breaker.failed(after(601))
    assert breaker.open_until == after(631)


def test_a_shorter_wait_does_not_open_it_sooner() -> None:
    breaker = Breaker()
    breaker.failed(NOON, after(600))
    breaker.failed(NOON, after(5))
    assert breaker.open_until == after(600)
