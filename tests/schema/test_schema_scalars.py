"""Scalars: checked on the way in, one form on the way out."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from graphql import GraphQLError

from schema.scalars import SCALARS, Siren, Siret


def parse(scalar: object, value: object) -> object:
    convert = SCALARS[scalar].parse_value
    assert convert
    return convert(value)


def test_instants_go_out_in_utc() -> None:
    serialize = SCALARS[datetime].serialize
    assert serialize
    paris = timezone(timedelta(hours=2))
    assert serialize(datetime(2026, 7, 1, 8, tzinfo=paris)) == "2026-07-01T06:00:00Z"
    assert serialize(datetime(2026, 7, 1, 8, 0, 0, 5)) == "2026-07-01T08:00:00.000005Z"  # noqa: DTZ001  # SQLite's


def test_instants_come_in_from_any_zone() -> None:
    assert parse(datetime, "2026-07-01T08:00:00+02:00") == datetime(2026, 7, 1, 6, tzinfo=UTC)
    assert parse(datetime, "2026-07-01T06:00:00Z") == datetime(2026, 7, 1, 6, tzinfo=UTC)


@pytest.mark.parametrize("value", ["2026-07-01T08:00:00", "2026-07-01", "yesterday", 1751349600, None, True])
def test_an_instant_without_a_zone_is_refused(value: object) -> None:
    with pytest.raises(GraphQLError) as refused:
        parse(datetime, value)
    assert refused.value.message == (
        "A DateTime is written in ISO 8601 with its zone, for example 2026-01-31T08:00:00Z."
    )


def test_an_instant_before_the_calendar_is_refused() -> None:
    with pytest.raises(GraphQLError) as refused:
        parse(datetime, "0001-01-01T00:00:00+14:00")
    assert refused.value.message == "A DateTime lies between the years 1 and 9999."


def test_identifiers_come_in_canonical() -> None:
    assert parse(Siren, "732 829 320") == "732829320"
    assert parse(Siret, "732 829 320 00074") == "73282932000074"


@pytest.mark.parametrize(
    ("scalar", "value", "sentence"),
    [
        (Siren, "732829321", "A Siren has 9 digits and a valid check digit."),
        (Siren, 732829320, "A Siren has 9 digits and a valid check digit."),
        (Siret, "73282932000075", "A Siret has 14 digits and a valid check digit."),
        (Siret, "", "A Siret has 14 digits and a valid check digit."),
    ],
)
def test_a_wrong_identifier_is_refused(scalar: object, value: object, sentence: str) -> None:
    with pytest.raises(GraphQLError) as refused:
        parse(scalar, value)
    assert refused.value.message == sentence
