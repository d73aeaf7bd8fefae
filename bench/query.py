"""A buyer's search over HTTP, uncached: 20 suppliers × 15 fields, 4 facets, a distance filter; one client.

``python -m bench.query [--members N] [--rounds R]`` makes a demo of N companies in a temporary folder, serves it with
the response cache off, and beside it a bare page: the same bytes from Starlette without any work. Both are asked in
turns, so that a machine that slows down slows both. Prints medians over the rounds, the server's memory and the ratio.
"""

import argparse
import http.client
import itertools
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.machine import machine

QUERY = """query Bench($text: String!, $latitude: Float!, $longitude: Float!) {
  suppliers(query: $text, near: {latitude: $latitude, longitude: $longitude, radiusKm: 30}, first: 20) {
    totalCount
    pageInfo { hasNextPage endCursor }
    facets(of: [NAF, SIZE, LABEL, DEPARTMENT]) { field buckets { value label count } }
    edges {
      distanceKm
      node {
        id siren name tradeNames description website size status updatedAt
        activities { label }
        headOffice { address { postcode commune } }
      }
    }
  }
}"""
TEXTS = ("plomberie chauffage", "maçonnerie", "menuiserie bois", "électricité", "boulangerie", "conseil", "transport")
PLACES = ((43.2927, 5.5708), (43.2965, 5.3698), (43.5297, 5.4474), (43.1242, 5.9280))
PER_ROUND = 100
BARE = """
import sys
from pathlib import Path
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
body = Path(sys.argv[1]).read_bytes()
async def page(request):
    await request.body()
    return Response(body, media_type="application/json")
uvicorn.run(Starlette(routes=[Route("/graphql", page, methods=["POST"])]), port=int(sys.argv[2]), log_level="error")
"""


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--members", type=int, default=12_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run_in = Path(folder)
        subprocess.run(
            [*circuit(), "demo", "--once", "--members", str(options.members)], cwd=run_in, check=True, stdout=sys.stderr
        )
        measure(run_in, options.rounds)


def measure(folder: Path, rounds: int) -> None:
    """Serve both, ask them in turns, print."""
    config = next(folder.glob(".circuit/*/circuit.toml"))
    hub_port, bare_port = free_port(), free_port()
    uncached = {"CIRCUIT_CACHE__FRESH_SECONDS": "0", "CIRCUIT_CACHE__STALE_SECONDS": "0"}
    quiet = {"CIRCUIT_CONFIG": str(config), "CIRCUIT_LOG__LEVEL": "error", "CIRCUIT_PORT": str(hub_port)}
    with serving([*circuit(), "serve"], hub_port, uncached | quiet) as hub:
        answer = folder / "answer.json"
        answer.write_bytes(ask(http.client.HTTPConnection("127.0.0.1", hub_port), body(0)))
        with serving([sys.executable, "-c", BARE, str(answer), str(bare_port)], bare_port, {}):
            times = in_turns({"hub": hub_port, "bare page": bare_port}, rounds)
        memory = resident(hub.pid)
    print(f"{machine()}; {rounds} rounds of {PER_ROUND}, answer of {answer.stat().st_size:,} bytes\n")
    print("| server | median ms | p99 ms |\n|---|---|---|")
    for name, per_round in times.items():
        medians = [statistics.median(one) * 1e3 for one in per_round]
        tails = [statistics.quantiles(one, n=100)[98] * 1e3 for one in per_round]
        print(f"| {name} | {statistics.median(medians):.2f} | {statistics.median(tails):.2f} |")
    print(f"\nresident memory of the hub: {memory:.0f} MB")


def in_turns(ports: dict[str, int], rounds: int) -> dict[str, list[list[float]]]:
    """Seconds of each request, by server and round, the servers taking turns; the first round is not counted."""
    connections = {name: http.client.HTTPConnection("127.0.0.1", port) for name, port in ports.items()}
    times: dict[str, list[list[float]]] = {name: [] for name in ports}
    for number in range(rounds + 1):
        for name, connection in connections.items():
            one = []
            for request in range(PER_ROUND):
                asked = body(number * PER_ROUND + request)
                started = time.perf_counter()
                ask(connection, asked)
                one.append(time.perf_counter() - started)
            if number:
                times[name].append(one)
    return times


def body(number: int) -> bytes:
    """The numbered request: another text and place each time."""
    latitude, longitude = PLACES[number % len(PLACES)]
    variables = {"text": TEXTS[number % len(TEXTS)], "latitude": latitude, "longitude": longitude}
    return json.dumps({"query": QUERY, "variables": variables}).encode()


def ask(connection: http.client.HTTPConnection, asked: bytes) -> bytes:
    """One answer; an error ends the benchmark."""
    connection.request("POST", "/graphql", asked, {"Content-Type": "application/json"})
    response = connection.getresponse()
    answer = response.read()
    if response.status != 200 or b'"errors"' in answer:
        raise SystemExit(f"the server answered {response.status}: {answer[:500].decode(errors='replace')}")
    return answer


@contextmanager
def serving(command: list[str], port: int, variables: dict[str, str]) -> "Iterator[subprocess.Popen[bytes]]":
    """A server process that answers on its port, ended at the end."""
    process = subprocess.Popen(command, env=os.environ | variables, stdout=subprocess.DEVNULL)
    try:
        for _ in itertools.repeat(None, 300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def circuit() -> list[str]:
    """The command, by this interpreter."""
    return [sys.executable, "-c", "from gateway.cli import main; main()"]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def resident(pid: int) -> float:
    """Resident memory of a process in MB (Linux)."""
    fields = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in fields if line.startswith("VmRSS")) / 1024


if __name__ == "__main__":
    main()
