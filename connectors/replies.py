"""An answer that was read whole, and the few facts that every protocol takes from its head or its error body."""

import re
from collections.abc import Collection, Mapping
from datetime import MAXYEAR, UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import msgspec
from aiohttp import hdrs
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from connectors import jsontext

_CODE: Final = re.compile(r"[A-Za-z][A-Za-z_ ]{1,59}")
# Where WordPress, Directus, CKAN, and then Kinto and OAuth say what is wrong.
_CODE_PATHS: Final[tuple[tuple[str | int, ...], ...]] = (
    ("code",),
    ("errors", 0, "extensions", "code"),
    ("error", "__type"),
    ("error",),
)
LONGEST_ERROR: Final = 65_536
# However long a server asks to be left alone, it is asked again after a day.
_LONGEST_RESPITE: Final = 86_400.0
_NEXT_LINK: Final = re.compile(r'<([^<>]{1,4000})>\s*;[^,<]*\brel="?next\b')


class Reply(msgspec.Struct, frozen=True):
    """``address`` is where it came from, after redirects on the same host."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    address: URL

    @property
    def date(self) -> datetime | None:
        """The server's own clock, UTC; none at the end of time, where no time zone is reckoned any more."""
        said = http_date(self.headers.get(hdrs.DATE))
        return said if said and said.year < MAXYEAR else None

    @property
    def next_link(self) -> str | None:
        """The address of ``Link: <…>; rel="next"``."""
        found = _NEXT_LINK.search(self.headers.get(hdrs.LINK, ""))
        return found[1] if found else None

    @property
    def code(self) -> str:
        """The error's code, words of letters only, or nothing: what else a server says is not repeated."""
        if len(self.body) > LONGEST_ERROR:
            return ""
        try:
            answer = jsontext.decoded(self.body, object)
        except jsontext.NotJson:
            return ""
        found = (_at(answer, path) for path in _CODE_PATHS)
        return next((code for code in found if isinstance(code, str) and _CODE.fullmatch(code)), "")

    def said(self, secrets: Collection[str] = ()) -> str:
        """Status and code for a message, without the code where it holds a secret."""
        code = self.code
        is_clean = code and not any(secret in code for secret in secrets)
        return f"{self.status} {code}" if is_clean else str(self.status)


def http_date(text: str | None) -> datetime | None:
    """An HTTP date (RFC 9110, 5.6.7), UTC."""
    try:
        parsed = parsedate_to_datetime(text or "")
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that ``Retry-After`` asks to wait, given as a number or as a date by the server's own clock.

    A day at most; ``None`` where it asks for nothing, for the past, or in no way that RFC 9110, 10.2.3 knows.
    """
    text = headers.get(hdrs.RETRY_AFTER, "").strip()
    if text.isascii() and text.isdigit():
        asked = float(text)
    elif moment := http_date(text):
        asked = (moment - (http_date(headers.get(hdrs.DATE)) or now)).total_seconds()
    else:
        return None
    return min(asked, _LONGEST_RESPITE) if asked > 0 else None


def combined(headers: CIMultiDictProxy[str]) -> Mapping[str, str]:
    """The same headers, the lines of a repeated ``Link`` as one (RFC 9110, 5.3).

    Those in other bytes than UTF-8 are left out: such a value can be neither kept nor sent back.
    """
    folded = CIMultiDict((name, value) for name, value in headers.items() if _is_text(value))
    if links := folded.getall(hdrs.LINK, ()):
        folded[hdrs.LINK] = ", ".join(links)
    return folded


def followed(address: str, base: URL) -> URL | None:
    """An address that the server of ``base`` gave, absolute; ``None`` when it is on another host, or no address."""
    try:
        url = base.join(URL(address)).with_user(None)
        return url if url.origin() == base.origin() else None
    except ValueError:
        return None


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _at(value: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        else:
            value = value[step] if isinstance(value, list) and len(value) > step else None
    return value
