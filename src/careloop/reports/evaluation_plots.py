"""Charts of an evaluation as SVG: narrow enough for a phone, coloured by the page's day and night, no script."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from careloop.domain.evaluated import CurvePoint

__all__ = ["PLOT_STYLE", "Bar", "bars", "calibration_plot", "intervals"]

_WIDTH: Final = 360
_ROW: Final = 40
_LEFT: Final = 8
_RIGHT: Final = 14

PLOT_STYLE: Final = """
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:1rem 2rem;margin:.6rem 0}
.plots figure{margin:0;max-width:34rem}.plots svg{width:100%;height:auto;display:block}
.plots figcaption{font-weight:600;color:var(--ink);margin-bottom:.2rem}
svg.plot text{fill:var(--ink);font:12px system-ui,"Segoe UI",Roboto,Helvetica,Arial,sans-serif}
svg.plot .soft{fill:var(--soft)}svg.plot .axis{stroke:var(--line)}svg.plot .mark{fill:var(--link)}
svg.plot .reach{stroke:var(--link);stroke-width:3;stroke-linecap:round;opacity:.55}
svg.plot .aside{fill:none;stroke:var(--soft);stroke-width:1.5}svg.plot .aside-reach{stroke:var(--soft);
stroke-width:2;stroke-dasharray:2 4}svg.plot .limit{stroke:var(--bad);stroke-width:1.5;stroke-dasharray:5 3}
svg.plot .limit-word{fill:var(--bad)}svg.plot .bar{fill:var(--link);opacity:.55}
svg.plot .track{stroke:var(--shade);stroke-width:9}svg.plot .span{stroke:var(--ink);stroke-width:1.5}
svg.plot .perfect{stroke:var(--soft);stroke-dasharray:4 4}svg.plot .line{fill:none;stroke:var(--link);stroke-width:2}
svg.plot .band{fill:var(--link);opacity:.16}
@media print{.plots{grid-template-columns:1fr 1fr}figure,tr{break-inside:avoid}h2{break-after:avoid}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One row of a chart: a value, and where it lies."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    told: str = ""
    """At the right end of the row, such as the n."""
    aside: bool = False
    """Shown and not compared."""


class _Axis:
    """From values to places across the chart."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high if high > low else low + 1

    def x(self, value: float) -> float:
        """Place of a value, held within the chart."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(_LEFT + share * (_WIDTH - _LEFT - _RIGHT), 1)


def intervals(title: str, rows: Sequence[Bar], *, limit: float | None = None) -> str:
    """Values with their intervals, one below the other; a dashed line is the limit."""
    ends = [end for row in rows for end in (row.value, row.low, row.high) if end is not None]
    ends += [] if limit is None else [limit]
    axis = _rounded(min([0.0, *ends]), max(ends, default=1.0))
    height = _ROW * len(rows) + 26
    body = "".join(_interval_row(row, axis, 16 + _ROW * at) for at, row in enumerate(rows))
    if limit is not None:
        x = axis.x(limit)
        side = "end" if x > _WIDTH / 2 else "start"
        body += f'<line class="limit" x1="{x}" x2="{x}" y1="20" y2="{height - 20}"/>'
        body += f'<text class="limit-word" x="{x}" y="{height - 4}" text-anchor="{side}">limit {limit:g}</text>'
    return _figure(title, body + _ticks(axis, height, skip=limit), height, _said(rows))


def bars(title: str, rows: Sequence[Bar], *, reaches_to: float = 0.0) -> str:
    """Lengths from nought, each with where it lies as a thin line; the axis goes to `reaches_to` at least."""
    ends = [end for row in rows for end in (row.value, row.low, row.high) if end is not None]
    axis = _rounded(min([0.0, *ends]), max([0.0, *ends, reaches_to]))
    height = _ROW * len(rows) + 26
    body = []
    for at, row in enumerate(rows):
        y = 16 + _ROW * at
        left, right = sorted((axis.x(0), axis.x(row.value)))
        body.append(_words(row, y))
        body.append(
            f'<rect class="bar" x="{left}" y="{y + 6}" width="{max(1.0, right - left):.1f}" height="9" rx="2"/>'
        )
        if row.low is not None and row.high is not None:
            body.append(_line("span", axis.x(row.low), axis.x(row.high), y + 10.5))
    if axis.low < 0:
        body.append(f'<line class="axis" x1="{axis.x(0)}" x2="{axis.x(0)}" y1="2" y2="{height - 19}"/>')
    return _figure(title, "".join(body) + _ticks(axis, height, skip=None), height, _said(rows))


def calibration_plot(title: str, points: Sequence[CurvePoint]) -> str:
    """What the model said against how often it was so; on the dashed line both are the same."""
    size, top, left = 296, 10, 50

    def at(score: float, share: float) -> tuple[float, float]:
        return round(left + size * score, 1), round(top + size * (1 - share), 1)

    body = "".join(_grid(at))
    zero, one = at(0, 0), at(1, 1)
    body += f'<line class="perfect" x1="{zero[0]}" y1="{zero[1]}" x2="{one[0]}" y2="{one[1]}"/>'
    upper = [at(point.score, point.high) for point in points]
    lower = [at(point.score, point.low) for point in reversed(points)]
    if len(points) > 1:
        body += f'<polygon class="band" points="{_places([*upper, *lower])}"/>'
        body += f'<polyline class="line" points="{_places([at(point.score, point.share) for point in points])}"/>'
    for point in points:
        x, y = at(point.score, point.share)
        words = f"said {point.score:.3f}, was {point.share:.3f} [{point.low:.3f}, {point.high:.3f}], n = {point.n:,}"
        body += f'<circle class="mark" cx="{x}" cy="{y}" r="3.5"><title>{words}</title></circle>'
    body += f'<text class="soft" x="{left + size / 2}" y="{top + size + 32}" text-anchor="middle">score</text>'
    middle = top + size / 2
    body += (
        f'<text class="soft" x="12" y="{middle}" text-anchor="middle" transform="rotate(-90 12 {middle})">'
        "share of positive labels</text>"
    )
    said = f"{len(points)} parts; scores from {points[0].score:.2f} to {points[-1].score:.2f}" if points else "no rows"
    return _figure(title, body, size + top + 38, said)


def _grid(at: object) -> Iterator[str]:
    assert callable(at)
    for step in (0, 0.25, 0.5, 0.75, 1):
        (x0, y), (x1, _) = at(0, step), at(1, step)
        (x, y0), (_, y1) = at(step, 0), at(step, 1)
        yield f'<line class="axis" x1="{x0}" x2="{x1}" y1="{y}" y2="{y}"/>'
        yield f'<line class="axis" x1="{x}" x2="{x}" y1="{y0}" y2="{y1}"/>'
        yield f'<text class="soft" x="{x0 - 5}" y="{y + 4}" text-anchor="end">{step:g}</text>'
        yield f'<text class="soft" x="{x}" y="{y0 + 16}" text-anchor="middle">{step:g}</text>'


def _interval_row(row: Bar, axis: _Axis, y: int) -> str:
    found = [_words(row, y), _line("track", _LEFT, _WIDTH - _RIGHT, y + 13)]
    if row.low is not None and row.high is not None:
        found.append(_line("aside-reach" if row.aside else "reach", axis.x(row.low), axis.x(row.high), y + 13))
    kind = "aside" if row.aside else "mark"
    found.append(f'<circle class="{kind}" cx="{axis.x(row.value)}" cy="{y + 13}" r="4.5"/>')
    return "".join(found)


def _words(row: Bar, y: int) -> str:
    room = 52 - len(row.told)
    label = row.label if len(row.label) <= room else row.label[: room - 1] + "…"
    return (
        f'<text x="{_LEFT}" y="{y}">{escape(label)}<title>{escape(row.label)}</title></text>'
        f'<text class="soft" x="{_WIDTH - 2}" y="{y}" text-anchor="end">{escape(row.told)}</text>'
    )


def _line(kind: str, start: float, end: float, y: float) -> str:
    return f'<line class="{kind}" x1="{start}" x2="{end}" y1="{y}" y2="{y}"/>'


def _ticks(axis: _Axis, height: int, *, skip: float | None) -> str:
    """Figures at the ends of the axis, but where the limit's word stands."""
    found = [_line("axis", _LEFT, _WIDTH - _RIGHT, height - 19)]
    for value, side in ((axis.low, "start"), (axis.high, "end")):
        if skip is not None and abs(axis.x(skip) - axis.x(value)) < 90:
            continue
        found.append(f'<text class="soft" x="{axis.x(value)}" y="{height - 4}" text-anchor="{side}">{value:g}</text>')
    return "".join(found)


def _rounded(low: float, high: float) -> _Axis:
    """An axis from about `low` to about `high` whose ends read well."""
    span = max(high - low, 1e-9)
    step = 10.0 ** _magnitude(span)
    for part in (0.1, 0.2, 0.25, 0.5, 1):
        if span / (step * part) <= 10:
            step *= part
            break
    ends = (step * (low // step), step * -(-high // step))
    return _Axis(*(round(end, 10) for end in ends))


def _magnitude(span: float) -> int:
    size = 0
    while span >= 10:
        span, size = span / 10, size + 1
    while span < 1:
        span, size = span * 10, size - 1
    return size


def _places(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in points)


def _said(rows: Sequence[Bar]) -> str:
    return "; ".join(f"{row.label} {row.value:.3g}" for row in rows)


def _figure(title: str, body: str, height: int, said: str) -> str:
    words = escape(f"{title}: {said}")
    return (
        f'<figure><figcaption>{escape(title)}</figcaption><svg class="plot" viewBox="0 0 {_WIDTH} {height}" '
        f'role="img" aria-label="{words}">{body}</svg></figure>'
    )
