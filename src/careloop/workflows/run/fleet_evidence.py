"""What the newest day says of each monitor of a system: the e-values by which a fleet is ranked.

Each monitor is judged by the very past that its detector is judged by, over closed windows; nothing is recorded.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from careloop.domain.alarm import Signal
from careloop.domain.counts import CountTable
from careloop.domain.monitor import MonitorKind
from careloop.domain.noun import days_in
from careloop.domain.system import EventSchema
from careloop.monitors.day_evidence import DayEvidence, day_evidence, mean_evidence
from careloop.monitors.fleet_promise import days_reached
from careloop.monitors.known_events import MutedWindows
from careloop.monitors.replay import ChangeAlarm
from careloop.monitors.window import WindowCounts
from careloop.ports.lake import Lake, Reading
from careloop.ports.ledger import Entry
from careloop.workflows.run.chart_board import ChartAsk
from careloop.workflows.run.chart_marks import marks_of
from careloop.workflows.run.compile_monitors import compile_monitors
from careloop.workflows.run.detect_changes import Part, parts_of, stretches_of
from careloop.workflows.run.fix_quantiles import fix_quantiles
from careloop.workflows.run.limit_lines import learn_limits, pasts_of
from careloop.workflows.run.muted_windows import muted_windows
from careloop.workflows.run.read_windows import window_plan
from careloop.workflows.run.watched_monitor import WatchedMonitor

__all__ = ["MonitorEvidence", "MonitorPromise", "SystemEvidence", "system_evidence"]

_DAY: Final = 86_400
_LEARNING: Final = 30
"""So many windows before the day tell a detector of drift where to look; older ones weigh less than a thousandth."""
_MOST_SHOWN: Final = 30.0
"""Logarithm beyond which the exact number says nothing to anybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorEvidence:
    """What the newest day says of one monitor."""

    monitor: str
    kind: MonitorKind
    since: datetime
    """When that day began, in UTC."""
    log_e: float
    windows: int
    """Closed windows of the day that were judged."""

    @property
    def e_value(self) -> float:
        """The e-value itself, cut off where it is beyond all doubt."""
        return math.exp(min(self.log_e, _MOST_SHOWN))


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorPromise:
    """What a monitor promises, and what its detectors have reached on average."""

    monitor: str
    promised_days: float
    reached_days: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemEvidence:
    """All watched monitors of a system."""

    at: datetime
    """When it was computed."""
    monitors: tuple[MonitorEvidence, ...]
    """In the order of its document; one whose newest window closed long ago is left out."""
    promises: tuple[MonitorPromise, ...] = ()
    """Of every monitor that is watched, where they were asked for."""
    muted: tuple[MutedWindows, ...] = ()
    """What a calendar of known events left out."""

    @property
    def worst(self) -> MonitorEvidence | None:
        """The monitor that the day speaks against most."""
        return max(self.monitors, key=lambda one: one.log_e, default=None)

    def of(self, monitor: str) -> MonitorEvidence | None:
        """The evidence of one monitor."""
        return next((one for one in self.monitors if one.monitor == monitor), None)


def system_evidence(
    lake: Lake, ask: ChartAsk, entries: Sequence[Entry], *, now: datetime, with_promise: bool = False
) -> SystemEvidence:
    """The evidence at `now`, given the ledger's entries about the system; costs about what watching it once costs.

    `with_promise` also runs each detector over all windows of the release that answers.
    """
    schema = ask.system.events or EventSchema()
    compiled = compile_monitors(ask.monitors, schema, beside=ask.beside)
    compiled = fix_quantiles(compiled, lake=lake, system=ask.system.id, now=now)
    watched = _with_closed_windows(compiled.watched, lake=lake, system=ask.system.id, now=now)
    marks = marks_of(
        entries,
        system=ask.system.id,
        environment=ask.environment,
        seconds={each.monitor.id: each.seconds for each in watched},
    )
    found: list[MonitorEvidence] = []
    promises: list[MonitorPromise] = []
    for each in watched:
        signals = [mark.signal for mark in marks.alarms.get(each.monitor.id, ())]
        latest = [_latest(part, signals, marks.starts) for part in parts_of(each)]
        evidence = mean_evidence([day for one in latest if one is not None and (day := one.day()) is not None])
        if with_promise:
            reached = sum(one.reached() for one in latest if one is not None) / max(1, len(latest))
            promised = float(days_in(each.monitor.promise))
            promises.append(MonitorPromise(monitor=each.monitor.id, promised_days=promised, reached_days=reached))
        if evidence is not None and _is_new(each, evidence, now):
            found.append(_told(each, evidence))
    return SystemEvidence(at=now, monitors=tuple(found), promises=tuple(promises), muted=muted_windows(watched))


