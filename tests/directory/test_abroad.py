"""An address that is not French keeps what it says, and is compared by it."""

from typing import Any

import pytest

from directory import abroad, towns
from directory.intake import keys_of, prepare
from directory.records import Activity, Address, Contact, Flag, Listing, Location, Nomenclature

BAD_PHONE = (Flag("contact", "RANGE", "212-484-5110"),)
NEW_HAVEN = {"commune": "New Haven", "postcode": "06510"}  # Carros's postcode as well


def listing(address: dict[str, Any] | None = None, **fields: Any) -> Listing:
    """A listing at this address."""
    usual = {"partner": "zagat", "external_id": "1", "name": "Le Cirque", "raw": "{}"}
    return Listing(**usual | {"address": Address(**(address or {}))} | fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"flags": BAD_PHONE},
        {"flags": (Flag("contact", "RANGE", "310/246-1501"),)},
        {"contact": Contact(phone="+12124845110")},
        {"contact": Contact(phone="+442079460958")},
        {"website": "https://www.yale.edu/arts"},
        {"website": "http://trust.nhs.uk"},
        {"address": {"lines": ("12224 Ventura Blvd.",)}},
        {"address": {"lines": ("455 N. Park Street, Suite 210",)}},
        {"address": {"lines": ("21 W. 52nd St",)}},
        {"location": Location(40.76, -73.97)},
        {"location": Location(51.51, -0.13)},
    ],
)
def test_a_sign_of_another_country_is_seen(fields: dict[str, Any]) -> None:
    assert abroad.signs_of(listing(**fields))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"flags": (Flag("contact", "RANGE", "04 91 00 00"), Flag("siret", "RANGE", "2124845110"))},
        {"flags": (Flag("contact", "FORMAT", "durand chez lui"),)},
        {"contact": Contact(phone="+33491000000")},
        {"contact": Contact(phone="+37797000000")},
        {"website": "https://www.education.fr"},
        {"address": {"lines": ("12 rue du Docteur Ave", "Bât. 3 bd St Jean", "1 place Drive-in du Roy")}},
        {"location": Location(43.3, 5.4)},
        {"location": Location(5.4, 43.3)},  # exchanged
        {"location": Location(0, 0)},
        {"location": Location(430, 5)},
        {"location": Location(-21.1, 55.5), "address": {"postcode": "97400"}},
    ],
)
def test_what_is_french_shows_no_sign(fields: dict[str, Any]) -> None:
    assert not abroad.signs_of(listing(**fields))


@pytest.mark.parametrize(
    "address",
    [
        NEW_HAVEN,
        {"postcode": "13400"},
        {"commune": "New York", "postcode": "10021"},
        {"commune": "Orange"},
        {"commune": "Nice", "postcode": "95464"},
    ],
)
def test_a_foreign_town_becomes_no_commune_and_no_department(address: dict[str, Any]) -> None:
    prepared = prepare(listing(address, flags=BAD_PHONE))
    assert prepared.listing.address == Address(**address)
    assert prepared.listing.location is None
    assert prepared.keys.commune_code is None
    town = address.get("commune")
    assert (prepared.keys.town, prepared.keys.postcode) == (town and town.lower(), address.get("postcode"))


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ({"commune": "Carros", "postcode": "06510"}, "06033"),
        ({"commune": "MARSEILLE", "postcode": "13006"}, "13206"),
        ({"commune": "Aubagne Cedex", "postcode": "13785"}, "13005"),
        ({"commune": "Aubagne", "commune_code": "13005"}, "13005"),
    ],
)
def test_a_commune_that_is_confirmed_stays_one_whatever_the_phone(address: dict[str, str], code: str) -> None:
    assert prepare(listing(address, flags=BAD_PHONE)).listing.address.commune_code == code


def test_a_namesake_with_a_postcode_that_nobody_here_has_is_no_commune() -> None:
    assert towns.find("Orange", "06477") is None  # Connecticut
    assert prepare(listing({"commune": "Orange", "postcode": "06477"})).keys.town == "orange"


