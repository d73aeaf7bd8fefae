"""Traces, as a collector gets them: what was done for an operation and how long it took, nothing that is private."""

import asyncio
import hashlib
import os
import sys
from typing import Any

import pytest

pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="needs circuit-court[telemetry]")

from directory.disclosure import Role
from gateway.auth import create_key
from gateway.hooked import read_members
from gateway.settings import Settings
from gateway.stores import opened_store
from tests.gateway.collector import Collector
from tests.gateway.following_kit import talking
from tests.gateway.partners_kit import town
from tests.gateway.served import fill, serve_on_loopback

SEARCH = "query Cherche($text: String) { suppliers(query: $text) { totalCount nodes { name } } }"
SECRET = "Madame Secrète"
CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def traced(settings: Settings, collector: Collector, **chosen: Any) -> Settings:
    return Settings(data_dir=settings.data_dir, telemetry={"endpoint": collector.address, **chosen})


async def test_an_operation_and_its_statements(filled: Settings) -> None:
    async with Collector().running() as collector, serve_on_loopback(traced(filled, collector)) as client:
        key = await create_key(client.hub.database, role=Role.BUYER, name="Sophie Secrète")
        for _ in range(2):
            response = await client.ask(SEARCH, key.token, variables={"text": SECRET}, operationName="Cherche")
            assert response.status == 200
        await collector.until(lambda: len(collector.operations("Cherche")) == 2)
        first, second = collector.operations("Cherche")
        request_id = second.said.pop("circuit.request_id")
    assert request_id == response.headers["X-Request-ID"]
    assert first.name in {
        "query Cherche",
        "query other",
    }  # the first fifty of a process are told apart
    assert (first.kind, first.parent, first.failed, first.said["circuit.cache"]) == ("SERVER", "", False, "MISS")
    assert first.said["circuit.plan"] in {"made", "hit"}
    assert second.said.pop("circuit.cost") > 0
    assert second.said == {
        "circuit.document.sha256": hashlib.sha256(SEARCH.encode()).hexdigest(),
        "circuit.operation": "Cherche",
        "circuit.kind": "query",
        "circuit.role": "BUYER",
        "circuit.cache": "HIT",
    }
    assert SECRET not in repr(collector.spans)
    assert all(word.encode() not in raw for word in (SECRET, key.token, "Sophie") for raw in collector.raw)


async def test_operations_of_one_connection_have_a_span_each(filled: Settings) -> None:
    queries = {name: f"query {name} {{ suppliers {{ totalCount }} }}" for name in ("Une", "Deux")}
    async with Collector().running() as collector, serve_on_loopback(traced(filled, collector)) as client:
        async with talking(client) as talk:
            await talk.begin()
            for name, query in queries.items():
                await talk.ask(name, query)
            said = [await talk.heard() for _ in range(4)]
            assert sorted((each["id"], each["type"]) for each in said) == [
                (name, kind) for name in ("Deux", "Une") for kind in ("complete", "next")
            ]
        await collector.until(lambda: all(collector.operations(name) for name in queries))
        spans = {name: collector.operations(name) for name in queries}
    for name, query in queries.items():
        (span,) = spans[name]
        assert (span.parent, span.said["circuit.request_id"]) == ("", talk.request_id)
        assert span.said["circuit.document.sha256"] == hashlib.sha256(query.encode()).hexdigest()
        assert span.said["circuit.cost"] > 0


async def test_statements_are_told_without_what_they_carry(settings: Settings, database_url: str) -> None:
    query = '{ supplier(by: {siren: "732829320"}) { name listings { name } } }'
    async with Collector().running() as collector:
        chosen = Settings(
            data_dir=settings.data_dir, database_url=database_url, telemetry={"endpoint": collector.address}
        )
        async with opened_store(chosen) as database:
            await fill(database, chosen.index_dir)
        async with serve_on_loopback(chosen) as client:
            assert (await (await client.ask(query)).json())["data"]["supplier"]["name"]
            await collector.until(collector.operations)
            (operation,) = collector.operations()
            statements = [each for each in collector.spans if each.parent == operation.id]
    dialect = "sqlite" if database_url.startswith("sqlite") else "postgresql"
    assert {(each.kind, each.trace, each.said["db.system.name"]) for each in statements} == {
        ("CLIENT", operation.trace, dialect)
    }
    found = [each for each in statements if "FROM supplier" in each.said["db.query.text"]]
    assert {each.name for each in found} == {"SELECT"}
    assert len({each.id for each in statements}) == len(statements)  # nothing is told twice
    assert "732829320" not in repr(collector.spans)


