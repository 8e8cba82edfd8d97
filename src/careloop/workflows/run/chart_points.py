"""From the counts of one window to the points of a chart. Counts in, values out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from careloop.domain.count_plan import CategoryBins, EdgeBins
from careloop.domain.counts import UNKNOWN_GROUP, CellKey, CountTable, Tally
from careloop.domain.measured import Interval, Measured
from careloop.domain.monitor_chart import ChartPoint, SeriesRole
from careloop.measures.business import amount, amount_per_row
from careloop.measures.classification import calibration_error, calibration_interval
from careloop.measures.drift import psi
from careloop.measures.fairness import impact_ratio
from careloop.measures.intervals import newcombe, wilson
from careloop.measures.latency import latency_quantile
from careloop.monitors.window import pooled
from careloop.workflows.run.compile_charts import LATENCY_BINS, ChartPlan
from careloop.workflows.run.label_cohorts import ANSWERS

__all__ = ["SeriesKey", "WindowCells", "drift_point", "points_of", "releases_of", "series_keys"]

WindowCells = Mapping[CellKey, tuple[int, ...]]
"""The cells of one window, of all releases and groups."""
SeriesKey = tuple[SeriesRole, str | None]
"""Which line of a chart: what its points are, and of which group."""
_PER_MS: Final = 1000.0
_MEASURED: Final = (SeriesRole.QUANTILE, SeriesRole.AMOUNT, SeriesRole.CALIBRATION)


def series_keys(chart: ChartPlan) -> tuple[SeriesKey, ...]:
    """The lines of a chart in the order in which they are shown; each may have points, others have none.

    Of two groups one is compared with the other, of more each with the rest: as the gap alarm does.
    """
    groups: tuple[str | None, ...] = chart.groups or (None,)
    rates = tuple((SeriesRole.RATE, group) for group in groups)
    if chart.role is SeriesRole.GAP:
        compared = chart.groups[:1] if len(chart.groups) == 2 else chart.groups
        return (*((SeriesRole.GAP, group) for group in compared), *rates)
    if chart.role is SeriesRole.IMPACT_RATIO:
        return ((SeriesRole.IMPACT_RATIO, None), *rates)
    return tuple((chart.role, group) for group in groups)


def points_of(chart: ChartPlan, window: int, cells: WindowCells) -> Iterator[tuple[SeriesKey, ChartPoint]]:
    """The points of a window: per release, one for each line of the chart that has rows in it; not those of drift."""
    by_release = releases_of(cells)
    drawn = _measures if chart.role in _MEASURED else _rates
    for release, part in sorted(by_release.items()):
        yield from drawn(chart, part, window, release)


def releases_of(cells: WindowCells) -> dict[str, WindowCells]:
    """The cells of each release that answered in the window."""
    found: dict[str, dict[CellKey, tuple[int, ...]]] = {}
    for key, values in cells.items():
        found.setdefault(key.release, {})[key] = values
    return dict(found)


def drift_point(chart: ChartPlan, cells: WindowCells, usual: CountTable, *, window: int, release: str) -> ChartPoint:
    """How far the window's mixture lies from the usual one, with the reason where that cannot be said."""
    assert chart.plan is not None
    assert isinstance(chart.plan.bins, EdgeBins | CategoryBins)
    measured = psi(usual, CountTable(chart.plan.columns, dict(cells)), bins=chart.plan.bins)
    return _point(chart, measured, window, release)


def _measures(
    chart: ChartPlan, cells: WindowCells, window: int, release: str
) -> Iterator[tuple[SeriesKey, ChartPoint]]:
    """Latencies, amounts and calibration: one value for each group."""
    assert chart.plan is not None
    for group in chart.groups or (None,):
        ours = {key: values for key, values in cells.items() if group is None or key.group == group}
        measured = _measured(chart, CountTable(chart.plan.columns, ours))
        if measured.n:
            yield (chart.role, group), _point(chart, measured, window, release)