def test_a_town_that_its_postcode_contradicts_is_no_commune_whatever_the_signs() -> None:
    """Without any sign of another country it is said to the steward instead."""
    prepared = prepare(listing(NEW_HAVEN))
    assert prepared.listing.address == Address(commune="New Haven", postcode="06510")
    assert prepared.listing.location is None
    assert (prepared.keys.commune_code, prepared.keys.town, prepared.keys.postcode) == (None, "new haven", "06510")
    assert prepared.listing.flags == (Flag("address", "CONFLICT", "06510 New Haven"),)
    assert prepare(listing(NEW_HAVEN, flags=BAD_PHONE)).listing.flags == BAD_PHONE


def test_a_place_of_la_poste_is_its_commune_even_with_a_foreign_phone() -> None:
    known = prepare(listing({"commune": "Juan-les-Pins", "postcode": "06160"}, flags=BAD_PHONE))
    assert known.keys.commune_code == "06004"


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("310/246-1501", "3102461501"),
        ("(310) 246 1501", "3102461501"),
        ("1-310-246-1501", "3102461501"),
        ("310/246-1501 or 310/246-1502", "3102461501"),
        ("310/246-1501 / 310/246-1502", "3102461501"),
        ("020 7946 0958", "2079460958"),
        ("04 91 00 00", "4910000"),
        ("246-15", None),
        ("00 00 00 00 00", None),
        ("9999999", None),
    ],
)
def test_a_phone_that_no_plan_has_is_compared_by_its_digits(written: str, key: str | None) -> None:
    said = listing(flags=(Flag("contact", "RANGE", written),))
    prepared = prepare(said)
    assert prepared.keys.phone == key
    assert prepared.listing.contact.phone is None
    assert prepared.listing.flags == said.flags


def test_a_number_with_its_country_is_the_one_without() -> None:
    assert keys_of(listing(contact=Contact(phone="+13102461501"))).phone == "3102461501"
    assert keys_of(listing(contact=Contact(phone="+442079460958"))).phone == "2079460958"
    assert keys_of(listing(contact=Contact(phone="+33491000000"))).phone == "+33491000000"


@pytest.mark.parametrize(
    ("written", "key"),
    [("sw1a 1aa", "SW1A1AA"), ("K1A 0B1", "K1A0B1"), ("10021-1234", "10021"), ("100211234", "10021"), ("BP 12", None)],
)
def test_another_country_s_postcode_is_compared(written: str, key: str | None) -> None:
    prepared = prepare(listing(flags=(Flag("address", "FORMAT", written),)))
    assert (prepared.keys.postcode, prepared.listing.address.postcode) == (key, None)


def test_the_further_keys() -> None:
    said = listing(
        {"commune": "Saint-Étienne", "postcode": "42000"},
        contact=Contact(email="Le.Cirque@Example.com"),
        activities=(Activity("traiteur", Nomenclature.PARTNER), Activity("56"), Activity("56.10A"), Activity("56.10C")),
        location=Location(45.44, 4.39),
    )
    keys = prepare(said).keys
    assert (keys.town, keys.postcode, keys.email) == ("saint etienne", "42000", "le.cirque@example.com")
    assert (keys.naf, keys.latitude, keys.longitude) == ("56.10A", 45.44, 4.39)


def test_the_middle_of_a_commune_is_nobody_s_point_and_its_name_no_town() -> None:
    keys = prepare(listing({"commune": "Aubagne"})).keys
    assert (keys.commune_code, keys.town, keys.latitude, keys.longitude) == ("13005", None, None, None)


@pytest.mark.parametrize(
    ("one", "other"),
    [("10 Main St.", "10 Main Street"), ("701 Stone Canyon Rd", "701 Stone Canyon Road"), ("1 Bd St", "1 Bd Street")],
)
def test_english_streets_are_compared_in_full(one: str, other: str) -> None:
    keys = [keys_of(listing({"lines": (line,)})).street_key for line in (one, other)]
    assert keys[0] == keys[1]


def test_a_saint_within_the_line_stays_one() -> None:
    assert keys_of(listing({"lines": ("10 rue St Jean",)})).street_key == "10 rue saint jean"
