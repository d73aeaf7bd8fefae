"""How much memory a block took at its highest, as the kernel counted it."""

from pathlib import Path
from types import TracebackType

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class Peak:
    """``growth_mb`` after the block: resident memory at its peak less what it was before; 0 where it cannot be told."""

    growth_mb = 0.0

    def __enter__(self) -> "Peak":
        try:
            _RESET.write_text("5")  # the peak begins anew (proc(5))
        except OSError:
            self._before = None
        else:
            self._before = _peak_mb()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            self.growth_mb = _peak_mb() - self._before


def _peak_mb() -> float:
    (line,) = [line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1024
