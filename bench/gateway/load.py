"""Load by wrk, and what it cost: requests a second, latencies, processor time of the processes that worked for it."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")

# A long bracket takes anything but its own end, which JSON cannot hold: inside strings, « ] » and « = » do not meet so.
SCRIPT = """wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Accept"] = "application/json"
local bodies = {
%s
}
local requests, turn = {}, 0
function init()
  for i, body in ipairs(bodies) do requests[i] = wrk.format(nil, nil, nil, body) end
end
function request()
  turn = turn %% #requests + 1
  return requests[turn]
end
function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('\\nDONE {"requests": %%d, "us": %%d, "failed": %%d, "p50": %%d, "p99": %%d}\\n',
    summary.requests, summary.duration, failed, latency:percentile(50), latency:percentile(99)))
end
"""

Processes = Callable[[], Collection[int]]


@dataclass(frozen=True)
class Round:
    """What one stretch of load came to; ``cpu_ms`` is processor time a request."""

    requests: int
    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float


def written(script: Path, bodies: Sequence[bytes]) -> Path:
    """The file from which wrk sends these bodies in turns."""
    script.write_text(SCRIPT % ",\n".join(f"[====[{body.decode()}]====]" for body in bodies), encoding="utf-8")
    return script


def loaded(port: int, script: Path, *, seconds: float, connections: int, core: int, processes: Processes) -> Round:
    """Load the server on this port from a core of its own. An answer that is not a success ends the benchmark."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise SystemExit("wrk is not installed; on Debian, install the package wrk")
    # Its own limit is 2 s, which a machine that is busy with other things may take.
    command = [
        wrk,
        "--timeout",
        "60s",
        "-t1",
        f"-c{connections}",
        f"-d{seconds:g}s",
        "-s",
        str(script),
        f"http://127.0.0.1:{port}/graphql",
    ]
    before = {pid: spent_ms(pid) for pid in processes()}
    said = subprocess.run(
        ["taskset", "--cpu-list", str(core), *command], capture_output=True, text=True, check=True
    ).stdout
    cpu = sum(spent_ms(pid) - before.get(pid, 0) for pid in processes())
    done = json.loads(said.rsplit("DONE ", 1)[1])
    if done["failed"] or not done["requests"]:
        raise SystemExit(f"{done['failed']} of {done['requests']} requests failed:\n{said}")
    count = done["requests"]
    return Round(count, count / done["us"] * 1e6, done["p50"] / 1e3, done["p99"] / 1e3, cpu / count)


def spent_ms(pid: int) -> float:
    """Processor time of a process since it began, in user and kernel mode, all its threads; 0 when it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    fields = text.rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * TICK_MS


def resident_mb(pid: int) -> float:
    """Resident memory of a process."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024
