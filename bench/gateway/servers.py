"""Servers as processes: started on a free port, held to a core, ended at the end."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

START_SECONDS = 120
STOP_SECONDS = 30


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@dataclass(frozen=True)
class Server:
    """How a server is started; ``{port}`` in ``command`` and ``variables`` stands for where it shall listen."""

    name: str
    command: Sequence[str]
    variables: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    port: int = field(default_factory=free_port)

    def start(self) -> "subprocess.Popen[bytes]":
        """The process, not yet answering."""
        variables = {name: value.replace("{port}", str(self.port)) for name, value in self.variables.items()}
        return subprocess.Popen(
            [part.replace("{port}", str(self.port)) for part in self.command],
            env={**os.environ, **variables},
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
        )


@contextmanager
def running(server: Server, core: int | None = None) -> "Iterator[int]":
    """The id of the server's process, once it accepts connections. ``core``: where all its threads run."""
    process = server.start()
    try:
        if core is not None:
            os.sched_setaffinity(process.pid, {core})  # before it has threads, which inherit it
        _await(server, process)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await(server: Server, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"{server.name} ended with code {process.returncode} before it answered")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", server.port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"{server.name} did not answer within {START_SECONDS} s")


def ours(name: str, data: Path, checkout: Path, *, cached: bool) -> Server:
    """Our gateway over the store and the index in ``data``, one worker; ``checkout`` is the code that runs."""
    return Server(
        name,
        [sys.executable, "-c", "from gateway.cli import main; main()", "serve"],
        circuit_variables(data) | {"PYTHONPATH": str(checkout)} | ({} if cached else UNCACHED),
        checkout,
    )


UNCACHED = {"CIRCUIT_CACHE__FRESH_SECONDS": "0", "CIRCUIT_CACHE__STALE_SECONDS": "0"}


def circuit_variables(data: Path) -> dict[str, str]:
    """Settings of our gateway: nothing is harvested, no setting of the machine's reaches it.

    Costs are counted and bounded as ever, but beyond what one caller may load it with.
    """
    return {
        "CIRCUIT_CONFIG": str(data / "circuit.toml"),
        "CIRCUIT_PORT": "{port}",
        "CIRCUIT_LOG__LEVEL": "error",
        "CIRCUIT_COST__MAXIMUM__PUBLIC": "1000000000",
        "CIRCUIT_COST__BUDGET__PUBLIC": "1000000000",
    }
