"""Who may introspect, who is told names alike, and the schema's text, which everybody may read."""

from typing import Any

import pytest
from graphql import build_schema as build_from_text
from graphql import parse, print_schema

from directory.disclosure import Role
from gateway.auth import Identity, create_key
from gateway.openness import introspects, is_open, without_suggestions
from gateway.settings import Settings
from schema import build_schema
from tests.gateway.following_kit import listening, talking
from tests.gateway.served import Client, serve_on_loopback

pytestmark = pytest.mark.asyncio(loop_scope="module")

HIDDEN = (
    "{ __schema { queryType { name } } }",
    '{ innocent: __type(name: "Query") { name: fields { name } } }',
    '{ __type(name: "Query") { ...F } } fragment F on __Type { name }',
    '{ __type(name: "Query") { name ... { fields { name } } } }',
    "{ ...F } fragment F on Query { __schema { types { name } } }",
    "{ ... on Query { ... { x: __schema { types { name } } } } }",
    '{ __typename ... @include(if: false) { __type(name: "A") { ofType { name } } } }',
    "query A { __typename } query B { __schema { queryType { name } } }",
)
OPEN = (
    "{ __typename partners { __typename } }",
    '{ suppliers(query: "__schema { types }") { totalCount } }',
    "{ __typename } # __schema",
    "{ __schema: __typename }",
    '{ __type(name: "Query") { name kind __typename } }',
)
MISSPELT = "{ supliers { totalCount } }"


@pytest.fixture
def client(shared: Client) -> Client:
    """Nothing here changes what the hub holds."""
    return shared


async def errors_of(client: Client, query: str, key: str | None = None, **members: Any) -> list[tuple[str, str]]:
    """Code and sentence of each error."""
    answer = await (await client.ask(query, key, **members)).json()
    return [(error["extensions"]["code"], error["message"]) for error in answer.get("errors", ())]


@pytest.mark.parametrize("query", HIDDEN)
async def test_introspection_is_seen_wherever_it_stands(query: str) -> None:
    assert introspects(query, parse(query))


@pytest.mark.parametrize("query", OPEN)
async def test_nothing_else_is_taken_for_it(client: Client, query: str) -> None:
    assert not introspects(query, parse(query))
    assert await errors_of(client, query) == []


@pytest.mark.parametrize("query", HIDDEN)
async def test_without_a_key_it_is_refused(client: Client, query: str) -> None:
    sentence = "Introspection is for callers with an API key here; read the schema at /schema.graphql."
    named = {"operationName": "A"} if "query A" in query else {}
    assert await errors_of(client, query, **named) == [("INTROSPECTION_DISABLED", sentence)]
    asked = {"query": query, **named}
    async with client.session.get(
        "/graphql", params=asked, headers={"Accept": "application/graphql-response+json"}
    ) as response:
        assert (response.status, response.headers["Cache-Control"]) == (400, "no-store")
        assert "data" not in await response.json(content_type=None)


async def test_with_a_key_it_is_answered(client: Client) -> None:
    key = await create_key(client.hub.database, role=Role.BUYER, name="x")
    answer = await (await client.ask(HIDDEN[0], key.token)).json()
    assert answer == {"data": {"__schema": {"queryType": {"name": "Query"}}}}
    # What was answered to a key is kept, and still given to nobody without one.
    assert [code for code, _ in await errors_of(client, HIDDEN[0])] == ["INTROSPECTION_DISABLED"]


