"""``circuit partners pause``, ``resume`` and ``remove``: decisions about a partner, kept with author and reason."""

from typing import Annotated

import typer

from gateway.cli.author import NO_REASON, author, checked
from gateway.cli.context import chosen, run
from gateway.cli.output import Failure, say
from gateway.settings import Settings

Name = Annotated[str, typer.Argument(metavar="NAME", help="A partner.")]
Reason = Annotated[str, typer.Option(help="Why; kept with the decision.")]


def register(partners: typer.Typer) -> None:
    """Add the commands of this module below ``circuit partners``."""
    partners.command()(pause)
    partners.command()(resume)
    partners.command()(remove)


def pause(name: Name, reason: Reason = NO_REASON) -> None:
    """Stop the harvests of a partner; what was read of it stays served, with its age."""
    run(_pause(name, checked(reason), paused=True))
    say(f"{name} is not harvested any more; circuit partners resume {name} takes it up again.")


def resume(name: Name, reason: Reason = NO_REASON) -> None:
    """Harvest a paused partner again, as soon as it is due."""
    run(_pause(name, checked(reason), paused=False))
    say(f"{name} is harvested again when it is due; circuit harvest {name} reads it now.")


def remove(
    name: Name,
    reason: Annotated[str, typer.Option(help="Why; kept with the decision.")],
) -> None:
    """Withdraw and empty a partner's listings, drop the kept answers, and pause it; resume and harvest undo that."""
    gone = run(_remove(name, checked(reason)))
    say(f"{gone:,} listings of {name} are withdrawn and its kept answers dropped; it is paused.")
    say("Next: circuit resolve, then circuit index; a hub that harvests on schedule does both by itself.")


async def _pause(name: str, reason: str, *, paused: bool) -> None:
    from directory import pausing
    from directory.store import partners
    from gateway.stores import opened_store

    settings = Settings()
    declared = settings.declarations()
    async with opened_store(settings) as database:
        if name in declared:  # it may be paused before it was ever harvested
            async with database.writing() as connection:
                await partners.register(connection, declared[name].info)
        if not await pausing.pause(database, name, paused=paused, author=author(), reason=reason):
            chosen(settings, [name])  # says which there are


async def _remove(name: str, reason: str) -> int:
    from directory.leaving import CannotLeave, leave
    from gateway.stores import opened_store

    async with opened_store(Settings()) as database:
        try:
            return await leave(database, name, author=author(), reason=reason)
        except CannotLeave as error:
            raise Failure(str(error)) from None
