"""What scores foretold against what came true, bin by bin: the reliability diagram of a monitor of calibration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final

from careloop.domain.count_plan import EdgeBins
from careloop.domain.counts import CellKey, CountTable, Tally
from careloop.domain.monitor_chart import ReliabilityBin, ReliabilityCurve, SeriesRole
from careloop.measures.classification import calibration_error, calibration_interval
from careloop.measures.intervals import wilson
from careloop.workflows.run.chart_points import WindowCells
from careloop.workflows.run.compile_charts import ChartPlan

__all__ = ["reliability_curves"]

_JOINED: Final = ((1000, 1), (250, 2), (0, 4))
"""From so many rows on, so many neighbouring bins are shown as one: a point of few rows says nothing."""


def reliability_curves(
    chart: ChartPlan, windows: Mapping[int, WindowCells], *, answering: str | None = None
) -> tuple[ReliabilityCurve, ...]:
    """The curves of the release that answers, and of the one before it; none of other monitors.

    `windows` are those that the chart shows, by their start. `answering` is a lock digest; without it, or where it has
    no rows yet, the release of the newest window stands first.
    """
    if chart.role is not SeriesRole.CALIBRATION or chart.plan is None:
        return ()
    last = {key.release: window for window in sorted(windows) for key in windows[window]}
    first = {key.release: window for window in sorted(windows, reverse=True) for key in windows[window]}
    newest = sorted(last, key=lambda one: (one == answering, last[one], first[one], one), reverse=True)[:2]
    found: list[ReliabilityCurve] = []
    for place, release in enumerate(newest):
        span = first[release], last[release] + chart.seconds
        cells = {key: values for window in windows.values() for key, values in window.items() if key.release == release}
        found += _of_release(chart, cells, span, current=place == 0)
    return tuple(found)


def _of_release(
    chart: ChartPlan, cells: Mapping[CellKey, tuple[int, ...]], span: tuple[int, int], *, current: bool
) -> Iterator[ReliabilityCurve]:
    assert chart.plan is not None
    assert isinstance(chart.plan.bins, EdgeBins)
    edges = chart.plan.bins
    for group in chart.groups or (None,):
        ours = {key: values for key, values in cells.items() if group is None or key.group == group}
        table = CountTable(chart.plan.columns, ours)
        error, interval = calibration_error(table, bins=edges), calibration_interval(table, bins=edges)
        if error.value is not None and interval is not None:
            joined = next(number for rows, number in _JOINED if error.n >= rows)
            yield ReliabilityCurve(
                group=group,
                release=next(iter(ours)).release,
                current=current,
                since=span[0],
                until=span[1],
                error=error.value,
                error_low=interval.low,
                error_high=interval.high,
                bins=tuple(_bins(table, edges, joined)),
            )


def _bins(table: CountTable, edges: EdgeBins, joined: int) -> Iterator[ReliabilityBin]:
    hits, n = table.columns.index("hits"), table.columns.index("n")
    counted = table.by_bin()
    ends = list(pairwise((0.0, *edges.edges, 1.0)))
    for first in range(0, len(ends), joined):
        parts = [(counted[at], ends[at]) for at in range(first, min(first + joined, len(ends))) if at in counted]
        tally = Tally(sum(values[hits] for values, _ in parts), sum(values[n] for values, _ in parts))
        if not tally.n:
            continue
        interval = wilson(tally)
        yield ReliabilityBin(
            low=ends[first][0],
            high=ends[min(first + joined, len(ends)) - 1][1],
            hits=tally.hits,
            n=tally.n,
            predicted=sum(values[n] * (low + high) / 2 for values, (low, high) in parts) / tally.n,
            observed_low=interval.low,
            observed_high=interval.high,
        )
