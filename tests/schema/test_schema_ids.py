"""Opaque ids: one spelling for each thing, and a clear refusal of anything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema import ids
from schema.errors import BadInput

NOT_OURS = "This is not an id of this API; use an id as it was given in an answer."


@given(st.sampled_from(["Supplier", "Establishment"]), st.text())
def test_what_is_encoded_is_decoded(type_name: str, key: str) -> None:
    assert ids.decode(ids.encode(type_name, key)) == (type_name, key)


def test_the_form_fits_an_address() -> None:
    assert ids.encode("Supplier", 7) == "U3VwcGxpZXI6Nw"
    assert ids.encode("Establishment", "7/-é?") == "RXN0YWJsaXNobWVudDo3Ly3DqT8"


@pytest.mark.parametrize(
    "opaque",
    [
        "",
        "7",
        "Supplier:7",
        "U3VwcGxpZXI6Nw==",  # padded
        "U3VwcGxpZXI6Nx",  # stray bits in the last character
        "U3Vw cGxpZXI6Nw",
        "U3VwcGxpZXI",  # no colon
        "é",
        "\ud800",
        "/w",
        "A" * 5,
    ],
)
def test_anything_else_is_refused(opaque: str) -> None:
    with pytest.raises(BadInput) as refused:
        ids.decode(opaque)
    assert str(refused.value) == NOT_OURS


def test_an_id_of_another_type_is_named() -> None:
    with pytest.raises(BadInput, match=r"^This id is that of a Partner; the id of a Supplier is wanted here\.$"):
        ids.number_of("Supplier", ids.encode("Partner", "cmar"))


@pytest.mark.parametrize("key", ["", "-1", "01", "1.0", "x", "²", "٣", "9" * 19, "9" * 5000])
def test_a_numeric_key_has_one_spelling(key: str) -> None:
    with pytest.raises(BadInput) as refused:
        ids.as_number(key)
    assert str(refused.value) == NOT_OURS


def test_partners_and_labels_go_by_id_or_short_code() -> None:
    assert ids.code_of("Partner", ids.encode("Partner", "cmar")) == "cmar"
    assert ids.code_of("Partner", "cmar") == "cmar"
    assert ids.code_of("Partner", ids.encode("Label", "rge")) == ids.encode("Label", "rge")
