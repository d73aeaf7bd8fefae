"""The audit log over HTTP: what callers did, before they are told, and what they were refused."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from sqlalchemy import text

from directory.disclosure import Role
from directory.store import audit
from directory.store.audit import Kind, Told, Wanted
from directory.store.database import Database
from gateway.auth import Identity, create_key
from gateway.door import Notes
from gateway.settings import Settings
from gateway.settings_access import Auditing
from gateway.trail import MOST_GROUPS, Trail
from schema import ids
from tests.gateway.served import Client, serve_on_loopback

PAUSE = """mutation($id: ID!, $reason: String!) {
  first: partnerPause(id: $id, paused: true, reason: $reason) { userErrors { code } }
  again: partnerPause(id: "cmar", paused: false, reason: "x") { partner { name } }
  decisionUndo(id: "Mme Fabre, 12 rue Haute", reason: "x") { userErrors { code } }
}"""
ANSWER = (
    """mutation($them: [MatchDecisionInput!]!) { matchDecideMany(decisions: $them, reason: "x") { supplier { id } } }"""
)


async def read(client: Client, kind: Kind | None = None, limit: int = 50) -> list[Told]:
    async with client.hub.database.reading() as connection:
        return await audit.read(connection, Wanted(kind=kind), limit)


async def refusals(client: Client, count: int) -> list[Told]:
    """What was refused, once so much of it is written: within a second or so."""
    for _ in range(60):
        if len(found := await read(client, Kind.REFUSED)) >= count:
            return found
        await asyncio.sleep(0.05)
    pytest.fail(f"{len(found)} refusals were written, not {count}")


async def test_a_mutation_is_in_the_log_when_it_is_answered(client: Client) -> None:
    key = await create_key(client.hub.database, role=Role.STEWARD, name="Inès")
    partner = ids.encode("Partner", "cmar")
    response = await client.ask(PAUSE, key.token, variables={"id": partner, "reason": "Mme Fabre, 04 91 00 00 00"})
    assert response.status == 200
    undo, again, first = await read(client)
    assert [(told.field, told.ids, told.outcome) for told in (first, again, undo)] == [
        ("partnerPause", ("Partner:cmar",), "DONE"),
        ("partnerPause", ("cmar",), "DONE"),
        ("decisionUndo", ("?",), "INVALID"),  # it may be anything, and is not written down
    ]
    for told in (first, again, undo):
        assert (told.kind, told.key, told.role, told.door) == (Kind.MUTATION, key.prefix, "STEWARD", "/graphql")
        assert told.request_id == response.headers["X-Request-ID"]
        assert "Fabre" not in repr(told) and "04 91" not in repr(told)


async def test_ids_inside_of_lists_and_objects_are_named(client: Client) -> None:
    key = (await create_key(client.hub.database, role=Role.STEWARD, name="x")).token
    review = ids.encode("MatchReview", "1-2")
    them = [{"review": review, "decision": "CONFIRMED", "version": "x"}]
    await client.ask(ANSWER, key, variables={"them": them})
    (told,) = await read(client)
    assert (told.field, told.ids, told.outcome) == ("matchDecideMany", ("MatchReview:1-2",), "NOT_FOUND")


async def test_a_mutation_that_was_not_run_is_told_so(client: Client) -> None:
    key = (await create_key(client.hub.database, role=Role.STEWARD, name="x")).token
    await client.ask('mutation { decisionUndo(id: "x", reason: 5) { nothing } }', key)
    (told,) = await read(client)
    assert (told.field, told.outcome) == ("decisionUndo", "NOT_RUN")


async def test_a_mutation_that_took_too_long_is_in_the_log(filled: Settings) -> None:
    settings = Settings(data_dir=filled.data_dir, limits={"request_seconds": 0.0005})
    async with serve_on_loopback(settings) as client:
        key = (await create_key(client.hub.database, role=Role.STEWARD, name="x")).token
        # Read in time or not: whatever has been begun has an end.
        statuses: set[int] = set()
        for _ in range(200):
            statuses.add((await client.ask(PAUSE, key, variables={"id": "cmar", "reason": "x"})).status)
            if await read(client):
                break
    assert statuses <= {200, 408, 503}
    async with serve_on_loopback(filled) as client:
        outcomes = {told.outcome for told in await read(client)}
    assert outcomes
    assert outcomes <= {"DONE", "CONFLICT", "INVALID", "INTERRUPTED", "NOT_RUN"}


async def test_what_cannot_be_written_down_is_not_done(client: Client) -> None:
    key = (await create_key(client.hub.database, role=Role.STEWARD, name="x")).token
    async with client.hub.database.writing() as connection:
        await connection.execute(text("ALTER TABLE audit_entry RENAME TO elsewhere"))
    response = await client.ask(PAUSE, key, variables={"id": "cmar", "reason": "x"})
    assert response.status in {500, 503}
    async with client.hub.database.writing() as connection:
        await connection.execute(text("ALTER TABLE elsewhere RENAME TO audit_entry"))
        assert await connection.scalar(text("SELECT count(*) FROM decision")) == 0
    assert await read(client) == []


async def test_refused_attempts_are_written_within_a_second(client: Client) -> None:
    buyer = await create_key(client.hub.database, role=Role.BUYER, name="x")
    narrow = await create_key(client.hub.database, role=Role.BUYER, name="x", scopes=("exports",))
    wrong = f"cc_{buyer.prefix}_{'A' * 43}"
    queue = "{ partners { name } mine: matchReviews { nodes { id } } }"
    asked: list[tuple[str, str | None]] = [
        ("{ __typename }", wrong),
        ("{ __typename }", f"cc_{'a' * 12}_{'A' * 43}"),
        (queue, None),
        (queue, buyer.token),
        ('mutation { decisionUndo(id: "x", reason: "x") { userErrors { code } } }', buyer.token),
        ("{ __typename }", narrow.token),
    ]
    requests = [(await client.ask(query, key)).headers["X-Request-ID"] for query, key in asked]
    await client.get("/suppliers.csv", headers={"Authorization": f"Bearer {wrong}"})
    told = (await refusals(client, 7))[::-1]
    assert [(each.key, each.role, each.door, each.field, each.outcome) for each in told] == [
        (buyer.prefix, None, "/graphql", None, "UNAUTHENTICATED"),  # the key that was claimed
        (None, None, "/graphql", None, "UNAUTHENTICATED"),
        (None, "PUBLIC", "/graphql", "matchReviews", "FORBIDDEN"),
        (buyer.prefix, "BUYER", "/graphql", "matchReviews", "FORBIDDEN"),
        (buyer.prefix, "BUYER", "/graphql", "decisionUndo", "FORBIDDEN"),
        (narrow.prefix, "BUYER", "/graphql", None, "FORBIDDEN"),
        (buyer.prefix, None, "/suppliers.csv", None, "UNAUTHENTICATED"),
    ]
    assert [each.request_id for each in told[:-1]] == requests
    assert {each.times for each in told} == {1}
    assert await read(client, Kind.MUTATION) == []  # what was refused was not begun


async def test_what_is_refused_inside_of_a_body_with_several_is_in_the_log(filled: Settings) -> None:
    async with serve_on_loopback(Settings(data_dir=filled.data_dir, limits={"batch": 5})) as client:
        key = await create_key(client.hub.database, role=Role.STEWARD, name="x", scopes=("read",))
        undo = 'mutation { decisionUndo(id: "x", reason: "x") { userErrors { code } } }'
        asked = [{"query": "{ partners { name } }"}, {"query": undo}, {"query": "{ savedSearches { id } }"}]
        headers = {"Authorization": f"Bearer {key.token}"}
        async with client.session.post("/graphql", json=asked, headers=headers) as response:
            partners, undone, searches = await response.json()
        assert partners["data"] and searches["data"] == {"savedSearches": []}
        assert [error["extensions"]["code"] for error in undone["errors"]] == ["FORBIDDEN"]
        (told,) = await refusals(client, 1)
        assert (told.key, told.outcome) == (key.prefix, "FORBIDDEN")
        assert await read(client, Kind.MUTATION) == []


async def test_what_is_answered_leaves_no_refusal(client: Client) -> None:
    await client.ask('{ suppliers(query: "FORBIDDEN") { totalCount } nothing }')
    await client.ask('{ a: suppliers(query: "\\"FORBIDDEN\\"", first: -5) { totalCount } }')
    await client.get("/nowhere")
    await asyncio.sleep(1.2)
    assert await read(client) == []


async def test_nobody_fills_the_store_by_being_refused(filled: Settings) -> None:
    settings = Settings(data_dir=filled.data_dir, audit={"refusals_a_minute": 5})
    async with serve_on_loopback(settings) as client:
        key = await create_key(client.hub.database, role=Role.BUYER, name="x")
        for number in range(40):
            secret = f"{number:043d}"
            await client.ask("{ __typename }", f"cc_{key.prefix if number % 2 else 'b' * 12}_{secret}")
        assert len(await refusals(client, 5)) == 5
    async with serve_on_loopback(settings) as client:
        told = await read(client)
    assert sum(each.times for each in told) == 40
    assert sorted((each.key or "", each.times) for each in told if each.times > 1) == [("", 17), (key.prefix, 18)]
    assert len(told) == 7


async def test_what_was_counted_is_written_when_its_minute_is_over(database: Database) -> None:
    at = datetime(2026, 11, 30, 8, tzinfo=UTC)
    trail = Trail(database, Auditing(refusals_a_minute=2), clock=lambda: at)
    for second in range(10):
        at = at.replace(second=second)
        trail.refused("/graphql", "TOO_MANY", Notes(f"request-{second}", status=429))
    await trail.write()
    async with database.reading() as connection:
        assert [told.times for told in await audit.read(connection, Wanted(), 9)] == [1, 1]
    at += timedelta(minutes=1)
    await trail.write()
    trail.refused("/graphql", "TOO_MANY", Notes("request-new", status=429))
    await trail.write()
    async with database.reading() as connection:
        told = await audit.read(connection, Wanted(), 9)
    assert [(each.times, each.request_id) for each in told][:2] == [(1, "request-new"), (8, None)]
    at += timedelta(days=400)
    await trail.prune()
    async with database.reading() as connection:
        assert await audit.read(connection, Wanted(), 9) == []


async def test_the_counters_are_few_whatever_is_shown(database: Database) -> None:
    trail = Trail(database, Auditing(refusals_a_minute=1))
    for number in range(500):
        trail.refused("/graphql", "UNAUTHENTICATED", Notes("request-1", status=401, claimed=f"key{number}"))
    await trail.finish()
    async with database.reading() as connection:
        told = await audit.read(connection, Wanted(), 500)
    assert len(told) == 1 + MOST_GROUPS + 1
    assert sum(each.times for each in told) == 500


async def test_a_store_that_is_away_keeps_no_refusal_from_being_answered(client: Client) -> None:
    async with client.hub.database.writing() as connection:
        await connection.execute(text("ALTER TABLE audit_entry RENAME TO elsewhere"))
    with structlog.testing.capture_logs() as events:
        for _ in range(3):
            assert (await client.ask("{ __typename }", "cc_x_y")).status == 401
        await asyncio.sleep(1.5)
    async with client.hub.database.writing() as connection:
        await connection.execute(text("ALTER TABLE elsewhere RENAME TO audit_entry"))
    assert {event["event"] for event in events if event["log_level"] in {"warning", "error"}}
    assert len(await refusals(client, 3)) == 3


async def test_subjects_of_tokens_are_written_down(client: Client) -> None:
    """A token's caller has no key: the log names whom the token is about."""
    notes = Notes("request-1", status=403, who=Identity(Role.BUYER, None, "x", subject="portal"))
    client.hub.trail.refused("/graphql", "FORBIDDEN", notes)
    (told,) = await refusals(client, 1)
    assert (told.key, told.subject, told.role) == (None, "portal", "BUYER")
