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
SENT: Final = EVENTS.labels("sent")
DROPPED: Final = EVENTS.labels("dropped")
