"""No N+1: the number of SQL statements does not grow with the number of suppliers."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from directory.disclosure import Role
from directory.harvest import harvest
from directory.matching.contract import ReviewReason
from directory.records import Activity, Contact, End, Listing, Scope, Unusable
from directory.store import reviews
from directory.store.database import Database
from directory.store.reviews import Question
from tests.harvesting import Scripted, page
from tests.schema.schema_house import AUBAGNE, PARTNERS, House, address, member

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
EVERYTHING = """query($first: Int!) { suppliers(first: $first, query: "menuiserie") {
  totalCount
  pageInfo { hasNextPage }
  coverage { partner { name } status }
  facets(of: [PARTNER, NAF]) { buckets { label count } }
  edges { cursor score node { ...All } }
  nodes { ...All }
} }
fragment All on Supplier {
  id name contact { phone }
  activities { label } labels { label { name } partner { name } }
  headOffice { address { commune } }
  establishments { totalCount nodes { siret address { lines } } }
  listings {
    externalId licence partner { name status { status } }
    match { method evidence { feature } against { externalId partner { name } } }
    supplier { id listings { id } }
  }
  provenance { field value partner { name } listing { externalId } alternatives { partner { code } listing { id } } }
}"""


def companies(count: int) -> list[Listing]:
    """Each listed by two partners, with a contact that one of them gives otherwise."""
    return [
        member(
            partner,
            f"{partner}-{number}",
            f"Menuiserie {number:03}",
            activities=(Activity("43.32A"),),
            address=address(f"{number} rue Longue", "13400", "Aubagne"),
            location=AUBAGNE,
            contact=Contact(phone=f"+3344200{number:04}"),
            labels=("RGE",),
            website=f"https://menuiserie-{number}.example/{partner}",
        )
        for number in range(1, count + 1)
        for partner in ("chambre", "cmar")
    ]


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that are run meanwhile, transactions' own words left out."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.split(maxsplit=1)[0] not in ("BEGIN", "COMMIT", "ROLLBACK"):
            statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@pytest.fixture
async def street(database: Database, tmp_path: Path) -> House:
    """A hub that knows a hundred companies, on SQLite and on PostgreSQL."""
    house = House(database, tmp_path / "index")
    await house.take_in(companies(100))
    return house


async def test_a_page_costs_the_same_whatever_its_length(street: House) -> None:
    counts = {}
    for first in (1, 10, 100):
        with counted() as statements:
            answer = await street.ask(EVERYTHING, Role.BUYER, first=first)
        assert "errors" not in answer
        found = answer["data"]["suppliers"]
        assert (found["totalCount"], len(found["nodes"]), len(found["edges"])) == (100, first, first)
        assert [len(each["listings"]) for each in found["nodes"]] == [2] * first
        assert all(len(each["provenance"]) > 5 for each in found["nodes"])
        counts[first] = len(statements)
    # Suppliers 1, listings 2 and provenance 2 (aliases first), partners 1.
    assert counts == {1: 6, 10: 6, 100: 6}


async def test_what_is_not_asked_for_is_not_read(street: House) -> None:
    for query, expected in (
        ("{ suppliers { totalCount pageInfo { endCursor } } }", 0),
        ("{ suppliers { facets(of: [NAF]) { field } } }", 0),
        ("{ suppliers { facets(of: [PARTNER]) { field } } }", 1),
        ("{ suppliers { coverage { status } } }", 1),
        ("{ suppliers { nodes { name } edges { node { name } } } }", 1),
        ("{ partners { name status { status } } }", 1),
    ):
        with counted() as statements:
            assert "errors" not in await street.ask(query)
        assert (query, len(statements)) == (query, expected)


async def test_harvests_of_every_partner_cost_as_much_as_those_of_one(street: House) -> None:
    steward = Role.STEWARD
    for _ in range(3):
        await street.take_in(companies(2))
    fields = "number status drift { field } partner { name } skips { reason }"
    for query, expected in (
        (f"{{ partners {{ runs {{ {fields} }} }} }}", 2),
        (f"{{ partners {{ runs {{ {fields} }} latest: runs(first: 1) {{ {fields} }} heldRun {{ number }} }} }}", 2),
        ("{ partners { kind nextRunAt heldRun { number } } }", 1),
        ('{ listing(partner: "cmar", externalId: "cmar-1") { name partner { name } supplier { name } } }', 5),
    ):
        with counted() as statements:
            answer = await street.ask(query, steward)
        assert "errors" not in answer
        assert (query, len(statements)) == (query, expected)


async def test_a_page_of_the_queue_costs_the_same_whatever_its_length(street: House) -> None:
    pairs = [(number, number + 1) for number in range(1, 199, 2)]
    kind = {"reason": ReviewReason.LIKELY, "weight": 5.0, "confidence": 0.5, "listings": 2, "gain": 0.5}
    async with street.database.writing() as connection:
        await reviews.rewrite(connection, [Question(left=one, right=other, **kind) for one, other in pairs], NOW)  # type: ignore[arg-type]
    side = "{ name partner { name } } %sSupplier { id version decisions { kind } pins { field } listings { name } }"
    fields = f"id version left {side % 'left'} right {side % 'right'}"
    query = f"query($first: Int!) {{ matchReviews(first: $first) {{ totalCount nodes {{ {fields} }} }} }}"
    counts = {}
    for first in (1, 10, 90):
        with counted() as statements:
            answer = await street.ask(query, Role.STEWARD, first=first)
        assert "errors" not in answer
        assert len(answer["data"]["matchReviews"]["nodes"]) == first
        counts[first] = len(statements)
    assert len(set(counts.values())) == 1


async def test_skipped_records_of_many_harvests_are_read_at_once(street: House) -> None:
    bad = Unusable("x", "It has no name.")
    for partner in PARTNERS.values():
        for _ in range(3):
            await harvest(street.database, Scripted(page(unusable=(bad,)), End(scope=Scope.CHANGES)), partner)
    with counted() as statements:
        answer = await street.ask("{ partners { runs { skips { reason } } } }", Role.STEWARD)
    skipped = [run["skips"] for each in answer["data"]["partners"] for run in each["runs"]]
    assert skipped.count([{"reason": "It has no name."}]) == 9
    assert len(statements) == 3  # partners, runs, skips
