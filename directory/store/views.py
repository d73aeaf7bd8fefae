"""What the store answers with: records joined to what the hub knows of them."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from directory.matching.contract import Match
from directory.records import ChangeKind, Listing, PartnerInfo, Supplier
from directory.store import partners

DOWN_AFTER = 3  # refused harvests in a row


class Health(StrEnum):
    """How a partner's directory answers."""

    UP = "UP"  # the last harvest was accepted
    DEGRADED = "DEGRADED"  # the last harvest was refused or is held for a steward, the one before is served
    DOWN = "DOWN"  # several were refused in a row, or none was ever accepted
    PAUSED = "PAUSED"  # a steward stopped its harvests


class ServedFrom(StrEnum):
    """Where the values of a partner's listings come from in an answer."""

    LIVE = "LIVE"  # read from the partner for this very answer
    CACHE = "CACHE"  # the last accepted harvest, which is also the last attempted
    STALE_CACHE = "STALE_CACHE"  # the last accepted harvest; a later one was refused or is held
    NOTHING = "NOTHING"  # no harvest was ever accepted


class StoredSupplier(Struct, frozen=True, kw_only=True):
    """A supplier in force. ``merged_ids`` are the ids that it took over and that still resolve to it."""

    supplier: Supplier
    created_at: datetime
    updated_at: datetime
    merged_ids: tuple[int, ...] = ()


class StoredListing(Struct, frozen=True, kw_only=True):
    """A listing with its place in the directory; ``supplier_id`` and ``match`` are absent until it is resolved.

    ``changed_at`` is when the hub first read this version of it. ``establishment`` is an id within the supplier.
    """

    id: int
    listing: Listing
    first_seen_at: datetime
    last_seen_at: datetime
    changed_at: datetime
    withdrawn_at: datetime | None = None
    supplier_id: int | None = None
    establishment: str | None = None
    match: Match | None = None


class PartnerState(Struct, frozen=True, kw_only=True):
    """A partner as a buyer or a steward may want to know it. ``problem`` is one sentence without secrets, ``due_at``
    when the schedule harvests it next, ``failures`` those in a row, ``held`` the run that waits for a steward.
    """

    info: PartnerInfo
    health: Health
    served_from: ServedFrom
    record_count: int
    last_attempt_at: datetime | None = None
    last_success_at: datetime | None = None
    problem: str | None = None
    due_at: datetime | None = None
    failures: int = 0
    held: partners.Run | None = None


class SupplierChange(Struct, frozen=True, kw_only=True):
    """One line of the change log. ``seq`` only grows; ``merged_into`` is set for ``MERGED`` alone."""

    seq: int
    kind: ChangeKind
    supplier_id: int
    at: datetime
    merged_into: int | None = None


def partner_state(known: partners.PartnerRow) -> PartnerState:
    """What the record of a partner's harvests says of its health."""
    return PartnerState(
        info=known.info,
        health=_health(known),
        served_from=_served_from(known),
        record_count=known.members,
        last_attempt_at=known.last_attempt_at,
        last_success_at=known.last_success_at,
        problem=known.problem or (known.held.problem if known.held else None),
        due_at=None if known.paused else known.due_at,
        failures=known.failures,
        held=known.held,
    )


def _health(known: partners.PartnerRow) -> Health:
    if known.paused:
        return Health.PAUSED
    if known.last_success_at is None or known.failures >= DOWN_AFTER:
        return Health.DOWN
    return Health.DEGRADED if known.failures or known.held else Health.UP


def _served_from(known: partners.PartnerRow) -> ServedFrom:
    if known.last_success_at is None:
        return ServedFrom.NOTHING
    return ServedFrom.STALE_CACHE if known.failures or known.held else ServedFrom.CACHE
