import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from demo import serving
from demo.clocks import read_iso, to_ms
from demo.servers.cress_paca import COLUMNS, RESOURCE, TOKEN, CressPacaServer
from tests.demo.demo_kit import Answer, Clock, ask, rows_of

KNOWN = {"Authorization": TOKEN}
MODIFIED = {1: "2026-03-01T10:00:00", 2: "2026-01-01T10:00:00", 3: "2026-02-01T10:00:00", 4: "2026-02-01T10:00:00"}
COMMUNES = {1: "Gap", 2: "Apt", 3: None, 4: "Gap"}
ROWS: list[dict[str, Any]] = [
    {"_id": key, "denomination": f"n°{key} é", "commune": COMMUNES[key], "modifie": modified}
    for key, modified in MODIFIED.items()
]


@pytest.fixture
def server(clock: Clock) -> CressPacaServer:
    instants = {key: to_ms(read_iso(modified)) for key, modified in MODIFIED.items()}
    return CressPacaServer(rows_of(ROWS, "_id", instants), clock=clock)


@pytest.fixture
async def url(server: CressPacaServer) -> AsyncIterator[str]:
    async with serving(server) as address:
        yield f"{address}/api/3/action/datastore_search"


async def search(http: aiohttp.ClientSession, url: str, **query: Any) -> Answer:
    if isinstance(query.get("filters"), dict):
        query["filters"] = json.dumps(query["filters"])
    params = {"resource_id": RESOURCE, **query}
    return await ask(http, url, params=params, headers=KNOWN)


def found(answer: Answer) -> list[int]:
    return [row["_id"] for row in answer.json["result"]["records"]]


async def test_the_envelope(http: aiohttp.ClientSession, url: str) -> None:
    answer = await search(http, url, limit=2, offset=1, sort="_id")
    result = answer.json["result"]
    assert answer.json["success"] is True
    assert answer.json["help"].endswith("/api/3/action/help_show?name=datastore_search")
    assert found(answer) == [2, 3]
    assert (result["total"], result["limit"], result["offset"]) == (4, 2, 1)
    assert [field["id"] for field in result["fields"]] == list(COLUMNS)
    assert set(result["records"][0]) == set(COLUMNS)
    assert result["records"][0]["siren"] is None


async def test_json_is_ascii_as_ckan_writes_it(http: aiohttp.ClientSession, url: str) -> None:
    assert b'"denomination": "n\\u00b01 \\u00e9"' in (await search(http, url)).body


async def test_past_the_end_is_empty(http: aiohttp.ClientSession, url: str) -> None:
    answer = await search(http, url, offset=4)
    assert (answer.status, found(answer), answer.json["result"]["total"]) == (200, [], 4)


async def test_the_limit_is_capped(http: aiohttp.ClientSession, url: str) -> None:
    assert (await search(http, url, limit=50_000)).json["result"]["limit"] == 32_000


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"modifie": {"gte": "2026-02-01T10:00:00"}}, [1, 3, 4]),
        ({"modifie": {"gt": "2026-02-01T10:00:00"}}, [1]),
        ({"modifie": {"gte": "2026-01-15T00:00:00", "lt": "2026-03-01T10:00:00"}}, [3, 4]),
        ({"commune": "Gap"}, [1, 4]),
        ({"commune": ["Gap", "Apt"]}, [1, 2, 4]),
        ({"commune": {"gte": "B"}}, [1, 4]),
        ({"_id": {"lte": 2}}, [1, 2]),
        ({"commune": "Gap", "modifie": {"gt": "2026-02-15T00:00:00"}}, [1]),
    ],
)
async def test_filters(http: aiohttp.ClientSession, url: str, filters: dict[str, Any], expected: list[int]) -> None:
    answer = await search(http, url, filters=filters, sort="_id")
    assert found(answer) == expected
    assert answer.json["result"]["total"] == len(expected)


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("_id desc", [4, 3, 2, 1]),
        ("modifie", [2, 3, 4, 1]),
        ("modifie desc, _id desc", [1, 4, 3, 2]),
        ("commune, _id desc", [2, 4, 1, 3]),
    ],
)
async def test_sorts(http: aiohttp.ClientSession, url: str, sort: str, expected: list[int]) -> None:
    assert found(await search(http, url, sort=sort)) == expected


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"sort": "nom"}, "sort"),
        ({"sort": "_id; drop table"}, "sort"),
        ({"fields": "_id,nom"}, "fields"),
        ({"limit": "-1"}, "limit"),
        ({"filters": "{"}, "filters"),
        ({"filters": '["a"]'}, "filters"),
        ({"filters": '{"nom": "a"}'}, "filters"),
        ({"filters": '{"modifie": {"like": "a"}}'}, "filters"),
        ({"filters": '{"modifie": {"gte": "hier"}}'}, "query"),
    ],
)
async def test_a_bad_query_is_409(http: aiohttp.ClientSession, url: str, query: dict[str, str], field: str) -> None:
    answer = await search(http, url, **query)
    assert answer.status == 409
    assert answer.json["success"] is False
    assert answer.json["error"]["__type"] == "Validation Error"
    assert set(answer.json["error"]) == {"__type", field}


