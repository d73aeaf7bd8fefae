"""Two listings side by side: the matcher's own weight, their keys, and what holds them together or apart."""

from typing import Any

import pytest

from directory.matching.comparing import Thresholds
from directory.matching.contract import Decisions, MatchRecord
from directory.matching.pairing import SharedKey, Tie, Verdict, pair, verdict_of
from directory.matching.probabilistic import ProbabilisticMatcher
from directory.records import MatchDecision

ONE, OTHER = "732829320", "552100554"
MATCHER = ProbabilisticMatcher()


def record(listing: int, partner: str = "cmar", **values: Any) -> MatchRecord:
    """A plumber of Aubagne unless said otherwise."""
    usual: dict[str, Any] = {
        "names": ("plomberie martin",),
        "commune": "13005",
        "postcode": "13400",
        "street": "12 rue haute",
        "phone": "+33442000001",
    }
    return MatchRecord(listing=listing, key=f"{partner}\x1f{listing}", **(usual | values))


TWINS = (record(1, siren=ONE), record(2, "chambre", street="14 rue haute"))
NAMESAKE = record(3, "cpme13", names=("plomberie martin",), commune="13055", postcode="13006", street=None, phone=None)
RECORDS = (*TWINS, NAMESAKE)


def test_the_weight_is_that_of_the_matcher_and_adds_up() -> None:
    found = pair(*TWINS, RECORDS, Decisions(), MATCHER)
    explained = MATCHER.match(RECORDS, Decisions()).explain(1)
    assert found.match.weight == explained.weight
    assert found.match.evidence == explained.evidence
    assert found.match.prior + sum(line.weight for line in found.match.evidence) == pytest.approx(found.match.weight)
    assert (found.verdict, found.match.decision) == (Verdict.AUTOMATIC, MatchDecision.AUTOMATIC)
    assert (found.match.against, found.joined, found.parted) == (2, (), ())


def test_it_does_not_matter_which_is_left() -> None:
    one, other = (pair(*each, RECORDS, Decisions(), MATCHER) for each in (TWINS, TWINS[::-1]))
    assert one.match.weight == other.match.weight
    assert one.keys == other.keys


def test_the_keys_in_common_are_counted_and_those_that_too_many_have_are_told() -> None:
    many = [record(number, names=(f"garage {number}",), street=None) for number in range(10, 60)]
    found = pair(*TWINS, (*TWINS, *many), Decisions(), MATCHER)
    keys = {(key.kind, key.value): key for key in found.keys}
    assert keys["name", "martin plomberie"] == SharedKey("name", "martin plomberie", 2, 40)
    assert keys["phone", "+33442000001"] == SharedKey("phone", "+33442000001", 52, 40)
    assert (keys["phone", "+33442000001"].is_used, found.keys[-1].kind) == (False, "phone")
    assert found.do_meet
    assert ("door", "12 rue haute 13005") not in keys


def test_two_that_share_no_key_never_meet() -> None:
    stranger = record(9, names=("garage zola",), commune="13055", postcode="13006", street=None, phone="+33491000009")
    found = pair(TWINS[0], stranger, (*RECORDS, stranger), Decisions(), MATCHER)
    assert (found.keys, found.do_meet, found.verdict) == ((), False, Verdict.APART)


@pytest.mark.parametrize(
    ("left", "right", "decisions", "joined", "parted"),
    [
        ({"siret": ONE + "00074"}, {"siret": ONE + "00074"}, Decisions(), (Tie.SIRET, Tie.SIREN), ()),
        ({"siret": ONE + "00074"}, {"siret": ONE + "00108"}, Decisions(), (Tie.SIREN,), (Tie.SIRET,)),
        ({"siren": ONE}, {"siren": OTHER}, Decisions(), (), (Tie.SIREN,)),
        ({}, {}, Decisions(must_link=((1, 2),)), (Tie.STEWARD,), ()),
        ({}, {}, Decisions(same_site=((2, 1),)), (Tie.STEWARD,), ()),
        ({}, {}, Decisions(cannot_link=((2, 1),)), (), (Tie.STEWARD,)),
    ],
)
def test_what_settles_them_whatever_their_likeness(
    left: dict[str, Any], right: dict[str, Any], decisions: Decisions, joined: tuple[Tie], parted: tuple[Tie]
) -> None:
    one, other = record(1, **left), record(2, "chambre", **right)
    found = pair(one, other, (one, other), decisions, MATCHER)
    assert (found.joined, found.parted) == (joined, parted)


def test_other_listings_of_their_suppliers_keep_them_apart() -> None:
    plain, numbered = record(1), record(4, siren=ONE)
    other, others = record(2, "chambre"), record(5, "chambre", siren=OTHER)
    records = (plain, numbered, other, others)
    assert pair(plain, other, records, Decisions(), MATCHER).parted == ()
    assert pair(plain, other, records, Decisions(), MATCHER, ((1, 4), (2, 5))).parted == (Tie.SIREN,)
    said = Decisions(cannot_link=((4, 5),))
    assert pair(plain, other, records, said, MATCHER, ((1, 4), (2, 5))).parted == (Tie.STEWARD, Tie.SIREN)
    assert pair(plain, numbered, records, said, MATCHER, ((1, 4), (1, 4))).parted == ()


@pytest.mark.parametrize(
    ("weight", "verdict"),
    [(8.0, Verdict.AUTOMATIC), (7.99, Verdict.REVIEW), (4.0, Verdict.REVIEW), (3.99, Verdict.APART)],
)
def test_the_verdict_by_the_thresholds(weight: float, verdict: Verdict) -> None:
    assert verdict_of(weight, Thresholds()) is verdict