def _rates(chart: ChartPlan, cells: WindowCells, window: int, release: str) -> Iterator[tuple[SeriesKey, ChartPoint]]:
    """Rates, and what compares them."""
    assert chart.plan is not None
    hits, n = (chart.plan.columns.index(name) for name in ("hits", "n"))
    tallies = {key.group: Tally(values[hits], values[n]) for key, values in cells.items()}
    answers = _answers(chart, cells)
    known = {group: tally for group, tally in tallies.items() if group != UNKNOWN_GROUP}
    for role, group in series_keys(chart):
        found: ChartPoint | None = None
        if role is SeriesRole.RATE:
            tally = pooled(tallies.values()) if group is None else tallies.get(group)
            found = _rate(chart, tally, window, release) if tally is not None and tally.n else None
        elif role is SeriesRole.GAP and group is not None:
            found = _gap(chart, known, group, window=window, release=release)
        elif role is SeriesRole.IMPACT_RATIO and known:
            ratio = impact_ratio(known, min_n=chart.monitor.minimum_n)
            found = _point(chart, ratio, window, release, enough=ratio.value is not None)
        if found is not None:
            known_of = answers.values() if group is None or role is SeriesRole.GAP else (answers.get(group, 0),)
            yield (role, group), replace(found, answers=sum(known_of) if answers else None)


def _answers(chart: ChartPlan, cells: WindowCells) -> dict[str, int]:
    """By group, the answers whose label could have come; empty where no label decides."""
    assert chart.plan is not None
    if ANSWERS not in chart.plan.columns:
        return {}
    column = chart.plan.columns.index(ANSWERS)
    return {key.group: values[column] for key, values in cells.items()}


def _measured(chart: ChartPlan, table: CountTable) -> Measured:
    if chart.role is SeriesRole.CALIBRATION:
        assert chart.plan is not None
        assert isinstance(chart.plan.bins, EdgeBins)
        bins = chart.plan.bins
        return replace(calibration_error(table, bins=bins), interval=calibration_interval(table, bins=bins))
    if chart.quantile is not None:
        return latency_quantile(table, chart.quantile, bins=LATENCY_BINS)
    return amount_per_row(table, digits=chart.digits) if chart.per_row else amount(table, digits=chart.digits)


def _point(
    chart: ChartPlan, measured: Measured, window: int, release: str, *, enough: bool | None = None
) -> ChartPoint:
    scale = _PER_MS if chart.role is SeriesRole.QUANTILE else 1.0
    low, high = _ends(measured.interval)
    return ChartPoint(
        window=window,
        release=release,
        n=measured.n,
        value=None if measured.value is None else measured.value / scale,
        low=None if low is None else low / scale,
        high=None if high is None else high / scale,
        enough=measured.n >= chart.monitor.minimum_n if enough is None else enough,
        reason=measured.reason,
    )


def _rate(chart: ChartPlan, tally: Tally, window: int, release: str) -> ChartPoint:
    low, high = _ends(wilson(tally))
    return ChartPoint(
        window=window,
        release=release,
        n=tally.n,
        hits=tally.hits,
        value=tally.hits / tally.n,
        low=low,
        high=high,
        enough=tally.n >= chart.monitor.minimum_n,
    )


def _gap(chart: ChartPlan, known: Mapping[str, Tally], group: str, *, window: int, release: str) -> ChartPoint | None:
    """The group against all others; nothing to show when one of the two has no rows."""
    ours, rest = known.get(group), pooled(tally for name, tally in known.items() if name != group)
    if ours is None or not rest.n:
        return None
    low, high = _ends(newcombe(ours, rest))
    return ChartPoint(
        window=window,
        release=release,
        n=ours.n + rest.n,
        value=ours.hits / ours.n - rest.hits / rest.n,
        low=low,
        high=high,
        enough=min(ours.n, rest.n) >= chart.monitor.minimum_n,
    )


def _ends(interval: Interval | None) -> tuple[float | None, float | None]:
    return (None, None) if interval is None else (interval.low, interval.high)
