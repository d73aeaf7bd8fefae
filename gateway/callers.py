"""Who asks, for every door: the key or token proved, the page that shows it looked at, its use noted."""

from starlette.requests import HTTPConnection

from directory.store.errors import StoreError
from gateway.auth import Identity
from gateway.door import notes_of
from gateway.errors import KeyRefused, RequestRefused
from gateway.hub import Hub
from gateway.refusals import store_away


async def identify(hub: Hub, request: HTTPConnection, authorization: str | None = None) -> Identity:
    """Who asks, noted; ``authorization`` where it was said elsewhere than in the header. Raises RequestRefused."""
    notes = notes_of(request.scope)
    try:
        identity = await hub.authenticator.identify(authorization or request.headers.get("authorization"))
    except KeyRefused as error:
        notes.claimed = error.prefix
        challenge = {"WWW-Authenticate": 'Bearer realm="circuit", error="invalid_token"'}
        raise RequestRefused(401, "UNAUTHENTICATED", str(error), challenge) from None
    except StoreError:
        message = "API keys cannot be checked just now; try again in a few moments."
        raise store_away(message) from None
    notes.who, notes.role = identity, identity.role.value
    check_origin(identity, request.headers.get("origin"))
    if identity.prefix is not None:
        hub.behind(hub.authenticator.touch(identity))
    return identity


def check_origin(identity: Identity, origin: str | None) -> None:
    """Raise :class:`RequestRefused` where a page shows a key that is not for its site; programs send no origin."""
    if origin is None or not identity.origins or origin.lower() in identity.origins:
        return
    message = "This API key is not for pages of this site; ask the operator to add its origin to the key."
    raise RequestRefused(403, "ORIGIN", message)
