"""``/healthz``: the process answers. ``/readyz``: the store answers and a whole index is loaded."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from gateway.hub import Hub
from gateway.media import Media


async def healthz(_: Request) -> Response:
    """Alive; a supervisor that gets no answer may start another process."""
    return _json({"status": "ok"})


async def readyz(request: Request) -> Response:
    """200 when searches can be answered, else 503; what is missing comes with its remedy."""
    hub: Hub = request.app.state.hub
    problems = {"store": hub.store_problem, "index": hub.index_problem}
    # A loaded generation can be served even when the next one is damaged: that is said, and no reason to stop.
    ready = hub.engine is not None and hub.store_problem is None
    checks = {name: {"ok": problem is None, "problem": problem} for name, problem in problems.items()}
    return _json({"ready": ready, "checks": checks, "serving": _serving(hub)}, 200 if ready else 503)


def _serving(hub: Hub) -> dict[str, Any]:
    if hub.engine is None:
        return {"generation": None, "suppliers": 0, "revision": hub.revision}
    return {
        "generation": hub.engine.generation,
        "suppliers": hub.engine.supplier_count,
        "revision": hub.revision,
    }


def _json(value: Any, status: int = 200) -> Response:
    headers = {"Content-Type": Media.JSON.content_type, "Cache-Control": "no-store"}
    return Response(msgspec.json.encode(value), status, headers)
