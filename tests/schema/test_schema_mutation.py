"""What stewards decide, and that nobody else does: a mutation that is refused has changed nothing at all."""

from typing import Any

import pytest
from sqlalchemy import select

from directory.disclosure import Role
from directory.store import partners
from directory.store.database import Database
from directory.store.decisions import decision
from directory.store.listings import listing
from directory.store.partners import run
from directory.store.state import state
from schema import Caller, ids
from tests.schema.schema_house import House
from tests.schema.test_schema_run import STEWARD, held

ACCEPT = "mutation($id: ID!, $reason: String!) { done: runAccept(id: $id, reason: $reason) { ...Run } }"
REJECT = "mutation($id: ID!, $reason: String!) { done: runReject(id: $id, reason: $reason) { ...Run } }"
RUN = """fragment Run on RunPayload {
  run { id status withdrawn problem partner { status { members } heldRun { id } } } userErrors { field code message }
}"""
PAUSE = """mutation($id: ID!, $paused: Boolean!, $reason: String!) {
  done: partnerPause(id: $id, paused: $paused, reason: $reason) {
    partner { code status { status } nextRunAt } userErrors { field code message }
  }
}"""
NOT_STEWARDS = (
    Role.PUBLIC,
    Role.BUYER,
    Caller(Role.PARTNER, partner="cmar", name="CMAR"),
)
FORBIDDEN = "This is for stewards; ask the operator for a steward's API key."
SAID = "Le partenaire a confirmé."


async def everything(database: Database) -> list[Any]:
    """Every row that a mutation could touch."""
    async with database.reading() as connection:
        tables = decision, run, listing, partners.partner, state
        return [(await connection.execute(select(table))).all() for table in tables]


async def decisions(database: Database) -> list[tuple[Any, ...]]:
    async with database.reading() as connection:
        rows = await connection.execute(select(decision).order_by(decision.c.id))
        return [(row.kind, row.payload, row.author, row.reason) for row in rows]


async def held_id(house: House) -> str:
    await held(house)
    answer = await house.ask("{ partners { heldRun { id } } }", STEWARD)
    (opaque,) = (each["heldRun"]["id"] for each in answer["data"]["partners"] if each["heldRun"])
    return str(opaque)


async def done(house: House, query: str, caller: Caller | Role = STEWARD, **variables: Any) -> Any:
    answer = await house.ask(query + (RUN if "...Run" in query else ""), caller, **variables)
    assert "errors" not in answer
    return answer["data"]["done"]


def fault(argument: str, code: str, message: str) -> list[dict[str, Any]]:
    return [{"field": [argument], "code": code, "message": message}]


async def test_an_accepted_harvest_is_served_from_then_on(house: House) -> None:
    opaque = await held_id(house)
    number = ids.number_of("HarvestRun", opaque)
    assert await done(house, ACCEPT, id=opaque, reason=f" {SAID} ") == {
        "run": {
            "id": opaque,
            "status": "ACCEPTED",
            "withdrawn": 1,
            "problem": None,
            "partner": {"status": {"members": 1}, "heldRun": None},
        },
        "userErrors": [],
    }
    ((kind, payload, author, reason),) = await decisions(house.database)
    assert (kind, payload["run"], payload["partner"]) == ("run_accepted", number, "cmar")
    assert (author, reason) == ("Anne", SAID)


async def test_a_rejected_harvest_leaves_what_was_served(house: House) -> None:
    opaque = await held_id(house)
    answer = await done(house, REJECT, id=opaque, reason=SAID)
    assert (answer["run"]["status"], answer["userErrors"]) == ("REJECTED", [])
    assert answer["run"]["partner"] == {"status": {"members": 2}, "heldRun": None}
    assert [kind for kind, *_ in await decisions(house.database)] == ["run_rejected"]


@pytest.mark.parametrize("query", [ACCEPT, REJECT])
async def test_a_harvest_is_decided_on_once(house: House, query: str) -> None:
    opaque = await held_id(house)
    await done(house, ACCEPT, id=opaque, reason=SAID)
    before = await everything(house.database)
    number = ids.number_of("HarvestRun", opaque)
    message = f"Run {number} does not wait for a decision: it is ACCEPTED."
    assert await done(house, query, id=opaque, reason=SAID) == {
        "run": None,
        "userErrors": fault("id", "CONFLICT", message),
    }
    assert await everything(house.database) == before


