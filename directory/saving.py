"""Saved searches kept, changed and forgotten by their owners. What lets somebody in is shown once and kept as a digest.

The secret that signs calls has to be known to sign them, and is kept as it is.
"""

import hashlib
import hmac
import secrets
from base64 import b64encode
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from msgspec import Struct

from directory.disclosure import Role
from directory.store import saved
from directory.store.database import Database
from directory.store.saved import SavedSearch

MOST_SEARCHES: Final = 50
LONGEST_NAME: Final = 200
LONGEST_URL: Final = 2_000


class Kept(Struct, frozen=True, kw_only=True):
    """A search as it is now; ``token`` opens its feed and ``secret`` signs its calls, where they were just made."""

    search: SavedSearch
    token: str | None = None
    secret: str | None = None


async def keep(
    database: Database,
    *,
    owner: str,
    role: Role,
    name: str,
    asked: dict[str, Any],
    webhook: str | None,
    clock: Callable[[], datetime],
) -> Kept | None:
    """Keep a new search; ``None`` when its owner has as many as anybody may have."""
    token, secret = new_token(), new_secret() if webhook else None
    async with database.writing() as connection:
        if len(await saved.of_owner(connection, owner)) >= MOST_SEARCHES:
            return None
        values = {
            "owner": owner,
            "role": role.value,
            "name": name,
            "asked": asked,
            "token_hash": token_hash(token),
            "webhook_url": webhook,
            "webhook_secret": secret,
            "created_at": clock(),
        }
        search = await saved.find(connection, await saved.create(connection, values))
    return Kept(search=search, token=token, secret=secret) if search else None


class Wanted(Struct, frozen=True, kw_only=True):
    """What is to be different: ``None`` leaves as it is; an empty ``webhook`` takes it away."""

    name: str | None = None
    paused: bool | None = None
    webhook: str | None = None
    renew_token: bool = False


async def alter(database: Database, owner: str, number: int, wanted: Wanted) -> Kept | None:
    """Change a search of the owner's; ``None`` when there is none. A webhook that had ended is tried again."""
    token = new_token() if wanted.renew_token else None
    secret = new_secret() if wanted.webhook else None
    async with database.writing() as connection:
        if not await _is_owners(connection, owner, number):
            return None
        values: dict[str, Any] = {}
        if wanted.name is not None:
            values["name"] = wanted.name
        if wanted.paused is not None:
            values |= {"paused": wanted.paused, "problem": None}
        if token:
            values["token_hash"] = token_hash(token)
        if wanted.webhook is not None:
            values |= {"webhook_url": wanted.webhook or None, "webhook_secret": secret, "webhook_ended_at": None}
            values |= {"failures": 0, "problem": None}
            await saved.empty_outbox(connection, number)
        if values:
            await saved.change(connection, number, values)
        search = await saved.find(connection, number)
    return Kept(search=search, token=token, secret=secret) if search else None


async def forget(database: Database, owner: str, number: int) -> bool:
    """Forget a search of the owner's, its feed and its calls; false when there is none."""
    async with database.writing() as connection:
        if not await _is_owners(connection, owner, number):
            return False
        await saved.remove(connection, number)
    return True


async def _is_owners(connection: Any, owner: str, number: int) -> bool:
    search = await saved.find(connection, number)
    return search is not None and search.owner == owner


def new_token() -> str:
    """256 random bits: what a feed's address holds."""
    return secrets.token_urlsafe(32)


def new_secret() -> str:
    """A secret as Standard Webhooks writes it."""
    return "whsec_" + b64encode(secrets.token_bytes(32)).decode()


def token_hash(token: str) -> str:
    """What is kept of a token: nobody guesses 256 bits, so a plain digest is enough."""
    return hashlib.blake2b(token.encode(), digest_size=32, person=b"circuit-feed").hexdigest()


def opens(search: SavedSearch | None, token: str) -> bool:
    """Whether the token is the search's, in the same time whatever is wrong."""
    return hmac.compare_digest(search.token_hash if search else "0" * 64, token_hash(token)) and search is not None
