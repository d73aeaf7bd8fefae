"""Fields that appear, vanish and change, and increments too small to say so."""

import pytest

from directory import drift as drifts
from directory.drift import drift, settled
from directory.records import FieldShape
from directory.store.partners import Drift, DriftKind


def shape(path: str, example: str = "", **kinds: int) -> FieldShape:
    """A field's shape."""
    return FieldShape(path=path, kinds=kinds, example=example)


BASE = (
    shape("id", "7", number=1_000),
    shape("siren", "732829320", text=900, empty=100),
    shape("meta.sigle", "ACME", text=10),
    shape("blank", empty=1_000),
)


def test_the_same_reading_again_has_not_drifted() -> None:
    assert drift(BASE, BASE) == ()


@pytest.mark.parametrize(("before", "after"), [((), BASE), (BASE, ())])
def test_what_is_not_known_cannot_drift(before: tuple[FieldShape, ...], after: tuple[FieldShape, ...]) -> None:
    assert drift(before, after) == ()
    assert settled(before, after, is_whole=False) == BASE


def test_a_renamed_field_vanishes_and_appears() -> None:
    now = (shape("id", "7", number=500), shape("SIREN", "552100554", text=450))
    assert drift(BASE, now) == (
        Drift(field="SIREN", kind=DriftKind.APPEARED, after="552100554"),
        # One record in a hundred had a sigle: 500 without one are a matter of luck, (99 %)^500 is not below 10^-6.
        Drift(field="siren", kind=DriftKind.VANISHED, before="732829320"),
    )


@pytest.mark.parametrize(("records", "is_gone"), [(3, False), (5, False), (7, True)])
def test_a_field_vanishes_only_where_luck_cannot_explain_it(records: int, is_gone: bool) -> None:
    now = (shape("id", number=records), shape("siren", empty=records), shape("blank", empty=records))
    # Nine in ten had it: six without would be as likely as the bound.
    gone = (Drift(field="siren", kind=DriftKind.VANISHED, before="732829320"),)
    assert drift(BASE, now) == (gone if is_gone else ())


@pytest.mark.parametrize(
    ("kinds", "has_changed"),
    [
        ({"number": 19}, False),
        ({"number": 20}, True),
        ({"number": 20, "empty": 500}, True),
        ({"text": 95, "number": 5}, False),
        ({"text": 94, "number": 6}, True),
    ],
)
def test_a_type_changes_where_enough_values_say_so(kinds: dict[str, int], has_changed: bool) -> None:
    now = (shape("id", number=900), shape("siren", "732829320.0", **kinds), shape("meta.sigle", text=9))
    change = Drift(field="siren", kind=DriftKind.CHANGED_TYPE, before="732829320", after="732829320.0")
    assert drift(BASE, now) == ((change,) if has_changed else ())


def test_a_kind_that_becomes_the_commonest_is_a_change() -> None:
    before = (shape("age", "4", text=60, number=40),)
    assert drift(before, (shape("age", "5", text=40, number=60),)) == (
        Drift(field="age", kind=DriftKind.CHANGED_TYPE, before="4", after="5"),
    )


def test_a_blank_field_that_is_filled_at_last_is_no_drift() -> None:
    assert drift(BASE, (*BASE[:3], shape("blank", "x", text=1_000))) == ()


def test_what_is_told_is_bounded() -> None:
    new = tuple(shape(f"f{number:03}" + "x" * 300, text=9) for number in range(600))
    found = drift(BASE, (*BASE, *new))
    assert len(found) == drifts.MOST_DRIFTS
    assert {len(each.field) for each in found} == {drifts.LONGEST_PATH}
    assert len(settled(BASE, new, is_whole=True)) == drifts.MOST_FIELDS
    assert len(settled(BASE, new, is_whole=False)) == drifts.MOST_FIELDS


def test_everything_read_is_the_new_baseline() -> None:
    now = (shape("id", number=3),)
    assert settled(BASE, now, is_whole=True) == now


def test_many_changes_are_a_baseline_but_for_what_is_rare() -> None:
    now = (shape("id", number=100), shape("siren", empty=100))
    # The sigle of one in a hundred may be missed in a hundred.
    assert settled(BASE, now, is_whole=False) == (*now, BASE[2], BASE[3])


def test_a_field_that_many_changes_no_longer_have_is_gone_from_the_baseline() -> None:
    assert "siren" not in {each.path for each in settled(BASE, (shape("id", number=100),), is_whole=False)}


def test_a_few_changes_are_added_to_the_baseline() -> None:
    now = (shape("id", "9", number=2), shape("siren", text=1, number=1), shape("new", "n", text=2))
    assert settled(BASE, now, is_whole=False) == (
        shape("id", "9", number=1_002),
        shape("siren", "732829320", text=901, number=1, empty=100),
        BASE[2],
        BASE[3],
        shape("new", "n", text=2),
    )