@pytest.mark.parametrize("query", [ACCEPT, REJECT])
@pytest.mark.parametrize(
    ("opaque", "code", "message"),
    [
        (ids.encode("HarvestRun", 999), "NOT_FOUND", "There is no such harvest."),
        (
            ids.encode("Supplier", 1),
            "INVALID",
            "This id is that of a Supplier; the id of a HarvestRun is wanted here.",
        ),
        ("1", "INVALID", ids.NOT_OURS),
    ],
)
async def test_what_is_no_harvest(house: House, query: str, opaque: str, code: str, message: str) -> None:
    await held(house)
    before = await everything(house.database)
    answer = await done(house, query, id=opaque, reason=SAID)
    assert answer == {"run": None, "userErrors": fault("id", code, message)}
    assert await everything(house.database) == before


REASONS = [
    ("", "Say why; the reason is kept with the decision."),
    (" \n", "Say why; the reason is kept with the decision."),
    ("x" * 2_000, "The reason has 2,000 characters; say it in 1,000."),
    ("a\0b", "The reason holds a character that cannot be kept."),
    ("a\ud800", "The reason holds a character that cannot be kept."),
]


@pytest.mark.parametrize(("reason", "message"), REASONS)
async def test_a_decision_needs_a_reason(house: House, reason: str, message: str) -> None:
    opaque = await held_id(house)
    before = await everything(house.database)
    for query, other in ((ACCEPT, {"id": opaque}), (REJECT, {"id": opaque}), (PAUSE, {"id": "cmar", "paused": True})):
        answer = await done(house, query, **other, reason=reason)
        assert answer["userErrors"] == fault("reason", "INVALID", message)
        assert answer.get("run") is None and answer.get("partner") is None
    assert await everything(house.database) == before


@pytest.mark.parametrize("caller", NOT_STEWARDS)
async def test_nobody_but_stewards_decides(house: House, caller: Caller | Role) -> None:
    opaque = await held_id(house)
    before = await everything(house.database)
    for query, other in ((ACCEPT + RUN, {}), (REJECT + RUN, {}), (PAUSE, {"paused": True})):
        answer = await house.ask(query, caller, id=opaque if not other else "cmar", reason=SAID, **other)
        assert answer["data"] is None
        (error,) = answer["errors"]
        assert (error["message"], error["path"], error["extensions"]) == (FORBIDDEN, ["done"], {"code": "FORBIDDEN"})
    assert await everything(house.database) == before


async def test_a_partner_is_paused_and_goes_on(house: House) -> None:
    for paused, health in ((True, "PAUSED"), (False, "UP")):
        answer = await done(house, PAUSE, id=ids.encode("Partner", "cmar"), paused=paused, reason=SAID)
        partner = {"code": "cmar", "status": {"status": health}, "nextRunAt": None}
        assert answer == {"partner": partner, "userErrors": []}
    assert await decisions(house.database) == [
        ("partner_paused", {"partner": "cmar"}, "Anne", SAID),
        ("partner_resumed", {"partner": "cmar"}, "Anne", SAID),
    ]


async def test_pausing_twice_is_one_decision(house: House) -> None:
    for _ in range(2):
        answer = await done(house, PAUSE, id="cmar", paused=True, reason=SAID)
        assert answer["partner"]["status"] == {"status": "PAUSED"}
    assert [kind for kind, *_ in await decisions(house.database)] == ["partner_paused"]


@pytest.mark.parametrize("code", ["nobody", "a\0", ids.encode("Supplier", 1)])
async def test_no_such_partner(house: House, code: str) -> None:
    before = await everything(house.database)
    answer = await done(house, PAUSE, id=code, paused=True, reason=SAID)
    assert answer == {"partner": None, "userErrors": fault("id", "NOT_FOUND", "There is no such partner.")}
    assert await everything(house.database) == before


async def test_each_mutation_of_a_document_sees_what_the_one_before_did(house: House) -> None:
    query = """mutation($reason: String!) {
      a: partnerPause(id: "cmar", paused: true, reason: $reason) { partner { status { status } } }
      b: partnerPause(id: "chambre", paused: true, reason: $reason) { partner { status { status } } }
      c: partnerPause(id: "cmar", paused: false, reason: $reason) { partner { status { status } } }
    }"""
    answer = await house.ask(query, STEWARD, reason=SAID)
    states = [answer["data"][each]["partner"]["status"]["status"] for each in "abc"]
    assert states == ["PAUSED", "PAUSED", "UP"]
