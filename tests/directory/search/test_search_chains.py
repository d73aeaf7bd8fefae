"""One chain does not fill the page of equals: whoever is its third stands after all others, and nobody is left out."""

from collections.abc import Iterable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from directory.records import Disclosure, Quality, Supplier, SupplierStatus
from directory.search.engine import TantivyEngine
from directory.search.query import Box, Direction, Near, Order, OrderField, SearchQuery, Where, Window
from directory.search.reasons import reasons
from tests.directory.search.search_kit import Shelf, ids, indexed, opened, site, supplier, walked

POINTS = {"13005": (43.29, 5.57), "13201": (43.30, 5.38), "83137": (43.12, 5.93), "84007": (43.95, 4.81)}
TOWNS = tuple(POINTS)
TYRES = SearchQuery(text="pneus")


def branch(number: int, town: str, sign: str = "Roulzy", *, quality: float = 0.9, **fields: Any) -> Supplier:
    """A franchisee: a company of its own under the chain's sign."""
    return garage(number, town, f"Etablissements Garage{number}", quality=quality, trade_names=(sign,), **fields)


def garage(number: int, town: str, name: str | None = None, *, quality: float = 0.5, **fields: Any) -> Supplier:
    return supplier(
        number,
        name or f"Garage{number}",
        description="Pneus et freins",
        quality=Quality(score=quality, completeness=quality),
        establishments=(site(town, POINTS[town]),),
        **fields,
    )


def spread(numbers: Iterable[int]) -> list[Supplier]:
    return [branch(number, TOWNS[place % 4]) for place, number in enumerate(numbers)]


CHAIN = spread(range(1, 13))
OTHERS = [garage(number, TOWNS[number % 4]) for number in range(101, 121)]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> TantivyEngine:
    return indexed(tmp_path_factory.mktemp("chains"), [*CHAIN, *OTHERS])


def test_two_of_a_chain_stand_among_equals_and_the_others_after_them(engine: TantivyEngine) -> None:
    """All of them are better described than anybody else: by quality alone they would come first."""
    expected = [1, 2, *range(101, 121), *range(3, 13)]
    assert ids(engine, TYRES) == expected
    assert engine.search(TYRES).total == 32
    for size in (1, 3, 7, 32):
        assert walked(engine, TYRES, size) == walked(engine, TYRES, size, forward=False) == expected


def test_their_scores_are_what_they_were_and_reasons_add_up_to_them(engine: TantivyEngine) -> None:
    page = engine.search(TYRES, Window(first=100))
    assert len({hit.score for hit in page.hits}) == 1
    known = {each.id: each for each in (*CHAIN, *OTHERS)}
    for hit in page.hits:
        assert hit.score == sum(each.points for each in reasons(known[hit.id], page.clues, None, None)) > 0


def test_who_names_the_chain_is_shown_the_chain(engine: TantivyEngine) -> None:
    assert ids(engine, SearchQuery(text="roulzy")) == [each.id for each in CHAIN]
    assert ids(engine, SearchQuery(text="pneus roulzy"), Window(first=12)) == [each.id for each in CHAIN]


@pytest.mark.parametrize("field", [OrderField.NAME, OrderField.DISTANCE, OrderField.UPDATED_AT, OrderField.QUALITY])
def test_other_orders_know_no_chains(tmp_path_factory: pytest.TempPathFactory, field: OrderField) -> None:
    """The same suppliers without their sign come in the same order."""
    near = Near(*POINTS["13201"], 200)
    query = replace(TYRES, near=near, order=Order(field, Direction.ASC))
    unsigned = [replace(each, trade_names=()) for each in CHAIN]
    plain = indexed(tmp_path_factory.mktemp("plain"), [*unsigned, *OTHERS])
    signed = indexed(tmp_path_factory.mktemp("signed"), [*CHAIN, *OTHERS])
    assert ids(signed, query) == ids(plain, query)


@pytest.mark.parametrize(
    ("query", "first"),
    [
        # Numbers 2, 6 and 10 sit in Marseille: two of them stand among others there, whoever sits elsewhere.
        (replace(TYRES, where=Where(located_in=("13055",))), [2, 6]),
        (replace(TYRES, near=Near(*POINTS["13201"], 5)), [2, 6]),
        # 1, 2, 5, 6, 9 and 10 in the department 13.
        (replace(TYRES, where=Where(located_in=("13",))), [1, 2]),
        (replace(TYRES, where=Where(within=Box(43.2, 5.3, 43.4, 5.7))), [1, 2]),
        (replace(TYRES, where=Where(located_in=("83",))), [3, 7]),
        (replace(TYRES, where=Where(located_in=("93",))), [1, 2]),
        (replace(TYRES, where=Where(located_in=("83", "84"))), [3, 4, 7, 8]),
    ],
)
def test_the_first_two_are_those_of_where_the_question_looks(
    engine: TantivyEngine, query: SearchQuery, first: list[int]
) -> None:
    found = ids(engine, query)
    places = {number: place for place, number in enumerate(found)}
    others = [places[each.id] for each in OTHERS if each.id in places]
    assert others
    assert [number for number in found if number < 100 and places[number] < min(others)] == first
    assert all(places[each.id] > max(others) for each in CHAIN if each.id in places and each.id not in first)


