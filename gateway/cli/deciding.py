"""What the commands of stewards share: a decision is taken, suppliers are brought up to date, its number is told.

What is decided here is decided on the directory as it is now. The search index follows with the next ``circuit index``;
a hub that harvests on schedule builds it by itself.
"""

from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.author import author
from gateway.cli.output import Failure, say
from gateway.settings import Settings

if TYPE_CHECKING:
    from directory.stewardship import Decision
    from directory.store.database import Database

Reason = Annotated[str, typer.Option(help="Why; kept with the decision.")]


async def decided(database: "Database", said: "Decision", reason: str) -> int:
    """Decide, and bring the suppliers up to date; the number of what was kept. Raises :class:`Failure`."""
    from directory import stewardship
    from gateway.pipeline import resolve_all

    try:
        (number,) = await stewardship.decide(database, [said], author=author(), reason=reason)
    except stewardship.Refused as refusal:
        raise Failure(str(refusal)) from None
    await resolve_all(database, Settings())
    return number


def told(number: int) -> None:
    """Say what was kept, and how it is taken back."""
    say(f"Kept as decision {number}; circuit decisions --undo {number} takes it back.")
