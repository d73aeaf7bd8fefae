"""A match as a picture: the prior, what each comparison adds or takes, and the sum beside the thresholds (SVG).

A page shows it as it is: no script, nothing from elsewhere, a panel of its own that is readable on any background, and
the same said in words for those who do not see it. What the match does not hold is not in it: whoever draws for
somebody draws what :meth:`directory.disclosure.Sight.match` leaves.
"""

import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import Final, NamedTuple

from directory.matching import wording
from directory.matching.comparing import Thresholds
from directory.matching.contract import Evidence, Match
from directory.records import MatchMethod

WIDTH: Final = 640  # pixels
NARROWEST: Final = 320
WIDEST: Final = 1_600
_ROW: Final = 36
_TOP: Final = 84
_BOTTOM: Final = 54
_MARGIN: Final = 16
_NUMBER: Final = 52  # the column of weights
_LETTER: Final = 6.1  # of 11 pixels, on average
_TICKS: Final = (1, 2, 5, 10, 20, 50, 100)
_MOST_TICKS: Final = 9
_ILLEGAL: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# What the hub's own darkness changes; everything is drawn for light by attributes, should a page forbid styles.
_STYLE: Final = (
    "@media(prefers-color-scheme:dark){.cc-panel{fill:#1b1f24;stroke:#3d444d}.cc-ink{fill:#e8eaed}.cc-soft{fill:#a6adb5}"
    ".cc-line{stroke:#3d444d}.cc-total{fill:#6ea8fe}}"
)
_HATCHES: Final = "".join(
    f'<pattern id="cc-hatch-{name}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    f'<rect width="6" height="6" fill="{colour}" fill-opacity="{ground}"/>'
    f'<line x1="1.5" y1="0" x2="1.5" y2="6" stroke="{line}" stroke-width="2"/></pattern>'
    for name, colour, ground, line in (
        ("up", "#2e9e5b", "0.55", "#2e9e5b"),
        ("down", "#d1483f", "0.55", "#d1483f"),
        ("lost", "#8a929b", "0.12", "#8a929b"),
    )
)
# What settled a membership without likeness, and what follows from it.
_ALONE: Final = {
    MatchMethod.SIRET: ("Seule fiche de son fournisseur", "connue par son SIRET"),
    MatchMethod.SIREN: ("Seule fiche de son fournisseur", "connue par son SIREN"),
    MatchMethod.EXACT: ("Seule fiche de son fournisseur", "sans numéro officiel"),
}
_SETTLED: Final = {
    MatchMethod.SIRET: ("Même SIRET", "le même établissement"),
    MatchMethod.SIREN: ("Même SIREN", "un autre établissement de la même entreprise"),
    MatchMethod.STEWARD: ("Décision d'un gestionnaire", "une seule entreprise"),
}
_OTHERWISE: Final = ("Rattachée", "sans comparaison de valeurs")


class _Step(NamedTuple):
    """One row: a bar from ``start`` to ``start + weight``, ``frequency`` of it due to rarity."""

    label: str
    level: str
    told: str
    start: float
    weight: float
    frequency: float = 0.0
    is_total: bool = False

    @property
    def ends(self) -> tuple[float, float, float]:
        return self.start, self.start + self.weight, self.start + self.weight - self.frequency


def waterfall(match: Match, width: int = WIDTH, thresholds: Thresholds = Thresholds()) -> str:  # noqa: B008
    """The picture, ``width`` pixels wide and as high as it must be."""
    width = min(WIDEST, max(NARROWEST, width))
    return _weighed(match, width, thresholds) if _is_weighed(match) else _settled(match, width)


def _is_weighed(match: Match) -> bool:
    return match.prior != 0.0  # a SIREN that settles a site shows what else speaks for it


def _settled(match: Match, width: int) -> str:
    known = _ALONE if match.against is None else _SETTLED
    title, follows = known.get(match.method, _OTHERWISE)
    number = next((f" {line.left}" for line in match.evidence if line.left), "")
    body = (
        f'<circle cx="{_MARGIN + 10}" cy="32" r="10" fill="#2e9e5b"/>'
        f'<path d="M{_MARGIN + 5.5} 32l3.5 4l6 -8" fill="none" stroke="#fff" stroke-width="2"/>'
        + _text(_MARGIN + 32, 29, f"{title}{number}", size=13, weight="600")
        + _text(_MARGIN + 32, 46, follows, tone="soft")
    )
    return _document(width, 64, title, f"{title}{number} : {follows}.", body)