def _namesakes() -> list[Supplier]:
    return [garage(number, TOWNS[number % 4], "Roulzy", quality=0.9) for number in range(1, 6)]


@pytest.mark.parametrize(
    "alike",
    [
        pytest.param(_namesakes(), id="nobody is called otherwise besides"),
        pytest.param([branch(number, "13005") for number in range(1, 6)], id="all in one town"),
        pytest.param(
            [branch(number, TOWNS[number % 4], "Garage Martin") for number in range(1, 6)], id="no telling word"
        ),
        pytest.param(
            [
                *spread((1, 2, 3, 4))[:2],
                *(replace(each, status=SupplierStatus.CLOSED) for each in spread((1, 2, 3, 4))[2:]),
            ],
            id="closed ones count for nobody",
        ),
    ],
)
async def test_namesakes_are_no_chain(tmp_path: Path, alike: list[Supplier]) -> None:
    engine = await opened(tmp_path, [*alike, garage(50, "13005")])
    everybody = replace(TYRES, where=Where(status=()))
    assert ids(engine, everybody) == [*(each.id for each in alike), 50]


async def test_what_is_hidden_makes_no_chain(tmp_path: Path) -> None:
    hidden = [replace(each, disclosure=Disclosure.OPTED_OUT) for each in spread((1, 2))]
    engine = await opened(tmp_path, [*hidden, *spread((3, 4)), garage(50, "13005")])
    assert ids(engine, TYRES) == [3, 4, 50]


async def test_an_update_ranks_who_comes_among_those_of_the_base(tmp_path: Path) -> None:
    shelf = Shelf([*spread((1, 2, 3)), garage(50, "13005")])
    await shelf.build(tmp_path)
    engine = TantivyEngine.open(tmp_path)
    assert ids(engine, TYRES) == [1, 2, 50, 3]
    shelf.put(*spread((60, 61)), garage(70, "13005"))
    await shelf.update(tmp_path)
    engine.refresh()
    assert ids(engine, TYRES) == [1, 2, 50, 70, 3, 60, 61]
    # 60 and 61 are ranked anew, as the second and third that are left; 3 lies in the base and stays where it was.
    shelf.remove(1, 2)
    await shelf.update(tmp_path)
    engine.refresh()
    assert ids(engine, TYRES) == [60, 50, 70, 3, 61]
    await shelf.build(tmp_path)
    engine.refresh()
    assert ids(engine, TYRES) == [3, 60, 50, 70, 61]


def _some(number: int, seed: int) -> Supplier:
    random = Random(seed * 1_000 + number)
    town, quality = random.choice(TOWNS), random.choice((0.5, 0.9))
    if random.random() < 0.3:
        return garage(number, town, quality=quality)
    return branch(number, town, random.choice(("Roulzy", "Frenzo", "Pneuvalia")), quality=quality)


@settings(max_examples=15, deadline=None)
@given(
    first=st.sets(st.integers(1, 40)),
    later=st.sets(st.integers(41, 60)),
    changed=st.sets(st.integers(1, 60), max_size=8),
    gone=st.sets(st.integers(1, 60), max_size=8),
    size=st.integers(1, 9),
    where=st.sampled_from([Where(), Where(located_in=("13",)), Where(located_in=("13055",))]),
)
async def test_whatever_changes_pages_hold_each_hit_once_and_no_chain_holds_more_than_two_places_before_others(
    first: set[int], later: set[int], changed: set[int], gone: set[int], size: int, where: Where
) -> None:
    query = replace(TYRES, where=where)
    shelf = Shelf([_some(number, 0) for number in first])
    with TemporaryDirectory() as name, TemporaryDirectory() as other:
        await shelf.build(Path(name))
        shelf.put(*(_some(number, 0) for number in sorted(later)))
        # Who comes stands behind who was there: so far it is as if all had been built at once.
        await shelf.update(Path(name))
        await shelf.build(Path(other))
        engine = TantivyEngine.open(Path(name))
        assert walked(engine, query, 20) == walked(TantivyEngine.open(Path(other)), query, 20)
        for act in ("update", "build"):
            shelf.put(*(_some(number, 1) for number in sorted(changed)))
            shelf.remove(*gone)
            await (shelf.update(Path(name)) if act == "update" else shelf.build(Path(name)))
            engine.refresh()
            found = walked(engine, query, size)
            assert found == walked(engine, query, size, forward=False)
            assert len(found) == len(set(found)) == engine.search(query).total
        kept = {number: each for number, (each, _) in shelf.kept.items()}
        _check_places([kept[number] for number in found])


def _check_places(found: list[Supplier]) -> None:
    """In a base: those that are not behind come first by quality, then the others so; of whoever is behind, two of the
    same sign with smaller ids are before it.
    """
    keys = [(-each.quality.score, each.id) for each in found]
    turns = [place for place in range(1, len(keys)) if keys[place] < keys[place - 1]]
    assert len(turns) <= 1
    behind = found[turns[0] :] if turns else []
    for each in behind:
        assert sum(one.trade_names == each.trade_names and one.id < each.id for one in found) >= 2
    ahead = found[: turns[0]] if turns else found
    for sign in {each.trade_names for each in behind}:
        assert sum(each.trade_names == sign for each in ahead) >= 2
