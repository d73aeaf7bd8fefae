"""What hostile callers send, over HTTP: refused with a code and a figure, counted, and at once."""

import time
from typing import Any

import pytest

from directory.disclosure import Role
from gateway.auth import create_key
from gateway.settings import Settings
from gateway.settings_costs import Costs, Maximum
from tests.gateway.budget_kit import stop_time
from tests.gateway.served import Client, serve_on_loopback
from tests.gateway.test_shape import HOSTILE

GRAPHQL = "application/graphql-response+json"
DEAR = "query ($n: Int) { suppliers(first: $n) { nodes { relatedSuppliers(first: 10) { supplier { name } } } } }"
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def said(client: Client, query: str, key: str | None = None, **members: Any) -> dict[str, Any]:
    """The only error of an answer without data."""
    answer = await (await client.ask(query, key, **members)).json()
    assert set(answer) == {"errors"}
    (error,) = answer["errors"]
    assert isinstance(error, dict)
    return error


async def counted(client: Client, code: str, name: str = "circuit_refusals_total") -> float:
    """How often this was counted so far."""
    text = await (await client.get("/metrics")).text()
    found = [line for line in text.splitlines() if line.startswith(f'{name}{{code="{code}"}}')]
    return float(found[0].split()[1]) if found else 0.0


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (HOSTILE, "TOO_MANY_FIELDS"),
        ("{...f} fragment f on Query {...g} fragment g on Query {...f}", "BAD_QUERY"),
        ("{" + " a:__typename" * 10_000 + "}", "DOCUMENT_TOO_LARGE"),
        ("{" + " __typename" * 4_990 + "}", "TOO_MANY_FIELDS"),
        ("{partners{" + " a:code" * 400 + "}}", "TOO_MANY_ALIASES"),
        ("{partners" + " @skip(if:false)" * 400 + "{code}}", "TOO_MANY_DIRECTIVES"),
        ("{" + "a:partners{code}" * 21 + "}", "TOO_MANY_ROOT_FIELDS"),
        ("{__schema{types" + "{fields{type" * 10 + "{name}" + "}}" * 10 + "}}", "TOO_DEEP"),
        ("{suppliers(where:" + "{not:" * 11 + "{}" + "}" * 11 + "){totalCount}}", "VALUE_TOO_DEEP"),
        ("{suppliers(where:{naf:" + "[" * 4_000 + "]" * 4_000 + "}){totalCount}}", "TOO_DEEP"),
        ("{suppliers(first:99999999999){nodes{id}}}", "COST_TOO_HIGH"),
    ],
)
async def test_what_is_hostile_is_refused_at_once_and_counted(shared: Client, query: str, code: str) -> None:
    before = await counted(shared, code)
    began = time.process_time()
    assert (await said(shared, query))["extensions"]["code"] == code
    assert time.process_time() - began < 1.0
    assert await counted(shared, code) == before + 1


async def test_of_many_mistakes_in_a_long_value_the_first_are_told(shared: Client) -> None:
    """Each is told with the whole value: all of them would take seconds."""
    query = "{suppliers(where: {" + " ".join(f"k{number}: 1" for number in range(1_200)) + "}) {totalCount}}"
    began = time.process_time()
    answer = await (await shared.ask(query)).json()
    assert time.process_time() - began < 1.0
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_QUERY"] * 4
    assert "aborted" in answer["errors"][-1]["message"]


async def test_introspection_that_nests_its_lists_is_refused_by_validation(shared: Client) -> None:
    key = await create_key(shared.hub.database, role=Role.BUYER, name="b")
    error = await said(shared, "{__schema{types{fields{type{fields{type{fields{name}}}}}}}}", key.token)
    assert error == {
        "message": "Maximum introspection depth exceeded",
        "locations": error["locations"],
        "extensions": {"code": "BAD_QUERY"},
    }


async def test_a_refusal_is_no_execution_in_either_media_type(shared: Client) -> None:
    for accept, status in (("application/json", 200), (GRAPHQL, 400)):
        response = await shared.session.post("/graphql", json={"query": HOSTILE}, headers={"Accept": accept})
        assert (response.status, response.headers["Cache-Control"]) == (status, "no-store")


async def test_what_costs_too_much_is_refused_by_role(shared: Client) -> None:
    steward = await create_key(shared.hub.database, role=Role.STEWARD, name="s")
    dear: dict[str, Any] = {"variables": {"n": 100}}
    error = await said(shared, DEAR, **dear)
    sentence = "The operation costs 5,143 units, and 5,000 are allowed: ask for smaller pages, or in several requests."
    assert error == {
        "message": sentence,
        "extensions": {"code": "COST_TOO_HIGH", "found": 5_143, "limit": 5_000},
    }
    assert "data" in await (await shared.ask(DEAR, steward.token, **dear)).json()
    assert "data" in await (await shared.ask(DEAR, variables={"n": 90})).json()


async def test_the_cost_is_told_to_whoever_asks(shared: Client) -> None:
    stop_time(shared)
    query = "{ suppliers(first: 3) { nodes { name } } }"
    asked: dict[str, Any] = {"extensions": {"cost": True}}
    made = await shared.ask(query, **asked)
    kept = await shared.ask(query, **asked)
    got = await shared.get("/graphql", params={"query": query, "extensions": '{"cost": true}'})
    first, second, third = [(await answer.json())["extensions"]["cost"] for answer in (made, kept, got)]
    assert {name: first[name] for name in ("requested", "maximum", "limit")} == {
        "requested": 46,
        "maximum": 5_000,
        "limit": 300_000,
    }
    assert first["charged"] == 46 + 3  # read for the first time: a unit for every twenty characters
    assert (kept.headers["X-Cache"], second["charged"]) == ("HIT", 0)
    assert second["remaining"] == first["remaining"]
    assert third["charged"] == 0
    assert {answer.headers["Cache-Control"] for answer in (made, kept, got)} == {"no-store"}
    assert "extensions" not in await (await shared.ask(query)).json()
    assert "extensions" not in await (await shared.ask(query, extensions={"cost": "yes"})).json()


async def test_the_cost_is_told_beside_errors_too(shared: Client) -> None:
    answer = await (await shared.ask('{ node(id: "!") { id } }', extensions={"cost": True})).json()
    assert set(answer) == {"data", "errors", "extensions"}
    assert answer["extensions"]["cost"]["requested"] == 3
    refused = await shared.session.post(
        "/graphql",
        json={"query": "{ nothing }", "extensions": {"cost": True}},
        headers={"Accept": GRAPHQL},
    )
    assert refused.status == 400
    assert (await refused.json(content_type=None))["extensions"]["cost"]["requested"] == 1


@pytest.mark.asyncio(loop_scope="function")
async def test_measuring_refuses_nothing_and_counts_it(filled: Settings) -> None:
    costs = Costs(mode="measure", maximum=Maximum(public=100))
    async with serve_on_loopback(filled.model_copy(update={"cost": costs})) as client:
        before = await counted(client, "COST_TOO_HIGH", "circuit_overruns_total")
        answer = await (await client.ask(DEAR, variables={"n": 90}, extensions={"cost": True})).json()
        assert len(answer["data"]["suppliers"]["nodes"]) == 2
        assert answer["extensions"]["cost"]["requested"] == 4_633
        assert await counted(client, "COST_TOO_HIGH", "circuit_overruns_total") == before + 1


async def test_costs_are_a_histogram(shared: Client) -> None:
    await shared.ask("{ suppliers { totalCount } }")
    text = await (await shared.get("/metrics")).text()
    assert 'circuit_graphql_cost_bucket{le="100.0"}' in text
