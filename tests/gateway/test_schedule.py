"""When a partner is read next: rhythm, jitter, outages, what the partner asked for, and clocks that jump."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from connectors import Declaration, declare
from directory.store.timetable import Slot
from gateway.schedule import Ending, due, is_due, next_reading

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = 3_600.0
FINE = Ending()
OUTAGE = Ending(is_outage=True)


def wait(every: float, ending: Ending, failures: int = 0, seed: int = 1) -> float:
    """Seconds until the next reading."""
    return (next_reading(every, ending, failures, NOON, random.Random(seed)) - NOON).total_seconds()


def jitter(seed: int = 1) -> float:
    return random.Random(seed).uniform(0.9, 1.1)


def test_at_its_rhythm_and_never_in_step() -> None:
    waits = [wait(HOUR, FINE, seed=seed) for seed in range(500)]
    assert 3_240 <= min(waits) < 3_260
    assert 3_940 < max(waits) <= 3_960
    assert len(set(waits)) == 500


def test_the_same_chance_gives_the_same_instant() -> None:
    assert wait(HOUR, FINE) == pytest.approx(HOUR * jitter(), abs=1e-3)


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 60), (3, 60), (4, 60), (5, 120), (6, 240), (9, 1_920), (10, 3_600), (400, 3_600)]
)
def test_after_outages_soon_then_seldom(failures: int, seconds: float) -> None:
    assert wait(86_400, OUTAGE, failures) == pytest.approx(seconds * jitter(), abs=1e-3)


def test_a_quick_rhythm_slows_down_for_a_partner_that_is_away() -> None:
    assert wait(5, OUTAGE, 1) == pytest.approx(5 * jitter(), abs=1e-3)
    assert wait(5, OUTAGE, 8) == pytest.approx(960 * jitter(), abs=1e-3)


def test_a_refusal_is_tried_again_at_the_rhythm() -> None:
    assert wait(86_400, FINE, 2) == pytest.approx(86_400 * jitter(), abs=1e-3)
    assert wait(5, FINE, 8) == pytest.approx(960 * jitter(), abs=1e-3)


def test_never_before_the_partner_s_own_instant_within_a_day() -> None:
    later = Ending(is_outage=True, retry_at=NOON + timedelta(hours=6))
    assert wait(HOUR, later, 1) == 6 * HOUR
    for_ever = Ending(is_outage=True, retry_at=NOON + timedelta(days=400))
    assert wait(HOUR, for_ever, 1) == 24 * HOUR
    past = Ending(is_outage=True, retry_at=NOON - timedelta(hours=6))
    assert wait(HOUR, past, 1) == pytest.approx(60 * jitter(), abs=1e-3)


@pytest.mark.parametrize(
    ("slot", "expected"),
    [
        (Slot(), True),
        (Slot(due_at=NOON), True),
        (Slot(due_at=NOON + timedelta(seconds=1)), False),
        (Slot(due_at=NOON - timedelta(days=1), paused=True), False),
        (Slot(due_at=NOON - timedelta(days=1), is_busy=True), False),
        (Slot(due_at=NOON + timedelta(hours=24)), False),  # a partner may ask for that much
        (Slot(due_at=NOON + timedelta(days=300)), True),  # nobody: a clock was wrong
    ],
)
def test_due(slot: Slot, expected: bool) -> None:
    assert is_due(slot, HOUR, NOON) is expected


def test_a_weekly_partner_may_be_a_week_off() -> None:
    assert not is_due(Slot(due_at=NOON + timedelta(days=7.5)), 7 * 86_400, NOON)
    assert is_due(Slot(due_at=NOON + timedelta(days=8)), 7 * 86_400, NOON)


def test_those_never_read_come_first_then_the_longest_due() -> None:
    names = ("cmar", "cpme13", "chambre", "french_tech", "cress_paca")
    declared: list[Declaration] = [declare(name, {}) for name in names]
    read = NOON - timedelta(days=1)
    slots = {
        "cmar": Slot(last_attempt_at=read, due_at=NOON - timedelta(minutes=1)),
        "cpme13": Slot(last_attempt_at=read, due_at=NOON - timedelta(minutes=9)),
        "chambre": Slot(last_attempt_at=read, due_at=NOON + timedelta(minutes=9)),
        "french_tech": Slot(),
    }
    assert [each.name for each in due(slots, declared, NOON)] == ["french_tech", "cress_paca", "cpme13", "cmar"]
