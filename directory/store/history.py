"""What is known of partners and of their harvests, as records."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from directory.records import PartnerInfo


class RunKind(StrEnum):
    """What a run read."""

    FULL = "FULL"  # the whole directory
    INCREMENTAL = "INCREMENTAL"  # what changed since the cursor
    MEMBERS = "MEMBERS"  # some members, by their ids
    REPLAY = "REPLAY"  # kept copies of earlier readings; the partner was not asked


class RunStatus(StrEnum):
    """How a run ended. Only ``ACCEPTED`` ones changed what is served."""

    RUNNING = "RUNNING"
    ACCEPTED = "ACCEPTED"
    UNCHANGED = "UNCHANGED"
    HELD = "HELD"  # read whole, and so unlike the last one that a steward has to decide
    REJECTED = "REJECTED"  # held, then rejected by a steward or overtaken by a later run
    REFUSED = "REFUSED"


class RunTrigger(StrEnum):
    """Who asked for a run."""

    MANUAL = "MANUAL"
    SCHEDULE = "SCHEDULE"
    WEBHOOK = "WEBHOOK"


class DriftKind(StrEnum):
    """How a field of a partner's records differs from the last reading."""

    APPEARED = "APPEARED"
    VANISHED = "VANISHED"
    CHANGED_TYPE = "CHANGED_TYPE"


class Drift(Struct, frozen=True, kw_only=True):
    """A field of the partner's own records that came, went or changed; ``before`` and ``after`` are examples."""

    field: str
    kind: DriftKind
    before: str = ""
    after: str = ""


class Run(Struct, frozen=True, kw_only=True):
    """One harvest of one partner.

    ``read`` counts what the partner gave: ``added + changed + unchanged + skipped``. ``skipped`` are rows that could
    not be used or that the same reading replaced. A member that comes back after a withdrawal counts as added.
    ``problem`` is why a run was refused or held, or what an accepted one has left to the next. ``waited_seconds`` were
    spent in pauses, ``retries`` are among the ``requests``. ``drift`` is how the partner's records differ from before.
    """

    id: int
    partner: str
    kind: RunKind
    status: RunStatus
    started_at: datetime
    ended_at: datetime | None = None
    read: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    skipped: int = 0
    size_bytes: int = 0
    requests: int = 0
    retries: int = 0
    waited_seconds: float = 0.0
    trigger: RunTrigger = RunTrigger.MANUAL
    drift: tuple[Drift, ...] = ()
    problem: str | None = None


class RunSkip(Struct, frozen=True, kw_only=True):
    """A row of a run that was not used, and why; only the first ones of a run are kept."""

    external_id: str | None
    reason: str
    excerpt: str = ""


class PartnerRow(Struct, frozen=True, kw_only=True):
    """A partner and how its harvests are going. ``members`` counts its listings that are not withdrawn.

    ``due_at`` is when the schedule harvests it next, ``failures`` are the outages and refusals in a row, ``held`` is
    the run that waits for a steward.
    """

    info: PartnerInfo
    members: int = 0
    last_attempt_at: datetime | None = None
    last_success_at: datetime | None = None
    problem: str | None = None
    failures: int = 0
    paused: bool = False
    due_at: datetime | None = None
    held: Run | None = None
