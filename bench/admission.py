"""What it takes to let a request in: its document measured and priced, its cost filled in, its budget looked at.

``python -m bench.admission``: microseconds of this process's processor, the median of seven rounds that take turns.
"""

import statistics
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Final

from graphql import GraphQLError, parse

from bench.machine import machine
from cache import SlidingWindow, State
from gateway.admission import admit
from gateway.auth import Identity
from gateway.budgets import Budgets
from gateway.costs import Tariff, cost_of, priced
from gateway.operations import Documents
from gateway.requests import GraphQLRequest
from gateway.settings import Settings
from gateway.settings_costs import Budget, Costs
from gateway.shape import check, read
from schema import build_schema

ROUNDS: Final = 7
PAGE: Final = """query Page($q: String, $n: Int) {
  suppliers(query: $q, first: $n) {
    totalCount
    nodes { id name siren size status website headOffice { address { lines postcode commune } }
            labels { label { name } } activities { code label } listings { partner { name } } }
    facets(of: [NAF, SIZE, LABEL, COMMUNE], top: 10) { buckets { value count } }
  }
}"""
CHAIN: Final = " ".join(f"fragment f{n} on Query {{...f{n + 1} ...f{n + 1}}}" for n in range(20))
HOSTILE: Final = f"{{...f0}} {CHAIN} fragment f20 on Query {{partners}}"


def main() -> None:
    """Measure and print."""
    settings = Settings.alone(cost=Costs(budget=Budget(public=10**9)))
    schema, limits, window = build_schema(), settings.limits, SlidingWindow()
    tariff = Tariff.of(schema._schema)
    hub: Any = SimpleNamespace(
        settings=settings, documents=Documents(schema, limits), budgets=Budgets(settings.cost, window)
    )
    request: Any = SimpleNamespace(scope={"client": ("127.0.0.1", 1), "headers": []}, method="POST")
    asked = GraphQLRequest(PAGE, None, {"q": "plombier", "n": 20})
    document = parse(PAGE, no_location=True)
    form, identity = priced(document, tariff)[0], Identity()

    def hostile() -> None:
        try:
            read(HOSTILE, limits)
        except GraphQLError:
            return
        raise AssertionError("the hostile document was let in")

    def let_in() -> None:
        _, charge = admit(hub, asked, identity, request)
        charge.settle(State.HIT)

    measured: dict[str, tuple[int, Callable[[], object]]] = {
        "a request whose document is kept, let in and settled": (10_000, let_in),
        "its cost filled in": (50_000, lambda: cost_of(form, asked.variables)),
        "its budget looked at and taken": (50_000, lambda: window.take("caller", 1, 10**9)),
        "its document parsed": (200, lambda: parse(PAGE, no_location=True)),
        "its document measured": (500, lambda: check(document, limits)),
        "its document priced": (500, lambda: priced(document, tariff)),
        "the document of 772 bytes, parsed, measured and refused": (50, hostile),
    }
    rounds: dict[str, list[float]] = {name: [] for name in measured}
    for _ in range(ROUNDS):
        for name, (times, run) in measured.items():
            began = time.process_time()
            for _ in range(times):
                run()
            rounds[name].append((time.process_time() - began) / times * 1e6)
    print(f"{machine()}\n")
    for name, found in rounds.items():
        print(f"| {name} | {statistics.median(found):,.1f} µs |")


if __name__ == "__main__":
    main()
