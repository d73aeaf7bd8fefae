"""Legal forms as partners write them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from directory.nomenclature import legal_forms
from directory.nomenclature.legal_forms import LegalForm


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SARL", "5499"),
        ("S.A.R.L.", "5499"),
        ("Société à Responsabilité Limitée", "5499"),
        ("SARL au capital de 8 000 €", "5499"),
        ("SARL unipersonnelle", "5498"),
        ("EURL", "5498"),
        ("S.A.S.", "5710"),
        ("Société par actions simplifiée", "5710"),
        ("SASU", "5720"),
        ("S.A.", "5599"),
        ("SA à directoire", "5699"),
        ("SCI", "6540"),
        ("SELARL", "5485"),
        ("EI", "1000"),
        ("E.I.R.L", "1000"),
        ("Entrepreneur individuel", "1000"),
        ("micro-entreprise", "1000"),
        ("Association loi 1901", "9220"),
        ("association", "9220"),
        ("Associations", "9220"),
        ("Fondation", "9300"),
        ("MUTUELLE", "8210"),
        ("SCOP SARL", "5458"),
        ("Scop", "SCOP"),
        ("SCIC", "SCIC"),
        ("coopérative", "COOP"),
        ("5710", "5710"),
        ("5499 - SARL", "5499"),
    ],
)
def test_find(text: str, code: str) -> None:
    found = legal_forms.find(text)
    assert found is not None
    assert found == legal_forms.get(code)


@pytest.mark.parametrize("text", ["", "---", "Autre", "société", "9999", "saut"])
def test_what_names_no_form(text: str) -> None:
    assert legal_forms.find(text) is None


def test_every_official_label_is_found() -> None:
    assert [form for form in legal_forms.known() if legal_forms.find(form.label) != form] == []


def test_codes_are_official_in_form_and_unique() -> None:
    official = [form.code for form in legal_forms.known() if form.code.isdecimal()]
    assert official == sorted(set(official))
    assert all(len(code) == 4 for code in official)
    assert legal_forms.get("5710") == LegalForm("5710", "Société par actions simplifiée")
    assert legal_forms.get("0001") is None


@settings(deadline=None)
@given(st.text())
def test_find_never_raises(text: str) -> None:
    found = legal_forms.find(text)
    assert found is None or legal_forms.get(found.code) == found
