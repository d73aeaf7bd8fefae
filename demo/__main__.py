"""``python -m demo``: the five partner servers and the official register in one process, until it is told to stop or
its parent is gone.

One line of JSON on standard output, ``{"partners": {name: settings}}``, says that they are ready. Reading standard
input to its end stops them, so that nothing is left behind by a parent that died; so do SIGINT and SIGTERM.
"""

import argparse
import asyncio
import os
import signal
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from demo.region import COMPANIES, Region
from demo.running import partners, register_of, servers, settings
from demo.servers.base import PartnerServer
from demo.servers.sirene import SireneServer


def main(arguments: list[str] | None = None) -> int:
    """Run until stopped; 0, or 1 with one line on standard error."""
    options = _parser().parse_args(arguments)
    try:
        # Made before the event loop runs: a large region takes seconds, in which a signal should act at once.
        source = options.data or Region(options.seed, options.members)
        chosen = servers(source)
        asyncio.run(_serve(chosen, register_of(source), options.base_port, wait_for_input=not options.detached))
    except (asyncio.CancelledError, KeyboardInterrupt):
        return 0
    except (OSError, ValueError) as error:
        print(f"demo: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m demo", description="Five demo partner servers and the official register on loopback."
    )
    parser.add_argument("--members", type=int, default=COMPANIES, metavar="N", help="companies (default: %(default)s)")
    parser.add_argument(
        "--seed", type=int, default=13, metavar="S", help="same seed, same region (default: %(default)s)"
    )
    parser.add_argument("--base-port", type=int, default=0, metavar="P", help="first of six ports (default: free ones)")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="serve the partners' files of a folder instead")
    parser.add_argument("--detached", action="store_true", help="do not stop when standard input ends")
    return parser


async def _serve(
    chosen: Mapping[str, PartnerServer], sirene: SireneServer | None, base_port: int, *, wait_for_input: bool
) -> None:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None  # noqa: S101 - a coroutine that runs has a task
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    if wait_for_input:
        threading.Thread(target=_at_end_of_input, args=(loop, task), daemon=True).start()
    async with partners(chosen, sirene=sirene, base_port=base_port) as running:
        sys.stdout.buffer.write(msgspec.json.encode({"partners": settings(running)}) + b"\n")
        sys.stdout.buffer.flush()
        await asyncio.Event().wait()


def _at_end_of_input(loop: asyncio.AbstractEventLoop, task: "asyncio.Task[None]") -> None:
    with suppress(OSError):  # standard input may be closed from the beginning
        while os.read(0, 4096):
            pass
    with suppress(RuntimeError):  # the loop is closed: a signal came first
        loop.call_soon_threadsafe(task.cancel)


if __name__ == "__main__":
    sys.exit(main())
