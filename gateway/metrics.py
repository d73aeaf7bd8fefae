"""What happened, counted for Prometheus: every metric is declared here, and listed in docs/operating.md.

With several workers ``serve`` sets ``PROMETHEUS_MULTIPROC_DIR`` before they start: what is counted then lives in files
of that folder, and any worker's answer to ``/metrics`` adds them up. A child of a metric is looked up once: a look-up
takes a lock and as long as counting does, and the values of every label here are few.
"""

from functools import cache
from typing import Final

from prometheus_client import Counter, Gauge, Histogram

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
CACHE = Counter("circuit_cache_answers", "Answers by where they came from.", ("state",))
PLANS = Counter(
    "circuit_plans",
    "Operations executed: by a plan (hit, made), or by Strawberry for the reason named.",
    ("outcome",),
)
COST = Histogram(
    "circuit_graphql_cost",
    "Cost of GraphQL operations, in units.",
    buckets=(1, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000),
)
REFUSALS = Counter("circuit_refusals", "Requests refused without being run, by code.", ("code",))
OVERRUNS = Counter("circuit_overruns", "Requests that cost.mode « enforce » would have refused.", ("code",))
ERRORS = Counter("circuit_graphql_errors", "Errors inside answers, by code.", ("code",))
SHED = Counter("circuit_shed", "What was turned away because there was too much at once.", ("what",))
LEFT = Counter("circuit_callers_left", "Queries and exports given up because their caller had hung up.")
CUT = Counter("circuit_connections_cut", "Connections closed by the hub before their time, by reason.", ("reason",))
CONNECTIONS = Gauge("circuit_connections", "Connections open now.", multiprocess_mode="livesum")
EXECUTING = Gauge("circuit_executions", "Operations that are executed now.", multiprocess_mode="livesum")
WAITING = Gauge("circuit_executions_waiting", "Operations that wait for their turn now.", multiprocess_mode="livesum")
EVENTS_WAITING = Gauge(
    "circuit_subscription_events_waiting",
    "Events of subscriptions that wait for their turn now.",
    multiprocess_mode="livesum",
)
LAG = Histogram(
    "circuit_event_loop_lag_seconds",
    "How much later than asked the event loop woke a task that slept.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5),
)

SOCKET: Final = "WEBSOCKET"
_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", SOCKET})
_names: set[str] = set()

_requests = cache(REQUESTS.labels)
_seconds = cache(SECONDS.labels)
_cache = cache(CACHE.labels)
_plans = cache(PLANS.labels)
_refusals = cache(REFUSALS.labels)
_overruns = cache(OVERRUNS.labels)
_errors = cache(ERRORS.labels)
_shed = cache(SHED.labels)
_cut = cache(CUT.labels)


def operation_label(name: str | None) -> str:
    """The label of an operation: its name, of bounded length, while there is room for one more."""
    if name is None:
        return ANONYMOUS
    if name in _names:
        return name
    if len(_names) >= OPERATION_NAMES:
        return OTHER
    _names.add(name)
    return name


def count_request(route: str, method: str, status: int) -> None:
    """Count one answer; methods outside HTTP's common ones are counted together."""
    _requests(route, method if method in _METHODS else OTHER, str(status)).inc()


def count_operation(name: str | None, seconds: float) -> None:
    """Count an operation that was answered or refused after so many seconds."""
    _seconds(operation_label(name)).observe(seconds)


def count_answer(state: str) -> None:
    """Count an answer by where it came from: a value of :class:`cache.State`."""
    _cache(state).inc()


def count_plan(outcome: str) -> None:
    """Count how an operation came to its plan (``hit``, ``made``), or why to none."""
    _plans(outcome).inc()


def count_cost(cost: float) -> None:
    """Count what an operation was reckoned to cost."""
    COST.observe(cost)


def count_refusal(code: str) -> None:
    """Count a request that was not run."""
    _refusals(code).inc()


def count_overrun(code: str) -> None:
    """Count a request that would have been refused, and was answered all the same."""
    _overruns(code).inc()


def count_error(code: str) -> None:
    """Count an error inside an answer."""
    _errors(code).inc()


def count_shed(what: str) -> None:
    """Count what was turned away for there being too much at once."""
    _shed(what).inc()


def count_cut(reason: str) -> None:
    """Count a connection that the hub closed before its time."""
    _cut(reason).inc()
