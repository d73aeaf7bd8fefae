"""What was understood of a text ranks and finds suppliers, and every score is the sum of its reasons."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from directory.disclosure import Role
from directory.records import (
    ChoiceRule,
    Contact,
    Disclosure,
    FieldProvenance,
    FieldValue,
    Location,
    Quality,
    Supplier,
    SupplierField,
)
from directory.search.engine import TantivyEngine
from directory.search.query import Criterion, Near, SearchQuery, Where, Window
from directory.search.reasons import Reason, partner_of, reasons
from directory.search.understood import understood
from directory.understanding.contract import Activity, Interpretation, PartKind, Place, Preference, Word
from tests.directory.search.search_kit import ids, indexed, site, supplier

SIREN = "732829320"
AT = datetime(2026, 11, 1, tzinfo=UTC)
SUPPLIERS = {
    each.id: each
    for each in (
        supplier(1, "Solidages", naf=["65.12Z"], establishments=(site("13201", (43.30, 5.37)),)),
        supplier(2, "Mutuelle du Port", naf=["65.12Z"], establishments=(site("13005", (43.29, 5.57)),)),
        supplier(3, "Courtage Azur", naf=["66.22Z"], labels=["rge"], establishments=(site("83137", (43.12, 5.93)),)),
        supplier(4, "Santé du Pied", naf=["86.90E"], description="La santé complémentaire de vos pieds"),
        supplier(5, "Zinc et Toits", siren=SIREN, naf=["43.91B"], partners=("cmar", "cpme13")),
        supplier(6, "Bar du Zinc", naf=["56.30Z"], quality=Quality(score=0.9, completeness=0.9)),
    )
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> TantivyEngine:
    return indexed(tmp_path_factory.mktemp("understood"), SUPPLIERS.values())


def meant(text: str, *activities: tuple[str, float], **parts: object) -> SearchQuery:
    """A question whose text was understood so; its words are those typed unless others are given."""
    parts.setdefault("words", tuple(map(Word, text.split())))
    found = tuple(Activity(code, f"libellé {code}", weight, "") for code, weight in activities)
    return understood(SearchQuery(text=text), Interpretation(text=text, activities=found, **parts))  # type: ignore[arg-type]


def test_an_activity_finds_whoever_has_it_without_a_word_of_the_text(engine: TantivyEngine) -> None:
    question = meant("complémentaire santé", ("65.12Z", 1.0), ("66.22Z", 0.8))
    assert ids(engine, question) == [1, 2, 3, 4]


def test_an_activity_is_no_wall(engine: TantivyEngine) -> None:
    assert ids(engine, meant("zinc", ("43.91B", 0.02))) == [5, 6]
    assert ids(engine, meant("bar", ("43.91B", 0.02))) == [6, 5]


def test_activities_much_less_likely_than_the_best_find_nobody(engine: TantivyEngine) -> None:
    assert ids(engine, meant("xyz", ("65.12Z", 0.8), ("66.22Z", 0.3))) == [1, 2]


def test_words_of_official_labels_do_not_count_twice_between_activities_understood(engine: TantivyEngine) -> None:
    question = meant("courtiers assurances", ("65.12Z", 1.0), ("66.22Z", 0.95))
    hits = engine.search(question).hits
    assert [hit.id for hit in hits] == [1, 2, 3]
    assert len({hit.score for hit in hits}) == 1


def test_words_that_a_supplier_says_itself_count_beside_its_activity(engine: TantivyEngine) -> None:
    assert ids(engine, meant("courtiers du port", ("65.12Z", 1.0), ("66.22Z", 0.95))) == [2, 1, 3]


def test_a_place_is_a_filter_unless_the_caller_has_said_where(engine: TantivyEngine) -> None:
    activity = (Activity("65.12Z", "", 1.0, ""), Activity("66.22Z", "", 1.0, ""))
    there = Interpretation(text="", activities=activity, place=Place("à Aubagne", "Aubagne", ("13005",)))
    assert ids(engine, understood(SearchQuery(text="mutuelle"), there)) == [2]
    asked = SearchQuery(text="mutuelle", where=Where(located_in=("83",)))
    assert ids(engine, understood(asked, there)) == [3]
    assert ids(engine, understood(SearchQuery(text="mutuelle", near=Near(43.30, 5.37, 5)), there)) == [1]


def test_a_disc_around_a_place_is_near_and_the_nearer_come_first(engine: TantivyEngine) -> None:
    around = Place("autour d'Aubagne", "Aubagne", centre=Location(43.29, 5.57), radius_km=25)
    question = meant("mutuelle", ("65.12Z", 1.0), words=(), place=around)
    assert question.near == Near(43.29, 5.57, 25)
    assert ids(engine, question) == [2, 1]


def test_a_preference_only_ranks(engine: TantivyEngine) -> None:
    label = Preference(PartKind.LABEL, "rge", "RGE", "rge")
    question = meant("assurance rge", ("65.12Z", 0.7), ("66.22Z", 0.7), words=(), preferences=(label,))
    assert ids(engine, question) == [3, 1, 2]


def test_a_phone_finds_its_company_for_those_who_may_see_it(tmp_path: Path) -> None:
    reachable = supplier(1, "Solidages", contact=Contact(phone="+33491000001"))
    withheld = supplier(2, "Zinc", contact=Contact(phone="+33491000002"), disclosure=Disclosure.PARTIAL)
    engine = indexed(tmp_path, [reachable, withheld])
    for text in ("04 91 00 00 01", "+33 4 91 00 00 01", "0491000001", "appeler le 04.91.00.00.01"):
        found = engine.search(SearchQuery(text=text, role=Role.PARTNER))
        assert [hit.id for hit in found.hits] == [1], text
        assert reasons(reachable, found.clues, None, None)[0].criterion is Criterion.IDENTIFIER
        assert engine.search(SearchQuery(text=text)).total == 0
    assert engine.search(SearchQuery(text="04 91 00 00 02", role=Role.STEWARD)).total == 0


def test_words_of_a_purpose_weigh_less_and_find_nobody_alone(engine: TantivyEngine) -> None:
    lowered = meant("toits pour zinc", words=(Word("toits"), Word("zinc", 0.4)))
    assert ids(engine, lowered) == [5]


def test_the_name_that_is_left_without_its_place_is_a_whole_name(engine: TantivyEngine) -> None:
    question = meant("Solidages à Marseille", words=(Word("Solidages"),), place=Place("à Marseille", "", ("13055",)))
    hit = engine.search(question).hits[0]
    assert hit.id == 1
    assert (hit.score or 0) > 50_000


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    words=st.lists(st.sampled_from(["mutuelle", "port", "zinc", "santé", "aubagne", "toits", SIREN, "le"]), max_size=4),
    codes=st.lists(st.sampled_from(["65.12Z", "43.91B", "56.30Z"]), unique=True, max_size=3),
    radius=st.sampled_from([None, 5.0, 30.0, 80.0]),
)
def test_points_add_up_to_the_score(
    engine: TantivyEngine, words: list[str], codes: list[str], radius: float | None
) -> None:
    preferred = (Preference(PartKind.PARTNER, "cpme13", "CPME 13", ""), Preference(PartKind.LABEL, "rge", "RGE", ""))
    around = Place("", "", centre=Location(43.30, 5.40), radius_km=radius) if radius else None
    text = " ".join(words) or "rien"
    question = meant(text, *((code, 0.9) for code in codes), preferences=preferred, place=around)
    found = engine.search(question, Window(first=20))
    for hit in found.hits:
        told = reasons(SUPPLIERS[hit.id], found.clues, radius, hit.distance_km)
        assert sum(reason.points for reason in told) == hit.score
        assert {reason.criterion for reason in told if not reason.points} <= {Criterion.PARTNER, Criterion.LABEL}


def test_a_reason_is_told_by_the_partner_who_says_it() -> None:
    provenance = [
        _said(SupplierField.NAME, "cmar", "Zinc et Toits"),
        FieldProvenance(
            field=SupplierField.ACTIVITIES,
            chosen=_value("cmar", "43.91B"),
            rule=ChoiceRule.PARTNER_PRIORITY,
            alternatives=(_value("cpme13", "Couverture en zinc"),),
        ),
    ]
    assert partner_of(Reason(Criterion.NAME, "toits", "toit", 10), provenance) == "cmar"
    assert partner_of(Reason(Criterion.ACTIVITY, "couvertures", "couvertur", 10), provenance) == "cpme13"
    assert partner_of(Reason(Criterion.UNDERSTOOD_ACTIVITY, "Couvreur", "43.91B", 10), provenance) == "cmar"
    assert partner_of(Reason(Criterion.PARTNER, "CPME 13", "cpme13", 10), provenance) == "cpme13"
    assert partner_of(Reason(Criterion.PLACE, "Aubagne", "aubagn", 10), provenance) is None


def test_who_may_not_be_known_has_no_reasons() -> None:
    hidden = Supplier(id=9, name="Zinc", quality=Quality(score=0, completeness=0), disclosure="OPTED_OUT")  # type: ignore[arg-type]
    assert reasons(hidden, (), None, None) == ()


def _said(field: SupplierField, partner: str, value: str) -> FieldProvenance:
    return FieldProvenance(field=field, chosen=_value(partner, value), rule=ChoiceRule.ONLY_VALUE)


def _value(partner: str, value: str) -> FieldValue:
    return FieldValue(value=value, listing=1, partner=partner, observed_at=AT)
