"""Whether minutes of load leave the memory of our gateway flat: the hot list and searches, its caches as they ship."""

import tempfile
from pathlib import Path
from statistics import linear_regression, median
from typing import Final

from bench.gateway import operations
from bench.gateway.load import loaded, resident_mb, written
from bench.gateway.search import bodies
from bench.gateway.servers import ours, running
from bench.gateway.turns import LOAD_CORE, SERVER_CORE

LOOK_SECONDS: Final = 30
WARM: Final = 0.3  # of the time caches fill; what memory does meanwhile is not judged
GROWTH_MB: Final = 12.0  # that the rest may add before it is called growth


def memory(data: Path, checkout: Path, minutes: float, connections: int) -> str:
    """Load it for so long, and say in Markdown how much memory it had every 30 seconds."""
    server = ours("ours", data, checkout, cached=True)
    looks: list[tuple[float, float]] = []
    lines = ["| minutes | resident MB | requests a second |", "|---|---|---|"]
    with tempfile.TemporaryDirectory() as folder, running(server, SERVER_CORE) as pid:
        script = written(
            Path(folder) / "load.lua", [*operations.hot_list(operations.HOT_LIST), *bodies(operations.SEARCH)]
        )
        for look in range(1, max(2, round(minutes * 60 / LOOK_SECONDS)) + 1):
            found = loaded(
                server.port,
                script,
                seconds=LOOK_SECONDS,
                connections=connections,
                core=LOAD_CORE,
                processes=lambda: (pid,),
            )
            looks.append((look * LOOK_SECONDS / 60, resident_mb(pid)))
            lines.append(f"| {looks[-1][0]:.1f} | {looks[-1][1]:.0f} | {found.per_second:,.0f} |")
    return "\n".join((*lines, "", _judged(looks)))


def _judged(looks: list[tuple[float, float]]) -> str:
    """What memory did once it was warm."""
    warm = looks[int(len(looks) * WARM) :]
    times, sizes = zip(*warm, strict=True)
    part = max(1, len(sizes) // 3)
    growth = median(sizes[-part:]) - median(sizes[:part])
    slope = linear_regression(times, sizes).slope if len(warm) > 1 else 0.0
    verdict = "flat" if growth <= GROWTH_MB else "GREW"
    return f"- memory: {verdict} ({growth:+.1f} MB from the first third to the last, {slope:+.2f} MB a minute)"
