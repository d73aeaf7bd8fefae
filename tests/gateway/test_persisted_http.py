"""Documents that are named instead of sent, over HTTP, as Apollo's, Relay's and other clients do."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from directory.disclosure import Role
from gateway.auth import create_key
from gateway.manifests import digest
from gateway.settings import Settings
from tests.gateway.served import Client, serve_on_loopback

GRAPHQL = "application/graphql-response+json"
COUNT = "query Count($q: String) { suppliers(query: $q) { totalCount } }"
ANSWER = {"data": {"suppliers": {"totalCount": 1}}}
PLUMBER = {"q": "garlaban"}
PATIENCE = 20
NOT_FOUND = {
    "errors": [{"message": "PersistedQueryNotFound", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}],
}


def apollo(text: str) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": digest(text)}}


async def post(client: Client, key: str | None = None, accept: str = "*/*", **members: Any) -> tuple[int, Any]:
    headers = {"Accept": accept} | ({"Authorization": f"Bearer {key}"} if key else {})
    async with client.session.post("/graphql", json=members, headers=headers) as response:
        return response.status, await response.json(content_type=None)


def code(answer: Any) -> str:
    (error,) = answer["errors"]
    return str(error["extensions"]["code"])


async def test_an_apollo_client_sends_the_text_once(client: Client) -> None:
    asked: dict[str, Any] = {"variables": PLUMBER, "extensions": apollo(COUNT)}
    for accept, status in (("application/json", 200), (GRAPHQL, 400)):
        assert await post(client, accept=accept, **asked) == (status, NOT_FOUND)
    assert await post(client, query=COUNT, **asked) == (200, ANSWER)
    assert await post(client, **asked) == (200, ANSWER)
    assert await post(client, query=None, **asked) == (200, ANSWER)
    assert await post(client, documentId=f"sha256:{digest(COUNT)}", variables=PLUMBER) == (200, ANSWER)


async def test_by_get_it_can_be_kept_on_the_way(client: Client) -> None:
    asked = {"variables": json.dumps(PLUMBER), "extensions": json.dumps(apollo(COUNT))}
    unknown = await client.get("/graphql", params=asked)
    assert (unknown.status, await unknown.json()) == (200, NOT_FOUND)
    assert unknown.headers["Cache-Control"] == "no-store"
    sent = await client.get("/graphql", params={"query": COUNT, **asked})
    known = await client.get("/graphql", params=asked)
    assert await sent.json() == await known.json() == ANSWER
    assert known.headers["Cache-Control"].startswith("public, max-age=")
    assert known.headers["X-Cache"] == "HIT"  # what was made for the text is given for its hash
    by_id = {"documentId": f"sha256:{digest(COUNT)}", "variables": json.dumps(PLUMBER)}
    again = await client.get("/graphql", params=by_id, headers={"If-None-Match": known.headers["ETag"]})
    assert again.status == 304


@pytest.mark.parametrize(
    "text",
    [
        "{ nothing }",
        "{",
        "query A { a: __typename } query B { b: __typename }",
        "mutation { a }",
        "{ __schema { types { name } } }",
    ],
)
async def test_what_cannot_be_executed_is_not_kept(client: Client, text: str) -> None:
    _, refused = await post(client, query=text, extensions=apollo(text))
    assert "data" not in refused
    assert await post(client, extensions=apollo(text)) == (200, NOT_FOUND)


async def test_what_one_address_has_kept_is_bounded_and_a_keys_is_its_own(filled: Settings) -> None:
    async with serve_on_loopback(Settings(data_dir=filled.data_dir, persisted={"per_caller": 1})) as client:
        key = await create_key(client.hub.database, role=Role.BUYER, name="x")
        texts = [f"{{ a{number}: __typename }}" for number in range(3)]
        for text, token in zip(texts, (None, None, key.token), strict=True):
            assert "data" in (await post(client, token, query=text, extensions=apollo(text)))[1]
        found = [(await post(client, extensions=apollo(text)))[1] for text in texts]
        assert ["data" in each for each in found] == [True, False, True]


async def test_a_hash_of_another_text_is_refused(client: Client) -> None:
    for accept, expected in (("application/json", 200), (GRAPHQL, 400)):
        status, answer = await post(client, accept=accept, query=COUNT, extensions=apollo("{ __typename }"))
        assert (status, code(answer)) == (expected, "PERSISTED_QUERY_HASH_MISMATCH")
        assert answer["errors"][0]["message"] == "provided sha does not match query"
    assert await post(client, extensions=apollo("{ __typename }")) == (200, NOT_FOUND)


async def test_a_mutation_may_be_named_and_not_asked_by_get(client: Client) -> None:
    text = 'mutation { savedSearchDelete(id: "x") { userErrors { code } } }'
    _, answer = await post(client, query=text, extensions=apollo(text))
    assert "data" in answer
    assert (await post(client, extensions=apollo(text)))[1] == answer
    refused = await client.get("/graphql", params={"extensions": json.dumps(apollo(text))})
    assert (refused.status, code(await refused.json())) == (405, "MUTATION_BY_GET")


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({"extensions": {"persistedQuery": 1}}, "« extensions.persistedQuery » must be an object with « version » 1"),
        (
            {"extensions": {"persistedQuery": {"version": 2, "sha256Hash": "a"}}},
            "« extensions.persistedQuery » must be",
        ),
        ({"extensions": {"persistedQuery": {"version": 1}}}, "« extensions.persistedQuery » must be an object with"),
        (
            {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": 7}}},
            "« extensions.persistedQuery.sha256Hash » must be a text of 1 to 256 characters.",
        ),
        ({"documentId": ["a"]}, "« documentId » must be a text of 1 to 256 characters."),
        ({"documentId": ""}, "« documentId » must be a text of 1 to 256 characters."),
        ({"documentId": "a" * 257}, "« documentId » must be a text of 1 to 256 characters."),
        ({"documentId": "a", "extensions": apollo("b")}, "« documentId » and « extensions.persistedQuery » name two"),
        ({"documentId": None, "extensions": {"persistedQuery": None}}, "« query » is missing; it must be a text"),
    ],
)
async def test_names_of_another_form_are_refused(client: Client, members: dict[str, Any], sentence: str) -> None:
    status, answer = await post(client, **members)
    assert (status, code(answer)) == (400, "BAD_REQUEST")
    assert answer["errors"][0]["message"].startswith(sentence)


async def test_no_role_is_shown_more_for_knowing_a_hash(client: Client) -> None:
    text = '{ supplier(by: { siren: "732829320" }) { contact { email } } }'
    steward = await create_key(client.hub.database, role=Role.STEWARD, name="x")
    _, seen = await post(client, steward.token, query=text, extensions=apollo(text))
    assert seen["data"]["supplier"]["contact"]["email"] == "contact@example.org"
    _, public = await post(client, extensions=apollo(text))
    assert public == {"data": {"supplier": {"contact": None}}}


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps({"count-1": COUNT}), encoding="utf-8")
    return path


@pytest.fixture
async def strict(filled: Settings, manifest: Path) -> AsyncIterator[Client]:
    """A hub where callers without a key may run the manifest's documents only."""
    settings = Settings(data_dir=filled.data_dir, persisted={"manifest": manifest, "only": "anonymous"})
    async with serve_on_loopback(settings) as served:
        yield served