def _with_closed_windows(
    monitors: Sequence[WatchedMonitor], *, lake: Lake, system: str, now: datetime
) -> list[WatchedMonitor]:
    """As `with_windows`, but all window lengths of a view in one reading: opening the newest files is what costs."""
    fence = lake.fence(now)
    tables: dict[str, CountTable] = {}
    for view, maturity in dict.fromkeys((each.view, each.maturity) for each in monitors):
        ours = [each for each in monitors if (each.view, each.maturity) == (view, maturity)]
        until = fence.received_before - (timedelta(0) if maturity is None else maturity.after)
        plans = [window_plan(each.plan, view=view, seconds=each.seconds) for each in ours]
        columns = {column.name: column for plan in plans for column in plan.reads()}
        reading = Reading(
            system=system,
            upto=fence.watermark,
            view=view,
            maturity=maturity,
            until=until,
            columns=tuple(columns.values()),
        )
        with lake.counting(reading) as counts:
            for each, plan in zip(ours, plans, strict=True):
                last = int(until.timestamp()) // each.seconds * each.seconds
                tables[each.monitor.id] = counts.count(plan).select(until=last)
    return [replace(each, table=tables[each.monitor.id]) for each in monitors]


@dataclass(frozen=True, slots=True)
class _Latest:
    """A detector with all windows of the latest release that it judges by one past."""

    alarm: ChangeAlarm
    fed: Sequence[WindowCounts]
    seconds: int

    def day(self) -> DayEvidence | None:
        """What the newest day says."""
        first = self.fed[-1].window - _DAY - _LEARNING * self.seconds
        return day_evidence(self.alarm, [w for w in self.fed if w.window >= first], seconds=self.seconds)

    def reached(self) -> float:
        """What the detector has reached by itself, in days."""
        return days_reached(self.alarm, self.fed, seconds=self.seconds)


def _latest(part: Part, signals: Sequence[Signal], starts: Mapping[str, Sequence[int]]) -> _Latest | None:
    seconds = part.watched.seconds
    pasts = pasts_of(stretches_of(part.windows, seconds=seconds, starts=starts), signals, group=part.group)
    if not pasts:
        return None
    stretch, past = max(pasts, key=lambda one: one[0].until)
    fed = [w for w in part.windows if w.release == stretch.release and stretch.since <= w.window < stretch.until]
    return _Latest(learn_limits(part, past), fed, seconds)


def _is_new(watched: WatchedMonitor, evidence: DayEvidence, now: datetime) -> bool:
    """Whether its day is today, or the last on which a window could close; of cohorts, that could have matured."""
    late = 0.0 if watched.maturity is None else watched.maturity.after.total_seconds()
    return now.timestamp() - late - evidence.day < 2 * _DAY + watched.seconds


def _told(watched: WatchedMonitor, evidence: DayEvidence) -> MonitorEvidence:
    return MonitorEvidence(
        monitor=watched.monitor.id,
        kind=watched.monitor.kind,
        since=datetime.fromtimestamp(0, UTC) + timedelta(seconds=evidence.day),
        log_e=evidence.log_e,
        windows=evidence.windows,
    )
