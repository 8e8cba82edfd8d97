"""Views of business figures: as lines for people, as JSON, and as what a chart is drawn from beside the monitors'.

What is old or could not be read is said so, and never stands as a value.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from careloop import __version__
from careloop.domain.noun import seconds_in
from careloop.domain.view import PrometheusView, ViewReading, ViewSeries, ViewStanding, ViewState
from careloop.ledger.canonical import instant_text

__all__ = ["ShownView", "axis_of", "view_chart", "view_lines", "views_json"]

_SHARE: Final = "share"
_SHOWN_AS: Final = {ViewState.FRESH: "good", ViewState.STALE: "bad", ViewState.UNREAD: "bad"}
_FEW: Final = 4
_MOST_STEPS: Final = 20_000
"""Steps of a chart's axis at most; the stretch of a point is chosen far below that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownView:
    """A view with what is kept of it."""

    name: str
    view: PrometheusView
    reading: ViewReading | None
    standing: ViewStanding
    stretch_s: int
    """Length of a point."""
    latest: tuple[ViewSeries, ...]
    """Its lines as far as they are of now, sample by sample."""

    @property
    def series(self) -> tuple[ViewSeries, ...]:
        """Its lines; none of a reading by another declaration."""
        ours = self.reading is not None and self.reading.digest == self.view.digest
        return self.reading.series if self.reading is not None and ours else ()


def view_lines(system: str, views: Sequence[ShownView]) -> Iterator[tuple[str, str]]:
    """Style and text: what each view is, whether it is of now, and a line for each of its lines."""
    for one in views:
        view = one.view
        yield "heading", f"{one.name}: {view.title}" + (f", by {view.by}" if view.by else "")
        yield _SHOWN_AS[one.standing.state], f"  {one.standing.state.value}: {one.standing.because}"
        for series in one.series:
            told = _newest(view, series) if one.standing.state is ViewState.FRESH else _until(series)
            yield ("warn" if series.label in one.standing.gone else ""), f"  {series.label or 'all'}  {told}"
            yield "detail", f"      {_range(view, series)}"
        yield "detail", f"  from {view.address}, a point each {view.step}: {_short(view.query)}"
    stale = sum(one.standing.state is not ViewState.FRESH for one in views)
    told = f"{system}: {len(views)} view{'s' if len(views) != 1 else ''}"
    yield "summary", f"{told}, {stale} not of now" if stale else told
    yield "detail", "Views are looked at and nothing more: no alarm, gate or count rests on them."


def views_json(system: str, views: Sequence[ShownView]) -> dict[str, Any]:
    """`careloop/views/v1`."""
    return {
        "schema": "careloop/views/v1",
        "careloop_version": __version__,
        "system": system,
        "views": [_told(one) for one in views],
    }


def view_chart(shown: ShownView, *, axis: tuple[int, int] | None) -> dict[str, Any]:
    """A chart in the shape of a monitor's, without alarms and limits; `axis` is the time that the others show.

    One column of steps without a hole, so that a gap is drawn as one.
    """
    steps = _steps(shown)
    odd = sum(point.odd for series in shown.series for point in series.points)
    part = {
        "role": "view",
        "title": shown.view.title,
        "unit": shown.view.unit or "",
        "x": steps,
        "view": True,
        "lines": [_line(series, steps) for series in shown.series],
        "limits": [],
    }
    return {
        "monitor": _id(shown.name),
        "measure": shown.name,
        "kind": "business",
        "by": shown.view.by,
        "seconds": shown.stretch_s,
        "minimum_n": 0,
        "windows": len(steps),
        "not_watched": None,
        "not_charted": None,
        "alarms": [],
        "parts": [part] if steps else [],
        "told": _chart_note(shown, odd),
        "now": _now(shown),
        "stale": shown.standing.state is not ViewState.FRESH,
        "axis": axis,
    }


def axis_of(charts: Sequence[dict[str, Any]]) -> tuple[int, int] | None:
    """The time that monitors' charts show together; None where they show nothing."""
    spans = [(part["x"][0], part["x"][-1] + one["seconds"]) for one in charts for part in one["parts"] if part["x"]]
    return (min(first for first, _ in spans), max(last for _, last in spans)) if spans else None


def _id(name: str) -> str:
    return f"view.{name}"