def _weighed(match: Match, width: int, thresholds: Thresholds) -> str:
    steps = list(_steps(match))
    title = f"Poids de la correspondance : {wording.bits(match.weight)} bits"
    verdict = f"{_verdict(match.weight, thresholds)} · confiance {wording.percent(match.score)}"
    scale = _Scale.of(steps, thresholds, width)
    height = _TOP + _ROW * len(steps) + _BOTTOM
    body = "".join(
        (
            _text(_MARGIN, 26, title, size=14, weight="600"),
            _text(_MARGIN, 45, verdict, tone="soft", size=12),
            *scale.grid(_TOP, height - _BOTTOM),
            *scale.thresholds(thresholds, height - _BOTTOM),
            *(_row(step, place, scale, width) for place, step in enumerate(steps)),
            *_joins(steps, scale),
            *_legend(steps, height, width),
        )
    )
    return _document(width, height, title, f"{verdict}. {' ; '.join(step.told for step in steps)}.", body)


def _steps(match: Match) -> Iterator[_Step]:
    running = match.prior
    told = f"Départ, avant de comparer : {wording.bits(match.prior)}"
    yield _Step("Départ", "avant de comparer", told, 0.0, match.prior)
    for line in match.evidence:
        level = wording.level(line.feature, line.level)
        yield _Step(wording.feature(line.feature), level, _told(line, level), running, line.weight, line.frequency)
        running += line.weight
    told = f"Total : {wording.bits(match.weight)}"
    yield _Step("Total", "départ et comparaisons", told, 0.0, match.weight, is_total=True)


def _told(line: Evidence, level: str) -> str:
    values = f" (« {line.left} » et « {line.right} »)" if line.left and line.right else ""
    rarity = f", dont rareté {wording.bits(line.frequency)}" if line.frequency else ""
    return f"{wording.feature(line.feature)}, {level}{values} : {wording.bits(line.weight)}{rarity}"


def _verdict(weight: float, thresholds: Thresholds) -> str:
    if weight >= thresholds.automatic:
        return "assez pour les réunir sans demander"
    return "assez pour demander à un gestionnaire" if weight >= thresholds.review else "trop peu pour les réunir"


