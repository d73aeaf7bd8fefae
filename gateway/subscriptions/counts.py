"""What happens to subscriptions, counted for ``/metrics``."""

from typing import Final

from prometheus_client import Counter, Gauge

OPEN: Final = Gauge(
    "circuit_subscriptions_open",
    "Subscriptions under way, by what carries them.",
    ("transport",),
    multiprocess_mode="livesum",
)
EVENTS: Final = Counter(
    "circuit_subscription_events",
    "Events of subscriptions: sent, or dropped with a caller who was too slow.",
    ("fate",),
)
SOCKETS: Final = Counter("circuit_websockets", "WebSocket connections ended, by their close code.", ("code",))
# Clients close with a code of their choice; these are the protocol's and ours.
_CODES: Final = frozenset({1000, 1001, 1005, 1006, 1009, 1011, 1012, 1013, *range(4400, 4410), 4429})

SENT: Final = EVENTS.labels("sent")
DROPPED: Final = EVENTS.labels("dropped")


def count_close(code: int | None) -> None:
    """Count a connection's end; without a code, its client was gone."""
    SOCKETS.labels(str(code or 1006) if code is None or code in _CODES else "other").inc()
