"""What a register's record says beyond any other: whether the company is in business, and what may be shown of it.

Registers mark what they withhold instead of leaving it out: INSEE's files write ``[ND]``, the API Recherche
d'entreprises ``[NON-DIFFUSIBLE]``. A marked value is none. Whatever leaves in doubt how much of a company may be shown
is taken for partial diffusion.
"""

from collections.abc import Callable
from datetime import date
from typing import Any, Final

from msgspec import Struct

from connectors import checks, readers
from connectors.checks import Checks
from connectors.fields import Fields
from connectors.picking import Record, every, first
from directory.records import MASK, Disclosure, SupplierStatus

_MARKS: Final = (MASK, "[NON-DIFFUSIBLE]")
_DEPTH: Final = 8  # tables and lists inside one another; what lies deeper is left out
_STRICTNESS: Final = (Disclosure.FULL, Disclosure.PARTIAL, Disclosure.OPTED_OUT)


class Official(Struct, frozen=True):
    """A company's state and diffusion. ``name`` is what it is called where its own name is withheld."""

    status: SupplierStatus | None = None
    closed_on: date | None = None
    disclosure: Disclosure | None = None

    @property
    def name(self) -> str:
        """The mark, where not everything may be shown; a record without a name has none otherwise."""
        return "" if self.disclosure in {None, Disclosure.FULL} else MASK


SILENT: Final = Official()  # what any other partner says of it
Reading = Callable[[Record, Checks], tuple[Record, Official]]


def official(fields: Fields, *, flat: bool) -> Reading:
    """What reads a register's records as its declaration says: each without what it withholds, and what it says."""
    state, closing = first(fields.status, flat=flat), first(fields.closed_on, flat=flat)
    diffusions = every(fields.disclosure, flat=flat)

    def strictest(record: Record, checked: Checks) -> Disclosure:
        said = [line for text in diffusions(record) if (line := readers.line(text))]
        known = [checked.value("disclosure", line, checks.diffusion) or Disclosure.PARTIAL for line in said]
        return max(known, default=Disclosure.PARTIAL, key=_STRICTNESS.index)

    def read(record: Record, checked: Checks) -> tuple[Record, Official]:
        shown: Record = unmarked(record)
        status = checked.value("status", state(shown), checks.state)
        closed_on = checked.value("closed_on", closing(shown), checks.day)
        disclosure = strictest(shown, checked)
        if disclosure is Disclosure.FULL and shown != record:
            disclosure = Disclosure.PARTIAL
        return shown, Official(status, closed_on if status is SupplierStatus.CLOSED else None, disclosure)

    return read


def unmarked(value: Any, depth: int = _DEPTH) -> Any:
    """The same without texts that hold a mark."""
    if isinstance(value, str):
        return None if any(mark in value for mark in _MARKS) else value
    if not isinstance(value, dict | list):
        return value
    if not depth:
        return None
    if isinstance(value, dict):
        return {key: unmarked(inner, depth - 1) for key, inner in value.items()}
    return [unmarked(inner, depth - 1) for inner in value]
