"""What the hub adds to a listing, and how it compares one."""

from datetime import date
from typing import Any

import pytest

from directory.geography import commune
from directory.intake import ListingKeys, keys_of, prepare
from directory.records import Activity, Address, CompanySize, Contact, Flag, Listing, Location, Nomenclature


def listing(**fields: Any) -> Listing:
    """A listing that says nothing but its name."""
    return Listing(**{"partner": "cmar", "external_id": "1", "name": "Durand", "raw": "{}"} | fields)


def at(**address: Any) -> Address:
    """The address after intake."""
    return prepare(listing(address=Address(**address))).listing.address


def flags(**fields: Any) -> tuple[Flag, ...]:
    """The flags after intake."""
    return prepare(listing(**fields)).listing.flags


AUBAGNE = commune("13005")
assert AUBAGNE is not None
HERE = AUBAGNE.location


def test_a_listing_that_says_nothing_stays_as_it_is() -> None:
    assert prepare(listing()).listing == listing()


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ({"commune": "AUBAGNE", "postcode": "13400"}, "13005"),
        ({"commune": "Aubagne Cedex"}, "13005"),
        ({"commune": "Marseille", "postcode": "13006"}, "13206"),
        ({"commune": "Marseille", "postcode": "13006", "commune_code": "13055"}, "13206"),
        ({"commune": "Marseille", "commune_code": "13055"}, "13055"),
        ({"commune": "Aubagne", "postcode": "13400", "commune_code": "13001"}, "13001"),
        ({"commune": "Toulon", "postcode": "13400"}, None),
        ({"commune": "Toulon", "postcode": "13400", "commune_code": "13005"}, "13005"),
        ({"commune": "Paris", "postcode": "75001"}, None),
        ({"commune": "Paris", "postcode": "75001", "commune_code": "75101"}, "75101"),
        ({}, None),
    ],
)
def test_an_address_has_its_commune_code_and_official_name(address: dict[str, Any], code: str | None) -> None:
    known = commune(code) if code else None
    assert at(**address).commune_code == code
    assert at(**address).commune == (known.name if known else address.get("commune"))


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ({"commune": "Aubagne", "department": "Var"}, "13"),
        ({"department": "Bouches-du-Rhône"}, "13"),
        ({"commune": "Nulle Part", "postcode": "13858"}, "13"),
        ({"commune": "Paris", "commune_code": "75101"}, "75"),
        ({"postcode": "20000"}, None),
        ({"commune": "Toulon", "postcode": "83500"}, "83"),
        ({"commune": "Toulon", "postcode": "13400"}, None),
        ({"commune": "Toulon", "postcode": "13400", "department": "Var"}, "83"),
        ({}, None),
    ],
)
def test_an_address_has_its_department_by_whatever_tells_it(address: dict[str, Any], code: str | None) -> None:
    assert at(**address).department == code


def test_a_department_that_does_not_exist_is_flagged() -> None:
    prepared = prepare(listing(address=Address(department="Provence")))
    assert prepared.listing.address.department is None
    assert prepared.listing.flags == (Flag("address", "UNKNOWN", "Provence"),)


def test_a_town_and_a_postcode_that_contradict_each_other_are_kept_and_flagged() -> None:
    said = Address(lines=("1 quai Rouge",), commune="Toulon", postcode="13400")
    prepared = prepare(listing(address=said))
    assert prepared.listing.address == said
    assert prepared.listing.location is None
    assert prepared.listing.flags == (Flag("address", "CONFLICT", "13400 Toulon"),)
    assert (prepared.keys.town, prepared.keys.postcode) == ("toulon", "13400")
    settled = Address(commune="Toulon", postcode="13400", commune_code="83137")
    assert prepare(listing(address=settled)).listing.flags == ()


def test_a_commune_code_that_the_region_does_not_have_is_flagged_and_found_by_name() -> None:
    prepared = prepare(listing(address=Address(commune="Aubagne", postcode="13400", commune_code="13999")))
    assert prepared.listing.address.commune_code == "13005"
    assert prepared.listing.flags == (Flag("address", "UNKNOWN", "13999"),)


