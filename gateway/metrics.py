"""``/metrics``: what happened, for Prometheus.

With several workers ``serve`` sets ``PROMETHEUS_MULTIPROC_DIR`` before they start: counters and histograms then live in
files of that folder and any worker's answer adds them up. What is true now (age of the index, health of partners) is
asked at each scrape of the store and the index, which all workers share, so any of them may answer.
"""

import os
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY, Collector
from starlette.requests import Request
from starlette.responses import Response

from directory.records import now
from directory.store.errors import StoreError
from directory.store.views import Health, PartnerState
from gateway.hub import Hub
from gateway.operations import NAME_LENGTH

MULTIPROCESS_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
# Callers choose operation names: beyond so many distinct ones they are counted together.
OPERATION_NAMES: Final = 50
OTHER: Final = "other"
ANONYMOUS: Final = "anonymous"

REQUESTS = Counter("circuit_http_requests", "Requests answered.", ("route", "method", "status"))
SECONDS = Histogram(
    "circuit_graphql_seconds",
    "Time to answer a GraphQL operation whose request has been read, by its name.",
    ("operation",),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.5, 1, 5, 30),
)
PLANS = Counter(
    "circuit_plans",
    "Operations executed: by a plan (hit, made), or by Strawberry for the reason named.",
    ("outcome",),
)
CACHE = Counter("circuit_cache_answers", "Answers by where they came from.", ("state",))

SOCKET: Final = "WEBSOCKET"
_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", SOCKET})
_names: set[str] = set()


def operation_label(name: str | None) -> str:
    """The label of an operation: its name while there is room for one more."""
    if name is None:
        return ANONYMOUS
    if len(name) > NAME_LENGTH:
        return OTHER
    if name not in _names and len(_names) >= OPERATION_NAMES:
        return OTHER
    _names.add(name)
    return name


def count_request(route: str, method: str, status: int) -> None:
    """Count one answer; methods outside HTTP's common ones are counted together."""
    REQUESTS.labels(route, method if method in _METHODS else OTHER, str(status)).inc()


async def metrics(request: Request) -> Response:
    """The scrape."""
    hub: Hub = request.app.state.hub
    registry = CollectorRegistry()
    registry.register(_Now(hub, await _partners(hub)))
    if MULTIPROCESS_VARIABLE in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        happened = b""
    else:
        happened = generate_latest(REGISTRY)
    return Response(happened + generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _age(partner: PartnerState, at: datetime) -> float | None:
    return None if partner.last_success_at is None else (at - partner.last_success_at).total_seconds()


def _overdue(partner: PartnerState, at: datetime) -> float | None:
    return None if partner.due_at is None else max(0.0, (at - partner.due_at).total_seconds())


_OF_PARTNERS: Final[tuple[tuple[str, str, Callable[[PartnerState, datetime], float | None]], ...]] = (
    ("up", "Whether its last harvest was accepted and it is not paused.", lambda it, _: it.health is Health.UP),
    ("members", "Members served of a partner.", lambda it, _: it.record_count),
    ("age_seconds", "Time since the last accepted harvest.", _age),
    ("failures", "Harvests refused in a row.", lambda it, _: it.failures),
    ("held", "Whether a harvest waits for a steward's decision.", lambda it, _: it.held is not None),
    ("paused", "Whether a steward stopped its harvests.", lambda it, _: it.health is Health.PAUSED),
    ("overdue_seconds", "Time since its next harvest should have begun.", _overdue),
)


class _Now(Collector):
    """What is true at this moment."""

    def __init__(self, hub: Hub, partners: list[PartnerState]) -> None:
        self._hub = hub
        self._partners = partners
        self._now = now()

    def collect(self) -> Iterable[Metric]:
        hub = self._hub
        yield GaugeMetricFamily(
            "circuit_store_up", "Whether the store answers.", value=float(hub.store_problem is None)
        )
        yield GaugeMetricFamily("circuit_index_up", "Whether an index is loaded.", value=float(hub.engine is not None))
        if hub.engine is not None:
            age = (self._now - hub.engine.built_at).total_seconds()
            yield GaugeMetricFamily("circuit_index_age_seconds", "Age of the index generation served.", value=age)
            count = float(hub.engine.supplier_count)
            yield GaugeMetricFamily("circuit_index_suppliers", "Suppliers in the index served.", value=count)
            on_top = float(hub.engine.changed_count)
            yield GaugeMetricFamily("circuit_index_changed", "Suppliers changed since the index's base.", value=on_top)
        yield from self._of_partners()

    def _of_partners(self) -> Iterable[Metric]:
        for name, described, told in _OF_PARTNERS:
            gauge = GaugeMetricFamily(f"circuit_partner_{name}", described, labels=("partner",))
            for partner in self._partners:
                if (value := told(partner, self._now)) is not None:
                    gauge.add_metric([partner.info.id], value)
            yield gauge


async def _partners(hub: Hub) -> list[PartnerState]:
    try:
        return await hub.reader.partners()
    except StoreError:
        return []  # circuit_store_up says so
