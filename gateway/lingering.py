"""An answer to whoever is still sending."""

import asyncio
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

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
