"""Progress bars of a refresh, and the report at its end."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from gateway.cli.output import console, errors, table

if TYPE_CHECKING:
    from gateway.pipeline import Outcome

RUN_COLUMNS = {
    "partner": "partner",
    "status": "run",
    "read": "read",
    "added": "new",
    "changed": "changed",
    "withdrawn": "gone",
    "skipped": "skipped",
    "seconds": "s",
    "problem": "problem",
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
    table(outcome.runs(), RUN_COLUMNS, json=json)
    console.print(outcome.sentence())
