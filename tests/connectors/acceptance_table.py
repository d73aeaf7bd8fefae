"""Failure × connector × what the hub did, in few and plain words; the table of docs/connectors.md says the same.

An ordinary run of the tests compares each outcome with its cell. With ``CIRCUIT_WEATHER`` naming a file, as ``make
weather`` does, outcomes are written there instead, a line of JSON each.
"""

import os
import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from directory.store.partners import RunStatus
from tests.connectors.acceptance_stage import Ended

DOCS: Final = Path(__file__).parents[2] / "docs" / "connectors.md"
NOT_APPLICABLE: Final = "—"
_BLOCK: Final = re.compile(r"<!-- weather -->\n(.*?)<!-- /weather -->", re.DOTALL)
_WAITED: Final = 0.5

# A part of what the hub says, and the table's words for it.
_CAUSES: Final[Mapping[str, str]] = {
    "is HTML instead of": "HTML instead of data",
    "is empty": "empty",
    "is JSON that is cut or damaged": "JSON cut",
    "is not written in": "another charset",
    "is written in": "another charset",
    "is encoded in utf-8 twice": "encoded twice",
    "broke off in mid-answer": "broke off in mid-answer",
    "broke off the connection": "connection lost",
    "cannot be reached": "cannot be reached",
    "answered 500": "server error",
    "is larger than": "too large",
    "did not answer within": "too slow",
    "was not read within": "too slow",
    "leads back to a page": "same page again",
    "to another host": "another host",
    "inside a private network": "inside the network",
    "redirects in circles": "redirects in circles",
    "records and gave": "count does not add up",
    "changed while it was read": "count moved",
    "records are unusable": "records unusable",
    "ends in mid-line": "ends in mid-line",
    "has no column": "column missing",
    "gave no usable member": "no members",
    "does not accept the client": "client not accepted",
    "does not accept the credentials": "credentials not accepted",
    "does not let these credentials": "credentials not accepted",
    "anonymous reader": "taken for anonymous",
    "was not granted the scope": "scope not granted",
    "does not understand the request": "request not understood",
    "does not know a field": "field not known",
    "is longer than": "line too long",
}


class Outcome(StrEnum):
    """How a run ended, by what happens next."""

    ACCEPTED = "accepted"
    HELD = "held"  # a steward decides
    REFUSED = "refused"  # somebody has to mend something
    UNAVAILABLE = "given up"  # the next run may do better
    LATER = "come back"  # the next run waits until the instant that the partner named


def outcome(ended: Ended) -> Outcome:
    """Which of them it was."""
    if ended.run.status is not RunStatus.REFUSED:
        return Outcome.HELD if ended.run.status is RunStatus.HELD else Outcome.ACCEPTED
    if ended.error is None or not ended.error.is_outage:
        return Outcome.REFUSED
    return Outcome.LATER if ended.error.retry_at else Outcome.UNAVAILABLE


def words(ended: Ended) -> str:
    """The table's words for what the hub did."""
    kind, run = outcome(ended), ended.run
    if kind is Outcome.ACCEPTED:
        return _accepted(ended)
    if kind is Outcome.HELD:
        return "held for a steward"
    if kind is Outcome.LATER and ended.error is not None and ended.error.retry_at is not None and run.ended_at:
        minutes = round((ended.error.retry_at - run.ended_at).total_seconds() / 60)
        return f"come back in {minutes} min"
    return f"{kind}: {_cause(run.problem or '')}"


def _accepted(ended: Ended) -> str:
    run = ended.run
    how = "read on"
    if ended.restarts:
        how = "read twice, accepted"
    elif run.waited_seconds >= _WAITED:
        how = f"waited {run.waited_seconds:.0f} s, read on"
    elif run.retries:
        how = "tried again, read on"
    skipped = f", {run.skipped} set aside" if run.skipped else ""
    return f"{how}{skipped}{', drift reported' if run.drift else ''}"


def _cause(problem: str) -> str:
    found = [said for part, said in _CAUSES.items() if part in problem]
    assert found, f"no words for {problem!r}: add them to acceptance_table.py"
    return found[0]


def report(title: str, connector: str, said: str) -> None:
    """Compares an outcome with its cell of the table, or writes it down where the table is being made."""
    target = os.environ.get("CIRCUIT_WEATHER")
    if target:
        with Path(target).open("ab") as file:
            file.write(msgspec.json.encode([title, connector, said]) + b"\n")
        return
    assert cells().get((title, connector)) == said, "docs/connectors.md says otherwise; `make weather` writes it anew"


@cache
def cells() -> dict[tuple[str, str], str]:
    """The table as it stands in the page, by failure and connector."""
    found = _BLOCK.search(DOCS.read_text(encoding="utf-8"))
    lines = [_row(line) for line in (found[1] if found else "").splitlines() if line.startswith("|")]
    if not lines:
        return {}
    (_, *connectors), _, *rows = lines
    return {(title, name): said for title, *row in rows for name, said in zip(connectors, row, strict=True)}


def _row(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]
