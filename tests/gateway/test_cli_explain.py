"""``circuit resolve --explain`` as a steward types it, on files that were read for real."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from gateway.cli import app
from gateway.cli.output import Failure, console
from tests.gateway.conftest import nobodys_environment

A = """id;name;address;postcode;city;phone
1;Plomberie Martin;12 rue Haute;13400;Aubagne;0442010203
2;Garage du Port;3 quai Nord;13260;Cassis;0442010299
"""
B = """id;name;address;postcode;city;phone
x1;SARL Plomberie MARTIN;12 r. Haute;13400;AUBAGNE;04 42 01 02 03
x2;Garage du Port;9 bd Sud;13600;La Ciotat;0442010300
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder whose store holds both files, resolved."""
    folder = tmp_path_factory.mktemp("explain")
    with nobodys_environment(folder), pytest.MonkeyPatch.context() as patch:
        (folder / "a.csv").write_text(A, encoding="utf-8")
        (folder / "b.csv").write_text(B, encoding="utf-8")
        done = CliRunner().invoke(app, ["match", "a.csv", "b.csv", "--data-dir", "kept", "--out", "out.csv"])
        assert done.exit_code == 0, done.output
        patch.setenv("CIRCUIT_DATA_DIR", str(folder / "kept"))
        patch.setattr(console, "_width", 160)
        yield folder


def explain(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["resolve", "--explain", *arguments])
    assert done.exit_code == 0, done.exception
    return done.output


def refused(*arguments: str) -> tuple[str, int]:
    done = CliRunner().invoke(app, ["resolve", *arguments])
    assert isinstance(done.exception, Failure)
    return str(done.exception), done.exception.code


def as_json(*arguments: str) -> Any:
    import json

    return json.loads(explain(*arguments, "--json"))


def rows(text: str, heading: str) -> list[list[str]]:
    """The cells of the table whose first heading this is."""
    lines = text.splitlines()
    start = next(place for place, line in enumerate(lines) if line.strip().startswith(heading))
    found = []
    for line in lines[start + 2 :]:
        if not line.strip():
            break
        found.append([cell for cell in line.strip().split("   ") if cell.strip()])
    return [[cell.strip() for cell in row] for row in found]


def test_both_sides_and_weights_that_add_up(folder: Path) -> None:
    text = explain("a:1", "b:x1")
    assert ["names", "martin plomberie", "martin plomberie"] in rows(text, "compared by")
    lines = rows(text, "comparison")
    assert [line[0] for line in lines] == ["prior", "name", "address", "contact", "directory", "weight"]
    assert lines[1][1:4] == ["same name", "martin plomberie", "martin plomberie"]
    assert lines[-1][-1] == lines[-2][-1]
    assert float(lines[0][1]) + float(lines[1][4]) == pytest.approx(float(lines[1][-1]), abs=0.02)
    assert ["phone", "+33442010203", "2", "40", "yes"] in rows(text, "key")
    assert "automatic from 8, to a steward from 4: they are one establishment without asking." in text
    assert text.splitlines()[-3:] == [
        "Rare is what is rare among the 4 listings that the last full resolution counted.",
        "They are compared: 16 of 16 common keys are rare enough.",
        "Today: one establishment of supplier 1.",
    ]


def test_two_suppliers_by_their_listings_numbers(folder: Path) -> None:
    numbers = {row["partner"]: row["listing"] for row in (as_json("a:2", "b:x2")[side] for side in ("left", "right"))}
    text = explain(str(numbers["a"]), "b:x2")
    assert [line[0] for line in rows(text, "comparison")][2:4] == ["address", "contact"]
    assert "too little to ask anybody." in text
    assert text.splitlines()[-1] == "Today: two suppliers, 2 and 3."


def test_the_same_for_programs(folder: Path) -> None:
    found = as_json("a:1", "b:x1")
    assert found["prior"] + sum(line["weight"] for line in found["evidence"]) == pytest.approx(found["weight"])
    assert (found["verdict"], found["compared"], found["same_supplier"]) == ("AUTOMATIC", True, True)
    assert (found["same_establishment"], found["joined_by"], found["parted_by"]) == (True, [], [])
    assert found["frequencies"] == {"counted": 4, "listings": 4, "are_old": False}
    assert found["thresholds"] == {"automatic": 8.0, "link": 0.0, "review": 4.0}
    assert found["keys"][0] == {"kind": "acronym+town", "value": "spm 13005", "listings": 2, "most": 12, "used": True}
    assert (found["left"]["partner"], found["right"]["street"]) == ("a", "rue haute")


@pytest.fixture
def kept(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> sqlite3.Connection:
    """A store of its own, the same as ``folder``'s."""
    shutil.copytree(folder / "kept", tmp_path / "kept")
    monkeypatch.setenv("CIRCUIT_DATA_DIR", str(tmp_path / "kept"))
    return sqlite3.connect(next((tmp_path / "kept").glob("*.sqlite")))


def test_rare_is_what_was_rare_when_memberships_were_decided(folder: Path, kept: sqlite3.Connection) -> None:
    before = as_json("a:1", "b:x1")
    with kept:
        kept.execute("UPDATE match_term SET count = 40")
        kept.execute("UPDATE state SET value = json_set(value, '$.counted', 60) WHERE key = 'resolution'")
    after = as_json("a:1", "b:x1")
    assert after["weight"] < before["weight"] - 10
    assert after["frequencies"] == {"counted": 60, "listings": 4, "are_old": False}
    told = "Rare is what is rare among the 60 listings that the last full resolution counted; today there are 4."
    assert told in explain("a:1", "b:x1")


def test_a_decision_by_another_model_or_threshold_is_said_to_be_old(
    kept: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CIRCUIT_MATCHING__AUTOMATIC", "9")
    told = "last full resolution counted. Rules or model are others since then: run circuit resolve."
    assert told in explain("a:1", "b:x1")


def test_what_was_never_resolved_is_compared_by_what_is_there(kept: sqlite3.Connection) -> None:
    before = as_json("a:1", "b:x1")
    with kept:
        kept.execute("DELETE FROM state WHERE key = 'resolution'")
        kept.execute("DELETE FROM match_term")
    assert as_json("a:1", "b:x1")["weight"] == pytest.approx(before["weight"])


def test_the_picture_is_drawn_into_a_file(folder: Path) -> None:
    drawn = folder / "pair.svg"
    explain("a:1", "b:x1", "--svg", str(drawn))
    picture = ElementTree.fromstring(drawn.read_text(encoding="utf-8"))
    assert "martin plomberie" in (picture.findtext("{http://www.w3.org/2000/svg}desc") or "")


def test_what_cannot_be_explained_is_one_sentence(folder: Path) -> None:
    how = "write PARTNER:ID as circuit export listings shows them, or its number."
    assert refused("--explain", "a:1", "b:x9") == (f"There is no listing 'b:x9'; {how}", 1)
    assert refused("--explain", "99", "b:x1") == (f"There is no listing '99'; {how}", 1)
    assert refused("--explain", "a:1", "1") == ("a:1 and 1 are one listing; name two.", 2)
    assert refused("--svg", "x.svg") == ("--svg goes with --explain; name two listings.", 2)
    missing = folder / "nowhere" / "x.svg"
    expected = f"{missing} cannot be written (No such file or directory); name another file."
    assert refused("--explain", "a:1", "b:x1", "--svg", str(missing)) == (expected, 1)
