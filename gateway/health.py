"""``/healthz``: the process answers. ``/readyz``: the store answers and a whole index is loaded.

How the partners are is said beside it, and no reason to stop: what was last good of them stays served.
"""

from datetime import datetime
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from directory.records import now
from directory.store.errors import StoreError
from directory.store.views import PartnerState
from gateway.hub import Hub
from gateway.media import Media


async def healthz(_: Request) -> Response:
    """Alive; a supervisor that gets no answer may start another process."""
    return _json({"status": "ok"})


async def readyz(request: Request) -> Response:
    """200 when searches can be answered, else 503; what is missing comes with its remedy."""
    hub: Hub = request.app.state.hub
    problems = {"store": hub.store_problem, "index": hub.index_problem}
    if hub.settings.persisted.manifest:
        problems["manifest"] = hub.manifest.problem
    # A loaded generation can be served even when the next one is damaged, and so can a manifest: that is said, and no
    # reason to stop.
    ready = hub.engine is not None and hub.store_problem is None
    checks = {name: {"ok": problem is None, "problem": problem} for name, problem in problems.items()}
    told = {"ready": ready, "checks": checks, "serving": _serving(hub), "partners": await _partners(hub)}
    return _json(told, 200 if ready else 503)


async def _partners(hub: Hub) -> list[dict[str, Any]]:
    """Each partner's health and the age of what is served of it; none where the store is away, which is said above."""
    if hub.store_problem is not None:
        return []
    try:
        states = await hub.reader.partners()
    except StoreError:
        return []
    at = now()
    return [_partner(state, at) for state in states]


def _partner(state: PartnerState, at: datetime) -> dict[str, Any]:
    since = state.last_success_at
    age = None if since is None else max(0, int((at - since).total_seconds()))
    held = state.held is not None
    return {"partner": state.info.id, "health": state.health, "age_seconds": age, "held": held}


def _serving(hub: Hub) -> dict[str, Any]:
    if hub.engine is None:
        return {"generation": None, "suppliers": 0, "changed": 0, "revision": hub.revision}
    return {
        "generation": hub.engine.generation,
        "suppliers": hub.engine.supplier_count,
        "changed": hub.engine.changed_count,
        "revision": hub.revision,
    }


def _json(value: Any, status: int = 200) -> Response:
    headers = {"Content-Type": Media.JSON.content_type, "Cache-Control": "no-store"}
    return Response(msgspec.json.encode(value), status, headers)
