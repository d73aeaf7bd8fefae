"""Runs the acceptance test of the connectors and writes what the hub did on each bad day into docs/connectors.md.

``make weather`` calls it. An ordinary run of the tests compares what happens with the table written here.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TESTS = "tests/connectors/test_connectors_acceptance.py"
PAGE = ROOT / "docs" / "connectors.md"
BLOCK = re.compile(r"(<!-- weather -->\n).*?(<!-- /weather -->)", re.DOTALL)

Cells = Mapping[tuple[str, str], str]


def main() -> int:
    """0 when the table is written; 1 when a test failed, and the page is as it was."""
    with tempfile.TemporaryDirectory() as folder:
        outcomes = Path(folder) / "outcomes.jsonl"
        tests = [sys.executable, "-m", "pytest", TESTS]
        failed = subprocess.run(tests, cwd=ROOT, env={**os.environ, "CIRCUIT_WEATHER": str(outcomes)}, check=False)
        if failed.returncode:
            print("docs/connectors.md is left as it was: mend the tests that failed first.", file=sys.stderr)
            return 1
        lines = outcomes.read_text(encoding="utf-8").splitlines()
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), lines), encoding="utf-8")
    return 0


def written(page: str, lines: Iterable[str]) -> str:
    """The page with the table of these outcomes: lines of JSON, each a failure, a connector and what the hub did.

    Raises :class:`ValueError` for two outcomes of one cell, and for a page without the marks around the table.
    """
    cells: dict[tuple[str, str], str] = {}
    for title, connector, said in map(json.loads, lines):
        if cells.setdefault((title, connector), said) != said:
            raise ValueError(f"{connector} came out of “{title}” in two ways: {cells[title, connector]}, and {said}")
    if not BLOCK.search(page):
        raise ValueError("docs/connectors.md has no <!-- weather --> … <!-- /weather -->: put the two marks back")
    return BLOCK.sub(lambda marks: f"{marks[1]}{table(cells)}{marks[2]}", page)


def table(cells: Cells) -> str:
    """A row a failure, a column a connector, in the order in which they came."""
    titles = dict.fromkeys(title for title, _ in cells)
    connectors = dict.fromkeys(connector for _, connector in cells)
    rows = [["failure", *connectors], ["---"] * (len(connectors) + 1)]
    rows += [[title, *(cells.get((title, name), "") for name in connectors)] for title in titles]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


if __name__ == "__main__":
    sys.exit(main())
