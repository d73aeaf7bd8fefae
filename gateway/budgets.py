"""What callers may spend in a minute, in the units of ``@cost``: by key, and by address for those without one.

Units are taken before anything runs and given back where others had the answer made. With Redis all processes count
together, each a tenth of a second behind the others; a request never waits for that.
"""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from math import ceil
from typing import Final

import structlog
from starlette.types import Scope

from cache import SlidingWindow, State
from directory.disclosure import Role
from gateway.auth import Identity
from gateway.errors import RequestRefused
from gateway.metrics import count_overrun
from gateway.refusals import RATE_LIMITED
from gateway.settings_costs import Costs
from schema.context import Charged

# A household or an office has so much of IPv6 for itself, and may take another address of it for each request.
HOST_BITS: Final = 64
LONGEST_HOST: Final = 64
NOWHERE: Final = ("unknown", 0)

log = structlog.get_logger()


@dataclass(slots=True)
class Charge:
    """What one request takes of its caller's budget. ``limit`` is 0 where there is none; ``cost`` is the operation's,
    ``units`` what was taken for it and for reading its document.
    """

    budgets: "Budgets"
    scope: Scope
    caller: str
    limit: int
    maximum: int
    cost: int = 0
    units: int = 0

    def take(self, units: int) -> None:
        """Take these, too. Raises :class:`RequestRefused` (429)."""
        self.budgets.take(self, units)

    def settle(self, state: State) -> None:
        """Give back what the operation costs where its answer was kept, or made for another caller.

        A stale one is made anew behind this very request, which pays for it.
        """
        if state in (State.HIT, State.JOINED):
            self.budgets.give_back(self, self.cost)

    def told(self) -> Charged:
        """What the caller is told of it."""
        return self.budgets.told(self)


class Budgets:
    """The budgets of this process's callers."""

    def __init__(self, costs: Costs, window: SlidingWindow) -> None:
        self._window = window
        self._enforces = costs.mode == "enforce"
        self._of_role = {role: (costs.budget.of(role), costs.maximum.of(role)) for role in Role}
        self._warned = False

    def opened(self, identity: Identity, scope: Scope) -> Charge:
        """A charge to whoever asks, of nothing yet."""
        limit, maximum = self._of_role[identity.role]
        if identity.prefix is not None:
            return Charge(self, scope, f"key:{identity.prefix}", limit, maximum)
        return Charge(self, scope, _address((scope["client"] or NOWHERE)[0]), limit, maximum)

    def take(self, charge: Charge, units: int) -> None:
        """Take units. Raises :class:`RequestRefused` (429)."""
        charge.units += units
        if not charge.limit:
            return
        wait = self._window.take(charge.caller, units, charge.limit, force=not self._enforces)
        if wait and self._enforces:
            raise self._refused(charge, units, wait)
        if wait:
            count_overrun(RATE_LIMITED)

    def give_back(self, charge: Charge, units: int) -> None:
        """Give back units."""
        charge.units -= units
        if charge.limit:
            self._window.give_back(charge.caller, units)

    def told(self, charge: Charge) -> Charged:
        """What was charged and how the caller stands now."""
        if not charge.limit:
            return Charged(charge.units)
        remaining, reset_at = self._window.standing(charge.caller, charge.limit)
        return Charged(charge.units, charge.limit, remaining, datetime.fromtimestamp(reset_at, UTC))

    async def share(self) -> None:
        """Count together with the other processes, where there is Redis."""
        await self._window.share()

    async def close(self) -> None:
        """Let go of connections."""
        await self._window.close()

    def _refused(self, charge: Charge, units: int, wait: float) -> RequestRefused:
        self._look_for_a_proxy(charge.scope)
        left = self._window.standing(charge.caller, charge.limit).remaining
        seconds = ceil(wait)
        remedy = "" if charge.caller.startswith("key:") else ", or ask with an API key"
        message = (
            f"The request costs {units:,} units, and {left:,} are left of your {charge.limit:,} a minute: "
            f"try again in {seconds} s, ask for less{remedy}."
        )
        return RequestRefused(429, RATE_LIMITED, message, {"Retry-After": str(seconds)})

    def _look_for_a_proxy(self, scope: Scope) -> None:
        """Tell the operator, once, of a proxy that is not trusted: everybody behind it shares one budget."""
        host, port = scope["client"] or NOWHERE
        # uvicorn puts the caller's address in the place of a trusted proxy's, and 0 for its port.
        if port and not self._warned and any(name == b"x-forwarded-for" for name, _ in scope["headers"]):
            self._warned = True
            remedy = "name it in trusted_proxies, or everybody behind it shares one budget"
            log.warning("proxy.not_trusted", proxy=host, remedy=remedy)


@lru_cache(maxsize=4096)
def _address(host: str) -> str:
    """What counts as one caller: an IPv4 address, the network of an IPv6 one; any other text as it is, if short."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return f"address:{host[:LONGEST_HOST]}"
    if isinstance(address, ipaddress.IPv6Address):
        network = ipaddress.ip_network((address, HOST_BITS), strict=False)
        return f"address:{address.ipv4_mapped or network}"
    return f"address:{address}"
