"""API keys: made once, proved by a digest, refused in one sentence, gone within a second of being revoked."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from directory.disclosure import Role
from directory.records import PartnerInfo
from directory.store import keys, partners
from directory.store.database import Database
from gateway.auth import Authenticator, Identity, NewKey, create_key, digest
from gateway.errors import KeyNotMade, KeyRefused

UNKNOWN = "This API key is unknown; check it, or leave out the Authorization header."
MALFORMED = "This is not an API key of the hub; it has the form cc_<prefix>_<secret>."
OTHER_SCHEME = "Send the API key as « Authorization: Bearer cc_… »; other schemes are not read."


@pytest.fixture
async def key(database: Database) -> NewKey:
    return await create_key(database, role=Role.BUYER, name="Mairie d'Aubagne")


async def refusal(database: Database, authorization: str) -> str:
    with pytest.raises(KeyRefused) as caught:
        await Authenticator(database).identify(authorization)
    return str(caught.value)


async def test_without_a_header_a_caller_is_public(database: Database) -> None:
    assert await Authenticator(database).identify(None) == Identity(Role.PUBLIC)


async def test_a_key_says_who_one_is(database: Database, key: NewKey) -> None:
    expected = Identity(Role.BUYER, None, "Mairie d'Aubagne", key.prefix, key.prefix)
    assert await Authenticator(database).identify(f"Bearer {key.token}") == expected
    assert await Authenticator(database).identify(f"bearer  {key.token} ") == expected


async def test_a_partners_key_speaks_for_it(database: Database) -> None:
    async with database.writing() as connection:
        await partners.register(connection, PartnerInfo(id="cmar", name="CMAR", organisation="CMAR"))
    key = await create_key(database, role=Role.PARTNER, name="site", partner="cmar")
    assert (await Authenticator(database).identify(f"Bearer {key.token}")).partner == "cmar"


async def test_the_store_holds_nothing_that_lets_anyone_in(database: Database, key: NewKey) -> None:
    secret = key.token.split("_", 2)[2]
    async with database.reading() as connection:
        (stored,) = await keys.every(connection)
    assert (stored.prefix, stored.hash) == (key.prefix, digest(secret))
    assert secret not in repr(stored)


async def test_keys_differ(database: Database) -> None:
    made = [await create_key(database, role=Role.BUYER, name="x") for _ in range(5)]
    assert len({key.prefix for key in made} | {key.token for key in made}) == 10


@pytest.mark.parametrize(
    ("authorization", "sentence"),
    [
        ("Basic dTpw", OTHER_SCHEME),
        ("", OTHER_SCHEME),
        ("Bearer", MALFORMED),
        ("Bearer cc_short_secret", MALFORMED),
        ("Bearer " + "x" * 100_000, MALFORMED),
        (f"Bearer cc_{'a' * 12}_{'A' * 43}", UNKNOWN),
    ],
)
async def test_what_is_no_key(database: Database, authorization: str, sentence: str) -> None:
    assert await refusal(database, authorization) == sentence


async def test_a_right_prefix_with_a_wrong_secret(database: Database, key: NewKey) -> None:
    authenticator = Authenticator(database)
    await authenticator.identify(f"Bearer {key.token}")
    with pytest.raises(KeyRefused) as caught:
        await authenticator.identify(f"Bearer cc_{key.prefix}_{'A' * 43}")
    assert str(caught.value) == UNKNOWN


async def test_a_revoked_key_is_refused_within_a_second(database: Database, key: NewKey) -> None:
    authenticator = Authenticator(database)
    await authenticator.identify(f"Bearer {key.token}")
    async with database.writing() as connection:
        await keys.revoke(connection, key.prefix, datetime.now(UTC))
    await asyncio.sleep(1)
    with pytest.raises(KeyRefused) as caught:
        await authenticator.identify(f"Bearer {key.token}")
    assert str(caught.value) == "This API key has been revoked; ask for a new one."


async def test_the_last_use_is_noted_once_a_minute(database: Database, key: NewKey) -> None:
    noon = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
    instants = iter([noon, noon, noon + timedelta(seconds=30)])  # proved, touched, touched
    authenticator = Authenticator(database, now=lambda: next(instants))
    identity = await authenticator.identify(f"Bearer {key.token}")
    await authenticator.touch(identity)
    await authenticator.touch(identity)
    async with database.reading() as connection:
        stored = await keys.find(connection, key.prefix)
    assert stored is not None
    assert stored.last_used_at == noon
    assert next(instants, None) is not None  # the second use did not even ask the store


@pytest.mark.parametrize(
    ("role", "partner", "sentence"),
    [
        (Role.PUBLIC, None, "A public caller needs no key; choose the role PARTNER, BUYER or STEWARD."),
        (Role.PARTNER, None, "A key of role PARTNER speaks for one partner; say which."),
        (Role.PARTNER, "nobody", "There is no partner « nobody » in the store; harvest it first or correct its name."),
    ],
)
async def test_a_key_that_cannot_be_made(database: Database, role: Role, partner: str | None, sentence: str) -> None:
    with pytest.raises(KeyNotMade) as caught:
        await create_key(database, role=role, name="x", partner=partner)
    assert str(caught.value) == sentence
    async with database.reading() as connection:
        assert await keys.every(connection) == []
