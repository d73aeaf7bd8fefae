"""Whose pages may open a WebSocket."""

import pytest

from gateway.origins import Origins
from gateway.subscriptions.origins import may_connect


@pytest.mark.parametrize(
    ("origin", "host", "expected"),
    [
        ("https://hub.example", "hub.example", True),  # behind a proxy that ends TLS
        ("https://hub.example:443", "hub.example", True),
        ("https://HUB.example", "hub.example:443", True),
        ("http://hub.example:8000", "hub.example:8000", True),
        ("http://hub.example:8001", "hub.example:8000", False),
        ("https://hub.example", "other.example", False),
        ("https://hub.example.evil.example", "hub.example", False),
        ("https://[::1]:8000", "[::1]:8000", True),
        ("https://hub.example:port", "hub.example", False),
        ("null", "hub.example", False),
        ("", "", False),
        ("file://", "hub.example", False),
    ],
)
def test_a_page_of_ours(origin: str, host: str, expected: bool) -> None:
    assert may_connect({"origin": origin, "host": host}, Origins(())) is expected


def test_a_program_says_no_origin() -> None:
    assert may_connect({"host": "hub.example"}, Origins(()))


@pytest.mark.parametrize("origin", ["https://portal.example", "https://PORTAL.example"])
def test_an_allowed_origin(origin: str) -> None:
    headers = {"origin": origin, "host": "hub.example"}
    assert may_connect(headers, Origins(("https://Portal.example",)))
    assert not may_connect(headers, Origins(("https://portal.example:8443",)))
