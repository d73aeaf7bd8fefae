"""A request's body, read whole within its size and its time."""

import asyncio

from starlette.requests import Request

from gateway.errors import RequestRefused
from gateway.requests import announced_length, too_large


async def body_of(request: Request, limit: int, seconds: float) -> bytes:
    """The body. Raises :class:`RequestRefused` beyond ``limit`` bytes (413), or when it does not arrive (408)."""
    if (announced_length(request.headers) or 0) > limit:
        raise too_large(limit)
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise too_large(limit)
    except TimeoutError:
        message = f"The body did not arrive within {seconds:g} s."
        raise RequestRefused(408, "BODY_TOO_SLOW", message, {"Connection": "close"}) from None
    return bytes(body)
