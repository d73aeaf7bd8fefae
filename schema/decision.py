"""What stewards decided about matching and values: the history of a supplier, for stewards alone."""

from datetime import datetime
from typing import Annotated, Self

import strawberry

from directory.disclosure import Role
from directory.store.acts import Act, ActKind
from directory.store.stewards import StoredPin
from schema import ids
from schema.context import Info
from schema.cost import FEW, holds
from schema.enums import publish
from schema.fields import resolved
from schema.listing import Listing, listing_of
from schema.partner import Partner, partner_of
from schema.supplier_field import SupplierField

publish(
    ActKind,
    "What a steward did.",
    {
        ActKind.CONFIRM: "Said of two listings that they are one company.",
        ActKind.REJECT: "Said of two listings that they are two companies.",
        ActKind.MERGE: "Merged suppliers: all their listings are one company.",
        ActKind.SPLIT: "Split listings off from their supplier.",
        ActKind.MOVE: "Moved a listing to another supplier.",
        ActKind.PIN: "Fixed a field to what one listing says.",
        ActKind.UNPIN: "Let a field be chosen by the rules again.",
        ActKind.UNDO: "Took an earlier decision back.",
    },
    name="DecisionKind",
)


@strawberry.type(description="A listing that a decision is about, as decisions name it: by its partner's own id.")
class DecidedListing:
    """A partner and one of its ids."""

    external_id: str = strawberry.field(description="The listing's id at the partner's.")
    partner_code: strawberry.Private[str]

    @resolved("The partner that lists it.")
    async def partner(self, info: Info) -> Partner:
        return await partner_of(info, self.partner_code)

    @resolved("The listing; null while it is withdrawn: the decision waits for its return.")
    async def listing(self, info: Info) -> Listing | None:
        number = await info.context.loaders.stewards.listing_ids.load((self.partner_code, self.external_id))
        return await listing_of(info, number) if number else None


@strawberry.type(description="Something that a steward decided. It stands until it is undone or decided otherwise.")
class Decision(ids.Node):
    """An act, as the store keeps it; whoever makes one has asked whether the caller is a steward."""

    number: int = strawberry.field(description="Its number, as `circuit decisions --undo` takes it.")
    kind: ActKind = strawberry.field(description="What was done.")
    author: str = strawberry.field(description="Who decided: the name of the API key, or of the system's user.")
    reason: str = strawberry.field(description="Why.")
    at: datetime = strawberry.field(description="When.")
    listings: list[DecidedListing] = strawberry.field(
        description="The listings that it is about.", directives=[holds(FEW)]
    )
    field: SupplierField | None = strawberry.field(description="The field that was pinned or let go; else null.")
    is_undone: bool = strawberry.field(description="Whether it was taken back.")
    act: strawberry.Private[Act]

    @classmethod
    def of(cls, act: Act) -> Self:
        """The decision in the schema's words."""
        return cls(
            id=ids.encode("Decision", act.id),
            number=act.id,
            kind=act.kind,
            author=act.author,
            reason=act.reason,
            at=act.at,
            listings=[DecidedListing(partner_code=partner, external_id=name) for partner, name in act.listings],
            field=act.field,
            is_undone=act.undone_by is not None,
            act=act,
        )

    @resolved("The decision that took it back; null unless it was undone.")
    async def undone_by(self, info: Info) -> Annotated["Decision", strawberry.lazy("schema.decision")] | None:
        return await decision_of(info, self.act.undone_by)

    @resolved("The decision that it took back; null unless it is an undoing.")
    async def undoes(self, info: Info) -> Annotated["Decision", strawberry.lazy("schema.decision")] | None:
        return await decision_of(info, self.act.undoes)


@strawberry.type(description="A field that a steward fixed to what one listing says.")
class FieldPin:
    """A pin that stands."""

    field: SupplierField = strawberry.field(description="The field.")
    listing: DecidedListing = strawberry.field(description="The listing whose value is taken.")
    is_obeyed: bool = strawberry.field(
        description="Whether it has effect now: it waits while its listing is withdrawn or of another supplier, and "
        "where a later pin has the same field."
    )
    act_number: strawberry.Private[int]

    @classmethod
    def of(cls, pin: StoredPin) -> Self:
        """The pin in the schema's words."""
        partner, external_id = pin.listing
        listing = DecidedListing(partner_code=partner, external_id=external_id)
        return cls(field=pin.field, listing=listing, is_obeyed=pin.is_obeyed, act_number=pin.act)

    @resolved("The decision that fixed it.")
    async def decision(self, info: Info) -> Decision | None:
        return await decision_of(info, self.act_number)


async def decision_of(info: Info, number: int | None) -> Decision | None:
    """The decision with this number; ``None`` where there is none or the caller is no steward."""
    if number is None or info.context.caller.role is not Role.STEWARD:
        return None
    act = await info.context.loaders.stewards.acts.load(number)
    return Decision.of(act) if act else None
