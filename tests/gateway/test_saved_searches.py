"""Saved searches over HTTP: kept under a key, followed after each indexing, told by a feed and by signed calls."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace
from sqlalchemy import update

from directory.disclosure import Role
from directory.records import Activity, Disclosure
from directory.store import keys, saved, state
from directory.store.reading import Reader
from directory.store.suppliers import supplier
from gateway.auth import create_key
from gateway.settings import Alerts as Policy
from gateway.settings import Settings
from schema import ids
from tests.gateway.saved_kit import CREATE, DELETE, LIST, NEWCOMER, UPDATE, Desk, Receiver
from tests.gateway.served import DIRECTORY, serve_on_loopback
from tests.gateway.watching import until, watching

FABRE, GARLABAN = "Plomberie Fabre", "Dépannage Garlaban"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
async def desk(filled: Settings) -> AsyncIterator[Desk]:
    policy = Policy(allow_hosts=("127.0.0.1",), failures=3, deadline_seconds=2, public_url="https://hub.example")
    settings = filled.model_copy(update={"alerts": policy})
    async with serve_on_loopback(settings) as client:
        desk = Desk(client, settings)
        await desk.take_in(DIRECTORY)
        yield desk


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver().running() as running:
        yield running


async def entries(desk: Desk, path: str) -> list[tuple[str, str]]:
    response = await desk.client.get(path)
    assert response.status == 200, await response.text()
    root = ElementTree.fromstring(await response.read())
    return [(each.findtext(f"{ATOM}title", ""), each.findtext(f"{ATOM}id", "")) for each in root.iter(f"{ATOM}entry")]


async def titles(desk: Desk, path: str) -> list[str]:
    return [title for title, _ in await entries(desk, path)]


async def hide(desk: Desk, name: str) -> None:
    """The supplier opts out, as a register would say; the index has not heard of it."""
    database = desk.client.hub.database
    found = [each.supplier async for batch in Reader(database).every_supplier() for each in batch]
    (hidden,) = [replace(each, disclosure=Disclosure.OPTED_OUT) for each in found if each.name == name]
    async with database.writing() as connection:
        await connection.execute(update(supplier).where(supplier.c.id == hidden.id).values(document=hidden))


async def called(desk: Desk, receiver: Receiver) -> dict[str, Any]:
    """A search with a webhook, followed once, and a newcomer to tell of."""
    made = await desk.create(webhook=receiver.address)
    receiver.secret = made["webhookSecret"]
    await desk.alerts.do()
    await desk.take_in([*DIRECTORY, NEWCOMER])
    return made


async def test_a_search_is_kept_under_its_key_alone(desk: Desk) -> None:
    made = await desk.create(where={"naf": ["43.22"], "status": ["ACTIVE"]})
    assert made["savedSearch"]["arguments"] == '{"query":"plombier","where":{"naf":["43.22"],"status":["ACTIVE"]}}'
    assert (made["savedSearch"]["role"], made["savedSearch"]["matches"], made["webhookSecret"]) == ("BUYER", None, None)
    assert (await desk.ask(LIST, Role.STEWARD))["data"] == {"savedSearches": []}
    for query, name in ((UPDATE, "savedSearchUpdate"), (DELETE, "savedSearchDelete")):
        answer = await desk.ask(query, Role.STEWARD, id=made["savedSearch"]["id"])
        assert answer["data"][name]["userErrors"][0]["code"] == "NOT_FOUND"
    assert (await desk.listed())["name"] == "Plombiers"
    await desk.ask(DELETE, id=made["savedSearch"]["id"])
    assert (await desk.ask(LIST))["data"] == {"savedSearches": []}


async def test_the_public_keeps_none(desk: Desk) -> None:
    for query in (LIST, CREATE):
        answer = await desk.ask(query, Role.PUBLIC, name="x")
        assert answer["errors"][0]["extensions"] == {"code": "FORBIDDEN"}


async def test_who_comes_and_who_changes_is_news_and_who_was_there_is_not(desk: Desk) -> None:
    path = (await desk.create())["feedPath"]
    assert await desk.alerts.is_due()
    await desk.alerts.do()
    assert not await desk.alerts.is_due()
    assert (await desk.listed())["matches"] == 2
    assert await titles(desk, path) == []
    await desk.take_in([*DIRECTORY, NEWCOMER])
    await desk.alerts.do()
    assert await titles(desk, path) == ["Nouveau : Plomberie Étoile"]
    await desk.take_in([*DIRECTORY[:2], replace(DIRECTORY[2], website="https://garlaban.example/"), NEWCOMER])
    await desk.alerts.do()
    assert await titles(desk, path) == [f"Modifié : {GARLABAN}", "Nouveau : Plomberie Étoile"]
    # Who is no plumber any more is found no more, and its news goes.
    joiner = replace(DIRECTORY[2], description="Menuisier", activities=(Activity("43.32A"),))
    await desk.take_in([*DIRECTORY[:2], joiner, NEWCOMER])
    await desk.alerts.do()
    assert await titles(desk, path) == ["Nouveau : Plomberie Étoile"]
    assert (await desk.listed())["matches"] == 2


async def test_who_comes_to_be_found_is_new(desk: Desk) -> None:
    path = (await desk.create(query=None, where={"has": ["WEBSITE"]}))["feedPath"]
    await desk.alerts.do()
    await desk.take_in([*DIRECTORY[:2], replace(DIRECTORY[2], website="https://garlaban.example/")])
    await desk.alerts.do()
    assert await titles(desk, path) == [f"Nouveau : {GARLABAN}"]


async def test_a_search_that_cannot_be_asked_any_more_says_so_and_holds_up_nobody(desk: Desk) -> None:
    broken = (await desk.create(name="cassée"))["savedSearch"]["id"]
    path = (await desk.create())["feedPath"]
    asked = {"where": {"filterOfLongAgo": 1}}
    async with desk.client.hub.database.writing() as connection:
        await saved.change(connection, ids.number_of("SavedSearch", broken), {"asked": asked})
    await desk.alerts.do()
    await desk.take_in([*DIRECTORY, NEWCOMER])
    await desk.alerts.do()
    assert await titles(desk, path) == ["Nouveau : Plomberie Étoile"]
    first, second = (await desk.ask(LIST))["data"]["savedSearches"]
    assert (first["isPaused"], "filterOfLongAgo" in first["problem"]) == (True, True)
    assert (second["isPaused"], second["problem"]) == (False, None)


async def test_while_the_index_is_behind_nothing_is_lost(desk: Desk) -> None:
    path = (await desk.create())["feedPath"]
    await desk.alerts.do()
    await desk.take_in([*DIRECTORY, NEWCOMER])
    async with desk.client.hub.database.writing() as connection:
        await state.bump(connection)
    assert not await desk.alerts.is_due()
    await desk.alerts.do()
    assert await titles(desk, path) == []
    await desk.take_in([*DIRECTORY, NEWCOMER])
    await desk.alerts.do()
    assert await titles(desk, path) == ["Nouveau : Plomberie Étoile"]


async def test_who_opts_out_is_gone_from_the_feed_at_once(desk: Desk) -> None:
    path = (await desk.create())["feedPath"]
    await desk.alerts.do()
    await desk.take_in([*DIRECTORY, NEWCOMER])
    await desk.alerts.do()
    assert await titles(desk, path) == ["Nouveau : Plomberie Étoile"]
    await hide(desk, "Plomberie Étoile")
    assert await titles(desk, path) == []


async def test_a_feed_is_atom_and_is_given_again_when_it_changed(desk: Desk) -> None:
    path = (await desk.create(name="Plombiers & Cie"))["feedPath"]
    await desk.alerts.do()
    await desk.take_in([*DIRECTORY, NEWCOMER])
    await desk.alerts.do()
    response = await desk.client.get(path)
    root = ElementTree.fromstring(await response.read())
    assert (response.headers["Content-Type"], root.tag) == ("application/atom+xml; charset=utf-8", f"{ATOM}feed")
    assert root.findtext(f"{ATOM}title") == "Circuit Court : Plombiers & Cie"
    (entry,) = root.iter(f"{ATOM}entry")
    link = entry.find(f"{ATOM}link")
    assert link is not None
    assert link.attrib["href"].startswith("https://hub.example/graphql?query=")
    assert entry.findtext(f"{ATOM}content") == (
        "Plomberie Étoile – Aubagne – Travaux d'installation d'eau et de gaz en tous locaux"
    )
    assert path.partition("token=")[2] not in (await response.text())
    again = await desk.client.get(path, headers={"If-None-Match": f'"x", W/{response.headers["ETag"]}'})
    assert (again.status, await again.read()) == (304, b"")


async def test_a_feed_opens_with_its_token_alone(desk: Desk) -> None:
    made = await desk.create()
    path, opaque = made["feedPath"], made["savedSearch"]["id"]
    almost = path[:-1] + ("A" if path[-1] != "A" else "B")
    for wrong in (almost, path.partition("?")[0], "/saved-searches/x/feed.atom?token=x"):
        response = await desk.client.get(wrong)
        assert (response.status, (await response.json())["errors"][0]["extensions"]["code"]) == (404, "NOT_FOUND")
    renewed = (await desk.ask(UPDATE, id=opaque, renewFeed=True))["data"]["savedSearchUpdate"]["feedPath"]
    assert (await desk.client.get(path)).status == 404
    assert (await desk.client.get(renewed)).status == 200
    prefix = (await desk.key(Role.BUYER)).split("_")[1]
    async with desk.client.hub.database.writing() as connection:
        await keys.revoke(connection, prefix, datetime.now(UTC))
    assert (await desk.client.get(renewed)).status == 404


async def test_a_webhook_is_called_signed_and_once(desk: Desk, receiver: Receiver) -> None:
    made = await called(desk, receiver)
    await desk.alerts.do()
    (call,) = receiver.calls
    assert call.is_signed
    assert call.suppliers == [("NEW", "Plomberie Étoile")]
    assert call.said["data"]["savedSearch"] == {"id": made["savedSearch"]["id"], "name": "Plombiers"}
    assert set(call.said["data"]["suppliers"][0]) == {"id", "name", "change", "link"}
    await desk.alerts.do()
    assert len(receiver.calls) == 1
    assert (await desk.listed())["webhook"] == {
        "url": receiver.address, "waiting": 0, "failures": 0, "problem": None, "endedAt": None,
    }  # fmt: skip


async def test_a_call_that_is_not_taken_comes_again_under_its_id(desk: Desk, receiver: Receiver) -> None:
    await called(desk, receiver)
    receiver.mood = 500
    await desk.alerts.do()
    assert not await desk.alerts.is_due()
    webhook = (await desk.listed())["webhook"]
    assert (webhook["waiting"], webhook["failures"]) == (1, 1)
    assert webhook["problem"] == "It answered 500; a call is taken with 200 to 299."
    desk.clock.ahead += timedelta(seconds=15)
    receiver.mood = 204
    assert await desk.alerts.is_due()
    await desk.alerts.do()
    assert [call.id for call in receiver.calls] == [receiver.calls[0].id] * 2
    webhook = (await desk.listed())["webhook"]
    assert (webhook["waiting"], webhook["failures"], webhook["problem"]) == (0, 0, None)


async def test_a_webhook_that_keeps_failing_is_called_no_more(desk: Desk, receiver: Receiver) -> None:
    made = await called(desk, receiver)
    receiver.mood = f"{receiver.address}/elsewhere"
    for _ in range(5):
        await desk.alerts.do()
        desk.clock.ahead += timedelta(hours=1)
    assert len(receiver.calls) == 3  # and no redirect was followed
    webhook = (await desk.listed())["webhook"]
    assert (webhook["waiting"], webhook["failures"], webhook["endedAt"] is None) == (0, 3, False)
    assert webhook["problem"] == "It answered 307; a call is taken with 200 to 299."
    answer = await desk.ask(UPDATE, id=made["savedSearch"]["id"], webhook=receiver.address)
    renewed = answer["data"]["savedSearchUpdate"]
    assert renewed["savedSearch"]["webhook"] == {"failures": 0}
    assert renewed["webhookSecret"] != receiver.secret
    assert (await desk.listed())["webhook"]["endedAt"] is None


async def test_who_hides_before_a_call_is_sent_is_not_in_it(desk: Desk, receiver: Receiver) -> None:
    await called(desk, receiver)
    await desk.alerts.follow()
    await hide(desk, "Plomberie Étoile")
    await desk.alerts.do()
    assert receiver.calls == []
    assert (await desk.listed())["webhook"]["waiting"] == 0


async def test_a_search_that_is_set_aside_calls_nobody(desk: Desk, receiver: Receiver) -> None:
    made = await called(desk, receiver)
    await desk.ask(UPDATE, id=made["savedSearch"]["id"], paused=True)
    assert not await desk.alerts.is_due()
    await desk.alerts.do()
    assert receiver.calls == []
    await desk.ask(UPDATE, id=made["savedSearch"]["id"], paused=False)
    await desk.alerts.do()
    assert [call.suppliers for call in receiver.calls] == [[("NEW", "Plomberie Étoile")]]


@pytest.mark.parametrize(
    ("webhook", "message"),
    [
        ("http://news.example/x", "The webhook must be an https address."),
        ("ftp://127.0.0.1/x", "The webhook must be an https address."),
        ("https://", "The webhook must be an https address."),
        ("https://[::1", "The webhook is no address; write https://host/path."),
        ("https://me:secret@news.example/",
         "The webhook must have no user, password or fragment; the signature says who calls."),
        ("https://10.0.0.1/", "The webhook cannot be called: 10.0.0.1 is inside a private network."),
        ("https://169.254.169.254/latest/",
         "The webhook cannot be called: 169.254.169.254 is inside a private network."),
        ("https://2130706433/", "The webhook cannot be called: 2130706433 is an unusual spelling of 127.0.0.1."),
    ],
)  # fmt: skip
async def test_an_address_that_may_not_be_called_is_refused(desk: Desk, webhook: str, message: str) -> None:
    answer = await desk.ask(CREATE, name="x", query="x", webhook=webhook)
    error = {"field": ["webhook"], "code": "INVALID", "message": message}
    assert answer["data"]["savedSearchCreate"]["userErrors"] == [error]
    assert (await desk.ask(LIST))["data"] == {"savedSearches": []}


async def test_a_name_that_leads_into_a_private_network_is_not_called(desk: Desk, receiver: Receiver) -> None:
    port = receiver.address.split(":")[2].partition("/")[0]
    made = await desk.create(webhook=f"https://localhost:{port}/news")
    receiver.secret = made["webhookSecret"]
    await desk.alerts.do()
    await desk.take_in([*DIRECTORY, NEWCOMER])
    await desk.alerts.do()
    assert receiver.calls == []
    assert (await desk.listed())["webhook"]["problem"] == "Its address leads into a private network."


@pytest.mark.parametrize(
    ("variables", "field", "code"),
    [
        ({"name": " "}, "name", "INVALID"),
        ({"name": "x" * 201}, "name", "INVALID"),
        ({"name": "x", "where": {"naf": ["99.9"]}}, "where", "INVALID"),
    ],
)
async def test_what_cannot_be_kept_is_said(desk: Desk, variables: dict[str, Any], field: str, code: str) -> None:
    (error,) = (await desk.ask(CREATE, **variables))["data"]["savedSearchCreate"]["userErrors"]
    assert (error["field"], error["code"]) == ([field], code)


async def test_two_keys_that_ask_together_are_not_given_one_answer(desk: Desk) -> None:
    await desk.create()
    second = await create_key(desk.client.hub.database, role=Role.BUYER, name="autre")
    mine, theirs = await asyncio.gather(desk.ask(LIST), desk.client.ask(LIST, second.token))
    assert (await theirs.json())["data"] == {"savedSearches": []}
    assert len(mine["data"]["savedSearches"]) == 1


async def test_whoever_keeps_the_index_tells_what_is_new(filled: Settings, receiver: Receiver) -> None:
    """The whole way: a served hub, the process that reads partners beside it, and a server that is called."""
    settings = filled.model_copy(update={"alerts": Policy(allow_hosts=("127.0.0.1",))})
    async with serve_on_loopback(settings) as client, watching(settings):
        desk = Desk(client, settings)
        made = await desk.create(webhook=receiver.address)
        receiver.secret = made["webhookSecret"]

        async def is_followed() -> bool:
            return bool((await desk.listed())["matches"] == 2)

        async def is_told() -> bool:
            return bool(receiver.calls)

        await until(is_followed)
        await desk.harvest([*DIRECTORY, NEWCOMER])
        await until(is_told)
        (call,) = receiver.calls
        assert call.is_signed
        assert call.suppliers == [("NEW", "Plomberie Étoile")]
        assert await titles(desk, made["feedPath"]) == ["Nouveau : Plomberie Étoile"]
