"""The supplier: one company, merged from every listing that names it; and how to find one by a key of its own."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, Self

import strawberry

from directory import areas, records
from directory.disclosure import Role, Sight
from directory.records import CompanySize, Disclosure, SupplierField, SupplierStatus
from directory.store.reading import StoredSupplier
from schema import ids
from schema.area import Area
from schema.arguments import ABSENT, given
from schema.classification import Activity, LabelGrant, LegalForm
from schema.context import Info
from schema.cost import FEW, SEVERAL, counted_by, holds, weighs
from schema.decision import Decision, FieldPin
from schema.enums import publish
from schema.errors import BadInput
from schema.establishment import Establishment, EstablishmentConnection
from schema.fields import resolved
from schema.hot import Lasting
from schema.listing import Listing, listings_of
from schema.paging import AFTER, DEFAULT, FIRST
from schema.provenance import FieldProvenance
from schema.quality import Quality
from schema.related import RelatedSupplier, related_to
from schema.scalars import Siren, Siret
from schema.similar import SimilarSupplier, similar_to

if TYPE_CHECKING:
    from schema.filters import Near

publish(
    CompanySize,
    "The enterprise categories of decree 2008-1354, read from the head-count alone.",
    {
        CompanySize.MICRO: "Fewer than 10 employees.",
        CompanySize.PME: "10 to 249 employees.",
        CompanySize.ETI: "250 to 4,999 employees.",
        CompanySize.GE: "5,000 employees or more.",
        CompanySize.UNKNOWN: "No listing says.",
    },
)
publish(
    SupplierStatus,
    "Whether the company is in business.",
    {
        SupplierStatus.ACTIVE: "It is.",
        SupplierStatus.CLOSED: "It has closed, as an official register says.",
        SupplierStatus.SUSPECTED_CLOSED: "It seems to have closed.",
    },
)
publish(
    Disclosure,
    "What may be shown of a company (Code de commerce, art. A123-96).",
    {
        Disclosure.FULL: "Everything that its listings say.",
        Disclosure.PARTIAL: "Partial diffusion: its personal data stay hidden.",
        Disclosure.OPTED_OUT: "It asked not to be shown.",
    },
)


UNKNOWN: Final[Any] = object()


@strawberry.type(description="How to reach a company; personal data.")
class Contact:
    """A contact, each part as far as it is known."""

    name: str | None = strawberry.field(description="Whom to ask for.")
    email: str | None = strawberry.field(description="E-mail address.")
    phone: str | None = strawberry.field(description="Telephone in E.164 (`+33491000000`).")

    @classmethod
    def of(cls, contact: records.Contact) -> Self | None:
        """The contact; ``None`` when nothing of it is known or may be seen."""
        if contact == records.Contact():
            return None
        return cls(name=contact.name, email=contact.email, phone=contact.phone)


@strawberry.type(description="One company, merged from every listing that names it: the golden record.")
class Supplier(ids.Node, Lasting):
    """A supplier; ``record`` holds of it only what the caller may see."""

    siren: Siren | None = strawberry.field(description="Its number in the SIRENE register.")
    name: str = strawberry.field(description="Its name.")
    trade_names: list[str] = strawberry.field(description="Its signs and other names.")
    description: str | None = strawberry.field(description="What it says of itself, as plain text.")
    website: str | None = strawberry.field(description="Its web site.")
    size: CompanySize = strawberry.field(description="Its enterprise category.")
    status: SupplierStatus = strawberry.field(description="Whether it is in business.")
    closed_on: date | None = strawberry.field(
        description="The day on which it closed, as an official register has it; null while it is in business."
    )
    disclosure: Disclosure = strawberry.field(description="What may be shown of it.")
    merged_ids: list[strawberry.ID] = strawberry.field(
        description="Ids of suppliers found to be the same company; each of them still leads here."
    )
    created_at: datetime = strawberry.field(description="When the hub first knew it.")
    updated_at: datetime = strawberry.field(description="When its record last changed.")
    record: strawberry.Private[records.Supplier]

    @classmethod
    def of(cls, stored: StoredSupplier) -> Self:
        """The supplier in the caller's sight; parts that cost something are built when they are asked for."""
        record = stored.supplier
        return cls(
            id=ids.encode("Supplier", record.id),
            siren=Siren(record.siren) if record.siren else None,
            name=record.name,
            trade_names=list(record.trade_names),
            description=record.description,
            website=record.website,
            size=record.size,
            status=record.status,
            closed_on=record.closed_on,
            disclosure=record.disclosure,
            merged_ids=[ids.encode("Supplier", merged) for merged in stored.merged_ids],
            created_at=stored.created_at,
            updated_at=stored.updated_at,
            record=record,
        )

    @resolved("Its legal form.")
    def legal_form(self) -> LegalForm | None:
        return LegalForm.of(self.record.legal_form)

    @resolved("What it does: official codes first.", holds(FEW))
    def activities(self) -> list[Activity]:
        return [Activity.of(activity) for activity in self.record.activities]

    @resolved("The labels it holds, and who says so.", holds(FEW))
    def labels(self) -> list[LabelGrant]:
        return [LabelGrant.of(grant) for grant in self.record.labels]

    @resolved("Where it says that it works; empty where no partner knows.", holds(FEW))
    def service_areas(self) -> list[Area]:
        return [Area.of(area) for area in map(areas.of_key, self.record.service_areas) if area]

    @resolved("Its seat, or its only known site; null when no address is known.")
    def head_office(self) -> Establishment | None:
        site = self.record.head_office
        return Establishment.of(self.record.id, site) if site else None

    @resolved("Its sites, the seat first.", counted_by("first", otherwise=DEFAULT, in_fields=("edges", "nodes")))
    def establishments(
        self,
        first: Annotated[int | None, strawberry.argument(description=FIRST)] = ABSENT,
        after: Annotated[str | None, strawberry.argument(description=AFTER)] = ABSENT,
    ) -> EstablishmentConnection:
        return EstablishmentConnection.of(self.record, given(first), given(after))

    @resolved("How to reach it; null where the caller may not see it, or nothing is known.")
    def contact(self) -> Contact | None:
        return Contact.of(self.record.contact)

    @resolved("The listings it was merged from.", holds(FEW))
    async def listings(self, info: Info) -> list[Listing]:
        return await listings_of(info, self.record)

    @resolved(
        "Where each of its values comes from, and the values that lost.",
        counted_by("fields", otherwise=len(SupplierField)),
    )
    async def provenance(
        self,
        info: Info,
        fields: Annotated[
            list[SupplierField] | None, strawberry.argument(description="These fields alone; all of them unless said.")
        ] = ABSENT,
    ) -> list[FieldProvenance]:
        loaders, wanted = info.context.loaders, given(fields)
        reading = loaders.partners()  # while the provenance is read
        choices = await loaders.provenance_of.load(self.record.id)
        partners, sight = await reading, Sight.of(self.record, info.context.caller.role)
        return [
            FieldProvenance.chosen(choice, self.record.id, partners)
            for choice in sight.provenance(choices)
            if wanted is None or choice.field in wanted
        ]

    @resolved(
        "What a decision on it names to say what it was made on: changes with its listings, their content, and "
        "decisions about them. Null for all but stewards.",
        weighs(5),
    )
    async def version(self, info: Info) -> str | None:
        if info.context.caller.role is not Role.STEWARD:
            return None
        return await info.context.loaders.stewards.version_of.load(self.record.id)

    @resolved(
        "What stewards decided about its listings and its fields, newest first; null for all but stewards.",
        holds(SEVERAL),
    )
    async def decisions(self, info: Info) -> list[Decision] | None:
        if info.context.caller.role is not Role.STEWARD:
            return None
        return [Decision.of(act) for act in await info.context.loaders.stewards.acts_of.load(self.record.id)]

    @resolved(
        "The fields that stewards fixed, those without effect just now included; null for all but stewards.", holds(FEW)
    )
    async def pins(self, info: Info) -> list[FieldPin] | None:
        if info.context.caller.role is not Role.STEWARD:
            return None
        return [FieldPin.of(pin) for pin in await info.context.loaders.stewards.pins_of.load(self.record.id)]

    @resolved(
        "Suppliers that have to do with it and stay suppliers of their own: parents and branches of its group, others "
        "of its chain. Found by sites and names, the surest first.",
        weighs(20),
        counted_by("first", otherwise=10),
    )
    async def related_suppliers(
        self,
        info: Info,
        first: Annotated[int | None, strawberry.argument(description="How many at most, from 0 to 50.")] = 10,
    ) -> list[RelatedSupplier]:
        return await related_to(info, self.record.id, first)

    @resolved(
        "Suppliers in business that are most like it, the best first: by activity, words, labels, size and nearness. "
        "Never itself; none when nothing of what it does is known. Of at most 10 suppliers a request.",
        weighs(200),
        counted_by("first", otherwise=10),
    )
    async def similar_suppliers(
        self,
        info: Info,
        first: Annotated[int | None, strawberry.argument(description="How many at most, from 0 to 50.")] = 10,
        near: Annotated[
            Annotated["Near", strawberry.lazy("schema.filters")] | None,
            strawberry.argument(description="Only suppliers with a site in this disc."),
        ] = ABSENT,
    ) -> list[SimilarSupplier]:
        return await similar_to(info, self.record, first, given(near))

    @resolved("How complete and how fresh its record is.")
    def quality(self, info: Info) -> Quality:
        return Quality.of(self.record.quality, info.context.clock())


