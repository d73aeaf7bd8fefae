"""Members that a partner's call named, read from the partner at once and applied like any other reading."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from connectors import CannotAsk, Declaration
from directory.records import SourceError
from directory.store.database import Database
from directory.store.partners import Run, RunKind, RunTrigger
from gateway.readings import By, ConnectingForMembers, take_in
from gateway.settings import Settings
from gateway.telemetry import reading_traced

if TYPE_CHECKING:
    from gateway.tracing import Tracing

# The caller is waiting, and senders of webhooks wait for half a minute at most.
SECONDS: Final = 15.0

_BY: Final = By(trigger=RunTrigger.WEBHOOK)


class Outcome(Struct, frozen=True, kw_only=True):
    """What came of a call. ``was_asked`` unless the run was turned away before the partner was asked; ``error`` is why
    the partner could not be read.
    """

    run: Run
    was_asked: bool
    error: SourceError | None = None

    @property
    def cannot_be_asked(self) -> bool:
        """Whether there is no way to ask this partner for single members."""
        return isinstance(self.error, CannotAsk)


async def read_members(
    database: Database,
    settings: Settings,
    declaration: Declaration,
    external_ids: Sequence[str],
    tracing: "Tracing | None" = None,
) -> Outcome:
    """Read these members and apply what the partner says of them. Raises
    :class:`~directory.store.errors.StoreError` alone.
    """
    hasty = declaration.model_copy(update={"time_budget": min(declaration.time_budget, SECONDS)})
    async with reading_traced(settings, declaration.name, tracing) as traces:
        source = ConnectingForMembers(hasty, external_ids, traces)
        run = await take_in(database, settings, hasty, source, kind=RunKind.MEMBERS, by=_BY)
    return Outcome(run=run, was_asked=source.was_read, error=source.error)
