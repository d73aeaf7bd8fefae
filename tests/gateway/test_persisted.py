"""Documents kept for callers: only by their own hash, within bounds, and shared through Redis where there is one."""

import os
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from graphql import GraphQLError

from cache import Entry
from cache.redis import RedisTier
from directory.disclosure import Role
from gateway.auth import Identity
from gateway.manifests import Trusted, digest
from gateway.persisted import LONGEST_TEXT, OVERHEAD, PersistedDocuments
from gateway.requests import GraphQLRequest
from gateway.settings import Persisted

ADDRESS = os.environ.get("CIRCUIT_TEST_REDIS_URL", "")
PUBLIC, BUYER = Identity(), Identity(Role.BUYER, name="x", prefix="abcdefghijkl")
TEXT = "{ partners { name } }"
OTHER = "{ partners { code } }"


def persisted(*trusted: str, shared: RedisTier | None = None, **settings: Any) -> PersistedDocuments:
    manifest = {f"doc-{number}": text for number, text in enumerate(trusted)}
    given = {"manifest": "operations.json", **settings} if trusted else settings
    return PersistedDocuments(Persisted(**given), Trusted(manifest), shared)


def named(text: str, *, sent: bool = True) -> GraphQLRequest:
    """A request by hash, the text with it or not."""
    return GraphQLRequest(text if sent else "", document_id=digest(text))


async def text_of(documents: PersistedDocuments, asked: GraphQLRequest, identity: Identity = PUBLIC) -> str:
    """The text that is run, or the code of the refusal."""
    try:
        return (await documents.resolve(asked, identity)).query
    except GraphQLError as error:
        assert error.extensions
        return str(error.extensions["code"])


async def is_kept(documents: PersistedDocuments, text: str) -> bool:
    return await text_of(documents, named(text, sent=False)) == text


async def test_a_text_is_kept_once_it_was_executed_and_not_before() -> None:
    documents = persisted()
    assert await text_of(documents, named(TEXT, sent=False)) == "PERSISTED_QUERY_NOT_FOUND"
    assert await text_of(documents, named(TEXT)) == TEXT
    assert not await is_kept(documents, TEXT)
    await documents.keep(named(TEXT), PUBLIC, "192.0.2.1")
    assert await is_kept(documents, TEXT)


async def test_other_members_stay_as_they_were_sent() -> None:
    documents = persisted()
    await documents.keep(named(TEXT), PUBLIC, "x")
    asked = GraphQLRequest("", "A", {"x": 1}, {}, digest(TEXT))
    assert await documents.resolve(asked, PUBLIC) == GraphQLRequest(TEXT, "A", {"x": 1}, {}, digest(TEXT))


@pytest.mark.parametrize("name", [digest(OTHER), "doc-1", digest(TEXT).upper(), f"sha256:{digest(TEXT)}"])
async def test_a_text_under_another_name_is_neither_run_nor_kept(name: str) -> None:
    documents = persisted()
    asked = GraphQLRequest(TEXT, document_id=name)
    assert await text_of(documents, asked) == "PERSISTED_QUERY_HASH_MISMATCH"
    await documents.keep(asked, PUBLIC, "x")
    assert await text_of(documents, GraphQLRequest("", document_id=name)) == "PERSISTED_QUERY_NOT_FOUND"


async def test_one_caller_fills_a_share_alone() -> None:
    documents = persisted(per_caller=3)
    for caller in ("one", "another"):
        for number in range(5):
            await documents.keep(named(f"{{ a{number}: partners {{ name }} }} # {caller}"), PUBLIC, caller)
    for caller in ("one", "another"):
        found = [await is_kept(documents, f"{{ a{number}: partners {{ name }} }} # {caller}") for number in range(5)]
        assert found == [True, True, True, False, False]


async def test_one_callers_long_documents_push_nobody_elses_out() -> None:
    documents = persisted(max_bytes=80_000, per_caller=1_000)
    await documents.keep(named(TEXT), BUYER, "y")
    long = [f"{{ a{number}: partners {{ name }} }} #{'x' * 4_000}" for number in range(50)]
    for text in long:
        await documents.keep(named(text), PUBLIC, "192.0.2.1")
    assert await is_kept(documents, TEXT)
    assert [await is_kept(documents, text) for text in long] == [True] * 2 + [False] * 48


async def test_what_is_kept_already_costs_no_share() -> None:
    documents = persisted(per_caller=2)
    for _ in range(5):
        await documents.keep(named(TEXT), PUBLIC, "192.0.2.1")
    await documents.keep(named(OTHER), PUBLIC, "192.0.2.1")
    assert await is_kept(documents, OTHER)


async def test_room_is_bounded_and_what_is_used_stays() -> None:
    texts = [f"{{ a: partners {{ name }} }} #{number:04}" for number in range(100)]
    documents = persisted(max_bytes=10 * (len(texts[0]) + OVERHEAD))
    for number, text in enumerate(texts):
        await documents.keep(named(text), PUBLIC, f"192.0.2.{number}")
        assert await is_kept(documents, texts[0])
    assert sum([await is_kept(documents, text) for text in texts]) == 10


