"""The ``circuit`` command as a person types it: its exit code and what it prints, against real demo partners."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from gateway.cli.output import age
from gateway.cli.sheets import cell

MEMBERS = 300
CIRCUIT = [sys.executable, "-c", "from gateway.cli import main; main()"]


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Desk(NamedTuple):
    """A folder to run commands in, with running demo partners and the settings that name them."""

    folder: Path
    config: Path

    def circuit(self, *arguments: str, **variables: str) -> Done:
        known = {"CIRCUIT_CONFIG": str(self.config), "COLUMNS": "200"}
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CIRCUIT_")}
        done = subprocess.run(
            [*CIRCUIT, *arguments],
            cwd=self.folder,
            env=environment | known | variables,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    command = [*CIRCUIT, "demo", "--partners-only", "--members", str(MEMBERS)]
    partners = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert partners.stdout is not None
    assert partners.stdout.readline().startswith("data_dir")
    config = next(folder.glob(".circuit/*/circuit.toml"))
    yield Desk(folder, config)
    partners.send_signal(signal.SIGINT)
    assert partners.wait(60) == 0
    partners.stdout.close()


@pytest.fixture(scope="module")
def ready(desk: Desk) -> Desk:
    for step in ("harvest", "resolve", "index"):
        done = desk.circuit(step)
        assert done.code == 0, done.err
    return desk


def test_the_commands_are_documented_as_they_are() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "typer", "gateway.cli", "utils", "docs", "--name", "circuit"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout == Path("docs/commands.md").read_text(encoding="utf-8"), "run `make docs`"


def test_help_and_a_wrong_usage_wait_for_no_library_that_they_do_not_need() -> None:
    loaded = "import sys, gateway.cli; print(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert {"sqlalchemy", "aiohttp", "strawberry", "tantivy"}.isdisjoint(shown.stdout.split())


def test_partners_check_proves_credentials_and_writes_nothing(desk: Desk) -> None:
    done = desk.circuit("partners", "check", "--json", CIRCUIT_DATA_DIR=str(desk.folder / "untouched"))
    assert done.code == 0
    assert [row["partner"] for row in done.json if row["ok"]] == [
        "chambre",
        "cmar",
        "cpme13",
        "cress_paca",
        "french_tech",
        "sirene",
    ]
    assert all(row["listings"] > 0 for row in done.json)
    assert not (desk.folder / "untouched").exists()


def test_a_wrong_secret_is_one_line_and_exit_1(desk: Desk) -> None:
    done = desk.circuit("partners", "check", "cpme13", CIRCUIT_PARTNERS__CPME13__PASSWORD="wrong wrong")
    assert done.code == 1
    assert done.err == "circuit: Not readable: cpme13.\n"
    assert "wrong wrong" not in done.out


def test_a_partner_that_is_not_set_is_a_usage_error(desk: Desk) -> None:
    done = desk.circuit("harvest", "chambr")
    assert done.code == 2
    there = "chambre, cmar, cpme13, cress_paca, french_tech, sirene"
    assert f"No partner is called 'chambr'; there are: {there}." in done.err


def test_an_unknown_setting_is_named(desk: Desk) -> None:
    done = desk.circuit("partners", CIRCUIT_PROT="1")
    assert done.code == 1
    assert done.err == "circuit: unknown variable CIRCUIT_PROT; did you mean CIRCUIT_PORT?\n"


def test_a_search_without_an_index_says_the_remedy(desk: Desk) -> None:
    done = desk.circuit("search", "plombier", CIRCUIT_DATA_DIR=str(desk.folder / "empty"))
    assert done.code == 1
    assert "There is no search index in" in done.err
    assert 'run "circuit index"' in done.err


def test_one_partner_down_leaves_the_others(desk: Desk) -> None:
    done = desk.circuit(
        "harvest",
        "--json",
        CIRCUIT_DATA_DIR=str(desk.folder / "one-down"),
        CIRCUIT_PARTNERS__CMAR__BASE_URL="http://127.0.0.1:9/export.csv",
        CIRCUIT_PARTNERS__CMAR__RETRIES="0",
    )
    assert done.code == 1
    assert done.err.splitlines()[-1] == "circuit: Not read: cmar; what was last good of them stays served."
    status = {row["partner"]: row["status"] for row in done.json}
    assert status == {
        "chambre": "ACCEPTED",
        "cmar": "REFUSED",
        "cpme13": "ACCEPTED",
        "cress_paca": "ACCEPTED",
        "french_tech": "ACCEPTED",
        "sirene": "ACCEPTED",
    }


def test_a_partner_without_its_secret_is_refused_and_the_others_are_read(desk: Desk) -> None:
    lines = desk.config.read_text().splitlines(keepends=True)
    config = desk.folder / "no-secret.toml"
    config.write_text("".join(line for line in lines if not line.startswith(("client_secret", "data_dir"))))
    done = desk.circuit(
        "harvest", "--json", CIRCUIT_CONFIG=str(config), CIRCUIT_DATA_DIR=str(desk.folder / "no-secret")
    )
    assert done.code == 1
    refused = {row["partner"]: row["problem"] for row in done.json if row["status"] == "REFUSED"}
    assert set(refused) == {"chambre"}
    assert "partners.chambre.client_secret" in refused["chambre"]
    assert "Traceback" not in done.err


def test_partners_shows_members_and_age(ready: Desk) -> None:
    rows = ready.circuit("partners", "--json").json
    assert {row["partner"]: row["health"] for row in rows} == dict.fromkeys(
        ["chambre", "cmar", "cpme13", "cress_paca", "french_tech", "sirene"], "UP"
    )
    assert all(row["members"] > 0 and row["age_seconds"] < 600 for row in rows)


def test_a_second_harvest_reads_only_what_changed(ready: Desk) -> None:
    rows = ready.circuit("harvest", "--json").json
    assert sum(row["added"] + row["changed"] + row["withdrawn"] for row in rows) == 0
    assert {row["partner"]: row["status"] for row in rows}["cmar"] == "UNCHANGED"


def test_partners_says_when_each_is_read_next(ready: Desk) -> None:
    rows = ready.circuit("partners", "--json").json
    assert all(row["next_run"] > row["last_harvest"] and row["next"].startswith("in ") for row in rows)
    assert all(row["held"] is None for row in rows)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--accept", "1", "--reject", "1"), "--accept and --reject exclude each other; give one of them."),
        (("--watch", "--replay"), "--watch and --replay exclude each other; give one of them."),
        (("--watch", "--full"), "--full does not go with --watch; see circuit harvest --help."),
        (("--replay", "--full"), "--full does not go with --replay; see circuit harvest --help."),
        (("cmar", "--accept", "1"), "NAME does not go with --accept; see circuit harvest --help."),
        (("--reason", "x"), "--reason does not go with a harvest; see circuit harvest --help."),
    ],
)
def test_options_that_exclude_each_other(desk: Desk, arguments: tuple[str, ...], sentence: str) -> None:
    done = desk.circuit("harvest", *arguments)
    assert (done.code, done.out, done.err) == (2, "", f"circuit: {sentence}\n")


def test_a_run_that_is_not_held_cannot_be_decided(ready: Desk) -> None:
    done = ready.circuit("harvest", "--accept", "999999")
    assert (done.code, done.out) == (1, "")
    assert done.err == "circuit: There is no run 999999; circuit partners lists those that wait.\n"


@pytest.mark.parametrize("option", ["--accept", "--reject"])
def test_a_number_that_no_run_can_have(desk: Desk, option: str) -> None:
    done = desk.circuit("harvest", option, "9" * 20)
    assert (done.code, done.out) == (1, "")
    assert done.err == f"circuit: There is no run {'9' * 20}; circuit partners lists those that wait.\n"


class Halved(NamedTuple):
    """A hub whose CMAR has lost half of its members since the last harvest, and the run that is held for it."""

    desk: Desk
    data: str
    run: int

    def circuit(self, *arguments: str) -> Done:
        return self.desk.circuit(*arguments, CIRCUIT_DATA_DIR=self.data)


@pytest.fixture
def halved(desk: Desk, tmp_path: Path) -> Halved:
    data = str(tmp_path / "data")
    assert desk.circuit("harvest", "cmar", "french_tech", CIRCUIT_DATA_DIR=data).code == 0
    # Half of them are no members by this setting.
    only = json.dumps({"QUALITE": ["Artisan"]})
    done = desk.circuit("harvest", "cmar", "--full", "--json", CIRCUIT_DATA_DIR=data, CIRCUIT_PARTNERS__CMAR__ONLY=only)
    (row,) = done.json
    assert (done.code, row["status"]) == (1, "HELD")
    assert done.err.splitlines()[-1] == (
        f"circuit: Held: cmar; decide with circuit harvest --accept {row['run']} or circuit harvest --reject "
        f"{row['run']}."
    )
    return Halved(desk, data, row["run"])


def test_a_loss_is_held_shown_and_accepted(halved: Halved) -> None:
    state = {row["partner"]: row for row in halved.circuit("partners", "--json").json}
    assert (state["cmar"]["health"], state["cmar"]["held"]) == ("DEGRADED", halved.run)
    assert "of the members would go (at most 20 % pass)" in state["cmar"]["problem"]
    before = state["cmar"]["members"]
    (held,) = [row for row in halved.circuit("partners", "runs", "cmar", "--json").json if row["status"] == "HELD"]

    done = halved.circuit("harvest", "--accept", str(halved.run), "--reason", "They told us.", "--json")

    (row,) = done.json
    assert (done.code, row["status"], row["withdrawn"]) == (0, "ACCEPTED", held["withdrawn"])
    after = {row["partner"]: row for row in halved.circuit("partners", "--json").json}["cmar"]
    assert (after["members"], after["held"], after["health"]) == (before - held["withdrawn"], None, "UP")
    again = halved.circuit("harvest", "--accept", str(halved.run))
    assert again.code == 1
    assert again.err == f"circuit: Run {halved.run} does not wait for a decision: it is ACCEPTED.\n"


def test_a_loss_is_rejected(halved: Halved) -> None:
    done = halved.circuit("harvest", "--reject", str(halved.run), "--json")
    (row,) = done.json
    assert (done.code, row["status"]) == (0, "REJECTED")
    state = {row["partner"]: row for row in halved.circuit("partners", "--json").json}
    assert (state["cmar"]["health"], state["cmar"]["held"], state["cmar"]["problem"]) == ("UP", None, None)


def test_a_mapping_that_was_mended_is_replayed_on_what_was_kept(desk: Desk, tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    assert desk.circuit("harvest", "cmar", CIRCUIT_DATA_DIR=data).code == 0
    fields = json.dumps({"phone": []})
    done = desk.circuit(
        "harvest",
        "cmar",
        "--replay",
        "--json",
        CIRCUIT_DATA_DIR=data,
        CIRCUIT_PARTNERS__CMAR__FIELDS=fields,
    )
    (row,) = done.json
    assert (done.code, row["status"], row["requests"], row["of"]) == (0, "ACCEPTED", 0, 1)
    assert row["changed"] > 0
    assert row["withdrawn"] == row["added"] == 0


def test_there_is_nothing_to_replay_before_a_harvest(desk: Desk, tmp_path: Path) -> None:
    done = desk.circuit("harvest", "cmar", "--replay", CIRCUIT_DATA_DIR=str(tmp_path / "data"))
    assert done.code == 1
    said, failure = done.err.splitlines()[-2:]
    assert said == "cmar: No whole reading of CMAR is kept; say circuit harvest --full cmar first."
    assert failure == "circuit: Not read: cmar; what was last good of them stays served."


def test_registers_have_no_reading_that_is_replayed_unless_they_are_named(desk: Desk, tmp_path: Path) -> None:
    data = {"CIRCUIT_DATA_DIR": str(tmp_path / "data")}
    assert desk.circuit("harvest", **data).code == 0
    done = desk.circuit("harvest", "--replay", "--json", **data)
    assert done.code == 0, done.err
    assert {row["partner"] for row in done.json} == {"chambre", "cmar", "cpme13", "cress_paca", "french_tech"}
    assert desk.circuit("harvest", "--replay", "sirene", **data).code == 1


def test_a_screen_that_is_too_narrow_breaks_no_word(ready: Desk) -> None:
    rows = ready.circuit("partners", "runs", "--json").json
    lines = ready.circuit("partners", "runs", COLUMNS="80").out.splitlines()
    assert max(map(len, lines)) <= 80
    said = [line.split() for line in lines]
    for name in ("partner", "status"):
        assert [line[1] for line in said if line[:1] == [name]] == [row[name] for row in rows]
    wide = ready.circuit("partners", "runs", COLUMNS="160").out.splitlines()
    assert [line.split()[3] for line in wide if line[1:2].isdigit()] == [row["partner"] for row in rows]


def test_a_share_is_not_said_to_be_whole_unless_it_is(ready: Desk) -> None:
    share = ready.circuit("partners", "show", "cmar", "--json").json["quality"]["valid_siren"]
    assert 0.95 < share < 1
    shown = f"valid siren             {int(1_000 * share) / 10:.1f} %"
    assert shown in ready.circuit("partners", "show", "cmar").out


def test_runs_of_all_partners_and_of_one(ready: Desk) -> None:
    rows = ready.circuit("partners", "runs", "--json").json
    assert {row["partner"] for row in rows} >= {"chambre", "cmar", "cpme13", "cress_paca", "french_tech"}
    assert [row["run"] for row in rows] == sorted((row["run"] for row in rows), reverse=True)
    (latest,) = ready.circuit("partners", "runs", "chambre", "--limit", "1", "--json").json
    assert (latest["partner"], latest["trigger"], latest["problem"]) == ("chambre", "MANUAL", None)
    assert latest["requests"] > 0
    assert latest["waited"] >= 0


def test_runs_of_a_partner_that_is_not_known(ready: Desk) -> None:
    done = ready.circuit("partners", "runs", "chambr")
    assert done.code == 2
    assert done.err.startswith("circuit: No partner called 'chambr' was ever harvested; there are: chambre, cmar, ")


def test_one_partner_in_full(ready: Desk) -> None:
    found = ready.circuit("partners", "show", "cmar", "--json").json
    assert found["state"]["partner"] == "cmar"
    assert found["runs"][-1]["status"] == "ACCEPTED"
    text = ready.circuit("partners", "show", "cmar")
    assert text.code == 0
    assert "last runs" in text.out


def test_a_paused_partner_is_not_harvested_until_it_is_resumed(desk: Desk, tmp_path: Path) -> None:
    data = {"CIRCUIT_DATA_DIR": str(tmp_path / "data")}
    done = desk.circuit("partners", "pause", "cmar", "--reason", "Travaux", **data)
    assert (done.code, done.out) == (0, "")
    assert done.err == "cmar is not harvested any more; circuit partners resume cmar takes it up again.\n"
    (row,) = desk.circuit("harvest", "cmar", "--json", **data).json
    assert (row["status"], row["problem"]) == ("REFUSED", "CMAR is paused; resume it to harvest it again.")
    assert desk.circuit("partners", "resume", "cmar", **data).code == 0
    assert desk.circuit("harvest", "cmar", **data).code == 0


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        (" ", "Say why; the reason is kept with the decision."),
        ("x" * 1_001, "The reason has 1,001 characters; say it in 1,000."),
    ],
)
@pytest.mark.parametrize(
    "command", [("partners", "pause", "cmar"), ("partners", "remove", "cmar"), ("harvest", "--accept", "1")]
)
def test_a_reason_is_held_to_what_the_api_holds_it_to(
    desk: Desk, command: tuple[str, ...], reason: str, sentence: str
) -> None:
    done = desk.circuit(*command, "--reason", reason)
    assert (done.code, done.out, done.err) == (2, "", f"circuit: {sentence}\n")


def test_a_partner_that_leaves(desk: Desk, tmp_path: Path) -> None:
    data = {"CIRCUIT_DATA_DIR": str(tmp_path / "data")}
    assert desk.circuit("harvest", "french_tech", **data).code == 0
    members = {row["partner"]: row for row in desk.circuit("partners", "--json", **data).json}["french_tech"]["members"]
    without_a_reason = desk.circuit("partners", "remove", "french_tech", **data)
    assert without_a_reason.code == 2
    done = desk.circuit("partners", "remove", "french_tech", "--reason", "Fin de la convention", **data)
    assert done.code == 0
    assert done.err.splitlines()[0] == (
        f"{members:,} listings of french_tech are withdrawn and its kept answers dropped; it is paused."
    )
    left = {row["partner"]: row for row in desk.circuit("partners", "--json", **data).json}["french_tech"]
    assert (left["members"], left["health"]) == (0, "PAUSED")


def test_search_gives_each_company_once_and_within_the_radius(ready: Desk) -> None:
    done = ready.circuit("search", "plomberie chauffage", "--near", "Marseille", "--km", "60", "--json")
    assert done.code == 0
    names = [row["siren"] or row["name"] for row in done.json]
    assert names
    assert len(names) == len(set(names))
    assert all(row["km"] <= 60 for row in done.json)


def test_search_near_nowhere_is_a_usage_error(ready: Desk) -> None:
    done = ready.circuit("search", "plombier", "--near", "Atlantis")
    assert done.code == 2
    assert "No commune of the region is called 'Atlantis'" in done.err


def test_export_listings_names_supplier_and_establishment(ready: Desk) -> None:
    done = ready.circuit("export", "listings", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert list(rows[0])[:4] == ["partner", "external_id", "supplier_id", "establishment_id"]
    assert len(rows) == len({(row["partner"], row["external_id"]) for row in rows})
    homeless = [row for row in rows if not row["establishment_id"].startswith(row["supplier_id"] + "/")]
    assert {row["disclosure"] for row in homeless} <= {"PARTIAL"}  # whose address is nobody's business
    assert len(homeless) < len(rows) / 10


def test_export_shows_contacts_to_a_role_that_may_see_them(ready: Desk) -> None:
    public = [json.loads(line) for line in ready.circuit("export", "suppliers", "--format", "jsonl").out.splitlines()]
    buyer = ready.circuit("export", "suppliers", "--format", "jsonl", "--role", "buyer").out.splitlines()
    assert all(row["email"] is None and row["phone"] is None for row in public)
    assert len(buyer) == len(public)
    assert any(json.loads(line)["phone"] for line in buyer)


def test_a_key_is_shown_once_listed_and_ended(ready: Desk) -> None:
    made = ready.circuit("key", "create", "--role", "buyer", "--name", "Métropole", "--json").json
    listed = {row["prefix"]: row for row in ready.circuit("key", "list", "--json").json}
    assert listed[made["prefix"]]["name"] == "Métropole"
    assert made["token"] not in json.dumps(listed)
    assert ready.circuit("key", "revoke", made["prefix"]).code == 0
    again = ready.circuit("key", "revoke", made["prefix"])
    assert again.code == 1
    assert "No key in force has the prefix" in again.err


def test_a_key_is_rotated_and_the_log_tells_of_it(ready: Desk) -> None:
    options = ("--scope", "read", "--scope", "exports", "--origin", "https://A.example", "--expires", "90d")
    made = ready.circuit("key", "create", "--role", "steward", "--name", "Inès", *options, "--json").json
    assert (made["scopes"], made["origins"]) == (["read", "exports"], ["https://a.example"])
    rotated = ready.circuit("key", "rotate", made["prefix"], "--overlap", "2h")
    assert rotated.code == 0, rotated.err
    assert rotated.out.startswith("cc_")
    assert f"The key {made['prefix']} ends in 2:00:00." in rotated.err
    prefix = rotated.out.split("_")[1]
    rows = {row["prefix"]: row for row in ready.circuit("key", "list", "--json").json}
    old, new = rows[made["prefix"]], rows[prefix]
    assert [old[each] == new[each] for each in ("role", "name", "scopes", "origins", "line")] == [True] * 5
    assert old["expires_at"] < new["expires_at"]
    logged = ready.circuit("audit", "--named", f"Key:{made['prefix']}", "--since", "1h", "--json").json
    assert [(row["field"], row["ids"], row["outcome"]) for row in logged] == [
        ("keyRotate", [f"Key:{made['prefix']}", f"Key:{prefix}"], "DONE"),
        ("keyCreate", [f"Key:{made['prefix']}"], "DONE"),
    ]
    assert ready.circuit("audit", "--kind", "refused", "--json").json == []
    assert "keyRotate" in ready.circuit("audit", "--limit", "5").out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("key", "rotate", "aaaaaaaaaaaa"), "No key in force has the prefix 'aaaaaaaaaaaa'"),
        (("key", "rotate", "aaaaaaaaaaaa", "--overlap", "soon"), "'soon' is no span of time"),
        (("key", "create", "--role", "buyer", "--name", "x", "--origin", "a.example"), "'a.example' is not an origin"),
        (("key", "create", "--role", "buyer", "--name", "x", "--expires", "2020-01-01"), "is not to come"),
        (("key", "create", "--role", "buyer", "--name", "x", "--scope", "write"), "'write' is not one of"),
        (("audit", "--since", "then"), "'then' is no span of time"),
    ],
)
def test_keys_and_log_say_what_they_do_not_understand(ready: Desk, arguments: tuple[str, ...], sentence: str) -> None:
    done = ready.circuit(*arguments)
    assert done.code in {1, 2}
    assert sentence in done.err


def test_a_partners_key_needs_its_partner(ready: Desk) -> None:
    done = ready.circuit("key", "create", "--role", "partner", "--name", "x")
    assert done.code == 1
    assert done.err == "circuit: A key of role PARTNER speaks for one partner; say which.\n"


def test_doctor_finds_nothing_wrong(ready: Desk) -> None:
    done = ready.circuit("doctor", "--json")
    assert done.code == 0, done.out
    assert [row["check"] for row in done.json][:4] == ["settings", "disk", "store", "index"]


def test_doctor_names_what_is_wrong_and_exits_1(desk: Desk) -> None:
    done = desk.circuit("doctor", "--json", CIRCUIT_DATA_DIR=str(desk.folder / "nothing"))
    assert done.code == 1
    wrong = {row["check"]: row["detail"] for row in done.json if not row["ok"]}
    assert set(wrong) == {"store", "index"}


def test_schema_prints_what_is_committed(desk: Desk) -> None:
    assert desk.circuit("schema").out == Path("schema/schema.graphql").read_text(encoding="utf-8")


def test_schema_prints_the_subgraph(desk: Desk) -> None:
    printed = desk.circuit("schema", "--subgraph").out
    assert printed.startswith('extend schema @link(url: "https://specs.apollo.dev/federation/v2.0"')
    assert 'type Supplier implements Node @key(fields: "id") @key(fields: "siren") {' in printed


def test_demo_answers_its_own_queries_and_leaves_nothing_behind(tmp_path: Path) -> None:
    port = "18231"
    demo = subprocess.Popen(
        [*CIRCUIT, "demo", "--members", "400", "--port", port],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _wait_until_answered(f"http://127.0.0.1:{port}/readyz", demo)
        partners = tomllib.loads(next(tmp_path.glob(".circuit/*/circuit.toml")).read_text())["partners"]
        _ask_every_example(port)
    finally:
        demo.send_signal(signal.SIGINT)
        out, _ = demo.communicate(timeout=20)
    assert demo.returncode in {0, 130}
    assert f"http://127.0.0.1:{port}/graphql" in out
    assert all(not _listens(table["base_url"]) for table in partners.values())


def _wait_until_answered(url: str, process: "subprocess.Popen[str]") -> None:
    import urllib.error
    import urllib.request

    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise AssertionError(f"{url} did not answer; the process ended with {process.poll()}")


def _ask_every_example(port: str) -> None:
    import urllib.request

    from gateway.examples import EXAMPLES

    for example in EXAMPLES:
        body = json.dumps({"query": example.query}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{port}/graphql", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as response:
            answer = json.load(response)
        assert "errors" not in answer
        assert answer["data"]["suppliers"]


def _listens(url: str) -> bool:
    import socket
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 80), 1):
            return True
    except OSError:
        return False


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        ("=SUM(A1)", "'=SUM(A1)"),
        ("@cmd", "'@cmd"),
        ("-2+3", "'-2+3"),
        ("+33491000000", "+33491000000"),
        (["a", "=b"], "a|'=b"),
        (12.5, "12.5"),
    ],
)
def test_a_cell_runs_nothing_in_a_spreadsheet(value: object, expected: str) -> None:
    assert cell(value) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"), [(None, "never"), (5, "5 s"), (95, "1 min"), (7300, "2 h"), (200_000, "2 d")]
)
def test_age_in_its_largest_unit(seconds: float | None, expected: str) -> None:
    assert age(seconds) == expected
