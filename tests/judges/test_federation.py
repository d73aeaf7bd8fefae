"""The hub as a subgraph: composed with another one by @apollo/composition and asked through @apollo/gateway."""

import json
from typing import Any

from directory.disclosure import Role
from gateway.auth import create_key
from tests.gateway.served import Client
from tests.judges.conftest import Judge

FABRE = {"name": "Plomberie Fabre", "siren": "732829320", "stars": 4.5}
GARLABAN = {"name": "Dépannage Garlaban", "siren": None, "stars": None}


async def through_the_gateway(judge: Judge, hub: Client, *queries: str, key: str = "") -> dict[str, Any]:
    """The answers, and for each the number of entities in every request that the gateway made of the hub."""
    said = await judge("federation.mjs", f"{hub.url}/graphql", key, json.dumps(queries))
    found: dict[str, Any] = json.loads(next(line for line in said.splitlines() if line.startswith("{")))
    return found


async def test_another_subgraph_adds_to_what_the_hub_finds(judge: Judge, hub: Client) -> None:
    found = await through_the_gateway(
        judge,
        hub,
        '{ suppliers(query: "plombier") { nodes { name siren stars } pageInfo { hasNextPage } } }',
        '{ suppliers(query: "fabre") { nodes { labels { label { code holders } } } } }',
    )
    plumbers, labels = found["answers"]
    assert plumbers == {
        "data": {"suppliers": {"nodes": [FABRE, GARLABAN], "pageInfo": {"hasNextPage": False}}},
    }
    assert "errors" not in labels
    held = labels["data"]["suppliers"]["nodes"][0]["labels"]
    assert {each["label"]["code"] for each in held} == {"artisan"}
    assert all(each["label"]["holders"] > 0 for each in held)
    assert found["fetched"] == [[0], [0]]


async def test_the_hub_adds_to_what_another_subgraph_finds(judge: Judge, hub: Client) -> None:
    query = (
        "{ ratings { stars company { name contact { name } listings { partner { code } } } location { latitude } } }"
    )
    found = await through_the_gateway(judge, hub, query)
    (answer,) = found["answers"]
    listings = [{"partner": {"code": "cmar"}}, {"partner": {"code": "chambre"}}]
    place = {"latitude": 43.3}
    assert answer["data"] == {
        "ratings": [
            {"stars": 3, "company": None, "location": place},
            {
                "stars": 4.5,
                "company": {"name": "Plomberie Fabre", "contact": None, "listings": listings},
                "location": place,
            },
        ]
    }
    assert [error["message"] for error in answer["errors"]] == [
        "There is no Supplier with this siren that you may see.",
    ]
    assert found["fetched"] == [[2]]  # both in one request


async def test_the_gateway_sees_what_its_key_may_see(judge: Judge, hub: Client) -> None:
    key = await create_key(hub.hub.database, role=Role.BUYER, name="Portail")
    query = "{ ratings { company { siren contact { name } } } }"
    found = await through_the_gateway(judge, hub, query, key=key.token)
    (answer,) = found["answers"]
    assert answer["data"]["ratings"][1] == {"company": {"siren": "732829320", "contact": {"name": "Mme Fabre"}}}
