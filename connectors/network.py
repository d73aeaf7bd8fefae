"""Which addresses may be spoken to: public ones, and private ones that the settings name.

A partner's host name is resolved by whoever owns it, so the check is made on the resolved address, not the name.
"""

import ipaddress
import socket
from collections.abc import Collection

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver


class ForbiddenAddress(Exception):
    """A host that stands inside a private network and is not permitted by name."""

    def __init__(self, host: str) -> None:
        super().__init__(f"{host} is inside a private network")
        self.host = host


def is_public(address: str) -> bool:
    """Whether the IP address can be reached from anywhere; one that hides an IPv4 address is judged by that."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    inner = getattr(parsed, "ipv4_mapped", None) or getattr(parsed, "sixtofour", None)
    return (inner or parsed).is_global and not (inner or parsed).is_multicast


def check_literal(host: str, allowed: Collection[str]) -> None:
    """Raises :class:`ForbiddenAddress` for a private IP address in place of a name; names pass, to be resolved."""
    try:
        permitted = host in allowed or is_public(host)
    except ValueError:
        return
    if not permitted:
        raise ForbiddenAddress(host)


class GuardedResolver(AbstractResolver):
    """The system's resolver, with private addresses refused for every host but those permitted by name."""

    def __init__(self, allowed: Collection[str]) -> None:
        self._allowed = allowed
        self._inner = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Addresses of the host. Raises :class:`ForbiddenAddress` if any of them is private."""
        found = await self._inner.resolve(host, port, family)
        if host not in self._allowed and not all(is_public(result["host"]) for result in found):
            raise ForbiddenAddress(host)
        return found

    async def close(self) -> None:
        """Releases the system's resolver."""
        await self._inner.close()
