"""``circuit demo``: five partner servers on loopback, one harvest over real HTTP, and the hub in front of them."""

import json
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.context import run
from gateway.cli.output import AsJson, Failure, console, say
from gateway.cli.progress import bars, report
from gateway.examples import EXAMPLES, as_tab
from gateway.settings import Settings

SERVERS = 6  # five partners and the register
FIRST_PORT = 8101
START_SECONDS = 300  # 200,000 companies take about a minute to invent
STOP_SECONDS = 10


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("demo")(demo)


def demo(
    members: Annotated[int, typer.Option(min=1, max=1_000_000, help="Companies to invent.")] = 12_000,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port of the hub.")] = 8000,
    seed: Annotated[int, typer.Option(help="Another seed, another Provence.")] = 13,
    data: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Serve the partners' own files in this folder.")
    ] = None,
    partners_only: Annotated[bool, typer.Option("--partners-only", help="Only the partners' servers.")] = False,
    once: Annotated[bool, typer.Option("--once", help="Harvest, resolve, index, print the report, exit.")] = False,
    as_json: AsJson = False,
) -> None:
    """Five invented partners, harvested over real HTTP, and the hub that answers for them."""
    started = time.monotonic()
    with partner_servers(members, seed, data) as partners:
        folder = Path(".circuit") / (f"demo-{data.resolve().name}" if data else f"demo-{members}-{seed}")
        settings = Settings(data_dir=folder, port=port, partners=partners)
        config = write_config(settings)
        if partners_only:
            say(f"Five partners are up; their settings are in {config}. Ctrl-C ends them.")
            console.out(config.read_text(encoding="utf-8"), highlight=False)
            _wait()
        refresh_and_serve(settings, started, config, once=once, json=as_json)


def refresh_and_serve(settings: Settings, started: float, config: Path, *, once: bool, json: bool) -> None:
    """Harvest, resolve and index with progress bars; then print where to go and answer until Ctrl-C."""
    from gateway.pipeline import refresh
    from gateway.server import address_of, listen, serve

    # Before the work: a port that is taken is said at once.
    listening = None if once else listen(settings.host, settings.port)
    with bars() as observer:
        outcome = run(refresh(settings, observer=observer))
    report(outcome, json=json)
    if listening is None:
        return
    console.print(f"\nReady in {time.monotonic() - started:.0f} s: [bold]{address_of(listening)}[/]")
    for example in EXAMPLES:
        console.out(f"\n{as_tab(example)}", highlight=False)
    if settings.harvest.scheduled:
        say("\nEach partner is read again about once an hour, and what has changed is served within seconds of that.")
    say(f"\nOther commands can look at this demo too: CIRCUIT_CONFIG={config} circuit partners. Ctrl-C ends it.")
    serve(settings, listening)


@contextmanager
def partner_servers(members: int, seed: int, data: Path | None) -> Iterator[dict[str, dict[str, Any]]]:
    """The five servers and the register's in a process of their own, which ends with this one however this one ends.

    Gives the partners' part of the settings: addresses, credentials, hosts allowed.
    """
    command = [sys.executable, "-P", "-m", "demo", "--members", str(members), "--seed", str(seed)]
    command += ["--data", str(data)] if data else []
    command += ["--base-port", str(_free_ports())]
    # A session of its own: Ctrl-C reaches the hub first, which may still be reading from the partners.
    process = subprocess.Popen(  # noqa: S603 our own interpreter, arguments checked by the option types
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        with console.status("Inventing a Provence and starting its five partners …"):
            announced = _first_line(process)
        yield json.loads(announced)["partners"]
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def write_config(settings: Settings) -> Path:
    """The demo's settings as a ``circuit.toml``, so that the other commands can be pointed at it."""
    from gateway.stores import made_folder

    path = settings.data_dir / "circuit.toml"
    made_folder(settings.data_dir)
    lines = [f"data_dir = {json.dumps(str(settings.data_dir.resolve()))}", f"port = {settings.port}"]
    for name, table in settings.partners.items():
        lines += ["", f"[partners.{name}]"]
        lines += [f"{key} = {json.dumps(value)}" for key, value in table.items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _free_ports() -> int:
    """The first of six free ports in a row, or 0 for any.

    The same ports each time where they can be had: a cursor holds for one address, and a second demo that finds its
    partners where they were reads only what changed.
    """
    try:
        for port in range(FIRST_PORT, FIRST_PORT + SERVERS):
            with socket.create_server(("127.0.0.1", port)):
                pass
    except OSError:
        return 0
    return FIRST_PORT


def _first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None  # noqa: S101
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        if not selector.select(START_SECONDS):
            raise Failure(f"The demo partners did not start within {START_SECONDS} s.")
    line = process.stdout.readline()
    if not line:
        raise Failure(f"The demo partners ended at once with status {process.wait()}; their message is above.")
    return line


def _wait() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        raise typer.Exit from None
