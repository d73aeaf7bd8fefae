"""The provider's keys: fetched once for many, again when they change, seldom for those who invent names, and kept while
the provider is away.
"""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import structlog

from gateway.errors import KeyRefused, RequestRefused
from gateway.openid import Provider as Reader
from gateway.openid.keys import PAUSE
from tests.gateway.openid_kit import KEYS, Provider

AWAY = "Tokens cannot be checked just now; try again in a few moments, or use an API key."


class Ticks:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with Provider().running() as running:
        yield running


def reader_of(provider: Provider, ticks: Ticks, **values: Any) -> Reader:
    return Reader(provider.policy(**values), ticks=ticks)


async def is_away(reader: Reader, token: str) -> bool:
    """Whether the answer is 503 with a time to come back, and says nothing of the provider."""
    with pytest.raises(RequestRefused) as caught:
        await reader.identify(token)
    refused = caught.value
    assert (refused.status, refused.code, refused.message) == (503, "PROVIDER_UNAVAILABLE", AWAY)
    return refused.headers == {"Retry-After": "10"}


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(500):
        if holds():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it did not come to hold within five seconds")


async def test_a_hundred_at_once_have_the_keys_fetched_once(provider: Provider, ticks: Ticks) -> None:
    provider.delay = 0.05
    reader = reader_of(provider, ticks)
    found = await asyncio.gather(*(reader.identify(provider.token(n=n)) for n in range(100)))
    assert {each.subject for each in found} == {"portal"}
    assert provider.fetches == 1


async def test_a_new_key_is_taken_up_when_it_is_first_named(provider: Provider, ticks: Ticks) -> None:
    reader = reader_of(provider, ticks)
    await reader.identify(provider.token())
    provider.served = ["rsa", "next"]
    ticks.now += PAUSE
    provider.delay = 0.05
    await asyncio.gather(*(reader.identify(provider.token("next", n=n)) for n in range(50)))
    assert provider.fetches == 2


async def test_invented_names_do_not_have_the_provider_hammered(provider: Provider, ticks: Ticks) -> None:
    reader = reader_of(provider, ticks)
    await reader.identify(provider.token())
    for round_ in range(3):
        ticks.now += PAUSE
        for n in range(200):
            with pytest.raises(KeyRefused):
                await reader.identify(provider.token("rsa", {"kid": f"invented-{round_}-{n}"}))
    assert provider.fetches == 4
    assert (await reader.identify(provider.token(n=1))).subject == "portal"


async def test_a_key_that_the_provider_has_withdrawn_is_good_no_more(provider: Provider, ticks: Ticks) -> None:
    reader = reader_of(provider, ticks, refresh_seconds=300)
    token = provider.token()
    await reader.identify(token)
    provider.served = ["next"]
    ticks.now += 301
    await reader.identify(provider.token(n=1))  # answered at once, with what is there; the keys are fetched behind it
    await until(lambda: provider.fetches == 2)
    await asyncio.sleep(0.05)
    with pytest.raises(KeyRefused):
        await reader.identify(provider.token(n=2))


async def test_keys_stay_good_while_the_provider_is_away_and_then_no_longer(provider: Provider, ticks: Ticks) -> None:
    reader = reader_of(provider, ticks, refresh_seconds=300, keep_seconds=3_600)
    await reader.identify(provider.token())
    provider.status = 500
    for n in range(11):
        ticks.now += 300.5
        assert (await reader.identify(provider.token(n=n))).subject == "portal"
        await asyncio.sleep(0.02)
    # A name that is not among the keys may be a new one's: nobody can know now.
    ticks.now += PAUSE
    assert await is_away(reader, provider.token("next"))
    ticks.now += 600
    assert await is_away(reader, provider.token(n=100))
    asked = len(provider.asked)
    assert await is_away(reader, provider.token(n=101))  # and within the pause nobody is asked
    assert len(provider.asked) == asked
    provider.status = 200
    ticks.now += PAUSE
    assert (await reader.identify(provider.token(n=102))).subject == "portal"


async def test_nobody_listens_there(ticks: Ticks) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        provider = Provider()
        provider.issuer = f"http://127.0.0.1:{taken.getsockname()[1]}"
        assert await is_away(reader_of(provider, ticks), provider.token())


async def test_a_provider_that_takes_too_long(provider: Provider, ticks: Ticks) -> None:
    provider.delay = 5
    assert await is_away(reader_of(provider, ticks, deadline_seconds=0.1), provider.token())


def listed(*keys: Any) -> bytes:
    return json.dumps({"keys": list(keys)}).encode()


GOOD = KEYS["rsa"].as_dict(private=False)


@pytest.mark.parametrize(
    ("discovery", "key_set", "problem"),
    [
        ({"issuer": "https://other.example"}, None, "another issuer"),
        ({"jwks_uri": "http://169.254.169.254/latest"}, None, "no https address"),
        ({"jwks_uri": "file:///etc/passwd"}, None, "no https address"),
        ({"jwks_uri": None}, None, "no https address"),
        ({}, b"", "JSON object"),
        ({}, b"[]", "JSON object"),
        ({}, b"[" * 100_000, "JSON object"),
        ({}, b'{"keys": {}}', "no list of keys"),
        ({}, listed(), "no public key"),
        ({}, listed({**GOOD, "use": "enc"}), "no public key"),
        ({}, listed({**GOOD, "key_ops": ["sign"]}), "no public key"),
        ({}, listed({"kty": "oct", "kid": "rsa", "k": "c2VjcmV0c2VjcmV0c2VjcmV0"}), "no public key"),
        ({}, listed({"kty": "RSA", "kid": "rsa", "n": "AQAB", "e": "AQAB"}), "no public key"),
        ({}, listed({"kty": "what"}, 5, None, "x"), "no public key"),
        ({}, b" " * 300_000, "more than 262,144 bytes"),
    ],
)
async def test_what_is_no_key_set(
    provider: Provider, ticks: Ticks, discovery: dict[str, Any], key_set: bytes | None, problem: str
) -> None:
    provider.discovery, provider.key_set = discovery, key_set
    with structlog.testing.capture_logs() as events:
        assert await is_away(reader_of(provider, ticks), provider.token())
    (event,) = [each for each in events if each["event"] == "oidc.keys_not_fetched"]
    assert problem in event["problem"]


async def test_redirects_are_not_followed(provider: Provider, ticks: Ticks) -> None:
    provider.status = 302
    assert await is_away(reader_of(provider, ticks), provider.token())
    assert provider.asked == ["/.well-known/openid-configuration"]


async def test_one_key_among_strange_ones_is_enough(provider: Provider, ticks: Ticks) -> None:
    provider.key_set = listed({"kty": "what"}, {**GOOD, "d": "AQAB"}, 5)
    assert (await reader_of(provider, ticks).identify(provider.token())).subject == "portal"


async def test_whoever_leaves_does_not_end_what_others_wait_for(provider: Provider, ticks: Ticks) -> None:
    provider.delay = 0.1
    reader = reader_of(provider, ticks)
    first = asyncio.create_task(reader.identify(provider.token()))
    second = asyncio.create_task(reader.identify(provider.token(n=1)))
    await asyncio.sleep(0.05)
    first.cancel()
    assert (await second).subject == "portal"
    assert provider.fetches == 1
