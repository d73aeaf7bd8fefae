"""Every word that a page may need is there in French."""

from directory import disclosure
from directory.matching import levels, wording
from directory.matching.model import LEVELS


def test_every_level_of_every_comparison_has_its_wording_and_no_other() -> None:
    assert {name: tuple(wording.LEVELS[name]) for name in LEVELS} == dict(LEVELS)
    assert set(wording.LEVELS) == {*LEVELS, "siret", "steward"}
    assert wording.level("address", levels.ADDRESS[0]) == "même rue et même numéro"


def test_every_feature_of_evidence_has_its_wording() -> None:
    assert set(wording.FEATURES) == set(disclosure._EVIDENCE)
    assert wording.feature("naf") == "Activité"


def test_what_nobody_has_thought_of_is_shown_as_it_is() -> None:
    assert (wording.feature("street"), wording.level("street", "same")) == ("street", "same")


def test_numbers_are_written_as_in_france() -> None:
    assert [wording.bits(each) for each in (7.25, -13.04, 0.0)] == ["+7,2", "−13,0", "+0,0"]
    assert [wording.percent(each) for each in (0.9996, 1.0, 0.5, 0.0)] == ["99,9 %", "100 %", "50 %", "0 %"]
