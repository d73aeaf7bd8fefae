"""Counts by value, against counting by hand."""

from collections import Counter
from collections.abc import Iterable
from random import Random

import pytest

from directory.nomenclature import naf
from directory.records import CompanySize, Supplier, SupplierStatus
from directory.search.engine import TantivyEngine
from directory.search.errors import InvalidQuery
from directory.search.query import FacetBucket, FacetField, SearchQuery, Where
from tests.directory.search.search_kit import indexed, site, supplier


def _suppliers() -> list[Supplier]:
    random = Random(7)
    codes = naf.codes()[:40]
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
            establishments=tuple(
                site(code) for code in random.sample(["13201", "13202", "13005", "84007"], random.randrange(4))
            ),
        )
        for number in range(1, 301)
    ]


SUPPLIERS = _suppliers()
EVERYONE = SearchQuery(where=Where(status=()))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> TantivyEngine:
    return indexed(tmp_path_factory.mktemp("facets"), SUPPLIERS)


def _values(one: Supplier, field: FacetField) -> Iterable[str | None]:
    communes = {place.address.commune_code or "" for place in one.establishments}
    match field:
        case FacetField.NAF:
            return {activity.code for activity in one.activities}
        case FacetField.SIZE:
            return {one.size}
        case FacetField.LABEL:
            return {grant.label for grant in one.labels}
        case FacetField.PARTNER:
            return set(one.partners)
        case FacetField.DEPARTMENT:
            return {code[:2] for code in communes}
        case FacetField.COMMUNE:
            return {"13055" if code.startswith("132") else code for code in communes}
        case FacetField.LEGAL_FORM:
            return {one.legal_form} - {None}
        case FacetField.STATUS:
            return {one.status}


@pytest.mark.parametrize("field", list(FacetField))
@pytest.mark.parametrize("text", [None, "atelier"])
def test_every_facet_is_exact(engine: TantivyEngine, field: FacetField, text: str | None) -> None:
    asked = SearchQuery(text=text, where=EVERYONE.where)
    wanted = [one for one in SUPPLIERS if text is None or one.name == "Atelier"]
    counts = Counter(value for one in wanted for value in _values(one, field))
    (facet,) = engine.facets(asked, (field,), 100)
    ordered = sorted(counts.items(), key=lambda entry: (-entry[1], str(entry[0])))
    assert [(bucket.value, bucket.count) for bucket in facet.buckets] == ordered
    assert facet.other_count == 0


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
    assert names[FacetField.PARTNER, "cmar"] == "cmar"
    assert names[FacetField.DEPARTMENT, "13"] == "Bouches-du-Rhône"
    assert names[FacetField.COMMUNE, "13055"] == "Marseille"
    assert "responsabilité limitée" in names[FacetField.LEGAL_FORM, "5499"]
    assert names[FacetField.STATUS, "SUSPECTED_CLOSED"] == "Sans doute fermée"


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