def test_a_listing_without_a_point_is_at_its_commune() -> None:
    located = prepare(listing(address=Address(commune="Aubagne"))).listing.location
    assert located == Location(HERE.latitude, HERE.longitude, approximate=True)


def test_the_partners_own_point_is_kept() -> None:
    point = Location(43.30, 5.58)
    assert prepare(listing(address=Address(commune="Aubagne"), location=point)).listing.location == point
    elsewhere = Location(48.86, 2.34)
    assert prepare(listing(address=Address(commune="Paris"), location=elsewhere)).listing.location == elsewhere


@pytest.mark.parametrize(
    ("point", "value"),
    [
        (Location(0, 0), "0, 0"),
        (Location(5.57, 43.29), "5.57, 43.29"),
        (Location(48.86, 2.34), "48.86, 2.34"),
        (Location(430.0, 5.0), "430.0, 5.0"),
        (Location(float("nan"), 5.0), "nan, 5.0"),
    ],
)
def test_an_absurd_point_is_flagged_and_replaced_by_the_communes(point: Location, value: str) -> None:
    prepared = prepare(listing(address=Address(commune="Aubagne"), location=point)).listing
    assert prepared.location == HERE
    assert prepared.flags == (Flag("location", "RANGE", value),)


@pytest.mark.parametrize("point", [Location(0, 0), Location(float("inf"), 5.0)])
def test_an_absurd_point_without_a_commune_is_dropped(point: Location) -> None:
    assert prepare(listing(location=point)).listing.location is None


def test_codes_come_from_the_nomenclatures() -> None:
    prepared = prepare(
        listing(
            headcount="12 salariés",
            legal_form="S.A.R.L.",
            labels=("Artisan d'art", "RGE", "artisan d’art"),
            activities=(Activity("43.22A"), Activity("plombier", Nomenclature.PARTNER)),
        )
    ).listing
    assert prepared.size is CompanySize.PME
    assert prepared.legal_form_code == "5499"
    assert prepared.label_ids == ("artisan-d-art", "rge")
    assert prepared.activities == (Activity("43.22A"), Activity("plombier", Nomenclature.PARTNER))
    assert prepared.labels == ("Artisan d'art", "RGE", "artisan d’art")
    assert prepared.flags == ()


def test_what_a_nomenclature_does_not_know_is_flagged_after_the_connectors_flags() -> None:
    given = Flag("siren", "CHECKSUM", "123456789")
    activities = (Activity("99.99Z"), Activity("43.22A"))
    prepared = prepare(listing(flags=(given,), activities=activities, headcount="beaucoup")).listing
    assert prepared.activities == (Activity("43.22A"),)
    assert prepared.size is CompanySize.UNKNOWN
    assert prepared.headcount == "beaucoup"
    assert prepared.flags == (given, Flag("activities", "UNKNOWN", "99.99Z"), Flag("headcount", "UNKNOWN", "beaucoup"))


def test_the_later_of_two_last_days_of_a_label_counts() -> None:
    names = ("RGE jusqu'au 31/12/2027", "RGE jusqu'au 31/12/2026", "Qualibat")
    found = prepare(listing(labels=names)).listing
    assert (found.label_ids, found.label_ends) == (("rge", "qualibat"), (("rge", date(2027, 12, 31)),))


def test_where_a_company_works_is_read_and_what_cannot_be_is_flagged() -> None:
    found = prepare(listing(service_areas=("Aubagne; Var", "PACA", "var", "nous consulter"))).listing
    assert found.service_area_keys == ("COMMUNE:13005", "DEPARTMENT:83", "REGION:93")
    assert found.service_areas == ("Aubagne; Var", "PACA", "var", "nous consulter")
    assert found.flags == (Flag("service_areas", "UNKNOWN", "nous consulter"),)


def test_every_key_is_a_comparable_form() -> None:
    said = listing(
        name="S.A.R.L. L'Œuvre & Fils",
        trade_names=("L’Atelier d'Azur", "Œuvre et Fils", "", "ATELIER D'AZUR"),
        siret="73282932000074",
        address=Address(lines=("Bât. B", "12 bis, Av. de la République"), commune="Aubagne"),
        contact=Contact(phone="+33442000001"),
        website="https://www.oeuvre-fils.fr/contact",
    )
    assert prepare(said).keys == ListingKeys(
        name_key="oeuvre fils",
        trade_keys=("atelier azur",),
        siren="732829320",
        siret="73282932000074",
        commune_code="13005",
        street_key="12b avenue republique",
        phone="+33442000001",
        site="oeuvre-fils.fr",
    )


