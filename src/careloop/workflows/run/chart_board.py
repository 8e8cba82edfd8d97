"""The charts of one system as far as they have been drawn: counts, points and limits that need not be made again."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from careloop.domain.alarm import ReleaseReference
from careloop.domain.calendar import EventCalendar, known_events
from careloop.domain.count_plan import Aggregate, CountPlan
from careloop.domain.counts import CellKey, CountTable
from careloop.domain.event_rows import View
from careloop.domain.measured import Unit
from careloop.domain.monitor import Monitor
from careloop.domain.monitor_chart import (
    ChartPoint,
    ChartSeries,
    EventMark,
    LimitStep,
    MonitorChart,
    SeriesRole,
    SystemCharts,
)
from careloop.domain.system import EventSchema, System
from careloop.monitors.known_events import muting
from careloop.monitors.replay import ChangeAlarm
from careloop.monitors.window import WindowCounts
from careloop.ports.lake import Lake
from careloop.ports.ledger import Entry
from careloop.workflows.run.chart_marks import Marks, marks_of
from careloop.workflows.run.chart_points import SeriesKey, WindowCells, drift_point, points_of, releases_of, series_keys
from careloop.workflows.run.compile_charts import ChartPlan, compile_charts
from careloop.workflows.run.compile_monitors import Beside
from careloop.workflows.run.detect_changes import Stretch, parts_of, stretches_of
from careloop.workflows.run.limit_lines import Past, Shown, learn_limits, limit_steps, pasts_of, usual_mixture
from careloop.workflows.run.quantile_limits import QuantileLimit, QuantileLimits
from careloop.workflows.run.read_windows import WindowQuery, window_plan
from careloop.workflows.run.reliability_curves import reliability_curves
from careloop.workflows.run.watch_memory import KeptWindows
from careloop.workflows.run.window_tables import Grown, WindowTables

__all__ = ["Board", "ChartAsk"]

_UNITS = {
    SeriesRole.RATE: Unit.RATIO,
    SeriesRole.GAP: Unit.DIFFERENCE,
    SeriesRole.IMPACT_RATIO: Unit.RATIO,
    SeriesRole.DRIFT: Unit.INDEX,
    SeriesRole.QUANTILE: Unit.MILLISECONDS,
    SeriesRole.AMOUNT: Unit.AMOUNT,
    SeriesRole.CALIBRATION: Unit.DIFFERENCE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartAsk:
    """What is to be drawn."""

    system: System
    monitors: tuple[Monitor, ...]
    """As they stand in its `monitors.yaml`."""
    references: Mapping[str, tuple[ReleaseReference, ...]] = field(default_factory=dict)
    """What evaluation sets showed, by monitor."""
    calendar: tuple[EventCalendar, ...] = ()
    """Known events of the organisation, as they stand in `calendar.yaml`."""
    environment: str = "production"
    most_windows: int = 400
    """So many of the latest windows of each monitor are shown; older ones are counted all the same."""

    @property
    def beside(self) -> Beside:
        """What else the monitors rest on."""
        return Beside(references=self.references, events=known_events(self.calendar, self.system.id))


class Board:
    """One system in one environment. Hold `drawing` while you draw."""

    def __init__(self, lake: Lake, system: str) -> None:
        self.drawing = threading.Lock()
        self._lake, self._system = lake, system
        self._tables = WindowTables(lake, system)
        self._quantiles = QuantileLimits(lake, system)
        self._closed = KeptWindows()
        self._sheets: tuple[_Sheet, ...] = ()
        self._upto = 0
        self._drawn: tuple[ChartAsk, Sequence[Entry], int, tuple[int, ...], SystemCharts] | None = None

    def draw(self, ask: ChartAsk, entries: Sequence[Entry], *, upto: int, now: datetime | None = None) -> SystemCharts:
        """The charts, given the entries about the system and the `ingest_seq` of its newest event.

        Somebody who asked earlier and is served later gets what is newer. Limits of quantiles need the time.
        """
        upto = max(upto, self._upto)
        ripe = self._ripe(now)
        if self._drawn is not None and self._drawn[:4] == (ask, entries, upto, ripe):
            return self._drawn[4]
        if self._drawn is None or _documents(self._drawn[0]) != _documents(ask):
            self._lay_out(compile_charts(ask.monitors, ask.system.events or EventSchema(), beside=ask.beside))
        tables, closed = self._counted(upto), self._by_label(now)
        marks = marks_of(
            entries,
            system=self._system,
            environment=ask.environment,
            seconds={sheet.chart.monitor.id: sheet.chart.seconds for sheet in self._sheets},
        )
        for sheet in self._sheets:
            sheet.take(tables, marks, closed.get(sheet.chart.monitor.id))
        self._learn(tables, upto)
        if now is not None:
            self._fix(now)
        charts = SystemCharts(
            system=self._system,
            environment=ask.environment,
            watermark=upto,
            ledger_size=0,
            charts=tuple(sheet.drawn(ask.most_windows, marks) for sheet in self._sheets),
            switches=marks.switches,
        )
        self._drawn, self._upto = (ask, entries, upto, self._ripe(now), charts), upto
        return charts

    def _lay_out(self, charts: Iterable[ChartPlan]) -> None:
        """A sheet for each monitor; one that means what it meant before goes on."""
        known = {sheet.chart.monitor.id: sheet for sheet in self._sheets}
        sheets = []
        for chart in charts:
            sheet = known.get(chart.monitor.id)
            sheets.append(sheet if sheet is not None and sheet.chart == chart else _Sheet(chart))
        self._sheets = tuple(sheets)

    def _ripe(self, now: datetime | None) -> tuple[int, ...]:
        """Which windows of monitors that read labels are closed by now: these grow without any news."""
        if now is None:
            return ()
        return tuple(int(now.timestamp()) // sheet.chart.seconds for sheet in self._sheets if sheet.by_label)

    def _by_label(self, now: datetime | None) -> dict[str, CountTable]:
        """The closed windows of those monitors, as their detectors are fed them; none without the time."""
        found: dict[str, CountTable] = {}
        for sheet in self._sheets:
            watched = sheet.chart.watched
            if watched is not None and sheet.by_label and now is not None:
                query = WindowQuery(
                    system=self._system, plans=[watched.plan], seconds=watched.seconds, maturity=watched.maturity
                )
                closed, _ = self._closed.closed(self._lake, query, now=now)
                found[watched.monitor.id] = closed.tables[watched.plan.monitor]
        return found

    def _counted(self, upto: int) -> Mapping[CountPlan, Grown]:
        """What all sheets need; of new ones also what limits are learnt from, so that files are opened once."""
        wanted = [plan for sheet in self._sheets for plan in sheet.plans()]
        past = [
            sheet.history()
            for sheet in self._sheets
            if sheet.chart.watched is not None and not sheet.by_label and not sheet.learnt
        ]
        counted = self._tables.bring_up(tuple(dict.fromkeys((*wanted, *past))), upto=upto)
        self._tables.let_go(past)
        return counted

    def _fix(self, now: datetime) -> None:
        """Look for the limits of quantiles that the system's first weeks have told by now."""
        wanted = [sheet.chart.unfixed for sheet in self._sheets if sheet.chart.unfixed is not None]
        limits = self._quantiles.of(wanted, now=now) if wanted else {}
        for sheet in self._sheets:
            sheet.quantile_limit = limits.get(sheet.chart.monitor.id)

    def _learn(self, counted: Mapping[CountPlan, Grown], upto: int) -> None:
        """Learn the limits that are wanted for the first time."""
        sheets = [sheet for sheet in self._sheets if sheet.unlearnt]
        plans = {one.chart.monitor.id: one.history() for one in sheets if one.has_past and not one.by_label}
        missing = tuple(plan for plan in plans.values() if plan not in counted)
        tables = {**counted, **WindowTables(self._lake, self._system).bring_up(missing, upto=upto)}
        for sheet in sheets:
            plan = plans.get(sheet.chart.monitor.id)
            sheet.learn(None if plan is None else tables[plan].table)


