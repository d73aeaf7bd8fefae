"""Provenance: which partner said a value, when, by which rule it was chosen, and what lost."""

from collections.abc import Mapping
from datetime import datetime
from typing import Self

import strawberry

from directory import records
from directory.records import ChoiceRule
from directory.store.reading import PartnerState
from schema.context import Info
from schema.cost import FEW, holds
from schema.enums import publish
from schema.fields import resolved
from schema.listing import Listing, member_of
from schema.partner import Partner
from schema.supplier_field import SupplierField

publish(
    ChoiceRule,
    "Why one value was preferred to the others.",
    {
        ChoiceRule.PINNED_BY_STEWARD: "A steward pinned it.",
        ChoiceRule.CLAIMED_BY_OWNER: "The company itself gave it.",
        ChoiceRule.OFFICIAL_REGISTER: "It is that of an official register.",
        ChoiceRule.PARTNER_PRIORITY: "Its partner has priority for this field.",
        ChoiceRule.MOST_RECENT: "It was confirmed most recently.",
        ChoiceRule.ONLY_VALUE: "No other listing gives another.",
    },
)


Partners = Mapping[str, PartnerState]


@strawberry.type(description="One listing's value of a field.")
class FieldValue:
    """A value with its source."""

    value: str = strawberry.field(description="The value, as text; lists are separated by commas.")
    partner: Partner = strawberry.field(description="The partner that said it.")
    observed_at: datetime = strawberry.field(description="When the partner last confirmed it.")
    supplier: strawberry.Private[int]
    listing_number: strawberry.Private[int]

    @classmethod
    def of(cls, source: records.FieldValue, supplier: int, partners: Partners) -> Self:
        """The value that a listing of this supplier gives."""
        return cls(
            value=source.value,
            partner=Partner.of(partners[source.partner]),
            observed_at=source.observed_at,
            supplier=supplier,
            listing_number=source.listing,
        )

    @resolved("The listing that says it; null when it has just been withdrawn.")
    async def listing(self, info: Info) -> Listing | None:
        return await member_of(info, self.supplier, self.listing_number)


@strawberry.type(description="Where a supplier's value comes from, and the values that lost.")
class FieldProvenance(FieldValue):
    """The choice made for one field: the value chosen, and why."""

    field: SupplierField = strawberry.field(description="The field spoken of.")
    rule: ChoiceRule = strawberry.field(description="Why this value was preferred.")
    alternatives: list[FieldValue] = strawberry.field(description="The values that lost.", directives=[holds(FEW)])

    @classmethod
    def chosen(cls, choice: records.FieldProvenance, supplier: int, partners: Partners) -> Self:
        """The choice that was made for this supplier."""
        value = FieldValue.of(choice.chosen, supplier, partners)
        return cls(
            field=choice.field,
            rule=choice.rule,
            value=value.value,
            partner=value.partner,
            observed_at=value.observed_at,
            alternatives=[FieldValue.of(lost, supplier, partners) for lost in choice.alternatives],
            supplier=supplier,
            listing_number=value.listing_number,
        )