@pytest.mark.parametrize("settings", [{}, {"max_bytes": 0}, {"per_caller": 0}])
async def test_what_is_too_long_or_without_room_is_answered_and_not_kept(settings: dict[str, Any]) -> None:
    documents = persisted(**settings)
    long = TEXT + "é" * (LONGEST_TEXT // 2 if not settings else 0)
    await documents.keep(named(long), PUBLIC, "x")
    assert await text_of(documents, named(long)) == long
    assert not await is_kept(documents, long)


async def test_turned_off_it_says_so_and_texts_are_still_run() -> None:
    documents = persisted(OTHER, automatic=False)
    await documents.keep(named(TEXT), PUBLIC, "x")
    assert await text_of(documents, named(TEXT, sent=False)) == "PERSISTED_QUERY_NOT_SUPPORTED"
    assert await text_of(documents, named(TEXT)) == TEXT
    assert await text_of(documents, GraphQLRequest("", document_id="doc-9")) == "PERSISTED_QUERY_NOT_FOUND"
    assert await text_of(documents, GraphQLRequest("", document_id="doc-0")) == OTHER


@pytest.mark.parametrize(
    ("only", "identity", "is_restricted"),
    [
        ("nobody", PUBLIC, False),
        ("anonymous", PUBLIC, True),
        ("anonymous", BUYER, False),
        ("everyone", PUBLIC, True),
        ("everyone", BUYER, True),
    ],
)
async def test_who_may_run_trusted_documents_only(only: str, identity: Identity, is_restricted: bool) -> None:
    documents = persisted(TEXT, only=only)
    for asked in (named(TEXT, sent=False), GraphQLRequest("", document_id="doc-0"), GraphQLRequest(TEXT), named(TEXT)):
        assert await text_of(documents, asked, identity) == TEXT
    assert await text_of(documents, GraphQLRequest(TEXT, document_id="doc-0"), identity) == TEXT
    refused = "PERSISTED_DOCUMENT_REQUIRED" if is_restricted else OTHER
    # What callers who are free had kept is not for those who are not.
    await documents.keep(named(OTHER), BUYER, "y")
    for asked in (GraphQLRequest(OTHER), named(OTHER)):
        assert await text_of(documents, asked, identity) == refused
    by_hash = await text_of(documents, named(OTHER, sent=False), identity)
    assert by_hash == (refused if only != "everyone" else "PERSISTED_DOCUMENT_REQUIRED")
    unknown = "PERSISTED_DOCUMENT_REQUIRED" if is_restricted else "PERSISTED_QUERY_NOT_FOUND"
    assert await text_of(documents, GraphQLRequest("", document_id="doc-1"), identity) == unknown


@pytest.mark.redis
@pytest.mark.skipif(not ADDRESS, reason="CIRCUIT_TEST_REDIS_URL is not set")
class Tests:
    """Several processes over one Redis."""

    @pytest.fixture
    async def tier(self) -> AsyncIterator[RedisTier]:
        tier = RedisTier(ADDRESS, prefix=f"circuit-test:{uuid.uuid4()}:".encode(), bound=2.0)
        yield tier
        await tier.close()

    async def test_what_one_keeps_another_finds(self, tier: RedisTier) -> None:
        one, another = persisted(shared=tier), persisted(shared=tier)
        await one.keep(named(TEXT), PUBLIC, "x")
        assert await is_kept(another, TEXT)
        assert await is_kept(persisted(shared=None), TEXT) is False

    async def test_a_hash_means_its_own_text_whoever_writes_to_redis(self, tier: RedisTier) -> None:
        await tier.put(b"document:" + digest(TEXT).encode(), Entry(OTHER.encode(), 0.0), keep=30)
        assert not await is_kept(persisted(shared=tier), TEXT)
        await tier.put(b"document:" + digest(TEXT).encode(), Entry(b"\xff", 0.0), keep=30)
        assert not await is_kept(persisted(shared=tier), TEXT)

    async def test_a_caller_beyond_the_share_fills_nothing_there(self, tier: RedisTier) -> None:
        await persisted(per_caller=0, shared=tier).keep(named(TEXT), PUBLIC, "x")
        assert not await is_kept(persisted(shared=tier), TEXT)


async def test_a_redis_that_is_away_costs_nobody_an_answer() -> None:
    away = RedisTier("redis://127.0.0.1:1/0", bound=0.2)
    documents = persisted(shared=away)
    await documents.keep(named(TEXT), PUBLIC, "x")
    assert await is_kept(documents, TEXT)
    assert await text_of(documents, named(OTHER, sent=False)) == "PERSISTED_QUERY_NOT_FOUND"
    await away.close()
