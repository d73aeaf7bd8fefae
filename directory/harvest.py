"""Reads one partner once. A run is whole or refused: what was last good stays until a whole reading replaces it.

The source yields pages; each listing is prepared (:mod:`directory.intake`) and staged in small transactions; when the
source has said its ``End``, one transaction applies the run. Nothing of a partner's directory is ever held whole.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from traceback import extract_tb
from typing import Any, Protocol

import structlog
from msgspec import Struct

from directory.batch import Batch
from directory.records import End, Page, PartnerInfo, Scope, SourceError
from directory.store import partners, runs, staging, state
from directory.store.database import Database, StoreError
from directory.store.partners import Run, RunSkip, RunStatus

BUDGET_SECONDS = 900.0
HEARTBEAT_SECONDS = runs.LEASE.total_seconds() / 4
KEPT_SKIPS = 100

_log = structlog.get_logger(__name__)


class Source(Protocol):
    """Anything that reads a partner's directory; connectors do."""

    def read(self, cursor: str | None) -> AsyncIterator[Page | End]:
        """Pages of what changed since ``cursor``, or of everything, then one End."""
