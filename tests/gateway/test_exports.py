"""Whole results as files, over HTTP: what a row shows to whom, whom it is owed to, and what is refused."""

import asyncio
import csv
import io
import json
import socket
import zipfile
from collections.abc import AsyncIterator
from typing import Any
from xml.etree import ElementTree

import pytest
import pytest_asyncio
from msgspec.structs import replace

from directory.disclosure import Role
from gateway.auth import create_key
from gateway.settings import Exporting, Settings
from gateway.stores import opened_store
from tests.gateway.served import DIRECTORY, PARTNERS, Client, fill, plumber, refusal, serve_on_loopback

pytestmark = pytest.mark.asyncio(loop_scope="module")

FABRE = "Plomberie Fabre"
GARLABAN = "Dépannage Garlaban"
CELL = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


async def buyer(client: Client) -> dict[str, str]:
    key = await create_key(client.hub.database, role=Role.BUYER, name="acheteur")
    return {"Authorization": f"Bearer {key.token}"}


def table(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeffIdentifiant;Nom;")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))


async def lines(client: Client, **options: Any) -> list[dict[str, Any]]:
    response = await client.get("/suppliers.jsonl", **options)
    assert response.status == 200, await response.text()
    return [json.loads(line) for line in (await response.text()).splitlines()]


def sheets(content: bytes) -> dict[str, list[list[str]]]:
    """The texts of a workbook's sheets, and of its numbers their digits."""
    archive = zipfile.ZipFile(io.BytesIO(content))
    found = {}
    for number, name in enumerate(("Fournisseurs", "Sources"), start=1):
        root = ElementTree.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml"))
        assert not list(root.iter(f"{CELL}f"))  # no formula anywhere
        rows = root.iter(f"{CELL}row")
        found[name] = [["".join(cell.itertext()) for cell in row.iter(f"{CELL}c")] for row in rows]
    return found


async def test_the_public_gets_every_supplier_found_without_contacts(shared: Client) -> None:
    response = await shared.get("/suppliers.csv", params={"query": "plombier", "where": '{"naf": ["43.22"]}'})
    assert response.status == 200
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert response.headers["Content-Disposition"].startswith('attachment; filename="fournisseurs-20')
    assert response.headers["Cache-Control"] == "no-store"
    rows = table(await response.text())
    assert [row["Nom"] for row in rows] == [GARLABAN, FABRE]
    assert not {"Contact", "Courriel", "Téléphone"} & set(rows[0])
    assert "example.org" not in await response.text()
    assert rows[1]["Sources et licences"] == "Chambre (licence non précisée); CMAR (licence non précisée)"
    assert rows[0]["Annuaires"] == "CMAR"
    assert (rows[1]["Codes NAF"], rows[1]["Commune"]) == ("43.22A", "Aubagne")


async def test_a_key_shows_contacts_as_people_dial_them(shared: Client) -> None:
    response = await shared.get("/suppliers.csv", params={"query": "Fabre"}, headers=await buyer(shared))
    (row,) = table(await response.text())
    assert (row["Contact"], row["Courriel"], row["Téléphone"]) == (
        "Mme Fabre",
        "contact@example.org",
        "04 91 00 00 00",
    )


async def test_json_lines_are_for_programs(shared: Client) -> None:
    (row,) = await lines(shared, params={"query": "Fabre"}, headers=await buyer(shared))
    assert (row["siren"], row["phone"], row["partners"]) == ("732829320", "+33491000000", ["Chambre", "CMAR"])
    answer = await shared.ask('{ supplier(by: { siren: "732829320" }) { id } }')
    assert row["id"] == (await answer.json())["data"]["supplier"]["id"]


async def test_a_workbook_has_the_suppliers_and_their_sources(shared: Client) -> None:
    response = await shared.get("/suppliers.xlsx", params={"query": "plombier"})
    assert response.headers["Content-Type"].endswith("spreadsheetml.sheet")
    found = sheets(await response.read())
    heading, *rows = found["Fournisseurs"]
    assert heading[:3] == ["Identifiant", "Nom", "Enseignes"]
    assert [row[1] for row in rows] == [GARLABAN, FABRE]
    assert found["Sources"][1:3] == [
        ["Chambre", "CCI", "licence non précisée"],
        ["CMAR", "Chambre de métiers", "licence non précisée"],
    ]
    assert ["query", "plombier"] in found["Sources"]


async def test_a_post_takes_the_arguments_as_json(shared: Client) -> None:
    asked = {"query": "plombier", "where": {"minPartners": 2}, "orderBy": {"field": "QUALITY", "direction": "DESC"}}
    response = await shared.session.post("/suppliers.jsonl", json=asked)
    assert [json.loads(line)["name"] for line in (await response.text()).splitlines()] == [FABRE]


async def test_nothing_found_is_a_file_with_headings(shared: Client) -> None:
    response = await shared.get("/suppliers.csv", params={"query": "astrophysicien"})
    assert (response.status, table(await response.text())) == (200, [])
    assert await lines(shared, params={"query": "astrophysicien"}) == []


@pytest.mark.parametrize(
    ("path", "params", "status", "code", "message"),
    [
        ("/suppliers.pdf", {}, 404, "NOT_FOUND",
         "Exports are to be had as /suppliers.csv, /suppliers.xlsx, /suppliers.jsonl."),
        ("/suppliers.csv", {"where": "{"}, 400, "BAD_JSON", "« where » is not JSON in UTF-8."),
        ("/suppliers.csv", {"q": "1"}, 400, "BAD_INPUT",
         "« q » is no argument of a search: there are query, without, where, near, orderBy."),
        ("/suppliers.csv", {"where": '{"size": ["X"]}'}, 400, "BAD_INPUT",
         "« where » has invalid value at .size[0]: Value 'X' does not exist in 'CompanySize' enum."),
        ("/suppliers.csv", {"where": '{"naf": ["99.9"]}'}, 400, "BAD_INPUT",
         "'99.9' is no code of the NAF rév. 2: give F, 43, 43.2, 43.22 or 43.22A."),
        ("/suppliers.csv", {"where": '{"has": ["EMAIL"]}'}, 403, "FORBIDDEN",
         "The filter `has: EMAIL` is for roles that may see contacts; ask for an API key."),
    ],
)  # fmt: skip
async def test_what_cannot_be_exported_is_said(
    shared: Client, path: str, params: dict[str, str], status: int, code: str, message: str
) -> None:
    response = await shared.get(path, params=params)
    assert response.status == status
    assert await refusal(response) == (code, message)


async def test_a_wrong_key_is_refused(shared: Client) -> None:
    response = await shared.get("/suppliers.csv", headers={"Authorization": f"Bearer cc_{'a' * 12}_{'A' * 43}"})
    assert (response.status, (await response.json())["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")


@pytest_asyncio.fixture(loop_scope="module")
async def crowd(settings: Settings) -> AsyncIterator[Client]:
    """A hub with 250 plumbers, of whom the public may export 200 at once, and one by one."""
    members = [plumber("cmar", str(number), f"Plomberie {number:03}", number=number + 2) for number in range(250)]
    long = [replace(each, description=f"Plombier {each.external_id} " + "chauffage " * 400) for each in members]
    async with opened_store(settings) as database:
        await fill(database, settings.index_dir, long)
    policy = Exporting(public_rows=200, rows=250, at_once=1, stall_seconds=0.5)
    async with serve_on_loopback(settings.model_copy(update={"export": policy})) as client:
        yield client


async def test_an_export_is_whole_or_refused(crowd: Client) -> None:
    key = await buyer(crowd)
    names = [row["name"] for row in await lines(crowd, headers=key)]
    assert names == [f"Plomberie {number:03}" for number in range(250)]
    response = await crowd.get("/suppliers.csv")
    message = (
        "The search finds 250 suppliers, and an export of yours may hold 200: "
        "narrow the search, or ask with an API key."
    )
    assert response.status == 400
    assert await refusal(response) == ("TOO_MANY", message)


async def test_a_reader_who_takes_nothing_is_let_go_and_makes_room(crowd: Client) -> None:
    key = (await buyer(crowd))["Authorization"]
    reader, writer = await asyncio.open_connection("127.0.0.1", crowd.port, limit=2**12)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    writer.write(f"GET /suppliers.jsonl HTTP/1.1\r\nHost: x\r\nAuthorization: {key}\r\n\r\n".encode())
    await reader.readline()
    busy = await crowd.get("/suppliers.csv", headers={"Authorization": key})
    assert (busy.status, busy.headers["Retry-After"]) == (503, "10")
    for _ in range(100):
        if not crowd.hub.exports.locked():
            break
        await asyncio.sleep(0.05)
    assert len(await lines(crowd, headers={"Authorization": key})) == 250
    writer.close()


async def test_formulas_are_texts(settings: Settings) -> None:
    evil = replace(DIRECTORY[2], name='=HYPERLINK("http://x")', description="@SUM(1)", trade_names=("-2+3",))
    async with opened_store(settings) as database:
        await fill(database, settings.index_dir, [evil])
    async with serve_on_loopback(settings) as client:
        (row,) = table(await (await client.get("/suppliers.csv")).text())
        assert (row["Nom"], row["Présentation"], row["Enseignes"]) == ('\'=HYPERLINK("http://x")', "'@SUM(1)", "'-2+3")
        found = sheets(await (await client.get("/suppliers.xlsx")).read())
        assert found["Fournisseurs"][1][1] == '=HYPERLINK("http://x")'


async def test_licences_are_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PARTNERS, "cmar", replace(PARTNERS["cmar"], licence="ODbL 1.0"))
    async with opened_store(settings) as database:
        await fill(database, settings.index_dir)
    async with serve_on_loopback(settings) as client:
        rows = await lines(client)
    assert [row["attribution"] for row in rows] == [
        ["CMAR (ODbL 1.0)"],
        ["Chambre (licence non précisée)", "CMAR (ODbL 1.0)"],
    ]
