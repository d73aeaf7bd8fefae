"""What a level is worth where the value's frequency counts: of what is common little, of what is unknown as usual."""

from math import log2
from typing import Any

import pytest
from msgspec.structs import replace

from directory.matching.contract import Evidence, MatchRecord
from directory.matching.model import FREQUENCIES, LEVELS, Level, shipped
from directory.matching.profiles import Profile, profile_of
from directory.matching.scoring import Scorer
from directory.matching.terms import Terms

SCORER = Scorer(shipped(), 100_000)
DOOR = {"street": "12 rue haute", "commune": "13005"}


def level(comparison: str, name: str) -> Level:
    return shipped().comparisons[comparison][LEVELS[comparison].index(name)]


def profiles(*values: dict[str, Any]) -> list[Profile]:
    """Each of another directory."""
    records = [MatchRecord(listing=at, key=f"{at}\x1f{at}", **said) for at, said in enumerate(values, 1)]
    terms = Terms.of(records)
    return [profile_of(record, terms) for record in records]


def line(left: Profile, right: Profile, comparison: str) -> Evidence:
    found = {each.feature: each for each in SCORER.evidence(left, right)}
    assert sum(each.weight for each in found.values()) + SCORER.prior == pytest.approx(SCORER.weight(left, right))
    return found[comparison]


@pytest.mark.parametrize(
    ("mine", "theirs", "counts"), [(-10.0, -7.0, -7.0), (-7.0, -10.0, -7.0), (None, -9.0, -9.0), (-9.0, None, -9.0)]
)
def test_the_more_frequent_of_both_counts_or_the_one_that_is_known(
    mine: float | None, theirs: float | None, counts: float
) -> None:
    left, right = profiles(DOOR, DOOR)
    found = line(replace(left, door_bits=mine), replace(right, door_bits=theirs), "address")
    known = level("address", "same door")
    assert found.weight == pytest.approx(log2(known.m) - counts)
    assert found.frequency == pytest.approx(found.weight - known.bits)


@pytest.mark.parametrize(
    ("comparison", "name", "values"),
    [
        ("name", "same name", {"names": ("tchobanian",)}),
        ("name", "same sign", {}),
        ("address", "same door", DOOR),
        ("address", "same postcode", {"postcode": "13400"}),
        ("contact", "same phone", {"phone": "+33491000001"}),
        ("contact", "same domain", {"site": "x.fr"}),
        ("naf", "same sub-class", {"naf": "43.22A"}),
        ("siren", "same SIREN", {"siren": "732829320"}),
    ],
)
def test_where_no_frequency_is_known_the_level_is_worth_what_it_usually_is(
    comparison: str, name: str, values: dict[str, Any]
) -> None:
    sides = ({"names": ("sud batiment", "pizza")}, {"names": ("est toiture", "pizza")}) if not values else (values,) * 2
    left, right, *_ = (
        replace(each, **dict.fromkeys(FREQUENCIES.values())) for each in profiles(*sides, *[{"names": ("pizza",)}] * 30)
    )
    found = line(left, right, comparison)
    assert (found.level, found.weight, found.frequency) == (name, level(comparison, name).bits, 0.0)


def test_a_sign_counts_by_how_many_have_it() -> None:
    sides: tuple[dict[str, Any], ...] = ({"names": ("sud batiment", "pizza")}, {"names": ("est toiture", "pizza")})
    stores = (profiles(*sides, *[{"names": ("pizza",)}] * others) for others in (30, 60))
    found = [line(left, right, "name") for left, right, *_ in stores]
    assert [each.level for each in found] == ["same sign"] * 2
    known = level("name", "same sign")
    assert [each.weight for each in found] == pytest.approx(
        [log2(known.m) - log2((count - 2.5) / (50_000 + count)) for count in (32, 62)]
    )


def test_a_like_spelling_counts_by_the_most_frequent_name_of_both() -> None:
    """What is alike may be another name than the first one, which many have."""
    values: tuple[dict[str, Any], ...] = ({"names": ("sud batiment", "tchobanian")}, {"names": ("tchobanyan",)})
    left, right, *_ = profiles(*values, *[{"names": ("tchobanian",)}] * 9)
    found = line(left, right, "name")
    assert found.level == "like spelling"
    assert found.weight == pytest.approx(log2(level("name", "like spelling").m) - log2((10 - 2.5) / 50_011))


def test_of_values_that_are_not_there_no_frequency_is_known() -> None:
    empty, phone = profiles({}, {"phone": "+33491000001"})
    assert [getattr(empty, field) for field in FREQUENCIES.values()] == [None] * len(FREQUENCIES)
    assert phone.phone_bits is not None
    assert (phone.contact_bits, phone.email_bits) == (None, None)
