"""Pictures of matches over real HTTP: what each caller is shown, for whom it is kept, and where there is none."""

from collections.abc import AsyncIterator
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace
from sqlalchemy import update

from directory.disclosure import Role
from directory.records import Disclosure
from directory.store import state
from directory.store.database import Database
from directory.store.reading import Reader
from directory.store.suppliers import supplier
from gateway.auth import create_key
from gateway.door import SECURITY_HEADERS
from gateway.settings import Settings
from gateway.stores import opened_store
from schema import ids
from tests.gateway.served import DIRECTORY, Client, fill, plumber, refusal, serve_on_loopback

TWINS = (*DIRECTORY, plumber("chambre", "B", "SARL Dépannage Garlaban", number=2))
LISTING = '{ listing(partner: "chambre", externalId: "B") { id supplier { id } match { waterfall(width: 400) } } }'
SECRET = "contact2@example.org"


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[Client]:
    """A hub in which two partners list one company that has no official number."""
    async with opened_store(settings) as database:
        await fill(database, settings.index_dir, TWINS)
    async with serve_on_loopback(settings) as served:
        yield served


async def path_of(client: Client, key: str | None = None) -> str:
    listing = (await (await client.ask(LISTING, key)).json())["data"]["listing"]
    return f"/listings/{listing['id']}/match.svg"


async def disclose(database: Database, number: int, disclosure: Disclosure) -> None:
    """As an official register would."""
    (stored,) = await Reader(database).suppliers([number])
    assert stored
    document = replace(stored.supplier, disclosure=disclosure)
    async with database.writing() as connection:
        await connection.execute(update(supplier).where(supplier.c.id == number).values(document=document))
        await state.bump(connection)


async def test_the_picture_is_that_of_graphql(client: Client) -> None:
    drawn = (await (await client.ask(LISTING)).json())["data"]["listing"]["match"]["waterfall"]
    response = await client.get(await path_of(client), params={"width": "400"})
    assert (response.status, await response.text()) == (200, drawn)
    assert response.headers["Content-Type"] == "image/svg+xml; charset=utf-8"
    assert "Poids de la correspondance" in drawn


async def test_it_is_guarded_and_kept_as_any_answer(client: Client) -> None:
    path = await path_of(client)
    first, second = await client.get(path), await client.get(path)
    assert [each.headers["X-Cache"] for each in (first, second)] == ["MISS", "HIT"]
    assert first.headers["Cache-Control"] == "public, max-age=10, stale-while-revalidate=60"
    assert first.headers["Vary"] == "Authorization, Origin"
    shared = {"Cross-Origin-Resource-Policy": "cross-origin", "Cache-Control": first.headers["Cache-Control"]}
    assert {name: first.headers[name] for name in SECURITY_HEADERS} == {**SECURITY_HEADERS, **shared}
    async with client.session.head(path) as head:
        assert (head.status, await head.read()) == (200, b"")
    async with client.session.post(path) as posted:
        assert posted.status == 405


async def test_values_are_shown_to_those_who_may_see_them_and_kept_for_nobody_else(client: Client) -> None:
    key = await create_key(client.hub.database, role=Role.BUYER, name="Achats")
    path = await path_of(client)
    known = await client.get(path, headers={"Authorization": f"Bearer {key.token}"})
    public = await client.get(path)
    assert SECRET in await known.text()
    assert SECRET not in await public.text()
    assert "même téléphone, même courriel" in await public.text()
    assert known.headers["Cache-Control"] == "private, no-cache"
    assert known.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    wrong = await client.get(path, headers={"Authorization": f"Bearer {key.token[:-1]}"})
    assert wrong.status == 401


async def test_partial_diffusion_hides_names_and_addresses_in_it(client: Client) -> None:
    path = await path_of(client)
    assert "garlaban" in await (await client.get(path)).text()
    await disclose(client.hub.database, 2, Disclosure.PARTIAL)
    await client.hub.refresh()
    key = await create_key(client.hub.database, role=Role.BUYER, name="Achats")
    for headers in ({}, {"Authorization": f"Bearer {key.token}"}):
        drawn = await (await client.get(path, headers=headers)).text()
        assert "Poids de la correspondance" in drawn
        for hidden in ("garlaban", "republique", SECRET):
            assert hidden not in drawn.lower()


async def test_of_one_that_opted_out_there_is_none_but_for_stewards(client: Client) -> None:
    path = await path_of(client)
    nothing = await client.get("/listings/nonsense/match.svg")
    await disclose(client.hub.database, 2, Disclosure.OPTED_OUT)
    await client.hub.refresh()
    buyer = await create_key(client.hub.database, role=Role.BUYER, name="Achats")
    steward = await create_key(client.hub.database, role=Role.STEWARD, name="Gestion")
    for headers in ({}, {"Authorization": f"Bearer {buyer.token}"}):
        refused = await client.get(path, headers=headers)
        # As if the id meant nothing: not even that there is such a listing is told.
        assert (refused.status, await refusal(refused)) == (404, await refusal(nothing))
        assert refused.headers["Cache-Control"] == "no-store"
    shown = await client.get(path, headers={"Authorization": f"Bearer {steward.token}"})
    assert shown.status == 200
    assert SECRET in await shown.text()


@pytest.mark.parametrize(
    "opaque",
    [ids.encode("Listing", 99), ids.encode("Supplier", 2), "x", "%00", "%F0%28", "x" * 100, ids.encode("Listing", "²")],
)
async def test_what_is_no_listing_is_not_found(client: Client, opaque: str) -> None:
    refused = await client.get(f"/listings/{opaque}/match.svg")
    (error,) = (await refused.json())["errors"]
    assert (refused.status, error["extensions"]["code"]) == (404, "NOT_FOUND")
    assert error["message"].startswith("There is no listing with this id that you may see")


@pytest.mark.parametrize(("width", "drawn"), [("1", "320"), ("99999", "1600"), ("500", "500")])
async def test_its_width_is_bounded(client: Client, width: str, drawn: str) -> None:
    response = await client.get(await path_of(client), params={"width": width})
    assert ElementTree.fromstring(await response.text()).get("width") == drawn


@pytest.mark.parametrize("width", ["", "-1", "1e3", "640px", "²", "1" * 5_000])
async def test_a_width_that_is_none_is_refused(client: Client, width: str) -> None:
    refused = await client.get(await path_of(client), params={"width": width})
    (error,) = (await refused.json())["errors"]
    assert (refused.status, error["message"]) == (400, "width is a number of pixels, from 320 to 1600.")


async def test_a_store_that_is_away_is_said(settings: Settings) -> None:
    away = Settings(data_dir=settings.data_dir, database_url="postgresql://nobody@127.0.0.1:1/nothing")
    async with serve_on_loopback(away) as client:
        refused = await client.get(f"/listings/{ids.encode('Listing', 1)}/match.svg")
        (error,) = (await refused.json())["errors"]
    assert (refused.status, error["extensions"]["code"]) == (503, "STORE_UNAVAILABLE")
    assert refused.headers["Retry-After"] == "5"
