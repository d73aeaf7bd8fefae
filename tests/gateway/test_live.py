"""Members looked up at their partners while a caller waits: real servers, one of which stops answering."""

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

from demo import Region, partners
from demo import settings as demo_settings
from directory.disclosure import Role
from gateway.auth import create_key
from gateway.pipeline import refresh
from gateway.settings import Settings
from tests.gateway.partners_kit import Town, town
from tests.gateway.served import Client, serve_on_loopback

pytestmark = pytest.mark.usefixtures("migrated")

DEADLINE = 0.4
LIVE = """query($id: String!) { listing(partner: "essai", externalId: $id) {
  name live { source readAt problem record { name } }
} }"""
EVERY = """{ partners { code } suppliers { totalCount nodes { name listings {
  externalId live { source problem record { name } }
} } } }"""
LATE = "Essai did not answer within 0.4 s; what was last harvested is shown."
LEFT_ALONE = "Essai has not answered of late and is left alone for now; what was last harvested is shown."


@pytest.fixture
async def place(settings: Settings) -> AsyncIterator[Town]:
    async with town(settings, live={"deadline_seconds": 10}) as made:
        yield made


@pytest.fixture
async def hurried(settings: Settings) -> AsyncIterator[Town]:
    """A hub that does not wait: for partners that never answer."""
    async with town(settings, live={"deadline_seconds": DEADLINE}) as made:
        yield made


async def live(place: Town, name: str = "a") -> Any:
    return (await place.data(LIVE, variables={"id": name}))["listing"]["live"]


async def lives(place: Town) -> list[Any]:
    nodes = (await place.data(EVERY))["suppliers"]["nodes"]
    return [each["live"] for node in nodes for each in node["listings"]]


async def test_what_has_changed_upstream_is_seen_at_once_and_for_a_while(place: Town) -> None:
    place.upstream.members["a"] = "Plomberie Fabre et fille"
    first = await live(place)
    assert (first["source"], first["problem"], first["record"]) == ("LIVE", None, {"name": "Plomberie Fabre et fille"})
    place.upstream.members["a"] = "Autre chose"
    assert await live(place) == first | {"source": "CACHED"}
    assert place.upstream.asked == ["/members/a"]


async def test_a_member_that_is_gone_upstream(place: Town) -> None:
    del place.upstream.members["a"]
    found = await live(place)
    assert (found["source"], found["record"]) == ("LIVE", None)
    assert found["problem"] == "The partner has no such member any more."


async def test_callers_who_ask_together_have_the_partner_asked_once(place: Town) -> None:
    queries = [f"query Q{number} {LIVE.removeprefix('query')}" for number in range(6)]
    found = await asyncio.gather(*(place.data(query, variables={"id": "a"}) for query in queries))
    assert {each["listing"]["live"]["record"]["name"] for each in found} == {"Plomberie Fabre"}
    assert place.upstream.asked == ["/members/a"]


async def test_a_partner_that_never_answers_delays_nothing_beyond_its_deadline(hurried: Town) -> None:
    hurried.upstream.mood = "hang"
    began = asyncio.get_running_loop().time()
    answer = await hurried.data(EVERY)
    assert asyncio.get_running_loop().time() - began < DEADLINE + 5  # it would never come
    assert (answer["suppliers"]["totalCount"], answer["partners"]) == (3, [{"code": "essai"}])
    found = [each["live"] for node in answer["suppliers"]["nodes"] for each in node["listings"]]
    assert [(each["source"], each["problem"]) for each in found] == [("HARVESTED", LATE)] * 3
    assert {each["record"]["name"] for each in found} == {"Menuiserie Roux", "Plomberie Fabre", "Serrurerie Blanc"}


async def test_one_that_does_not_answer_is_soon_left_alone(hurried: Town) -> None:
    hurried.upstream.mood = "hang"
    assert [(await live(hurried, name))["problem"] for name in "abc"] == [LATE] * 3
    assert (await live(hurried))["problem"] == LEFT_ALONE
    assert len(hurried.upstream.asked) == 3


async def test_outages_too_and_a_steward_is_told_the_cause(place: Town) -> None:
    place.upstream.mood = 500
    key = await create_key(place.client.hub.database, role=Role.STEWARD, name="Anne")
    told = (await place.data(LIVE, key.token, variables={"id": "a"}))["listing"]["live"]["problem"]
    assert told == "Essai: it answered 500 (once); try again later"
    assert [(await live(place))["problem"] for _ in range(3)] == [
        "Essai does not answer just now; what was last harvested is shown.",
        "Essai does not answer just now; what was last harvested is shown.",
        LEFT_ALONE,
    ]


