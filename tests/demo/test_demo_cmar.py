import csv
import io
from collections.abc import AsyncIterator

import aiohttp
import pytest

from demo import Region, serving
from demo.servers.cmar import COLUMNS, PASSWORD, USER, CmarServer
from tests.demo.demo_kit import Answer, Clock, ask, basic, rows_of

KNOWN = basic(USER, PASSWORD)
MIDNIGHT = 1_760_000_000_000
ROWS = [
    dict.fromkeys(COLUMNS, "") | {"NUMERO_RM": f"RM13-{number}", "DENOMINATION": name, "MODIFIE_LE": "09/10/2025 10:53"}
    for number, name in enumerate(["Électricité Noël", 'Le "Four"; pain', "Chez Œdipe – été"])
]


@pytest.fixture
def server(clock: Clock) -> CmarServer:
    instants = {row["NUMERO_RM"]: MIDNIGHT for row in ROWS}
    return CmarServer(rows_of(list(ROWS), "NUMERO_RM", instants), clock=clock)


@pytest.fixture
async def url(server: CmarServer) -> AsyncIterator[str]:
    async with serving(server) as address:
        yield server.settings(address)["base_url"]


def parsed(answer: Answer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.body.decode("cp1252"), newline=""), delimiter=";"))


async def test_the_file_is_cp1252_with_semicolons_and_crlf(http: aiohttp.ClientSession, url: str) -> None:
    answer = await ask(http, url, headers=KNOWN)
    assert answer.headers["Content-Type"] == "text/csv"
    assert answer.headers["Content-Length"] == str(len(answer.body))
    assert answer.body.startswith((";".join(COLUMNS) + "\r\n").encode("cp1252"))
    assert answer.body.count(b"\r\n") == answer.body.count(b"\n") == 4
    assert [row["DENOMINATION"] for row in parsed(answer)] == [
        "Électricité Noël",
        'Le "Four"; pain',
        "Chez Œdipe – été",
    ]


async def test_the_etag_is_mtime_and_size(http: aiohttp.ClientSession, url: str) -> None:
    answer = await ask(http, url, headers=KNOWN)
    assert answer.headers["ETag"] == f'"{MIDNIGHT // 1000:x}-{len(answer.body):x}"'
    assert answer.headers["Last-Modified"] == "Thu, 09 Oct 2025 08:53:20 GMT"


async def test_gzip_weakens_the_etag_and_hides_the_length(http: aiohttp.ClientSession, url: str) -> None:
    plain = await ask(http, url, headers=KNOWN)
    async with http.get(url, headers=KNOWN | {"Accept-Encoding": "gzip"}) as response:
        assert response.headers["Content-Encoding"] == "gzip"
        assert response.headers["Transfer-Encoding"] == "chunked"
        assert "Content-Length" not in response.headers
        assert response.headers["ETag"] == f"W/{plain.headers['ETag']}"
        assert await response.read() == plain.body


@pytest.mark.parametrize("weak", ["", "W/"])
async def test_a_known_etag_is_304(http: aiohttp.ClientSession, url: str, weak: str) -> None:
    etag = (await ask(http, url, headers=KNOWN)).headers["ETag"]
    answer = await ask(http, url, headers=KNOWN | {"If-None-Match": f"{weak}{etag}"})
    assert (answer.status, answer.body, answer.headers["ETag"]) == (304, b"", etag)


async def test_a_known_date_is_304_and_both_conditions_must_hold(http: aiohttp.ClientSession, url: str) -> None:
    dated = (await ask(http, url, headers=KNOWN)).headers["Last-Modified"]
    assert (await ask(http, url, headers=KNOWN | {"If-Modified-Since": dated})).status == 304
    both = {"If-Modified-Since": dated, "If-None-Match": '"other"'}
    assert (await ask(http, url, headers=KNOWN | both)).status == 200


async def test_an_edit_changes_file_etag_and_date(
    http: aiohttp.ClientSession, url: str, server: CmarServer, clock: Clock
) -> None:
    before = await ask(http, url, headers=KNOWN)
    server.edit("RM13-1", TELEPHONE="04 65 71 00 01")
    after = await ask(http, url, headers=KNOWN | {"If-None-Match": before.headers["ETag"]})
    assert after.status == 200
    assert after.headers["Last-Modified"] == "Sun, 22 Nov 2026 12:00:00 GMT"
    assert parsed(after)[1]["TELEPHONE"] == "04 65 71 00 01"
    assert parsed(after)[1]["MODIFIE_LE"] == "22/11/2026 13:00"


async def test_changed_content_of_the_same_second_and_size_keeps_its_etag(
    http: aiohttp.ClientSession, url: str, server: CmarServer
) -> None:
    server.edit("RM13-0", SIREN="111111111")
    before = await ask(http, url, headers=KNOWN)
    server.edit("RM13-0", SIREN="222222222")
    after = await ask(http, url, headers=KNOWN)
    assert before.body != after.body
    assert before.headers["ETag"] == after.headers["ETag"]
    known = KNOWN | {"If-None-Match": before.headers["ETag"]}
    assert (await ask(http, url, headers=known)).status == 304


async def test_what_is_deleted_is_gone_and_what_is_added_comes_last(
    http: aiohttp.ClientSession, url: str, server: CmarServer
) -> None:
    server.delete("RM13-0")
    key = server.add({"DENOMINATION": "Nouveau"})
    rows = parsed(await ask(http, url, headers=KNOWN))
    assert [row["NUMERO_RM"] for row in rows] == ["RM13-1", "RM13-2", key]
    assert rows[-1]["DENOMINATION"] == "Nouveau"


async def test_a_wrong_password_is_401(http: aiohttp.ClientSession, url: str) -> None:
    for headers in ({}, basic(USER, "wrong")):
        answer = await ask(http, url, headers=headers)
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, 'Basic realm="export"')


async def test_the_password_is_optional(http: aiohttp.ClientSession, region: Region) -> None:
    server = CmarServer(region.stock("cmar"), protected=False, gzipped=False)
    async with serving(server) as address:
        assert server.settings(address) == {"base_url": f"{address}/export/artisans.csv"}
        answer = await ask(http, f"{address}/export/artisans.csv", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers
    assert len(parsed(answer)) == len(server.ledger)


async def test_head_gives_the_headers_of_get(http: aiohttp.ClientSession, url: str) -> None:
    head = await ask(http, url, method="HEAD", headers=KNOWN)
    got = await ask(http, url, headers=KNOWN)
    assert head.body == b""
    assert head.headers["ETag"] == got.headers["ETag"]
    assert head.headers["Content-Length"] == got.headers["Content-Length"]
