"""Tokens of an OpenID provider: good ones say who one is, and no forged, stale or strange one lets anybody in."""

import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from directory.disclosure import Role
from gateway.auth import Identity
from gateway.errors import KeyRefused, RequestRefused
from gateway.openid import Provider as Reader
from tests.gateway.openid_kit import AUDIENCE, KEYS, Provider, segment

UNSIGNED = "This token is not signed with a key of the provider; get a new one."
ALGORITHM = "This token is not signed in a way that is taken here; ask the operator which ones are."
FORM = "This is neither an API key of the hub (cc_<prefix>_<secret>) nor a signed token (JWT)."
HEADER = "This token's header asks for what is not understood here."
EXPIRED = "This token has expired; get a new one."
EARLY = "This token is not good yet; check the clocks of the provider and of the hub."
AUDIENCE_WRONG = "This token is meant for another service; ask the provider for one whose audience is the hub."
TWICE = "This token's claims are not a JSON object in which each name stands once."
SUBJECT = "This token does not say whom it is about (`sub`)."
KIND = "This token is of another kind; an access token is wanted here."


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with Provider().running() as running:
        yield running


@pytest.fixture
async def reader(provider: Provider) -> AsyncIterator[Reader]:
    made = Reader(provider.policy())
    yield made
    await made.close()


async def refusal(reader: Reader, token: str) -> str:
    with pytest.raises(KeyRefused) as caught:
        await reader.identify(token)
    return str(caught.value)


@pytest.mark.parametrize("key", ["rsa", "ec", "ed"])
async def test_a_good_token_says_who_one_is(provider: Provider, reader: Reader, key: str) -> None:
    expected = Identity(Role.BUYER, None, "portal", subject="portal")
    assert await reader.identify(provider.token(key)) == expected
    assert provider.asked == ["/.well-known/openid-configuration", "/jwks"]


@pytest.mark.parametrize(
    ("header", "changes"),
    [
        ({"typ": ...}, {}),
        ({"typ": "JWT"}, {}),
        ({"typ": "application/at+jwt"}, {}),
        ({"x-own": "1"}, {}),
        ({"alg": "PS256"}, {}),
        ({}, {"aud": ["https://other.example", AUDIENCE]}),
        ({}, {"exp": -20.0}),  # within the leeway
        ({}, {"nbf": 20.5}),
        ({}, {"iat": ...}),
    ],
)
async def test_what_a_good_token_may_look_like(
    provider: Provider, reader: Reader, header: dict[str, Any], changes: dict[str, Any]
) -> None:
    # An instant is written as its distance from now.
    dated = {name: time.time() + value if isinstance(value, float) else value for name, value in changes.items()}
    assert (await reader.identify(provider.token("rsa", header, **dated))).role is Role.BUYER


PAST, AHEAD = time.time() - 3_600, time.time() + 36_000


@pytest.mark.parametrize(
    ("header", "changes", "sentence"),
    [
        ({"kid": "nobody"}, {}, UNSIGNED),
        ({"kid": "ec"}, {}, UNSIGNED),  # a key of the provider's, of another kind
        ({"kid": ...}, {}, None),  # one RSA key is there: no choice
        ({"kid": 7}, {}, HEADER),
        ({"kid": ["rsa"]}, {}, HEADER),
        ({"crit": ["exp"]}, {}, HEADER),
        ({"crit": ["b64"], "b64": False}, {}, HEADER),
        ({"crit": []}, {}, HEADER),
        ({"alg": "RS512"}, {}, ALGORITHM),  # good, and not on the list
        ({"typ": "logout+jwt"}, {}, KIND),
        ({"typ": "dpop+jwt"}, {}, KIND),
        ({"typ": 5}, {}, KIND),
        ({}, {"exp": PAST}, EXPIRED),
        ({}, {"exp": ...}, "This token never expires; one that does is wanted here."),
        ({}, {"exp": None}, "This token's `exp` is not an instant."),
        ({}, {"exp": str(int(AHEAD))}, "This token's `exp` is not an instant."),
        ({}, {"exp": True}, "This token's `exp` is not an instant."),
        ({}, {"exp": 10**400}, "This token's `exp` is not an instant."),
        ({}, {"nbf": AHEAD}, EARLY),
        ({}, {"nbf": "soon"}, "This token's `nbf` is not an instant."),
        ({}, {"iat": AHEAD}, EARLY),
        ({}, {"aud": "https://other.example"}, AUDIENCE_WRONG),
        ({}, {"aud": ["https://other.example", "https://third.example"]}, AUDIENCE_WRONG),
        ({}, {"aud": []}, AUDIENCE_WRONG),
        ({}, {"aud": {AUDIENCE: True}}, AUDIENCE_WRONG),
        ({}, {"aud": AUDIENCE + "/"}, AUDIENCE_WRONG),
        ({}, {"aud": ...}, AUDIENCE_WRONG),
        ({}, {"iss": "http://127.0.0.1:1"}, "This token is of another issuer."),
        ({}, {"iss": ...}, "This token is of another issuer."),
        ({}, {"sub": ...}, SUBJECT),
        ({}, {"sub": "x" * 256}, SUBJECT),
        ({}, {"sub": "two\nlines"}, SUBJECT),
    ],
)
async def test_a_token_the_provider_signed_is_not_good_for_all_that(
    provider: Provider, reader: Reader, header: dict[str, Any], changes: dict[str, Any], sentence: str | None
) -> None:
    token = provider.token("rsa", header, **changes)
    if sentence is None:
        assert (await reader.identify(token)).role is Role.BUYER
    else:
        assert await refusal(reader, token) == sentence


