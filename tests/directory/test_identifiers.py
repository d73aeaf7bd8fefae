"""Canonical forms of official values, and what is refused with which code."""

from collections.abc import Callable

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.fr import siren as stdnum_siren
from stdnum.fr import siret as stdnum_siret

from directory import identifiers
from directory.identifiers import InvalidValue


def refused(function: Callable[[str], str], text: str) -> str:
    with pytest.raises(InvalidValue) as caught:
        function(text)
    assert caught.value.text == text
    return caught.value.code


@pytest.mark.parametrize(
    "text",
    [
        "732829320",
        "732 829 320",
        "732.829.320",
        "732\u00a0829\u202f320",
        " 732-829-320 ",
        "732829320.0",
        "732829320,00",
        "７３２８２９３２０",  # full-width digits
    ],
)
def test_siren_is_read_however_it_is_spaced(text: str) -> None:
    assert identifiers.siren(text) == "732829320"


@pytest.mark.parametrize(
    ("text", "siren"), [("5480223.0", "005480223"), ("5480223", "005480223"), ("325175", "000325175")]
)
def test_siren_gets_back_the_zeros_that_a_spreadsheet_dropped(text: str, siren: str) -> None:
    assert identifiers.siren(text) == siren


@pytest.mark.parametrize("text", ["732829321", "5480224", "123456789"])
def test_siren_under_a_wrong_check_digit(text: str) -> None:
    assert refused(identifiers.siren, text) == "CHECKSUM"


@pytest.mark.parametrize(
    "text", ["", "néant", "18", "000000000", "73282932000074", "7.3E+08", "FR40303265045", "٧٣٢٨٢٩٣٢٠x"]
)
def test_siren_that_is_none(text: str) -> None:
    assert refused(identifiers.siren, text) == "FORMAT"


@pytest.mark.parametrize(
    ("text", "siret"),
    [
        ("73282932000074", "73282932000074"),
        ("732 829 320 00074", "73282932000074"),
        ("548022300014.0", "00548022300014"),
        ("35600000000048", "35600000000048"),  # La Poste, head office: Luhn
        ("35600000049837", "35600000049837"),  # La Poste, a post office: sum of the digits
    ],
)
def test_siret(text: str, siret: str) -> None:
    assert identifiers.siret(text) == siret


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("73282932000075", "CHECKSUM"),
        ("35600000049838", "CHECKSUM"),  # breaks La Poste's own rule too
        ("732829320", "FORMAT"),
        ("7,32829E+13", "FORMAT"),
        ("00000000000000", "FORMAT"),
    ],
)
def test_siret_refused(text: str, code: str) -> None:
    assert refused(identifiers.siret, text) == code


@pytest.mark.parametrize("text", ["43.22A", "4322A", "43.22a", " 4322a ", "43 22 A", "43.22\u00a0A"])
def test_naf(text: str) -> None:
    assert identifiers.naf(text) == identifiers.naf_2025(text) == "43.22A"


def test_of_the_naf_2025_the_form_alone_is_checked() -> None:
    assert identifiers.naf_2025("4322y") == "43.22Y"
    assert refused(identifiers.naf, "43.22Y") == "UNKNOWN"
    assert refused(identifiers.naf_2025, "43.2") == "FORMAT"


@pytest.mark.parametrize(
    ("text", "code"), [("43.22Y", "UNKNOWN"), ("43.22", "FORMAT"), ("F", "FORMAT"), ("721Z", "FORMAT"), ("", "FORMAT")]
)
def test_naf_refused(text: str, code: str) -> None:
    assert refused(identifiers.naf, text) == code


@pytest.mark.parametrize(
    ("text", "commune"),
    [
        ("13055", "13055"),
        ("4019", "04019"),
        ("13055.0", "13055"),
        ("2a004", "2A004"),
        ("97411", "97411"),
        ("75056", "75056"),
    ],
)
def test_commune_code(text: str, commune: str) -> None:
    assert identifiers.commune_code(text) == commune


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("99123", "RANGE"),
        ("00123", "RANGE"),
        ("20004", "RANGE"),
        ("96001", "RANGE"),
        ("123", "FORMAT"),
        ("2C004", "FORMAT"),
    ],
)
def test_commune_code_refused(text: str, code: str) -> None:
    assert refused(identifiers.commune_code, text) == code


