"""A request's body, read whole within its size and its time; one beyond them is refused while it is still coming."""

import asyncio
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.errors import RequestRefused
from gateway.requests import announced_length, too_large

LINGER_SECONDS: Final = 2.0


class WhileItComes(Response):
    """An answer to a body that is not wanted: sent at once, whole; what still comes is thrown away for a moment.

    A connection that is closed on a caller who is still sending is reset, and most clients then show an error of the
    network instead of the answer (nginx calls the remedy a lingering close).
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer; then let the caller finish, or notice."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        try:
            async with asyncio.timeout(LINGER_SECONDS):
                while (await receive()).get("more_body"):
                    pass
        except TimeoutError:
            pass
        await send({"type": "http.response.body", "body": b""})


async def body_of(request: Request, limit: int, seconds: float) -> bytes:
    """The body. Raises :class:`RequestRefused` beyond ``limit`` bytes (413), or when it does not arrive (408)."""
    if (announced_length(request.headers) or 0) > limit:
        raise too_large(limit)
    try:
        async with asyncio.timeout(seconds):
            return await _whole(request.receive, limit)
    except TimeoutError:
        message = f"The body did not arrive within {seconds:g} s."
        raise RequestRefused(408, "BODY_TOO_SLOW", message, {"Connection": "close"}) from None


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
