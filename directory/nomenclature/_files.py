"""How the data files are read: CSV with a heading, in UTF-8, from the installed package."""

import csv
import io
from collections.abc import Iterator
from importlib.resources import files


def rows(name: str) -> Iterator[list[str]]:
    """The rows of ``data/<name>`` without the heading."""
    text = files("directory.nomenclature").joinpath("data", name).read_text(encoding="utf-8")
    reader = csv.reader(io.StringIO(text))
    next(reader)
    return reader
