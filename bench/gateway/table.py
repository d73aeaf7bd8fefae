"""Rounds as a Markdown table: medians over the rounds, and each server's share of another's."""

from collections.abc import Mapping, Sequence
from statistics import median

from bench.gateway.load import Round

HEADINGS = ("server", "CPU ms a request", "requests a second", "p50 ms", "p99 ms", "p99 ÷ p50", "CPU, ours ÷ its")


def table(rounds: Mapping[str, Sequence[Round]], ours: str) -> str:
    """One line a server; the ratio is the median of the ratios of the same rounds."""
    lines = ["| " + " | ".join(HEADINGS) + " |", "|---" * len(HEADINGS) + "|"]
    for name, measured in rounds.items():
        figures = (
            f"{median(each.cpu_ms for each in measured):.3f}",
            f"{median(each.per_second for each in measured):,.0f}",
            f"{median(each.p50_ms for each in measured):.2f}",
            f"{median(each.p99_ms for each in measured):.2f}",
            f"{median(each.p99_ms / each.p50_ms for each in measured):.1f}",
            f"{cpu_ratio(rounds[ours], measured):.3f}",
        )
        lines.append("| " + " | ".join((name, *figures)) + " |")
    return "\n".join(lines)


def cpu_ratio(ours: Sequence[Round], theirs: Sequence[Round]) -> float:
    """Processor time a request, ours over theirs."""
    return median(mine.cpu_ms / its.cpu_ms for mine, its in zip(ours, theirs, strict=True))


def rate_ratio(ours: Sequence[Round], theirs: Sequence[Round]) -> float:
    """Requests a second, ours over theirs."""
    return median(mine.per_second / its.per_second for mine, its in zip(ours, theirs, strict=True))


def tail(measured: Sequence[Round]) -> float:
    """How many times the median latency the 99th percentile is."""
    return median(each.p99_ms / each.p50_ms for each in measured)


def target(what: str, found: float, bound: float, *, at_most: bool = True) -> str:
    """One line: what was wanted and whether it was found."""
    met = found <= bound if at_most else found >= bound
    return f"- {what}: {found:.3f}, wanted at {'most' if at_most else 'least'} {bound:g}: {'met' if met else 'MISSED'}"