def test_what_identifies_nobody_is_no_key() -> None:
    said = listing(contact=Contact(phone="+33800000000"), website="https://www.facebook.com/durand")
    assert keys_of(said) == ListingKeys(name_key="durand")


def test_a_siret_of_another_company_is_no_key() -> None:
    keys = keys_of(listing(siren="552100554", siret="73282932000074"))
    assert (keys.siren, keys.siret) == ("552100554", None)


def test_names_beyond_the_eighth_are_no_keys() -> None:
    assert len(keys_of(listing(trade_names=tuple(f"Enseigne {number}" for number in range(1000)))).trade_keys) == 8


def test_intake_is_stable() -> None:
    said = listing(address=Address(commune="Aubagne", postcode="13400"), headcount="12", labels=("RGE",))
    once = prepare(said)
    assert prepare(once.listing) == once


def test_what_insee_withholds_is_no_value_and_nobody_s_name() -> None:
    masked = Address(lines=("[ND]",), postcode="[ND]", commune="[ND]", commune_code="[ND]")
    listing = Listing(
        partner="sirene", external_id="1", name="[ND]", raw="{}", trade_names=("[ND]", "Zoé"), address=masked
    )
    prepared = prepare(listing)
    assert (prepared.listing.name, prepared.listing.trade_names) == ("[ND]", ("Zoé",))
    assert (prepared.listing.address, prepared.listing.location, prepared.listing.flags) == (Address(), None, ())
    assert (prepared.keys.name_key, prepared.keys.trade_keys) == ("", ("zoe",))


def test_an_address_withheld_in_part_keeps_its_town() -> None:
    listing = Listing(
        partner="cress_paca",
        external_id="1",
        name="Zoé",
        raw="{}",
        address=Address(lines=("[ND]",), postcode="13400", commune="Aubagne"),
    )
    known = prepare(listing).listing
    assert (known.address.lines, known.address.commune_code) == ((), "13005")
    assert known.location is not None
    assert known.location.approximate


@pytest.mark.parametrize(
    ("line", "lines", "postcode", "code", "street"),
    [
        ("12 rue Haute, 13400 Aubagne", ("12 rue Haute",), "13400", "13005", "12 rue haute"),
        ("28 avenue Foch - 06400 CANNES", ("28 avenue Foch",), "06400", "06029", "28 avenue foch"),
        ("B.P. 80011\n13551 SAINT-MARTIN-DE-CRAU CEDEX", ("B.P. 80011",), "13551", "13097", None),
        ("13400 Aubagne", (), "13400", "13005", None),
        # Not of this region: nothing is taken for granted, but no street is called so either.
        ("12 rue Haute 69003 Lyon", ("12 rue Haute 69003 Lyon",), None, None, "12 rue haute"),
        ("ZI les Paluds BP 12345 AUBAGNE", ("ZI les Paluds BP 12345 AUBAGNE",), None, None, "zi paluds aubagne"),
        ("10001 Woodlawn", ("10001 Woodlawn",), None, None, "10001 woodlawn"),
    ],
)
def test_an_address_on_one_line_is_taken_apart(
    line: str, lines: tuple[str, ...], postcode: str | None, code: str | None, street: str | None
) -> None:
    prepared = prepare(
        Listing(partner="a", external_id="1", name="A", raw="{}", address=Address(lines=tuple(line.split("\n"))))
    )
    address = prepared.listing.address
    assert (address.lines, address.postcode, address.commune_code) == (lines, postcode, code)
    assert prepared.keys.street_key == street


def test_a_town_that_is_given_is_not_looked_for_in_the_street() -> None:
    address = Address(lines=("12 rue Haute, 13400 Aubagne",), commune="Cassis")
    prepared = prepare(Listing(partner="a", external_id="1", name="A", raw="{}", address=address))
    assert (prepared.listing.address.lines, prepared.listing.address.commune) == (address.lines, "Cassis")
