import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from demo import serving
from demo.servers.chambre import CLIENT, SECRET, ChambreServer
from tests.demo.demo_kit import Answer, Clock, ask, basic, bearer, rows_of

SCOPE = "annuaire.lecture"
INSTANTS = {"a": 1_000, "b": 3_000, "c": 2_000, "d": 4_000, "e": 5_000}
ROWS = [{"id": key, "last_modified": instant, "raison_sociale": key.upper()} for key, instant in INSTANTS.items()]


@pytest.fixture
def server(clock: Clock) -> ChambreServer:
    return ChambreServer(rows_of(ROWS, "id", INSTANTS), clock=clock)


@pytest.fixture
async def address(server: ChambreServer) -> AsyncIterator[str]:
    async with serving(server) as address:
        yield address


@pytest.fixture
async def token(http: aiohttp.ClientSession, address: str) -> str:
    return str((await grant(http, address)).json["access_token"])


async def grant(http: aiohttp.ClientSession, address: str, scope: str = SCOPE, secret: str = SECRET) -> Answer:
    form = {"grant_type": "client_credentials", "scope": scope}
    return await ask(http, f"{address}/oidc/token", method="POST", data=form, headers=basic(CLIENT, secret))


def records(address: str, query: str = "") -> str:
    return f"{address}/v1/buckets/cci/collections/etablissements/records{query}"


# Tokens


async def test_a_token_is_granted_with_the_scope(http: aiohttp.ClientSession, address: str) -> None:
    answer = await grant(http, address)
    token = answer.json["access_token"]
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json == {"access_token": token, "expires_in": 20, "token_type": "Bearer", "scope": SCOPE}


async def test_a_scope_that_does_not_exist_is_left_out_without_a_word(
    http: aiohttp.ClientSession, address: str
) -> None:
    both = await grant(http, address, f"annuaire.ecriture {SCOPE}")
    none = await grant(http, address, "annuaire.ecriture")
    assert (both.status, both.json["scope"]) == (200, SCOPE)
    assert none.status == 200
    assert "scope" not in none.json
    refused = await ask(http, records(address), headers=bearer(none.json["access_token"]))
    assert refused.status == 403
    assert refused.json["errno"] == 121


async def test_a_wrong_secret_is_no_client(http: aiohttp.ClientSession, address: str) -> None:
    answer = await grant(http, address, secret="wrong")
    assert answer.status == 401
    assert answer.json == {"error": "invalid_client", "error_description": "client authentication failed"}


async def test_another_grant_type_is_refused(http: aiohttp.ClientSession, address: str) -> None:
    form = {"grant_type": "password"}
    answer = await ask(http, f"{address}/oidc/token", method="POST", data=form, headers=basic(CLIENT, SECRET))
    assert answer.status == 400
    assert answer.json["error"] == "unsupported_grant_type"


async def test_an_expired_token_is_told_in_html(http: aiohttp.ClientSession, clock: Clock) -> None:
    server = ChambreServer(rows_of(ROWS, "id", INSTANTS), clock=clock, token_seconds=0.2)
    async with serving(server) as address:
        token = (await grant(http, address)).json["access_token"]
        assert (await ask(http, records(address), headers=bearer(token))).status == 200
        await asyncio.sleep(0.25)
        answer = await ask(http, records(address), headers=bearer(token))
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith('Bearer error="invalid_token"')
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.body.startswith(b"<html>")


async def test_no_token_at_all_is_asked_for(http: aiohttp.ClientSession, address: str) -> None:
    answer = await ask(http, records(address))
    assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="cci"')


# Records


async def test_pages_follow_next_page_and_carry_no_count(http: aiohttp.ClientSession, address: str, token: str) -> None:
    url, seen, pages = records(address, "?_limit=2&_sort=last_modified"), [], 0
    while url:
        answer = await ask(http, url, headers=bearer(token))
        assert answer.headers["ETag"] == '"5000"'
        assert "Total-Objects" not in answer.headers
        assert "Total-Records" not in answer.headers
        seen += [row["id"] for row in answer.json["data"]]
        url, pages = answer.headers.get("Next-Page", ""), pages + 1
    assert seen == ["a", "c", "b", "d", "e"]
    assert pages == 3


async def test_the_count_comes_on_head_only(http: aiohttp.ClientSession, address: str, token: str) -> None:
    answer = await ask(http, records(address, "?_limit=2"), method="HEAD", headers=bearer(token))
    assert (answer.headers["Total-Objects"], answer.headers["Total-Records"]) == ("5", "5")
    assert answer.headers["ETag"] == '"5000"'
    assert answer.body == b""


