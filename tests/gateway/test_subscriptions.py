"""Subscriptions over WebSocket: what is told, to whom, and that nothing is missed."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace
from sqlalchemy import update

from directory.disclosure import Role
from directory.harvest import harvest
from directory.records import Address, ChangeKind, Disclosure, Listing
from directory.store import state
from directory.store.resolving import log
from directory.store.suppliers import supplier
from gateway.auth import Identity
from gateway.settings import Settings
from gateway.stores import opened_store
from schema.context import SupplierNews
from tests.gateway.budget_kit import serve_in_one_moment
from tests.gateway.following_kit import CHANGED, NEWCOMER, STATUS, Talk, Town, counted, listening, talking
from tests.gateway.served import DIRECTORY, PARTNERS, Client, Fixed, plumber, serve_on_loopback
from tests.gateway.test_attendance import readers_taken

LOG = """query($after: String) {
  supplierChanges(since: "2000-01-01T00:00:00Z", after: $after) { nodes { kind supplier { name } } }
}"""
FABRE, FABRE_TOO, GARLABAN = DIRECTORY
MOVED = replace(GARLABAN, address=Address(lines=("1 cours Mirabeau",), postcode="13100", commune="Aix-en-Provence"))
NAMES = ("Plomberie Étoile", "Chauffage Mistral", "Sanitaires du Prado", "Zinguerie Castellane", "Fluides Calanques")
IN_AUBAGNE = {"locatedIn": ["13005"]}


@pytest.fixture
async def town(client: Client, filled: Settings) -> AsyncIterator[Town]:
    """The directory of a served hub."""
    yield Town(client.hub.database, filled)


@pytest.fixture
async def talk(client: Client) -> AsyncIterator[Talk]:
    """A connection of somebody without a key."""
    async with talking(client) as opened:
        yield await opened.begin()


async def test_a_change_is_told_when_it_happens(talk: Talk, town: Town) -> None:
    await talk.follow("1", CHANGED)
    await town.welcomes(NEWCOMER)
    event = await talk.event(3)
    assert (event["kind"], event["isFound"], event["supplier"]["name"]) == ("CREATED", True, "Plomberie Étoile")
    assert event["supplier"]["contact"] is None
    assert event["mergedInto"] is None
    assert await talk.is_silent()


async def test_contacts_are_told_to_whom_they_are_shown(client: Client, town: Town) -> None:
    async with talking(client) as talk:
        await talk.begin(await town.key(Role.BUYER))
        await talk.follow("1", CHANGED)
        await town.welcomes(NEWCOMER)
        assert (await talk.event())["supplier"]["contact"] == {"email": "contact3@example.org"}


async def test_the_key_may_come_in_the_header(client: Client, town: Town) -> None:
    key = await town.key(Role.BUYER)
    async with talking(client, headers={"Authorization": f"Bearer {key}"}) as talk:
        await talk.begin()
        await talk.follow("1", CHANGED)
        await town.welcomes(NEWCOMER)
        assert (await talk.event())["supplier"]["contact"] == {"email": "contact3@example.org"}


async def test_nothing_is_missed_from_the_beginning_on(talk: Talk, town: Town) -> None:
    await talk.follow("1", CHANGED)
    members: list[Listing] = []
    for number, name in enumerate(NAMES, 3):
        members.append(plumber("cmar", str(number), name, number=number))
        await town.welcomes(*members)
    assert [(await talk.event())["supplier"]["name"] for _ in NAMES] == list(NAMES)


async def test_the_cursor_leads_on_in_the_log(talk: Talk, town: Town, client: Client) -> None:
    await talk.follow("1", CHANGED)
    await town.welcomes(NEWCOMER)
    cursor = (await talk.event())["cursor"]
    await talk.say(id="1", type="complete")
    await town.is_now(DIRECTORY)
    answer = await (await client.ask(LOG, variables={"after": cursor})).json()
    assert answer["data"]["supplierChanges"]["nodes"] == [{"kind": "REMOVED", "supplier": None}]


@pytest.mark.parametrize("is_indexed", [True, False], ids=["indexed", "not_indexed"])
async def test_filters_tell_who_comes_and_who_goes(talk: Talk, town: Town, is_indexed: bool) -> None:
    if is_indexed:
        await town.is_now(DIRECTORY, indexed=True)
        await asyncio.sleep(0.5)  # the hub takes it up
    await talk.follow("1", CHANGED, where=IN_AUBAGNE)
    await town.is_now((FABRE, FABRE_TOO, MOVED), indexed=is_indexed)
    event = await talk.event()
    assert (event["kind"], event["isFound"], event["supplier"]["name"]) == ("UPDATED", False, "Dépannage Garlaban")
    # A stranger changes, and another comes: neither is of any concern.
    elsewhere = replace(NEWCOMER, address=MOVED.address)
    again = replace(MOVED, name="Dépannage du Garlaban")
    await town.is_now((FABRE, FABRE_TOO, again, elsewhere), indexed=is_indexed)
    assert await talk.is_silent(2.5)
    await town.is_now((FABRE, FABRE_TOO, GARLABAN, elsewhere), indexed=is_indexed)
    event = await talk.event()
    assert (event["isFound"], event["supplier"]["name"]) == (True, "Dépannage Garlaban")
    await town.is_now((FABRE, FABRE_TOO, elsewhere), indexed=is_indexed)
    event = await talk.event()
    assert (event["kind"], event["isFound"], event["supplier"]) == ("REMOVED", False, None)
    await town.is_now((FABRE, FABRE_TOO), indexed=is_indexed)  # the stranger goes
    assert await talk.is_silent(2.5)


async def test_who_opts_out_is_removed_for_all_but_stewards(client: Client, town: Town) -> None:
    key = await town.key(Role.STEWARD)
    async with talking(client) as public, talking(client) as steward:
        await (await public.begin()).follow("1", CHANGED)
        await (await steward.begin(key)).follow("1", CHANGED)
        async with town.database.writing() as connection:
            found = (await connection.execute(supplier.select().where(supplier.c.name == GARLABAN.name))).one()
            hidden = replace(found.document, disclosure=Disclosure.OPTED_OUT)
            await connection.execute(update(supplier).where(supplier.c.id == found.id).values(document=hidden))
            await log(connection, [(ChangeKind.UPDATED, found.id, None)], found.updated_at)
            await state.bump(connection)
        event = await public.event()
        assert (event["kind"], event["isFound"], event["supplier"]) == ("REMOVED", False, None)
        event = await steward.event()
        assert (event["kind"], event["isFound"], event["supplier"]["name"]) == ("UPDATED", True, GARLABAN.name)


async def test_how_a_partner_answers_is_told(client: Client, town: Town) -> None:
    key = await town.key(Role.STEWARD)
    async with talking(client) as public, talking(client) as steward:
        await (await public.begin()).follow("1", STATUS)
        await (await steward.begin(key)).follow("1", STATUS)
        await town.welcomes(NEWCOMER)
        for talk in (public, steward):
            members: dict[str, int] = {}
            while members != {"chambre": 1, "cmar": 3}:  # one that is being read is told, too
                event = await talk.event()
                members[event["partner"]["code"]] = event["members"]
        await _fails(town)
        while (event := await public.event())["status"] != "DEGRADED":
            assert event["problem"] is None  # it is being read again
        assert event["problem"] == "Its last harvest failed; what was read before is served."
        while (event := await steward.event())["status"] != "DEGRADED":
            pass
        assert "no usable member" in event["problem"]


async def _fails(town: Town) -> None:
    """The partner gives nothing at all, which is refused."""
    await harvest(town.database, Fixed(()), PARTNERS["cmar"])


async def test_a_connection_carries_many_operations(talk: Talk, town: Town) -> None:
    await talk.follow("all", CHANGED)
    await talk.follow("plumbers", CHANGED, where={"naf": ["43.22A"]})
    await talk.follow("bakers", CHANGED, where={"naf": ["10.71"]})
    await town.welcomes(NEWCOMER)
    assert {(await talk.heard())["id"] for _ in range(2)} == {"all", "plumbers"}
    await talk.say(id="plumbers", type="complete")
    await town.welcomes(replace(NEWCOMER, name="Plomberie de l'Étoile"))
    assert (await talk.heard())["id"] == "all"
    assert await talk.is_silent()


async def test_queries_and_mutations_are_answered_too(client: Client, town: Town) -> None:
    async with talking(client) as talk:
        await talk.begin(await town.key(Role.STEWARD))
        timed = counted("circuit_graphql_seconds_count", operation="anonymous")
        made = counted("circuit_cache_answers_total", state="MISS")
        await talk.ask("q", "{ suppliers { totalCount } }")
        assert await talk.heard() == {"type": "next", "id": "q", "payload": {"data": {"suppliers": {"totalCount": 2}}}}
        assert await talk.heard() == {"type": "complete", "id": "q"}
        assert counted("circuit_graphql_seconds_count", operation="anonymous") == timed + 1
        assert counted("circuit_cache_answers_total", state="MISS") == made + 1
        mutation = 'mutation { partnerPause(id: "cmar", paused: true, reason: "x") { partner { status { status } } } }'
        await talk.ask("m", mutation)
        answer = (await talk.heard())["payload"]["data"]["partnerPause"]
        assert answer == {"partner": {"status": {"status": "PAUSED"}}}


DEEP = "subscription { supplierChanged { supplier { listings { supplier { listings { supplier { listings { supplier {"
REFUSED = {
    "syntax": ("subscription { supplierChanged {", "BAD_QUERY"),
    "unknown field": ("subscription { supplierChanged { colour } }", "BAD_QUERY"),
    "too deep": (f"{DEEP} listings {{ supplier {{ id }} }} {'}' * 11}", "BAD_QUERY"),
    "two roots": ("subscription { supplierChanged { at } other: supplierChanged { at } }", "BAD_QUERY"),
    "bad filter": ('subscription { supplierChanged(where: {naf: ["nine"]}) { at } }', "BAD_INPUT"),
    "forbidden filter": ("subscription { supplierChanged(where: {has: [EMAIL]}) { at } }", "FORBIDDEN"),
    "unread variable": ("subscription($x: Int!) { supplierChanged { at @skip(if: $y) } }", "BAD_QUERY"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_cannot_be_followed_is_refused(talk: Talk, name: str) -> None:
    query, code = REFUSED[name]
    await talk.ask("1", query)
    said = await talk.heard()
    assert (said["type"], said["id"]) == ("error", "1")
    assert said["payload"][0]["extensions"]["code"] == code
    await talk.follow("1", CHANGED)  # its id is free, and the connection goes on


async def test_both_protocols_tell_the_same(client: Client, town: Town, talk: Talk) -> None:
    await talk.follow("1", CHANGED)
    async with listening(client, CHANGED) as stream:
        await town.welcomes(NEWCOMER)
        assert await stream.event() == await talk.event()


async def test_an_error_inside_an_event_is_its_own(talk: Talk, town: Town) -> None:
    await talk.follow(
        "1", "subscription { supplierChanged { kind supplier { relatedSuppliers(first: 900) { detail } } } }"
    )
    before = counted("circuit_graphql_errors_total", code="BAD_INPUT")
    await town.welcomes(NEWCOMER)
    said = await talk.heard()
    assert said["type"] == "next"
    assert said["payload"]["errors"][0]["extensions"]["code"] == "BAD_INPUT"
    assert counted("circuit_graphql_errors_total", code="BAD_INPUT") == before + 1
    await town.is_now(DIRECTORY)
    assert (await talk.heard())["payload"]["data"]["supplierChanged"] == {"kind": "REMOVED", "supplier": None}


async def test_each_event_is_charged_until_the_budget_is_spent(filled: Settings) -> None:
    async with serve_in_one_moment(filled) as client, talking(client) as talk:
        town = Town(client.hub.database, filled)
        await (await talk.begin()).follow("1", "subscription { supplierChanged { supplier { name } } }")
        await talk.ask("told", "{ rateLimit { cost remaining } }")
        before = (await talk.heard())["payload"]["data"]["rateLimit"]
        await talk.heard()
        await town.welcomes(NEWCOMER)
        await talk.event()
        await talk.ask("told", "{ rateLimit { cost remaining } }")
        after = (await talk.heard())["payload"]["data"]["rateLimit"]
        await talk.heard()
        assert before["remaining"] - after["remaining"] > after["cost"] >= 0
        _spend(client, after["remaining"])
        await town.is_now(DIRECTORY)
        said = await talk.heard()
        assert (said["type"], said["id"]) == ("error", "1")
        assert said["payload"][0]["extensions"] == {"code": "RATE_LIMITED", "requestId": talk.request_id}


def _spend(client: Client, units: int) -> None:
    """What is left of the budget of callers at this address."""
    budgets = client.hub.budgets
    budgets.opened(Identity(Role.PUBLIC), {"client": ("127.0.0.1", 0), "headers": []}).take(units)


async def test_an_event_that_takes_too_long_ends_the_subscription(filled: Settings) -> None:
    """An event comes whose supplier's listings must be read, while the store lets nobody in."""
    limits = filled.limits.model_copy(update={"request_seconds": 0.5})
    async with serve_on_loopback(filled.model_copy(update={"limits": limits})) as client, talking(client) as talk:
        reader = client.hub.reader
        (change, *_) = await reader.changes(datetime(2000, 1, 1, tzinfo=UTC), 0, 1)
        (stored,) = await reader.suppliers([change.supplier_id])
        await (await talk.begin()).follow("1", "subscription { supplierChanged { supplier { listings { name } } } }")
        (subscriber,) = client.hub.feed._suppliers
        async with readers_taken(client):
            subscriber.put([SupplierNews(change=change, stored=stored, is_found=True)])
            said = await talk.heard()
        assert (said["type"], said["id"]) == ("error", "1")
        assert said["payload"][0]["extensions"] == {"code": "TIMEOUT", "requestId": talk.request_id}


async def test_a_hub_without_an_index_tells_all_the_same(settings: Settings) -> None:
    async with opened_store(settings):
        pass
    async with serve_on_loopback(settings) as client:
        town = Town(client.hub.database, settings)
        async with talking(client) as talk:
            await (await talk.begin()).follow("1", CHANGED, where={"naf": ["43.22A"]})
            await town.is_now((GARLABAN,))
            assert (await talk.event())["supplier"]["name"] == GARLABAN.name
