"""Instants as the five partners write them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


def from_ms(instant: int) -> datetime:
    """Milliseconds since 1970 as an instant, UTC."""
    return datetime.fromtimestamp(instant / 1000, UTC)


def to_ms(moment: datetime) -> int:
    """An instant as milliseconds since 1970."""
    return round(moment.timestamp() * 1000)


def iso_seconds(moment: datetime) -> str:
    """``2026-11-22T10:00:00``: UTC, whole seconds, no zone written (WordPress ``modified_gmt``, CKAN)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def iso_zulu(moment: datetime) -> str:
    """``2026-11-22T10:00:00Z`` (Directus)."""
    return iso_seconds(moment) + "Z"


def french(moment: datetime) -> str:
    """``22/11/2026 11:00``: Paris time, whole minutes (the CMAR's export)."""
    return moment.astimezone(PARIS).strftime("%d/%m/%Y %H:%M")


def read_iso(text: str) -> datetime:
    """An ISO instant; UTC where no zone is written."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def read_french(text: str) -> datetime:
    """``22/11/2026 11:00`` in Paris."""
    return datetime.strptime(text, "%d/%m/%Y %H:%M").replace(tzinfo=PARIS)
