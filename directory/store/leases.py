"""Work that one process at a time does, across workers and hosts: whoever holds the lease, while it renews it.

A lease is over at ``until`` by the clock of whoever looks. Clocks of hosts disagree and jump: a lease that nobody
renews can also be taken by who has seen it stand still for its whole length, whatever its instant says.
"""

import os
import secrets
import socket
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import Column, String, Table, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.store.database import insert
from directory.store.metadata import Instant, metadata

NAME_LENGTH = 64

lease = Table(
    "lease",
    metadata,
    Column("name", String(NAME_LENGTH), primary_key=True),
    Column("owner", String(NAME_LENGTH), nullable=False),
    Column("until", Instant, nullable=False),
)


class Lease(Struct, frozen=True):
    """Who holds a lease, and until when unless it is renewed."""

    owner: str
    until: datetime


def new_owner() -> str:
    """A name for this process that no other has, on any host: host, process id and chance."""
    unique = f"/{os.getpid()}/{secrets.token_hex(8)}"
    return socket.gethostname()[: NAME_LENGTH - len(unique)] + unique


async def current(connection: AsyncConnection, name: str) -> Lease | None:
    """The lease as it stands, over or not; ``None`` when nobody holds it."""
    row = (await connection.execute(select(lease.c.owner, lease.c.until).where(lease.c.name == name))).one_or_none()
    return None if row is None else Lease(row.owner, row.until)


async def take(
    connection: AsyncConnection, name: str, owner: str, *, at: datetime, seconds: float, left: Lease | None = None
) -> bool:
    """Take the lease for so many seconds if it is free, over or the owner's own; ``False`` when another holds it.

    ``left`` is a lease that was seen to stand still: it is taken unless it has moved since.
    """
    values = {"owner": owner, "until": at + timedelta(seconds=seconds)}
    statement = insert(connection, lease).values(name=name, **values)
    free = [lease.c.owner == owner, lease.c.until <= at]
    if left is not None:
        free.append((lease.c.owner == left.owner) & (lease.c.until == left.until))
    taken = statement.on_conflict_do_update(index_elements=["name"], set_=values, where=or_(*free))
    return (await connection.execute(taken.returning(lease.c.name))).one_or_none() is not None


async def renew(connection: AsyncConnection, name: str, owner: str, *, at: datetime, seconds: float) -> bool:
    """Hold the lease for so many seconds more; ``False`` when it is another's by now."""
    mine = lease.c.name == name, lease.c.owner == owner
    renewed = update(lease).where(*mine).values(until=at + timedelta(seconds=seconds))
    return (await connection.execute(renewed)).rowcount == 1


async def release(connection: AsyncConnection, name: str, owner: str) -> None:
    """Let the next one have it at once; nothing when it is another's by now."""
    await connection.execute(delete(lease).where(lease.c.name == name, lease.c.owner == owner))