class _Scale(NamedTuple):
    """Where a weight in bits is, in pixels."""

    low: float
    high: float
    left: float
    right: float

    @classmethod
    def of(cls, steps: Sequence[_Step], thresholds: Thresholds, width: int) -> "_Scale":
        ends = [0.0, thresholds.automatic, *(end for step in steps for end in step.ends)]
        air = (max(ends) - min(ends)) * 0.03
        return cls(min(ends) - air, max(ends) + air, _labels(width), width - _MARGIN - _NUMBER)

    def at(self, weight: float) -> float:
        return self.left + (weight - self.low) / (self.high - self.low) * (self.right - self.left)

    def grid(self, top: int, bottom: int) -> Iterator[str]:
        step = next((tick for tick in _TICKS if (self.high - self.low) / tick <= _MOST_TICKS), _TICKS[-1])
        first = int(self.low // step) + 1
        for tick in range(first * step, int(self.high // 1) + 1, step):
            x = self.at(tick)
            yield _line(x, top, x, bottom, width=1.5 if tick == 0 else 0.75)
            yield _text(x, bottom + 15, f"{tick}".replace("-", "−"), tone="soft", anchor="middle", size=10)

    def thresholds(self, known: Thresholds, bottom: int) -> Iterator[str]:
        for weight, name, anchor in ((known.review, "doute", "end"), (known.automatic, "sûr", "start")):
            x = self.at(weight)
            yield _line(x, _TOP - 10, x, bottom, colour="#b7791f", width=1.25, dash="4 3")
            shown = f"{name} ≥ {weight:g}".replace(".", ",")
            yield _text(x + (3 if anchor == "start" else -3), _TOP - 6, shown, tone="mark", anchor=anchor, size=10)


def _labels(width: int) -> float:
    return max(128.0, min(236.0, width * 0.34))


def _row(step: _Step, place: int, scale: _Scale, width: int) -> str:
    top = _TOP + place * _ROW
    room = scale.left - _MARGIN - 8
    return (
        f"<g><title>{_plain(step.told)}</title>"
        + _text(_MARGIN, top + 16, step.label, size=12, weight="600")
        + _text(_MARGIN, top + 29, _fitting(step.level, room, _LETTER), tone="soft")
        + "".join(_bars(step, top + 8, scale))
        + _text(width - _MARGIN, top + 22, wording.bits(step.weight), anchor="end", size=12, weight="600")
        + "</g>"
    )


def _bars(step: _Step, top: int, scale: _Scale) -> Iterator[str]:
    """The weight; hatched within it what rarity added, hatched beside it what it took."""
    start, end, without = step.ends
    side = "up" if step.weight >= 0 else "down"
    colour = "#2e9e5b" if step.weight >= 0 else "#d1483f"
    if step.is_total:
        yield _bar(start, end, top, scale, "#3b6fd4", "cc-total")
        return
    low, high = min(start, end), max(start, end)
    inside = min(max(without, low), high)
    yield _bar(start, inside, top, scale, colour)
    if inside != end:
        yield _bar(inside, end, top, scale, f"url(#cc-hatch-{side})")
    if not low <= without <= high:
        yield _bar(low if without < low else high, without, top, scale, "url(#cc-hatch-lost)")


def _bar(start: float, end: float, top: int, scale: _Scale, fill: str, name: str = "") -> str:
    left, right = sorted((scale.at(start), scale.at(end)))
    named = f' class="{name}"' if name else ""
    return f'<rect x="{left:.1f}" y="{top}" width="{max(right - left, 1):.1f}" height="20" fill="{fill}"{named}/>'


def _joins(steps: Sequence[_Step], scale: _Scale) -> Iterator[str]:
    """From where one bar ends down to where the next one begins."""
    for place, step in enumerate(steps[:-1]):
        x = scale.at(step.start + step.weight)
        top = _TOP + place * _ROW + 28
        yield _line(x, top, x, top + _ROW - 20, colour="#8a929b", width=1)


def _legend(steps: Sequence[_Step], height: int, width: int) -> Iterator[str]:
    yield _text(width - _MARGIN, height - _BOTTOM + 15, "bits", tone="soft", anchor="end", size=10)
    if any(step.frequency for step in steps):
        y = height - 22
        yield f'<rect x="{_MARGIN}" y="{y}" width="22" height="11" fill="url(#cc-hatch-up)"/>'
        yield f'<rect x="{_MARGIN + 26}" y="{y}" width="22" height="11" fill="url(#cc-hatch-lost)"/>'
        said = "hachuré : la rareté de la valeur l'ajoute ; gris : sa fréquence le retire"
        yield _text(_MARGIN + 56, y + 10, _fitting(said, width - 2 * _MARGIN - 56, 5.4), tone="soft", size=10)


def _document(width: int, height: int, title: str, told: str, body: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" lang="fr" font-family="system-ui,-apple-system,\'Segoe UI\',Roboto,sans-serif">'
        f"<title>{_plain(title)}</title><desc>{_plain(told)}</desc><style>{_STYLE}</style><defs>{_HATCHES}</defs>"
        f'<rect class="cc-panel" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8" fill="#fff" '
        f'stroke="#d5d9de"/>{body}</svg>\n'
    )


_TONES: Final = {"ink": "#1b1f24", "soft": "#59636e", "mark": "#b7791f"}


def _text(
    x: float, y: float, text: str, *, tone: str = "ink", anchor: str = "start", size: int = 11, weight: str = "400"
) -> str:
    return (
        f'<text class="cc-{tone}" x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" '
        f'text-anchor="{anchor}" fill="{_TONES[tone]}">{_plain(text)}</text>'
    )


def _line(x1: float, y1: float, x2: float, y2: float, *, colour: str = "", width: float = 1, dash: str = "") -> str:
    tone = f'stroke="{colour}"' if colour else 'class="cc-line" stroke="#d5d9de"'
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" {tone} stroke-width="{width}"{dashed}/>'


def _fitting(text: str, room: float, letter: float) -> str:
    most = max(int(room / letter), 8)
    return text if len(text) <= most else text[: most - 1].rstrip(" ,;") + "…"


def _plain(text: str) -> str:
    """Text inside an element: what XML does not know as a character is gone."""
    return escape(_ILLEGAL.sub("", text))
