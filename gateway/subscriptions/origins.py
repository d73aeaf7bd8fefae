"""Which pages may open a WebSocket: browsers ask no CORS preflight for one, and say only whose page it is."""

from collections.abc import Collection, Mapping
from typing import Final
from urllib.parse import urlsplit

_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def may_connect(headers: Mapping[str, str], allowed: Collection[str]) -> bool:
    """Whether a page of this origin may: one of ours, or one that is allowed by ``cors_origins``. Programs may always.

    Of our own address the scheme is not known where a proxy ends TLS: host and port must agree.
    """
    origin = headers.get("origin")
    if origin is None or "*" in allowed:
        return True
    if origin.lower() in {each.lower() for each in allowed}:
        return True
    page = _place(origin)
    return page is not None and page == _place(f"{urlsplit(origin).scheme}://{headers.get('host', '')}")


def _place(address: str) -> tuple[str, int] | None:
    try:
        parts = urlsplit(address)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.hostname, port) if parts.hostname and port else None
