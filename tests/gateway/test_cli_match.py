"""``circuit partners guess``, ``circuit match`` and what ``circuit export listings`` says of sites, on real files."""

import csv
import io
import os
import subprocess
from pathlib import Path

import pytest

from tests.gateway.test_cli import CIRCUIT, Done

FODORS = """id,name,addr,city,phone,type
534,arnie morton's of chicago,435 s. la cienega blvd.,los angeles,310/246-1501,american
535,art's delicatessen,12224 ventura blvd.,studio city,818/762-1221,american
,nobody,,,,
536
"""
ZAGATS = """name;addr;city;phone
Arnie Morton's of Chicago;435 S. La Cienega Boulevard;Los Angeles;310-246-1501
Campanile;624 s. la brea ave.;los angeles;213-938-1447
Nowhere;;;
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "fodors.csv").write_text(FODORS, encoding="utf-8")
    (tmp_path / "zagats.csv").write_text(ZAGATS, encoding="utf-8")
    return tmp_path


def circuit(folder: Path, *arguments: str) -> Done:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CIRCUIT_")}
    done = subprocess.run(
        [*CIRCUIT, *arguments],
        cwd=folder,
        env=environment | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def rows_of(text: str) -> dict[tuple[str, str], dict[str, str]]:
    return {(row["partner"], row["external_id"]): row for row in csv.DictReader(io.StringIO(text))}


def test_files_in_and_who_is_whose_out(folder: Path) -> None:
    done = circuit(folder, "match", "fodors.csv", "zagats.csv")
    assert done.code == 0, done.err
    rows = rows_of(done.out)
    assert list(rows) == [
        ("fodors", "1"),
        ("fodors", "2"),
        ("fodors", "3"),
        ("zagats", "1"),
        ("zagats", "2"),
        ("zagats", "3"),
    ]
    one, other = rows["fodors", "1"], rows["zagats", "1"]
    assert one["supplier_id"] == other["supplier_id"]
    assert one["establishment_id"] == other["establishment_id"]
    assert len({row["supplier_id"] for row in rows.values()}) == 5
    siteless = rows["zagats", "3"]
    assert siteless["establishment_id"] == f"{siteless['supplier_id']}/-"
    assert "fodors: 4 rows read, 3 listings, 1 skipped." in done.err
    assert "The row has 1 cells where the header has 6: ask the partner to mend it." in done.err
    assert "6 listings are 5 suppliers; 1 have several listings, 1 are in more than one file." in done.err
    assert "zagats: no column identifies its rows" in done.err
    assert sorted(path.name for path in folder.iterdir()) == ["fodors.csv", "zagats.csv"]


def test_a_guessed_table_is_read_from_any_folder_and_exported(folder: Path) -> None:
    guessed = circuit(folder, "partners", "guess", "zagats.csv", "--name", "zagat")
    assert guessed.out == (
        '[partners.zagat]\nprotocol = "csv"\npath = "zagats.csv"\ncharset = "utf-8"\n'
        'csv = { delimiter = ";", row_number = "row_number" }\n\n[partners.zagat.fields]\n'
        'id = "row_number"\nname = "name"\naddress_lines = "addr"\ncommune = "city"\nphone = "phone"\n'
    )
    (folder / "circuit.toml").write_text(guessed.out, encoding="utf-8")
    out = folder / "listings.csv"
    done = circuit(folder, "match", "fodors.csv", "--config", "circuit.toml", "--data-dir", "kept", "--out", str(out))
    assert (done.code, done.out) == (0, "")
    matched = rows_of(out.read_text(encoding="utf-8"))
    assert {partner for partner, _ in matched} == {"fodors", "zagat"}
    for step in (("harvest",), ("resolve",), ("export", "listings", "--output", "all.csv")):
        done = circuit(folder, *step)
        assert done.code == 0, done.err
    assert set(rows_of((folder / "all.csv").read_text(encoding="utf-8"))) == {("zagat", str(n)) for n in (1, 2, 3)}
    assert not list(folder.glob(".*.part"))


def test_listings_that_were_not_resolved_are_counted(folder: Path) -> None:
    guessed = circuit(folder, "partners", "guess", "zagats.csv")
    (folder / "circuit.toml").write_text(guessed.out, encoding="utf-8")
    assert circuit(folder, "harvest").code == 0
    done = circuit(folder, "export", "listings")
    assert (done.code, done.out) == (0, "")
    assert done.err == "3 listings belong to no supplier yet and were left out; run circuit resolve.\n"


def test_reasons_for_which_rows_were_skipped_are_told_once(folder: Path) -> None:
    rows = "".join(f"{number},,{number} High Street\n" for number in range(30))
    (folder / "nameless.csv").write_text(f"id,name,addr\nx,Dupont,1 Main Street\n{rows}", encoding="utf-8")
    done = circuit(folder, "match", "nameless.csv")
    assert done.code == 0, done.err
    told = [line for line in done.err.splitlines() if line.startswith("skipped: ")]
    reason = "The record has no name in name: ask the partner to give it one."
    assert told == [f"skipped: nameless 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 20 more: {reason}"]


def test_a_stranger_s_two_files(folder: Path) -> None:
    """Other headings, marks, charsets and spellings; an address with its town on a line of its own."""
    (folder / "guide.csv").write_bytes(
        "Réf;Établissement;Adresse complète;Téléphone\r\n"
        '7;"Café Zinzolin";"12 N. La Cienega Blvd.\nLos Angeles";310/246-1501\r\n'
        '8;"Le Fournil";"3 rue Haute, 13400 Aubagne";04 42 00 00 01\r\n'.encode("cp1252")
    )
    (folder / "list.csv").write_bytes(
        "key,company,street,zip,town\n"
        "a,CAFE ZINZOLIN,12 North La Cienega Boulevard,,Los Angeles\n"
        "b,Fournil,3 r. Haute,13400,AUBAGNE\n"
        "c,Another one,5 rue Haute,13400,Aubagne\n".encode("utf-8-sig")
    )
    done = circuit(folder, "match", "guide.csv", "list.csv")
    assert done.code == 0, done.err
    rows = rows_of(done.out)
    whose = {external_id: row["supplier_id"] for (_, external_id), row in rows.items()}
    assert whose["7"] == whose["a"]
    assert whose["8"] == whose["b"]
    assert len(set(whose.values())) == 3
    assert "guide: the file is not in utf-8; it is taken to be in cp1252." in done.err


def test_a_column_that_a_table_names_in_vain_is_told(folder: Path) -> None:
    guessed = circuit(folder, "partners", "guess", "zagats.csv").out.replace('"phone"', '"telephone"')
    (folder / "circuit.toml").write_text(guessed, encoding="utf-8")
    done = circuit(folder, "match", "fodors.csv", "--config", "circuit.toml")
    assert done.code == 0, done.err
    assert "zagats: its file has no column 'telephone', which partners.zagats.fields names." in done.err
    assert done.err.count("has no column") == 1


def test_match_without_files_is_a_usage_error(folder: Path) -> None:
    done = circuit(folder, "match")
    assert (done.code, done.err) == (2, "circuit: No file is named; write circuit match A.csv B.csv.\n")


def test_a_file_that_is_not_there_is_named(folder: Path) -> None:
    done = circuit(folder, "match", "fodors.csv", "no.csv")
    assert (done.code, done.out) == (2, "")
    assert done.err.endswith("circuit: no.csv does not exist; name a CSV file.\n")


def test_an_output_that_cannot_be_written(folder: Path) -> None:
    done = circuit(folder, "match", "fodors.csv", "--out", "none/listings.csv")
    assert (done.code, done.out) == (1, "")
    assert done.err.endswith("circuit: none/listings.csv cannot be written: No such file or directory.\n")
