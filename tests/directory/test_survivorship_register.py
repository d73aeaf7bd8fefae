"""What an official register settles in the golden record, and what it leaves to partners."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.intake import prepare
from directory.records import (
    Activity,
    Address,
    ChoiceRule,
    CompanySize,
    Contact,
    Disclosure,
    FieldProvenance,
    Listing,
    Location,
    Nomenclature,
    Supplier,
    SupplierField,
    SupplierStatus,
)
from directory.survivorship import Observation, Policy, choose

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
SIREN = "732829320"
HEAD, BRANCH = SIREN + "00074", SIREN + "00082"
POLICY = Policy({"chambre": 10, "sirene": 100}, registers=frozenset({"sirene"}))
HAUTE = Address(lines=("12 rue Haute",), postcode="13400", commune="Aubagne")
PORT = Address(lines=("3 quai du Port",), postcode="13002", commune="Marseille")


def seen(number: int, partner: str, name: str = "Dupont", *, days_ago: int = 0, **values: object) -> Observation:
    listing = Listing(partner=partner, external_id=str(number), name=name, raw="{}", **values)  # type: ignore[arg-type]
    prepared = prepare(listing)
    return Observation(number, prepared.listing, prepared.keys, NOON - timedelta(days=days_ago))


def official(name: str = "DUPONT FRERES", **values: object) -> Observation:
    usual: dict[str, object] = {"siren": SIREN, "status": SupplierStatus.ACTIVE, "disclosure": Disclosure.FULL}
    return seen(99, "sirene", name, **usual | values)  # type: ignore[arg-type]


def made(*observations: Observation, policy: Policy = POLICY) -> Supplier:
    return choose(1, observations, policy, now=NOON)[0]


def why(field: SupplierField, *observations: Observation) -> FieldProvenance:
    return next(each for each in choose(1, observations, POLICY, now=NOON)[1] if each.field is field)


LISTED = seen(
    1,
    "chambre",
    "Allô Fuite",
    siren=SIREN,
    siret=HEAD,
    activities=(Activity("43.21A"), Activity("batiment", Nomenclature.PARTNER, "Bâtiment")),
    address=HAUTE,
    location=Location(43.30, 5.57),
    headcount="3",
    legal_form="SARL",
    website="https://dupont.fr",
)
SPOKEN = official(
    siret=HEAD,
    trade_names=("Allô Fuite",),
    activities=(Activity("43.22A"),),
    address=Address(lines=("12 B rue Haute",), postcode="13400", commune="Aubagne"),
    location=Location(43.2951, 5.5702),
    headcount="12",
    legal_form="5710",
    website="https://registre.example",
)


@pytest.mark.parametrize(
    ("field", "value", "lost"),
    [
        (SupplierField.NAME, "DUPONT FRERES", ["Allô Fuite"]),
        (SupplierField.SIREN, SIREN, []),
        (SupplierField.ACTIVITIES, "43.22A", ["43.21A, batiment"]),
        (SupplierField.ADDRESS, "12 B rue Haute, 13400 Aubagne", ["12 rue Haute, 13400 Aubagne"]),
        (SupplierField.LOCATION, "43.295100, 5.570200", ["43.300000, 5.570000"]),
        (SupplierField.HEADCOUNT, "12", ["3"]),
        (SupplierField.LEGAL_FORM, "5710", ["5499"]),
    ],
)
def test_a_register_s_word_comes_first_and_what_lost_stays_visible(
    field: SupplierField, value: str, lost: list[str]
) -> None:
    found = why(field, LISTED, SPOKEN)
    assert (found.chosen.value, found.chosen.partner, found.rule) == (value, "sirene", ChoiceRule.OFFICIAL_REGISTER)
    assert [each.value for each in found.alternatives] == lost


def test_its_naf_stands_alone_and_partners_sectors_remain() -> None:
    supplier = made(LISTED, SPOKEN)
    assert [each.code for each in supplier.activities] == ["43.22A", "batiment"]
    silent = made(LISTED, official())
    assert [each.code for each in silent.activities] == ["43.21A", "batiment"]


def test_its_naf_leaves_partners_codes_of_the_other_nomenclature() -> None:
    newer = Activity("43.22Y", Nomenclature.NAF_2025, "Plomberie")
    listed = seen(1, "chambre", activities=(Activity("batiment", Nomenclature.PARTNER), newer, Activity("43.21A")))
    supplier = made(listed, SPOKEN)
    assert [each.code for each in supplier.activities] == ["43.22A", "43.22Y", "batiment"]
    changed_over = official(activities=(Activity("43.21Y", Nomenclature.NAF_2025),))
    assert [each.code for each in made(listed, changed_over).activities] == ["43.21A", "43.21Y", "batiment"]


def test_the_rest_is_for_partners_priorities() -> None:
    assert made(LISTED, SPOKEN).website == "https://dupont.fr"
    assert why(SupplierField.WEBSITE, LISTED, SPOKEN).rule is ChoiceRule.PARTNER_PRIORITY


def test_a_register_is_no_partner_that_lists_the_company() -> None:
    supplier = made(seen(1, "chambre", days_ago=400), official())
    assert (supplier.partners, supplier.listings) == (("chambre",), (1, 99))
    assert {each.name: each.score for each in supplier.quality.criteria}["corroboration"] == 0.0
    assert supplier.quality.freshest_at == NOON - timedelta(days=400)


def test_what_it_withholds_or_does_not_know_partners_say() -> None:
    masked = official("[ND]", siret=HEAD, trade_names=("[ND]",), address=Address(lines=("[ND]",), commune="[ND]"))
    supplier = made(LISTED, masked)
    assert (supplier.name, supplier.trade_names, supplier.size) == ("Allô Fuite", (), CompanySize.MICRO)
    assert supplier.head_office is not None
    assert (supplier.head_office.siret, supplier.head_office.address.lines) == (HEAD, ("12 rue Haute",))
    assert why(SupplierField.NAME, LISTED, masked).alternatives == ()
    assert why(SupplierField.LOCATION, LISTED, masked).chosen.value == "43.300000, 5.570000"


def test_the_middle_of_its_commune_is_no_place_that_a_register_says() -> None:
    town = official(siret=HEAD, address=Address(postcode="13400", commune="Aubagne"))
    office = made(LISTED, town).head_office
    assert office is not None
    assert (office.address.lines, office.location) == (("12 rue Haute",), Location(43.30, 5.57))


def test_a_name_withheld_by_everyone_is_the_mark() -> None:
    assert made(seen(1, "cmar", "[ND]"), official("[ND]")).name == "[ND]"


def test_the_head_office_is_the_register_s_and_is_added_where_no_listing_has_it() -> None:
    known = made(seen(1, "chambre", address=PORT, siren=SIREN, siret=BRANCH), official(siret=HEAD, address=HAUTE))
    assert [(site.siret, site.is_head_office) for site in known.establishments] == [(HEAD, True), (BRANCH, False)]
    assert known.head_office is not None
    assert known.head_office.address.lines == ("12 rue Haute",)


def test_the_head_office_is_the_register_s_although_more_partners_name_another() -> None:
    supplier = made(
        seen(1, "chambre", address=PORT, siren=SIREN, siret=BRANCH),
        seen(2, "cmar", address=PORT, siren=SIREN, siret=BRANCH),
        seen(3, "cmar", address=HAUTE),
        official(siret=HEAD, address=HAUTE),
    )
    assert [(site.siret, site.listings) for site in supplier.establishments] == [(HEAD, (3, 99)), (BRANCH, (1, 2))]


def test_a_head_office_without_address_is_at_the_site_that_has_no_siret() -> None:
    silent = official(siret=HEAD)
    (only,) = made(seen(1, "chambre", address=HAUTE), silent).establishments
    assert (only.siret, only.address.lines, only.listings) == (HEAD, ("12 rue Haute",), (1, 99))
    head, branch = made(seen(1, "chambre", address=PORT, siren=SIREN, siret=BRANCH), silent).establishments
    assert (head.siret, head.address, branch.siret) == (HEAD, Address(), BRANCH)


def test_a_closed_company_is_marked_with_the_day_and_its_sites_are_closed() -> None:
    closed = official(siret=HEAD, status=SupplierStatus.CLOSED, closed_on=date(2025, 3, 1))
    supplier = made(LISTED, closed)
    assert (supplier.status, supplier.closed_on) == (SupplierStatus.CLOSED, date(2025, 3, 1))
    assert [site.is_open for site in supplier.establishments] == [False]
    open_again = made(LISTED, official(closed_on=date(2025, 3, 1)))
    assert (open_again.status, open_again.closed_on) == (SupplierStatus.ACTIVE, None)


def test_a_directory_closes_nobody() -> None:
    told = seen(1, "chambre", status=SupplierStatus.CLOSED, closed_on=date(2025, 3, 1))
    assert made(told).status is SupplierStatus.ACTIVE


def test_the_strictest_word_on_disclosure_is_obeyed() -> None:
    partial = official(disclosure=Disclosure.PARTIAL)
    assert made(LISTED, partial).disclosure is Disclosure.PARTIAL
    out = seen(2, "cmar", disclosure=Disclosure.OPTED_OUT)
    assert made(LISTED, SPOKEN, out).disclosure is Disclosure.OPTED_OUT
    assert made(LISTED, SPOKEN).disclosure is Disclosure.FULL


TRADER = seen(1, "cmar", "Zoé Blanc", siren=SIREN, legal_form="Entrepreneur individuel")


def test_a_sole_trader_is_under_partial_diffusion_until_a_register_has_spoken() -> None:
    assert made(TRADER).disclosure is Disclosure.PARTIAL
    assert made(TRADER, seen(2, "chambre", "Zoé", legal_form="SARL")).disclosure is Disclosure.PARTIAL
    assert made(TRADER, official(disclosure=None)).disclosure is Disclosure.PARTIAL
    assert made(TRADER, official()).disclosure is Disclosure.FULL


def test_nobody_is_hidden_where_no_register_would_ever_speak_or_the_form_is_not_a_person_s() -> None:
    assert made(TRADER, policy=Policy()).disclosure is Disclosure.FULL
    assert made(LISTED).disclosure is Disclosure.FULL
    assert made(seen(1, "cmar")).disclosure is Disclosure.FULL


SITES = st.sampled_from([None, HEAD, BRANCH])
PLACES = st.sampled_from([Address(), HAUTE, PORT, Address(commune="Aubagne")])
OBSERVATIONS = st.builds(
    lambda number, partner, name, days, siret, address, form, status, disclosure: seen(
        number,
        partner,
        name,
        days_ago=days,
        siren=SIREN,
        siret=siret,
        address=address,
        legal_form=form,
        contact=Contact(),
        status=status,
        disclosure=disclosure,
    ),
    number=st.integers(1, 99),
    partner=st.sampled_from(["chambre", "cmar", "sirene"]),
    name=st.sampled_from(["Dupont", "DUPONT SARL", "Allo Fuite", "[ND]"]),
    days=st.integers(0, 2),
    siret=SITES,
    address=PLACES,
    form=st.sampled_from([None, "1000", "5710"]),
    status=st.sampled_from([None, *SupplierStatus]),
    disclosure=st.sampled_from([None, *Disclosure]),
)


@given(
    st.lists(OBSERVATIONS, min_size=1, max_size=6, unique_by=lambda each: each.id), st.randoms(use_true_random=False)
)
def test_the_record_does_not_depend_on_the_order_of_its_listings(
    observations: list[Observation], chance: random.Random
) -> None:
    expected = choose(1, observations, POLICY, now=NOON)
    chance.shuffle(observations)
    assert choose(1, observations, POLICY, now=NOON) == expected
