"""A partner says that a member has changed, the hub reads it at once; and whoever cannot sign is told nothing."""

import asyncio
import os
import re
import secrets
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from demo import Region, partners
from demo import settings as demo_settings
from directory.pausing import pause
from directory.store.hooks import hook_call
from directory.store.partners import run
from gateway.pipeline import refresh
from gateway.settings import Settings
from gateway.signing import signature
from tests.gateway.partners_kit import Town, town
from tests.gateway.served import Client, refusal, serve_on_loopback
from tests.harvesting import stored

pytestmark = pytest.mark.usefixtures("migrated")

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
GUIDE = Path(__file__).resolve().parents[2] / "docs" / "http.md"
UNSIGNED = ("UNSIGNED", "The call is not signed as it must be; docs/http.md of the hub says how.")


@pytest.fixture
async def place(settings: Settings) -> AsyncIterator[Town]:
    async with town(settings, {"hook_secret": SECRET}) as made:
        yield made


async def call(
    client: Client,
    body: bytes = b'{"id": "a"}',
    *,
    partner: str = "essai",
    secret: str = SECRET,
    name: str | None = None,
    age: int = 0,
    **headers: str,
) -> aiohttp.ClientResponse:
    """A call as a partner makes it."""
    name, seconds = name or secrets.token_hex(8), str(int(time.time()) - age)
    signed = {"webhook-id": name, "webhook-timestamp": seconds, "Content-Type": "application/json"}
    signed["webhook-signature"] = signature(name, seconds, body, secret)
    told = signed | {key.replace("_", "-"): value for key, value in headers.items()}
    response = await client.session.post(f"/hooks/{partner}", data=body, headers=told)
    await response.read()
    return response


async def said(response: aiohttp.ClientResponse) -> tuple[int, Any]:
    answer = await response.json()
    if "errors" in answer:
        return response.status, answer["errors"][0]["extensions"]["code"]
    return response.status, answer


async def heard(place: Town) -> list[str]:
    async with place.client.hub.database.reading() as connection:
        return list(await connection.scalars(select(hook_call.c.id)))


def done(added: int = 0, changed: int = 0, withdrawn: int = 0) -> tuple[int, dict[str, int]]:
    return 200, {"added": added, "changed": changed, "withdrawn": withdrawn}


async def test_what_was_named_is_read_and_applied_and_nothing_else(place: Town) -> None:
    place.upstream.members |= {"a": "Plomberie Fabre et fille", "b": "Menuiserie Leroux", "d": "Ferronnerie Noir"}
    del place.upstream.members["c"]
    assert await said(await call(place.client, b'{"ids": ["a", "c", "d", "a"]}')) == done(1, 1, 1)
    assert await stored(place.client.hub.database) == {
        "a": "Plomberie Fabre et fille",
        "b": "Menuiserie Roux",
        "d": "Ferronnerie Noir",
    }
    async with place.client.hub.database.reading() as connection:
        last = (await connection.execute(select(run).order_by(run.c.id.desc()).limit(1))).one()
    assert (last.kind, last.trigger, last.status) == ("MEMBERS", "WEBHOOK", "ACCEPTED")
    assert sorted(place.upstream.asked) == ["/members/a", "/members/c", "/members/d"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"id": "a"}',
        b'{"type": "member.updated", "data": {"id": "a", "name": "Pirate"}}',
        b'{"data": {"ids": ["a"]}, "timestamp": "2026-11-23T09:00:00Z"}',
        b'{"id": "a", "name": "Pirate"}',
    ],
)
async def test_of_the_body_nothing_but_the_id_is_believed(place: Town, body: bytes) -> None:
    assert await said(await call(place.client, body)) == done()
    assert (await stored(place.client.hub.database))["a"] == "Plomberie Fabre"


async def test_an_id_may_be_a_number(place: Town) -> None:
    place.upstream.members["42"] = "Ferronnerie Noir"
    assert await said(await call(place.client, b'{"id": 42}')) == done(added=1)


async def test_the_hub_answers_from_it_at_once(place: Town) -> None:
    query = '{ listing(partner: "essai", externalId: "a") { name } }'
    assert (await place.data(query))["listing"]["name"] == "Plomberie Fabre"
    place.upstream.members["a"] = "Plomberie Fabre et fille"
    await call(place.client)
    assert (await place.data(query))["listing"]["name"] == "Plomberie Fabre et fille"


async def test_a_call_is_heard_once(place: Town) -> None:
    assert await said(await call(place.client, name="call-1")) == done()
    assert await said(await call(place.client, name="call-1")) == (409, "HEARD_BEFORE")
    assert await said(await call(place.client, name="call-1", body=b'{"id": "b"}')) == (409, "HEARD_BEFORE")
    assert place.upstream.asked == ["/members/a"]


