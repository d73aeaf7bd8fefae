"""Stocks read from files in the partners' own shapes, so that the demo servers can show real rows."""

import csv
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from demo.clocks import read_french, read_iso, to_ms
from demo.ledger import Key, Record


class FileStock:
    """Rows of one partner; ``key`` names the column of the key, rows without one are numbered from 1.

    ``instant`` reads a row's last change, in ms; ``ValueError`` names the first row where it cannot.
    """

    def __init__(self, rows: list[Record], key: str, instant: Callable[[Record], int]) -> None:
        self._rows: dict[Key, Record] = {}
        self._instants: dict[Key, int] = {}
        for number, row in enumerate(rows, 1):
            name = row.get(key, number)
            self._rows[name] = {key: name, **row}
            self._instants[name] = _read(instant, row, number)

    def entries(self) -> Iterable[tuple[Key, int]]:
        """Key and instant of last change of every row, in the file's order."""
        return self._instants.items()

    def record(self, key: Key) -> Record:
        """A copy of the row."""
        return dict(self._rows[key])


def _read(instant: Callable[[Record], int], row: Record, number: int) -> int:
    try:
        return instant(row)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"row {number} has no readable date of change ({error}): correct it") from error


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
    """The partner's file in a folder; ``ValueError`` says which file is missing or out of shape."""
    name, key, instant = _SHAPES[partner]
    path = folder / name
    try:
        return FileStock(_csv_rows(path) if path.suffix == ".csv" else _json_rows(path), key, instant)
    except OSError as error:
        raise ValueError(f"{path} cannot be read ({error.strerror}): give the folder of the five files") from error
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def _json_rows(path: Path) -> list[Record]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[dict[str, Any]])
    except msgspec.MsgspecError as error:
        raise ValueError(f"not a JSON list of records: {error}") from error


def _csv_rows(path: Path) -> list[Record]:
    with path.open(encoding="cp1252", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))
