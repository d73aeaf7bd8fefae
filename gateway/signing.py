"""Signed calls, as Standard Webhooks has them (https://www.standardwebhooks.com): who called, when, and that once.

``webhook-signature`` holds ``v1,`` and the base64 of HMAC-SHA256 over ``{webhook-id}.{webhook-timestamp}.{body}``, or
several of these separated by spaces while a sender changes its secret. Pure: the instant is given.
"""

import hashlib
import hmac
import re
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec import Struct

TOLERANCE: Final = timedelta(minutes=5)
ENCODED: Final = "whsec_"  # what follows is base64; any other secret is the text itself
MOST_SIGNATURES: Final = 8

_ID = re.compile(r"[!-~]{1,128}")
_SECONDS = re.compile(r"[0-9]{1,11}")
# Checked against where there is no secret, so that the time taken does not tell.
_NOBODYS: Final = secrets.token_hex(16)


class Call(Struct, frozen=True):
    """A call that was signed with the secret. ``id`` is the sender's, ``at`` to the second."""

    id: str
    at: datetime

    def is_timely(self, now: datetime) -> bool:
        """Whether it was signed within the tolerance of either side of ``now``."""
        return abs(now - self.at) <= TOLERANCE


def signed_call(headers: Mapping[str, str], body: bytes, secret: str | None) -> Call | None:
    """The call, if its headers bear a signature of it made with this secret; without a secret nothing is signed."""
    name, seconds = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "").split(" ")[:MOST_SIGNATURES]
    has_secret = bool(secret and _key(secret))
    expected = signature(name, seconds, body, secret if secret and has_secret else _NOBODYS)
    # Every one is compared, whatever came before.
    matches = sum(hmac.compare_digest(each.encode(), expected.encode()) for each in given)
    is_call = _ID.fullmatch(name) and _SECONDS.fullmatch(seconds)
    if not (has_secret and matches and is_call):
        return None
    return Call(name, datetime.fromtimestamp(int(seconds), UTC))


def signature(name: str, seconds: str, body: bytes, secret: str) -> str:
    """The signature of a call, as its header has it."""
    said = b".".join((name.encode(), seconds.encode(), body))
    return "v1," + b64encode(hmac.digest(_key(secret), said, hashlib.sha256)).decode()


def _key(secret: str) -> bytes:
    if secret.startswith(ENCODED):
        try:
            return b64decode(secret.removeprefix(ENCODED), validate=True)
        except ValueError:
            pass  # a text that only begins like one
    return secret.encode()
