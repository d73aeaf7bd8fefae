"""One value among several, and the rule that settled it."""

from datetime import UTC, datetime, timedelta

from directory.choice import MOST_ALTERNATIVES, Candidate, Observation, Policy, choose_value
from directory.intake import keys_of
from directory.records import ChoiceRule, FieldValue, Listing, PartnerInfo, SupplierField

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
PHONE = SupplierField.PHONE


def said(partner: str, value: str, *, days_ago: int = 0, grade: int = 0, listing: int = 1) -> Candidate:
    named = Listing(partner=partner, external_id=str(listing), name="Dupont", raw="{}")
    return Candidate(
        Observation(listing, named, keys_of(named), NOON - timedelta(days=days_ago)), value, value.lower(), grade
    )


def rule_and_value(*candidates: Candidate, policy: Policy | None = None) -> tuple[ChoiceRule, str]:
    choice = choose_value(PHONE, candidates, policy or Policy())
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


def test_an_official_register_is_believed_before_all() -> None:
    policy = Policy({"cmar": 1}, registers=frozenset({"sirene"}))
    candidates = said("cmar", "a"), said("sirene", "b", days_ago=99, grade=2)
    assert rule_and_value(*candidates, policy=policy) == (ChoiceRule.OFFICIAL_REGISTER, "b")


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
