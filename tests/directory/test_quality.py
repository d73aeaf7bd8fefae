"""Completeness and freshness."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from directory import quality
from directory.records import (
    Activity,
    Address,
    CompanySize,
    Contact,
    Criterion,
    Establishment,
    Location,
    Quality,
    Supplier,
)

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
BARE = Supplier(id=1, name="Dupont", quality=Quality(score=0, completeness=0))
FULL = Supplier(
    id=1,
    name="Dupont",
    quality=Quality(score=0, completeness=0),
    siren="732829320",
    description="x" * quality.LONG_ENOUGH,
    website="https://dupont.fr/",
    size=CompanySize.MICRO,
    activities=(Activity("43.22A"),),
    contact=Contact(email="a@dupont.fr", phone="+33491000000"),
    establishments=(
        Establishment(id="-1", address=Address(lines=("1 rue",), commune="Aubagne"), location=Location(43.0, 5.0)),
    ),
    partners=("chambre", "cmar"),
)


def test_nothing_known_scores_only_its_freshness() -> None:
    assert quality.assess(BARE, NOON, NOON).completeness == 0
    assert quality.assess(BARE, NOON, NOON).score == 0.2
    assert quality.assess(BARE, None, NOON).score == 0


def test_everything_known_and_fresh_is_perfect() -> None:
    found = quality.assess(FULL, NOON, NOON)
    assert (found.score, found.completeness, found.freshest_at) == (1.0, 1.0, NOON)
    assert found.criteria == tuple(Criterion(name, 1.0) for name in (*quality.WEIGHTS, "freshness"))


def test_halves() -> None:
    office = Establishment(id="-1", address=Address(commune="Aubagne"), location=Location(43.0, 5.0, approximate=True))
    half = Supplier(
        id=1,
        name="Dupont",
        quality=BARE.quality,
        description="x" * 50,
        contact=Contact(phone="+33491000000"),
        establishments=(office,),
    )
    scores = {each.name: each.score for each in quality.assess(half, NOON, NOON).criteria}
    assert scores == {
        "identifier": 0.0,
        "activity": 0.0,
        "address": 0.5,
        "location": 0.5,
        "contact": 0.5,
        "website": 0.0,
        "description": 0.25,
        "size": 0.0,
        "corroboration": 0.0,
        "freshness": 1.0,
    }
    assert quality.assess(half, NOON, NOON).completeness == pytest.approx(0.225)


def test_hidden_criteria_weigh_nothing() -> None:
    whole = quality.assess(FULL, NOON, NOON)
    assert quality.without(whole, ()) == whole
    bare = replace(FULL, contact=Contact(), website=None)
    seen = quality.without(quality.assess(bare, NOON - timedelta(days=200), NOON), {"contact"})
    # 0.75 of 0.85: the site is missing. A confirmation of 200 days ago counts three quarters.
    assert (seen.completeness, seen.score) == (0.882, 0.856)
    assert (seen.freshest_at, len(seen.criteria)) == (NOON - timedelta(days=200), 9)


@pytest.mark.parametrize(
    ("days", "expected"), [(0, 1.0), (179, 1.0), (180, 0.75), (364, 0.75), (365, 0.5), (730, 0.25)]
)
def test_freshness_falls_in_steps(days: int, expected: float) -> None:
    assert quality.freshness(NOON - timedelta(days=days), NOON) == expected


def test_the_next_step_is_when_the_freshness_changes() -> None:
    at = NOON
    for expected in (0.75, 0.5, 0.25):
        step = quality.next_step(NOON, at)
        assert step is not None
        assert quality.freshness(NOON, step - timedelta(seconds=1)) > expected
        assert quality.freshness(NOON, step) == expected
        at = step
    assert quality.next_step(NOON, at) is None
    assert quality.next_step(None, NOON) is None
