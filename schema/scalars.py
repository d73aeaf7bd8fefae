"""Scalars with an official form: identifiers are checked on the way in, instants are always UTC."""

from collections.abc import Callable
from datetime import datetime
from typing import NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from directory import identifiers
from directory.records import utc

Siren = NewType("Siren", str)
Siret = NewType("Siret", str)

NOT_A_SIREN = "A Siren has 9 digits and a valid check digit."


def _instant_out(value: datetime) -> str:
    return utc(value).isoformat().replace("+00:00", "Z")


def _instant_in(value: object) -> datetime:
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise GraphQLError("A DateTime is written in ISO 8601 with its zone, for example 2026-01-31T08:00:00Z.")
    try:
        return utc(instant)
    except OverflowError:
        raise GraphQLError("A DateTime lies between the years 1 and 9999.") from None


def _identifier_in(check: Callable[[str], str], sentence: str) -> Callable[[object], str]:
    def parse(value: object) -> str:
        try:
            return check(value if isinstance(value, str) else "")
        except identifiers.InvalidValue:
            raise GraphQLError(sentence) from None

    return parse


SCALARS: dict[object, ScalarDefinition] = {
    Siren: strawberry.scalar(
        name="Siren",
        description="An enterprise in the French SIRENE register: 9 digits, the last a Luhn check digit. "
        "Spaces are allowed on the way in.",
        parse_value=_identifier_in(identifiers.siren, NOT_A_SIREN),
    ),
    Siret: strawberry.scalar(
        name="Siret",
        description="An establishment in the French SIRENE register: its enterprise's SIREN and 5 more digits, with "
        "a Luhn check digit (La Poste's excepted). Spaces are allowed on the way in.",
        parse_value=_identifier_in(identifiers.siret, "A Siret has 14 digits and a valid check digit."),
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant in UTC, ISO 8601 with a final Z. On the way in any zone is taken, none is refused.",
        serialize=_instant_out,
        parse_value=_instant_in,
    ),
}
