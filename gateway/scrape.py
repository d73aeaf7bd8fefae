"""``/metrics``: the scrape. What happened is counted in :mod:`gateway.metrics`; what is true now is looked up here.

Age of the index and health of partners are asked at each scrape of the store and the index, which all workers share, so
that any of them may answer for all.
"""

import os
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY, Collector
from starlette.requests import Request
from starlette.responses import Response

from directory.records import now
from directory.store.errors import StoreError
from directory.store.views import Health, PartnerState
from gateway.hub import Hub
from gateway.metrics import MULTIPROCESS_VARIABLE


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
