"""Single members read from their partners now: once for all who ask together, within a deadline, and kept for moments.

Partners are connected to when one of their members is first asked for. Until then neither are their settings read nor
the modules loaded that speak to them.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from cache import Cache, State, make_key
from directory.records import Listing, now
from gateway.errors import SettingsError
from gateway.settings import Settings
from schema.context import LiveReading, NotLive

if TYPE_CHECKING:
    import aiohttp

    from gateway.asking import AskedPartner

    Traces = Callable[[str], Sequence[aiohttp.TraceConfig]]


def no_traces(partner: str) -> "Sequence[aiohttp.TraceConfig]":
    """What watches the calls of a partner where nothing does."""
    return ()


class _Kept(msgspec.Struct, frozen=True):
    """What is kept of a reading."""

    at: datetime
    listing: Listing | None


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Kept).decode


class LiveMembers:
    """The schema's :class:`~schema.context.LiveReader`. Readings are kept in ``cache``, beside answers to questions."""

    def __init__(
        self, settings: Settings, cache: Cache, clock: Callable[[], datetime] = now, traces: "Traces" = no_traces
    ) -> None:
        self.most = settings.live.members
        self._settings = settings
        self._cache = cache
        self._clock = clock
        self._traces = traces
        self._opening = asyncio.Lock()
        self._partners: Mapping[str, AskedPartner] | None = None

    async def member(self, partner: str, external_id: str) -> LiveReading:
        """The member as its partner has it now, or had it moments ago. Raises :class:`NotLive`."""
        # The shape is part of the key: a tier that processes share may hold what another version has written.
        key = make_key("live", Listing.__struct_fields__, partner, external_id)
        load = partial(self._load, partner, external_id)
        answer = await self._cache.get(key, load, fresh=self._settings.live.fresh_seconds, stale=0)
        kept = _decode(answer.value)
        return LiveReading(read_at=kept.at, listing=kept.listing, is_kept=answer.state is State.HIT)

    async def close(self) -> None:
        """Let go of the partners' connections."""
        await asyncio.gather(*(partner.close() for partner in (self._partners or {}).values()))

    async def _load(self, partner: str, external_id: str) -> bytes:
        seconds, name = self._settings.live.deadline_seconds, "The partner"
        try:
            async with asyncio.timeout(seconds):
                asked = await self._partner(partner)
                name = asked.title
                listing = await asked.member(external_id)
        except TimeoutError:
            raise NotLive(f"{name} did not answer within {seconds:g} s; what was last harvested is shown.") from None
        try:
            return _encode(_Kept(self._clock(), listing))
        except UnicodeEncodeError:  # half of a character, as JSON may write it
            raise NotLive(f"{name} says of it what cannot be used; what was last harvested is shown.") from None

    async def _partner(self, name: str) -> "AskedPartner":
        async with self._opening:
            if self._partners is None:
                # In a thread, for whoever asks first: nobody else's answer waits for modules to be loaded.
                self._partners = await asyncio.to_thread(_partners, self._settings, self._clock, self._traces)
        if name not in self._partners:
            raise NotLive(
                "This hub does not read the partner any more; what was last harvested is shown.",
                f"partners.{name} is not in the settings or not enabled; what was last harvested is shown.",
            )
        return self._partners[name]


def _partners(settings: Settings, clock: Callable[[], datetime], traces: "Traces") -> "Mapping[str, AskedPartner]":
    # Loaded by whoever needs it first: a process that only answers does without the partners' client.
    from gateway.asking import AskedPartner  # noqa: PLC0415

    try:
        declarations = settings.declarations()
    except SettingsError as error:
        raise NotLive("Partners cannot be asked just now; what was last harvested is shown.", str(error)) from None
    seconds = settings.live.deadline_seconds
    return {name: AskedPartner(declared, seconds, clock, traces) for name, declared in declarations.items()}
