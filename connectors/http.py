"""The one way out to partners' servers: bounded, timed, retried, and never off to another host.

What a caller gets is a :class:`Reply`, whose body was read whole within its bounds, or a
:class:`connectors.errors.PartnerError`.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import Any, Final, TypeVar

import aiohttp
import msgspec
from aiohttp import hdrs
from yarl import URL

from connectors.auth import authenticator
from connectors.bodies import BodyCut, BodyTooLarge, UnknownEncoding, unpacked
from connectors.contract import Declaration
from connectors.errors import PartnerRefused, PartnerUnavailable, Unsettled
from connectors.network import ForbiddenAddress, GuardedResolver, check_literal
from connectors.replies import Reply, retry_after

_T = TypeVar("_T")
_USER_AGENT: Final = f"circuit-court/{version('circuit-court')} (member directory reader)"
_TRANSIENT: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS: Final = 3
_LONGEST_PAUSE: Final = 30.0
_ERROR_BODY: Final = 65_536


class _Request(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent. ``accept``: statuses of 400 and above that the caller understands itself."""

    method: str
    url: URL
    headers: Mapping[str, str] = {}
    body: Any = None
    accept: frozenset[int] = frozenset()
    is_authenticated: bool = True
    is_streamed: bool = False


class _Transient(Exception):
    """Another try may help. ``retry_after`` is the wait in seconds that the server asked for."""

    def __init__(self, cause: str, wait: float | None = None) -> None:
        super().__init__(cause)
        self.retry_after = wait


