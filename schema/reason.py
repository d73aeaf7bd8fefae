"""Why a supplier was found, and stands where it does."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import strawberry

from directory.records import FieldProvenance
from directory.search.query import Criterion
from directory.search.reasons import Reason, partner_of
from directory.store.reading import PartnerState
from schema.enums import publish
from schema.partner import Partner

publish(
    Criterion,
    "What speaks for a supplier.",
    {
        Criterion.IDENTIFIER: "It has the SIREN or SIRET typed.",
        Criterion.WHOLE_NAME: "The text is its whole name.",
        Criterion.NAME: "A word of the text is in its name.",
        Criterion.ACTIVITY: "A word of the text is in its activities.",
        Criterion.PLACE: "A word of the text is its place.",
        Criterion.TEXT: "A word of the text is somewhere in its record.",
        Criterion.UNDERSTOOD_ACTIVITY: "It has an activity that was understood.",
        Criterion.PARTNER: "It is listed by a partner that the text names.",
        Criterion.LABEL: "It holds a label that the text names.",
        Criterion.DISTANCE: "It is near.",
    },
    name="MatchCriterion",
)

_SENTENCES: Final[Mapping[Criterion, Callable[[str], str]]] = {
    Criterion.IDENTIFIER: lambda said: f"Porte le numéro {said}.",
    Criterion.WHOLE_NAME: lambda said: f"Se nomme « {said} ».",
    Criterion.NAME: lambda said: f"« {said} » est dans son nom.",
    Criterion.ACTIVITY: lambda said: f"« {said} » est dans ses activités.",
    Criterion.PLACE: lambda said: f"« {said} » est dans son adresse.",
    Criterion.TEXT: lambda said: f"« {said} » est dans sa fiche.",
    Criterion.UNDERSTOOD_ACTIVITY: lambda said: f"Exerce l'activité « {said} ».",
    Criterion.PARTNER: lambda said: f"Adhérent de {said}.",
    Criterion.LABEL: lambda said: f"Label « {said} ».",
}


@strawberry.type(description="A criterion of the search and how the supplier meets it. Points add up to the score.")
class MatchReason:
    """A reason, in a sentence."""

    criterion: Criterion = strawberry.field(description="What speaks for the supplier.")
    met: bool = strawberry.field(description="Whether it does; only preferences that the text names can be unmet.")
    points: int = strawberry.field(description="What it adds to the score.")
    detail: str = strawberry.field(description="The reason, in French.")
    partner: Partner | None = strawberry.field(description="The partner whose words say so, where one can be told.")


def told(
    reasons: Sequence[Reason],
    provenance: Sequence[FieldProvenance],
    partners: Mapping[str, PartnerState],
    distance_km: float | None,
) -> list[MatchReason]:
    """The reasons in GraphQL's words. ``provenance`` is of the fields alone that the caller may see."""
    return [
        MatchReason(
            criterion=reason.criterion,
            met=reason.points > 0,
            points=reason.points,
            detail=_detail(reason, distance_km),
            partner=_partner(reason, provenance, partners),
        )
        for reason in reasons
    ]


def _detail(reason: Reason, distance_km: float | None) -> str:
    if reason.criterion is Criterion.DISTANCE:
        return f"À {distance_km or 0.0:.1f} km.".replace(".", ",", 1)
    return _SENTENCES[reason.criterion](reason.said)


def _partner(
    reason: Reason, provenance: Sequence[FieldProvenance], partners: Mapping[str, PartnerState]
) -> Partner | None:
    code = partner_of(reason, provenance) if reason.points else None
    return Partner.of(partners[code]) if code and code in partners else None
