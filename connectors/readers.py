"""How one value of a record becomes text, a number or an instant: the closed set that declarations name.

Values are a partner's and may be anything that JSON holds; a reader gives ``None`` for what it cannot use.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from html import unescape
from typing import Any, Final
from zoneinfo import ZoneInfo

import nh3

# Control characters, zero-width and bidirectional marks: nothing that a reader should see, much that can deceive one.
_INVISIBLE: Final = dict.fromkeys(
    code
    for first, last in (
        (0x00, 0x08), (0x0E, 0x1F), (0x7F, 0x9F), (0xAD, 0xAD), (0x061C, 0x061C), (0x180E, 0x180E), (0x200B, 0x200F),
        (0x202A, 0x202E), (0x2060, 0x206F), (0xD800, 0xDFFF), (0xFEFF, 0xFEFF), (0xFFF9, 0xFFFB), (0xFFFE, 0xFFFF),
        (0xE0001, 0xE007F),
    )
    for code in range(first, last + 1)
)  # fmt: skip
_BLOCK_END: Final = re.compile(r"<(?:br|/p|/div|/li|/h[1-6]|/tr)\b[^<>]{0,200}>", re.IGNORECASE)
# Tags of ordinary text, without attributes. Where there are no others a sanitiser, which takes 60 µs, has no work.
_PLAIN_BLOCK_END: Final = re.compile(r"<(?:br|/p|/div|/li|/h[1-6]|/tr)[ ]?/?>", re.IGNORECASE)
_PLAIN_TAG: Final = re.compile(
    r"</?(?:p|b|i|u|em|strong|ul|ol|li|h[1-6]|div|span|blockquote|table|tbody|tr|td|th)[ ]?/?>", re.IGNORECASE
)
_DROPPED_WITH_CONTENT: Final = {"script", "style", "iframe", "object", "template", "title", "textarea", "noscript"}
# A parser looks through all open tags for each that closes: 60,000 take it seconds. Text after these is left out.
_MOST_TAGS: Final = 2_000
_TAG: Final = re.compile(r"<[a-zA-Z/!]")
# With its semicolon: without one, "M&notaires" would hold a sign.
_ENTITY: Final = re.compile(r"&(?:[a-zA-Z][a-zA-Z0-9]{1,31}|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});")
_ESCAPES: Final = 3
_BLANK_LINES: Final = re.compile(r"\n{3,}")
_FRENCH_DATE: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?:[ T](\d{1,2})[:h](\d{2})(?::(\d{2}))?)?")
_YES: Final = frozenset({"true", "1", "oui", "o", "yes", "y", "t", "vrai", "x"})


def line(text: str) -> str:
    """One line: invisible characters out, white space single."""
    if text.isprintable():  # nothing invisible, and no white space but the space itself
        return " ".join(text.split()) if "  " in text else text.strip()
    return " ".join(text.translate(_INVISIBLE).split())


def paragraphs(text: str) -> str:
    """Several lines: as :func:`line`, with line ends kept and at most one blank line between paragraphs."""
    found = text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
    lines = "\n".join(map(line, found.split("\n")))
    return (_BLANK_LINES.sub("\n\n", lines) if "\n\n" in lines else lines).strip()


def scalar(value: Any) -> str:
    """A JSON scalar as the partner would write it: ``57505539.0`` is ``57505539``; objects and booleans are nothing."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def html(value: Any) -> str:
    """The text of HTML, its blocks on lines of their own; tags go, entities become characters, escaped twice too."""
    source = scalar(value)
    if "<" in source:
        bare = _PLAIN_TAG.sub("", _PLAIN_BLOCK_END.sub("\n", source))
        source = _sanitised(source) if "<" in bare else bare
    return _unescaped(unescape(source)) if "&" in source else source


def _sanitised(source: str) -> str:
    tags = source.split("<", _MOST_TAGS)
    if len(tags) > _MOST_TAGS:
        source = "<".join(tags[:_MOST_TAGS])
    marked = _BLOCK_END.sub(r"\g<0>" + "\n", source)
    return nh3.clean(marked, tags=set(), clean_content_tags=_DROPPED_WITH_CONTENT)


def plain(value: Any) -> str:
    """Words for people out of any field: many partners' software writes entities and tags where text belongs."""
    text = value if isinstance(value, str) else scalar(value)
    if "&" in text:
        text = _unescaped(text)
    return html(text) if "<" in text and _TAG.search(text) else text


def people(value: Any) -> str:
    """A head-count in words where it is a bare number, which could else be read as INSEE's code of a band."""
    text = scalar(value).strip()
    return f"{text} salariés" if text.isdecimal() else text


def unbracketed(value: Any) -> str:
    """A name without what is added to it in brackets: a sign, an acronym, a name at birth."""
    return scalar(value).partition(" (")[0]


def is_yes(value: Any) -> bool:
    """Whether a yes/no field says yes."""
    return value is True or scalar(value).strip().lower() in _YES


def number(value: Any) -> float | None:
    """A number with a decimal comma or point."""
    try:
        return float(scalar(value).strip().replace(",", "."))
    except ValueError:
        return None


def iso(value: Any, zone: ZoneInfo) -> datetime | None:
    """ISO 8601, in ``zone`` where the value names none."""
    try:
        parsed = datetime.fromisoformat(scalar(value).strip())
        if parsed.tzinfo is None:
            parsed = parsed.replace(tzinfo=UTC if zone.key == "UTC" else zone)
        return parsed if parsed.tzinfo is UTC else parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def epoch_ms(value: Any, _: ZoneInfo) -> datetime | None:
    """Milliseconds since 1970."""
    try:
        return datetime.fromtimestamp(float(scalar(value)) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def french(value: Any, zone: ZoneInfo) -> datetime | None:
    """``dd/mm/yyyy HH:MM``, with or without the time, in ``zone``."""
    match = _FRENCH_DATE.fullmatch(scalar(value).strip())
    if match is None:
        return None
    day, month, year, hour, minute, second = (int(part or 0) for part in match.groups())
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _unescaped(text: str) -> str:
    """Entities as characters, however often they were escaped."""
    for _ in range(_ESCAPES):
        if not _ENTITY.search(text):
            break
        text = _ENTITY.sub(lambda entity: unescape(entity[0]), text)
    return text


TEXT_READERS: Final[Mapping[str, Callable[[Any], str]]] = {
    "text": scalar,
    "html": html,
    "people": people,
    "unbracketed": unbracketed,
}
DATE_READERS: Final[Mapping[str, Callable[[Any, ZoneInfo], datetime | None]]] = {
    "iso": iso,
    "epoch_ms": epoch_ms,
    "french": french,
}