async def supplier_of(info: Info, number: int | None) -> Supplier | None:
    """The supplier with this number, or its survivor; ``None`` when there is none that the caller may see."""
    return (await suppliers_of(info, [number]))[0] if number else None


async def suppliers_of(info: Info, numbers: Sequence[int]) -> list[Supplier | None]:
    """The suppliers with these numbers, each as :func:`supplier_of` gives it; read together, unless known already."""
    hot = info.context.hot.suppliers[info.context.caller.role]
    known = [hot.get(number, UNKNOWN) for number in numbers]
    missing = [number for number, supplier in zip(numbers, known, strict=True) if supplier is UNKNOWN]
    if not missing:
        return known
    read = await info.context.loaders.suppliers.load_many(missing)
    made = {number: Supplier.of(stored) if stored else None for number, stored in zip(missing, read, strict=True)}
    for number, supplier in made.items():
        hot.put(number, supplier)
    return [made[number] if supplier is UNKNOWN else supplier for number, supplier in zip(numbers, known, strict=True)]


@strawberry.input(description="A listing by its partner's own id.")
class ListingKey:
    """A partner and one of its ids."""

    partner: strawberry.ID = strawberry.field(description="The partner: its id, or its short code (`cmar`).")
    external_id: str = strawberry.field(description="The listing's id at the partner's.")


