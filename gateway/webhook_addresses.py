"""Which addresses a webhook may have: https, and nothing inside a private network but what the settings name.

What a name stands for is looked at again whenever it is called (:mod:`gateway.webhooks`): here a fault is said early.
"""

from collections.abc import Collection
from urllib.parse import urlsplit


def webhook_problem(allowed: Collection[str], address: str) -> str | None:
    """Why calls cannot be sent to the address; ``None`` when they can. ``allowed`` are hosts that settings name."""
    # Imported here so that the processes which only answer do not load the partners' HTTP client.
    from connectors.network import ForbiddenAddress, check_literal  # noqa: PLC0415

    try:
        parts = urlsplit(address)
        host, _port = parts.hostname or "", parts.port  # a port that is none raises here
    except ValueError:
        return "The webhook is no address; write https://host/path."
    is_named = host in allowed
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and is_named)):
        return "The webhook must be an https address."
    if parts.username is not None or parts.password is not None or parts.fragment or not address.isprintable():
        return "The webhook must have no user, password or fragment; the signature says who calls."
    try:
        check_literal(host, allowed)
    except ForbiddenAddress as error:
        return f"The webhook cannot be called: {error}."
    return None