def hmac_signed(header: dict[str, Any], claims: dict[str, Any], secret: bytes) -> str:
    said = f"{segment(header)}.{segment(claims)}"
    digest = {"HS256": hashlib.sha256, "HS512": hashlib.sha512}[header["alg"]]
    return f"{said}.{segment(hmac.digest(secret, said.encode(), digest))}"


async def test_no_public_key_is_a_secret(provider: Provider, reader: Reader) -> None:
    """The confusion of RSA and HMAC: the public key, in every form it may be had in, as the secret of an HMAC."""
    public = KEYS["rsa"]
    secrets = [
        public.as_pem(private=False),
        public.as_der(private=False),
        json.dumps(public.as_dict(private=False)).encode(),
        b"",
    ]
    for name in ("HS256", "HS512"):
        for secret in secrets:
            token = hmac_signed({"alg": name, "kid": "rsa", "typ": "at+jwt"}, provider.claims(), secret)
            assert await refusal(reader, token) == ALGORITHM


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", "", None, 5, ["RS256"], "RS256 ", "rs256"])
async def test_no_other_algorithm_is_talked_into(provider: Provider, reader: Reader, name: Any) -> None:
    good = provider.token().split(".")
    unsigned = [segment({"alg": name, "kid": "rsa"}), good[1]]
    assert await refusal(reader, ".".join([*unsigned, ""])) in {FORM, ALGORITHM}
    assert await refusal(reader, ".".join([*unsigned, good[2]])) == ALGORITHM


async def test_an_impostors_signature_under_the_right_name(provider: Provider, reader: Reader) -> None:
    assert await refusal(reader, provider.token("impostor")) == UNSIGNED
    head, body, signature = provider.token().split(".")
    other = segment(provider.claims(roles=["stewards"]))
    assert await refusal(reader, f"{head}.{other}.{signature}") == UNSIGNED
    assert await refusal(reader, f"{head}.{body}.{signature[:-4]}AAAA") == UNSIGNED


async def test_keys_that_a_token_brings_along_are_never_looked_at(provider: Provider, reader: Reader) -> None:
    async with Provider().running() as impostor:
        impostor.served = ["impostor"]
        own = KEYS["impostor"].as_dict(private=False)
        brought: list[dict[str, Any]] = [
            {"jwk": own},
            {"jku": f"{impostor.issuer}/jwks"},
            {"x5u": f"{impostor.issuer}/chain.pem"},
            {"x5c": [segment(KEYS["impostor"].as_der(private=False))]},
            {"kid": f"{impostor.issuer}/jwks", "jku": f"{impostor.issuer}/jwks"},
            {"kid": "../../../../dev/null"},
            {"kid": "rsa' OR '1'='1"},
        ]
        for header in brought:
            assert await refusal(reader, provider.token("impostor", header)) == UNSIGNED
        assert impostor.asked == []
        # Nor do they harm one that is signed as it should be.
        good = provider.token("rsa", {"jku": f"{impostor.issuer}/jwks", "jwk": own})
        assert (await reader.identify(good)).role is Role.BUYER
        assert impostor.asked == []


@pytest.mark.parametrize(
    "claims",
    [
        '{"roles": ["buyers"], "roles": ["stewards"], %s}',
        '{"realm": {"a": 1, "a": 2}, %s}',
        "[%s]",
        "%s",
        '{"exp": NaN, %s}',
        "[" * 4_000,
        "\ud800",
    ],
)
async def test_claims_that_two_readers_may_read_differently(provider: Provider, reader: Reader, claims: str) -> None:
    good = json.dumps(provider.claims())[1:-1]
    body = (claims % good if "%s" in claims else claims).encode(errors="surrogatepass")
    assert await refusal(reader, provider.signed("rsa", {"alg": "RS256", "kid": "rsa"}, body)) == TWICE


async def test_a_name_that_stands_twice_in_the_header(provider: Provider, reader: Reader) -> None:
    head = segment('{"alg": "none", "kid": "rsa", "alg": "RS256"}')
    _, body, signature = provider.token().split(".")
    assert await refusal(reader, f"{head}.{body}.{signature}") == FORM


