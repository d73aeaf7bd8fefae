"""More like this: what makes two suppliers alike, how much, and who is left out."""

from itertools import pairwise
from random import Random

import pytest

from directory.records import Activity, CompanySize, Disclosure, Nomenclature, Supplier, SupplierStatus
from directory.search.engine import TantivyEngine
from directory.search.errors import InvalidQuery
from directory.search.likeness import Likeness
from directory.search.query import Near, SearchQuery, Where
from tests.directory.search.search_kit import indexed, site, supplier

HERE, CLOSE, FAR = (43.2927, 5.5708), (43.31, 5.58), (43.95, 4.81)
ASKED = supplier(
    1,
    "Plomberie Martin",
    naf=["43.22A"],
    labels=["rge"],
    size=CompanySize.MICRO,
    siren="732829320",
    description="Martin : chaudières hybrides et détartrage",
    establishments=(site("13005", HERE),),
)
SUPPLIERS = [
    ASKED,
    supplier(2, naf=["43.22A"], labels=["rge"], size=CompanySize.MICRO, establishments=(site("13005", CLOSE),)),
    supplier(3, naf=["43.22A"], establishments=(site("84007", FAR),)),
    supplier(4, naf=["43.22B"], establishments=(site("84007", FAR),)),
    supplier(5, naf=["43.21A"]),
    supplier(6, naf=["56.10A"], labels=["rge"], size=CompanySize.MICRO, establishments=(site("13005", CLOSE),)),
    supplier(7, naf=["56.10A"], description="Détartrage de chaudière hybride"),
    supplier(8, naf=["56.10A"], description="Hybride"),
    supplier(9, naf=["43.22A"], status=SupplierStatus.CLOSED),
    supplier(10, naf=["43.22A"], disclosure=Disclosure.OPTED_OUT),
    supplier(11, "Martin Martin", naf=["56.10A"], description="Martin"),
    *(supplier(number, naf=["62.01Z"]) for number in range(20, 40)),
]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> TantivyEngine:
    return indexed(tmp_path_factory.mktemp("likeness"), SUPPLIERS)


def like(engine: TantivyEngine, asked: Supplier = ASKED, near: Near | None = None, first: int = 50) -> list[int]:
    return [found.id for found in engine.snapshot.similar(asked, first, near)]


def test_the_most_alike_come_first_and_others_not_at_all(engine: TantivyEngine) -> None:
    # The same sub-class and all else; the same sub-class; three rare words; its class; its group.
    assert like(engine) == [2, 3, 7, 4, 5]
    assert like(engine, first=2) == [2, 3]
    assert like(engine, first=0) == []


def test_reasons_add_up_and_say_the_finest_that_is_common(engine: TantivyEngine) -> None:
    found = {each.id: each for each in engine.snapshot.similar(ASKED, 50)}
    said = {number: {reason.kind: reason.common for reason in each.reasons} for number, each in found.items()}
    assert said[2] == {
        Likeness.ACTIVITY: ("43.22A",),
        Likeness.LABELS: ("rge",),
        Likeness.SIZE: ("MICRO",),
        Likeness.NEARNESS: ("5",),
    }
    assert (said[4], said[5]) == ({Likeness.ACTIVITY: ("43.22",)}, {Likeness.ACTIVITY: ("43.2",)})
    assert said[7] == {Likeness.WORDS: ("chaudieres", "detartrage", "hybrides")}
    for each in found.values():
        assert each.points == sum(reason.points for reason in each.reasons)
        assert all(before.points >= after.points for before, after in pairwise(each.reasons))


def test_a_disc_leaves_out_who_is_not_in_it(engine: TantivyEngine) -> None:
    assert like(engine, near=Near(*HERE, 10)) == [2]
    with pytest.raises(InvalidQuery):
        like(engine, near=Near(95, 0, 10))


def test_what_is_hidden_makes_nobody_alike(engine: TantivyEngine) -> None:
    masked = Supplier(**{name: getattr(ASKED, name) for name in ASKED.__struct_fields__} | {"disclosure": "PARTIAL"})
    kinds = {reason.kind for each in engine.snapshot.similar(masked, 50) for reason in each.reasons}
    assert kinds == {Likeness.ACTIVITY, Likeness.LABELS, Likeness.SIZE}


def test_of_nothing_known_nobody_is_like(engine: TantivyEngine) -> None:
    sector = (Activity("batiment", Nomenclature.PARTNER),)
    assert like(engine, supplier(50, "X", activities=sector, size=CompanySize.MICRO, labels=())) == []


def test_a_question_finds_those_among_many_that_it_finds_in_all(tmp_path_factory: pytest.TempPathFactory) -> None:
    random = Random(3)
    many = [supplier(number, naf=[random.choice(["43.22A", "43.21A", "56.10A"])]) for number in range(1, 1300)]
    index = indexed(tmp_path_factory.mktemp("among"), many).snapshot
    question = SearchQuery(where=Where(naf=("43.2",)))
    asked = {*range(1, 1200), 5_000}
    expected = {each.id for each in many if each.id in asked and each.activities[0].code.startswith("43.2")}
    assert index.among(question, asked) == expected
    assert index.among(question, ()) == frozenset()
