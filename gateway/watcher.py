"""The process that reads partners: ``circuit harvest --watch``, and the child of ``circuit serve``.

``python -m gateway.watcher`` is the child: its settings come from the environment, as a worker's do, and it ends by
itself when its standard input does, so that nothing is left behind by a parent that died.
"""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

from gateway import logs
from gateway.errors import SettingsError
from gateway.settings import Settings
from gateway.supervisor import WRONG_SETTINGS
from gateway.watch import watch


def run(settings: Settings, *, until_input_ends: bool = False) -> None:
    """Watch until SIGINT, SIGTERM or, if so chosen, the end of standard input. Raises :class:`SettingsError`."""
    logs.configure(settings.log)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_watch(settings, until_input_ends=until_input_ends))


async def _watch(settings: Settings, *, until_input_ends: bool) -> None:
    loop, stopping = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    if until_input_ends:
        threading.Thread(target=_at_end_of_input, args=(loop, stopping), daemon=True).start()
    await watch(settings, stopping)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's where there is one."""
    try:
        import uvloop  # noqa: PLC0415
    except ImportError:
        return None
    return uvloop.new_event_loop


def _at_end_of_input(loop: asyncio.AbstractEventLoop, stopping: asyncio.Event) -> None:
    with suppress(OSError):  # standard input may be closed from the beginning
        while os.read(0, 4096):
            pass
    with suppress(RuntimeError):  # the loop is closed: a signal came first
        loop.call_soon_threadsafe(stopping.set)


def main() -> int:
    """The child of ``serve``."""
    try:
        run(Settings(), until_input_ends=True)
    except SettingsError as error:
        print(f"circuit: {error}", file=sys.stderr)  # noqa: T201
        return WRONG_SETTINGS
    return 0


if __name__ == "__main__":
    sys.exit(main())
