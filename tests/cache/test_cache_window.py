"""The sliding window, with a clock of its own."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cache.window import SlidingWindow

MINUTE = 60.0


class Clock:
    """Wall time that moves when told; begins with a window."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def window(clock: Clock) -> SlidingWindow:
    return SlidingWindow(clock=clock)


def test_units_are_taken_until_the_limit(window: SlidingWindow) -> None:
    assert [window.take("a", 40, 100) for _ in range(2)] == [0.0, 0.0]
    assert window.take("a", 40, 100) > 0
    assert window.take("a", 20, 100) == 0.0
    assert window.take("b", 100, 100) == 0.0


def test_what_is_refused_is_not_taken(window: SlidingWindow, clock: Clock) -> None:
    window.take("a", 60, 100)
    for _ in range(50):
        assert window.take("a", 60, 100) > 0
    assert window.standing("a", 100).remaining == 40


def test_what_is_forced_is_taken_and_said_to_be_beyond(window: SlidingWindow) -> None:
    assert window.take("a", 60, 100, force=True) == 0.0
    assert window.take("a", 60, 100, force=True) > 0
    assert window.standing("a", 100).remaining == 0


def test_the_window_before_counts_as_far_as_it_is_covered(window: SlidingWindow, clock: Clock) -> None:
    window.take("a", 100, 100)
    clock.now += MINUTE
    assert window.standing("a", 100).remaining == 0
    clock.now += 15
    assert window.standing("a", 100).remaining == 25
    clock.now += 30
    assert window.standing("a", 100).remaining == 75
    clock.now += 15
    assert window.standing("a", 100).remaining == 100


def test_all_is_there_again_when_it_is_said_to_be(window: SlidingWindow, clock: Clock) -> None:
    assert window.standing("a", 100).reset_at == clock.now
    window.take("a", 100, 100)
    reset_at = window.standing("a", 100).reset_at
    assert reset_at == clock.now + 2 * MINUTE
    clock.now += MINUTE + 1
    assert window.standing("a", 100).reset_at == reset_at
    clock.now = reset_at
    assert window.standing("a", 100).remaining == 100


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 50), st.integers(0, 100)), max_size=20), st.integers(1, 100), st.floats(0, 59.9))
def test_whoever_waits_as_long_as_told_is_let_in_and_not_much_earlier(
    before: list[tuple[float, int]], units: int, later: float
) -> None:
    clock = Clock()
    window = SlidingWindow(clock=clock)
    for pause, taken in before:
        clock.now += pause
        window.take("a", taken, 100)
    clock.now += later
    wait = window.take("a", units, 100)
    if wait:
        started = clock.now
        clock.now = started + wait - 0.5
        assert wait <= 0.5 or window.take("a", units, 100) > 0
        clock.now = started + wait + 1e-3
        assert window.take("a", units, 100) == 0.0


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 40), st.integers(1, 60)), min_size=1, max_size=60))
def test_no_window_of_wall_time_has_more_than_the_limit(asked: list[tuple[float, int]]) -> None:
    clock = Clock()
    window = SlidingWindow(clock=clock)
    taken: dict[int, int] = {}
    for pause, units in asked:
        clock.now += pause
        if not window.take("a", units, 100):
            number = int(clock.now // MINUTE)
            taken[number] = taken.get(number, 0) + units
    assert max(taken.values()) <= 100


def test_what_is_given_back_may_be_taken_again(window: SlidingWindow, clock: Clock) -> None:
    window.take("a", 100, 100)
    window.give_back("a", 99)
    assert window.standing("a", 100).remaining == 99
    clock.now += 3 * MINUTE
    window.give_back("a", 50)
    assert window.standing("a", 100).remaining == 100


def test_what_is_given_back_when_its_window_has_ended_may_be_taken_again(window: SlidingWindow, clock: Clock) -> None:
    window.take("a", 100, 100)
    clock.now += MINUTE
    window.give_back("a", 70)
    assert window.standing("a", 100).remaining == 70


def test_callers_who_are_gone_make_room_for_others(clock: Clock) -> None:
    window = SlidingWindow(callers=3, clock=clock)
    for caller in "abc":
        window.take(caller, 100, 100)
    clock.now += 2 * MINUTE
    window.take("d", 100, 100)
    assert len(window) == 1


def test_of_too_many_callers_at_once_the_first_is_forgotten(clock: Clock) -> None:
    window = SlidingWindow(callers=3, clock=clock)
    for number in range(1_000):
        window.take(str(number), 100, 100)
    assert len(window) == 3
    assert window.standing("999", 100).remaining == 0
    assert window.standing("0", 100).remaining == 100


def test_taking_is_cheap() -> None:
    window = SlidingWindow()
    began = time.process_time()
    for _ in range(20_000):
        window.take("a", 1, 10**9)
    assert time.process_time() - began < 2.0  # a tenth of a millisecond each: fifty times what it takes
