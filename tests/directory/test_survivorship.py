"""The golden record: each field's rule, provenance, and independence of order."""

import random
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from directory.intake import prepare
from directory.records import (
    Activity,
    Address,
    ChoiceRule,
    CompanySize,
    Contact,
    FieldProvenance,
    LabelGrant,
    Listing,
    Location,
    Nomenclature,
    Supplier,
    SupplierField,
)
from directory.survivorship import Observation, Policy, choose

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
SIREN = "732829320"
PRIORITIES = Policy({"chambre": 10, "cmar": 20, "cpme13": 30})


def seen(number: int, partner: str, name: str = "Dupont", *, days_ago: int = 0, **values: object) -> Observation:
    listing = Listing(partner=partner, external_id=str(number), name=name, raw="{}", **values)  # type: ignore[arg-type]
    prepared = prepare(listing)
    return Observation(number, prepared.listing, prepared.keys, NOON - timedelta(days=days_ago))


def made(*observations: Observation, policy: Policy = PRIORITIES) -> Supplier:
    return choose(1, observations, policy, now=NOON)[0]


def why(field: SupplierField, *observations: Observation) -> FieldProvenance:
    return next(each for each in choose(1, observations, PRIORITIES, now=NOON)[1] if each.field is field)


def test_one_listing_is_the_whole_record() -> None:
    supplier, provenance = choose(
        7, [seen(3, "cmar", "SARL Dupont", siren=SIREN, headcount="3", website="https://dupont.fr")], Policy(), now=NOON
    )
    assert (supplier.id, supplier.name, supplier.siren) == (7, "SARL Dupont", SIREN)
    assert (supplier.partners, supplier.listings) == (("cmar",), (3,))
    assert supplier.size is CompanySize.MICRO
    assert [each.field for each in provenance] == [
        SupplierField.NAME,
        SupplierField.SIREN,
        SupplierField.WEBSITE,
        SupplierField.HEADCOUNT,
    ]
    assert {each.rule for each in provenance} == {ChoiceRule.ONLY_VALUE}


def test_a_name_known_elsewhere_as_a_sign_loses_to_the_legal_name_and_becomes_a_trade_name() -> None:
    sign = seen(1, "chambre", "Allô Fuite", siren=SIREN)
    legal = seen(2, "cpme13", "DUPONT PLOMBERIE SARL", trade_names=("ALLO FUITE",))
    supplier = made(sign, legal)
    assert supplier.name == "DUPONT PLOMBERIE SARL"
    assert supplier.trade_names == ("Allô Fuite",)
    assert why(SupplierField.NAME, sign, legal).rule is ChoiceRule.OFFICIAL_REGISTER
    assert [each.value for each in why(SupplierField.NAME, sign, legal).alternatives] == ["Allô Fuite"]


def test_among_legal_names_that_with_a_siren_wins_whatever_the_priority() -> None:
    named, numbered = seen(1, "chambre", "Dupont"), seen(2, "cpme13", "Dupont Frères", siren=SIREN)
    assert made(named, numbered).name == "Dupont Frères"


def test_spellings_of_one_name_are_no_trade_names() -> None:
    supplier = made(seen(1, "chambre", "SARL Dupont"), seen(2, "cmar", "DUPONT"), seen(3, "cpme13", "Dupont S.A.R.L."))
    assert supplier.name == "SARL Dupont"
    assert supplier.trade_names == ()


def test_priority_then_recency_for_plain_fields() -> None:
    old = seen(1, "chambre", description="Ancienne.", contact=Contact(email="a@dupont.fr"), days_ago=90)
    new = seen(2, "cmar", description="Nouvelle.", contact=Contact(email="b@dupont.fr", phone="+33491000000"))
    supplier = made(old, new)
    assert supplier.description == "Ancienne."
    assert supplier.contact == Contact(email="a@dupont.fr", phone="+33491000000")
    assert why(SupplierField.DESCRIPTION, old, new).rule is ChoiceRule.PARTNER_PRIORITY
    equal = made(old, new, policy=Policy())
    assert (equal.description, equal.contact.email) == ("Nouvelle.", "b@dupont.fr")


def test_the_contact_s_name_follows_the_e_mail_s_rule() -> None:
    one, other = Contact(name="Zoé Blanc", phone="+33491000000"), Contact(name="Ali Roux", email="ali@dupont.fr")
    assert made(seen(1, "cmar", contact=one), seen(2, "chambre", contact=other)).contact.name == "Ali Roux"


def test_activities_are_all_kept_official_ones_first_the_preferred_partner_s_before() -> None:
    sector = Activity("batiment", Nomenclature.PARTNER, "Bâtiment")
    preferred = seen(1, "chambre", activities=(sector, Activity("43.22A")))
    other = seen(2, "cmar", activities=(Activity("43.21A"), Activity("43.22A")))
    supplier = made(other, preferred)
    assert [each.code for each in supplier.activities] == ["43.22A", "43.21A", "batiment"]
    assert why(SupplierField.ACTIVITIES, other, preferred).chosen.value == "batiment, 43.22A"


