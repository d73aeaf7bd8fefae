"""Harvests as stewards and the partners themselves see them; for everybody else they are not there."""

from typing import Any

import pytest

from directory.disclosure import Role
from directory.guard import Guard
from directory.harvest import harvest
from directory.records import End, FieldShape, Scope, SourceError, Traffic, Unusable
from directory.store.partners import RunTrigger
from directory.store.timetable import put_off
from schema import Caller, ids
from tests.harvesting import Scripted, page
from tests.schema.schema_house import MEMBERS, PARTNERS, House, member

STEWARD = Caller(Role.STEWARD, name="Anne")
CMAR = Caller(Role.PARTNER, partner="cmar")
OTHERS = (Role.PUBLIC, Role.BUYER, Caller(Role.PARTNER, partner="chambre"))

RUNS = """query($first: Int = 10) { partners { code runs(first: $first) {
  number kind trigger status startedAt endedAt read added changed unchanged withdrawn skipped
  sizeBytes requests retries waitedSeconds problem
  drift { field kind before after } skips { externalId reason excerpt } partner { code }
} } }"""


def shape(**kinds: int) -> tuple[FieldShape, ...]:
    return (FieldShape(path="tel", kinds=kinds, example="04 42"),)


async def harvested(house: House, *steps: Any, **options: Any) -> None:
    """Harvest the CMAR ten minutes later."""
    house.clock.forward(minutes=10)
    await harvest(house.database, Scripted(*steps), PARTNERS["cmar"], clock=house.clock, **options)


async def eventful(house: House) -> None:
    """A harvest of the CMAR in which everything happened."""
    mine = [each for each in MEMBERS if each.partner == "cmar"]
    traffic = Traffic(requests=5, retries=2, waited_seconds=1.5)
    end = End(scope=Scope.FULL, traffic=traffic, shape=shape(number=30))
    before = End(scope=Scope.FULL, shape=shape(text=30))
    await harvested(house, page(*mine), before, full=True)
    bad = Unusable("M9", "It has no name.", '{"tel": "04 42"}')
    new = member("cmar", "M3", "Serrurerie Blanc")
    steps = page(*mine, new, unusable=(bad,), size_bytes=3_000_000_000), end
    await harvested(house, *steps, full=True, trigger=RunTrigger.SCHEDULE)


async def of_cmar(house: House, caller: Caller | Role, query: str = RUNS, **variables: Any) -> Any:
    answer = await house.ask(query, caller, **variables)
    assert "errors" not in answer
    (partner,) = (each for each in answer["data"]["partners"] if each["code"] == "cmar")
    return partner["runs"]


async def test_a_steward_sees_what_a_harvest_did_and_what_it_cost(house: House) -> None:
    await eventful(house)
    newest, *_ = await of_cmar(house, STEWARD)
    assert newest == {
        "number": newest["number"],
        "kind": "FULL",
        "trigger": "SCHEDULE",
        "status": "ACCEPTED",
        "startedAt": "2026-11-20T08:20:00Z",
        "endedAt": "2026-11-20T08:20:00Z",
        "read": 4,
        "added": 1,
        "changed": 0,
        "unchanged": 2,
        "withdrawn": 0,
        "skipped": 1,
        "sizeBytes": 3_000_000_000.0,
        "requests": 5,
        "retries": 2,
        "waitedSeconds": 1.5,
        "problem": None,
        "drift": newest["drift"],
        "skips": [{"externalId": "M9", "reason": "It has no name.", "excerpt": '{"tel": "04 42"}'}],
        "partner": {"code": "cmar"},
    }


async def test_drift_names_the_field_with_examples(house: House) -> None:
    await eventful(house)
    newest, *_ = await of_cmar(house, STEWARD)
    assert [(each["field"], each["kind"]) for each in newest["drift"]] == [("tel", "CHANGED_TYPE")]
    assert all("04 42" in newest["drift"][0][side] for side in ("before", "after"))


async def test_a_partner_sees_its_own_without_excerpts(house: House) -> None:
    await eventful(house)
    answer = await house.ask(RUNS, CMAR)
    runs = {each["code"]: each["runs"] for each in answer["data"]["partners"]}
    assert (runs["chambre"], runs["cpme13"]) == (None, None)
    assert [run["status"] for run in runs["cmar"]] == ["ACCEPTED"] * 3
    assert runs["cmar"][0]["skips"] == [{"externalId": "M9", "reason": "It has no name.", "excerpt": None}]


@pytest.mark.parametrize("caller", OTHERS)
async def test_others_see_none(house: House, caller: Caller | Role) -> None:
    await eventful(house)
    assert await of_cmar(house, caller) is None


