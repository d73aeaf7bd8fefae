"""Servers loaded in turns, so that a machine that slows down slows all of them."""

import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.gateway.load import Round, loaded, written
from bench.gateway.servers import Server, running

SERVER_CORE, LOAD_CORE = 0, 1


@dataclass(frozen=True)
class Effort:
    """How long and how hard each server is loaded."""

    rounds: int
    seconds: float
    connections: int


def in_turns(
    servers: Sequence[Server],
    bodies: Mapping[str, Sequence[bytes]],
    effort: Effort,
    *,
    check: Callable[[Sequence[Server]], None],
    helpers: Mapping[str, Callable[[], Collection[int]]] | None = None,
) -> dict[str, list[Round]]:
    """Rounds by the server's name; one before them warms it up. ``bodies`` are what each is asked, by its name.

    ``check`` is given all servers once they answer, and ends the benchmark if they do not agree. ``helpers`` are the
    processes whose work counts as a server's beside its own.
    """
    beside = helpers or {}
    rounds: dict[str, list[Round]] = {server.name: [] for server in servers}
    with ExitStack() as stack:
        pids = {server.name: stack.enter_context(running(server, SERVER_CORE)) for server in servers}
        check(servers)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        scripts = {name: written(folder / f"{number}.lua", bodies[name]) for number, name in enumerate(rounds)}
        for number in range(effort.rounds + 1):
            for server in servers:
                helping = beside.get(server.name, tuple)
                measured = loaded(
                    server.port,
                    scripts[server.name],
                    seconds=effort.seconds,
                    connections=effort.connections,
                    core=LOAD_CORE,
                    processes=lambda pid=pids[server.name], helping=helping: {pid, *helping()},  # type: ignore[misc]
                )
                if number:
                    rounds[server.name].append(measured)
    return rounds
