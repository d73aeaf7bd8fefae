"""Suppliers side by side: a row a field, a cell a supplier, each with where its value comes from."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from functools import partial
from typing import Annotated, Final, NamedTuple

import strawberry

from directory import records
from directory.disclosure import Field, Role, Sight, may_see
from directory.portrait import Trait, Value, as_text, differ, traits
from directory.records import SupplierField
from directory.store.reading import StoredSupplier
from schema import ids
from schema.context import Info
from schema.cost import counted_by, holds, weighs
from schema.enums import publish
from schema.errors import BadInput
from schema.fields import resolved
from schema.provenance import FieldProvenance, Partners
from schema.supplier import Supplier

FEWEST: Final = 2
MOST: Final = 5


class ComparedField(StrEnum):
    """The rows there are, in their order; the values are the keys of :mod:`directory.portrait`."""

    NAME = "name"
    TRADE_NAMES = "tradeNames"
    SIREN = "siren"
    SIRET = "siret"
    LEGAL_FORM = "legalForm"
    SIZE = "size"
    NAF = "naf"
    ACTIVITIES = "activities"
    LABELS = "labels"
    STREET = "street"
    POSTCODE = "postcode"
    COMMUNE = "commune"
    ESTABLISHMENTS = "establishments"
    WEBSITE = "website"
    CONTACT_NAME = "contactName"
    EMAIL = "email"
    PHONE = "phone"
    DESCRIPTION = "description"
    STATUS = "status"
    CLOSED_ON = "closedOn"
    QUALITY = "quality"
    PARTNERS = "partners"


publish(
    ComparedField,
    "What suppliers are compared by.",
    {
        ComparedField.NAME: "The name.",
        ComparedField.TRADE_NAMES: "Signs and other names.",
        ComparedField.SIREN: "The SIREN.",
        ComparedField.SIRET: "The seat's SIRET.",
        ComparedField.LEGAL_FORM: "The legal form.",
        ComparedField.SIZE: "The enterprise category.",
        ComparedField.NAF: "The NAF codes.",
        ComparedField.ACTIVITIES: "The activities, in words.",
        ComparedField.LABELS: "The labels.",
        ComparedField.STREET: "The seat's street.",
        ComparedField.POSTCODE: "The seat's postcode.",
        ComparedField.COMMUNE: "The seat's commune.",
        ComparedField.ESTABLISHMENTS: "How many sites are known.",
        ComparedField.WEBSITE: "The web site.",
        ComparedField.CONTACT_NAME: "Whom to ask for: for roles that may see contacts.",
        ComparedField.EMAIL: "The e-mail address: for roles that may see contacts.",
        ComparedField.PHONE: "The telephone: for roles that may see contacts.",
        ComparedField.DESCRIPTION: "The presentation.",
        ComparedField.STATUS: "Whether in business.",
        ComparedField.CLOSED_ON: "The day on which it closed.",
        ComparedField.QUALITY: "The quality score of the record, from 0 to 1.",
        ComparedField.PARTNERS: "The directories that list it.",
    },
)


@strawberry.type(description="One supplier's value of one field.")
class ComparisonCell:
    """A cell; ``value`` is what the caller may see."""

    value: str | None = strawberry.field(
        description="The value in French, lists joined by `; `; null when it is not known or the caller may not see it."
    )
    provenance: FieldProvenance | None = strawberry.field(
        description="Which partner says so, when it confirmed it last, and by which rule it was chosen; null where the "
        "value is not that of one listing, as with counts."
    )


@strawberry.type(description="One field of all the suppliers compared.")
class ComparisonRow:
    """A row; its cells are in the order of the suppliers."""

    field: ComparedField = strawberry.field(description="The field.")
    label: str = strawberry.field(description="What it is called, in French.")
    differs: bool = strawberry.field(
        description="Whether the suppliers have different values, case, accents and the order of lists aside; not to "
        "have one is different from having one."
    )
    cells: list[ComparisonCell] = strawberry.field(
        description="A value a supplier, in the order of `suppliers`.", directives=[holds(MOST)]
    )


@strawberry.type(description="Suppliers side by side.")
class SupplierComparison:
    """A table."""

    suppliers: list[Supplier] = strawberry.field(description="The suppliers, in the order asked.")
    rows: list[ComparisonRow] = strawberry.field(
        description="The fields of which at least one supplier has a value, in the order of reading.",
        directives=[holds(len(ComparedField))],
    )


class _Column:
    """One supplier as it is compared: its record in the caller's sight, and where its values come from."""

    def __init__(
        self, record: records.Supplier, choices: Sequence[records.FieldProvenance], partners: Partners, role: Role
    ) -> None:
        self.record = record
        self._choices = {each.field: each for each in Sight.of(record, role).provenance(choices)}
        self._partners = partners

    @property
    def partner_names(self) -> tuple[str, ...]:
        return tuple(self._partners[code].info.name for code in self.record.partners)

    def cell(self, value: Value, source: SupplierField | None) -> ComparisonCell:
        choice = self._choices.get(source) if source and value not in (None, ()) else None
        return ComparisonCell(
            value=as_text(value) or None,
            provenance=FieldProvenance.chosen(choice, self.record.id, self._partners) if choice else None,
        )