async def test_the_public_may_run_what_is_trusted_and_nothing_else(strict: Client) -> None:
    by_id: list[dict[str, Any]] = [
        {"documentId": "count-1"},
        {"documentId": f"sha256:{digest(COUNT)}"},
        {"extensions": apollo(COUNT)},
        {"query": COUNT},
        {"query": COUNT, "extensions": apollo(COUNT)},
    ]
    for members in by_id:
        assert await post(strict, **members, variables=PLUMBER) == (200, ANSWER)
    key = await create_key(strict.hub.database, role=Role.BUYER, name="x")
    free = "{ partners { code } }"
    assert "data" in (await post(strict, key.token, query=free, extensions=apollo(free)))[1]
    assert "data" in (await post(strict, key.token, extensions=apollo(free)))[1]
    for members in ({"query": free}, {"extensions": apollo(free)}, {"query": f"{COUNT} "}, {"documentId": "count-2"}):
        for accept, expected in (("application/json", 200), (GRAPHQL, 400)):
            status, answer = await post(strict, accept=accept, **members)
            assert (status, code(answer)) == (expected, "PERSISTED_DOCUMENT_REQUIRED")
    sentence = "Only documents that the hub's operator has listed are run for you; name one of them, or send a key."
    assert answer["errors"][0]["message"] == sentence


