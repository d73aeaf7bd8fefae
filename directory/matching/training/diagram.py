"""A reliability diagram as SVG: what was said against what was true, the raw probability beside the calibrated one."""

from collections.abc import Mapping, Sequence
from typing import Final

from directory.matching.training.calibrate import Row

SIDE: Final = 320
_LEFT: Final = 56
_TOP: Final = 16
_BOTTOM: Final = 48
_RIGHT: Final = 190
_COLOURS: Final = ("#1f5fa8", "#b5541c", "#3a7d44")
_TICKS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)


def drawn(series: Mapping[str, Sequence[Row]], *, title: str) -> str:
    """Each series under its name; bars are the intervals of :class:`directory.matching.training.calibrate.Row`."""
    width, height = _LEFT + SIDE + _RIGHT, _TOP + SIDE + _BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" font-family="system-ui, sans-serif" font-size="12">',
        f"<title>{_text(title)}</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        *(_tick(share) for share in _TICKS),
        f'<path d="M{_x(0)} {_y(0)}L{_x(1)} {_y(1)}" stroke="#8a8a8a" stroke-dasharray="4 4"/>',
        f'<text x="{_x(0.5)}" y="{height - 8}" text-anchor="middle" fill="#333333">said to be so sure</text>',
        f'<text transform="translate(14 {_y(0.5)}) rotate(-90)" text-anchor="middle" fill="#333333">were true</text>',
    ]
    for place, (name, rows) in enumerate(series.items()):
        parts += _series(name, rows, _COLOURS[place % len(_COLOURS)], place)
    return "\n".join([*parts, "</svg>", ""])


def _series(name: str, rows: Sequence[Row], colour: str, place: int) -> list[str]:
    points = " ".join(f"{_x(row.said)},{_y(row.true)}" for row in rows)
    at = _TOP + 14 + 20 * place
    return [
        f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>',
        *(f'<path d="M{_x(row.said)} {_y(row.low)}V{_y(row.high)}" stroke="{colour}" opacity="0.5"/>' for row in rows),
        *(
            f'<circle cx="{_x(row.said)}" cy="{_y(row.true)}" r="3.5" fill="{colour}">'
            f"<title>{_text(name)}: {row.pairs} pairs, said {row.said:.2f}, true {row.true:.2f}</title></circle>"
            for row in rows
        ),
        f'<circle cx="{_x(1) + 24}" cy="{at - 4}" r="4" fill="{colour}"/>',
        f'<text x="{_x(1) + 34}" y="{at}" fill="#333333">{_text(name)}</text>',
    ]


def _tick(share: float) -> str:
    return (
        f'<path d="M{_x(0)} {_y(share)}H{_x(1)}M{_x(share)} {_y(0)}V{_y(1)}" stroke="#e3e3e3"/>'
        f'<text x="{_x(0) - 6}" y="{_y(share) + 4}" text-anchor="end" fill="#555555">{share:.0%}</text>'
        f'<text x="{_x(share)}" y="{_y(0) + 16}" text-anchor="middle" fill="#555555">{share:.0%}</text>'
    )


def _x(share: float) -> float:
    return round(_LEFT + SIDE * share, 1)


def _y(share: float) -> float:
    return round(_TOP + SIDE * (1 - share), 1)


def _text(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
