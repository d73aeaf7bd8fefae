"""The columns of an export: a supplier's traits, what the search adds, and whom its row is owed to."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct

from directory.disclosure import Role
from directory.export.found import Found
from directory.portrait import Trait, Value, traits
from directory.records import PartnerInfo

NO_LICENCE: Final = "licence non précisée"
Row = dict[str, Value]


class Credit(Struct, frozen=True, kw_only=True):
    """Whom values are owed to, and under which licence they may be used again."""

    code: str
    name: str
    organisation: str
    url: str | None
    licence: str | None

    @classmethod
    def of(cls, info: PartnerInfo) -> "Credit":
        """A partner or a register as its settings describe it."""
        return cls(
            code=info.id, name=info.name, organisation=info.organisation, url=info.url or None, licence=info.licence
        )

    @property
    def line(self) -> str:
        """As a row names it."""
        return f"{self.name} ({self.licence or NO_LICENCE})"


class Column(Struct, frozen=True):
    """A column: its key for programs, its heading for people, and its value in a row."""

    key: str
    heading: str
    read: Callable[[Found], Value]


def columns(
    role: Role,
    credited: Mapping[str, Credit],
    exported_at: datetime,
    *,
    has_place: bool,
    address_of: Callable[[int], str],
) -> tuple[Column, ...]:
    """The columns that the role may have; ``address_of`` gives a supplier's lasting id for the outside."""
    known = [_of_trait(trait) for trait in traits(role)]
    distance = [Column("distanceKm", "Distance (km)", lambda it: it.distance_km)] if has_place else []
    return (
        Column("id", "Identifiant", lambda it: address_of(it.supplier.id)),
        *known,
        *distance,
        Column("updatedAt", "Mise à jour", lambda it: it.updated_at),
        Column("partners", "Annuaires", lambda it: tuple(_name(credited, code) for code in it.sources)),
        Column("attribution", "Sources et licences", lambda it: tuple(_line(credited, code) for code in it.sources)),
        Column("exportedAt", "Extrait le", lambda _: exported_at),
    )


def _of_trait(trait: Trait) -> Column:
    return Column(trait.key, trait.heading, lambda it: trait.read(it.supplier))


def _name(known: Mapping[str, Credit], code: str) -> str:
    return known[code].name if code in known else code


def _line(known: Mapping[str, Credit], code: str) -> str:
    return known[code].line if code in known else f"{code} ({NO_LICENCE})"


def row(found: Found, chosen: Sequence[Column]) -> Row:
    """One supplier's values by the keys of the columns."""
    return {column.key: column.read(found) for column in chosen}


def is_empty(value: Value) -> bool:
    """Whether there is nothing to write."""
    return value is None or value in ((), "")
