"""A system's monitors as JSON that a chart can be drawn from: one column of windows, and a column a line.

Windows are seconds since 1970, in UTC. Of a window in which two releases answered, the line shows the one that answered
more often; the other's rows are in `also`. A part holds lines of one unit: rates of groups and the gap between them are
two parts of one monitor.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from careloop.domain.deployment import Served, ServeRelease
from careloop.domain.monitor_chart import (
    AlarmMark,
    ChartPoint,
    ChartSeries,
    LimitStep,
    MonitorChart,
    ReliabilityBin,
    ReliabilityCurve,
    SeriesRole,
    SwitchMark,
    SystemCharts,
)

__all__ = ["charts_json"]

_TITLES: Final = {
    SeriesRole.RATE: "rate",
    SeriesRole.GAP: "gap to all other groups",
    SeriesRole.IMPACT_RATIO: "lowest rate divided by the highest",
    SeriesRole.DRIFT: "distance from the usual mixture (PSI)",
    SeriesRole.QUANTILE: "quantile",
    SeriesRole.AMOUNT: "amount",
    SeriesRole.CALIBRATION: "calibration error",
}
_FIRST: Final = (
    SeriesRole.GAP,
    SeriesRole.IMPACT_RATIO,
    SeriesRole.DRIFT,
    SeriesRole.QUANTILE,
    SeriesRole.AMOUNT,
    SeriesRole.CALIBRATION,
    SeriesRole.RATE,
)
"""What a monitor watches comes first, what it is made of after it."""


def charts_json(charts: SystemCharts) -> dict[str, Any]:
    """All monitors of a system, with the markers that all charts share."""
    names = {
        mark.to.lock: _served(mark.to, mark.version) for mark in charts.switches if isinstance(mark.to, ServeRelease)
    }
    return {
        "system": charts.system,
        "environment": charts.environment,
        "watermark": charts.watermark,
        "markers": [_marker(one) for one in charts.switches],
        "charts": [_chart(one, names) for one in charts.charts],
    }


def _marker(mark: SwitchMark) -> dict[str, Any]:
    return {
        "at": int(mark.at.timestamp()),
        "kind": mark.kind.value,
        "label": _served(mark.to, mark.version),
        "by": mark.by,
        "entry": mark.index,
    }


def _served(served: Served, version: str | None) -> str:
    if isinstance(served, ServeRelease):
        return version or served.lock.removeprefix("sha256:")[:8]
    return f"safe state {served.state.value}"


def _chart(chart: MonitorChart, names: Mapping[str, str]) -> dict[str, Any]:
    roles = [role for role in _FIRST if any(one.role is role for one in chart.series)]
    return {
        "monitor": chart.monitor.id,
        "measure": chart.monitor.measure,
        "kind": chart.monitor.kind.value,
        "by": chart.monitor.by,
        "seconds": chart.seconds,
        "minimum_n": chart.monitor.minimum_n,
        "windows": chart.windows,
        "not_watched": chart.not_watched,
        "not_charted": chart.not_charted,
        "alarms": [_alarm(one) for one in chart.alarms],
        "events": [
            {"since": one.since, "until": one.until, "event": one.event, "judged": one.judged} for one in chart.events
        ],
        "parts": [_part(chart, role) for role in roles],
        "reliability": _reliability(chart, names),
    }


def _alarm(mark: AlarmMark) -> dict[str, Any]:
    signal = mark.signal
    return {
        "id": mark.id,
        "entry": mark.index,
        "at": signal.window,
        "since": signal.since,
        "group": signal.group,
        "moved": signal.moved.value,
        "limit": signal.limit if signal.amount is None else signal.amount.limit,
        "severity": mark.severity,
        "plan": mark.plan.kind.value if mark.plan else None,
        "again": mark.again,
    }


def _part(chart: MonitorChart, role: SeriesRole) -> dict[str, Any]:
    ours = [one for one in chart.series if one.role is role]
    windows = sorted({point.window for one in ours for point in one.points})
    return {
        "role": role.value,
        "title": _title(chart, role),
        "unit": _unit(chart, role),
        "x": windows,
        "lines": [_line(one, windows) for one in ours],
        "limits": [limit for one in ours for limit in _limits(one, windows)],
    }


def _title(chart: MonitorChart, role: SeriesRole) -> str:
    share = re.fullmatch(r"latency_p(\d\d)(_ms)?", chart.monitor.measure)
    if role is SeriesRole.QUANTILE and share is not None:
        return f"latency that {int(share.group(1))} % of answers stay below"
    return _TITLES[role]


def _unit(chart: MonitorChart, role: SeriesRole) -> str:
    if role in (SeriesRole.RATE, SeriesRole.GAP, SeriesRole.CALIBRATION):
        return "share"
    return "ms" if role is SeriesRole.QUANTILE else chart.counted_in or ""


def _line(series: ChartSeries, windows: Sequence[int]) -> dict[str, Any]:
    shown: dict[int, ChartPoint] = {}
    also: list[ChartPoint] = []
    for point in series.points:
        before = shown.get(point.window)
        if before is None or point.n > before.n:
            shown[point.window] = point
        if before is not None:
            also.append(min(before, point, key=lambda one: one.n))
    points = [shown.get(window) for window in windows]
    return {
        "group": series.group,
        "value": [one.value if one else None for one in points],
        "low": [one.low if one else None for one in points],
        "high": [one.high if one else None for one in points],
        "n": [one.n if one else 0 for one in points],
        "release": [one.release if one else None for one in points],
        "answers": [one.answers if one else None for one in points],
        "enough": [one.enough if one else False for one in points],
        "also": [{"window": one.window, "release": one.release, "n": one.n, "value": one.value} for one in also],
    }


def _reliability(chart: MonitorChart, names: Mapping[str, str]) -> dict[str, Any] | None:
    """Observed against foretold by bin of the score: a column of bins, and a line a release and group."""
    places = sorted({_place(one) for curve in chart.reliability for one in curve.bins})
    if not places:
        return None
    return {
        "role": "reliability",
        "title": "reliability",
        "unit": "share",
        "positive": list(chart.monitor.values),
        "x": [predicted for predicted, _, _ in places],
        "edges": [[low, high] for _, low, high in places],
        "lines": [_curve(one, places, names) for one in chart.reliability],
        "limits": [],
    }


def _place(one: ReliabilityBin) -> tuple[float, float, float]:
    """Where a bin stands: what its scores foretell in the mean, and its ends."""
    return round(one.predicted, 6), one.low, one.high


def _curve(
    curve: ReliabilityCurve, places: Sequence[tuple[float, float, float]], names: Mapping[str, str]
) -> dict[str, Any]:
    by_place = {_place(one): one for one in curve.bins}
    bins = [by_place.get(one) for one in places]
    return {
        "group": curve.group,
        "release": names.get(curve.release) or curve.release.removeprefix("sha256:")[:8],
        "current": curve.current,
        "since": curve.since,
        "until": curve.until,
        "error": curve.error,
        "error_low": curve.error_low,
        "error_high": curve.error_high,
        "rows": curve.n,
        "value": [one.observed if one else None for one in bins],
        "low": [one.observed_low if one else None for one in bins],
        "high": [one.observed_high if one else None for one in bins],
        "n": [one.n if one else 0 for one in bins],
        "hits": [one.hits if one else 0 for one in bins],
    }


def _limits(series: ChartSeries, windows: Sequence[int]) -> Iterable[dict[str, Any]]:
    """The limits as columns; a side that nothing is held against gives none."""
    for side in ("low", "high"):
        values = [getattr(_step(series.limits, window), side, None) for window in windows]
        if any(value is not None for value in values):
            yield {"group": series.group, "side": side, "values": values}


def _step(steps: Sequence[LimitStep], window: int) -> LimitStep | None:
    return next(
        (one for one in steps if one.since <= window and (one.until is None or window < one.until)),
        None,
    )