@pytest.mark.parametrize("age", [301, -302])
async def test_a_stale_call_is_refused(place: Town, age: int) -> None:
    response = await call(place.client, age=age)
    assert await said(response) == (401, "STALE")
    assert await heard(place) == []
    assert place.upstream.asked == []


async def test_whoever_cannot_sign_is_told_nothing(settings: Settings) -> None:
    async with town(settings) as without:
        answers = [await call(without.client), await call(without.client, partner="nobody")]
        told = [(answer.status, await refusal(answer)) for answer in answers]
        assert told == [(401, UNSIGNED)] * 2
    async with town(settings, {"hook_secret": SECRET}) as place:
        answers = [
            await call(place.client, secret="another"),
            await call(place.client, partner="nobody"),
            await call(place.client, webhook_signature=""),
            await call(place.client, webhook_id="another"),
            await call(place.client, partner="nobody", age=4_000),
            await call(place.client, secret="another", body=b"no JSON"),
        ]
        told = [(answer.status, await refusal(answer)) for answer in answers]
        assert told == [(401, UNSIGNED)] * 6
        assert {answer.headers["WWW-Authenticate"] for answer in answers} == {'Webhook realm="circuit"'}
        assert (await heard(place), place.upstream.asked) == ([], [])


async def test_a_partner_that_is_not_enabled_is_unknown(settings: Settings) -> None:
    async with town(settings, {"hook_secret": SECRET, "enabled": False}) as place:
        assert await said(await call(place.client)) == (401, "UNSIGNED")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"id": null}',
        b'{"id": ""}',
        b'{"id": true}',
        b'{"id": {"a": 1}}',
        b'{"ids": []}',
        b'{"ids": "a"}',
        b'{"id": "a\\u0000b"}',
        b'{"id": "' + b"x" * 201 + b'"}',
        b'{"ids": [' + b", ".join(str(each).encode() for each in range(101)) + b"]}",
        b'{"type": "x", "data": {}}',
        b'{"a": ' + b"[" * 5_000,
    ],
)
async def test_a_signed_call_that_names_nobody(place: Town, body: bytes) -> None:
    assert await said(await call(place.client, body)) == (400, "BAD_REQUEST")
    assert await heard(place) == []


async def test_a_hundred_ids_are_heard(place: Town) -> None:
    body = b'{"ids": [' + b", ".join(str(each).encode() for each in range(100)) + b"]}"
    assert await said(await call(place.client, body)) == done()


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=x"])
async def test_another_media_type(place: Town, kind: str) -> None:
    assert (await call(place.client, Content_Type=kind)).status == 415


async def test_a_large_body(place: Town) -> None:
    assert await said(await call(place.client, b" " * 65_537)) == (413, "BODY_TOO_LARGE")


async def test_another_method(place: Town) -> None:
    assert (await place.client.get("/hooks/essai")).status == 405


async def test_a_call_in_vain_is_heard_again(place: Town) -> None:
    place.upstream.mood = 500
    response = await call(place.client, name="call-1")
    assert await said(response) == (503, "NOT_READ")
    assert response.headers["Retry-After"] == "60"
    assert await heard(place) == []
    place.upstream.mood, place.upstream.members["a"] = "answer", "Plomberie Fabre et fille"
    assert await said(await call(place.client, name="call-1")) == done(changed=1)


async def test_beside_another_run_a_call_comes_again(place: Town) -> None:
    place.upstream.mood = "hang"
    first = asyncio.create_task(call(place.client))
    await place.upstream.hanging.wait()
    other = Settings(data_dir=place.client.hub.settings.data_dir, partners=place.client.hub.settings.partners)
    async with serve_on_loopback(other) as another:  # as another worker would
        response = await call(another, name="call-2")
    assert (await said(response), response.headers["Retry-After"]) == ((503, "BUSY"), "10")
    place.upstream.let_go.set()
    assert await said(await first) == done()
    assert len(await heard(place)) == 1


