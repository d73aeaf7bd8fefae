"""What a steward pinned comes first, from the named listing, whatever has priority; and unmasks nobody."""

from msgspec.structs import replace

from directory.disclosure import Role, visible
from directory.records import (
    Activity,
    Address,
    ChoiceRule,
    Contact,
    Disclosure,
    LabelGrant,
    Location,
    Supplier,
    SupplierField,
)
from directory.survivorship import Observation, Policy, choose
from tests.directory.test_survivorship import NOON, PRIORITIES, SIREN, seen

REGISTER = replace(PRIORITIES, registers=frozenset({"sirene"}))


def pinned(*observations: Observation, policy: Policy = PRIORITIES, **pins: int) -> tuple[Supplier, dict[str, str]]:
    """The supplier with these pins, and the rule that chose each field."""
    wanted = {SupplierField(field): listing for field, listing in pins.items()}
    supplier, provenance = choose(1, observations, replace(policy, pins=wanted), now=NOON)
    return supplier, {each.field.value: each.rule.value for each in provenance}


def test_a_pin_comes_before_every_priority() -> None:
    supplier, rules = pinned(
        seen(1, "chambre", "Dupont", description="Court.", siren=SIREN),
        seen(2, "cpme13", "Les fils Dupont", description="Long.", days_ago=900),
        NAME=2,
        DESCRIPTION=2,
    )
    assert (supplier.name, supplier.description, supplier.trade_names) == ("Les fils Dupont", "Long.", ("Dupont",))
    assert (rules["NAME"], rules["DESCRIPTION"], rules["SIREN"]) == (
        ChoiceRule.PINNED_BY_STEWARD,
        ChoiceRule.PINNED_BY_STEWARD,
        ChoiceRule.ONLY_VALUE,
    )


def test_what_lost_stays_visible() -> None:
    wanted = replace(PRIORITIES, pins={SupplierField.NAME: 2})
    _, provenance = choose(1, [seen(1, "chambre", "Un"), seen(2, "cmar", "Deux")], wanted, now=NOON)
    assert [each.value for each in provenance[0].alternatives] == ["Un"]


def test_a_pin_comes_before_a_register() -> None:
    register = seen(1, "sirene", "DUPONT SAS", siren=SIREN, activities=(Activity("43.22A"),))
    partner = seen(2, "cmar", "Dupont", siren=SIREN, activities=(Activity("43.32A"), Activity("43.39Z")))
    supplier, rules = pinned(register, partner, policy=REGISTER, NAME=2, ACTIVITIES=2)
    assert supplier.name == "Dupont"
    assert [each.code for each in supplier.activities] == ["43.32A", "43.39Z"]
    assert rules["ACTIVITIES"] == "PINNED_BY_STEWARD"


def test_of_several_values_those_of_the_listing_alone_remain() -> None:
    mine, other = seen(1, "cmar", labels=("RGE",)), seen(2, "chambre", labels=("Qualibat",))
    supplier, _ = pinned(mine, other, LABELS=1)
    assert supplier.labels == tuple(LabelGrant(label, "cmar") for label in mine.listing.label_ids)


def test_a_pin_on_a_listing_that_is_gone_or_says_nothing_changes_nothing() -> None:
    observations = seen(1, "chambre", "Un", description="Dit."), seen(2, "cmar", "Deux")
    assert pinned(*observations, DESCRIPTION=2, NAME=99) == pinned(*observations)


def test_the_seat_keeps_its_siret_and_takes_the_address_that_was_pinned() -> None:
    seat = seen(
        1,
        "chambre",
        siren=SIREN,
        siret=SIREN + "00074",
        address=Address(lines=("1 rue A",), postcode="13400", commune="Aubagne"),
    )
    branch = seen(
        2,
        "cmar",
        siren=SIREN,
        siret=SIREN + "00108",
        address=Address(lines=("2 rue B",), postcode="13006", commune="Marseille"),
        location=Location(43.28, 5.38),
    )
    supplier, rules = pinned(seat, branch, ADDRESS=2, LOCATION=2)
    office = supplier.head_office
    assert office is not None
    assert (office.siret, office.address.lines, office.location) == (
        SIREN + "00074",
        ("2 rue B",),
        branch.listing.location,
    )
    assert (rules["ADDRESS"], rules["LOCATION"]) == ("PINNED_BY_STEWARD", "PINNED_BY_STEWARD")
    assert [site.siret for site in supplier.establishments] == [SIREN + "00074", SIREN + "00108"]


def test_the_contact_goes_with_its_mailbox() -> None:
    supplier, _ = pinned(
        seen(1, "chambre", contact=Contact(name="Anne", email="anne@a.example", phone="+33442000001")),
        seen(2, "cmar", contact=Contact(name="Bruno", email="bruno@b.example", phone="+33442000002")),
        EMAIL=2,
    )
    assert supplier.contact == Contact(name="Bruno", email="bruno@b.example", phone="+33442000001")


def test_no_pin_makes_a_sole_trader_under_partial_diffusion_a_legal_person() -> None:
    register = seen(1, "sirene", "[ND]", siren=SIREN, legal_form="1000", disclosure=Disclosure.PARTIAL)
    partner = seen(2, "cmar", "Martine Petit", siren=SIREN, legal_form="SARL")
    supplier, rules = pinned(register, partner, policy=REGISTER, LEGAL_FORM=2, NAME=2)
    assert (supplier.legal_form, rules["LEGAL_FORM"]) == ("1000", "OFFICIAL_REGISTER")
    shown = visible(supplier, Role.BUYER)
    assert shown is not None
    assert (shown.name, shown.trade_names) == ("[ND]", ())


def test_nor_before_the_register_has_spoken() -> None:
    mine, other = (
        seen(1, "cmar", siren=SIREN, legal_form="Entrepreneur individuel"),
        seen(2, "chambre", legal_form="SARL"),
    )
    supplier, _ = pinned(mine, other, policy=REGISTER, LEGAL_FORM=2)
    assert (supplier.legal_form, supplier.disclosure) == ("1000", Disclosure.PARTIAL)


def test_where_nothing_is_hidden_the_legal_form_is_pinned_like_the_rest() -> None:
    mine, other = seen(1, "cmar", legal_form="Entrepreneur individuel"), seen(2, "cpme13", legal_form="SARL")
    supplier, rules = pinned(mine, other, LEGAL_FORM=2)
    assert (supplier.legal_form, rules["LEGAL_FORM"]) == (other.listing.legal_form_code, "PINNED_BY_STEWARD")
