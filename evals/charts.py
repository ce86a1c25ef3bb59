"""Charts as inline SVG: no script, no file beside the report; colours come from the page, words from a title."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from evals.statistics import Rate

_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 420, 260, 46, 34
_ROW, _NARROW, _EDGE = 34, 360, 6  # lists are as wide as a telephone


def gates(rows: Sequence[Mapping[str, Any]]) -> Markup:
    """A row for each gate that has a value: the interval as a line, the value as a dot, the floor as a tick."""
    chosen = [gate for gate in rows if gate["metric"] and isinstance(gate["metric"]["value"], int | float)]
    parts = []
    for place, gate in enumerate(chosen):
        top = place * _ROW
        middle = top + 24
        metric = gate["metric"]
        limit = gate["limit"] if gate["limit"] is not None else gate["floor"]
        low, high = metric["wilson"] or metric.get("by_fact") or (metric["value"], metric["value"])
        parts += [
            _text(_EDGE, top + 12, gate["name"], "start"),
            _text(_NARROW - _EDGE, top + 12, f"{metric['value']:.3f}", "end"),
            _line(_share(0), middle, _share(1), middle, "scale"),
            _line(_share(low), middle, _share(high), middle, "interval"),
            _line(_share(limit), middle - 7, _share(limit), middle + 7, "floor"),
            f'<circle class="dot {escape(gate["state"])}" cx="{_share(metric["value"]):.1f}" cy="{middle}" r="5"/>',
        ]
    words = "; ".join(f"{gate['name']} {gate['metric']['value']:.3f}, {gate['state']}" for gate in chosen)
    title = "Gates with Wilson intervals; the upright tick is the floor"
    return _svg(_NARROW, len(chosen) * _ROW + 4, title, words, parts)


def risk_coverage(
    points: Sequence[Mapping[str, float]], shipped: Mapping[str, float] | None, threshold: float
) -> Markup:
    """Risk over coverage, the point as shipped marked."""
    highest = max([point["risk"] for point in points] + [0.05])
    line = [(point["coverage"], point["risk"] / highest) for point in points]
    parts = [*_axes("coverage", "risk", "0", "1", f"{highest:.2f}"), _polyline(line)]
    words = f"risk {points[-1]['risk']:.3f} at full coverage"
    if shipped:
        parts += _mark(shipped["coverage"], shipped["risk"] / highest, f"shipped, threshold {threshold:.2f}")
        words += f"; as shipped risk {shipped['risk']:.3f} at coverage {shipped['coverage']:.3f}"
    return _svg(_WIDTH, _HEIGHT, "Risk over coverage", words, parts)


def roc(
    curves: Mapping[str, Sequence[Sequence[float]]], points: Mapping[str, Sequence[float]], shares: Mapping[str, str]
) -> Markup:
    """Caught over wrongly blocked: a curve for each name, each operating point marked; ``shares``: its k/n in words."""
    parts = [*_axes("supported claims blocked", "unsupported claims caught", "0", "1", "1")]
    for number, (name, curve) in enumerate(curves.items()):
        level = _HEIGHT - _BOTTOM - 14 - 18 * number
        parts += [_polyline([(point[0], point[1]) for point in curve], f"curve{number}")]
        parts += [f'<polyline class="curve{number}" points="{_WIDTH - 276},{level} {_WIDTH - 246},{level}"/>']
        parts += [_text(_WIDTH - 238, level + 4, f"{name}: {shares[name]}" if name in shares else name, "start")]
    for point in points.values():
        parts += _mark(point[0], point[1], "")
    words = "; ".join(f"{name}: {words}" for name, words in shares.items())
    return _svg(_WIDTH, _HEIGHT, "Receiver operating curve of the gate", words, parts)


def bars(title: str, rows: Sequence[tuple[str, float, int, int]]) -> Markup:
    """A horizontal bar for each (name, value 0..1, k, n), with its Wilson interval as a line."""
    parts = []
    for place, (name, value, k, n) in enumerate(rows):
        top = place * _ROW
        width = _share(1) - _share(0)
        ends = Rate(k, n).interval
        parts += [
            _text(_EDGE, top + 12, name, "start"),
            _text(_NARROW - _EDGE, top + 12, f"{k}/{n}", "end"),
            f'<rect class="track" x="{_EDGE}" y="{top + 17}" width="{width:.1f}" height="11"/>',
            f'<rect class="bar" x="{_EDGE}" y="{top + 17}" width="{value * width:.1f}" height="11"/>',
            _line(_share(ends.low), top + 22.5, _share(ends.high), top + 22.5, "range"),
        ]
    words = "; ".join(f"{name} {k} of {n}" for name, _, k, n in rows)
    return _svg(_NARROW, len(rows) * _ROW + 4, title, words, parts)


def histogram(milliseconds: Sequence[float], p50: float, p95: float) -> Markup:
    """How long answers took; the last bar holds everything beyond twice the 95th percentile."""
    bins = 24
    longest = max(p95 * 2, 1e-9)
    counts = [0] * bins
    for value in milliseconds:
        counts[min(int(value / longest * bins), bins - 1)] += 1
    tallest = max(*counts, 1)
    width = (_WIDTH - _LEFT - 10) / bins
    parts = _axes("milliseconds", "answers", "0", f"{longest:.0f}", str(tallest))
    for place, count in enumerate(counts):
        x, y = _point(0, count / tallest)
        height = _HEIGHT - _BOTTOM - y
        parts.append(
            f'<rect class="bar" x="{x + place * width:.1f}" y="{y:.1f}" width="{width - 1:.1f}" height="{height:.1f}"/>'
        )
    return _svg(_WIDTH, _HEIGHT, "Latency", f"median {p50:.1f} ms, 95th percentile {p95:.1f} ms", parts)


def trend(points: Sequence[tuple[str, float]]) -> Markup:
    """A small line over the recorded history, with its first and last value."""
    values = [value for _, value in points]
    low, high = min(values), max(values)
    spread = (high - low) or 1.0
    step = 180 / max(len(points) - 1, 1)
    line = " ".join(f"{4 + n * step:.1f},{34 - (value - low) / spread * 28:.1f}" for n, value in enumerate(values))
    parts = [f'<polyline class="curve0" points="{line}"/>'] if len(points) > 1 else []
    parts += [f'<circle class="dot holds" cx="{4 + (len(points) - 1) * step:.1f}" '
              f'cy="{34 - (values[-1] - low) / spread * 28:.1f}" r="3.5"/>']  # fmt: skip
    words = f"{points[0][0]} {values[0]:.3f} to {points[-1][0]} {values[-1]:.3f}, {len(points)} landings"
    return _svg(190, 40, "Trend", words, parts)


def lines(
    title: str,
    horizontal: str,
    vertical: str,
    series: Mapping[str, Sequence[tuple[float, float]]],
    logarithmic: tuple[bool, bool] = (False, False),
) -> Markup:
    """A line with its points for each name. ``logarithmic`` (across, up) needs values above 0; else up begins at 0."""
    points = [point for line in series.values() for point in line]
    across = _Scale.of([x for x, _ in points], logarithmic[0])
    up = _Scale.of([y for _, y in points] if logarithmic[1] else [0.0, *(y for _, y in points)], logarithmic[1])
    parts = _axes(horizontal, vertical, across.first, across.last, up.last)
    parts.append(_text(_point(0, 0)[0] - 6, _point(0, 0)[1] + 2, up.first, "end"))
    for number, (name, line) in enumerate(series.items()):
        placed = [(across.place(x), up.place(y)) for x, y in sorted(line)]
        parts.append(_polyline(placed, f"curve{number}"))
        for x, y in placed:
            left, top = _point(x, y)
            parts.append(f'<circle class="dot{number}" cx="{left:.1f}" cy="{top:.1f}" r="3"/>')
        level = 16 + 18 * number
        parts += [
            f'<polyline class="curve{number}" points="{_LEFT + 12},{level} {_LEFT + 42},{level}"/>',
            _text(_LEFT + 50, level + 4, name, "start"),
        ]
    words = "; ".join(f"{name} " + ", ".join(f"{x:g}: {y:.4g}" for x, y in line) for name, line in series.items())
    return _svg(_WIDTH, _HEIGHT, title, words, parts)


def alone(chart: Markup) -> str:
    """A chart as a file of its own, with the colours that a page would give it, in light and dark."""
    head, _, rest = str(chart).partition(">")
    return f'{head} xmlns="http://www.w3.org/2000/svg">{_ALONE}{rest}\n'


_ALONE = (
    "<style>svg{background:#fff}text{font:12px sans-serif;fill:#333}.axis{stroke:#888}"
    "polyline{fill:none;stroke-width:2}"
    ".curve0{stroke:#1d4ed8}.curve1{stroke:#b45309;stroke-dasharray:6 4}.dot0{fill:#1d4ed8}.dot1{fill:#b45309}"
    "@media (prefers-color-scheme:dark){svg{background:#111}text{fill:#ddd}.curve0{stroke:#93b4ff}.dot0{fill:#93b4ff}"
    ".curve1{stroke:#f5b25c}.dot1{fill:#f5b25c}}</style>"
)


@dataclass(frozen=True, slots=True)
class _Scale:
    """From values to 0..1."""

    low: float
    high: float
    logarithmic: bool

    @classmethod
    def of(cls, values: Sequence[float], logarithmic: bool) -> "_Scale":
        """The scale from the least to the greatest value; one value alone lies at the end."""
        low, high = (min(values), max(values)) if values else (0.0, 1.0)
        if low == high:
            low = high / 10 if logarithmic else min(0.0, high)
        return cls(low, high if high > low else low + 1, logarithmic)

    def place(self, value: float) -> float:
        """Where a value lies."""
        low, high = self.low, self.high
        if self.logarithmic:
            low, high, value = math.log(low), math.log(high), math.log(value)
        return (value - low) / (high - low)

    @property
    def first(self) -> str:
        """The words at its beginning."""
        return f"{self.low:.4g}"

    @property
    def last(self) -> str:
        """The words at its end."""
        return f"{self.high:.4g}" if self.high < 10_000 else f"{self.high:,.0f}"


def _svg(width: float, height: float, title: str, words: str, parts: Sequence[str]) -> Markup:
    label = escape(f"{title}: {words}")
    inside = "".join(parts)
    return Markup(  # noqa: S704 - every word in it went through escape()
        f'<svg role="img" aria-label="{label}" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}"><title>{label}</title>{inside}</svg>'
    )


def _axes(horizontal: str, vertical: str, start: str, end: str, top: str) -> list[str]:
    left, bottom = _point(0, 0)
    right, upper = _point(1, 1)
    return [
        _line(left, bottom, right, bottom, "axis"),
        _line(left, bottom, left, upper, "axis"),
        _text(left, bottom + 14, start, "middle"),
        _text(right, bottom + 14, end, "end"),
        _text(left - 6, upper + 8, top, "end"),
        _text((left + right) / 2, bottom + 28, horizontal, "middle"),
        f'<text class="label" transform="translate(12 {(bottom + upper) / 2:.0f}) rotate(-90)" '
        f'text-anchor="middle">{escape(vertical)}</text>',
    ]


def _mark(x: float, y: float, words: str) -> list[str]:
    left, top = _point(x, y)
    anchor = "end" if x > 0.5 else "start"
    return [
        f'<circle class="dot holds" cx="{left:.1f}" cy="{top:.1f}" r="5"/>',
        _text(left + (-9 if anchor == "end" else 9), max(top - 8, 12), words, anchor),
    ]


def _polyline(points: Sequence[tuple[float, float]], kind: str = "curve0") -> str:
    places = " ".join("{:.1f},{:.1f}".format(*_point(x, y)) for x, y in points)
    return f'<polyline class="{kind}" points="{places}"/>'


def _point(x: float, y: float) -> tuple[float, float]:
    return _LEFT + x * (_WIDTH - _LEFT - 10), (_HEIGHT - _BOTTOM) - y * (_HEIGHT - _BOTTOM - 10)


def _share(value: float) -> float:
    return _EDGE + min(max(value, 0.0), 1.0) * (_NARROW - 2 * _EDGE)


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, words: str, anchor: str, kind: str = "") -> str:
    classes = f"label {kind}".strip()
    return f'<text class="{classes}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
