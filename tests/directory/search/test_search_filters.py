"""Each filter, and what happens to values that are none."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import fields

from directory import areas, geography
from directory.disclosure import Field, Role, may_count, may_filter
from directory.records import (
    Activity,
    CompanySize,
    Contact,
    Nomenclature,
    Quality,
    Supplier,
    SupplierField,
    SupplierStatus,
)
from directory.search import access
from directory.search.access import finds_by_place
from directory.search.engine import TantivyEngine
from directory.search.errors import InvalidQuery
from directory.search.query import Box, FacetField, Near, SearchQuery, Where
from tests.directory.search.search_kit import NOW, ids, indexed, site, supplier

BOX = Box(43, 5, 44, 6)
CLOSED, SUSPECTED = SupplierStatus.CLOSED, SupplierStatus.SUSPECTED_CLOSED
SUPPLIERS = [
    supplier(1, naf=["43.22A"], partners=("cmar",), labels=["rge"], establishments=(site("13005"),)),
    supplier(2, naf=["43.22B", "56.10A"], partners=("cmar", "cpme13"), labels=["rge", "esus"], legal_form="5499"),
    supplier(3, naf=["56.10A"], partners=("chambre", "cmar", "cpme13"), size=CompanySize.PME, legal_form="5710"),
    supplier(4, naf=["62.01Z"], status=CLOSED, establishments=(site("13201"),), legal_form="SCOP"),
    supplier(5, size=CompanySize.GE, status=SUSPECTED, establishments=(site("84007"), site("83137"))),
    supplier(6, quality=Quality(score=0.812345, completeness=0.8), contact=Contact(email="a@b.fr"), siren="732829320"),
    supplier(7, description="Oui", website="https://exemple.fr", contact=Contact(phone="+33491000000")),
    supplier(8, establishments=(site("13005", is_open=False), site("93008"))),
]  # fmt: skip


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> TantivyEngine:
    return indexed(tmp_path_factory.mktemp("filters"), SUPPLIERS)


def _found(engine: TantivyEngine, where: Where, role: Role = Role.STEWARD) -> set[int]:
    return set(ids(engine, SearchQuery(where=where, role=role)))


ANY_STATUS: tuple[SupplierStatus, ...] = ()


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (Where(), {1, 2, 3, 6, 7, 8}),
        (Where(status=ANY_STATUS), {1, 2, 3, 4, 5, 6, 7, 8}),
        (Where(status=(CLOSED, SUSPECTED)), {4, 5}),
        (Where(status=(CLOSED, SupplierStatus.ACTIVE)), {1, 2, 3, 4, 6, 7, 8}),
        (Where(naf=("F",)), {1, 2}),
        (Where(naf=("43.22A",)), {1}),
        (Where(naf=("4322a",)), {1}),
        (Where(naf=("43.22", "56")), {1, 2, 3}),
        (Where(size=(CompanySize.PME, CompanySize.GE)), {3}),
        (Where(labels=("rge", "esus")), {1, 2}),
        (Where(all_labels=("rge", "esus")), {2}),
        (Where(labels=("nobody-has-it",)), set()),
        (Where(responsible_purchasing=True), {1, 2}),
        (Where(responsible_purchasing=False), {3, 6, 7, 8}),
        (Where(not_=Where(responsible_purchasing=False)), {1, 2}),
        (Where(label_issuers=("etat (ademe)",)), {1, 2}),
        (Where(label_issuers=("État", "Qualibat")), {2}),
        (Where(label_issuers=("personne",)), set()),
        (Where(not_=Where(label_issuers=("État",))), {1, 3, 6, 7, 8}),
        (Where(legal_form=("54",)), {2}),
        (Where(legal_form=("5",)), {2, 3}),
        (Where(legal_form=("5710", "SCOP"), status=ANY_STATUS), {3, 4}),
        (Where(partners=("chambre", "cpme13")), {2, 3}),
        (Where(all_partners=("chambre", "cpme13")), {3}),
        (Where(min_partners=2), {2, 3}),
        (Where(located_in=("13005",)), {1}),
        (Where(located_in=("13055",), status=ANY_STATUS), {4}),
        (Where(located_in=("13",), status=ANY_STATUS), {1, 4}),
        (Where(located_in=("93",), status=ANY_STATUS), {1, 4, 5}),
        (Where(located_in=("84", "83"), status=ANY_STATUS), {5}),
        (Where(located_in=("200054807",), status=ANY_STATUS), {1, 4}),
        (Where(min_quality=0.812345), {6}),
        (Where(min_quality=0.812346), set()),
        (Where(has=(SupplierField.EMAIL,)), {6}),
        (Where(has=(SupplierField.PHONE, SupplierField.WEBSITE, SupplierField.DESCRIPTION)), {7}),
        (Where(has=(SupplierField.SIREN,)), {6}),
        (Where(has=(SupplierField.HEADCOUNT,)), {3}),
        (Where(updated_since=NOW - timedelta(seconds=2)), {1, 2}),
        (Where(updated_since=(NOW - timedelta(seconds=2)).replace(tzinfo=None)), {1, 2}),
        (Where(not_=Where(partners=("cmar",))), set()),
        (Where(not_=Where(naf=("F",), labels=("esus",))), {1, 3, 6, 7, 8}),
        (Where(status=(CLOSED,), not_=Where(naf=("F",))), {4}),
        (Where(naf=("F",), not_=Where(naf=("43.22B",), not_=Where(labels=("esus",)))), {1, 2}),
        (Where(not_=Where()), {1, 2, 3, 6, 7, 8}),
        (Where(naf=("56.10A",), partners=("chambre",), size=(CompanySize.PME,)), {3}),
    ],
)
def test_a_filter_keeps_those_it_says(engine: TantivyEngine, where: Where, expected: set[int]) -> None:
    assert _found(engine, where) == expected


@dataclass
class Refused:
    where: Where
    sentence: str


@pytest.mark.parametrize(
    "refused",
    [
        Refused(Where(naf=("43.99Z",)), "'43.99Z' is no code of the NAF rév. 2: give F, 43, 43.2, 43.22 or 43.22A."),
        Refused(
            Where(located_in=("99999",)),
            "'99999' is no area known here: give the code of a commune, department, region or EPCI.",
        ),
        Refused(
            Where(legal_form=("54.99",)),
            "'54.99' is no legal form: give a code of INSEE's catégories juridiques, 5, 54 or 5499.",
        ),
        Refused(Where(min_quality=1.5), "The least quality is 1.5: give 0 to 1."),
        Refused(Where(min_quality=float("nan")), "The least quality is nan: give 0 to 1."),
        Refused(Where(min_partners=-1), "The least number of partners is -1: give 0 to 100."),
        Refused(Where(min_partners=10**30), f"The least number of partners is {10**30}: give 0 to 100."),
        Refused(
            Where(has=(SupplierField.LOGO,)),
            "Filtering by LOGO is not for the role PUBLIC: leave it out, or use a key.",
        ),
        Refused(
            Where(partners=("\ud800",)),
            "The query holds half a character or too large a number, or is nested too deep.",
        ),
        Refused(Where(labels=("x" * 101,)), "A filter's value is longer than 100 characters: no code or id is."),
        Refused(Where(labels=tuple(map(str, range(101)))), "A filter has 101 values: 100 at most, split the query."),
        Refused(
            Where(not_=Where(not_=Where(not_=Where(not_=Where(naf=("F",)))))),
            "Filters are nested too deep: 3 levels of `not` at most.",
        ),
    ],
)
def test_a_value_that_is_none_is_refused(engine: TantivyEngine, refused: Refused) -> None:
    for ask in (engine.search, lambda query: engine.facets(query, ())):
        with pytest.raises(InvalidQuery) as caught:
            ask(SearchQuery(where=refused.where))
        assert str(caught.value) == refused.sentence


VALUES: dict[str, Any] = {
    "naf": ("F",),
    "size": (CompanySize.PME,),
    "labels": ("rge",),
    "all_labels": ("rge",),
    "label_issuers": ("État",),
    "responsible_purchasing": False,
    "legal_form": ("54",),
    "partners": ("cmar",),
    "all_partners": ("cmar",),
    "min_partners": 1,
    "status": (CLOSED,),
    "located_in": ("13",),
    "serves": ("13",),
    "within": BOX,
    "min_quality": 0.1,
    "updated_since": NOW,
}


def test_every_filter_and_every_facet_has_its_rule() -> None:
    every = {field.name for field in fields(Where)}
    assert set(VALUES) == set(access.FILTERS) == every - {"has", "not_"}
    assert set(access.FACETS) == set(FacetField) - {FacetField.HAS}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("nested", [lambda where: where, lambda where: Where(not_=where)])
def test_every_filter_and_facet_is_for_whom_the_table_says(
    engine: TantivyEngine, role: Role, nested: Callable[[Where], Where]
) -> None:
    asked = {name: (field, Where(**{name: VALUES[name]})) for name, field in access.FILTERS.items()}
    asked |= {f"has {field}": (Field(field), Where(has=(field,))) for field in SupplierField}
    for name, (field, where) in asked.items():
        try:
            engine.search(SearchQuery(where=nested(where), role=role))
            taken = True
        except InvalidQuery:
            taken = False
        assert taken is may_filter(role, field), name
    for facet, field in access.FACETS.items():
        assert may_count(role, field)
        assert engine.facets(SearchQuery(role=role), (facet,))[0].field is facet


@pytest.mark.parametrize("field", [SupplierField.EMAIL, SupplierField.PHONE])
@pytest.mark.parametrize("nested", [lambda where: where, lambda where: Where(not_=where)])
def test_the_public_may_not_filter_by_contact(
    engine: TantivyEngine, field: SupplierField, nested: Callable[[Where], Where]
) -> None:
    where = nested(Where(has=(field,)))
    for ask in (engine.search, lambda query: engine.facets(query, ())):
        with pytest.raises(InvalidQuery) as caught:
            ask(SearchQuery(where=where, role=Role.PUBLIC))
        assert str(caught.value) == f"Filtering by {field} is not for the role PUBLIC: leave it out, or use a key."
    for role in (Role.PARTNER, Role.BUYER, Role.STEWARD):
        assert _found(engine, where, role)


@pytest.mark.parametrize(
    ("query", "placed"),
    [
        (SearchQuery(), False),
        (SearchQuery(near=Near(43, 5)), True),
        (SearchQuery(where=Where(within=BOX)), True),
        (SearchQuery(where=Where(not_=Where(within=BOX))), False),
        (SearchQuery(where=Where(not_=Where(not_=Where(within=BOX)))), True),
    ],
)
def test_who_is_found_by_a_place_of_the_map(query: SearchQuery, placed: bool) -> None:
    assert finds_by_place(query) is placed


def test_a_plan_kept_for_one_role_does_not_open_the_door_to_another(engine: TantivyEngine) -> None:
    query: dict[str, Any] = {"where": Where(has=(SupplierField.EMAIL,))}
    engine.search(SearchQuery(**query, role=Role.BUYER))
    with pytest.raises(InvalidQuery):
        engine.search(SearchQuery(**query))


SERVING = {
    1: supplier(1, establishments=(site("13005"),)),  # says nothing
    2: supplier(2, establishments=(site("13005"),), service_areas=("DEPARTMENT:83", "COMMUNE:84007")),
    3: supplier(3, service_areas=("REGION:93",)),
    4: supplier(4, establishments=(site("13201"),), service_areas=("COMMUNE:13055",)),
    5: supplier(5),  # is nowhere, and says nothing
    6: supplier(6, establishments=(site("84007"), site("13005", is_open=False))),
    7: supplier(7, establishments=(site("13201"),), service_areas=("REGION:84", "EPCI:200054807")),
}


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> TantivyEngine:
    return indexed(tmp_path_factory.mktemp("serving"), SERVING.values())


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (("13005",), {1, 3, 7}),
        (("13201",), {3, 4, 7}),
        (("13055",), {3, 4, 7}),
        (("200054807",), {1, 3, 7}),
        (("13",), {1, 3}),
        (("83",), {2, 3}),
        (("83137",), {2, 3}),
        (("84",), {3, 6}),
        (("84007",), {2, 3, 6}),
        (("93",), {1, 3, 6}),
        (("13005", "83137"), {1, 2, 3, 7}),
        (("75",), set()),
    ],
)
def test_who_works_in_an_area_or_sits_in_it_and_says_nothing(
    serving: TantivyEngine, codes: tuple[str, ...], expected: set[int]
) -> None:
    assert _found(serving, Where(serves=codes)) == expected
    assert _found(serving, Where(not_=Where(serves=codes))) == set(SERVING) - expected


def test_who_serves_agrees_with_looking_at_everybody(serving: TantivyEngine) -> None:
    for code in ("13005", "13206", "13055", "83137", "84007", "06088", "200054807", "13", "83", "84", "93", "11"):
        area = geography.area(code)
        assert area is not None
        holders = {areas.key(each) for each in areas.around(area)}
        expected = set()
        for number, one in SERVING.items():
            open_sites = (place for place in one.establishments if place.is_open)
            sits = any(code in geography.areas_of(place.address.commune_code or "") for place in open_sites)
            if holders & set(one.service_areas) if one.service_areas else sits:
                expected.add(number)
        assert _found(serving, Where(serves=(code,))) == expected, code


def test_who_says_where_it_works_has_service_areas(serving: TantivyEngine) -> None:
    assert _found(serving, Where(has=(SupplierField.SERVICE_AREA,))) == {2, 3, 4, 7}
    with pytest.raises(InvalidQuery) as refused:
        _found(serving, Where(serves=("99999",)))
    assert str(refused.value).startswith("'99999' is no area known here")


def test_codes_of_the_naf_2025_are_not_taken_for_the_other_s(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Both nomenclatures write codes alike: only the other's words find the company."""
    newer = (Activity("43.22A", Nomenclature.NAF_2025, "Zinguerie"), Activity("56.10A"))
    engine = indexed(tmp_path_factory.mktemp("newer"), [supplier(1, activities=newer)])
    assert _found(engine, Where(naf=("43",))) == set()
    assert _found(engine, Where(naf=("56",))) == {1}
    (facet,) = engine.facets(SearchQuery(), (FacetField.NAF,))
    assert [bucket.value for bucket in facet.buckets] == ["56.10A"]
    assert ids(engine, SearchQuery("zinguerie")) == [1]


def test_the_instant_of_an_update_counts_to_the_microsecond(tmp_path_factory: pytest.TempPathFactory) -> None:
    exact = datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)
    stored: list[tuple[Supplier, datetime]] = [(supplier(1), exact)]
    engine = indexed(tmp_path_factory.mktemp("updated"), stored)
    assert _found(engine, Where(updated_since=exact)) == {1}
    assert _found(engine, Where(updated_since=exact + timedelta(microseconds=1))) == set()
