"""``circuit labels export`` and ``import``: what is carried comes back as it was; what cannot be true is refused."""

import asyncio
import csv
import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from directory.store.database import Database
from gateway.cli import app
from gateway.cli.output import Failure
from tests.directory.resolution_kit import ONE, OTHER, World, says
from tests.gateway.conftest import nobodys_environment

HEADING = "partner,external_id,partner,external_id,same\n"


@pytest.fixture
def folder(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where commands find a store of listings with ids that spreadsheets and shells stumble over."""

    async def furnish() -> None:
        database = Database(database_url)
        world = World(database)
        ids = {"a": ONE, "b": OTHER, "c": None, "=1+2": None, "-5": None, '@x, "y" ': None}
        await world.tell(*(says("cmar", key, f"Atelier {key}", siren=siren) for key, siren in ids.items()))
        await world.tell(
            says("chambre", "s", "Atelier s", siret=f"{ONE}00074"), says("chambre", "gone", "Parti"), partner="chambre"
        )
        await world.tell(says("chambre", "s", "Atelier s", siret=f"{ONE}00074"), partner="chambre")
        await world.resolve()
        await database.close()

    asyncio.run(furnish())
    with nobodys_environment(tmp_path):
        monkeypatch.setenv("CIRCUIT_DATABASE_URL", database_url)
        yield tmp_path


def circuit(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def exported() -> list[list[str]]:
    return list(csv.reader(io.StringIO(circuit("labels", "export").stdout, newline="")))[1:]


def write(folder: Path, *lines: str) -> None:
    (folder / "labels.csv").write_text(HEADING + "".join(f"{line}\n" for line in lines), encoding="utf-8")


def test_labels_come_back_as_they_were_whatever_ids_look_like(folder: Path) -> None:
    write(folder, "cmar,=1+2,cmar,-5,site", 'cmar,"@x, ""y"" ",cmar,=1+2,no', "chambre,gone,cmar,c,company")
    assert "3 of 3 labels are new decisions" in circuit("labels", "import", "labels.csv").output
    first = circuit("labels", "export").stdout
    assert ["cmar", "-5", "cmar", "=1+2", "site"] in exported()
    assert ["cmar", "=1+2", "cmar", '@x, "y" ', "no"] in exported()
    (folder / "labels.csv").write_text(first, encoding="utf-8")
    assert "0 of 3 labels are new decisions" in circuit("labels", "import", "labels.csv").output
    assert circuit("labels", "export").stdout == first


def test_a_file_with_a_wrong_line_is_refused_as_a_whole_and_each_wrong_line_named(folder: Path) -> None:
    write(
        folder,
        "cmar,a,cmar,c,site",  # good
        "cmar,a,cmar,b,site",
        "cmar,c,cmar,c,site",
        "cmar,c,cmra,1,no",
        "cmar,x,chambre,y,site",
        "cmar,b,chambre,s,company",
        "cmar,a,cmar,b",
    )
    done = circuit("labels", "import", "labels.csv")
    assert isinstance(done.exception, Failure)
    assert done.exception.code == 2
    assert str(done.exception) == "6 lines are wrong, and nothing of labels.csv was taken; correct what is named above."
    two = f"are companies of different SIRENs, which are never one: {min(ONE, OTHER)}, {max(ONE, OTHER)}"
    assert done.output.splitlines() == [
        f"labels.csv: line 3: cmar:a and cmar:b {two}.",
        "labels.csv: line 4 compares a listing with itself.",
        "labels.csv: line 5: there is no listing cmra:1.",
        "labels.csv: line 6: there is no listing chambre:y or cmar:x.",
        f"labels.csv: line 7: chambre:s and cmar:b {two}.",
        "labels.csv: line 8 has 4 cells; a label is partner,external_id,partner,external_id,same.",
    ]
    assert exported() == []
    assert circuit("decisions", "--json").stdout.strip() == "[]"


def test_that_two_sirens_are_two_companies_may_be_said(folder: Path) -> None:
    write(folder, "cmar,a,cmar,b,no", "cmar,a,chambre,s,site")
    assert "2 of 2 labels are new decisions" in circuit("labels", "import", "labels.csv").output


def test_the_last_word_of_a_file_on_a_pair_is_what_is_judged(folder: Path) -> None:
    write(folder, "cmar,a,cmar,b,site", "cmar,b,cmar,a,no")
    assert circuit("labels", "import", "labels.csv").exit_code == 0
    assert exported() == [["cmar", "a", "cmar", "b", "no"]]


def test_unknown_listings_are_left_out_when_asked_for(folder: Path) -> None:
    write(folder, "cmar,a,cmar,c,site", "cmar,a,nobody,1,site")
    done = circuit("labels", "import", "labels.csv", "--skip-unknown")
    assert "1 labels of listings that the store does not have were left out." in done.output
    assert exported() == [["cmar", "a", "cmar", "c", "site"]]


def test_of_very_many_wrong_lines_the_first_hundred_are_named(folder: Path) -> None:
    write(folder, *(f"cmar,a,cmar,none{number},no" for number in range(150)))
    lines = circuit("labels", "import", "labels.csv").output.splitlines()
    assert len(lines) == 101
    assert lines[-1] == "… and 50 more."


def test_the_program_itself_ends_with_a_sentence_and_a_code(folder: Path) -> None:
    write(folder, "cmar,a,cmar,b,site")
    program = [sys.executable, "-c", "from gateway.cli import main; main()", "labels", "import", "labels.csv"]
    done = subprocess.run(program, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("circuit: 1 line is wrong, and nothing of labels.csv was taken")
