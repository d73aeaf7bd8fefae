"""The weather before a partner's server: what each day does to an answer, and that a clear one changes nothing."""

import gzip
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest

from demo import Region, serving
from demo.servers.base import PartnerServer
from demo.servers.chambre import ChambreServer
from demo.servers.cmar import FILE, CmarServer
from demo.servers.cpme13 import API, Cpme13Server
from demo.servers.cress_paca import RESOURCE, SEARCH, CressPacaServer
from demo.servers.cress_paca import TOKEN as CRESS_TOKEN
from demo.weather import (
    MANNERS,
    CutAtLine,
    Day,
    Dead,
    DoubledIds,
    GzipBomb,
    HtmlInNames,
    Maintenance,
    Meanwhile,
    NextElsewhere,
    PageForEver,
    RateLimited,
    RedirectElsewhere,
    ScopeCut,
    ShortBody,
    StraySeparators,
    TotalMoves,
    TruncatedJson,
    Weather,
    weather,
)
from demo.weather.bodies import BOMB_BYTES
from tests.demo.demo_kit import Answer, ask, basic

POSTS = f"{API}/adherent?per_page=10&orderby=id&order=asc&_fields=id,title"
ROWS = f"{SEARCH}?resource_id={RESOURCE}&limit=5&sort=_id"
TOKEN = {"Authorization": CRESS_TOKEN}


class Sky:
    """A demo server and the weather before it."""

    def __init__(self, server: PartnerServer, upstream: str, proxy: Weather, http: aiohttp.ClientSession) -> None:
        self.server, self.upstream, self.proxy, self.http = server, upstream, proxy, http

    async def ask(self, path: str, **options: Any) -> Answer:
        """One request through the weather."""
        return await ask(self.http, f"{self.proxy.address}{path}", allow_redirects=False, **options)


@pytest.fixture
async def sky(request: pytest.FixtureRequest, region: Region, http: aiohttp.ClientSession) -> AsyncIterator[Sky]:
    """The server whose class is the parameter; CPME 13's unless said otherwise."""
    server = getattr(request, "param", Cpme13Server)(region.stock(getattr(request, "param", Cpme13Server).name))
    async with AsyncExitStack() as stack:
        upstream = await stack.enter_async_context(serving(server))
        proxy = await stack.enter_async_context(weather(upstream, MANNERS[server.name]))
        yield Sky(server, upstream, proxy, http)


def on(server: type[PartnerServer]) -> pytest.MarkDecorator:
    """For a test of one server."""
    return pytest.mark.parametrize("sky", [server], indirect=True)


async def test_a_clear_day_passes_everything_on(sky: Sky) -> None:
    through, direct = await sky.ask(POSTS), await ask(sky.http, f"{sky.upstream}{POSTS}")
    assert (through.status, through.body) == (200, direct.body)
    assert through.headers["X-WP-Total"] == direct.headers["X-WP-Total"]
    assert sky.proxy.address in through.headers["Link"]
    assert (sky.proxy.requests, sky.proxy.pages) == (1, 1)


