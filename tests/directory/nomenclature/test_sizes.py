"""Head-counts as partners write them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from directory.nomenclature import sizes
from directory.nomenclature.sizes import Band
from directory.records import CompanySize


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("21", "21"),
        ("NN", "NN"),
        ("50-99", "21"),
        ("50 à 99 salariés", "21"),
        ("De 50 à 99", "21"),
        ("1 ou 2 salariés", "01"),
        ("75", "21"),
        ("12 salariés", "11"),
        ("5", "02"),
        ("0", "00"),
        ("0 salarié", "00"),
        ("1 000 à 1 999 salariés", "42"),
        ("1\u202f500", "42"),
        ("10 000 salariés et plus", "53"),
        ("25000", "53"),
        ("Unité non employeuse", "NN"),
        ("aucun salarié", "NN"),
    ],
)
def test_a_band_of_insee(text: str, code: str) -> None:
    assert sizes.find(text) == sizes.get(code)
    assert sizes.get(code) is not None


@pytest.mark.parametrize(
    ("text", "label", "size"),
    [
        ("moins de 10", "0 à 9 salariés", CompanySize.MICRO),
        ("< 50", "0 à 49 salariés", CompanySize.PME),
        ("1-10", "1 à 10 salariés", CompanySize.MICRO),
        ("11-50", "11 à 50 salariés", CompanySize.PME),
        ("250 et plus", "250 salariés et plus", CompanySize.ETI),
        ("+ de 5 000", "5 000 salariés et plus", CompanySize.GE),
    ],
)
def test_a_band_that_insee_does_not_have(text: str, label: str, size: CompanySize) -> None:
    assert sizes.find(text) == Band(None, label, size)


@pytest.mark.parametrize("text", ["", "PME", "99-50", "99999999999", "moins de 0"])
def test_what_says_no_number(text: str) -> None:
    assert sizes.find(text) is None


@settings(deadline=None)
@given(st.text())
def test_find_never_raises(text: str) -> None:
    band = sizes.find(text)
    assert band is None or band.label


@pytest.mark.parametrize(
    ("people", "code", "size"),
    [
        (0, "00", CompanySize.MICRO),
        (9, "03", CompanySize.MICRO),
        (10, "11", CompanySize.PME),
        (249, "31", CompanySize.PME),
        (250, "32", CompanySize.ETI),
        (4_999, "51", CompanySize.ETI),
        (5_000, "52", CompanySize.GE),
        (10_000, "53", CompanySize.GE),
    ],
)
def test_of_headcount(people: int, code: str, size: CompanySize) -> None:
    band = sizes.of_headcount(people)
    assert band is not None
    assert (band.code, band.size) == (code, size)


def test_no_company_has_that_many() -> None:
    assert sizes.of_headcount(-1) is None
    assert sizes.of_headcount(10_000_001) is None


def test_every_label_of_a_band_is_found() -> None:
    assert [sizes.find(band.label) for band in sizes.bands()] == list(sizes.bands())
    codes = " ".join(str(band.code) for band in sizes.bands())
    assert codes == "NN 00 01 02 03 11 12 21 22 31 32 41 42 51 52 53"
