"""Which addresses may be spoken to: public ones, and private ones that the settings name.

A partner's host name is resolved by whoever owns it, so the check is made on the resolved address, not the name; the
addresses that passed are the ones that are connected to. An IPv6 address that carries an IPv4 one is judged by that.
"""

import socket
from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")  # RFC 4291, 2.4: all that has been given out
_TRANSLATED: Final = IPv6Network("64:ff9b::/96")  # NAT64, RFC 6052, 2.1
_ISATAP: Final = (0x0000_5EFE, 0x0200_5EFE)  # RFC 5214, 6.1


class ForbiddenAddress(Exception):
    """A host that may not be spoken to. ``str()`` says why; ``remedy`` has a place for the ``key`` that permits it."""

    def __init__(
        self, host: str, why: str = "is inside a private network", remedy: str = "if that is meant, add it to {key}"
    ) -> None:
        super().__init__(f"{host} {why}")
        self.remedy = remedy


def is_public(address: str) -> bool:
    """Whether the IP address can be reached from anywhere. Raises :class:`ValueError` for what is none."""
    parsed = ip_address(address)
    if isinstance(parsed, IPv4Address):
        return parsed.is_global and not parsed.is_multicast
    if parsed.scope_id is not None or parsed.teredo is not None:
        return False
    inner = _inner(parsed)
    if inner is not None:
        return is_public(str(inner))
    is_global = parsed in _GLOBAL_UNICAST and parsed.is_global
    return is_global and (not _is_isatap(parsed) or is_public(str(_last(parsed))))


def check_literal(host: str, allowed: Collection[str]) -> None:
    """Raises :class:`ForbiddenAddress` for a private IP address in place of a name, and for an unusual spelling of any:
    2130706433, 0x7f.1 and 127.0.0.1. are all 127.0.0.1 to some. Names pass, to be resolved.
    """
    address = _usual(host)
    if address is None:
        return
    if address != host and ":" not in host:
        raise ForbiddenAddress(host, f"is an unusual spelling of {address}", "write the address itself")
    if not _is_named(host, allowed) and not is_public(address):
        raise ForbiddenAddress(host)


class GuardedResolver(AbstractResolver):
    """The system's resolver, with private addresses refused for every host but those permitted by name."""

    def __init__(self, allowed: Collection[str], inner: AbstractResolver | None = None) -> None:
        self._allowed = allowed
        self._inner = inner or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Addresses of the host. Raises :class:`ForbiddenAddress` if any of them is private."""
        try:
            found = await self._inner.resolve(host, port, family)
        except UnicodeError:
            raise OSError(None, "is no name of a host") from None
        if not _is_named(host, self._allowed) and not all(is_public(result["host"]) for result in found):
            raise ForbiddenAddress(host)
        return found

    async def close(self) -> None:
        """Releases the system's resolver."""
        await self._inner.close()


def _inner(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that a packet to this one may be handed on to."""
    if address in _TRANSLATED:
        return _last(address)
    return address.ipv4_mapped or address.sixtofour


def _is_isatap(address: IPv6Address) -> bool:
    """Whether it carries an IPv4 address within a site, whose own prefix says where that is."""
    return (int(address) >> 32) & 0xFFFF_FFFF in _ISATAP


def _last(address: IPv6Address) -> IPv4Address:
    """Its last 32 bits."""
    return IPv4Address(int(address) & 0xFFFF_FFFF)


def _usual(host: str) -> str | None:
    """The address that a host is a spelling of, if it is one at all."""
    bare = host.rstrip(".")
    try:
        return str(ip_address(bare))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(bare))
    except OSError:
        return None


def _is_named(host: str, allowed: Collection[str]) -> bool:
    return host.rstrip(".").lower() in {name.rstrip(".").lower() for name in allowed}
