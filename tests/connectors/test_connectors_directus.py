"""Directus: a null ``date_updated``, a maximum that cuts pages, drafts, rate limits and rights."""

from typing import Any

import pytest
from aiohttp import web

from connectors import Declaration, DeclarationError, PartnerRefused, declare, open_connector
from demo import Running
from demo.servers.french_tech import FrenchTechServer
from directory.records import Scope
from tests.connectors.partner_kit import HASTE, Declared, Serve, failure_of, reading_of


def server(demo: Running) -> FrenchTechServer:
    found = demo["french_tech"]
    assert isinstance(found, FrenchTechServer)
    return found


def declaration(address: str, **changes: Any) -> Declaration:
    overrides = {
        "title": "Essai",
        "protocol": "directus",
        "base_url": address,
        "resource": "membres",
        "fields": {"id": "id", "name": "nom", "commune": "lieu.ville", "postcode": "lieu.code"},
        **HASTE,
        **changes,
    }
    return declare("essai", overrides)


async def test_a_new_member_without_date_updated_is_read_as_a_change(demo: Running, declared: Declared) -> None:
    first = await reading_of(declared("french_tech"))
    added = server(demo).add({"nom": "Neuve"})
    second = await reading_of(declared("french_tech"), first.end.cursor)
    assert list(second.listings) == [added]
    assert second.end.present == frozenset(first.listings) | {added}


async def test_a_member_made_a_draft_is_gone(demo: Running, declared: Declared) -> None:
    first = await reading_of(declared("french_tech"))
    hidden = sorted(first.listings)[0]
    server(demo).edit(hidden, statut="draft")
    second = await reading_of(declared("french_tech"), first.end.cursor)
    assert (second.listings, second.deleted, second.end.scope) == ({}, [hidden], Scope.CHANGES)
    assert second.end.present == frozenset(first.listings) - {hidden}


async def test_pages_shorter_than_asked_for_lose_nothing(demo: Running, declared: Declared) -> None:
    server(demo)._limit_max = 4
    reading = await reading_of(declared("french_tech", page_size=500))
    whole = await reading_of(declared("french_tech", page_size=3))
    assert reading.listings == whole.listings
    assert len(reading.pages) > 1


async def test_a_rate_limit_is_waited_out(demo: Running, declared: Declared) -> None:
    server(demo)._limit.requests = 2
    reading = await reading_of(declared("french_tech", page_size=5))
    assert len(reading.listings) > 10


async def test_an_expired_token_is_refused_with_the_remedy(demo: Running, declared: Declared) -> None:
    server(demo).expire_token()
    failure = await failure_of(declared("french_tech"))
    assert isinstance(failure, PartnerRefused)
    assert str(failure) == (
        "French Tech: its server does not accept the credentials (401 TOKEN_EXPIRED); correct "
        "partners.french_tech.token"
    )


@pytest.mark.parametrize("changes", [{"fields": {"phone": "telefon"}}, {"resource": "companies"}])
async def test_a_field_that_may_not_be_read_is_refused(changes: dict[str, Any], declared: Declared) -> None:
    failure = await failure_of(declared("french_tech", **changes))
    assert isinstance(failure, PartnerRefused)
    assert str(failure) == (
        "French Tech: its server does not know a field or the collection, or the token may not read it "
        "(400 GRAPHQL_VALIDATION); ask for the right, or correct partners.french_tech.fields and resource"
    )


@pytest.mark.parametrize(
    "answer",
    [
        {"data": {"membres": []}},
        {"data": {"membres": [], "membres_aggregated": []}},
        {"data": {"membres": [], "membres_aggregated": [{"count": {"id": "many"}}]}},
    ],
)
async def test_an_answer_without_its_count_is_refused(answer: Any, serve: Serve) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.json_response(answer)

    failure = await failure_of(declaration(await serve({"/graphql": handler})))
    assert str(failure) == (
        "Essai: an answer lacks its records or their count; ask the partner what its server says, or correct "
        "partners.essai.resource"
    )


async def test_what_is_asked_for_follows_the_paths(serve: Serve) -> None:
    asked: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        asked.append((await request.json())["query"])
        rows = [{"id": "1", "nom": "A", "lieu": {"ville": "Gap", "code": "05000"}}]
        return web.json_response({"data": {"membres": rows, "membres_aggregated": [{"count": {"id": "1"}}]}})

    reading = await reading_of(declaration(await serve({"/graphql": handler}), extra_fields=["lieu.pays"]))
    assert reading.listings["1"].address.commune == "Gap"
    assert asked == [
        '{ membres(limit: 100, offset: 0, sort: ["id"]) { id nom lieu { code ville pays } } '
        "membres_aggregated { count { id } } }"
    ]


async def test_a_path_that_is_no_graphql_name_is_refused() -> None:
    changed = declaration("https://essai.example", only={"statut) { secret": ["x"]})
    with pytest.raises(DeclarationError) as caught:
        async with open_connector(changed) as connector:
            await connector.probe()
    assert str(caught.value) == (
        "Essai: resource and the paths of partners.essai.fields must be GraphQL names; correct the one with other "
        "characters"
    )
