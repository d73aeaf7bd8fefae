"""The proxy itself: forwards to a partner's server, or lets the day decide; and the stranger that must not be told."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import aiohttp
from aiohttp import hdrs, web

from demo.weather.answers import Answer, end_to_end
from demo.weather.days import Clear, Day, Exchange
from demo.weather.manners import Manner

LOOPBACK: Final = "127.0.0.1"
_CREDENTIALS: Final = frozenset({"authorization", "x-api-key"})


class Stranger:
    """Another host. ``sent`` holds the heads of all requests that came to it."""

    def __init__(self) -> None:
        self.address = ""
        self.sent: list[dict[str, str]] = []

    async def answer(self, request: web.Request) -> web.Response:
        """An empty list, so that a reader who comes would think it read something."""
        self.sent.append(dict(request.headers))
        return web.json_response([])


class Weather:
    """A partner's server behind a proxy. ``address`` is where readers should go instead.

    ``requests`` counts what came, ``pages`` the pages among them since the day began; ``credentials`` are all that
    readers ever showed.
    """

    def __init__(self, upstream: str, manner: Manner, session: aiohttp.ClientSession) -> None:
        self.address = ""
        self.stranger = Stranger()
        self.requests = 0
        self.pages = 0
        self.credentials: set[str] = set()
        self.manner = manner
        self._upstream = upstream
        self._session = session
        self._day: Day = Clear()

    def set(self, day: Day) -> None:
        """From now on it is this day. Raises :class:`ValueError` for one that cannot befall this partner."""
        if reason := day.absent(self.manner):
            raise ValueError(f"{day.name} cannot befall this partner ({reason}): choose another day")
        self._day, self.pages = day, 0

    def clear(self) -> None:
        """From now on the weather is fine."""
        self.set(Clear())

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """What the reader is sent."""
        body, is_page = await request.read(), self.manner.is_page(request)
        self._count(request, is_page=is_page)

        async def forwarded() -> Answer:
            return await self._forwarded(request, body, {hdrs.ACCEPT_ENCODING: "identity"})

        async def passed() -> web.StreamResponse:
            return (await self._forwarded(request, body, {})).response()

        page = self.pages if is_page else 0
        return await self._day.answer(Exchange(request, self.manner, page, self.stranger.address, forwarded, passed))

    def _count(self, request: web.Request, *, is_page: bool) -> None:
        self.requests += 1
        self.pages += is_page
        self.credentials |= {value for name, value in request.headers.items() if name.lower() in _CREDENTIALS}

    async def _forwarded(self, request: web.Request, body: bytes, instead: dict[str, str]) -> Answer:
        upstream = self._day.upstream or self._upstream
        # The Host stays the proxy's, so that addresses in answers lead back here.
        headers = end_to_end(request.headers) | instead
        async with self._session.request(
            request.method, f"{upstream}{request.path_qs}", data=body, headers=headers, allow_redirects=False
        ) as response:
            return Answer(response.status, end_to_end(response.headers), await response.read())


@asynccontextmanager
async def weather(upstream: str, manner: Manner) -> AsyncIterator[Weather]:
    """A proxy before the server at ``upstream``, for as long as the context lasts."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(
            aiohttp.ClientSession(auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)
        )
        proxy = Weather(upstream, manner, session)
        proxy.stranger.address = await stack.enter_async_context(_listening(proxy.stranger.answer))
        proxy.address = await stack.enter_async_context(_listening(proxy.answer))
        yield proxy


@asynccontextmanager
async def _listening(handler: "web.RequestHandler | object") -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)  # type: ignore[arg-type]
    # A reader that has gone away ends its handler: a slow one would else go on for ever.
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    try:
        await web.TCPSite(runner, LOOPBACK, 0).start()
        yield f"http://{LOOPBACK}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
