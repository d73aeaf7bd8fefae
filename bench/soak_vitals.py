"""What a long run may not let grow: resident memory, open files, connections, tasks, files in its folders."""

import asyncio
import gc
from collections.abc import Sequence
from pathlib import Path
from statistics import linear_regression, median
from typing import Final

from msgspec import Struct

# Memory settles while caches fill: the first fifth is not judged.
_WARM: Final = 0.2
_FREE_MB: Final = 24.0
_FREE_FILES: Final = 4


class Vital(Struct, frozen=True):
    """One look. ``at`` is in seconds since the beginning, memory and the store in MB."""

    at: float
    memory: float
    files: int
    sockets: int
    temporary: int
    tasks: int
    store: float


def vital(at: float, folder: Path) -> Vital:
    """This process as it is now; ``folder`` holds the store, and its ``tmp`` whatever is written for a while."""
    names = [_target(path) for path in Path("/proc/self/fd").iterdir()]
    store = sum(path.stat().st_size for path in folder.glob("circuit.db*"))
    return Vital(
        at=at,
        memory=_resident_mb(),
        files=len(names),
        sockets=sum(name.startswith("socket:") for name in names),
        temporary=sum(1 for _ in (folder / "tmp").rglob("*")),
        tasks=len(asyncio.all_tasks()),
        store=store / 1e6,
    )


def idle(at: float, folder: Path) -> Vital:
    """The same, once what is only waiting to be collected is collected."""
    gc.collect()
    return vital(at, folder)


def report(vitals: Sequence[Vital], before: Vital, after: Vital) -> tuple[str, list[str]]:
    """A table of beginning, end and slope, and what has grown that should not have."""
    warm = [each for each in vitals if each.at >= _WARM * vitals[-1].at]
    lines, grown = [f"{'':<16}{'idle before':>12}{'start':>10}{'end':>10}{'per minute':>12}{'idle after':>12}"], []
    for name in Vital.__struct_fields__[1:]:
        values = [float(getattr(each, name)) for each in warm]
        part = max(1, len(values) // 5)
        start, end = median(values[:part]), median(values[-part:])
        slope = linear_regression([each.at / 60 for each in warm], values).slope if len(warm) > 1 else 0.0
        first, last = getattr(before, name), getattr(after, name)
        lines.append(f"{name:<16}{first:>12.1f}{start:>10.1f}{end:>10.1f}{slope:>+12.2f}{last:>12.1f}")
        if name == "memory" and end - start > max(_FREE_MB, 0.1 * start):
            grown.append(f"memory grew by {end - start:.0f} MB")
        if name in {"files", "sockets", "temporary", "tasks"} and last - first > _FREE_FILES * (name == "files"):
            grown.append(f"{name}: {first} before, {last} after")
    return "\n".join(lines), grown


def _resident_mb() -> float:
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) / 1024


def _target(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""
