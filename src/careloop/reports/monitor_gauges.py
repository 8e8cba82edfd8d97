"""Monitors as gauges for Prometheus: names and labels stand here once, for `/metrics`, for rules and for dashboards.

Values are those of the newest closed window. Groups come from data and may be many: of each monitor the fifty with most
rows are shown, and how many were left out is a gauge, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from careloop.domain.monitor import Monitor
from careloop.domain.monitor_chart import ChartPoint, ChartSeries, LimitStep, MonitorChart, SystemCharts
from careloop.plans.open_alarms import OpenAlarm

__all__ = [
    "ALARMS_OPEN",
    "GAUGES",
    "GROUPS_LEFT_OUT",
    "LIMIT",
    "ROWS",
    "VALUE",
    "WATCHED",
    "WINDOW_START",
    "Sample",
    "alarm_samples",
    "chart_samples",
]

ALARMS_OPEN: Final = "care_monitor_alarms_open"
WATCHED: Final = "care_monitor_watched"
VALUE: Final = "care_monitor_value"
ROWS: Final = "care_monitor_rows"
LIMIT: Final = "care_monitor_limit"
WINDOW_START: Final = "care_monitor_window_start_seconds"
GROUPS_LEFT_OUT: Final = "care_monitor_groups_left_out"

_MONITOR: Final = ("system", "monitor")
_LINE: Final = (*_MONITOR, "part", "group")
GAUGES: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    ALARMS_OPEN: ("Open alarms of a monitor", (*_MONITOR, "severity", "response")),
    WATCHED: ("1 while a detector watches", _MONITOR),
    VALUE: ("Value of the newest closed window, in the monitor's unit", _LINE),
    ROWS: ("Rows that the value rests on", _LINE),
    LIMIT: ("What the detector accepts at most (high) or at least (low)", (*_LINE, "side")),
    WINDOW_START: ("Start of the newest closed window with rows, in seconds since 1970", _MONITOR),
    GROUPS_LEFT_OUT: ("Groups that are not shown, for there are too many", _MONITOR),
}
"""Name of each gauge, what it says, and its labels."""
_MOST_GROUPS: Final = 50


@dataclass(frozen=True, slots=True)
class Sample:
    """One line of `/metrics`."""

    name: str
    labels: tuple[str, ...]
    """In the order of `GAUGES`."""
    value: float


def alarm_samples(system: str, monitors: Iterable[Monitor], alarms: Iterable[OpenAlarm]) -> Iterator[Sample]:
    """Open alarms of every monitor; 0 where there is none, so that a rule can tell silence from peace."""
    counts: dict[str, int] = {}
    for alarm in alarms:
        name = alarm.known.alarm.signal.monitor
        counts[name] = counts.get(name, 0) + 1
    for one in monitors:
        labels = (system, one.id, one.severity, one.response.value)
        yield Sample(ALARMS_OPEN, labels, float(counts.get(one.id, 0)))


def chart_samples(charts: SystemCharts, *, now_s: int) -> Iterator[Sample]:
    """Values, rows and limits of every monitor of a system; `now_s` tells which windows are closed."""
    for chart in charts.charts:
        here = (charts.system, chart.monitor.id)
        yield Sample(WATCHED, here, float(chart.not_watched is None))
        newest = _newest_window(chart, now_s)
        if newest is not None:
            yield Sample(WINDOW_START, here, float(newest))
            yield from _lines(chart, here, newest)


def _newest_window(chart: MonitorChart, now_s: int) -> int | None:
    starts = (point.window for one in chart.series for point in one.points if point.n)
    return max((start for start in starts if start + chart.seconds <= now_s), default=None)


def _lines(chart: MonitorChart, here: tuple[str, str], window: int) -> Iterator[Sample]:
    found = [(one, point) for one in chart.series if (point := _point(one, window)) is not None]
    found.sort(key=lambda pair: pair[1].n, reverse=True)
    groups = list(dict.fromkeys(one.group for one, _ in found if one.group is not None))
    shown = {None, *groups[:_MOST_GROUPS]}
    yield Sample(GROUPS_LEFT_OUT, here, float(len(groups) - len(shown) + 1))
    for one, point in found:
        if one.group not in shown:
            continue
        labels = (*here, one.role.value, one.group or "")
        yield Sample(ROWS, labels, float(point.n))
        if point.value is not None and point.enough:
            yield Sample(VALUE, labels, point.value)
        step = _step(one.limits, window)
        for side, limit in () if step is None else (("low", step.low), ("high", step.high)):
            if limit is not None:
                yield Sample(LIMIT, (*labels, side), limit)


def _point(series: ChartSeries, window: int) -> ChartPoint | None:
    """Of two releases in one window, the one that answered more often."""
    return max((one for one in series.points if one.window == window), key=lambda one: one.n, default=None)


def _step(steps: Iterable[LimitStep], window: int) -> LimitStep | None:
    fit = (one for one in steps if one.since <= window and (one.until is None or window < one.until))
    return next(fit, None)
