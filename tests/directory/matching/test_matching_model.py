"""A model file is checked before it is used, and the shipped one makes sense."""

import msgspec
import pytest

from directory.matching.model import LEVELS, ModelInvalid, checked, shipped


def told(**changes: object) -> bytes:
    """The shipped model's JSON with some of its parts changed."""
    return msgspec.json.encode(msgspec.to_builtins(shipped()) | changes)


def test_the_shipped_one_is_whole() -> None:
    model = shipped()
    assert checked(told()) == model
    assert model.comparisons.keys() == LEVELS.keys()
    assert model.prior(100_000) < model.prior(10_000) < 0


def test_agreeing_more_is_worth_more_where_it_must() -> None:
    bits = {(name, level.name): level.bits for name, known in shipped().comparisons.items() for level in known}
    assert bits["name", "same name"] > bits["name", "a word in common"] > bits["name", "nothing in common"]
    assert bits["address", "same door"] > bits["address", "same postcode"] > bits["address", "other town"]
    assert bits["naf", "same sub-class"] > 0 > bits["naf", "other activity"]
    assert bits["siren", "other SIREN"] < -5
    assert bits["directory", "same directory"] < 0


def test_confidence_is_interpolated_and_bounded() -> None:
    model = checked(told(confidence=[[0.0, 0.2], [10.0, 0.9]]))
    shown = [model.confident(weight) for weight in (-50.0, 0.0, 5.0, 10.0, 50.0)]
    assert shown == pytest.approx([0.2, 0.2, 0.55, 0.9, 0.9])


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"format": 99}, "its format is 99, not 1"),
        ({"partners": 0.0}, "its prior is not a positive number"),
        ({"comparisons": {}}, "its comparison 'name' has other levels"),
        ({"confidence": [[0.0, 0.2]]}, "its confidence has fewer than two points"),
        ({"confidence": [[0.0, 0.9], [1.0, 0.2]]}, "its confidence does not ascend"),
        ({"confidence": [[0.0, 0.9], [1.0, 1.2]]}, "its confidence is not between 0 and 1"),
    ],
)
def test_one_that_cannot_be_used_is_named_with_its_fault(changes: dict[str, object], problem: str) -> None:
    with pytest.raises(ModelInvalid) as refused:
        checked(told(version="mine", **changes))
    assert str(refused.value) == f"The model 'mine' cannot be used: {problem}; train it with this version."


def test_one_that_is_no_model_is_said_to_be() -> None:
    with pytest.raises(ModelInvalid, match=r"^The model cannot be read: .*; export it again with `circuit train`\.$"):
        checked(b"{")
