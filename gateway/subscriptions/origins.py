"""Which pages may open a WebSocket: browsers ask no CORS preflight for one, and say only whose page it is."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from gateway.origins import Origins

_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def may_connect(headers: Mapping[str, str], allowed: Origins) -> bool:
    """Whether a page of this origin may: one of ours, or one that may read answers. Programs may always.

    Of our own address the scheme is not known where a proxy ends TLS: host and port must agree.
    """
    origin = headers.get("origin")
    if origin is None or allowed.allowed(origin):
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
