"""Exports are joined back by their ids, whatever these look like; text for people runs nothing in a spreadsheet."""

import asyncio
import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from directory.store.database import Database
from gateway.cli import app
from gateway.cli.output import Failure
from tests.directory.resolution_kit import World, says
from tests.gateway.conftest import nobodys_environment

IDS = ("=1+2", "+7", "-5", "@x", '=HYPERLINK("http://x")', "'quoted", "0042")
GUARDED = ["'=1+2", "+7", "-5", "'@x", '\'=HYPERLINK("http://x")', "'quoted", "0042"]


@pytest.fixture
def folder(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where commands find a store of listings whose ids and names begin like formulas."""

    async def furnish() -> None:
        database = Database(database_url)
        world = World(database)
        await world.tell(*(says("cmar", key, f"=Atelier {place}") for place, key in enumerate(IDS)))
        await world.resolve()
        await database.close()

    asyncio.run(furnish())
    with nobodys_environment(tmp_path):
        monkeypatch.setenv("CIRCUIT_DATABASE_URL", database_url)
        yield tmp_path


def circuit(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_ids_are_written_to_the_letter_and_names_are_guarded(folder: Path) -> None:
    exported = rows(circuit("export", "listings").stdout)
    assert sorted(row["external_id"] for row in exported) == sorted(IDS)
    assert all(row["name"].startswith("'=Atelier") for row in exported)


def test_an_export_is_joined_back_by_its_ids(folder: Path) -> None:
    assert circuit("export", "listings", "--output", "all.csv").exit_code == 0
    one, other = rows((folder / "all.csv").read_text(encoding="utf-8"))[:2]
    label = [one["partner"], one["external_id"], other["partner"], other["external_id"], "no"]
    with (folder / "labels.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerow(label)
    assert "1 of 1 labels are new decisions" in circuit("labels", "import", "labels.csv").output


def test_a_spreadsheet_may_be_meant(folder: Path) -> None:
    exported = rows(circuit("export", "listings", "--for-spreadsheets").stdout)
    assert sorted(row["external_id"] for row in exported) == sorted(GUARDED)


def test_json_is_for_no_spreadsheet(folder: Path) -> None:
    done = circuit("export", "listings", "--format", "jsonl", "--for-spreadsheets")
    assert isinstance(done.exception, Failure)
    assert str(done.exception) == "--for-spreadsheets is about CSV; leave it out, or --format."
    assert done.stdout == ""


def test_what_is_matched_is_joined_back_to_its_file(folder: Path) -> None:
    lines = ["numero,nom,ville", *(f'"{key}",Atelier {place},Aubagne' for place, key in enumerate(("=1+2", "@x")))]
    (folder / "fichier.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = circuit("match", "fichier.csv", "--out", "whose.csv")
    assert done.exit_code == 0, done.output
    written = rows((folder / "whose.csv").read_text(encoding="utf-8"))
    assert sorted(row["external_id"] for row in written) == ["=1+2", "@x"]
    assert circuit("match", "fichier.csv", "--out", "whose.csv", "--for-spreadsheets").exit_code == 0
    written = rows((folder / "whose.csv").read_text(encoding="utf-8"))
    assert sorted(row["external_id"] for row in written) == ["'=1+2", "'@x"]