async def test_a_partner_that_refuses_is_no_partner_in_trouble(place: Town) -> None:
    place.upstream.mood = 403
    refused = "Essai cannot be asked just now; what was last harvested is shown."
    assert [(await live(place))["problem"] for _ in range(5)] == [refused] * 5


async def test_an_answer_with_a_look_up_is_not_kept(place: Town) -> None:
    for method in ("POST", "GET"):
        asked: dict[str, Any] = {"json": {"query": EVERY}} if method == "POST" else {"params": {"query": EVERY}}
        for _ in range(2):
            async with place.client.session.request(method, "/graphql", **asked) as response:
                assert (response.headers["X-Cache"], response.headers["Cache-Control"]) == ("MISS", "no-store")
    assert len(place.upstream.asked) == 3


async def test_a_partner_without_such_a_question(settings: Settings) -> None:
    pages = {"paging": "page", "size_param": None}
    async with town(settings, {"pages": {"paging": "single", "member": None}}) as place:
        assert (await live(place))["source"] == "LIVE"  # its one answer holds everybody
    async with town(settings, {"pages": pages | {"member": None}}) as place:
        found = await live(place)
        assert (found["source"], found["problem"]) == (
            "HARVESTED",
            "Essai cannot be asked for one member; what was last harvested is shown.",
        )


async def test_a_partner_that_the_settings_name_no_more(settings: Settings) -> None:
    async with town(settings) as place:
        declared = place.upstream.settings
        without = Settings(data_dir=settings.data_dir, partners={"essai": {**declared, "enabled": False}})
        async with serve_on_loopback(without) as client:
            found = await live(Town(place.upstream, client))
    assert (found["source"], found["problem"]) == (
        "HARVESTED",
        "This hub does not read the partner any more; what was last harvested is shown.",
    )


async def test_fifty_listings_are_bounded(settings: Settings) -> None:
    async with town(settings, live={"members": 2}) as place:
        found = await lives(place)
        beyond = "One request may look up 2 members; what was last harvested is shown."
        assert sorted(each["problem"] or "" for each in found) == ["", "", beyond]
        assert len(place.upstream.asked) == 2


NAMES = {
    "chambre": {"raison_sociale": "Nouveau Nom"},
    "cmar": {"DENOMINATION": "Nouveau Nom"},
    "cpme13": {"title": "Nouveau Nom"},
    "cress_paca": {"denomination": "Nouveau Nom"},
    "french_tech": {"raison_sociale": "Nouveau Nom", "nom": "Nouveau Nom"},
}


async def first_listed(client: Client, partner: str) -> str:
    query = """query($p: [ID!]) { suppliers(where: {partners: $p}, first: 1) {
      nodes { listings { externalId partner { code } } }
    } }"""
    answer = await (await client.ask(query, variables={"p": [partner]})).json()
    listings = answer["data"]["suppliers"]["nodes"][0]["listings"]
    return next(str(each["externalId"]) for each in listings if each["partner"]["code"] == partner)


async def test_every_demo_partner_is_asked_live(settings: Settings) -> None:
    query = """query($p: ID!, $id: String!) { listing(partner: $p, externalId: $id) {
      name live { source problem record { name } }
    } }"""
    async with partners(Region(seed=13, companies=40)) as demo:
        lived = Settings(data_dir=settings.data_dir, partners=demo_settings(demo), live={"deadline_seconds": 10})
        await refresh(lived)
        async with serve_on_loopback(lived) as client:
            for partner, changes in NAMES.items():
                name = await first_listed(client, partner)
                demo[partner].edit(name, **changes)
                answer = await (await client.ask(query, variables={"p": partner, "id": name})).json()
                listing = answer["data"]["listing"]
                said = {"source": "LIVE", "problem": None, "record": {"name": "Nouveau Nom"}}
                assert (partner, listing["live"]) == (partner, said)
                assert listing["name"] != "Nouveau Nom"


MODULES = """
import asyncio, sys
from gateway.asgi import create
async def main():
    app = create()
    async with app.router.lifespan_context(app):
        print(sorted(name for name in sys.modules if name in {"connectors", "aiohttp", "gateway.readings"}))
asyncio.run(main())
"""


async def test_a_process_that_only_answers_does_not_load_the_partners_client(settings: Settings) -> None:
    """Even where partners are set: their modules come with the first look-up or signed call."""
    environment = Settings(data_dir=settings.data_dir, partners={"cmar": {"base_url": "http://x"}}).environment()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", MODULES, env=environment, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert out.decode().strip() == "[]"