@pytest.mark.parametrize("size", [8_193, 1_000_000])
async def test_a_token_that_is_too_large_is_not_read(provider: Provider, reader: Reader, size: int) -> None:
    token = provider.token(padding="x" * size)
    began = time.perf_counter()
    said = await refusal(reader, token)
    assert said == "This token is longer than 8,192 characters; ask for one with fewer claims."
    assert time.perf_counter() - began < 0.05
    assert provider.asked == []


@pytest.mark.parametrize(
    "text", ["a.b", "a.b.c.d", "a.b.c.d.e", "..", "é.é.é", "e30.e30.e30", "bm8.e30.e30", "a b.c.d"]
)
async def test_what_is_no_token(provider: Provider, reader: Reader, text: str) -> None:
    assert await refusal(reader, text) in {FORM, ALGORITHM}
    assert provider.asked == []


async def test_access_tokens_alone_where_the_operator_says_so(provider: Provider) -> None:
    reader = Reader(provider.policy(access_tokens_only=True))
    assert (await reader.identify(provider.token())).role is Role.BUYER
    wanted = "This token is of another kind; an access token (`typ` is `at+jwt`) is wanted here."
    assert await refusal(reader, provider.token("rsa", {"typ": "JWT"})) == wanted
    assert await refusal(reader, provider.token("rsa", {"typ": ...})) == wanted


async def test_a_token_that_was_good_is_not_good_for_ever(provider: Provider) -> None:
    at = datetime.now(UTC)
    reader = Reader(provider.policy(leeway_seconds=0), clock=lambda: at)
    token = provider.token()
    await reader.identify(token)
    reader._remembered.clear()
    at += timedelta(seconds=301)
    assert await refusal(reader, token) == EXPIRED


CLAIMS: list[tuple[dict[str, Any], dict[str, Any], Identity]] = [
    ({}, {"roles": "buyers"}, Identity(Role.BUYER, None, "portal", subject="portal")),
    ({}, {"roles": ["x", 5, "buyers", "stewards"]}, Identity(Role.STEWARD, None, "portal", subject="portal")),
    ({"role_claim": "realm_access.roles"}, {"realm_access": {"roles": ["buyers"]}},
     Identity(Role.BUYER, None, "portal", subject="portal")),
    ({"role_claim": "https://hub.example/roles"}, {"https://hub.example/roles": "stewards"},
     Identity(Role.STEWARD, None, "portal", subject="portal")),
    ({"name_claim": "preferred_username"}, {"preferred_username": "ines"},
     Identity(Role.BUYER, None, "ines", subject="portal")),
    ({"name_claim": "preferred_username"}, {"preferred_username": ["x"]},
     Identity(Role.BUYER, None, "portal", subject="portal")),
    ({"scope_claim": "scope"}, {"scope": "openid read exports"},
     Identity(Role.BUYER, None, "portal", subject="portal", scopes=frozenset({"read", "exports"}))),
    ({"scope_claim": "scp"}, {"scp": ["read", 5]},
     Identity(Role.BUYER, None, "portal", subject="portal", scopes=frozenset({"read"}))),
    ({"scope_claim": "scope"}, {}, Identity(Role.BUYER, None, "portal", subject="portal", scopes=frozenset())),
    ({"roles": {"members": "PARTNER"}, "partner_claim": "org.code"}, {"roles": "members", "org": {"code": "cmar"}},
     Identity(Role.PARTNER, "cmar", "portal", subject="portal")),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "changes", "expected"), CLAIMS)
async def test_claims_become_a_caller_as_the_settings_say(
    provider: Provider, settings: dict[str, Any], changes: dict[str, Any], expected: Identity
) -> None:
    reader = Reader(provider.policy(**settings))
    assert await reader.identify(provider.token(**changes)) == expected


@pytest.mark.parametrize(
    ("settings", "changes"),
    [
        ({}, {"roles": ...}),
        ({}, {"roles": ["STEWARD", "Stewards", "visitors"]}),
        ({}, {"roles": {"stewards": True}}),
        ({"role_claim": "sub.roles"}, {}),
        ({"roles": {"members": "PARTNER"}, "partner_claim": "org"}, {"roles": "members"}),
        ({"roles": {"members": "PARTNER"}, "partner_claim": "org"}, {"roles": "members", "org": "cmar' --"}),
    ],
)
async def test_a_good_token_without_a_role_lets_nobody_in(
    provider: Provider, settings: dict[str, Any], changes: dict[str, Any]
) -> None:
    with pytest.raises(RequestRefused) as caught:
        await Reader(provider.policy(**settings)).identify(provider.token(**changes))
    assert (caught.value.status, caught.value.code) == (403, "NO_ROLE")
