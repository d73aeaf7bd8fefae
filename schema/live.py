"""A member as its partner has it now, or as it was last harvested when the partner cannot be asked: said honestly.

What is read is shown by the same sight as the stored listing, and by a stricter one where what is read asks for it.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Self

import strawberry
from msgspec.structs import replace

from directory import records
from directory.disclosure import SOLE_TRADER, STRICTNESS, Role, Sight
from directory.records import CompanySize, Disclosure, PartnerKind
from directory.store.reading import PartnerState, StoredListing
from directory.store.views import Health
from schema.classification import Activity, Label, LegalForm
from schema.context import Info, LiveReading, NotLive
from schema.cost import FEW, holds
from schema.enums import publish
from schema.establishment import Address, Location
from schema.scalars import Siren, Siret
from schema.supplier import Contact

GONE = "The partner has no such member any more."
ANOTHER = "What the partner says of it now is not to be shown; what was last harvested is."


class LiveSource(StrEnum):
    """Where a member's values come from."""

    LIVE = "LIVE"
    CACHED = "CACHED"
    HARVESTED = "HARVESTED"


publish(
    LiveSource,
    "Where a member's values come from.",
    {
        LiveSource.LIVE: "Read from the partner for this answer.",
        LiveSource.CACHED: "Read from the partner moments ago, at `readAt`.",
        LiveSource.HARVESTED: "Last harvested; `problem` says why the partner was not asked.",
    },
)


@strawberry.type(description="What a partner says of one of its members, checked and with the hub's own codes.")
class MemberRecord:
    """A listing's content, as far as the caller may see it."""

    name: str = strawberry.field(description="The name.")
    trade_names: list[str] = strawberry.field(description="Signs and other names.")
    siren: Siren | None = strawberry.field(description="Its number in the SIRENE register.")
    siret: Siret | None = strawberry.field(description="The number of the site.")
    description: str | None = strawberry.field(description="What it says of itself, as plain text.")
    activities: list[Activity] = strawberry.field(description="What it does.", directives=[holds(FEW)])
    size: CompanySize = strawberry.field(description="Its enterprise category.")
    legal_form: LegalForm | None = strawberry.field(description="Its legal form.")
    labels: list[Label] = strawberry.field(
        description="Labels that the partner says it holds.", directives=[holds(FEW)]
    )
    address: Address | None = strawberry.field(description="Where to write to it.")
    location: Location | None = strawberry.field(description="Where it is on the map.")
    contact: Contact | None = strawberry.field(
        description="How to reach it; null for the public, and where it may not be shown."
    )
    website: str | None = strawberry.field(description="Its web site.")
    url: str | None = strawberry.field(description="The page of the partner's site about it.")
    modified_at: datetime | None = strawberry.field(description="When the partner says that it last changed it.")

    @classmethod
    def of(cls, shown: records.Listing) -> Self:
        """The listing, of which nothing is left but what the caller may see."""
        point = shown.location
        return cls(
            name=shown.name,
            trade_names=list(shown.trade_names),
            siren=Siren(shown.siren) if shown.siren else None,
            siret=Siret(shown.siret) if shown.siret else None,
            description=shown.description,
            activities=[Activity.of(each) for each in shown.activities],
            size=shown.size,
            legal_form=LegalForm.of(shown.legal_form_code),
            labels=[Label.of(code) for code in shown.label_ids],
            address=Address.of(shown.address),
            location=Location(latitude=point.latitude, longitude=point.longitude, approximate=point.approximate)
            if point
            else None,
            contact=Contact.of(shown.contact),
            website=shown.website,
            url=shown.url,
            modified_at=shown.modified_at,
        )


@strawberry.type(description="A member of a partner as the partner has it now, as far as it can be had.")
class LiveListing:
    """The look-up's answer."""

    source: LiveSource = strawberry.field(description="Where `record` comes from.")
    read_at: datetime = strawberry.field(description="When the partner said it; for `HARVESTED`, when it last did.")
    problem: str | None = strawberry.field(
        description="What is wrong, in one sentence; null when nothing is. Stewards are told the cause."
    )
    record: MemberRecord | None = strawberry.field(
        description="What the partner says of the member; null when it has no such member any more."
    )


