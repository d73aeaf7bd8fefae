"""Listings: one partner's record of a company, and why it was taken to be that company's."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from directory import records
from directory.disclosure import Role, Sight
from directory.matching.contract import Evidence, Match
from directory.matching.waterfall import WIDTH, waterfall
from directory.records import MatchDecision, MatchMethod
from directory.store.reading import PartnerState, StoredListing, StoredSupplier
from directory.store.rows import is_id
from schema import ids
from schema.context import Info
from schema.cost import SEVERAL, holds, weighs
from schema.enums import publish
from schema.fields import resolved
from schema.partner import Partner

if TYPE_CHECKING:
    from schema.live import LiveListing
    from schema.supplier import Supplier

publish(
    MatchDecision,
    "How sure it is that a listing belongs to its supplier.",
    {
        MatchDecision.AUTOMATIC: "The rules were sure.",
        MatchDecision.PENDING: "A steward has yet to decide.",
        MatchDecision.CONFIRMED: "A steward confirmed it.",
        MatchDecision.REJECTED: "A steward rejected the likeness.",
        MatchDecision.SPLIT: "A steward split it off.",
    },
)
publish(
    MatchMethod,
    "What settled that a listing belongs to its supplier.",
    {
        MatchMethod.SIRET: "The same SIRET; where there is no other listing, its own.",
        MatchMethod.SIREN: "The same SIREN, at another site; where there is no other listing, its own.",
        MatchMethod.EXACT: "Nothing had to be settled: the only listing of its supplier, without an official number.",
        MatchMethod.PROBABILISTIC: "Likenesses that add up: see `evidence`.",
        MatchMethod.STEWARD: "A steward's decision.",
    },
)


@strawberry.type(
    description="One comparison that spoke for or against a match, or what settled it: with `prior`, the weights of "
    "all of them add up to the match's own."
)
class MatchEvidence:
    """A line of the explanation."""

    feature: str = strawberry.field(
        description="What was compared: `name`, `address`, `contact` (telephone, mailbox and domain), `naf` "
        "(activity), `siren` or `directory` (which partner's); `siret`, `siren` or `steward` alone where one of these "
        "settled it."
    )
    left: str | None = strawberry.field(
        description="The listing's value in comparable form; null when absent or when the caller may not see it."
    )
    right: str | None = strawberry.field(description="The value it was compared with, under the same conditions.")
    level: str = strawberry.field(
        description="How far the two agree, in words for stewards: `same door`, `other town`."
    )
    weight: float = strawberry.field(
        description="What it adds, in bits: 1 doubles the odds that both are one establishment, −1 halves them."
    )
    frequency: float = strawberry.field(
        description="The part of `weight` that is due to how rare or frequent the common value is."
    )
    score: float = strawberry.field(description="How alike the two are, from 0 to 1; adds nothing up.")

    @classmethod
    def of(cls, evidence: Evidence) -> Self:
        """The comparison as the caller may see it."""
        return cls(
            feature=evidence.feature,
            left=evidence.left,
            right=evidence.right,
            level=evidence.level,
            weight=evidence.weight,
            frequency=evidence.frequency,
            score=evidence.score,
        )


@strawberry.type(description="Why a listing was taken to be of its supplier.")
class MatchExplanation:
    """The decision with its reasons."""

    decision: MatchDecision = strawberry.field(description="How sure it is.")
    score: float = strawberry.field(
        description="The confidence that it is, from 0 to 1, calibrated on pairs whose truth is known."
    )
    method: MatchMethod = strawberry.field(description="What settled it.")
    weight: float = strawberry.field(
        description="The match weight in bits: `prior` and the weights of `evidence` added up; 0 where likeness "
        "settled nothing."
    )
    prior: float = strawberry.field(
        description="Where the sum begins, in bits: how likely any two listings are one establishment."
    )
    match: strawberry.Private[Match]
    supplier_number: strawberry.Private[int]

    @classmethod
    def of(cls, match: Match, supplier: int) -> Self:
        """The explanation, as the caller may see it, of a listing of this supplier."""
        return cls(
            decision=match.decision,
            score=match.score,
            method=match.method,
            weight=match.weight,
            prior=match.prior,
            match=match,
            supplier_number=supplier,
        )

    @resolved("The comparisons made, or the one number or decision that settled it.", holds(SEVERAL))
    def evidence(self) -> list[MatchEvidence]:
        return [MatchEvidence.of(line) for line in self.match.evidence]

    @resolved("The listing it was compared with; null for one that stands alone.")
    async def against(self, info: Info) -> Annotated["Listing", strawberry.lazy("schema.listing")] | None:
        return await member_of(info, self.supplier_number, self.match.against)

    @resolved(
        "The explanation as a picture: an SVG document in French, without script or anything from elsewhere, to be "
        "shown inline or as a file. What the caller may not see is not in it.",
        weighs(10),
    )
    def waterfall(
        self,
        info: Info,
        width: Annotated[
            int | None, strawberry.argument(description="Its width in pixels, brought between 320 and 1600.")
        ] = WIDTH,
    ) -> str:
        return waterfall(self.match, width or WIDTH, info.context.thresholds)


@strawberry.type(description="One partner's record of a company, as that partner gave it.")
class Listing(ids.Node):
    """A listing with its place in the directory."""

    partner: Partner = strawberry.field(description="The partner that gave it.")
    external_id: str = strawberry.field(description="Its id at the partner's.")
    name: str = strawberry.field(description="The company's name as the partner writes it.")
    url: str | None = strawberry.field(description="The page of the partner's site about it.")
    licence: str | None = strawberry.field(
        description="The licence under which it may be used again: that of its partner's directory."
    )
    first_seen_at: datetime = strawberry.field(description="When the hub first read it.")
    fetched_at: datetime = strawberry.field(description="When the hub first read it as it is now.")
    last_seen_at: datetime = strawberry.field(description="When the partner last confirmed it.")
    match: MatchExplanation | None = strawberry.field(description="Why it was taken to be of its supplier.")
    stored: strawberry.Private[StoredListing]
    company: strawberry.Private[records.Supplier]
    partner_state: strawberry.Private[PartnerState]

    @classmethod
    def of(cls, stored: StoredListing, supplier: records.Supplier, role: Role, partner: PartnerState) -> Self:
        """The listing of this supplier, in the sight of a caller of this role."""
        sight = Sight.of(supplier, role)
        listing = sight.listing(stored.listing)
        return cls(
            id=ids.encode("Listing", stored.id),
            partner=Partner.of(partner),
            external_id=listing.external_id,
            name=listing.name,
            url=listing.url,
            licence=partner.info.licence,
            first_seen_at=stored.first_seen_at,
            fetched_at=stored.changed_at,
            last_seen_at=stored.last_seen_at,
            match=MatchExplanation.of(sight.match(stored.match), supplier.id) if stored.match else None,
            stored=stored,
            company=supplier,
            partner_state=partner,
        )

    @resolved(
        "The member as the partner has it now: asked for this answer, within two seconds unless the operator set "
        "another deadline. Never keeps the rest of the answer waiting longer, and says honestly when it is not live.",
        weighs(100),
    )
    async def live(self, info: Info) -> Annotated["LiveListing", strawberry.lazy("schema.live")]:
        from schema.live import live_of  # noqa: PLC0415  # the two types name each other

        return await live_of(info, self.stored, self.company, self.partner_state)

    @resolved("The company it is a record of; null when it has just left it.")
    async def supplier(self, info: Info) -> Annotated["Supplier", strawberry.lazy("schema.supplier")] | None:
        from schema.supplier import supplier_of  # noqa: PLC0415  # the two types name each other

        return await supplier_of(info, self.company.id)


async def listings_of(info: Info, supplier: records.Supplier) -> list[Listing]:
    """The listings that this supplier is made of."""
    loaders, role = info.context.loaders, info.context.caller.role
    reading = loaders.partners()  # while the listings are read
    found = await loaders.listings_of.load(supplier.id)
    partners = await reading
    return [Listing.of(stored, supplier, role, partners[stored.listing.partner]) for stored in found]


async def member_of(info: Info, supplier: int, number: int | None) -> Listing | None:
    """The listing with this number among those of the supplier; ``None`` when it is not among them any more.

    Reads the supplier's listings, which a caller who comes here mostly asks for anyway.
    """
    known = await info.context.loaders.suppliers.load(supplier)
    members = await info.context.loaders.listings_of.load(supplier)
    stored = next((each for each in members if each.id == number), None)
    return await _shown(info, stored, known) if stored and known else None


async def listing_of(info: Info, number: int) -> Listing | None:
    """The listing with this number; ``None`` when it is withdrawn, of no supplier, or of one the caller may not see."""
    stored = await info.context.loaders.listings.load(number)
    if stored is None or stored.withdrawn_at or stored.supplier_id is None:
        return None
    known = await info.context.loaders.suppliers.load(stored.supplier_id)
    return await _shown(info, stored, known) if known else None


async def _named(info: Info, partner: str, external_id: str) -> Listing | None:
    if partner not in await info.context.loaders.partners() or not is_id(external_id):
        return None
    number = await info.context.reader.supplier_id(listing=(partner, external_id))
    known = await info.context.loaders.suppliers.load(number) if number else None
    if known is None:
        return None
    members = await info.context.loaders.listings_of.load(known.supplier.id)
    name = partner, external_id
    stored = next((each for each in members if (each.listing.partner, each.listing.external_id) == name), None)
    return await _shown(info, stored, known) if stored else None


async def _shown(info: Info, stored: StoredListing, known: StoredSupplier) -> Listing:
    partners = await info.context.loaders.partners()
    return Listing.of(stored, known.supplier, info.context.caller.role, partners[stored.listing.partner])


@strawberry.type
class ListingQuery:
    """The root field that finds one listing."""

    @resolved("One listing by its partner's own id; null when there is none that the caller may see.")
    async def listing(
        self,
        info: Info,
        partner: Annotated[
            strawberry.ID, strawberry.argument(description="The partner: its id, or its short code (`cmar`).")
        ],
        external_id: Annotated[str, strawberry.argument(description="The listing's id at the partner's.")],
    ) -> Listing | None:
        return await _named(info, ids.code_of("Partner", partner), external_id)
