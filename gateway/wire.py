"""uvicorn's protocols, with what it leaves to others: connections that last learn in time that the server goes down.

uvicorn waits for running answers when it is stopped and tells nobody; a stream that ends by itself only would be waited
for until it is cut. Here the application is told first, ends its streams and closes its WebSockets, each with a reason.
"""

from collections.abc import Callable
from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

LEAVING: Final = "circuit.leaving"  # in the state of the application's lifespan: what to call when the server goes down
LINGER_SECONDS: Final = 2.0


def leave(state: dict[str, Any]) -> None:
    """Tell the application, once its lifespan has begun, that the server goes down."""
    told: Callable[[], None] | None = state.get(LEAVING)
    if told is not None:
        told()


class WebSocketWire(WebSocketsSansIOProtocol):
    """WebSocket as uvicorn speaks it."""

    def shutdown(self) -> None:
        """The server goes down: an open connection is closed by the application, with its own code."""
        leave(self.app_state)
        if not self.handshake_complete or self.close_sent:
            super().shutdown()

    async def send(self, message: Any) -> None:
        """To the client; a handshake that is refused with an answer has had it, which uvicorn would complain of."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body", False):
            self.handshake_complete = True

    async def run_asgi(self) -> None:
        """The application, then the end: a client that takes nothing, its own close not either, is cut off."""
        await super().run_asgi()
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)
