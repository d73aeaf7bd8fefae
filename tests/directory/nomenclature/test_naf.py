"""The NAF rév. 2, whole and in its order."""

from collections import Counter

import pytest

from directory.nomenclature import naf


def test_every_level_is_whole() -> None:
    assert Counter(len(entry.code) for entry in naf.entries()) == {1: 21, 2: 88, 4: 272, 5: 615, 6: 732}
    assert len(naf.codes()) == 732


def test_every_sub_class_has_five_levels_each_within_the_one_above() -> None:
    for code in naf.codes():
        section, *below = naf.levels(code)
        assert len(section) == 1
        assert below == [code[:2], code[:4], code[:5], code]


@pytest.mark.parametrize(
    ("code", "levels"),
    [
        ("43.22A", ("F", "43", "43.2", "43.22", "43.22A")),
        ("43.2", ("F", "43", "43.2")),
        ("F", ("F",)),
        ("43.22Y", ()),
        ("", ()),
    ],
)
def test_levels(code: str, levels: tuple[str, ...]) -> None:
    assert naf.levels(code) == levels


@pytest.mark.parametrize(
    ("code", "label"),
    [
        ("43.22A", "Travaux d'installation d'eau et de gaz en tous locaux"),
        ("43", "Travaux de construction spécialisés"),
        ("A", "Agriculture, sylviculture et pêche"),
        ("00", None),
    ],
)
def test_label(code: str, label: str | None) -> None:
    assert naf.label(code) == label


def test_known() -> None:
    assert naf.known("43.22A")
    assert naf.known("F")
    assert not naf.known("4322A")
