"""What others may keep of the hub's answers: tags, 304, and that nobody is brought another's answer by one."""

import itertools
from typing import Any

import aiohttp
import pytest

from directory.disclosure import Role
from gateway.auth import create_key
from gateway.settings import Settings
from tests.gateway.served import Client, serve_on_loopback

pytestmark = pytest.mark.asyncio(loop_scope="module")

CONTACT = '{ supplier(by: { siren: "732829320" }) { name contact { email } } }'
GRAPHQL = "application/graphql-response+json"
PUBLIC = "public, max-age=10, stale-while-revalidate=60"


@pytest.fixture
def client(shared: Client) -> Client:
    """Nothing here changes what the hub holds."""
    return shared


async def ask(client: Client, query: str, key: str | None = None, **headers: str) -> aiohttp.ClientResponse:
    """GET with these headers, ``_`` for ``-``."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if key:
        sent["Authorization"] = f"Bearer {key}"
    return await client.get("/graphql", params={"query": query}, headers=sent)


async def keys_of(client: Client) -> dict[Role, str | None]:
    """A key for every role; none for the public."""
    made: dict[Role, str | None] = {Role.PUBLIC: None}
    for role in (Role.PARTNER, Role.BUYER, Role.STEWARD):
        partner = "cmar" if role is Role.PARTNER else None
        made[role] = (await create_key(client.hub.database, role=role, name=role, partner=partner)).token
    return made


@pytest.mark.parametrize("wrap", ["{}", "W/{}", '"other", {}', "*"])
async def test_what_a_caller_has_is_not_sent_again(client: Client, wrap: str) -> None:
    first = await ask(client, CONTACT)
    again = await ask(client, CONTACT, If_None_Match=wrap.format(first.headers["ETag"]))
    assert (first.status, again.status, await again.read()) == (200, 304, b"")
    # Section 15.4.5: what a 200 would have said of keeping; and nothing of a body that is not there.
    for name in ("ETag", "Cache-Control", "Vary", "X-Cache"):
        assert name in again.headers
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Cache-Control"] == first.headers["Cache-Control"] == PUBLIC
    assert again.headers["Vary"] == first.headers["Vary"] == "Accept, Authorization, Origin"
    assert "Date" in again.headers
    assert not {"Content-Type", "Content-Length"} & set(again.headers)


async def test_another_tag_is_answered(client: Client) -> None:
    again = await ask(client, CONTACT, If_None_Match='"0123"')
    assert (again.status, (await again.json())["data"]["supplier"]["name"]) == (200, "Plomberie Fabre")


async def test_a_tag_is_of_one_media_type(client: Client) -> None:
    first = await ask(client, CONTACT)
    other = await ask(client, CONTACT, Accept=GRAPHQL, If_None_Match=first.headers["ETag"])
    assert (other.status, other.content_type) == (200, GRAPHQL)
    assert other.headers["ETag"] != first.headers["ETag"]
    assert await other.read() == await first.read()


@pytest.mark.parametrize("conditional", [False, True])
async def test_head_says_what_get_would(client: Client, conditional: bool) -> None:
    got = await ask(client, CONTACT)
    headers = {"If-None-Match": got.headers["ETag"]} if conditional else {}
    async with client.session.head("/graphql", params={"query": CONTACT}, headers=headers) as head:
        assert (head.status, await head.read()) == (304 if conditional else 200, b"")
        assert {name: head.headers[name] for name in ("ETag", "Cache-Control", "Vary")} == {
            name: got.headers[name] for name in ("ETag", "Cache-Control", "Vary")
        }
        assert head.headers.get("Content-Length") == (None if conditional else got.headers["Content-Length"])


async def test_what_a_key_is_shown_is_for_its_bearer_alone(client: Client) -> None:
    for role, key in (await keys_of(client)).items():
        answer = await ask(client, CONTACT, key)
        assert answer.headers["Cache-Control"] == (PUBLIC if role is Role.PUBLIC else "private, no-cache")
        assert (await ask(client, CONTACT, key, If_None_Match=answer.headers["ETag"])).status == 304
        own = await ask(client, "{ savedSearches { name } }", key, If_None_Match="*")
        assert (own.status, own.headers["Cache-Control"], "ETag" in own.headers) == (200, "no-store", False)


async def test_a_tag_brings_nobody_anothers_answer(client: Client) -> None:
    """Every role asks with every other's tag, and gets its own answer whole unless it is the same to the byte."""
    keys = await keys_of(client)
    answers = {role: await ask(client, CONTACT, key) for role, key in keys.items()}
    bodies = {role: await answer.read() for role, answer in answers.items()}
    assert b"contact@example.org" in bodies[Role.STEWARD]
    assert b"contact@example.org" not in bodies[Role.PUBLIC]
    for mine, others in itertools.permutations(keys, 2):
        answer = await ask(client, CONTACT, keys[mine], If_None_Match=answers[others].headers["ETag"])
        if bodies[mine] == bodies[others]:
            assert answer.status == 304
        else:
            assert (answer.status, await answer.read()) == (200, bodies[mine])


async def test_a_wrong_key_is_refused_whatever_it_has(client: Client) -> None:
    tag = (await ask(client, CONTACT)).headers["ETag"]
    for held in (tag, "*"):
        refused = await ask(client, CONTACT, f"cc_{'a' * 12}_{'A' * 43}", If_None_Match=held)
        assert (refused.status, refused.headers["Cache-Control"]) == (401, "no-store")


@pytest.mark.parametrize(
    "query", ["{ nothing }", '{ node(id: "!") { id } }', "{", "mutation { a }", "{ savedSearches { name } }", ""]
)
async def test_errors_and_what_is_one_callers_own_have_no_tag(client: Client, query: str) -> None:
    answer = await ask(client, query, If_None_Match="*")
    assert answer.status != 304
    assert (answer.headers["Cache-Control"], "ETag" in answer.headers) == ("no-store", False)


async def test_a_post_is_never_kept(client: Client) -> None:
    async with client.session.post("/graphql", json={"query": CONTACT}, headers={"If-None-Match": "*"}) as answer:
        assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
        assert "ETag" not in answer.headers


async def test_what_is_new_has_another_tag(filled: Settings) -> None:
    quick: dict[str, Any] = {"fresh_seconds": 0, "stale_seconds": 0}
    async with serve_on_loopback(Settings(data_dir=filled.data_dir, cache=quick)) as client:
        first = await ask(client, "{ suppliers { totalCount } }")
        again = await ask(client, "{ suppliers { totalCount } }", If_None_Match=first.headers["ETag"])
        assert again.status == 304  # made anew, and found to be the same
        assert again.headers["Cache-Control"] == "public, max-age=0, stale-while-revalidate=0"