def _now(shown: ShownView) -> str:
    """The newest value of each line in a few words; where it is not known, why."""
    if shown.standing.state is not ViewState.FRESH:
        return f"not known: {shown.standing.because}"
    said = [
        f"{series.label} {_value(shown.view, series)}" if series.label else _value(shown.view, series)
        for series in shown.latest
    ]
    return ", ".join(said[:_FEW]) + (f" and {len(said) - _FEW} more" if len(said) > _FEW else "")


def _value(view: PrometheusView, series: ViewSeries) -> str:
    last = series.points[-1].value
    return "not evaluable (NaN)" if last is None else _written(view, last)


def _chart_note(shown: ShownView, odd: int) -> str:
    head = f"{shown.standing.state.value.capitalize()}: {shown.standing.because}."
    thin = bool(shown.series) and shown.stretch_s > seconds_in(shown.view.step)
    means = (
        f" A point is the mean of {shown.stretch_s // 60} minutes, the band goes from lowest to highest."
        if thin
        else ""
    )
    none = f" Samples that are no number (NaN): {odd:,}; they are not evaluable, which is not 0." if odd else ""
    gone = f" No longer there: {', '.join(shown.standing.gone)}." if shown.standing.gone else ""
    return f"{head}{gone}{means}{none} Counted elsewhere: no alarm, gate or count rests on it."


def _steps(shown: ShownView) -> list[int]:
    points = [point.at for series in shown.series for point in series.points]
    if not points:
        return []
    first, last = min(points), max(points)
    return list(range(max(first, last - _MOST_STEPS * shown.stretch_s), last + 1, shown.stretch_s))


def _line(series: ViewSeries, steps: Sequence[int]) -> dict[str, Any]:
    known = {point.at: point for point in series.points}
    points = [known.get(at) for at in steps]
    several = any(point.samples > 1 for point in series.points)
    return {
        "group": series.label,
        "value": [one.value if one else None for one in points],
        "low": [one.low if one and several else None for one in points],
        "high": [one.high if one and several else None for one in points],
        "n": [one.samples if one else 0 for one in points],
        "release": [None] * len(steps),
        "enough": [one is not None and one.value is not None for one in points],
        "also": [],
    }


def _told(one: ShownView) -> dict[str, Any]:
    reading = one.reading
    return {
        "view": one.name,
        "title": one.view.title,
        "by": one.view.by,
        "unit": one.view.unit,
        "step_s": seconds_in(one.view.step),
        "state": one.standing.state.value,
        "because": one.standing.because,
        "gone": list(one.standing.gone),
        "read_at": instant_text(reading.read_at) if reading and reading.read_at else None,
        "tried_at": instant_text(reading.tried_at) if reading else None,
        "failed": reading.failed if reading else None,
        "lines": [_line_told(series) for series in one.series],
    }


def _line_told(series: ViewSeries) -> dict[str, Any]:
    last = series.points[-1]
    return {
        "label": series.label,
        "newest": {"at": instant_text(_instant(last.newest)), "value": last.value, "samples": last.samples},
        "samples": sum(point.samples for point in series.points),
        "not_a_number": sum(point.odd for point in series.points),
        "lowest": min((point.low for point in series.points if point.low is not None), default=None),
        "highest": max((point.high for point in series.points if point.high is not None), default=None),
    }


def _newest(view: PrometheusView, series: ViewSeries) -> str:
    return f"{_value(view, series)} at {_when(series.points[-1].newest)}"


def _until(series: ViewSeries) -> str:
    return f"known until {_when(series.points[-1].newest)}"


def _range(view: PrometheusView, series: ViewSeries) -> str:
    found = _line_told(series)
    odd = f", {found['not_a_number']:,} of them no number" if found["not_a_number"] else ""
    between = (
        f", between {_written(view, found['lowest'])} and {_written(view, found['highest'])}"
        if found["lowest"] is not None
        else ""
    )
    return f"{found['samples']:,} samples since {_when(series.points[0].at)}{odd}{between}"


def _written(view: PrometheusView, value: float) -> str:
    if view.unit == _SHARE:
        return f"{100 * value:.4g} %"
    return f"{value:,.6g}" + (f" {view.unit}" if view.unit else "")


def _when(seconds: int) -> str:
    return f"{_instant(seconds):%Y-%m-%d %H:%M} UTC"


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _short(query: str) -> str:
    line = " ".join(query.split())
    return line if len(line) <= 160 else f"{line[:159]}…"
