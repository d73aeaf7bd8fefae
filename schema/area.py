"""Areas: territories with an official code."""

from typing import Self

import strawberry

from directory import geography
from directory.geography import AreaKind
from schema.enums import publish

publish(
    AreaKind,
    "What an area is.",
    {
        AreaKind.COMMUNE: "A commune, or an arrondissement of Marseille.",
        AreaKind.EPCI: "An intercommunality.",
        AreaKind.DEPARTMENT: "A department.",
        AreaKind.REGION: "A region.",
    },
)


@strawberry.type(description="A territory with an official code.")
class Area:
    """A commune, EPCI, department or region."""

    code: str = strawberry.field(description="Its official code, as `locatedIn` takes it.")
    kind: AreaKind = strawberry.field(description="What it is.")
    name: str = strawberry.field(description="Its name.")

    @classmethod
    def of(cls, area: geography.Area) -> Self:
        """The area in GraphQL's words."""
        return cls(code=area.code, kind=area.kind, name=area.name)