@pytest.mark.parametrize(
    ("text", "e164"),
    [
        ("04 91 54 33 33", "+33491543333"),
        ("04.91.54.33.33", "+33491543333"),
        ("04/91/54/33/33", "+33491543333"),
        ("+33 (0)4 91 54 33 33", "+33491543333"),
        ("0033491543333", "+33491543333"),
        ("33491543333", "+33491543333"),
        ("491543333", "+33491543333"),  # a number that lost its zero in a spreadsheet
        ("Tél : 04 91 54 33 33", "+33491543333"),
        ("04 - 91 - 54 - 33 - 33", "+33491543333"),
        ("04 91 54 33 33 / 06 12 34 56 78", "+33491543333"),
        ("0491543333/0612345678", "+33491543333"),
        ("04 91 54 33 33 ou 06 12 34 56 78", "+33491543333"),
        ("04 91 54 33 33 poste 12", "+33491543333"),
        ("0800 123 456", "+33800123456"),
        ("0262 20 12 34", "+262262201234"),  # Réunion
        ("0590 20 12 34", "+590590201234"),  # Guadeloupe
        ("+377 98 98 98 98", "+37798989898"),  # Monaco
    ],
)
def test_phone(text: str, e164: str) -> None:
    assert identifiers.phone(text) == e164


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "FORMAT"),
        ("néant", "FORMAT"),
        ("3915", "RANGE"),
        ("00 00 00 00 00", "RANGE"),
        ("04 91 54", "RANGE"),
        ("9" * 300, "FORMAT"),
    ],
)
def test_phone_refused(text: str, code: str) -> None:
    assert refused(identifiers.phone, text) == code


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("contact@example.fr", "contact@example.fr"),
        (" Jean.Dupont@Example.FR ", "Jean.Dupont@example.fr"),
        ("mailto:a+b@example.fr", "a+b@example.fr"),
        ("info@câlin.fr", "info@xn--clin-boa.fr"),
    ],
)
def test_email(text: str, address: str) -> None:
    assert identifiers.email(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "contact",
        "@example.fr",
        "contact@",
        "contact@localhost",
        "a b@example.fr",
        "a@b@example.fr",
        ".a@example.fr",
        "a..b@example.fr",
        "é@example.fr",
        "a@-x.fr",
        "a@127.0.0.1",
        "a@example.fr\nBcc: x@example.com",
        "a" * 65 + "@example.fr",
        "a@" + "b" * 64 + ".fr",
        "a@" + ".".join(["b" * 60] * 5) + ".fr",
        "a@\udc80.fr",
    ],
)
def test_email_refused(text: str) -> None:
    assert refused(identifiers.email, text) == "FORMAT"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("www.example.fr", "https://www.example.fr"),
        ("//example.fr/a", "https://example.fr/a"),
        ("HTTP://Www.Example.FR/", "http://www.example.fr"),
        ("http://example.fr:80/a/", "http://example.fr/a/"),
        ("example.fr:8080/a", "https://example.fr:8080/a"),
        ("https://example.fr./?utm_source=x#", "https://example.fr?utm_source=x"),
        ('https://câlin.fr/é"<x>', "https://xn--clin-boa.fr/%C3%A9%22%3Cx%3E"),
        ("https://example.fr/@maison?a=%20b#bas", "https://example.fr/@maison?a=%20b#bas"),
    ],
)
def test_website(text: str, url: str) -> None:
    assert identifiers.website(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "néant",
        "contact@example.fr",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://example.fr",
        "mailto:a@example.fr",
        "https://user:secret@example.fr",
        "https://example.fr\\@evil.com",
        "https://example.fr\\.evil.com",
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://[example.fr",
        "http://localhost/",
        "http:/example.fr",
        "http://http://example.fr",
        "http://example.fr:99999",
        "www.example.fr / www.example.com",
        "https://example.fr/a\tb",
        "https://example..fr",
        "https://example.fr/\ud800",
        "https://example.fr/" + "é" * 400,
        "https://example.fr/" + "a" * 2048,
    ],
)
def test_website_refused(text: str) -> None:
    assert refused(identifiers.website, text) == "FORMAT"


def test_the_refusal_says_what_is_wrong_without_the_value() -> None:
    with pytest.raises(InvalidValue) as caught:
        identifiers.siren("732829321")
    assert str(caught.value) == "The number's check digit does not hold: ask the partner to correct it."


FUNCTIONS = [
    identifiers.siren,
    identifiers.siret,
    identifiers.naf,
    identifiers.naf_2025,
    identifiers.commune_code,
    identifiers.phone,
    identifiers.email,
    identifiers.website,
]
# Text that looks enough like a value to go far into the functions, and text that does not.
TEXTS = st.one_of(
    st.text(),
    st.text(alphabet="0123456789 .+-/()eE,"),
    st.text(alphabet="abz.@:/?#%[]\\-_é 019"),
    st.from_regex(r"\A[a-z]{1,5}@[a-zé]{1,5}\.[a-z]{2}\Z"),
    st.from_regex(r"\Ahttps?://[a-zA-Z]{1,5}\.[a-z]{2}(:[0-9]{2})?(/.*)?\Z"),
    st.integers(0, 10**15).map(str),
)


@pytest.mark.parametrize("function", FUNCTIONS)
@settings(deadline=None)
@given(text=TEXTS)
def test_a_canonical_form_is_its_own_canonical_form_and_nothing_else_is_raised(
    function: Callable[[str], str], text: str
) -> None:
    try:
        canonical = function(text)
    except InvalidValue:
        return
    assert function(canonical) == canonical
    assert canonical.isascii()


@given(st.integers(0, 10**9 - 1), st.integers(0, 10**5 - 1))
def test_the_short_way_of_company_numbers_agrees_with_the_library(company: int, site: int) -> None:
    for text, function, library in (
        (f"{company:09}", identifiers.siren, stdnum_siren),
        (f"{company:09}{site:05}", identifiers.siret, stdnum_siret),
    ):
        if text.strip("0"):
            assert _accepted(function, text) == library.is_valid(text)


@given(
    st.from_regex(r"(0|\+33 ?|0033 ?)[1-9]([ .-]?[0-9]{2}){4}", fullmatch=True).filter(str.isascii),
)
def test_the_short_way_of_french_phones_agrees_with_the_library(text: str) -> None:
    number = phonenumbers.parse(text, "FR")
    if phonenumbers.is_valid_number(number):
        assert identifiers.phone(text) == phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _accepted(function: Callable[[str], str], text: str) -> bool:
    try:
        return function(text) == text
    except InvalidValue:
        return False
