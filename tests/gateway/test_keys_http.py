"""API keys over HTTP: refused, ended, rotated, narrowed."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from directory.disclosure import Role
from directory.store import keys
from directory.store.database import Database
from gateway.auth import create_key
from gateway.errors import KeyNotMade
from gateway.rotation import rotate_key
from gateway.settings import Settings
from tests.gateway.served import Client, refusal, serve_on_loopback

CONTACT = '{ supplier(by: { siren: "732829320" }) { contact { email } } }'


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_wrong_key_is_refused_and_not_taken_for_nobody(client: Client, method: str) -> None:
    headers = {"Authorization": f"Bearer cc_{'a' * 12}_{'A' * 43}"}
    if method == "GET":
        response = await client.get("/graphql", params={"query": "{ __typename }"}, headers=headers)
    else:
        response = await client.ask("{ __typename }", headers["Authorization"].removeprefix("Bearer "))
    sentence = "This API key is unknown; check it, or leave out the Authorization header."
    assert response.status == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="circuit", error="invalid_token"'
    assert await refusal(response) == ("UNAUTHENTICATED", sentence)


async def test_a_revoked_key_is_refused_within_a_second_whatever_was_kept(client: Client) -> None:
    key = await create_key(client.hub.database, role=Role.STEWARD, name="x")
    before = await client.ask(CONTACT, key.token)
    assert (await before.json())["data"]["supplier"]["contact"]["email"] == "contact@example.org"
    async with client.hub.database.writing() as connection:
        await keys.revoke(connection, key.prefix, datetime.now(UTC))
    await asyncio.sleep(1)
    after = await client.ask(CONTACT, key.token)
    assert (after.status, (await after.json())["errors"][0]["message"]) == (
        401,
        "This API key has been revoked; ask for a new one.",
    )


async def test_the_use_of_a_key_is_noted_before_the_hub_is_gone(filled: Settings) -> None:
    async with serve_on_loopback(filled) as client:
        database = client.hub.database
        key = await create_key(database, role=Role.BUYER, name="x")
        assert (await client.ask("{ __typename }", key.token)).status == 200
        for _ in range(100):
            async with database.reading() as connection:
                stored = await keys.find(connection, key.prefix)
            if stored and stored.last_used_at:
                break
            await asyncio.sleep(0.02)
    assert stored is not None
    assert stored.last_used_at is not None


async def test_a_key_that_ends_is_refused_within_a_second(client: Client) -> None:
    database = client.hub.database
    key = await create_key(
        database, role=Role.STEWARD, name="x", expires_at=datetime.now(UTC) + timedelta(milliseconds=300)
    )
    assert (await client.ask(CONTACT, key.token)).status == 200
    await asyncio.sleep(1.3)
    after = await client.ask(CONTACT, key.token)
    sentence = "This API key has expired; ask for a new one."
    assert (after.status, (await after.json())["errors"][0]["message"]) == (401, sentence)


async def test_every_process_refuses_a_revoked_key_within_a_second(filled: Settings) -> None:
    async with serve_on_loopback(filled) as one, serve_on_loopback(filled) as other:
        key = await create_key(one.hub.database, role=Role.BUYER, name="x")
        assert [(await each.ask(CONTACT, key.token)).status for each in (one, other)] == [200, 200]
        async with one.hub.database.writing() as connection:
            await keys.revoke(connection, key.prefix, datetime.now(UTC))
        ended = asyncio.get_running_loop().time()
        statuses: set[int] = set()
        while asyncio.get_running_loop().time() < ended + 1:
            statuses |= {(await each.ask(CONTACT, key.token)).status for each in (one, other)}
            await asyncio.sleep(0.05)
        assert statuses <= {200, 401}
        assert [(await each.ask(CONTACT, key.token)).status for each in (one, other)] == [401, 401]


async def test_old_and_new_key_are_good_during_the_overlap_and_share_saved_searches(client: Client) -> None:
    database = client.hub.database
    old = await create_key(
        database, role=Role.BUYER, name="Mairie", scopes=("read", "searches"), origins=("https://a.example",)
    )
    save = 'mutation { savedSearchCreate(name: "x", query: "plombier") { savedSearch { id } userErrors { code } } }'
    mine = "{ savedSearches { name } }"
    assert (await (await client.ask(save, old.token)).json())["data"]["savedSearchCreate"]["userErrors"] == []
    at = datetime.now(UTC)
    new = await rotate_key(database, old.prefix, overlap=timedelta(days=7), expires_at=None, at=at)
    expected = {"data": {"savedSearches": [{"name": "x"}]}}
    assert [await (await client.ask(mine, key.token)).json() for key in (old, new)] == [expected, expected]
    async with database.reading() as connection:
        before, after = await keys.find(connection, old.prefix), await keys.find(connection, new.prefix)
    assert before is not None and after is not None
    assert (before.expires_at, after.expires_at) == (at + timedelta(days=7), None)
    kept = ("role", "name", "partner", "line", "origins", "scopes")
    assert [getattr(after, each) for each in kept] == [getattr(before, each) for each in kept]


async def test_a_rotation_without_overlap_ends_the_old_key_at_once(database: Database) -> None:
    at = datetime.now(UTC)
    old = await create_key(database, role=Role.BUYER, name="x", at=at, expires_at=at + timedelta(days=90))
    new = await rotate_key(database, old.prefix, overlap=timedelta(), expires_at=None, at=at + timedelta(days=80))
    async with database.reading() as connection:
        before, after = await keys.find(connection, old.prefix), await keys.find(connection, new.prefix)
    assert before is not None and after is not None
    assert before.expires_at == at + timedelta(days=80)
    assert after.expires_at == at + timedelta(days=170)  # for as long as the old one was made
    refused = f"No key in force has the prefix '{old.prefix}'; `circuit key list` shows those there are."
    with pytest.raises(KeyNotMade) as caught:
        await rotate_key(database, old.prefix, overlap=timedelta(), expires_at=None, at=at + timedelta(days=80))
    assert str(caught.value) == refused


async def test_a_key_is_rotated_once(database: Database) -> None:
    at = datetime.now(UTC)
    old = await create_key(database, role=Role.BUYER, name="x")
    new = await rotate_key(database, old.prefix, overlap=timedelta(days=1), expires_at=None, at=at)
    with pytest.raises(KeyNotMade) as caught:
        await rotate_key(database, old.prefix, overlap=timedelta(days=1), expires_at=None, at=at)
    assert str(caught.value) == f"The key {old.prefix} has been replaced by {new.prefix}; rotate that one."
    async with database.writing() as connection:
        await keys.revoke(connection, new.prefix, at)
    again = await rotate_key(database, old.prefix, overlap=timedelta(days=1), expires_at=None, at=at)
    assert again.prefix not in {old.prefix, new.prefix}


SAVE = 'mutation { savedSearchCreate(name: "x", query: "plombier") { userErrors { code } } }'
UNDO = 'mutation { decisionUndo(id: "x", reason: "x") { userErrors { code } } }'
BOTH = 'mutation { ...f } fragment f on Mutation { savedSearchDelete(id: "x") { userErrors { code } } '
BOTH += 'decisionUndo(id: "x", reason: "x") { userErrors { code } } }'


@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [
        (None, {"read", "file", "picture", "save", "undo", "both"}),
        ((), set()),
        (("read",), {"read", "picture"}),
        (("exports",), {"file"}),
        (("searches",), {"save"}),
        (("stewardship",), {"undo"}),
        (("searches", "stewardship"), {"save", "undo", "both"}),
    ],
)
async def test_scopes_narrow_what_a_steward_may(
    client: Client, scopes: tuple[str, ...] | None, allowed: set[str]
) -> None:
    key = (await create_key(client.hub.database, role=Role.STEWARD, name="x", scopes=scopes)).token
    headers = {"Authorization": f"Bearer {key}"}
    asked = {
        "read": await client.ask("{ matchReviews { nodes { id } } }", key),
        "file": await client.get("/suppliers.jsonl", headers=headers),
        "picture": await client.get("/listings/TGlzdGluZzox/match.svg", headers=headers),
        "save": await client.ask(SAVE, key),
        "undo": await client.ask(UNDO, key),
        "both": await client.ask(BOTH, key),
    }
    assert {name for name, response in asked.items() if response.status == 200} == allowed
    for name, response in asked.items():
        if name not in allowed:
            said = await response.json()
            assert (response.status, said["errors"][0]["extensions"]["code"]) == (403, "FORBIDDEN")
            assert 'error="insufficient_scope"' in response.headers["WWW-Authenticate"]
            assert "data" not in said


async def test_what_a_whole_key_was_answered_is_not_given_to_a_narrow_one(client: Client) -> None:
    whole = await create_key(client.hub.database, role=Role.BUYER, name="x")
    narrow = await create_key(client.hub.database, role=Role.BUYER, name="x", scopes=("exports",))
    assert (await client.ask(CONTACT, whole.token)).status == 200
    assert (await client.ask(CONTACT, whole.token)).headers["X-Cache"] == "HIT"
    assert (await client.ask(CONTACT, narrow.token)).status == 403
    # Nor the other way round: what is planned and kept for one role holds nothing of a scope.
    read = await create_key(client.hub.database, role=Role.BUYER, name="x", scopes=("read",))
    answers = [await (await client.ask(CONTACT, key)).json() for key in (None, read.token, whole.token, None)]
    assert [each["data"]["supplier"]["contact"] is not None for each in answers] == [False, True, True, False]
