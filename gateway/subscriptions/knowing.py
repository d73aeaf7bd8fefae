"""Who opens a WebSocket, and whether there is room for one more of this caller's."""

from typing import Final

from starlette.websockets import WebSocket

from gateway.auth import Identity
from gateway.callers import identify
from gateway.door import notes_of
from gateway.errors import RequestRefused
from gateway.hub import Hub
from gateway.subscriptions.messages import Closed, Code
from gateway.subscriptions.visits import Visit

_NOT_LET_IN: Final = (401, 403)


async def let_in(hub: Hub, visit: Visit, socket: WebSocket, said: str | None) -> Identity:
    """Whom this proves, or the header; from now on the visit is the caller's. Raises :class:`Closed`."""
    authorization = said or socket.headers.get("authorization")
    try:
        identity = await identify(hub, socket, authorization)
        visit.known(identity, hub.budgets.opened(identity, socket.scope).caller, authorization)
    except RequestRefused as refused:
        notes_of(socket.scope).refused.add(refused.status)
        code = Code.FORBIDDEN if refused.status in _NOT_LET_IN else Code.TRY_LATER
        raise Closed(code, refused.message) from None
    return identity