@strawberry.input(one_of=True, description="What to find a supplier by: exactly one of these.")
class SupplierKey:
    """One key of a supplier."""

    id: strawberry.ID | None = strawberry.field(
        default=ABSENT, description="Its id, or that of a supplier merged into it."
    )
    siren: Siren | None = strawberry.field(default=ABSENT, description="Its SIREN.")
    siret: Siret | None = strawberry.field(default=ABSENT, description="The SIRET of one of its sites.")
    listing: ListingKey | None = strawberry.field(default=ABSENT, description="A listing that it is made of.")


async def _number_of(info: Info, by: SupplierKey) -> int | None:
    if by.id:
        return ids.number_of("Supplier", by.id)
    if by.siren:
        return await info.context.loaders.number_of.load(by.siren)
    if by.siret:
        return await info.context.reader.supplier_id(siret=by.siret)
    if by.listing:
        listing = ids.code_of("Partner", by.listing.partner), by.listing.external_id
        return await info.context.reader.supplier_id(listing=listing)
    raise BadInput("Say what to find the supplier by: one of id, siren, siret and listing.")


@strawberry.type
class SupplierQuery:
    """The root field that finds one supplier."""

    @resolved(
        "One supplier by any of its keys; null when there is none that the caller may see. The id of a "
        "merged-away supplier gives its survivor."
    )
    async def supplier(
        self,
        info: Info,
        by: Annotated[SupplierKey, strawberry.argument(description="What to find it by.")],
    ) -> Supplier | None:
        return await supplier_of(info, await _number_of(info, by))
