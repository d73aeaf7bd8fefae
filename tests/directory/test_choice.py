"""One value among several, and the rule that settled it."""

from datetime import UTC, datetime, timedelta

import pytest

from directory.choice import MOST_ALTERNATIVES, OFFICIAL, VAGUE, Candidate, Observation, Policy, choose_value
from directory.intake import keys_of
from directory.records import ChoiceRule, FieldValue, Listing, PartnerInfo, PartnerKind, SupplierField

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
PHONE = SupplierField.PHONE


def said(partner: str, value: str, *, days_ago: int = 0, grade: int = 0, listing: int = 1) -> Candidate:
    named = Listing(partner=partner, external_id=str(listing), name="Dupont", raw="{}")
    return Candidate(
        Observation(listing, named, keys_of(named), NOON - timedelta(days=days_ago)), value, value.lower(), grade
    )


def rule_and_value(
    *candidates: Candidate, policy: Policy | None = None, field: SupplierField = PHONE
) -> tuple[ChoiceRule, str]:
    choice = choose_value(field, candidates, policy or Policy())
    assert choice is not None
    return choice.provenance.rule, choice.provenance.chosen.value


def test_nothing_said_is_nothing_chosen() -> None:
    assert choose_value(PHONE, [], Policy()) is None


def test_a_value_that_all_agree_on_is_the_only_one_and_its_best_witness_is_named() -> None:
    policy = Policy({"cmar": 10})
    choice = choose_value(PHONE, [said("chambre", "UN"), said("cmar", "un", days_ago=9, listing=2)], policy)
    assert choice is not None
    assert choice.provenance.rule is ChoiceRule.ONLY_VALUE
    assert choice.provenance.chosen == FieldValue(
        value="un", listing=2, partner="cmar", observed_at=NOON - timedelta(days=9)
    )
    assert choice.provenance.alternatives == ()


def test_grade_comes_before_priority_and_priority_before_recency() -> None:
    policy = Policy({"cmar": 10})
    vouched = said("chambre", "a", days_ago=9)
    assert rule_and_value(vouched, said("cmar", "b", grade=1), policy=policy) == (ChoiceRule.OFFICIAL_REGISTER, "a")
    assert rule_and_value(vouched, said("cmar", "b", days_ago=99), policy=policy) == (ChoiceRule.PARTNER_PRIORITY, "b")
    assert rule_and_value(vouched, said("cpme13", "b")) == (ChoiceRule.MOST_RECENT, "b")


REGISTERED = Policy({"cmar": 1}, registers=frozenset({"sirene"}))


@pytest.mark.parametrize("field", sorted(OFFICIAL))
def test_an_official_register_is_believed_before_all_on_what_it_keeps(field: SupplierField) -> None:
    candidates = said("cmar", "a"), said("sirene", "b", days_ago=99, grade=1)
    assert rule_and_value(*candidates, policy=REGISTERED, field=field) == (ChoiceRule.OFFICIAL_REGISTER, "b")
    alone = said("sirene", "b")
    assert rule_and_value(alone, policy=REGISTERED, field=field) == (ChoiceRule.OFFICIAL_REGISTER, "b")
    agreeing = said("cmar", "B"), alone
    assert rule_and_value(*agreeing, policy=REGISTERED, field=field) == (ChoiceRule.OFFICIAL_REGISTER, "b")


def test_a_register_is_one_partner_among_others_on_the_rest_and_where_it_hardly_says_anything() -> None:
    candidates = said("cmar", "a"), said("sirene", "b")
    assert rule_and_value(*candidates, policy=REGISTERED) == (ChoiceRule.PARTNER_PRIORITY, "a")
    vague = said("cmar", "a", grade=1), said("sirene", "b", grade=VAGUE)
    assert rule_and_value(*vague, policy=REGISTERED, field=SupplierField.ADDRESS)[1] == "a"


def test_registers_are_known_by_their_kind() -> None:
    kinds = {"cmar": PartnerKind.DIRECTORY, "sirene": PartnerKind.REGISTER}
    policy = Policy.of([PartnerInfo(id=name, name=name, organisation=name, kind=kind) for name, kind in kinds.items()])
    assert policy.registers == {"sirene"}


def test_a_priority_for_the_field_overrides_the_partner_s() -> None:
    partners = [
        PartnerInfo(id="cmar", name="CMAR", organisation="CMAR", priority=10),
        PartnerInfo(id="french_tech", name="French Tech", organisation="French Tech", priority=50),
    ]
    policy = Policy.of(partners, {PHONE: {"french_tech": 1}})
    assert rule_and_value(said("cmar", "a"), said("french_tech", "b"), policy=policy)[1] == "b"
    assert policy.rank(SupplierField.NAME, "french_tech") == 50
    assert policy.rank(SupplierField.NAME, "unknown") == 100


def test_complete_ties_go_by_the_listing_s_key_whatever_the_order() -> None:
    one, other = said("chambre", "a", listing=9), said("cmar", "b", listing=1)
    assert rule_and_value(one, other) == rule_and_value(other, one) == (ChoiceRule.MOST_RECENT, "a")


def test_losing_values_are_listed_once_each_best_first_and_bounded() -> None:
    candidates = [said("p", f"v{n}", days_ago=n, listing=n) for n in range(MOST_ALTERNATIVES + 5)]
    choice = choose_value(PHONE, [*candidates, said("q", "V1", days_ago=50)], Policy())
    assert choice is not None
    lost = [value.value for value in choice.provenance.alternatives]
    assert lost == [f"v{n}" for n in range(1, MOST_ALTERNATIVES + 1)]
