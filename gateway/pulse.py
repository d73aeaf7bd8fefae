"""The pulse of a process that answers: a task that wakes every few moments to look after what costs too much elsewhere.

How late it wakes is how long everything else waits, too: the lag of the event loop.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog

from gateway.attendance import Attendance
from gateway.connections import Connections
from gateway.metrics import EVENTS_WAITING, EXECUTING, LAG, WAITING
from gateway.overload import Gate

BEAT_SECONDS: Final = 0.05
BEATS_A_SWEEP: Final = 10

log = structlog.get_logger()


@asynccontextmanager
async def beating(attendance: Attendance, connections: Connections, gate: Gate) -> AsyncIterator[None]:
    """Look after these until the block ends."""
    pulse = asyncio.create_task(_beat(attendance, connections, gate))
    try:
        yield
    finally:
        pulse.cancel()
        await asyncio.gather(pulse, return_exceptions=True)


async def _beat(attendance: Attendance, connections: Connections, gate: Gate) -> None:
    loop, count = asyncio.get_running_loop(), 0
    while True:
        due = loop.time() + BEAT_SECONDS
        await asyncio.sleep(BEAT_SECONDS)
        LAG.observe(max(0.0, loop.time() - due))
        count += 1
        try:
            attendance.look()
            if count % BEATS_A_SWEEP == 0:
                connections.sweep()
                EXECUTING.set(gate.executing)
                WAITING.set(gate.waiting)
                EVENTS_WAITING.set(gate.waiting_patiently)
        except Exception:
            log.exception("pulse.failed")  # whatever it was, the next beat must come
