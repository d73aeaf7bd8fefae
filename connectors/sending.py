"""One try of a request: politely, with credentials, on one host, from a guarded address, its answer told apart."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from typing import Final

import aiohttp
from aiohttp import hdrs
from aiohttp.abc import AbstractResolver
from yarl import URL

from connectors.auth import Authenticator
from connectors.bodies import BodyCut, BodyTooLarge, UnknownEncoding, unpacked
from connectors.contract import Declaration
from connectors.errors import PartnerRefused
from connectors.faults import Faults
from connectors.network import ForbiddenAddress, GuardedResolver, check_literal
from connectors.patience import Passing
from connectors.politeness import SHARED, Hosts
from connectors.replies import LONGEST_ERROR, Reply, combined, followed, retry_after
from connectors.requester import Request
from connectors.traffic import Meter

# 520 to 524 and 529 are what content networks say when the site behind them is down, slow or overloaded.
_PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504, *range(520, 525), 529})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS: Final = 3


def open_session(
    declaration: Declaration,
    resolver: AbstractResolver | None = None,
    traces: Sequence[aiohttp.TraceConfig] = (),
) -> aiohttp.ClientSession:
    """A session for one partner: guarded addresses, no cookies, no proxy of the environment, bodies left packed.

    It says who is reading and whom to ask about it. ``resolver`` stands in for the system's; it is guarded like it.
    """
    agent = f"circuit-court/{_version()} (+{declaration.contact})"
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=4, resolver=GuardedResolver(declaration.allow_hosts, resolver)),
        headers={hdrs.USER_AGENT: agent, hdrs.ACCEPT_ENCODING: "gzip"},
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        trace_configs=list(traces),
    )


@cache
def _version() -> str:
    """Ours; looking it up among the installed packages takes as long as two statements of the store."""
    return version("circuit-court")


class Sender:
    """Sends requests one at a time, and says of each failure whether another try may help (:class:`Passing`)."""

    def __init__(
        self, session: aiohttp.ClientSession, auth: Authenticator, faults: Faults, meter: Meter, hosts: Hosts = SHARED
    ) -> None:
        self._session = session
        self._auth = auth
        self._faults = faults
        self._declared = faults.declaration
        self._meter = meter
        self._hosts = hosts

    async def send(self, request: Request, sent: set[URL], *, is_streamed: bool = False) -> aiohttp.ClientResponse:
        """One try: redirects on the same host followed, credentials renewed once, the status judged.

        ``sent`` are the addresses that earlier tries of the same request have asked.
        """
        url, may_renew = request.url, not request.is_for_token
        for _ in range(_MOST_REDIRECTS + 2):
            credentials = {} if request.is_for_token else await self._auth.headers()
            response = await self._exchange(request, url, {**request.headers, **credentials}, sent, is_streamed)
            if response.status in _REDIRECTS and request.method != hdrs.METH_POST:
                response.release()
                url = self._redirected(response, url)
            elif response.status == 401 and may_renew and await self._auth.renew(credentials):
                response.release()
                may_renew = False
            else:
                return await self._judged(request, response)
        raise self._faults.refused(f"its server redirects in circles; correct {self._declared.setting('base_url')}")

    async def reply(self, response: aiohttp.ClientResponse, limit: int | None = None) -> Reply:
        """The answer, read whole within ``limit`` or the declared bytes."""
        body = b"".join([chunk async for chunk in self.chunks(response, limit)])
        return Reply(response.status, combined(response.headers), body, response.url)

    async def chunks(self, response: aiohttp.ClientResponse, limit: int | None = None) -> AsyncIterator[bytes]:
        """The answer's unpacked bytes as they come."""
        most = limit or self._declared.max_body_bytes
        encoding = response.headers.get(hdrs.CONTENT_ENCODING, "").strip().lower()
        try:
            async for chunk in unpacked(response.content.iter_any(), encoding, most):
                yield chunk
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._translated(error) from None
        except BodyCut:
            raise Passing("broke off in mid-answer") from None
        except UnknownEncoding:
            raise self._faults.refused(
                "its server packs answers otherwise than asked; ask the partner to mend it"
            ) from None
        except BodyTooLarge:
            raise self._faults.too_large(most) from None

    async def _exchange(
        self, request: Request, url: URL, headers: dict[str, str], sent: set[URL], is_streamed: bool
    ) -> aiohttp.ClientResponse:
        try:
            check_literal(url.host or "", self._declared.allow_hosts)
            await self._politely(url)
            self._meter.sent(is_retry=url in sent)
            sent.add(url)
            return await self._session.request(
                request.method,
                url,
                headers=headers,
                data=request.body,
                timeout=self._timeout(is_streamed=is_streamed),
                allow_redirects=False,
            )
        except ForbiddenAddress as error:
            raise self._faults.forbidden(error) from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._translated(error) from None

    async def _politely(self, url: URL) -> None:
        limiter = self._hosts.limiter(url, self._declared.rate)
        if limiter.has_capacity():
            await limiter.acquire()
            return
        with self._meter.pausing():
            await limiter.acquire()

    def _timeout(self, *, is_streamed: bool) -> aiohttp.ClientTimeout:
        """A whole request, or each silence of a stream, whose sum the page's time bounds."""
        each = self._declared.timeout
        if is_streamed:
            return aiohttp.ClientTimeout(connect=each, sock_read=each)
        return aiohttp.ClientTimeout(total=each)

    def _translated(self, error: Exception) -> Exception:
        """A failure of the network as what the caller does next."""
        if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
            return self._faults.refused("its TLS certificate does not hold; ask the partner to renew it")
        if isinstance(error, TimeoutError):
            return Passing(f"did not answer within {self._declared.timeout:g} s", key="timeout")
        if isinstance(error, aiohttp.ClientConnectorError):
            return Passing("cannot be reached")
        if isinstance(error, aiohttp.ClientConnectionError):
            return Passing("broke off the connection")
        return Passing("broke off in mid-answer")

    def _redirected(self, response: aiohttp.ClientResponse, base: URL) -> URL:
        url = followed(response.headers.get(hdrs.LOCATION, ""), base)
        if url is None:
            raise self._faults.elsewhere()
        return url

    async def _judged(self, request: Request, response: aiohttp.ClientResponse) -> aiohttp.ClientResponse:
        status = response.status
        if status < 300 or status == 304 or status in request.accept:
            return response
        try:
            if status in _PASSING:
                raise Passing(f"answered {status}", retry_after(response.headers, datetime.now(UTC)))
            reply = await self.reply(response, LONGEST_ERROR)
        except PartnerRefused:
            reply = Reply(status, response.headers, b"", response.url)
        finally:
            response.release()
        raise self._faults.not_understood(reply)
