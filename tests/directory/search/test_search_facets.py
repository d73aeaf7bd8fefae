"""Counts by value, against counting by hand."""

from collections import Counter
from collections.abc import Iterable
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from directory import disclosure, geography
from directory.disclosure import Role
from directory.nomenclature import naf
from directory.records import CompanySize, Contact, Quality, Supplier, SupplierField, SupplierStatus
from directory.search.engine import TantivyEngine
from directory.search.errors import InvalidQuery
from directory.search.query import FacetBucket, FacetField, SearchQuery, Where
from tests.directory.search.search_kit import indexed, site, supplier


def _suppliers() -> list[Supplier]:
    random = Random(7)
    codes = naf.codes()[:40]
    places = ["13201", "13202", "13005", "84007", "83137"]
    return [
        supplier(
            number,
            random.choice(("Atelier", "Bureau")),
            naf=random.sample(codes, random.randrange(5)),
            labels=random.sample(["rge", "esus", "label-du-coin"], random.randrange(3)),
            partners=tuple(random.sample(["cmar", "chambre", "cpme13"], random.randrange(1, 4))),
            size=random.choice(list(CompanySize)),
            legal_form=random.choice([None, "5499", "5710", "9220"]),
            status=random.choice(list(SupplierStatus)),
            quality=Quality(score=random.choice((0.0, 0.1, 0.299, 0.3, 0.55, 0.7, 0.8999, 0.9, 1.0)), completeness=0.5),
            website=random.choice([None, "https://exemple.fr"]),
            contact=Contact(email=random.choice([None, "a@b.fr"]), phone=random.choice([None, "+33491000000"])),
            establishments=tuple(site(code) for code in random.sample(places, random.randrange(4))),
        )
        for number in range(1, 301)
    ]


SUPPLIERS = _suppliers()
EVERYONE = SearchQuery(where=Where(status=()))
SETTINGS = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> TantivyEngine:
    return indexed(tmp_path_factory.mktemp("facets"), SUPPLIERS)


def _areas(one: Supplier) -> set[str]:
    return {code for place in one.establishments for code in geography.areas_of(place.address.commune_code or "")}


def _levels(one: Supplier) -> set[str]:
    return {level for activity in one.activities for level in naf.levels(activity.code)}


def _known(one: Supplier, role: Role) -> set[str]:
    contact = one.contact if role is not Role.PUBLIC else Contact()
    values = {
        "NAME": one.name,
        "ACTIVITIES": one.activities,
        "ADDRESS": one.establishments,
        "WEBSITE": one.website,
        "EMAIL": contact.email,
        "PHONE": contact.phone,
        "HEADCOUNT": one.size is not CompanySize.UNKNOWN,
        "LEGAL_FORM": one.legal_form,
        "LABELS": one.labels,
    }
    return {name for name, value in values.items() if value}


def _values(one: Supplier, field: FacetField, role: Role = Role.PUBLIC) -> Iterable[str | None]:
    match field:
        case FacetField.NAF:
            return {activity.code for activity in one.activities}
        case FacetField.NAF_DIVISION:
            return {level for level in _levels(one) if len(level) == 2}
        case FacetField.NAF_SECTION:
            return {level for level in _levels(one) if len(level) == 1}
        case FacetField.SIZE:
            return {one.size}
        case FacetField.LABEL:
            return {grant.label for grant in one.labels}
        case FacetField.RESPONSIBLE_PURCHASING:
            return {"true" if {grant.label for grant in one.labels} & {"rge", "esus"} else "false"}
        case FacetField.PARTNER:
            return set(one.partners)
        case FacetField.PARTNER_COUNT:
            return {str(number) for number in (1, 2, 3) if len(one.partners) >= number}
        case FacetField.DEPARTMENT:
            return {area for area in _areas(one) if area in geography.DEPARTMENTS}
        case FacetField.EPCI:
            return {area for area in _areas(one) if len(area) == 9}
        case FacetField.COMMUNE:
            return {area for area in _areas(one) if len(area) == 5 and not area.startswith("132")}
        case FacetField.LEGAL_FORM:
            return {one.legal_form} - {None}
        case FacetField.STATUS:
            return {one.status}
        case FacetField.HAS:
            return _known(one, role)
        case FacetField.QUALITY:
            return {f"0.{tenth}" for tenth in range(1, 10) if one.quality.score >= tenth / 10}


