"""What a steward can decide: values, with the version of what was looked at."""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from msgspec import Struct

from directory.records import SupplierField


class Confirm(Struct, frozen=True, kw_only=True):
    """These two listings are one company; with ``same_site`` also one establishment."""

    left: int
    right: int
    version: str
    same_site: bool = False


class Reject(Struct, frozen=True, kw_only=True):
    """These two listings are two companies."""

    left: int
    right: int
    version: str


class Merge(Struct, frozen=True, kw_only=True):
    """All listings of these suppliers are one company. ``versions`` are those of ``into``, then of ``others``."""

    into: int
    others: tuple[int, ...]
    versions: tuple[str, ...]


class Split(Struct, frozen=True, kw_only=True):
    """These listings of the supplier are another company, all of them the same one."""

    supplier: int
    listings: tuple[int, ...]
    version: str


class Move(Struct, frozen=True, kw_only=True):
    """The listing is of another supplier. ``versions`` are those of its present one, then of ``to``."""

    listing: int
    to: int
    versions: tuple[str, ...]


class Pin(Struct, frozen=True, kw_only=True):
    """The supplier's field is what this listing of its says."""

    supplier: int
    field: SupplierField
    listing: int
    version: str


class Unpin(Struct, frozen=True, kw_only=True):
    """The supplier's field is chosen by the rules again."""

    supplier: int
    field: SupplierField
    version: str


class Undo(Struct, frozen=True):
    """As if this had not been decided. An undoing is not undone: what it undid can be decided again."""

    act: int


Decision: TypeAlias = Confirm | Reject | Merge | Split | Move | Pin | Unpin | Undo


def listings(decisions: Iterable[Decision]) -> Iterator[int]:
    """The listings that decisions name, whatever supplier they are of."""
    for decision in decisions:
        match decision:
            case Confirm() | Reject():
                yield from (decision.left, decision.right)
            case Move():
                yield decision.listing
            case _:
                pass


def suppliers(decisions: Iterable[Decision]) -> Iterator[int]:
    """The suppliers that they name."""
    for decision in decisions:
        match decision:
            case Merge():
                yield from (decision.into, *decision.others)
            case Split() | Pin() | Unpin():
                yield decision.supplier
            case Move():
                yield decision.to
            case _:
                pass
