from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from demo import serving
from demo.servers.french_tech import TOKEN, FrenchTechServer
from tests.demo.demo_kit import Answer, Clock, ask, bearer, rows_of

CREATED = {1: "2026-01-01T00:00:00Z", 2: "2026-02-01T00:00:00Z", 3: "2026-03-01T00:00:00Z", 4: "2026-04-01T00:00:00Z"}
UPDATED = {1: "2026-05-01T00:00:00Z", 2: None, 3: None, 4: None}
ROWS: list[dict[str, Any]] = [
    {
        "id": key,
        "nom": f"Pousse {key}",
        "ville": "Aix" if key < 3 else None,
        "thematiques": ["Mer", "Énergie"],
        "levee_eur": 100_000 * key,
        "statut": "draft" if key == 4 else "published",
        "date_created": created,
        "date_updated": UPDATED[key],
    }
    for key, created in CREATED.items()
]


@pytest.fixture
def server(clock: Clock) -> FrenchTechServer:
    return FrenchTechServer(rows_of(ROWS, "id", dict.fromkeys(CREATED, 0)), clock=clock, limit_max=3)


@pytest.fixture
async def url(server: FrenchTechServer) -> AsyncIterator[str]:
    async with serving(server) as address:
        yield f"{address}/graphql"


async def query(http: aiohttp.ClientSession, url: str, text: str, token: str = TOKEN, **variables: Any) -> Answer:
    headers = bearer(token) if token else {}
    return await ask(http, url, method="POST", json={"query": text, "variables": variables}, headers=headers)


def found(answer: Answer) -> list[str]:
    return [row["id"] for row in answer.json["data"]["startups"]]


async def test_a_page_and_the_count(http: aiohttp.ClientSession, url: str) -> None:
    text = """{ startups(limit: 2, offset: 1, sort: ["id"]) { id nom thematiques levee_eur date_updated }
                startups_aggregated { count { id } } }"""
    answer = await query(http, url, text)
    assert answer.json == {
        "data": {
            "startups": [
                {
                    "id": "2",
                    "nom": "Pousse 2",
                    "thematiques": ["Mer", "Énergie"],
                    "levee_eur": 200_000,
                    "date_updated": None,
                },
                {
                    "id": "3",
                    "nom": "Pousse 3",
                    "thematiques": ["Mer", "Énergie"],
                    "levee_eur": 300_000,
                    "date_updated": None,
                },
            ],
            "startups_aggregated": [{"count": {"id": 4}}],
        }
    }


@pytest.mark.parametrize("limit", ["-1", "99"])
async def test_the_limit_is_cut_to_the_servers_maximum_without_a_word(
    http: aiohttp.ClientSession, url: str, limit: str
) -> None:
    answer = await query(http, url, f"{{ startups(limit: {limit}) {{ id }} }}")
    assert found(answer) == ["1", "2", "3"]
    assert "errors" not in answer.json


async def test_past_the_end_is_an_empty_list(http: aiohttp.ClientSession, url: str) -> None:
    assert found(await query(http, url, "{ startups(offset: 4) { id } }")) == []


@pytest.mark.parametrize(
    ("sort", "expected"),
    [('["-id"]', ["4", "3", "2"]), ('["ville", "-id"]', ["4", "3", "2"]), ('["-date_updated", "id"]', ["1", "2", "3"])],
)
async def test_sorts(http: aiohttp.ClientSession, url: str, sort: str, expected: list[str]) -> None:
    assert found(await query(http, url, f"{{ startups(sort: {sort}) {{ id }} }}")) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ('statut: {_eq: "published"}', ["1", "2", "3"]),
        ('statut: {_in: ["draft"]}', ["4"]),
        ('date_updated: {_gte: "2026-03-01T00:00:00Z"}', ["1"]),  # null is never later
        ('_or: [{date_updated: {_gte: "2026-03-01"}}, {date_created: {_gte: "2026-03-01"}}]', ["1", "3", "4"]),
        ('date_created: {_gt: "2026-02-01T00:00:00Z", _lt: "2026-04-01T00:00:00Z"}', ["3"]),
        ("date_updated: {_null: true}", ["2", "3", "4"]),
        ("date_updated: {_nnull: true}", ["1"]),
        ("id: {_gt: 2}", ["3", "4"]),
        ('id: {_nin: ["1", "2"]}', ["3", "4"]),
        ('nom: {_icontains: "POUSSE 3"}', ["3"]),
        ('_and: [{ville: {_eq: "Aix"}}, {id: {_neq: 1}}]', ["2"]),
    ],
)
async def test_filters(http: aiohttp.ClientSession, url: str, condition: str, expected: list[str]) -> None:
    where = f"(filter: {{{condition}}})"
    text = f"{{ startups{where} {{ id }} startups_aggregated{where} {{ count {{ id }} }} }}"
    answer = await query(http, url, text)
    assert found(answer) == expected
    assert answer.json["data"]["startups_aggregated"] == [{"count": {"id": len(expected)}}]


