import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import msgspec
import pytest

from demo import PARTNERS, Region, partners, servers, settings
from demo.files import stock_from
from tests.demo.demo_kit import ask, basic, six_free_ports

ROWS = {
    "chambre.json": [{"id": "irep-1", "raison_sociale": "NORIA", "last_modified": 1778289120000}],
    "cpme13.json": [
        {"id": 1002, "modified_gmt": "2026-06-16T08:27:00", "title": "C6", "content": "<p>x</p>", "meta": {"siren": ""}}
    ],
    "cress_paca.json": [
        {"siren": "391777596", "denomination": "LA PETITE OURSE", "latitude": 44.5, "modifie": "2026-07-01T03:45:00"}
    ],
    "french_tech.json": [
        {"id": 1, "nom": "A", "statut": "published", "date_created": "2026-03-23T09:37:00Z", "date_updated": None},
        {
            "id": 2,
            "nom": "B",
            "statut": "published",
            "date_created": "2026-03-01T00:00:00Z",
            "date_updated": "2026-04-01T00:00:00Z",
        },
    ],
}
CSV = "NUMERO_RM;SIREN;DENOMINATION;MODIFIE_LE\r\nRM13-1;;Électricité;13/07/2026 06:05\r\n"
NOWHERE = "demo: /nowhere/chambre.json cannot be read (No such file or directory): give the folder of the five files"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of rows in the partners' own shapes."""
    for name, rows in ROWS.items():
        (tmp_path / name).write_bytes(msgspec.json.encode(rows))
    (tmp_path / "cmar.csv").write_bytes(CSV.encode("cp1252"))
    return tmp_path


@pytest.fixture
def command() -> Iterator[list[str]]:
    yield [sys.executable, "-m", "demo", "--members", "30"]


# In the tests' own process


async def test_five_partners_run_on_loopback_and_say_how_to_read_them(region: Region) -> None:
    async with partners(region) as running:
        told = settings(running)
        addresses = set(running.addresses.values())
    assert tuple(told) == (*PARTNERS, "sirene")
    assert len(addresses) == 5
    for name, keys in told.items():
        assert keys["allow_hosts"] == ("127.0.0.1",)
        assert keys["base_url"].startswith(running.addresses.get(name, running.register_address))
    assert told["chambre"]["token_url"] == f"{running.addresses['chambre']}/oidc/token"


async def test_ports_follow_the_first_one_and_are_free_again_afterwards(
    region: Region, http: aiohttp.ClientSession
) -> None:
    first = six_free_ports()
    for _ in range(2):
        async with partners(region, base_port=first) as running:
            ports = [int(address.rpartition(":")[2]) for address in running.addresses.values()]
            assert (await ask(http, running.addresses["cmar"])).status == 404
    assert ports == list(range(first, first + 5))


async def test_a_port_in_use_is_named(region: Region) -> None:
    first = six_free_ports()
    sentence = f"127.0.0.1:{first + 2} cannot be listened on (Address already in use): choose another port"
    with socket.create_server(("127.0.0.1", first + 2)), pytest.raises(ValueError, match=re.escape(sentence)):
        async with partners(region, base_port=first):
            pass


async def test_ports_beyond_the_last_are_refused(region: Region) -> None:
    with pytest.raises(ValueError, match="the first of six ports is 1 to 65530, or 0 for free ones, not 65531"):
        async with partners(region, base_port=65_531):
            pass


async def test_rows_of_files_are_put_into_protocol_shape(folder: Path, http: aiohttp.ClientSession) -> None:
    async with partners(folder) as running:
        told = settings(running)
        cpme = told["cpme13"]
        url = f"{cpme['base_url']}/wp-json/wp/v2/adherent"
        post = (await ask(http, url, headers=basic(cpme["username"], cpme["password"]))).json[0]
        cmar = await ask(http, told["cmar"]["base_url"], headers=basic("demo", "demo"))
    assert post["title"] == {"rendered": "C6"}
    assert post["meta"]["telephone"] == ""
    assert cmar.body.decode("cp1252").splitlines()[1] == "RM13-1;;;Électricité;;;;;;;;;;;;13/07/2026 06:05"
    assert running["cress_paca"].external_ids() == ["1"]
    assert running["french_tech"].ledger.newest() == 1_775_001_600_000


def test_servers_can_be_had_without_running_them(folder: Path) -> None:
    chosen = servers(folder)
    assert {name: len(server.ledger) for name, server in chosen.items()} == {
        "chambre": 1,
        "cmar": 1,
        "cpme13": 1,
        "cress_paca": 1,
        "french_tech": 2,
    }


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("chambre", '{"data": []}', "chambre.json: not a JSON list of records: Expected `array`, got `object`"),
        ("cpme13", '[{"id": 1}]', "cpme13.json: row 1 has no readable date of change ('modified_gmt'): correct it"),
    ],
)
def test_a_file_out_of_shape_is_named(tmp_path: Path, name: str, content: str, sentence: str) -> None:
    (tmp_path / f"{name}.json").write_text(content)
    with pytest.raises(ValueError, match=re.escape(sentence)):
        stock_from(tmp_path, name)


# As a process of its own


def started(command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ready(process: subprocess.Popen[str]) -> dict[str, dict[str, object]]:
    assert process.stdout is not None
    told: dict[str, dict[str, object]] = json.loads(process.stdout.readline())["partners"]
    return told


def test_one_line_says_ready_and_the_end_of_input_stops_it(command: list[str]) -> None:
    with started(command) as process:
        assert tuple(ready(process)) == (*PARTNERS, "sirene")
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (0, "", "")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it(command: list[str], number: signal.Signals) -> None:
    with started([*command, "--detached"]) as process:
        ready(process)
        process.send_signal(number)
        assert process.wait(timeout=10) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--members", "0"], "demo: a demo has 1 to 2,000,000 companies, not 0: choose a number in between"),
        (["--data", "/nowhere"], NOWHERE),
    ],
)
def test_a_wrong_argument_is_one_sentence(arguments: list[str], sentence: str) -> None:
    result = subprocess.run([sys.executable, "-m", "demo", *arguments], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (1, "", f"{sentence}\n")