async def test_the_newest_come_first_and_as_many_as_asked(house: House) -> None:
    await eventful(house)
    every = await of_cmar(house, STEWARD)
    assert [run["number"] for run in every] == sorted((run["number"] for run in every), reverse=True)
    assert len(every) == 3
    assert await of_cmar(house, STEWARD, first=2) == every[:2]
    assert await of_cmar(house, STEWARD, first=0) == []


@pytest.mark.parametrize("first", [-1, 101])
async def test_how_many_is_bounded_for_everybody(house: House, first: int) -> None:
    for caller in (STEWARD, Role.PUBLIC):
        answer = await house.ask(RUNS, caller, first=first)
        assert {error["message"] for error in answer["errors"]} == {"`first` is a number from 0 to 100."}


async def test_why_a_harvest_was_refused(house: House) -> None:
    await harvested(house, SourceError("CMAR does not answer; try again later."))
    newest, *_ = await of_cmar(house, CMAR)
    assert (newest["status"], newest["problem"]) == ("REFUSED", "CMAR does not answer; try again later.")


HELD = "{ partners { code kind nextRunAt heldRun { number status withdrawn problem } status { status problem } } }"


async def held(house: House) -> None:
    """A harvest of the CMAR that would lose half of its members."""
    mine = [each for each in MEMBERS if each.external_id == "M1"]
    await harvested(house, page(*mine), End(scope=Scope.FULL), full=True, guard=Guard())


async def test_a_held_harvest_waits_where_stewards_look(house: House) -> None:
    await held(house)
    seen = {}
    for caller in (STEWARD, CMAR, *OTHERS):
        answer = await house.ask(HELD, caller)
        (partner,) = (each for each in answer["data"]["partners"] if each["code"] == "cmar")
        seen[caller] = partner["heldRun"]
        assert (partner["kind"], partner["status"]["status"]) == ("DIRECTORY", "DEGRADED")
    assert [seen[other] for other in OTHERS] == [None] * 3
    assert seen[STEWARD] == seen[CMAR]
    assert (seen[STEWARD]["status"], seen[STEWARD]["withdrawn"]) == ("HELD", 1)
    assert seen[STEWARD]["problem"].startswith("CMAR is held: 50 % of the members would go")


async def test_when_the_next_harvest_is_due(house: House) -> None:
    async with house.database.writing() as connection:
        await put_off(connection, "cmar", house.clock.now.replace(hour=9))
    answer = await house.ask(HELD)
    due = {each["code"]: each["nextRunAt"] for each in answer["data"]["partners"]}
    assert due == {"chambre": None, "cmar": "2026-11-20T09:00:00Z", "cpme13": None}


async def test_a_run_is_found_again_by_those_who_may_see_it(house: House) -> None:
    query = "query($id: ID!) { node(id: $id) { ... on HarvestRun { id partner { code } } } }"
    number = (await of_cmar(house, STEWARD))[0]["number"]
    opaque = ids.encode("HarvestRun", number)
    shown = {"data": {"node": {"id": opaque, "partner": {"code": "cmar"}}}}
    hidden = {"data": {"node": None}}
    assert [await house.ask(query, caller, id=opaque) for caller in (STEWARD, CMAR)] == [shown] * 2
    assert [await house.ask(query, caller, id=opaque) for caller in OTHERS] == [hidden] * 3
    assert await house.ask(query, STEWARD, id=ids.encode("HarvestRun", 999)) == hidden


QUALITY = """{ partners { code dataQuality {
  members validSiren validAddress located duplicates closedInRegister unknownToRegister freshnessDaysMedian
} } }"""


async def test_how_good_a_partners_data_is(house: House) -> None:
    house.clock.forward(days=3)
    for caller in (STEWARD, CMAR):
        quality = {each["code"]: each["dataQuality"] for each in (await house.ask(QUALITY, caller))["data"]["partners"]}
        assert quality["cmar"] == {
            "members": 2,
            "validSiren": 0.5,
            "validAddress": 1.0,
            "located": 0.5,
            "duplicates": 0,
            "closedInRegister": 0,
            "unknownToRegister": 0,
            "freshnessDaysMedian": 3.0,
        }
        assert (quality["chambre"] is None) is (caller is CMAR)


@pytest.mark.parametrize("caller", OTHERS)
async def test_others_are_not_told(house: House, caller: Caller | Role) -> None:
    answer = await house.ask(QUALITY, caller)
    quality = {each["code"]: each["dataQuality"] for each in answer["data"]["partners"]}
    assert quality["cmar"] is None
