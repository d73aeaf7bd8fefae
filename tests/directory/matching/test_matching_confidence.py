"""Confidence is counted on judged pairs, and drawn."""

from itertools import pairwise
from random import Random
from xml.etree import ElementTree

import msgspec
import pytest

from bench.matching.records import benchmark
from directory.matching.model import checked, shipped
from directory.matching.training.calibrate import (
    POINTS,
    Judged,
    Row,
    candidates,
    confidence,
    expected_error,
    raw_probability,
    reliability,
)
from directory.matching.training.diagram import drawn


def judged(count: int, seed: int) -> list[Judged]:
    """Pairs that are true less often than their weight says: half as many bits are meant."""
    chance = Random(seed)
    weights = (chance.uniform(-20, 30) for _ in range(count))
    return [(weight, chance.random() < raw_probability((weight - 5) / 2)) for weight in weights]


def test_a_curve_ascends_and_has_few_points() -> None:
    points = confidence(judged(20_000, seed=1))
    assert 2 <= len(points) <= POINTS
    assert all(one[0] < other[0] and one[1] <= other[1] for one, other in pairwise(points))
    assert points[0][1] > 0 and points[-1][1] < 1


def test_what_is_said_on_other_pairs_is_true_as_often() -> None:
    model = msgspec.structs.replace(shipped(), confidence=confidence(judged(20_000, seed=1)))
    assert checked(msgspec.json.encode(model)) == model
    others = judged(20_000, seed=2)
    calibrated, raw = reliability(others, model.confident), reliability(others, raw_probability)
    assert expected_error(calibrated) < 0.015 < 0.05 < expected_error(raw)


def test_too_few_or_all_alike_say_nothing() -> None:
    for pairs in ([(1.0, True)] * 99, [(1.0, True)] * 500, [(1.0, False)] * 500):
        with pytest.raises(ValueError, match="are too few to count confidence by"):
            confidence(pairs)


def test_rows_say_how_many_and_between_what_the_share_may_lie() -> None:
    (row,) = reliability([(3.0, True)] * 9 + [(3.0, False)], lambda _: 0.85)
    assert (row.pairs, round(row.said, 3), row.true) == (10, 0.85, 0.9)
    assert (round(row.low, 3), round(row.high, 3)) == (0.596, 0.982)
    assert expected_error([]) == 0.0


def test_pairs_that_official_numbers_settle_are_not_judged() -> None:
    world = benchmark(3_000, seed=1)
    found = list(candidates(world.records, shipped(), lambda one, other: world.truths[one] == world.truths[other]))
    settled = {record.listing for record in world.records if record.siret}
    seen: list[tuple[int, int]] = []

    def look(one: int, other: int) -> bool:
        seen.append((one, other))
        return True

    list(candidates(world.records, shipped(), look))
    assert len(found) == len(seen) > 1_000
    assert not any(one in settled and other in settled for one, other in seen)


def test_a_diagram_is_well_formed_and_escapes() -> None:
    rows = [Row(10, 0.1, 0.2, 0.05, 0.4), Row(10, 0.9, 0.8, 0.6, 0.95)]
    picture = ElementTree.fromstring(drawn({"raw <model>": rows, "calibrated": rows}, title="A & B"))
    space = "{http://www.w3.org/2000/svg}"
    assert picture.find(f"{space}title").text == "A & B"  # type: ignore[union-attr]
    assert len(picture.findall(f"{space}polyline")) == 2
    assert [each.text for each in picture.findall(f"{space}text")][-2:] == ["raw <model>", "calibrated"]
