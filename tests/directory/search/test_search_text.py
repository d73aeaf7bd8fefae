"""What a text finds, in which order, and that no text does harm."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from directory.records import Activity, Establishment, Nomenclature, Quality
from directory.search.engine import TantivyEngine
from directory.search.errors import InvalidQuery
from directory.search.query import MAX_TEXT, SearchQuery, Window
from directory.search.text import MOST_TERMS, read, weigh
from tests.directory.search.search_kit import ids, indexed, opened, site, supplier

SIREN, SIRET = "732829320", "73282932000074"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> TantivyEngine:
    return indexed(
        tmp_path_factory.mktemp("text"),
        [
            supplier(1, "Martin Frères", naf=["43.22A"], establishments=(site("13005"),)),
            supplier(2, "Plomberie du Garlaban", naf=["43.22A"], establishments=(site("13005"),)),
            supplier(3, "Plomberie de la Rade", naf=["43.22A"], establishments=(site("83137"),)),
            supplier(4, "Café de la Gare", naf=["56.30Z"], establishments=(site("13005"),)),
            supplier(5, "L'Œuvre au Noir", description="Édition de livres anciens, reliure à la main"),
            supplier(6, "Société Alpha", siren=SIREN, establishments=(site(siret=SIRET),)),
            supplier(7, "Alpha", quality=Quality(score=0.1, completeness=0.1)),
            supplier(8, "Alpha Beta Conseil", quality=Quality(score=0.9, completeness=0.9)),
            supplier(9, "Zéphyr", activities=(Activity("voilerie", Nomenclature.PARTNER, "Voilerie et gréement"),)),
            supplier(10, "Sans Nom", labels=["rge"], establishments=(Establishment(id="-1", name="Atelier Ocre"),)),
        ],
    )


def test_accents_case_and_number_do_not_matter(engine: TantivyEngine) -> None:
    for text in ("reliure", "RELIURES", "œuvre", "oeuvre", "l'Œuvre", "edition livre"):
        assert ids(engine, SearchQuery(text=text)) == [5], text


def test_a_craft_finds_the_activity_that_is_named_after_its_trade(engine: TantivyEngine) -> None:
    # Martin Frères says nothing of itself: its NAF group is "Travaux de plomberie et installation de chauffage…".
    assert set(ids(engine, SearchQuery(text="plombier"))) == {1, 2, 3}


def test_suppliers_with_both_words_come_before_those_with_one(engine: TantivyEngine) -> None:
    found = ids(engine, SearchQuery(text="plombier Aubagne"))
    assert found[:2] == [2, 1]
    assert set(found[2:]) == {3, 4}


def test_of_three_words_two_are_needed(engine: TantivyEngine) -> None:
    assert set(ids(engine, SearchQuery(text="plombier gare Aubagne"))) == {1, 2, 4}


def test_words_that_nobody_has_do_not_stand_in_the_way(engine: TantivyEngine) -> None:
    assert ids(engine, SearchQuery(text="reliure introuvable xyzzy")) == [5]
    assert ids(engine, SearchQuery(text="introuvable xyzzy")) == []


def test_the_bearer_of_the_whole_name_comes_first(engine: TantivyEngine) -> None:
    assert ids(engine, SearchQuery(text="alpha")) == [6, 7, 8]  # Société is a legal word: both are called Alpha
    assert ids(engine, SearchQuery(text="Alpha Beta Conseil"))[0] == 8


def test_a_siren_or_siret_finds_its_company_however_it_is_written(engine: TantivyEngine) -> None:
    for text in (SIREN, "732 829 320", "siren 732.829.320", SIRET, "732 829 320 00074", f"{SIREN}00099"):
        assert ids(engine, SearchQuery(text=text)) == [6], text
    assert ids(engine, SearchQuery(text=f"alpha {SIREN}"))[0] == 6
    assert ids(engine, SearchQuery(text="732829321")) == []


def test_signs_partners_sectors_and_labels_are_searched(engine: TantivyEngine) -> None:
    assert ids(engine, SearchQuery(text="ocre")) == [10]
    assert ids(engine, SearchQuery(text="voilier gréement")) == [9]
    assert ids(engine, SearchQuery(text="reconnu garant environnement")) == [10]


def test_a_blank_text_is_none_and_one_of_marks_alone_finds_nothing(engine: TantivyEngine) -> None:
    assert engine.search(SearchQuery(text=" \n ")).total == 10
    for text in ("!?", "«»", "de la", "'", "*", '"'):
        assert engine.search(SearchQuery(text=text)).total == 0, text


@pytest.mark.parametrize(
    "text",
    [
        "name:*",
        "[* TO *]",
        "text:plombier AND NOT status:ACTIVE",
        '"plombier',
        "plombier~9 ^100",
        "/.*/",
        "(((((",
        "a" * MAX_TEXT,
        "é " * (MAX_TEXT // 2),
        "\x00\x1f\ud7ff",
    ],
)
def test_query_syntax_is_text(engine: TantivyEngine, text: str) -> None:
    found = engine.search(SearchQuery(text=text))
    assert {hit.id for hit in found.hits} <= {1, 2, 3}


def test_a_text_too_long_is_refused(engine: TantivyEngine) -> None:
    with pytest.raises(InvalidQuery) as refused:
        engine.search(SearchQuery(text="x" * 10_000))
    assert str(refused.value) == "The text has 10000 characters: 500 at most."


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(max_size=MAX_TEXT))
def test_no_text_does_harm(engine: TantivyEngine, text: str) -> None:
    found = engine.search(SearchQuery(text=text), Window(first=5))
    assert found.total is not None
    assert len(found.hits) == min(5, found.total)


def test_many_words_are_cut_and_weighed_by_how_rare_they_are() -> None:
    text = read(" ".join(f"mot{number}" for number in range(100)))
    assert len(text.terms) == MOST_TERMS
    holders = dict(zip(text.terms, (0, 1, 10, 1_000), strict=False))
    assert weigh(text, lambda term: holders.get(term, 1_000), 1_000)[:4] == (0, 30, 20, 3)


async def test_a_wrong_stem_of_an_empty_index_is_no_harm(tmp_path: Path) -> None:
    empty = await opened(tmp_path, [])
    assert empty.search(SearchQuery(text="plombier")).total == 0
    assert empty.search(SearchQuery()).hits == ()
