"""Sources compiled: what finds a field's texts in a record, as the declaration says where they stand."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from connectors import readers
from connectors.checks import slug
from connectors.fields import Source
from connectors.paths import Getter, getter

MAX_ITEMS: Final = 50
MAX_WORD: Final = 200
_FIRST_YEAR: Final = 1900

Record = Mapping[str, Any]
Texts = Callable[[Record], list[str]]
First = Callable[[Record], str]


class Term(msgspec.Struct, frozen=True):
    """A word of a partner's own for what companies do. ``slug`` is empty where only a term's unknown id is left."""

    slug: str
    name: str


# Terms by the text of their id, of each taxonomy.
Terms = Mapping[str, Mapping[str, Term]]


def texts(source: Source, *, flat: bool, wordy: bool = False) -> Texts:
    """Every text of one source, not yet cleaned: list items apart, ``split`` ones too. ``wordy`` ones are words for
    people, in which entities and tags are none of them.
    """
    undated = _undated(source, flat=flat, wordy=wordy)
    if source.until is None:
        return undated
    last_day = getter(source.until, flat=flat)

    def dated(record: Record) -> list[str]:
        day = readers.line(readers.scalar(last_day(record)))
        return [f"{text} (jusqu'au {day})" if day else text for text in undated(record)]

    return dated


def _undated(source: Source, *, flat: bool, wordy: bool) -> Texts:
    get = _place(source, flat=flat)
    if source.label:
        label = source.label
        return lambda record: [label] if readers.is_yes(get(record)) else []
    read = _reader(source, wordy=wordy)
    is_plain = _is_plain(source)

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
    """All words of all sources, in order."""
    picks = [texts(source, flat=flat, wordy=True) for source in sources]
    if len(picks) == 1:
        return picks[0]
    return lambda record: [text for pick in picks for text in pick(record)]


def filled(sources: Sequence[Source], *, flat: bool) -> Callable[[Record], bool]:
    """Whether a record has anything at all in a field, of whatever worth."""
    gets = [getter(path, flat=flat) for source in sources for path in source.paths]

    def found(record: Record) -> bool:
        held = (get(record) for get in gets)
        return any(not value.isspace() if value and isinstance(value, str) else value or value == 0 for value in held)

    return found


def words(sources: Sequence[Source], terms: Terms, *, flat: bool) -> Callable[[Record], list[Term]]:
    """The partner's own words, each once: texts with a slug made of them, ids as the terms they stand for."""
    picks = [(texts(source, flat=flat, wordy=True), source.terms) for source in sources]

    def term(text: str, taxonomy: str | None) -> Term:
        line = readers.line(text)[:MAX_WORD]
        return terms.get(taxonomy, {}).get(line, Term("", line)) if taxonomy else Term(slug(line), line)

    def found(record: Record) -> list[Term]:
        named = [term(text, taxonomy) for pick, taxonomy in picks for text in pick(record)]
        return list({each.slug or each.name: each for each in named if each.name}.values())

    return found


def first(sources: Sequence[Source], *, flat: bool, wordy: bool = False) -> First:
    """The first text that holds something, on one clean line; empty where there is none."""
    picks = [texts(source, flat=flat, wordy=wordy) for source in sources]

    def found(record: Record) -> str:
        for pick in picks:
            for text in pick(record):
                if line := readers.line(text):
                    return line
        return ""

    if len(sources) != 1 or not _is_plain(sources[0]):
        return found
    get, read = _place(sources[0], flat=flat), _reader(sources[0], wordy=wordy)

    def one(record: Record) -> str:
        """The short way of nearly every field: one place, one text."""
        value = get(record)
        if isinstance(value, str):
            return readers.line(read(value)) if value else ""
        return "" if value is None else found(record)

    return one


def instant(sources: Sequence[Source], zone: ZoneInfo, *, flat: bool) -> Callable[[Record], datetime | None]:
    """The first date that can be read, UTC, and is not one of those that software writes for none (1 January of 1)."""
    picks = [(getter(source.path, flat=flat), readers.DATE_READERS.get(source.read, readers.iso)) for source in sources]

    def found(record: Record) -> datetime | None:
        dates = (read(value, zone) for get, read in picks if (value := get(record)) is not None)
        return next((date for date in dates if date and date.year >= _FIRST_YEAR), None)

    return found


def _place(source: Source, *, flat: bool) -> Getter:
    """What finds a source's value: at its path, or the texts of several places as one."""
    if not source.then:
        return getter(source.path, flat=flat)
    gets = [getter(path, flat=flat) for path in (source.path, *source.then)]
    return lambda record: " ".join(text for get in gets if (text := readers.scalar(get(record)).strip()))


def _reader(source: Source, *, wordy: bool) -> Callable[[Any], str]:
    read = readers.TEXT_READERS.get(source.read, readers.scalar)
    return readers.plain if wordy and read is readers.scalar and "<" not in (source.split or "") else read


def _is_plain(source: Source) -> bool:
    return not (source.split or source.prefix or source.label or source.until)


def _split(text: str, separator: str | None) -> Iterator[str]:
    parts = text.split(separator) if separator else (text,)
    return (part for part in parts[:MAX_ITEMS] if part.strip())
