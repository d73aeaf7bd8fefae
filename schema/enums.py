"""The directory's enumerations said in GraphQL: each value with its description, or left out of the schema."""

from collections.abc import Mapping
from enum import Enum

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition


def publish(enumeration: type[Enum], description: str, values: Mapping[Enum, str], *, name: str | None = None) -> None:
    """Make ``enumeration`` a GraphQL enum of these ``values`` alone, in the order of its own definition."""
    strawberry.enum(enumeration, name=name, description=description)
    definition: StrawberryEnumDefinition = enumeration.__strawberry_definition__  # type: ignore[attr-defined]
    descriptions = {member.name: sentence for member, sentence in values.items()}
    definition.values = [value for value in definition.values if value.name in descriptions]
    for value in definition.values:
        value.description = descriptions[value.name]