@pytest.mark.parametrize(("setting", "public", "keyed"), [("everyone", True, True), ("nobody", False, False)])
async def test_the_operator_may_open_or_close_it(filled: Settings, setting: Any, public: bool, keyed: bool) -> None:
    settings = Settings(data_dir=filled.data_dir, introspection=setting, suggestions=setting)
    async with serve_on_loopback(settings) as client:
        key = await create_key(client.hub.database, role=Role.STEWARD, name="x")
        assert (await errors_of(client, HIDDEN[0]) == []) is public
        assert (await errors_of(client, HIDDEN[0], key.token) == []) is keyed
        told = " Did you mean 'suppliers' or 'supplier'?"
        for token, is_told in ((None, public), (key.token, keyed)):
            ((code, sentence),) = await errors_of(client, MISSPELT, token)
            assert code == "BAD_QUERY"
            assert sentence == f"Cannot query field 'supliers' on type 'Query'.{told if is_told else ''}"
        if not keyed:
            ((_, sentence),) = await errors_of(client, HIDDEN[0], key.token)
            assert sentence == "Introspection is turned off here; read the schema at /schema.graphql."


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        (MISSPELT, None),
        ('{ suppliers(qery: "x") { totalCount } }', None),
        ("{ suppliers(orderBy: {field: RELEVANC}) { totalCount } }", None),
        ("{ suppliers { ... on Suplier { id } } }", None),
        ('{ node(id: "x") { siren } }', None),
        ("query A($n: SupplierOder) { suppliers(orderBy: $n) { totalCount } }", None),
        ("query A($w: SupplierFilter) { suppliers(where: $w) { totalCount } }", {"w": {"lables": ["x"]}}),
        ("query A($o: SupplierOrder) { suppliers(orderBy: $o) { totalCount } }", {"o": {"field": "RELEVANC"}}),
    ],
)
async def test_the_public_is_told_no_names_alike(client: Client, query: str, variables: Any) -> None:
    key = await create_key(client.hub.database, role=Role.BUYER, name="x")
    told = await errors_of(client, query, key.token, variables=variables)
    bare = await errors_of(client, query, variables=variables)
    assert any("Did you mean" in sentence for _, sentence in told), told
    assert not any("Did you mean" in sentence for _, sentence in bare)
    assert [code for code, _ in bare] == [code for code, _ in told]
    assert all(with_names.startswith(without) for (_, with_names), (_, without) in zip(told, bare, strict=True))


async def test_the_same_is_told_by_every_transport(client: Client) -> None:
    """Of a mistake that is found before the execution begins, and of one that its beginning finds."""
    key = await create_key(client.hub.database, role=Role.BUYER, name="x")
    unknown_value = "query A($o: SupplierOrder) { suppliers(orderBy: $o) { totalCount } }"
    mistakes: list[tuple[str, dict[str, Any]]] = [
        ("{ ...S } fragment S on Suplier { id }", {}),
        ("subscription { suplierChanged { kind } }", {}),
        ("query A($n: SupplierOder) { suppliers(orderBy: $n) { totalCount } }", {}),
        (unknown_value, {"o": {"field": "RELEVANC"}}),
    ]
    for query, variables in mistakes:
        for token in (None, key.token):
            by_socket = await _by_socket(client, query, token, variables)
            async with listening(client, query, token, **variables) as stream:
                by_stream = (await stream.heard())[1]["errors"]
            assert by_socket == by_stream
            assert any("Did you mean" in error["message"] for error in by_stream) is (token is not None), by_stream
            if "subscription" not in query:
                answer = await (await client.ask(query, token, variables=variables)).json()
                assert answer["errors"] == by_stream


async def _by_socket(client: Client, query: str, key: str | None, variables: dict[str, Any]) -> Any:
    async with talking(client) as talk:
        await (await talk.begin(key)).ask("1", query, **variables)
        said = await talk.heard()
    assert said["type"] == "error"
    return said["payload"]


async def test_other_errors_stay_as_they_are() -> None:
    body = b'{"errors":[{"message":"No. ","path":["a"],"extensions":{"code":"X"}}]}'
    assert without_suggestions(body) is body


@pytest.mark.parametrize("role", list(Role))
async def test_who_is_among_whom(role: Role) -> None:
    identity = Identity(role)
    assert [is_open(setting, identity) for setting in ("everyone", "keys", "nobody")] == [
        True,
        role is not Role.PUBLIC,
        False,
    ]


async def test_the_schema_is_published(client: Client) -> None:
    response = await client.get("/schema.graphql")
    text = await response.text()
    assert (response.status, response.headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert response.headers["Cache-Control"] == "public, max-age=300"
    assert text == build_schema().as_str()
    assert print_schema(build_from_text(text, assume_valid_sdl=True)).startswith('"""')
    again = await client.get("/schema.graphql", headers={"If-None-Match": response.headers["ETag"]})
    assert (again.status, await again.read()) == (304, b"")
    async with client.session.head("/schema.graphql") as head:
        assert (head.status, head.headers["ETag"]) == (200, response.headers["ETag"])
    async with client.session.post("/schema.graphql") as posted:
        assert (posted.status, (await posted.json())["errors"][0]["extensions"]["code"]) == (405, "METHOD_NOT_ALLOWED")