async def live_of(info: Info, stored: StoredListing, supplier: records.Supplier, partner: PartnerState) -> LiveListing:
    """The listing of this supplier as its partner has it now, or as it is stored."""
    role = info.context.caller.role
    try:
        reading = await _read(info, stored, partner)
        record = await _shown(info, reading.listing, supplier) if reading.listing else None
    except NotLive as obstacle:
        return LiveListing(
            source=LiveSource.HARVESTED,
            read_at=stored.last_seen_at,
            problem=obstacle.cause if role is Role.STEWARD else str(obstacle),
            record=MemberRecord.of(Sight.of(supplier, role).listing(stored.listing)),
        )
    return LiveListing(
        source=LiveSource.CACHED if reading.is_kept else LiveSource.LIVE,
        read_at=reading.read_at,
        problem=None if record else GONE,
        record=record,
    )


async def _read(info: Info, stored: StoredListing, partner: PartnerState) -> LiveReading:
    if partner.health is Health.PAUSED:
        raise NotLive(f"A steward has paused {partner.info.name}; what was last harvested is shown.")
    return await info.context.read_live(partner.info.id, stored.listing.external_id)


async def _shown(info: Info, listing: records.Listing, supplier: records.Supplier) -> MemberRecord:
    """What was read, by the sight of every company that could be meant by it. Raises :class:`NotLive`."""
    role = info.context.caller.role
    companies = [supplier, *await _others(info, listing, supplier)]
    floor = Disclosure.PARTIAL if await _awaits_a_register(info, listing, companies) else Disclosure.FULL
    for company in companies:
        sight = _strictest(listing, company, role, floor)
        if sight.disclosure is Disclosure.OPTED_OUT and role is not Role.STEWARD:
            raise NotLive(ANOTHER)
        listing = sight.listing(listing)
    return MemberRecord.of(listing)


async def _others(info: Info, listing: records.Listing, supplier: records.Supplier) -> list[records.Supplier]:
    """The company whose number the record bears now, where that is another one than it was harvested with."""
    if listing.siren is None or listing.siren == supplier.siren:
        return []
    number = await info.context.loaders.number_of.load(listing.siren)
    if number is None:
        return []
    other = await info.context.loaders.suppliers.load(number)
    if other is None:  # one that the caller may not know of
        raise NotLive(ANOTHER)
    return [other.supplier]


async def _awaits_a_register(info: Info, listing: records.Listing, companies: Sequence[records.Supplier]) -> bool:
    """Whether the record is a sole trader's, of whom a register could speak and has not: the caution with which
    :mod:`directory.survivorship` shows what is harvested.
    """
    if listing.siren is None or not _is_sole_trader(listing):
        return False
    partners = await info.context.loaders.partners()
    if not any(each.info.kind is PartnerKind.REGISTER for each in partners.values()):
        return False
    bearers = [company.id for company in companies if company.siren == listing.siren]
    known = [stored for each in bearers for stored in await info.context.loaders.listings_of.load(each)]
    return not any(stored.listing.disclosure for stored in known)


def _strictest(listing: records.Listing, supplier: records.Supplier, role: Role, floor: Disclosure) -> Sight:
    """The sight of the supplier, made stricter by what the partner says now of its diffusion and its legal form."""
    sight = Sight.of(supplier, role)
    said = listing.disclosure or Disclosure.FULL
    return replace(
        sight,
        disclosure=max(sight.disclosure, said, floor, key=STRICTNESS.index),
        legal_person=sight.legal_person and not _is_sole_trader(listing),
    )


def _is_sole_trader(listing: records.Listing) -> bool:
    return (listing.legal_form_code or "").startswith(SOLE_TRADER)