def _passes(one: Supplier, where: Where, role: Role) -> bool:
    """Whether the filters hold: the slow way, of those that the strategy below gives."""
    held = {grant.label for grant in one.labels}
    status = (SupplierStatus.ACTIVE,) if where.status is None else where.status
    return all(
        (
            not where.naf or _levels(one) & set(where.naf),
            not where.size or one.size in where.size,
            not where.labels or held & set(where.labels),
            held >= set(where.all_labels),
            where.responsible_purchasing in {None, bool(held & {"rge", "esus"})},
            not where.label_issuers or "esus" in held,
            not where.legal_form or (one.legal_form or "").startswith(where.legal_form),
            not where.partners or set(one.partners) & set(where.partners),
            set(one.partners) >= set(where.all_partners),
            len(one.partners) >= (where.min_partners or 0),
            not status or one.status in status,
            not where.located_in or _areas(one) & set(where.located_in),
            one.quality.score >= (where.min_quality or 0),
            _known(one, role) >= {str(field) for field in where.has},
            # A `not` without a filter in it leaves nobody out.
            not _says_something(where.not_) or not _passes(one, _any(where.not_), role),
        )
    )


def _says_something(where: Where | None) -> bool:
    return where is not None and any(getattr(where, name) not in {None, ()} for name in FILTERS)


def _any(where: Where | None) -> Where:
    """Under ``not`` any status is meant unless one is named."""
    return replace(where or Where(), status=where.status if where and where.status else ())


def _some(*values: Any) -> st.SearchStrategy[Any]:
    return st.one_of(st.just(()), st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple))


FILTERS: dict[str, st.SearchStrategy[Any]] = {
    "naf": _some("A", "01", "01.1", "01.11Z", "03"),
    "size": _some(*CompanySize),
    "labels": _some("rge", "esus"),
    "all_labels": _some("rge", "label-du-coin"),
    "responsible_purchasing": st.sampled_from([None, True, False]),
    "label_issuers": _some("État"),
    "legal_form": _some("5499", "57", "9"),
    "partners": _some("cmar", "chambre"),
    "all_partners": _some("cpme13", "chambre"),
    "min_partners": st.sampled_from([None, 1, 2, 3]),
    "status": st.one_of(st.none(), _some(*SupplierStatus)),
    "located_in": _some("13", "84", "13005", "13055", "200054807", "93"),
    "min_quality": st.sampled_from([None, 0.3, 0.9]),
    "has": _some(SupplierField.WEBSITE, SupplierField.LABELS),
}
WHERES = st.fixed_dictionaries({}, optional={**FILTERS, "not_": st.builds(Where, **FILTERS)}).map(
    lambda given: Where(**given)
)
OWN = {
    FacetField.NAF: {"naf": ()},
    FacetField.NAF_DIVISION: {"naf": ()},
    FacetField.NAF_SECTION: {"naf": ()},
    FacetField.SIZE: {"size": ()},
    FacetField.LABEL: {"labels": ()},
    FacetField.RESPONSIBLE_PURCHASING: {"responsible_purchasing": None},
    FacetField.PARTNER: {"partners": ()},
    FacetField.PARTNER_COUNT: {"min_partners": None},
    FacetField.DEPARTMENT: {"located_in": ()},
    FacetField.EPCI: {"located_in": ()},
    FacetField.COMMUNE: {"located_in": ()},
    FacetField.LEGAL_FORM: {"legal_form": ()},
    FacetField.STATUS: {"status": ()},
    FacetField.HAS: {"has": ()},
    FacetField.QUALITY: {"min_quality": None},
}


def _counted(where: Where, field: FacetField, role: Role, text: str | None = None) -> list[tuple[str | None, int]]:
    """The facet by hand."""
    asked = replace(where, **OWN[field])  # type: ignore[arg-type]
    wanted = [one for one in SUPPLIERS if (text is None or one.name == "Atelier") and _passes(one, asked, role)]
    counts = Counter(value for one in wanted for value in _values(one, field, role))
    return sorted(counts.items(), key=lambda entry: (-entry[1], str(entry[0])))


