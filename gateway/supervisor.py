"""The child of ``circuit serve`` that reads partners: started, started again when it dies, stopped.

A process of its own, with its own interpreter: mapping and resolving never stand in front of an answer.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import structlog

from gateway.settings import Settings

# How the child says so; sysexits.h calls it EX_CONFIG. To start it again would change nothing.
WRONG_SETTINGS: Final = 78
# -P: whatever is called like a package of ours in the folder where the hub was started must not be run in its place.
COMMAND: Final = (sys.executable, "-P", "-m", "gateway.watcher")
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0
# One that lived so long was well: what ended it is no reason to wait for long.
WELL_AFTER: Final = 60.0
STOP_SECONDS: Final = 10.0

log = structlog.get_logger(__name__)


@contextmanager
def reading_partners(settings: Settings) -> Iterator[None]:
    """Have a child harvest on schedule while the block lasts, where partners are set and the setting allows it."""
    if not (settings.harvest.scheduled and settings.partners):
        yield
        return
    child = Child({**os.environ, **settings.environment()})
    try:
        yield
    finally:
        child.stop()


class Child:
    """Runs at once, and again after a pause whenever it has ended before :meth:`stop`; the pause doubles each time.

    Both ``pause`` and ``patience``, which is for its end, are in seconds.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        command: tuple[str, ...] = COMMAND,
        *,
        pause: float = FIRST_PAUSE,
        patience: float = STOP_SECONDS,
    ) -> None:
        self._environment, self._command = environment, command
        self._pause, self._patience = pause, patience
        self._stopping = threading.Event()
        self._process = self._start()
        self._watching = threading.Thread(target=self._watch, daemon=True)
        self._watching.start()

    def stop(self) -> None:
        """Ask it to end, and end it if it does not in time."""
        self._stopping.set()
        self._process.terminate()
        self._watching.join(self._patience)
        if self._watching.is_alive():
            log.warning("harvesting.killed", problem=f"It did not end within {self._patience:g} s.")
            self._process.kill()
            self._watching.join()

    def _watch(self) -> None:
        pause = self._pause
        while True:
            started = time.monotonic()
            status = self._wait()
            if self._stopping.is_set():
                return
            if status == WRONG_SETTINGS:
                log.error("harvesting.ended", problem="Its settings are wrong; correct them and serve again.")
                return
            if time.monotonic() - started > WELL_AFTER:
                pause = self._pause
            log.warning("harvesting.died", status=status, again_in=pause)
            if self._stopping.wait(pause):
                return
            pause = min(2 * pause, LONGEST_PAUSE)
            try:
                self._process = self._start()
            except OSError as error:  # no memory, no room among processes: the next round tries again
                log.warning("harvesting.not_started", problem=error.strerror)
                continue
            if self._stopping.is_set():
                self._process.terminate()  # stop() has spoken to the one before

    def _wait(self) -> int:
        status = self._process.wait()
        assert self._process.stdin is not None  # noqa: S101  # it is a pipe
        self._process.stdin.close()
        return status

    def _start(self) -> "subprocess.Popen[bytes]":
        # A session of its own: Ctrl-C reaches the hub first, which then says when to end. Its input ends with us.
        return subprocess.Popen(  # noqa: S603  # our own interpreter and module
            self._command,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
