"""Exports leave out companies that have closed, unless they are asked for, and mark them."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from directory.disclosure import Role
from directory.store.database import Database
from gateway.cli.export import What
from gateway.cli.export import _export as export
from gateway.cli.sheets import Format, writing
from tests.directory.partial_kit import MARTIN, WAGRAMME, XYLANDER, furnish
from tests.schema.test_schema_closed import MEMBERS


@pytest.fixture
async def _house(migrated_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(migrated_file, tmp_path / "circuit.db")
    url = f"sqlite:///{tmp_path / 'circuit.db'}"
    database = Database(url)
    await furnish(database, tmp_path / "index", MEMBERS)
    await database.close()
    monkeypatch.setenv("CIRCUIT_DATABASE_URL", url)


@pytest.mark.usefixtures("_house")
@pytest.mark.parametrize("what", What)
async def test_closed_companies_are_written_when_they_are_asked_for(
    capsysbinary: pytest.CaptureFixture[bytes], what: What
) -> None:
    async def rows(*, closed: bool) -> list[dict[str, Any]]:
        await export(what, Role.PUBLIC, writing(None, Format.JSONL), closed=closed)
        return [json.loads(line) for line in capsysbinary.readouterr().out.splitlines()]

    assert {row["siren"] for row in await rows(closed=False)} == {MARTIN, XYLANDER}
    marked = {row["siren"]: (row["status"], row["closed_on"], row["disclosure"]) for row in await rows(closed=True)}
    assert marked == {
        MARTIN: ("ACTIVE", None, "FULL"),
        WAGRAMME: ("CLOSED", "2025-03-01", "FULL"),
        XYLANDER: ("ACTIVE", None, "FULL"),
    }
