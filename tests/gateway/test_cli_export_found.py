"""``circuit export suppliers`` with a search writes what the door gives for it."""

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from gateway.settings import Settings
from tests.gateway.test_cli import CIRCUIT


def circuit(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"CIRCUIT_DATA_DIR": str(settings.data_dir), "PYTHONPATH": ":".join(sys.path)}
    return subprocess.run([*CIRCUIT, *arguments], env=environment, capture_output=True, text=True, check=False)


def test_a_search_is_exported_as_the_door_gives_it(filled: Settings) -> None:
    done = circuit(filled, "export", "suppliers", "--query", "plombier", "--where", '{"minPartners": 2}')
    assert done.returncode == 0, done.stderr
    heading, row = done.stdout.splitlines()
    assert heading.startswith("\ufeffIdentifiant;Nom;")
    assert "Plomberie Fabre" in row
    assert "example.org" not in row


def test_a_workbook_is_whole_or_not_there(filled: Settings, tmp_path: Path) -> None:
    path = tmp_path / "suppliers.xlsx"
    done = circuit(filled, "export", "suppliers", "--format", "xlsx", "--role", "buyer", "-o", str(path))
    assert (done.returncode, done.stdout) == (0, "")
    with ZipFile(path) as archive:
        assert b"contact@example.org" in archive.read("xl/worksheets/sheet1.xml")
    lost = circuit(filled, "export", "suppliers", "--format", "xlsx", "-o", str(tmp_path / "no" / "x.xlsx"))
    assert (lost.returncode, lost.stderr.strip().endswith("cannot be written: No such file or directory.")) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("suppliers", "--where", "{"),
         'circuit: --where is no JSON; write it as in GraphQL, its names quoted: {"naf": ["43.2"]}.'),
        (("suppliers", "--where", '{"size": ["X"]}'),
         "circuit: « where » has invalid value at .size[0]: Value 'X' does not exist in 'CompanySize' enum."),
        (("listings", "--query", "x"),
         "circuit: A search finds suppliers; leave out --closed, or say status in --where."),
    ],
)  # fmt: skip
def test_what_cannot_be_exported_is_said(filled: Settings, arguments: tuple[str, ...], sentence: str) -> None:
    done = circuit(filled, "export", *arguments)
    assert (done.returncode, done.stderr.strip()) == (2, sentence)