async def test_an_unknown_sort_is_ignored_and_the_newest_come_first(
    http: aiohttp.ClientSession, address: str, token: str
) -> None:
    url, seen = records(address, "?_limit=2&_sort=nom"), []
    while url:
        answer = await ask(http, url, headers=bearer(token))
        assert answer.status == 200
        seen += [row["id"] for row in answer.json["data"]]
        url = answer.headers.get("Next-Page", "")
    assert seen == ["e", "d", "b", "c", "a"]


async def test_nothing_new_is_304(http: aiohttp.ClientSession, address: str, token: str) -> None:
    known = {**bearer(token), "If-None-Match": '"5000"'}
    assert (await ask(http, records(address), headers=known)).status == 304
    other = {**bearer(token), "If-None-Match": '"4000"'}
    assert (await ask(http, records(address), headers=other)).status == 200


@pytest.mark.parametrize("since", ["3000", '"3000"'])
async def test_changes_since_an_etag_include_tombstones(
    http: aiohttp.ClientSession, address: str, token: str, server: ChambreServer, clock: Clock, since: str
) -> None:
    server.delete("a")
    server.edit("b", adresse={"commune": "Aubagne"})
    query = {"_since": since, "_sort": "last_modified"}
    answer = await ask(http, records(address), params=query, headers=bearer(token))
    noon = round(clock().timestamp() * 1000)
    assert answer.json["data"] == [
        {"id": "d", "last_modified": 4_000, "raison_sociale": "D"},
        {"id": "e", "last_modified": 5_000, "raison_sociale": "E"},
        {"id": "a", "last_modified": noon, "deleted": True},
        {"id": "b", "last_modified": noon + 1, "raison_sociale": "B", "adresse": {"commune": "Aubagne"}},
    ]
    assert answer.headers["ETag"] == f'"{noon + 1}"'


async def test_tombstones_stay_out_of_a_whole_reading_and_out_of_the_count(
    http: aiohttp.ClientSession, address: str, token: str, server: ChambreServer
) -> None:
    server.delete("a")
    answer = await ask(http, records(address), headers=bearer(token))
    head = await ask(http, records(address), method="HEAD", headers=bearer(token))
    assert {row["id"] for row in answer.json["data"]} == {"b", "c", "d", "e"}
    assert head.headers["Total-Objects"] == "4"


async def test_a_new_member_gets_an_id_and_an_instant_of_its_own(server: ChambreServer) -> None:
    first = server.add({"raison_sociale": "UN"})
    second = server.add({"id": "chosen", "raison_sociale": "DEUX"})
    assert second == "chosen"
    assert len(first) == 36
    assert server.record(second)["last_modified"] == server.record(first)["last_modified"] + 1


@pytest.mark.parametrize("query", ["?_limit=many", "?_since=yesterday", "?_token=%21"])
async def test_a_bad_parameter_is_400(http: aiohttp.ClientSession, address: str, token: str, query: str) -> None:
    answer = await ask(http, records(address, query), headers=bearer(token))
    assert answer.status == 400
    assert answer.json["error"] == "Invalid parameters"


async def test_fields_are_projected(http: aiohttp.ClientSession, address: str, token: str) -> None:
    answer = await ask(http, records(address, "?_fields=id&_sort=last_modified&_limit=1"), headers=bearer(token))
    assert answer.json == {"data": [{"id": "a", "last_modified": 1_000}]}


def test_an_unknown_member_cannot_be_edited(server: ChambreServer) -> None:
    with pytest.raises(KeyError, match="chambre has no member 'zz'"):
        server.edit("zz", raison_sociale="X")


# One record


async def test_one_record_is_as_in_the_list_and_gone_once_deleted(
    http: aiohttp.ClientSession, address: str, server: ChambreServer, token: str
) -> None:
    one = await ask(http, records(address, "/b"), headers=bearer(token))
    assert (one.status, one.headers["ETag"], one.json) == (200, '"3000"', {"data": ROWS[1], "permissions": {}})
    server.delete("b")
    gone = await ask(http, records(address, "/b"), headers=bearer(token))
    assert (gone.status, gone.json["errno"], gone.json["error"]) == (404, 110, "Not Found")
    assert (await ask(http, records(address, "/a"))).status == 401
