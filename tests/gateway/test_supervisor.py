"""The child of ``serve``: it is there while its parent is, whatever happens to either."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.settings import Settings
from gateway.supervisor import COMMAND, WRONG_SETTINGS, Child, reading_partners

# Writes its process id, then does as it is told.
PROGRAM = "import os, sys, time, signal; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n'); "
LIVES = PROGRAM + "sys.stdin.read()"
DEAF = PROGRAM.replace("open", "signal.signal(signal.SIGTERM, signal.SIG_IGN); open", 1) + "time.sleep(60)"


def dies(status: int) -> str:
    return PROGRAM + f"sys.exit({status})"


@pytest.fixture
def pids(tmp_path: Path) -> Path:
    """Where each process writes its id."""
    return tmp_path / "pids"


def child(pids: Path, program: str, patience: float = 10.0) -> Child:
    return Child(os.environ, (sys.executable, "-c", program, str(pids)), pause=0.05, patience=patience)


def started(pids: Path) -> list[int]:
    return [int(line) for line in pids.read_text().split()] if pids.exists() else []


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.01)


def test_it_runs_until_it_is_stopped(pids: Path) -> None:
    running = child(pids, LIVES)
    wait_until(lambda: len(started(pids)) == 1)
    (pid,) = started(pids)
    assert lives(pid)
    running.stop()
    assert not lives(pid)
    assert started(pids) == [pid]


def test_one_that_dies_is_started_again_less_and_less_often(pids: Path) -> None:
    running = child(pids, dies(1))
    began = time.monotonic()
    wait_until(lambda: len(started(pids)) == 4)
    assert time.monotonic() - began >= 0.05 + 0.1 + 0.2
    running.stop()
    known = started(pids)
    assert not any(map(lives, known))


def test_one_that_is_killed_is_started_again(pids: Path) -> None:
    running = child(pids, LIVES)
    wait_until(lambda: len(started(pids)) == 1)
    os.kill(started(pids)[0], signal.SIGKILL)
    wait_until(lambda: len(started(pids)) == 2)
    running.stop()
    assert not any(map(lives, started(pids)))


def test_one_whose_settings_are_wrong_is_not(pids: Path) -> None:
    running = child(pids, dies(WRONG_SETTINGS))
    wait_until(lambda: len(started(pids)) == 1)
    time.sleep(0.3)
    running.stop()
    assert len(started(pids)) == 1


def test_one_that_cannot_be_started_just_now_is_tried_again(pids: Path, tmp_path: Path) -> None:
    program = tmp_path / "program"

    def install() -> None:
        program.write_text(f"#!/bin/sh\necho $$ >> {pids}\nexit 1\n")
        program.chmod(0o755)

    install()
    with capture_logs() as logs:
        running = Child(os.environ, (str(program),), pause=0.05)
        program.unlink()
        wait_until(lambda: any(each["event"] == "harvesting.not_started" for each in logs))
        known = len(started(pids))
        install()
        wait_until(lambda: len(started(pids)) > known)
        running.stop()


def test_a_file_where_the_hub_was_started_is_not_run_in_its_place(settings: Settings, tmp_path: Path) -> None:
    for name in ("gateway", "cache", "schema"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(3)\n")
    environment = {**os.environ, **settings.environment()}
    done = subprocess.run(COMMAND, cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL, check=False, timeout=60)
    assert done.returncode == 0


def test_one_that_does_not_listen_is_killed(pids: Path) -> None:
    running = child(pids, DEAF, patience=0.2)
    wait_until(lambda: len(started(pids)) == 1)
    running.stop()
    assert not lives(started(pids)[0])


def test_it_does_not_outlive_a_parent_that_was_killed(pids: Path) -> None:
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import os, sys, time; from gateway.supervisor import Child; "
            f"Child(os.environ, (sys.executable, '-c', {LIVES!r}, sys.argv[1])); time.sleep(60)",
            str(pids),
        ]
    )
    wait_until(lambda: len(started(pids)) == 1)
    parent.kill()
    parent.wait()
    wait_until(lambda: not lives(started(pids)[0]))


@pytest.mark.parametrize(
    "changes",
    [
        {},  # no partner is set
        {"partners": {"cmar": {}}, "harvest": {"scheduled": False}},
    ],
)
def test_without_anything_to_read_there_is_none(settings: Settings, changes: dict[str, object]) -> None:
    before = _children()
    with reading_partners(Settings(data_dir=settings.data_dir, **changes)):
        assert _children() == before


def _children() -> list[str]:
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