def test_labels_are_all_kept_with_the_partner_who_says_so() -> None:
    supplier = made(seen(1, "cmar", labels=("RGE",)), seen(2, "chambre", labels=("RGE", "ESUS")))
    assert supplier.labels == (
        LabelGrant("esus", "chambre"),
        LabelGrant("rge", "chambre"),
        LabelGrant("rge", "cmar"),
    )


def test_a_label_ends_on_the_last_day_that_its_partner_says() -> None:
    first = seen(1, "cmar", labels=("RGE jusqu'au 2026-01-31", "Qualibat"))
    second = seen(2, "cmar", labels=("RGE jusqu'au 2027-01-31",))
    supplier = made(second, first, seen(3, "chambre", labels=("RGE",)))
    assert supplier.labels == (
        LabelGrant("qualibat", "cmar"),
        LabelGrant("rge", "chambre"),
        LabelGrant("rge", "cmar", date(2027, 1, 31)),
    )


def test_service_areas_are_all_kept_the_preferred_partner_s_first() -> None:
    one = seen(1, "cmar", service_areas=("13", "Var", "nous consulter"))
    other = seen(2, "chambre", service_areas=("PACA; Var",))
    silent = seen(3, "cpme13")
    supplier = made(one, other, silent)
    assert supplier.service_areas == ("REGION:93", "DEPARTMENT:83", "DEPARTMENT:13")
    found = why(SupplierField.SERVICE_AREA, one, other, silent)
    assert found.chosen.value == "Provence-Alpes-Côte d'Azur, Var"
    assert [each.value for each in found.alternatives] == ["Bouches-du-Rhône, Var"]
    assert made(silent).service_areas == ()


def test_the_legal_form_is_its_official_code() -> None:
    assert made(seen(1, "cmar", legal_form="SARL")).legal_form == "5499"


def test_address_and_location_are_those_of_the_head_office() -> None:
    haute = Address(lines=("12 rue Haute",), postcode="13400", commune="Aubagne")
    port = Address(lines=("3 quai du Port",), postcode="13002", commune="Marseille")
    observations = (
        seen(1, "chambre", address=port),
        seen(2, "cmar", address=haute, location=Location(43.2951, 5.5702)),
        seen(3, "cpme13", address=haute),
    )
    supplier = made(*observations)
    assert supplier.head_office is not None
    assert supplier.head_office.address.lines == ("12 rue Haute",)
    assert supplier.head_office.location == Location(43.2951, 5.5702)
    assert len(supplier.establishments) == 2
    provenance = why(SupplierField.ADDRESS, *observations)
    assert (provenance.chosen.value, provenance.alternatives) == ("12 rue Haute, 13400 Aubagne", ())


def test_two_addresses_of_one_site_s_host_are_one_website() -> None:
    one, other = (
        seen(1, "chambre", website="https://www.dupont.fr/"),
        seen(2, "cmar", website="http://dupont.fr/contact"),
    )
    assert why(SupplierField.WEBSITE, one, other).rule is ChoiceRule.ONLY_VALUE
    shared = seen(3, "cmar", website="https://facebook.com/a"), seen(4, "cpme13", website="https://facebook.com/b")
    assert len(why(SupplierField.WEBSITE, *shared).alternatives) == 1


def test_quality_is_assessed_with_the_newest_confirmation() -> None:
    quality = made(seen(1, "cmar", days_ago=400), seen(2, "chambre", days_ago=5)).quality
    assert quality.freshest_at == NOON - timedelta(days=5)
    assert quality.criteria[-1].score == 1.0


OBSERVATIONS = st.builds(
    lambda number, partner, name, days, siren, phone, address, trade: seen(
        number,
        partner,
        name,
        days_ago=days,
        siren=siren,
        contact=Contact(phone=phone),
        address=address,
        trade_names=trade,
    ),
    number=st.integers(1, 99),
    partner=st.sampled_from(["chambre", "cmar", "other"]),
    name=st.sampled_from(["Dupont", "DUPONT SARL", "Allo Fuite"]),
    days=st.integers(0, 2),
    siren=st.sampled_from([None, SIREN]),
    phone=st.sampled_from([None, "+33491000000", "+33491000001"]),
    address=st.sampled_from([Address(), Address(commune="Aubagne"), Address(lines=("1 rue",), commune="Aubagne")]),
    trade=st.sampled_from([(), ("Allo Fuite",), ("Chez Paul", "ALLO FUITE")]),
)


@given(
    st.lists(OBSERVATIONS, min_size=1, max_size=6, unique_by=lambda each: each.id), st.randoms(use_true_random=False)
)
def test_the_record_does_not_depend_on_the_order_of_its_listings(
    observations: list[Observation], chance: random.Random
) -> None:
    expected = choose(1, observations, PRIORITIES, now=NOON)
    chance.shuffle(observations)
    assert choose(1, observations, PRIORITIES, now=NOON) == expected