async def test_an_unknown_resource_is_404(http: aiohttp.ClientSession, url: str) -> None:
    answer = await search(http, url, resource_id="other")
    assert answer.status == 404
    assert answer.json["error"] == {
        "__type": "Not Found Error",
        "message": 'Not found: Resource "other" was not found.',
    }


@pytest.mark.parametrize("headers", [{}, {"Authorization": "wrong"}])
async def test_a_private_resource_wants_its_token(
    http: aiohttp.ClientSession, url: str, headers: dict[str, str]
) -> None:
    answer = await ask(http, url, params={"resource_id": RESOURCE}, headers=headers)
    assert (answer.status, answer.json["error"]["__type"]) == (403, "Authorization Error")


async def test_the_token_is_optional(http: aiohttp.ClientSession) -> None:
    public = CressPacaServer(rows_of([], "_id", {}), private=False)
    async with serving(public) as address:
        assert "token" not in public.settings(address)
        answer = await ask(http, f"{address}/api/3/action/datastore_search", params={"resource_id": RESOURCE})
    assert answer.json["result"]["total"] == 0


async def test_a_projection_to_ids_is_a_sweep(http: aiohttp.ClientSession, url: str) -> None:
    answer = await search(http, url, fields="_id", limit=3)
    assert answer.json["result"]["records"] == [{"_id": 1}, {"_id": 2}, {"_id": 3}]
    assert answer.json["result"]["fields"] == [{"id": "_id", "type": "int"}]


async def test_post_asks_the_same(http: aiohttp.ClientSession, url: str) -> None:
    query = {"resource_id": RESOURCE, "fields": ["_id", "commune"], "filters": {"commune": "Apt"}}
    answer = await ask(http, url, method="POST", json=query, headers=KNOWN)
    assert answer.json["result"]["records"] == [{"_id": 2, "commune": "Apt"}]
    broken = await ask(http, url, method="POST", data=b"[", headers=KNOWN)
    assert broken.status == 409


async def test_editing_upstream(http: aiohttp.ClientSession, url: str, server: CressPacaServer) -> None:
    server.edit("2", commune="Arles")
    new = server.add({"denomination": "Neuve", "commune": "Arles"})
    server.delete("3")
    answer = await search(http, url, filters={"modifie": {"gte": "2026-11-22T12:00:00"}}, fields="_id,commune,modifie")
    assert answer.json["result"]["records"] == [
        {"_id": 2, "commune": "Arles", "modifie": "2026-11-22T12:00:00"},
        {"_id": 5, "commune": "Arles", "modifie": "2026-11-22T12:00:00"},
    ]
    assert new == "5"
    assert found(await search(http, url, fields="_id")) == [1, 2, 4, 5]
