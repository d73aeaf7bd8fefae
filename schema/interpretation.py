"""What was understood of a buyer's text: each part with the key by which it is clicked away."""

from typing import Self

import strawberry

from directory import geography, records
from directory.understanding import contract
from directory.understanding.contract import PartKind
from schema.area import Area
from schema.cost import FEW, SEVERAL, holds
from schema.enums import publish
from schema.establishment import Location

WITHOUT = "Keys of parts of the interpretation that are not meant: the text is understood without them."

publish(
    PartKind,
    "What a part of an interpretation is.",
    {
        PartKind.PARTNER: "A partner that the text names.",
        PartKind.LABEL: "A label that the text names.",
    },
    name="PreferenceKind",
)


@strawberry.type(description="A NAF sub-class that may meet the need: suppliers that have it come earlier.")
class UnderstoodActivity:
    """An activity that was understood."""

    key: str = strawberry.field(description="To be given in `without` when it is not meant.")
    naf: str = strawberry.field(description="Its code (`43.22A`).")
    label: str = strawberry.field(description="INSEE's label, in French.")
    weight: float = strawberry.field(description="How likely it is meant, from 0 to 1.")
    because: str = strawberry.field(description="The expression, or the label, that speaks for it most.")


@strawberry.type(description="Where: the suppliers found have a site there.")
class UnderstoodPlace:
    """A place that was understood."""

    key: str = strawberry.field(description="To be given in `without` when it is not meant.")
    typed: str = strawberry.field(description="The words it was read from.")
    label: str = strawberry.field(description="What was understood, in French.")
    areas: list[Area] = strawberry.field(description="One of these areas; empty for a disc.", directives=[holds(FEW)])
    centre: Location | None = strawberry.field(description="The middle of a disc; null for areas.")
    radius_km: float | None = strawberry.field(description="The disc's radius in kilometres; null for areas.")


@strawberry.type(description="A partner or label that the text names: who has it comes earlier, nobody is left out.")
class UnderstoodPreference:
    """A preference that was understood."""

    key: str = strawberry.field(description="To be given in `without` when it is not meant.")
    kind: PartKind = strawberry.field(description="Whether it is a partner or a label.")
    value: str = strawberry.field(description="Its short code, as the filters `partners` and `labels` take it.")
    label: str = strawberry.field(description="What it is called.")
    typed: str = strawberry.field(description="The words it was read from.")


@strawberry.type(description="A word that nobody uses, read as one that somebody does.")
class Correction:
    """A slip of the keyboard, mended."""

    key: str = strawberry.field(description="To be given in `without` when the word was meant as typed.")
    typed: str = strawberry.field(description="The word as typed.")
    understood: str = strawberry.field(description="The word as understood.")


@strawberry.type(description="What was understood of `query`, and what the search has made of it.")
class Interpretation:
    """A text, understood."""

    words: list[str] = strawberry.field(description="The words looked for, as they were understood.")
    activities: list[UnderstoodActivity] = strawberry.field(
        description="Activities that may be meant, best first.", directives=[holds(SEVERAL)]
    )
    place: UnderstoodPlace | None = strawberry.field(
        description="The place that the text names, a filter; without effect beside `near` or `locatedIn`."
    )
    filters: list[UnderstoodPreference] = strawberry.field(
        description="Partners and labels that the text names: soft filters, which only rank.", directives=[holds(FEW)]
    )
    corrections: list[Correction] = strawberry.field(
        description="Words that were read otherwise than typed.", directives=[holds(FEW)]
    )
    without: list[str] = strawberry.field(description="The keys that were clicked away, as given.")

    @classmethod
    def of(cls, understood: contract.Interpretation) -> Self:
        """The interpretation in GraphQL's words."""
        return cls(
            words=[word.text for word in understood.words],
            activities=[
                UnderstoodActivity(
                    key=each.key, naf=each.naf, label=each.label, weight=each.weight, because=each.because
                )
                for each in understood.activities
            ],
            place=_place(understood.place) if understood.place else None,
            filters=[
                UnderstoodPreference(key=each.key, kind=each.kind, value=each.value, label=each.label, typed=each.typed)
                for each in understood.preferences
            ],
            corrections=[
                Correction(key=each.key, typed=each.typed, understood=each.understood)
                for each in understood.corrections
            ],
            without=list(understood.dropped),
        )


def _place(place: contract.Place) -> UnderstoodPlace:
    areas = filter(None, map(geography.area, place.areas))
    return UnderstoodPlace(
        key=place.key,
        typed=place.typed,
        label=place.label,
        areas=[Area.of(area) for area in areas],
        centre=_point(place.centre) if place.centre else None,
        radius_km=place.radius_km,
    )


def _point(centre: records.Location) -> Location:
    return Location(latitude=centre.latitude, longitude=centre.longitude, approximate=centre.approximate)