def open_session(declaration: Declaration) -> aiohttp.ClientSession:
    """A session for one partner: guarded addresses, no cookies, no proxy of the environment, bodies left packed."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=4, resolver=GuardedResolver(declaration.allow_hosts)),
        headers={hdrs.USER_AGENT: _USER_AGENT, hdrs.ACCEPT_ENCODING: "gzip"},
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
    )


class Transport:
    """Requests to one partner within its declaration's bounds, with its credentials. ``requests`` counts what was sent.

    Raises :class:`DeclarationError` when it is made without a credential that the partner asks for.
    """

    def __init__(self, declaration: Declaration, session: aiohttp.ClientSession, clock: Callable[[], float]) -> None:
        self.declaration = declaration
        self.requests = 0
        self._session = session
        self._clock = clock
        self._deadline = clock() + declaration.time_budget
        self.auth = authenticator(declaration, self, clock)

    def begin(self) -> None:
        """Starts the time budget of a reading anew."""
        self._deadline = self._clock() + self.declaration.time_budget

    def follow(self, address: str, base: URL) -> URL:
        """An address that the server of ``base`` gave, absolute. Raises :class:`PartnerRefused` off its own host."""
        try:
            url = base.join(URL(address))
            is_same_host = url.origin() == base.origin()
        except ValueError:
            is_same_host = False
        if not is_same_host:
            raise self.refused(
                f"its server sends readers to another host, which is not followed; if it has moved, correct "
                f"{self.declaration.setting('base_url')}"
            )
        return url

    async def get(
        self,
        url: URL,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        method: str = hdrs.METH_GET,
        accept: frozenset[int] = frozenset(),
    ) -> Reply:
        """Reads an address of the partner."""
        asked = url.update_query(params) if params else url
        return await self._read(_Request(method=method, url=asked, headers=headers or {}, accept=accept))

    async def post_json(self, url: URL, payload: Any, accept: frozenset[int] = frozenset()) -> Reply:
        """Sends a question as JSON; it must be one that changes nothing, for it may be sent again."""
        headers = {"Content-Type": "application/json"}
        body = msgspec.json.encode(payload)
        return await self._read(_Request(method=hdrs.METH_POST, url=url, headers=headers, body=body, accept=accept))

    async def post_form(self, url: URL, form: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
        """Sends a form without the partner's credentials: how a token is asked for."""
        accept = frozenset({400, 401, 403})
        request = _Request(
            method=hdrs.METH_POST, url=url, headers=headers, body=dict(form), accept=accept, is_authenticated=False
        )
        return await self._read(request)

    @asynccontextmanager
    async def stream(
        self, url: URL, headers: Mapping[str, str]
    ) -> AsyncIterator[tuple[aiohttp.ClientResponse, AsyncIterator[bytes]]]:
        """An answer's head and its unpacked chunks as they come; a cut body raises :class:`Unsettled`."""
        request = _Request(method=hdrs.METH_GET, url=url, headers=headers, is_streamed=True)
        async with await self._patiently(lambda: self._send(request)) as response:
            yield response, self._settled_chunks(response)

    def refused(self, cause: str) -> PartnerRefused:
        """The error that stops; ``cause`` ends with the remedy."""
        return PartnerRefused(self.declaration.name, f"{self.declaration.title}: {cause}")

    def unavailable(self, cause: str, retry_at: datetime | None = None) -> PartnerUnavailable:
        """The error that asks for another try later."""
        return PartnerUnavailable(self.declaration.name, f"{self.declaration.title}: {cause}", retry_at)

    def unsettled(self, cause: str) -> Unsettled:
        """The error that asks for another try at once."""
        return Unsettled(self.declaration.name, f"{self.declaration.title}: {cause}")

    def circular(self) -> PartnerRefused:
        """The error for addresses that lead back to one that was read already."""
        return self.refused("its server leads back to a page that was read already; ask the partner to mend its paging")

    def not_understood(self, reply: Reply) -> PartnerRefused:
        """The error for an answer that says no."""
        return self.refused(self._complaint(reply))

    async def _read(self, request: _Request) -> Reply:
        async def attempt() -> Reply:
            async with await self._send(request) as response:
                return await self._reply(response, self.declaration.max_body_bytes)

        return await self._patiently(attempt)

    async def _patiently(self, attempt: Callable[[], Awaitable[_T]]) -> _T:
        """Tries until it works, the tries are used up or the wait would be too long."""
        tries = 0
        while True:
            try:
                return await attempt()
            except _Transient as failure:
                await self._pause(failure, tries)
                tries += 1

    async def _pause(self, failure: _Transient, tries: int) -> None:
        declared, wait = self.declaration, failure.retry_after
        if wait is not None and wait > declared.retry_after_limit:
            retry_at = datetime.now(UTC) + timedelta(seconds=wait)
            raise self.unavailable(
                f"it {failure} and asks to be left alone until {retry_at:%Y-%m-%d %H:%M} UTC", retry_at
            )
        if tries >= declared.retries:
            times = f"{tries + 1} times" if tries else "once"
            raise self.unavailable(f"it {failure} ({times}); try again later")
        if wait is None:
            # Full jitter, so that hubs that failed together do not come back together.
            wait = random.uniform(0, min(_LONGEST_PAUSE, declared.retry_pause * 2**tries))  # noqa: S311
        if self._clock() + wait > self._deadline:
            raise self._late()
        await asyncio.sleep(wait)

    async def _send(self, request: _Request) -> aiohttp.ClientResponse:
        """One try: redirects on the same host followed, credentials renewed once, the status judged."""
        url, may_renew = request.url, request.is_authenticated
        for _ in range(_MAX_REDIRECTS + 2):
            response = await self._exchange(request, url)
            if response.status in _REDIRECTS and request.method != hdrs.METH_POST:
                response.release()
                url = self.follow(response.headers.get(hdrs.LOCATION, ""), url)
            elif response.status == 401 and may_renew and await self.auth.renew():
                response.release()
                may_renew = False
            else:
                return await self._judged(request, response)
        raise self.refused(f"its server redirects in circles; correct {self.declaration.setting('base_url')}")

    async def _exchange(self, request: _Request, url: URL) -> aiohttp.ClientResponse:
        headers = dict(request.headers)
        if request.is_authenticated:
            headers |= await self.auth.headers()
        try:
            check_literal(url.host or "", self.declaration.allow_hosts)
            timeout = self._timeout(is_streamed=request.is_streamed)
            self.requests += 1
            return await self._session.request(
                request.method, url, headers=headers, data=request.body, timeout=timeout, allow_redirects=False
            )
        except ForbiddenAddress as error:
            raise self.refused(
                f"{error}; if that is meant, add it to {self.declaration.setting('allow_hosts')}"
            ) from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._translated(error) from None

    def _timeout(self, *, is_streamed: bool) -> aiohttp.ClientTimeout:
        remaining = self._deadline - self._clock()
        if remaining <= 0:
            raise self._late()
        each = min(self.declaration.timeout, remaining)
        if is_streamed:
            return aiohttp.ClientTimeout(total=remaining, sock_connect=each, sock_read=each)
        return aiohttp.ClientTimeout(total=each)

    def _translated(self, error: Exception) -> Exception:
        """A failure of the network as what the caller does next."""
        if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
            return self.refused("its TLS certificate does not hold; ask the partner to renew it")
        if self._clock() >= self._deadline:
            return self._late()
        if isinstance(error, TimeoutError):
            return _Transient(f"did not answer within {self.declaration.timeout:g} s")
        if isinstance(error, aiohttp.ClientConnectorError):
            return _Transient("cannot be reached")
        if isinstance(error, aiohttp.ClientConnectionError):
            return _Transient("broke off the connection")
        return _Transient("broke off in mid-answer")

    def _late(self) -> PartnerUnavailable:
        declared = self.declaration
        return self.unavailable(
            f"it was not read within its {declared.time_budget:g} s; try again later or raise "
            f"{declared.setting('time_budget')}"
        )

    async def _judged(self, request: _Request, response: aiohttp.ClientResponse) -> aiohttp.ClientResponse:
        status = response.status
        if status < 300 or status == 304 or status in request.accept:
            return response
        try:
            if status in _TRANSIENT:
                raise _Transient(f"answered {status}", retry_after(response.headers, datetime.now(UTC)))
            reply = await self._reply(response, _ERROR_BODY)
        except PartnerRefused:
            reply = Reply(status, response.headers, b"", response.url)
        finally:
            response.release()
        raise self.refused(self._complaint(reply))

    def _complaint(self, reply: Reply) -> str:
        declared, said = self.declaration, f"({reply.said(self.declaration.secrets)})"
        if reply.status == 401:
            return f"its server does not accept the credentials {said}; correct {self.auth.keys}"
        if reply.status == 403:
            return (
                f"its server does not let these credentials read the directory {said}; ask the partner for the right "
                f"or correct {self.auth.keys}"
            )
        where = f"{declared.setting('base_url')} and resource"
        return f"its server does not understand the request {said}; correct {where}"

    async def _reply(self, response: aiohttp.ClientResponse, limit: int) -> Reply:
        body = b"".join([chunk async for chunk in self._chunks(response, limit)])
        return Reply(response.status, response.headers, body, response.url)

    async def _chunks(self, response: aiohttp.ClientResponse, limit: int) -> AsyncIterator[bytes]:
        encoding = response.headers.get(hdrs.CONTENT_ENCODING, "").strip().lower()
        try:
            async for chunk in unpacked(response.content.iter_any(), encoding, limit):
                yield chunk
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._translated(error) from None
        except BodyCut:
            raise _Transient("broke off in mid-answer") from None
        except UnknownEncoding:
            raise self.refused("its server packs answers otherwise than asked; ask the partner to mend it") from None
        except BodyTooLarge:
            raise self.refused(
                f"an answer is larger than {limit:,} bytes; if that is right, raise "
                f"{self.declaration.setting('max_body_bytes')}"
            ) from None

    async def _settled_chunks(self, response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._chunks(response, self.declaration.max_body_bytes):
                yield chunk
        except _Transient as failure:
            raise self.unsettled(f"it {failure}; try again later") from None