async def test_a_call_that_is_being_read_has_not_been_heard(place: Town) -> None:
    """Its sender gave up waiting and repeats it to another worker: nothing is lost if the first comes to nothing."""
    place.upstream.mood = "hang"
    first = asyncio.create_task(call(place.client, name="call-1"))
    await place.upstream.hanging.wait()
    assert await heard(place) == []
    other = Settings(data_dir=place.client.hub.settings.data_dir, partners=place.client.hub.settings.partners)
    async with serve_on_loopback(other) as another:
        assert await said(await call(another, name="call-1")) == (503, "BUSY")
        place.upstream.mood = 500
        place.upstream.let_go.set()
        assert await said(await first) == (503, "NOT_READ")
        place.upstream.mood, place.upstream.members["a"] = "answer", "Plomberie Fabre et fille"
        assert await said(await call(another, name="call-1")) == done(changed=1)
        assert await said(await call(another, name="call-1")) == (409, "HEARD_BEFORE")
    assert await heard(place) == ["call-1"]


async def test_a_paused_partner_is_not_read(place: Town) -> None:
    await pause(place.client.hub.database, "essai", paused=True, author="Anne", reason="Migration.")
    response = await call(place.client)
    assert (await said(response), response.headers["Retry-After"]) == ((503, "PAUSED"), "3600")
    assert (await heard(place), place.upstream.asked) == ([], [])


async def test_a_partner_that_cannot_be_asked(settings: Settings) -> None:
    pages = {"paging": "page", "size_param": None, "member": None}
    async with town(settings, {"hook_secret": SECRET, "pages": pages}) as place:
        assert await said(await call(place.client)) == (501, "CANNOT_ASK")


async def test_so_many_calls_wait_and_no_more(place: Town) -> None:
    place.upstream.mood = "hang"
    calls = [asyncio.create_task(call(place.client)) for _ in range(9)]
    async with asyncio.timeout(5):
        finished, _ = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
    (turned_away,) = finished
    assert (await said(await turned_away), (await turned_away).headers["Retry-After"]) == ((429, "TOO_MANY"), "10")
    place.upstream.let_go.set()
    answers = [await said(await each) for each in calls if each is not turned_away]
    assert answers == [done()] * 8


async def test_what_is_logged_names_no_member(place: Town) -> None:
    place.upstream.members["a"] = "Plomberie Fabre et fille"
    with capture_logs() as logs:
        await call(place.client)
    (entry,) = (each for each in logs if each["event"] == "hook")
    assert {key: entry[key] for key in ("partner", "members", "status", "changed")} == {
        "partner": "essai",
        "members": 1,
        "status": "ACCEPTED",
        "changed": 1,
    }
    assert "Fabre" not in str(logs)
    assert "'a'" not in str(logs)


async def test_the_whole_way_from_a_demo_partner(settings: Settings) -> None:
    changes = {"chambre": {"raison_sociale": "Nouveau Nom"}, "cpme13": {"title": "Nouveau Nom"}}
    async with partners(Region(seed=13, companies=30)) as demo:
        declared = {name: table | {"hook_secret": SECRET} for name, table in demo_settings(demo).items()}
        lived = Settings(data_dir=settings.data_dir, partners=declared)
        await refresh(lived)
        async with serve_on_loopback(lived) as client:
            for partner, change in changes.items():
                name, gone = demo[partner].external_ids()[:2]
                demo[partner].edit(name, **change)
                demo[partner].delete(gone)
                body = f'{{"ids": ["{name}", "{gone}"]}}'.encode()
                assert await said(await call(client, body, partner=partner)) == done(changed=1, withdrawn=1)


async def test_the_guides_example_works_as_it_is_written(settings: Settings) -> None:
    """curl and openssl on a partner's machine: the script of docs/http.md, run."""
    if not (shutil.which("curl") and shutil.which("openssl")):
        pytest.skip("curl or openssl is not on this machine")
    (script,) = re.findall(r"```sh\n([^`]+?openssl[^`]+?)```", GUIDE.read_text(encoding="utf-8"))
    secret = secrets.token_hex(32)
    async with town(settings, {"hook_secret": secret}) as place:
        place.upstream.members["a"] = "Plomberie Fabre et fille"
        variables = {"HUB": place.client.url, "PARTNER": "essai", "SECRET": secret, "MEMBER": "a"}
        process = await asyncio.create_subprocess_exec(
            "/bin/sh", "-ec", script, env=variables | {"PATH": os.environ["PATH"]}, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await process.communicate()
    assert (process.returncode, out) == (0, b'{"added":0,"changed":1,"withdrawn":0}')


def test_every_refusal_is_explained() -> None:
    source = (GUIDE.parents[1] / "gateway" / "hooks.py").read_text(encoding="utf-8")
    codes = set(re.findall(r'"([A-Z]{2,}(?:_[A-Z]+)*)"', source))
    explained = GUIDE.read_text(encoding="utf-8").partition("## A partner's own call")[2]
    assert len(codes) > 8
    assert {code for code in codes if f"`{code}`" not in explained} == set()
