"""Stocks read from files in the partners' own shapes, so that the demo servers can show real rows."""

import csv
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from demo.clocks import read_french, read_iso, to_ms
from demo.ledger import Key, Record


class FileStock:
    """Rows of one partner; ``key`` names the column of the key, rows without one are numbered from 1."""

    def __init__(self, rows: list[Record], key: str, instant: Callable[[Record], int]) -> None:
        numbered = ({key: number, **row} for number, row in enumerate(rows, 1))
        self._rows: dict[Key, Record] = {row[key]: row for row in numbered}
        self._instant = instant

    def entries(self) -> Iterator[tuple[Key, int]]:
        """Key and instant of last change of every row, in the file's order."""
        return ((key, self._instant(row)) for key, row in self._rows.items())

    def record(self, key: Key) -> Record:
        """A copy of the row."""
        return dict(self._rows[key])


def _kinto_instant(row: Record) -> int:
    return int(row["last_modified"])


def _cmar_instant(row: Record) -> int:
    return to_ms(read_french(row["MODIFIE_LE"]))


def _wordpress_instant(row: Record) -> int:
    return to_ms(read_iso(row["modified_gmt"]))


def _ckan_instant(row: Record) -> int:
    return to_ms(read_iso(row["modifie"]))


def _directus_instant(row: Record) -> int:
    return to_ms(read_iso(row["date_updated"] or row["date_created"]))


_SHAPES: Final[Mapping[str, tuple[str, str, Callable[[Record], int]]]] = {
    "chambre": ("chambre.json", "id", _kinto_instant),
    "cmar": ("cmar.csv", "NUMERO_RM", _cmar_instant),
    "cpme13": ("cpme13.json", "id", _wordpress_instant),
    "cress_paca": ("cress_paca.json", "_id", _ckan_instant),
    "french_tech": ("french_tech.json", "id", _directus_instant),
}


def stock_from(folder: Path, partner: str) -> FileStock:
    """The partner's file in a folder; ``OSError`` when it is not there, ``ValueError`` when it is not in shape."""
    name, key, instant = _SHAPES[partner]
    path = folder / name
    rows = _csv_rows(path) if path.suffix == ".csv" else _json_rows(path)
    return FileStock(rows, key, instant)


def _json_rows(path: Path) -> list[Record]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[dict[str, Any]])
    except msgspec.MsgspecError as error:
        raise ValueError(f"{path.name} is not a JSON list of records: {error}") from error


def _csv_rows(path: Path) -> list[Record]:
    with path.open(encoding="cp1252", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))