def _documents(ask: ChartAsk) -> tuple[object, ...]:
    return ask.system, ask.monitors, ask.calendar, ask.references


@dataclass(slots=True)
class _Sheet:
    """One monitor."""

    chart: ChartPlan
    _cells: dict[int, dict[CellKey, tuple[int, ...]]] = field(default_factory=dict)
    """By window, as events happened."""
    _begun: bool = False
    _points: dict[int, list[tuple[SeriesKey, ChartPoint]]] = field(default_factory=dict)
    _stretches: tuple[Stretch, ...] = ()
    _pasts: dict[str | None, tuple[tuple[Stretch, Past], ...]] = field(default_factory=dict)
    """By group, where each has a reference of its own."""
    _limits: dict[tuple[str | None, Past], ChangeAlarm] = field(default_factory=dict)
    _usual: dict[Past, CountTable] = field(default_factory=dict)
    """Of a mixture: rows per bin of each past, which is what windows are compared with."""
    quantile_limit: QuantileLimit | None = None
    _closed: CountTable | None = None
    """Where labels decide: the closed windows that its detector is fed."""

    @property
    def by_label(self) -> bool:
        """Whether labels decide, so that windows are those of labels or of cohorts."""
        return self.chart.watched is not None and self.chart.watched.view is not View.RECEIVED

    @property
    def of_cohorts(self) -> bool:
        """Whether only answers are drawn whose time for labels is over."""
        return self.chart.watched is not None and self.chart.watched.view is View.MATURED

    def plans(self) -> tuple[CountPlan, ...]:
        """What is counted for it: its windows, and where a detector runs, which windows there are by receipt."""
        chart = self.chart
        if chart.plan is None or self.of_cohorts:
            return ()
        shown = (_without_units(window_plan(chart.plan, view=chart.shown_by, seconds=chart.seconds)),)
        return shown if chart.watched is None or self.by_label else (*shown, _presence(self.history()))

    def take(self, tables: Mapping[CountPlan, Grown], marks: Marks, closed: CountTable | None) -> None:
        """Take in what was counted and what is on record; `closed` where labels decide."""
        plans = self.plans()
        if plans:
            self._take_cells(tables[plans[0]])
        if self.by_label and closed is not None:
            self._closed = closed
            if self.of_cohorts:
                self._take_cells(Grown(_without_buckets(closed), None))
        if self.chart.watched is not None:
            presence = self._closed if self.by_label else tables[plans[1]].table
            windows = () if presence is None else _windows(presence)
            self._stretches = stretches_of(windows, seconds=self.chart.seconds, starts=marks.starts)
            signals = [mark.signal for mark in marks.alarms.get(self.chart.monitor.id, ())]
            self._pasts = {
                part.group: pasts_of(self._stretches, signals, group=part.group)
                for part in parts_of(self.chart.watched)
            }

    def _take_cells(self, grown: Grown) -> None:
        added = grown.added if self._begun else None
        self._begun = True
        if added is None:
            self._cells.clear()
            self._points.clear()
        for key in grown.table.cells if added is None else added.cells:
            self._points.pop(key.window, None)
            values = grown.table.cells.get(key)
            window = self._cells.setdefault(key.window, {})
            if values is None:
                window.pop(key, None)
            else:
                window[key] = values

    @property
    def learnt(self) -> bool:
        """Whether any limits were learnt for it yet."""
        return bool(self._limits)

    # --- limits -----------------------------------------------------------------------------------------------------

    @property
    def unlearnt(self) -> set[tuple[str | None, Past]]:
        """Pasts that no limits were learnt from yet."""
        return {(group, past) for group, pasts in self._pasts.items() for _, past in pasts} - self._limits.keys()

    @property
    def has_past(self) -> bool:
        """Whether any of those holds a window at all."""
        first = min((stretch.began for stretch in self._stretches), default=0)
        return any(past.known > first for _, past in self.unlearnt)

    def history(self) -> CountPlan:
        """What limits are learnt from where labels do not decide: windows by when events came, with units."""
        chart = self.chart
        assert chart.watched is not None
        return window_plan(chart.watched.plan, view=View.RECEIVED, seconds=chart.seconds)

    def learn(self, table: CountTable | None) -> None:
        """Learn what is not learnt yet, and let go of what nothing is judged by any more."""
        watched = self.chart.watched
        assert watched is not None
        table = self._closed if self.by_label else table
        past = watched if table is None else replace(watched, table=table)
        parts = {part.group: part for part in parts_of(past)}
        missing = self.unlearnt
        used = {(group, past) for group, pasts in self._pasts.items() for _, past in pasts}
        self._limits = {key: alarm for key, alarm in self._limits.items() if key in used}
        self._limits |= {(group, past): learn_limits(parts[group], past) for group, past in missing}
        if self.chart.role is SeriesRole.DRIFT and missing:
            self._usual = {past: usual_mixture(parts[None], past) for _, past in used}
            self._points.clear()

    def _steps(self, shown: Shown) -> dict[SeriesKey, list[LimitStep]]:
        found: dict[SeriesKey, list[LimitStep]] = {}
        for part in parts_of(self.chart.watched) if self.chart.watched is not None else ():
            for stretch, past in self._pasts[part.group]:
                for key, step in limit_steps(part, self._limits[part.group, past], stretch, shown):
                    found.setdefault(key, []).append(step)
        if self.quantile_limit is not None and self.quantile_limit.at_most_ms is not None:
            step = LimitStep(since=shown.since, until=None, release="", high=self.quantile_limit.at_most_ms)
            found |= {key: [step] for key in series_keys(self.chart)}
        return found

    # --- the chart --------------------------------------------------------------------------------------------------

    def drawn(self, most_windows: int, marks: Marks) -> MonitorChart:
        """The chart with so many of the latest windows."""
        chart = self.chart
        last = max(self._cells, default=0)
        shown = Shown(since=last - (most_windows - 1) * chart.seconds, last=last, seconds=chart.seconds)
        lines: dict[SeriesKey, list[ChartPoint]] = {}
        for window in sorted(self._cells):
            if window >= shown.since:
                for key, point in self._points_of(window):
                    lines.setdefault(key, []).append(point)
        limits = self._steps(shown)
        keys = series_keys(chart) if chart.plan is not None else ()
        return MonitorChart(
            monitor=chart.monitor,
            seconds=chart.seconds,
            unit=_UNITS[chart.role],
            counted_in=chart.counted_in,
            series=tuple(
                ChartSeries(
                    role=key[0], group=key[1], points=tuple(lines.get(key, ())), limits=tuple(limits.get(key, ()))
                )
                for key in keys
            ),
            reliability=reliability_curves(
                chart, {w: c for w, c in self._cells.items() if w >= shown.since}, answering=marks.answering
            ),
            alarms=marks.alarms.get(chart.monitor.id, ()),
            not_watched=chart.not_watched or (self.quantile_limit.because if self.quantile_limit else None),
            not_charted=chart.not_charted,
            windows=len(self._cells),
            events=_event_marks(chart, shown),
        )

    def _points_of(self, window: int) -> list[tuple[SeriesKey, ChartPoint]]:
        if window not in self._points:
            drawn = self._drifts if self.chart.role is SeriesRole.DRIFT else points_of
            self._points[window] = list(drawn(self.chart, window, self._cells[window]))
        return self._points[window]

    def _drifts(self, chart: ChartPlan, window: int, cells: WindowCells) -> Iterator[tuple[SeriesKey, ChartPoint]]:
        """Each release against the past that its detector is judged by at that time."""
        for release, part in sorted(releases_of(cells).items()):
            ours = [(stretch, past) for stretch, past in self._pasts.get(None, ()) if stretch.release == release]
            pasts = [past for stretch, past in ours if stretch.since <= window] or [past for _, past in ours[:1]]
            usual = self._usual[pasts[-1]] if pasts else CountTable(("n",), {})
            yield (SeriesRole.DRIFT, None), drift_point(chart, part, usual, window=window, release=release)