async def test_variables_aliases_and_fragments(http: aiohttp.ClientSession, url: str) -> None:
    text = """query ($n: Int, $f: startups_filter) { page: startups(limit: $n, filter: $f) { ...F __typename } }
              fragment F on startups { key: id ... on startups { nom } }"""
    answer = await query(http, url, text, n=1, f={"id": {"_gt": "2"}})
    assert answer.json["data"] == {"page": [{"key": "3", "nom": "Pousse 3", "__typename": "startups"}]}


async def test_one_by_id(http: aiohttp.ClientSession, url: str) -> None:
    answer = await query(http, url, "{ a: startups_by_id(id: 2) { nom } b: startups_by_id(id: 9) { nom } }")
    assert answer.json["data"] == {"a": {"nom": "Pousse 2"}, "b": None}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{ startups { chiffre } }", "Cannot query field 'chiffre' on type 'startups'."),
        ("{ startups ", "Syntax Error: Expected Name, found <EOF>."),
        ('{ startups(sort: ["chiffre"]) { id } }', 'You don\'t have permission to access field "chiffre".'),
        ('{ startups(filter: {id: {_gt: "x"}}) { id } }', 'Invalid value for "id".'),
        ("fragment F on startups { id }", 'Fragment "F" is never used.'),
    ],
)
async def test_a_query_that_does_not_fit_is_a_validation_error(
    http: aiohttp.ClientSession, url: str, text: str, message: str
) -> None:
    answer = await query(http, url, text)
    assert answer.status == 400
    error = answer.json["errors"][0]
    assert error["message"] == "GraphQL validation error."
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION"
    assert error["extensions"]["graphqlErrors"][0]["message"].replace('"', "'") == message.replace('"', "'")


@pytest.mark.parametrize("body", [b"", b"[]", b'{"query": "{ startups { id } }", "variables": 3}', b"\xff"])
async def test_a_payload_that_is_none_is_refused(http: aiohttp.ClientSession, url: str, body: bytes) -> None:
    answer = await ask(http, url, method="POST", data=body, headers=bearer(TOKEN))
    assert (answer.status, answer.json["errors"][0]["extensions"]["code"]) == (400, "INVALID_PAYLOAD")


async def test_without_a_token_the_collection_does_not_exist(http: aiohttp.ClientSession, url: str) -> None:
    answer = await query(http, url, "{ startups { id } }", token="")
    assert answer.status == 400
    assert answer.json["errors"][0]["extensions"]["graphqlErrors"] == [
        {"message": 'Cannot query field "startups" on type "Query".'}
    ]


async def test_a_wrong_token_and_an_expired_one(
    http: aiohttp.ClientSession, url: str, server: FrenchTechServer
) -> None:
    wrong = await query(http, url, "{ startups { id } }", token="wrong")
    server.expire_token()
    expired = await query(http, url, "{ startups { id } }")
    for answer, code in ((wrong, "INVALID_CREDENTIALS"), (expired, "TOKEN_EXPIRED")):
        assert answer.status == 401
        assert answer.json["errors"][0]["extensions"]["code"] == code


async def test_too_many_requests_are_429(http: aiohttp.ClientSession, clock: Clock) -> None:
    server = FrenchTechServer(rows_of([], "id", {}), clock=clock, requests_per_second=2)
    async with serving(server) as address:
        answers = [await query(http, f"{address}/graphql", "{ startups { id } }") for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[2].headers["Retry-After"] == "1"
    assert answers[2].json["errors"][0]["extensions"]["code"] == "REQUESTS_EXCEEDED"


async def test_editing_upstream(http: aiohttp.ClientSession, url: str, server: FrenchTechServer) -> None:
    server.edit("2", ville="Marseille")
    new = server.add({"nom": "Neuve"})
    server.delete("1")
    text = '{ startups(sort: ["id"]) { id nom ville statut date_created date_updated } }'
    rows = {row["id"]: row for row in (await query(http, url, text)).json["data"]["startups"]}
    assert rows["2"]["ville"] == "Marseille"
    assert rows["2"]["date_created"] == "2026-02-01T00:00:00Z"
    assert rows["2"]["date_updated"] == "2026-11-22T12:00:00Z"
    assert new == "5"
    newest = await query(
        http, url, '{ startups(filter: {date_created: {_gte: "2026-11-22"}}) { id statut date_updated } }'
    )
    assert newest.json["data"]["startups"] == [{"id": "5", "statut": "published", "date_updated": None}]
    assert "1" not in rows
