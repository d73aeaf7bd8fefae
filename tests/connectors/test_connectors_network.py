"""Which addresses are spoken to: however they are written, whatever a name leads to, and wherever the request goes."""

import asyncio
import socket
from collections.abc import Sequence

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from connectors import PartnerRefused
from connectors.http import Transport
from connectors.network import ForbiddenAddress, GuardedResolver, check_literal, is_public
from connectors.sending import open_session
from connectors.wire import Wire
from tests.connectors.answers import answering, members, status
from tests.connectors.partner_kit import Serve, failure_of, plain, reading_of


class Scripted(AbstractResolver):
    """Answers one list of addresses after the other, on ports of its own choice; an empty one is no answer at all."""

    def __init__(self, *answers: Sequence[tuple[str, int]]) -> None:
        self.asked: list[str] = []
        self._answers = iter(answers)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        return [
            ResolveResult(hostname=host, host=address, port=own or port, family=socket.AF_INET, proto=0, flags=0)
            for address, own in next(self._answers)
        ]

    async def close(self) -> None:
        """Nothing is held."""


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        ("100.64.0.1", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("172.31.255.255", False),
        ("192.168.1.1", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("2001:4860:4860::8888", True),
        ("::", False),
        ("::1", False),
        ("::ffff:8.8.8.8", True),
        ("::ffff:10.0.0.1", False),
        ("::ffff:0:7f00:1", False),
        ("::127.0.0.1", False),
        ("64:ff9b::8.8.8.8", True),
        ("64:ff9b::a9fe:a9fe", False),
        ("64:ff9b:1::a00:1", False),
        ("2002:808:808::1", True),
        ("2002:7f00:1::1", False),
        ("2001:0:808:808::f7f7:f7f7", False),
        ("2001:4860::5efe:10.0.0.1", False),
        ("2001:4860::200:5efe:10.0.0.1", False),
        ("2001:4860::5efe:8.8.8.8", True),
        ("fd00::5efe:8.8.8.8", False),
        ("fe80::5efe:8.8.8.8", False),
        ("::8.8.8.8", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("2001:4860:4860::8888%eth0", False),
        ("fc00::1", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("2001:db8::1", False),
        ("4000::1", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize("host", ["partner.example", "xn--caf-dma.example", "8.8.8.8", "2001:4860:4860::8888", "cafe"])
def test_names_and_public_addresses_pass(host: str) -> None:
    check_literal(host, ())


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "::ffff:7f00:1", "fe80::1%eth0", "64:ff9b::7f00:1"])
def test_a_private_address_passes_by_name_alone(host: str) -> None:
    with pytest.raises(ForbiddenAddress, match=f"^{host} is inside a private network$"):
        check_literal(host, ("10.0.0.1", "localhost"))
    check_literal(host, (host,))


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("2130706433", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("127.0.0.1.", "127.0.0.1"),
        ("0", "0.0.0.0"),
        ("134744072", "8.8.8.8"),
    ],
)
async def test_an_unusual_spelling_of_an_address_is_refused(host: str, address: str, serve: Serve) -> None:
    handler, asked = answering(members)
    port = URL(await serve({"/": handler})).port
    failure = await failure_of(plain(f"http://{host}:{port}", allow_hosts=["127.0.0.1", "0.0.0.0", host]))
    assert isinstance(failure, PartnerRefused)
    assert str(failure) == f"Essai: {host} is an unusual spelling of {address}; write the address itself"
    assert asked == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST"])
async def test_a_private_host_is_refused_unless_permitted_by_name(host: str, serve: Serve) -> None:
    handler, asked = answering(members)
    address = (await serve({"/": handler})).replace("127.0.0.1", host)
    failure = await failure_of(plain(address, allow_hosts=["10.0.0.1"]))
    assert isinstance(failure, PartnerRefused)
    assert str(failure) == (
        f"Essai: {host.lower()} is inside a private network; if that is meant, add it to partners.essai.allow_hosts"
    )
    assert asked == []
    reading = await reading_of(plain(address, allow_hosts=[host.lower()]))
    assert list(reading.listings) == ["1", "2"]


async def test_the_token_server_stands_under_the_same_rules(serve: Serve) -> None:
    handler, asked = answering(members)
    credentials = {"auth": "oauth2", "client_id": "hub", "client_secret": "hunter2"}
    address = await serve({"/": handler})
    failure = await failure_of(plain(address, token_url="http://169.254.169.254/token", **credentials))
    assert str(failure) == (
        "Essai: 169.254.169.254 is inside a private network; if that is meant, add it to partners.essai.allow_hosts"
    )
    token, _ = answering(status(307, Location="http://169.254.169.254/"))
    failure = await failure_of(plain(address, token_url=f"{await serve({'/token': token})}/token", **credentials))
    assert str(failure) == (
        "Essai: its server does not understand the request (307); correct partners.essai.base_url and resource"
    )
    assert asked == []


@pytest.mark.parametrize(
    "place", ["http://169.254.169.254/", "//[::1]/", "http://2130706433/", "file:///etc/passwd", "http://["]
)
async def test_no_redirect_leads_elsewhere(place: str, serve: Serve) -> None:
    moved, asked = answering(status(302, Location=place))
    failure = await failure_of(plain(await serve({"/": moved}), auth="bearer", token="hunter2"))
    assert isinstance(failure, PartnerRefused)
    assert str(failure) == (
        "Essai: its server sends readers to another host, which is not followed; if it has moved, correct "
        "partners.essai.base_url"
    )
    assert len(asked) == 1


async def test_a_redirect_cannot_put_other_credentials_in_the_place_of_ours(serve: Serve) -> None:
    handler, asked = answering(members)

    async def moved(request: web.Request) -> web.Response:
        return status(302, Location=f"http://eve:x@{request.host}/new")()

    await reading_of(plain(await serve({"/": moved, "/new": handler}), auth="bearer", token="hunter2"))
    assert [request.headers["Authorization"] for request in asked] == ["Bearer hunter2"]


async def test_the_address_that_was_checked_is_the_one_that_is_connected_to(serve: Serve) -> None:
    checked, asked = answering(members)
    other, asked_later = answering(members)
    ports = [URL(await serve({"/": handler})).port or 0 for handler in (checked, other)]
    resolver = Scripted(*([("127.0.0.1", port)] for port in ports))
    declared = plain("http://partner.example", allow_hosts=["partner.example"])
    async with open_session(declared, resolver) as session:
        transport = Transport(declared, Wire(declared, session, asyncio.get_running_loop().time))
        await transport.get(URL(declared.base_url))
    assert (resolver.asked, len(asked), len(asked_later)) == (["partner.example"], 1, 0)


async def test_a_name_that_leads_inside_the_second_time_is_refused_then(serve: Serve) -> None:
    resolver = GuardedResolver((), Scripted([("8.8.8.8", 0)], [("8.8.4.4", 0), ("10.0.0.1", 0)]))
    assert [found["host"] for found in await resolver.resolve("partner.example", 443)] == ["8.8.8.8"]
    with pytest.raises(ForbiddenAddress, match=r"^partner\.example is inside a private network$"):
        await resolver.resolve("partner.example", 443)


async def test_a_dot_at_the_end_makes_no_other_name() -> None:
    resolver = GuardedResolver(("Partner.example.",), Scripted([("10.0.0.1", 0)]))
    assert [found["host"] for found in await resolver.resolve("partner.example", 443)] == ["10.0.0.1"]
    resolver = GuardedResolver(("partner.example",), Scripted([("10.0.0.1", 0)]))
    assert [found["host"] for found in await resolver.resolve("partner.example.", 443)] == ["10.0.0.1"]


async def test_a_name_that_is_none_cannot_be_reached() -> None:
    failure = await failure_of(plain(f"http://{'a' * 70}.example", retries=0))
    assert str(failure) == "Essai: it cannot be reached (once); try again later"