def _event_marks(chart: ChartPlan, shown: Shown) -> tuple[EventMark, ...]:
    """The known events of the windows that are shown, whether a detector runs or not."""
    found = muting(chart.events, seconds=chart.seconds)
    marks = [
        EventMark(since=one.since, until=one.until, event=one.event, judged=spans is found.judged)
        for spans in (found.left_out, found.judged)
        for one in spans
        if one.until > shown.since and one.since <= shown.last
    ]
    return tuple(sorted(marks, key=lambda mark: mark.since))


def _without_units(plan: CountPlan) -> CountPlan:
    """Points need no units, and without them a window has a cell a group."""
    return replace(plan, unit=None)


def _without_buckets(table: CountTable) -> CountTable:
    return CountTable.of_rows(table.columns, ((key._replace(bucket=0), values) for key, values in table.cells.items()))


def _presence(history: CountPlan) -> CountPlan:
    """Which windows by receipt there are, and of which release; monitors of one window length share it."""
    whole = replace(history, group=(), apart=(), bins=None, unit=None)
    return replace(whole, monitor="windows", aggregates=(Aggregate(name="n"),))


def _windows(presence: CountTable) -> tuple[WindowCounts, ...]:
    seen = sorted({(key.window, key.release) for key in presence.cells})
    return tuple(WindowCounts(window=window, release=release, cells=()) for window, release in seen)