def write(path: Path, text: str | None) -> None:
    path.unlink() if text is None else path.write_text(text, encoding="utf-8")


async def eventually(asked: Callable[[], Awaitable[Any]], expected: Any) -> None:
    """Ask until this is the answer."""
    async with asyncio.timeout(PATIENCE):
        while await asked() != expected:  # noqa: ASYNC110  # what is looked at is on the other side of a socket
            await asyncio.sleep(0.1)


async def outcome(client: Client, name: str) -> str:
    """Whether the document of this name is run for the public."""
    _, answer = await post(client, documentId=name, variables=PLUMBER)
    return "run" if answer == ANSWER else code(answer)


async def manifest_problem(client: Client) -> str | None:
    """What is wrong with the manifest, by a hub that is ready all the same."""
    response = await client.get("/readyz")
    check = (await response.json())["checks"]["manifest"]
    assert (response.status, check["ok"]) == (200, check["problem"] is None)
    return str(check["problem"]) if check["problem"] else None


async def test_a_manifest_that_changes_is_taken_up(strict: Client, manifest: Path) -> None:
    assert await outcome(strict, "count-2") == "PERSISTED_DOCUMENT_REQUIRED"
    write(manifest, json.dumps({"count-2": f"{COUNT} # new"}))
    await eventually(partial(outcome, strict, "count-2"), "run")
    assert await outcome(strict, "count-1") == "PERSISTED_DOCUMENT_REQUIRED"
    assert await manifest_problem(strict) is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "the manifest {path} is not JSON"),
        (json.dumps({"count-2": "{ nothing }"}), "1 of the 1 operations of {path} cannot be run, first « count-2 »"),
        (None, "the manifest {path} cannot be read"),
    ],
    ids=["no_json", "bad_operation", "gone"],
)
async def test_of_a_broken_manifest_nothing_is_taken_up(
    strict: Client, manifest: Path, text: str | None, sentence: str
) -> None:
    write(manifest, text)

    async def is_said() -> bool:
        return (await manifest_problem(strict) or "").startswith(sentence.format(path=manifest))

    await eventually(is_said, expected=True)
    assert (await manifest_problem(strict) or "").endswith("the documents of the file before it are trusted.")
    assert await outcome(strict, "count-1") == "run"
    write(manifest, json.dumps({"count-3": COUNT}))
    await eventually(partial(outcome, strict, "count-3"), "run")
    assert await manifest_problem(strict) is None


async def test_pictures_and_the_schema_are_no_documents_of_callers(strict: Client) -> None:
    key = await create_key(strict.hub.database, role=Role.BUYER, name="x")
    _, answer = await post(strict, key.token, query='{ supplier(by: {siren: "732829320"}) { listings { id } } }')
    listing = answer["data"]["supplier"]["listings"][0]["id"]
    assert (await strict.get(f"/listings/{listing}/match.svg")).status == 200
    assert (await strict.get("/schema.graphql")).status == 200
