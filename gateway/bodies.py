"""A request's body, read whole within its size and its time."""

import asyncio

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive

from gateway.attendance import body_too_slow, visit_of
from gateway.requests import announced_length, too_large


async def body_of(request: Request, limit: int, seconds: float) -> bytes:
    """The body. Raises :class:`RequestRefused` beyond ``limit`` bytes (413), or when it does not arrive (408)."""
    if (announced_length(request.headers) or 0) > limit:
        raise too_large(limit)
    visit = visit_of(request.scope)
    if visit is None:
        return await _in_time(request.receive, limit, seconds)
    visit.awaits_body(seconds)
    try:
        return await _whole(request.receive, limit)
    finally:
        visit.has_body()


async def _in_time(receive: Receive, limit: int, seconds: float) -> bytes:
    try:
        async with asyncio.timeout(seconds):
            return await _whole(receive, limit)
    except TimeoutError:
        raise body_too_slow(seconds) from None


async def _whole(receive: Receive, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            raise too_large(limit)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)
