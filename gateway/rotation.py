"""A key replaced by another with the same rights; for an overlap both are good."""

from datetime import datetime, timedelta

from directory.store import keys
from directory.store.database import Database
from directory.store.keys import ApiKey
from gateway.auth import NewKey, digest, new_key
from gateway.errors import KeyNotMade


async def rotate_key(
    database: Database, prefix: str, *, overlap: timedelta, expires_at: datetime | None, at: datetime
) -> NewKey:
    """Make the key that replaces this one, which ends after the overlap, or before if it was to.

    Without ``expires_at`` the new key lasts as long as the old one was made for. Raises :class:`KeyNotMade` for a key
    that is not in force, or that another in force has replaced.
    """
    made = new_key()
    async with database.writing() as connection:
        old = await keys.find(connection, prefix)
        if old is None or not old.is_in_force(at):
            raise KeyNotMade(f"No key in force has the prefix {prefix!r}; `circuit key list` shows those there are.")
        if after := await keys.replacement(connection, old):
            raise KeyNotMade(f"The key {prefix} has been replaced by {after.prefix}; rotate that one.")
        await keys.create(
            connection,
            prefix=made.prefix,
            hash=digest(made.secret),
            role=old.role,
            name=old.name,
            partner=old.partner,
            line=old.line,
            origins=old.origins,
            scopes=old.scopes,
            expires_at=expires_at or _as_long(old, at),
            at=at,
        )
        await keys.expire(connection, prefix, at + overlap)
    return made


def _as_long(old: ApiKey, at: datetime) -> datetime | None:
    return None if old.expires_at is None else at + (old.expires_at - old.created_at)
