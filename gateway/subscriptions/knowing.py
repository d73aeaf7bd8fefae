"""Who opens a WebSocket, and whether there is room for one more of this caller's."""

from starlette.websockets import WebSocket

from directory.store.errors import StoreError
from gateway.auth import Identity
from gateway.errors import KeyRefused, RequestRefused
from gateway.hub import Hub
from gateway.subscriptions.callers import Visit
from gateway.subscriptions.messages import Closed, Code


async def identify(hub: Hub, visit: Visit, socket: WebSocket, authorization: str | None) -> Identity:
    """Whom this proves; from now on the visit is the caller's. Raises :class:`Closed`."""
    try:
        identity = await hub.authenticator.identify(authorization)
        visit.known(identity, hub.budgets.opened(identity, socket.scope).caller)
    except KeyRefused as error:
        raise Closed(Code.FORBIDDEN, str(error)) from None
    except StoreError:
        raise Closed(Code.TRY_LATER, "API keys cannot be checked just now; try again later.") from None
    except RequestRefused as refused:
        raise Closed(Code.TRY_LATER, refused.message) from None
    if identity.prefix is not None:
        hub.behind(hub.authenticator.touch(identity))
    return identity
