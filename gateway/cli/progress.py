"""Progress bars of a refresh, and the report at its end."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from gateway.cli.output import as_json, console, errors, say, table

if TYPE_CHECKING:
    from gateway.pipeline import Outcome

SHOWN_SKIPS = 10
RUN_COLUMNS = {
    "partner": "partner",
    "status": "run",
    "read": "read",
    "added": "new",
    "changed": "changed",
    "withdrawn": "gone",
    "skipped": "skipped",
    "seconds": "s",
}


class Bars:
    """One line a step; a step that has not been heard of yet gets its line at its first word."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, step: str, done: int, total: int | None) -> None:
        if step not in self._tasks:
            self._tasks[step] = self._progress.add_task(step, total=total)
        self._progress.update(self._tasks[step], completed=done, total=total)


@contextmanager
def bars() -> Iterator[Bars]:
    """Bars on the error stream, so that a pipe reads the result alone."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<24}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=errors) as progress:
        yield Bars(progress)


def report(outcome: "Outcome", *, json: bool = False) -> None:
    """What a refresh did: a line a partner, then the suppliers and the index."""
    rows = outcome.runs()
    if json:
        as_json({"runs": rows, "resolved": outcome.resolved, "indexed": outcome.indexed, "seconds": outcome.seconds})
        return
    table(rows, RUN_COLUMNS, json=False)
    tell_why(rows)
    console.print(outcome.sentence())


def tell_why(rows: Iterable[Mapping[str, Any]]) -> None:
    """What is wrong with each run, and why rows were skipped, a line a reason with the first rows."""
    for row in rows:
        if row["problem"]:
            say(f"{row['partner']}: {row['problem']}")
        by_reason: defaultdict[str, list[str]] = defaultdict(list)
        for skip in row["skips"]:
            by_reason[skip.reason].append(skip.external_id or "(no id)")
        for reason, ids in by_reason.items():
            more = f" and {len(ids) - SHOWN_SKIPS:,} more" if len(ids) > SHOWN_SKIPS else ""
            say(f"skipped: {row['partner']} {', '.join(ids[:SHOWN_SKIPS])}{more}: {reason}")
        if row["skipped"] > len(row["skips"]):
            say(f"skipped: {row['partner']} {row['skipped'] - len(row['skips']):,} more, of which no reason is kept")