@pytest.mark.parametrize("field", list(FacetField))
@pytest.mark.parametrize("text", [None, "atelier"])
@pytest.mark.parametrize("role", [Role.PUBLIC, Role.BUYER])
def test_every_facet_is_exact(engine: TantivyEngine, field: FacetField, text: str | None, role: Role) -> None:
    (facet,) = engine.facets(SearchQuery(text=text, where=EVERYONE.where, role=role), (field,), 100)
    expected = _counted(EVERYONE.where, field, role, text)
    assert [(bucket.value, bucket.count) for bucket in facet.buckets] == expected
    assert len(expected) > 1
    assert facet.other_count == 0


@SETTINGS
@given(where=WHERES, text=st.sampled_from([None, "atelier"]))
def test_a_facet_leaves_out_its_own_filter_and_no_other(engine: TantivyEngine, where: Where, text: str | None) -> None:
    facets = engine.facets(SearchQuery(text=text, where=where, role=Role.BUYER), tuple(FacetField), 100)
    for facet in facets:
        found = [(bucket.value, bucket.count) for bucket in facet.buckets]
        assert found == _counted(where, facet.field, Role.BUYER, text), facet.field


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (Where(), {"STATUS": {"ACTIVE"}}),
        (Where(status=()), {}),
        (Where(status=(SupplierStatus.CLOSED,)), {"STATUS": {"CLOSED"}}),
        (
            Where(naf=("a", "01", "0111z", "01.1")),
            {"NAF": {"01.11Z"}, "NAF_DIVISION": {"01"}, "NAF_SECTION": {"A"}, "STATUS": {"ACTIVE"}},
        ),
        (
            Where(status=(), located_in=("13", "13055", "200054807", "93")),
            {"DEPARTMENT": {"13"}, "EPCI": {"200054807"}, "COMMUNE": {"13055"}},
        ),
        (
            Where(status=(), labels=("rge",), all_labels=("esus",), partners=("cmar",), all_partners=("chambre",)),
            {"LABEL": {"rge", "esus"}, "PARTNER": {"cmar", "chambre"}},
        ),
        (
            Where(status=(), min_partners=2, min_quality=0.3, size=(CompanySize.PME,), legal_form=("5499", "57")),
            {"PARTNER_COUNT": {"2"}, "QUALITY": {"0.3"}, "SIZE": {"PME"}, "LEGAL_FORM": {"5499"}},
        ),
        (Where(status=(), responsible_purchasing=False), {"RESPONSIBLE_PURCHASING": {"false"}}),
        (Where(status=(), has=(SupplierField.WEBSITE,), min_quality=0.35), {"HAS": {"WEBSITE"}}),
        (Where(status=(), not_=Where(size=(CompanySize.PME,), partners=("cmar",))), {}),
    ],
)
def test_what_a_filter_names_is_selected(engine: TantivyEngine, where: Where, expected: dict[str, set[str]]) -> None:
    facets = engine.facets(SearchQuery(where=where), tuple(FacetField), 100)
    chosen = {facet.field: {bucket.value for bucket in facet.buckets if bucket.selected} for facet in facets}
    assert {field: values for field, values in chosen.items() if values} == expected


def test_a_value_that_is_none_is_refused_although_its_filter_is_left_out(engine: TantivyEngine) -> None:
    with pytest.raises(InvalidQuery):
        engine.facets(SearchQuery(where=Where(naf=("99.99Z",))), (FacetField.NAF,))


@pytest.mark.parametrize("role", Role)
def test_who_has_a_contact_is_counted_for_whom_it_may_be_filtered(engine: TantivyEngine, role: Role) -> None:
    (facet,) = engine.facets(SearchQuery(where=EVERYONE.where, role=role), (FacetField.HAS,), 100)
    told = {bucket.value for bucket in facet.buckets}
    assert told == {field for field in _known_of_anybody() if disclosure.may_filter(role, SupplierField(field))}
    assert ("EMAIL" in told) is (role is not Role.PUBLIC)


def _known_of_anybody() -> set[str]:
    return {field for one in SUPPLIERS for field in _known(one, Role.STEWARD)}