async def test_a_statement_that_fails_is_said_to(filled: Settings) -> None:
    """A table that is gone; what it is that went wrong stays in the log."""
    async with Collector().running() as collector, serve_on_loopback(traced(filled, collector)) as client:
        async with client.hub.database.writing() as connection:
            await connection.exec_driver_sql("ALTER TABLE partner RENAME TO gone")
        assert (await client.ask("{ partners { code } }")).status == 200
        await collector.until(collector.operations)
        (operation,) = collector.operations()
    failed = [each for each in collector.spans if each.parent == operation.id and each.failed]
    assert failed
    assert {each.said["error.type"] for each in failed} == {"OperationalError"}
    assert "no such table" not in repr(collector.spans)


async def test_a_partner_s_call(settings: Settings) -> None:
    query = 'query Live { listing(partner: "essai", externalId: "a") { live { source } } }'
    async with (
        Collector().running() as collector,
        town(settings, telemetry={"endpoint": collector.address}, live={"deadline_seconds": 10}) as place,
    ):
        assert (await place.data(query))["listing"]["live"] == {"source": "LIVE"}
        await collector.until(lambda: collector.operations("Live"))
        (operation,) = collector.operations("Live")
        (call,) = [each for each in collector.spans if each.name == "GET" and each.trace == operation.trace]
    assert (call.kind, call.parent, call.trace) == ("CLIENT", operation.id, operation.trace)
    assert call.said == {
        "circuit.partner": "essai",
        "http.request.method": "GET",
        "url.full": f"{place.upstream.address}/members/a",
        "http.response.status_code": 200,
    }


async def test_a_reading_of_a_partner(settings: Settings) -> None:
    """Its calls are in one trace, whoever reads: all that it has, by hand; one member, because the partner says so."""
    async with (
        Collector().running() as collector,
        town(settings, telemetry={"endpoint": collector.address}) as place,
    ):
        await collector.until(lambda: any(each.name == "read essai" for each in collector.spans))
        (reading,) = [each for each in collector.spans if each.name == "read essai"]
        calls = [each for each in collector.spans if each.parent == reading.id]
        collector.spans.clear()
        hub = place.client.hub
        await read_members(hub.database, hub.settings, hub.settings.declarations()["essai"], ["a"], hub.telemetry)
        await collector.until(lambda: any(each.name == "read essai" for each in collector.spans))
        (again,) = [each for each in collector.spans if each.name == "read essai"]
        (call,) = [each for each in collector.spans if each.said.get("circuit.partner") and each.parent == again.id]
    assert (reading.parent, again.parent) == ("", "")
    assert reading.trace != again.trace
    assert {each.said["url.full"] for each in calls} == {place.upstream.address}
    assert {(each.name, each.kind, each.trace) for each in calls} == {("GET", "CLIENT", reading.trace)}
    assert call.said["url.full"] == f"{place.upstream.address}/members/a"


async def test_a_refusal_is_a_failure_by_its_code(filled: Settings) -> None:
    async with Collector().running() as collector:
        chosen = traced(filled, collector).model_copy(
            update={"limits": Settings(limits={"executions": 1, "waiting": 0}).limits}
        )
        async with serve_on_loopback(chosen) as client:
            async with client.hub.gate:
                assert (await client.ask("query Voll { __typename }")).status == 503
            await collector.until(lambda: collector.operations("Voll"))
    (span,) = collector.operations("Voll")
    assert (span.failed, span.said["error.type"]) == (True, "OVERLOADED")


@pytest.mark.parametrize("trusted", [True, False])
async def test_a_caller_s_trace_is_followed_where_callers_are_trusted(filled: Settings, trusted: bool) -> None:
    async with (
        Collector().running() as collector,
        serve_on_loopback(traced(filled, collector, trust_callers=trusted)) as client,
    ):
        query = {"query": "query Suivi { __typename }"}
        async with client.session.post("/graphql", json=query, headers={"traceparent": CALLER}) as response:
            assert response.status == 200
        await collector.until(lambda: collector.operations("Suivi"))
        (span,) = collector.operations("Suivi")
    followed = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")
    assert ((span.trace, span.parent) == followed) is trusted
    assert (span.parent == "") is not trusted


async def test_only_a_share_is_traced(filled: Settings) -> None:
    async with Collector().running() as collector:
        async with serve_on_loopback(traced(filled, collector, sample=0)) as client:
            assert (await client.ask("{ partners { code } }")).status == 200
        assert collector.spans == []  # the hub has closed, and sent what there was to send


async def test_a_collector_that_is_away_delays_nobody(filled: Settings) -> None:
    away = Settings(data_dir=filled.data_dir, telemetry={"endpoint": "http://127.0.0.1:1/v1/traces"})
    async with asyncio.timeout(60), serve_on_loopback(away) as client:
        assert (await client.ask("{ partners { code } }")).status == 200


MODULES = """
import asyncio, sys
from gateway.asgi import create
async def main():
    app = create()
    async with app.router.lifespan_context(app):
        print(any(name.startswith("opentelemetry") for name in sys.modules))
asyncio.run(main())
"""


async def test_without_an_endpoint_nothing_of_it_is_loaded(settings: Settings) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", MODULES, env={**os.environ, **settings.environment()}, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert out.decode().strip() == "False"
