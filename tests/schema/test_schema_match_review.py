"""The queue as stewards read it: in order, filtered, page by page; nobody else sees anything of it."""

from typing import Any

import pytest
from sqlalchemy import update

from directory.disclosure import Role
from directory.matching.contract import ReviewReason
from directory.store import reviews
from directory.store.listings import listing
from directory.store.reviews import Question
from schema import Caller, ids, paging
from tests.schema.schema_house import House

STEWARD = Caller(Role.STEWARD, name="Anne")
NOT_STEWARDS = (Role.PUBLIC, Role.BUYER, Caller(Role.PARTNER, partner="cmar", name="CMAR"))
FORBIDDEN = "This is for stewards; ask the operator for a steward's API key."

QUEUE = """query($where: MatchReviewWhere, $first: Int, $after: String) {
  matchReviews(where: $where, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage hasPreviousPage endCursor }
    edges { cursor node { id } } nodes { id reason weight gain left { externalId } right { externalId } }
  }
}"""


async def numbers(house: House) -> dict[str, int]:
    """The listings of the house by their partner's id."""
    found = {}
    async for page in house.context().reader.every_listing():
        found.update({each.listing.external_id: each.id for each in page})
    return found


def question(left: int, right: int, **values: Any) -> Question:
    """A question about two listings, of no particular kind."""
    usual = {"reason": ReviewReason.LIKELY, "weight": 5.0, "confidence": 0.5, "listings": 4, "gain": 1.5}
    return Question(left=min(left, right), right=max(left, right), **{**usual, **values})


async def asked(house: House, *questions: Question) -> None:
    """Have these questions wait."""
    async with house.database.writing() as connection:
        await reviews.rewrite(connection, questions, house.clock.now)


async def three(house: House) -> list[str]:
    """Three questions, in the order in which they are to be answered: their ids."""
    row = await numbers(house)
    durand = row["M2"]
    said = [
        question(row["C1"], durand, gain=3.25, weight=7.5),
        question(row["P1"], durand, gain=1.0, reason=ReviewReason.TWO_COMPANIES, weight=9.0),
        question(row["M1"], durand, gain=0.1, reason=ReviewReason.CONTRADICTION, weight=0.0),
    ]
    await asked(house, *reversed(said))
    return [ids.encode("MatchReview", f"{each.left}-{each.right}") for each in said]


async def queue(house: House, **variables: Any) -> Any:
    answer = await house.ask(QUEUE, STEWARD, **variables)
    assert "errors" not in answer
    return answer["data"]["matchReviews"]


async def test_the_answer_that_brings_most_comes_first(house: House) -> None:
    first, *_ = expected = await three(house)
    found = await queue(house)
    assert [each["id"] for each in found["nodes"]] == expected
    assert (found["totalCount"], found["pageInfo"]["hasNextPage"]) == (3, False)
    assert found["nodes"][0] == {
        "id": first,
        "reason": "LIKELY",
        "weight": 7.5,
        "gain": 3.25,
        "left": {"externalId": "C1"},
        "right": {"externalId": "M2"},
    }


async def test_page_by_page(house: House) -> None:
    expected = await three(house)
    seen, after = [], None
    for place in range(3):
        page = await queue(house, first=1, after=after)
        seen += [edge["node"]["id"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        assert page["pageInfo"]["hasNextPage"] is (place < 2)
        assert page["pageInfo"]["hasPreviousPage"] is (place > 0)
        assert page["totalCount"] == 3
    assert seen == expected
    assert (await queue(house, first=1, after=after))["nodes"] == []


@pytest.mark.parametrize(
    ("where", "places"),
    [
        ({"partner": "chambre"}, [0]),
        ({"partner": ids.encode("Partner", "cmar")}, [0, 1, 2]),
        ({"partner": "nobody"}, []),
        ({"minWeight": 7.5}, [0, 1]),
        ({"maxWeight": 7.5}, [0, 2]),
        ({"minWeight": 1, "maxWeight": 8}, [0]),
        ({"reasons": ["CONTRADICTION", "TWO_COMPANIES"]}, [1, 2]),
        ({"reasons": []}, [0, 1, 2]),
        ({"partner": "cpme13", "reasons": ["LIKELY"]}, []),
        (None, [0, 1, 2]),
    ],
)
async def test_filters(house: House, where: Any, places: list[int]) -> None:
    known = await three(house)
    found = await queue(house, where=where)
    assert [each["id"] for each in found["nodes"]] == [known[place] for place in places]
    assert found["totalCount"] == len(places)


async def test_a_listing_that_is_withdrawn_takes_its_questions_along(house: House) -> None:
    await three(house)
    members = await numbers(house)
    async with house.database.writing() as connection:
        gone = update(listing).where(listing.c.id == members["M2"]).values(withdrawn_at=house.clock.now)
        await connection.execute(gone)
    assert (await queue(house))["totalCount"] == 0


async def test_all_that_is_said_of_a_question(house: House) -> None:
    opaque, *_ = await three(house)
    fields = """confidence listingCount createdAt version
      leftSupplier { id version } rightSupplier { name version }"""
    query = f"query($id: ID!) {{ node(id: $id) {{ id ... on MatchReview {{ {fields} }} }} }}"
    answer = await house.ask(query, STEWARD, id=opaque)
    found = answer["data"]["node"]
    assert found == {
        "id": opaque,
        "confidence": 0.5,
        "listingCount": 4,
        "createdAt": "2026-11-20T08:00:00Z",
        "version": found["version"],
        "leftSupplier": {"id": ids.encode("Supplier", 1), "version": found["leftSupplier"]["version"]},
        "rightSupplier": {"name": "Menuiserie Durand", "version": found["rightSupplier"]["version"]},
    }
    assert len({found["version"], found["leftSupplier"]["version"], found["rightSupplier"]["version"], None}) == 4


@pytest.mark.parametrize("caller", NOT_STEWARDS)
async def test_nobody_else_sees_it(house: House, caller: Caller | Role) -> None:
    opaque, *_ = await three(house)
    answer = await house.ask(QUEUE, caller)
    assert answer["data"] is None
    (error,) = answer["errors"]
    assert (error["message"], error["extensions"]) == (FORBIDDEN, {"code": "FORBIDDEN"})
    assert await house.ask("query($id: ID!) { node(id: $id) { id } }", caller, id=opaque) == {"data": {"node": None}}
    query = '{ supplier(by: {siren: "732829320"}) { version decisions { id } pins { field } } }'
    nothing = {"version": None, "decisions": None, "pins": None}
    assert await house.ask(query, caller) == {"data": {"supplier": nothing}}


@pytest.mark.parametrize("key", ["1", "1-", "a-b", "01-2", "1-2-3"])
async def test_what_is_no_question(house: House, key: str) -> None:
    answer = await house.ask("query($id: ID!) { node(id: $id) { id } }", STEWARD, id=ids.encode("MatchReview", key))
    assert [error["message"] for error in answer["errors"]] == [ids.NOT_OURS]


@pytest.mark.parametrize("place", ["1.0", "x|1|2", "1.0|01|2", "1.0|1|2|3"])
async def test_what_is_no_cursor(house: House, place: str) -> None:
    answer = await house.ask(QUEUE, STEWARD, after=paging.cursor("review", place))
    (error,) = answer["errors"]
    assert (error["message"], error["extensions"]) == (paging.NOT_OURS, {"code": "BAD_CURSOR"})