def test_an_activity_of_a_wide_level_is_counted_at_the_levels_it_has(tmp_path_factory: pytest.TempPathFactory) -> None:
    engine = indexed(tmp_path_factory.mktemp("wide"), [supplier(1, naf=["F", "62"]), supplier(2, naf=["62.01Z"])])
    fields = (FacetField.NAF_DIVISION, FacetField.NAF_SECTION)
    divisions, sections = engine.facets(SearchQuery(), fields)
    assert [(bucket.value, bucket.count) for bucket in divisions.buckets] == [("62", 2)]
    assert [(bucket.value, bucket.count) for bucket in sections.buckets] == [("J", 2), ("F", 1)]


def test_what_is_left_out_is_added_up(engine: TantivyEngine) -> None:
    (whole,) = engine.facets(EVERYONE, (FacetField.NAF,), 100)
    (cut,) = engine.facets(EVERYONE, (FacetField.NAF,), 3)
    assert cut.buckets == whole.buckets[:3]
    assert cut.other_count == sum(bucket.count for bucket in whole.buckets[3:]) > 0


def test_values_have_french_names(engine: TantivyEngine) -> None:
    facets = engine.facets(EVERYONE, tuple(FacetField), 100)
    assert [facet.field for facet in facets] == list(FacetField)
    names = {(facet.field, bucket.value): bucket.label for facet in facets for bucket in facet.buckets}
    assert names[FacetField.NAF, "01.11Z"].startswith("Culture de céréales")
    assert names[FacetField.SIZE, "MICRO"] == "Moins de 10 salariés"
    assert names[FacetField.LABEL, "label-du-coin"] == "Label du coin"
    assert names[FacetField.RESPONSIBLE_PURCHASING, "true"] == "Achats responsables"
    assert names[FacetField.PARTNER, "cmar"] == "cmar"
    assert names[FacetField.DEPARTMENT, "13"] == "Bouches-du-Rhône"
    assert names[FacetField.COMMUNE, "13055"] == "Marseille"
    assert "responsabilité limitée" in names[FacetField.LEGAL_FORM, "5499"]
    assert names[FacetField.STATUS, "SUSPECTED_CLOSED"] == "Sans doute fermée"
    assert names[FacetField.NAF_SECTION, "A"] == "Agriculture, sylviculture et pêche"
    assert names[FacetField.NAF_DIVISION, "01"].startswith("Culture et production animale")
    assert names[FacetField.PARTNER_COUNT, "1"] == "Au moins 1 partenaire"
    assert names[FacetField.PARTNER_COUNT, "3"] == "Au moins 3 partenaires"
    assert names[FacetField.EPCI, "200054807"] == "Métropole d'Aix-Marseille-Provence"
    assert names[FacetField.HAS, "WEBSITE"] == "Site web"
    assert names[FacetField.QUALITY, "0.7"] == "70 % et plus"
    assert names[FacetField.QUALITY, "0.3"] == "30 % et plus"


def test_no_hit_has_no_values(engine: TantivyEngine) -> None:
    (facet,) = engine.facets(SearchQuery(text="introuvable"), (FacetField.PARTNER,))
    assert (facet.buckets, facet.other_count) == ((), 0)
    assert engine.facets(EVERYONE, ()) == ()


@pytest.mark.parametrize("top", [0, -1, 101])
def test_too_many_or_too_few_values_are_refused(engine: TantivyEngine, top: int) -> None:
    with pytest.raises(InvalidQuery) as refused:
        engine.facets(EVERYONE, (FacetField.NAF,), top)
    assert str(refused.value) == f"A facet of {top} values was asked for: give 1 to 100."


def test_a_place_outside_the_region_is_counted_by_its_code(tmp_path_factory: pytest.TempPathFactory) -> None:
    engine = indexed(tmp_path_factory.mktemp("away"), [supplier(1, establishments=(site("75056"), site("97411")))])
    department, commune = engine.facets(SearchQuery(), (FacetField.DEPARTMENT, FacetField.COMMUNE))
    assert department.buckets == (FacetBucket("75", "75", 1), FacetBucket("974", "La Réunion", 1))
    assert commune.buckets == (FacetBucket("75056", "75056", 1), FacetBucket("97411", "97411", 1))
