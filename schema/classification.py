"""What a company is by official lists: its activities, its legal form, its labels."""

from datetime import date
from typing import Self

import strawberry

from directory import records
from directory.nomenclature import labels, legal_forms, naf
from directory.records import Nomenclature
from directory.search.document import label_name
from schema import ids
from schema.context import Info
from schema.enums import publish
from schema.fields import resolved
from schema.partner import Partner, partner_of

publish(
    Nomenclature,
    "The list that an activity's code is taken from.",
    {
        Nomenclature.NAF_REV2: "NAF rév. 2, the French nomenclature of activities.",
        Nomenclature.NAF_2025: "NAF 2025, its successor, in force from January 2027; labels are the partner's own.",
        Nomenclature.CPV: "Common Procurement Vocabulary of the European Union.",
        Nomenclature.PARTNER: "The partner's own sectors.",
    },
)


@strawberry.type(description="Something that a company does.")
class Activity:
    """An activity with its label."""

    naf: str | None = strawberry.field(
        description="Its NAF rév. 2 code (`43.22A`), as `where.naf` takes it; null for any other."
    )
    code: str = strawberry.field(description="Its code in the nomenclature; for a partner's own sector, a short name.")
    nomenclature: Nomenclature = strawberry.field(description="The list that the code is taken from.")
    label: str = strawberry.field(description="What it is called, in French.")
    sector: str | None = strawberry.field(
        description="The NAF section it belongs to, in French; null outside the NAF rév. 2."
    )

    @classmethod
    def of(cls, activity: records.Activity) -> Self:
        """The activity, its label completed from the nomenclature."""
        official = activity.nomenclature is Nomenclature.NAF_REV2
        levels = naf.levels(activity.code) if official else ()
        label = (naf.label(activity.code) if official else None) or activity.label or activity.code
        return cls(
            naf=activity.code if official else None,
            code=activity.code,
            nomenclature=activity.nomenclature,
            label=label,
            sector=naf.label(levels[0]) if levels else None,
        )


@strawberry.type(description="A legal form, from the INSEE's catégories juridiques.")
class LegalForm:
    """A legal form with its label."""

    code: str = strawberry.field(description="Its INSEE code (`5710`), as the filter `legalForm` takes it.")
    label: str = strawberry.field(description="What it is called, in French.")

    @classmethod
    def of(cls, code: str | None) -> Self | None:
        """The legal form with this code; ``None`` for none."""
        known = legal_forms.get(code) if code else None
        return cls(code=known.code, label=known.label) if known else None


@strawberry.type(description="A distinction that companies hold (RGE, ESUS, Artisan d'art…).")
class Label(ids.Node):
    """A label of the nomenclature, or of a partner's own."""

    code: str = strawberry.field(description="Its short name, lasting; filters take it as well as the id.")
    name: str = strawberry.field(description="What it is called.")
    issuer: str | None = strawberry.field(description="Who grants it.")
    responsible_purchasing: bool = strawberry.field(description="Whether it counts for responsible purchasing.")

    @classmethod
    def of(cls, code: str) -> Self:
        """The label with this code; one that only a partner knows has no more than a name."""
        label = labels.get(code) or records.Label(id=code, name=label_name(code))
        return cls(
            id=ids.encode("Label", label.id),
            code=label.id,
            name=label.name,
            issuer=label.issuer,
            responsible_purchasing=label.responsible,
        )


@strawberry.type(description="A label that a partner says the company holds.")
class LabelGrant:
    """A label and who says so."""

    label: Label = strawberry.field(description="The label.")
    expires_on: date | None = strawberry.field(
        description="The last day on which it is held; null where the partner does not say."
    )
    by: strawberry.Private[str]

    @classmethod
    def of(cls, grant: records.LabelGrant) -> Self:
        """The grant that a partner made known."""
        return cls(label=Label.of(grant.label), expires_on=grant.expires_on, by=grant.partner)

    @resolved("Whether that day is over: filters and facets do not count it any more.")
    def is_expired(self, info: Info) -> bool:
        return self.expires_on is not None and self.expires_on < info.context.clock().date()

    @resolved("The partner that says so.")
    async def partner(self, info: Info) -> Partner:
        return await partner_of(info, self.by)