class _Line(NamedTuple):
    """A row to be made: what it is of, and how a supplier's value is read."""

    field: ComparedField
    label: str
    source: SupplierField | None
    read: Callable[[_Column], Value]


def _lines(role: Role) -> Iterator[_Line]:
    """What the role may compare by."""
    known = {trait.key: trait for trait in traits(role)}
    for field in ComparedField:
        if field.value in known:
            trait = known[field.value]
            yield _Line(field, trait.heading, trait.source, partial(_trait_of, trait))
    if may_see(role, Field.PARTNERS):
        yield _Line(ComparedField.PARTNERS, "Annuaires", None, lambda column: column.partner_names)


def _trait_of(trait: Trait, column: _Column) -> Value:
    return trait.read(column.record)


def _row(line: _Line, columns: Sequence[_Column]) -> ComparisonRow | None:
    values = [line.read(column) for column in columns]
    if all(value in (None, ()) for value in values):
        return None
    cells = [column.cell(value, line.source) for column, value in zip(columns, values, strict=True)]
    return ComparisonRow(field=line.field, label=line.label, differs=differ(values), cells=cells)


async def _suppliers(info: Info, opaque: Sequence[str]) -> list[StoredSupplier]:
    """The suppliers asked for, or their survivors. Raises :class:`BadInput`."""
    if not FEWEST <= len(opaque) <= MOST:
        raise BadInput(f"{len(opaque)} suppliers cannot be compared: give the ids of {FEWEST} to {MOST}.")
    numbers = [ids.number_of("Supplier", each) for each in opaque]
    found = await info.context.loaders.suppliers.load_many(numbers)
    missing = next((asked for asked, stored in zip(opaque, found, strict=True) if stored is None), None)
    if missing is not None:
        raise BadInput(f"There is no supplier with the id {missing} that you may see.")
    known = [stored for stored in found if stored]
    if len({stored.supplier.id for stored in known}) < len(known):
        raise BadInput("Two of these ids lead to the same supplier: give each company once.")
    return known


@strawberry.type
class ComparisonQuery:
    """The root field that compares."""

    @resolved(
        f"{FEWEST} to {MOST} suppliers side by side, field by field, as far as the caller may see them. The id of a "
        "merged-away supplier gives its survivor.",
        weighs(20),
        counted_by("ids", in_fields=("suppliers",)),
    )
    async def compare_suppliers(
        self,
        info: Info,
        ids: Annotated[
            list[strawberry.ID],
            strawberry.argument(description=f"The ids of {FEWEST} to {MOST} different suppliers, in the order wanted."),
        ],
    ) -> SupplierComparison:
        loaders, role = info.context.loaders, info.context.caller.role
        stored = await _suppliers(info, ids)
        choices, partners = await asyncio.gather(
            loaders.provenance_of.load_many([each.supplier.id for each in stored]), loaders.partners()
        )
        pairs = zip(stored, choices, strict=True)
        columns = [_Column(each.supplier, chosen, partners, role) for each, chosen in pairs]
        return SupplierComparison(
            suppliers=[Supplier.of(each) for each in stored],
            rows=[row for line in _lines(role) if (row := _row(line, columns))],
        )
