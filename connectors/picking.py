"""Sources compiled: what finds a field's texts in a record, as the declaration says where they stand."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from connectors import readers
from connectors.checks import slug
from connectors.fields import Source
from connectors.paths import getter

MAX_ITEMS: Final = 50
MAX_WORD: Final = 200

Record = Mapping[str, Any]
Texts = Callable[[Record], list[str]]
First = Callable[[Record], str]


class Term(msgspec.Struct, frozen=True):
    """A word of a partner's own for what companies do. ``slug`` is empty where only a term's unknown id is left."""

    slug: str
    name: str


# Terms by the text of their id, of each taxonomy.
Terms = Mapping[str, Mapping[str, Term]]


def texts(source: Source, *, flat: bool) -> Texts:
    """Every text of one source, not yet cleaned: list items apart, ``split`` ones too."""
    get = getter(source.path, flat=flat)
    if source.label:
        label = source.label
        return lambda record: [label] if readers.is_yes(get(record)) else []
    read = readers.TEXT_READERS.get(source.read, readers.scalar)
    is_plain = not (source.split or source.prefix)

    def found(record: Record) -> list[str]:
        value = get(record)
        if value is None:
            return []
        if is_plain and isinstance(value, str):
            return [read(value)]
        items = value[:MAX_ITEMS] if isinstance(value, list) else (value,)
        parts = [part for item in items for part in _split(read(item), source.split)]
        return [source.prefix + ", ".join(parts)] if source.prefix and parts else parts

    return found


def every(sources: Sequence[Source], *, flat: bool) -> Texts:
    """All texts of all sources, in order."""
    picks = [texts(source, flat=flat) for source in sources]
    if len(picks) == 1:
        return picks[0]
    return lambda record: [text for pick in picks for text in pick(record)]


def words(sources: Sequence[Source], terms: Terms, *, flat: bool) -> Callable[[Record], list[Term]]:
    """The partner's own words, each once: texts with a slug made of them, ids as the terms they stand for."""
    picks = [(texts(source, flat=flat), source.terms) for source in sources]

    def term(text: str, taxonomy: str | None) -> Term:
        line = readers.line(text)[:MAX_WORD]
        return terms.get(taxonomy, {}).get(line, Term("", line)) if taxonomy else Term(slug(line), line)

    def found(record: Record) -> list[Term]:
        named = [term(text, taxonomy) for pick, taxonomy in picks for text in pick(record)]
        return list({each.slug or each.name: each for each in named if each.name}.values())

    return found


def first(sources: Sequence[Source], *, flat: bool) -> First:
    """The first text that holds something, on one clean line; empty where there is none."""
    picks = [texts(source, flat=flat) for source in sources]

    def found(record: Record) -> str:
        for pick in picks:
            for text in pick(record):
                if line := readers.line(text):
                    return line
        return ""

    return found


def instant(sources: Sequence[Source], zone: ZoneInfo, *, flat: bool) -> Callable[[Record], datetime | None]:
    """The first date that can be read, UTC."""
    picks = [(getter(source.path, flat=flat), readers.DATE_READERS.get(source.read, readers.iso)) for source in sources]

    def found(record: Record) -> datetime | None:
        dates = (read(value, zone) for get, read in picks if (value := get(record)) is not None)
        return next((date for date in dates if date), None)

    return found


def _split(text: str, separator: str | None) -> Iterator[str]:
    parts = text.split(separator) if separator else (text,)
    return (part for part in parts[:MAX_ITEMS] if part.strip())