@on(CmarServer)
async def test_a_clear_day_leaves_bodies_packed_as_they_were(sky: Sky) -> None:
    credentials = basic("demo", "demo")
    packed = await sky.ask(FILE, headers={**credentials, "Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert sky.proxy.credentials == {credentials["Authorization"]}


async def test_a_day_strikes_from_the_second_page_on_until_it_is_over(sky: Sky) -> None:
    sky.proxy.set(Maintenance())
    statuses = [(await sky.ask(POSTS)).status for _ in range(3)]
    other = await sky.ask(f"{API}/secteur")
    sky.proxy.clear()
    assert (statuses, other.status, (await sky.ask(POSTS)).status) == ([200, 503, 503], 200, 200)


async def test_a_limit_of_requests_is_met_once(sky: Sky) -> None:
    sky.proxy.set(RateLimited(3))
    answers = [await sky.ask(POSTS) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 429, 200]
    assert answers[1].headers["Retry-After"] == "3"


async def test_a_dead_server_resets_the_connection(sky: Sky) -> None:
    sky.proxy.set(Dead())
    await sky.ask(POSTS)
    with pytest.raises(aiohttp.ClientConnectionError):
        await sky.ask(POSTS)


async def test_a_short_body_ends_before_its_length(sky: Sky) -> None:
    sky.proxy.set(ShortBody())
    await sky.ask(POSTS)
    with pytest.raises(aiohttp.ClientPayloadError):
        await sky.ask(POSTS)


async def test_json_is_cut_in_the_middle(sky: Sky) -> None:
    whole = await sky.ask(POSTS)
    sky.proxy.set(TruncatedJson())
    await sky.ask(POSTS)
    cut = await sky.ask(POSTS)
    assert cut.body == whole.body[: len(whole.body) // 2]
    assert cut.headers["Content-Length"] == str(len(cut.body))


async def test_a_bomb_is_small_until_it_is_unpacked(sky: Sky) -> None:
    sky.proxy.set(GzipBomb(once=True))
    await sky.ask(POSTS)
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        bomb = await ask(session, f"{sky.proxy.address}{POSTS}")
    assert bomb.headers["Content-Encoding"] == "gzip"
    assert len(bomb.body) < 2_000_000
    assert len(gzip.decompress(bomb.body)) == BOMB_BYTES


async def test_the_same_page_comes_for_ever(sky: Sky) -> None:
    sky.proxy.set(PageForEver())
    first, second = await sky.ask(POSTS), await sky.ask(f"{POSTS}&page=2")
    assert first.body == second.body


@on(CressPacaServer)
async def test_the_total_moves_at_every_look(sky: Sky) -> None:
    totals = [(await sky.ask(ROWS, headers=TOKEN)).json["result"]["total"]]
    sky.proxy.set(TotalMoves())
    totals += [(await sky.ask(ROWS, headers=TOKEN)).json["result"]["total"] for _ in range(2)]
    assert totals == [totals[0], totals[0] + 1, totals[0] + 2]


@on(CressPacaServer)
async def test_a_member_comes_twice_in_place_of_another(sky: Sky) -> None:
    sky.proxy.set(DoubledIds())
    first = (await sky.ask(ROWS, headers=TOKEN)).json["result"]["records"]
    second = (await sky.ask(f"{ROWS}&offset=5", headers=TOKEN)).json["result"]["records"]
    assert [row["_id"] for row in second] == [first[0]["_id"], 7, 8, 9, 10]


@on(CressPacaServer)
async def test_the_next_page_may_be_said_to_be_elsewhere(sky: Sky) -> None:
    sky.proxy.set(NextElsewhere())
    following = (await sky.ask(ROWS, headers=TOKEN)).json["result"]["_links"]["next"]
    assert following.startswith(sky.proxy.stranger.address)


async def test_a_stranger_writes_down_what_it_is_sent(sky: Sky) -> None:
    sky.proxy.set(RedirectElsewhere())
    await sky.ask(POSTS)
    away = await sky.ask(POSTS)
    assert away.status == 302
    await ask(sky.http, away.headers["Location"], headers={"Authorization": "Basic eA=="})
    assert [head["Authorization"] for head in sky.proxy.stranger.sent] == ["Basic eA=="]


async def test_a_name_may_hold_tags(sky: Sky) -> None:
    sky.proxy.set(HtmlInNames())
    await sky.ask(POSTS)
    titles = [post["title"]["rendered"] for post in (await sky.ask(POSTS)).json]
    assert [title for title in titles if "<script>" in title] == titles[:1]


@on(ChambreServer)
async def test_a_token_may_come_without_its_scope(sky: Sky) -> None:
    sky.proxy.set(ScopeCut())
    form = {"grant_type": "client_credentials", "scope": "annuaire.lecture"}
    granted = await sky.ask("/oidc/token", method="POST", data=form, headers=basic("demo-client", "demo-secret"))
    assert set(granted.json) == {"access_token", "expires_in", "token_type"}


@on(CmarServer)
async def test_a_file_is_one_page(sky: Sky) -> None:
    whole = (await sky.ask(FILE, headers=basic("demo", "demo"))).body.splitlines()
    sky.proxy.set(CutAtLine())
    assert (await sky.ask(FILE, headers=basic("demo", "demo"))).body.splitlines() == whole[: len(whole) // 2]
    sky.proxy.set(StraySeparators())
    stray = (await sky.ask(FILE, headers=basic("demo", "demo"))).body.splitlines()
    assert [number for number, line in enumerate(stray) if line != whole[number]] == [2]


async def test_something_happens_between_two_pages(sky: Sky) -> None:
    last = sky.server.external_ids()[-1]
    sky.proxy.set(Meanwhile("delete", lambda: sky.server.delete(last)))
    before, after = await sky.ask(POSTS), await sky.ask(POSTS)
    assert int(before.headers["X-WP-Total"]) == int(after.headers["X-WP-Total"]) + 1


async def test_a_day_that_cannot_be_says_why(sky: Sky) -> None:
    with pytest.raises(ValueError, match="cannot befall") as caught:
        sky.proxy.set(CutAtLine())
    assert str(caught.value) == "cut_at_line cannot befall this partner (for CSV files): choose another day"


def test_every_day_has_a_name_of_its_own() -> None:
    kinds = list(Day.__subclasses__())
    for kind in kinds:
        kinds += kind.__subclasses__()
    named = [kind.name for kind in kinds if "name" in vars(kind)]
    assert len(named) == len(set(named)) > 40
