"""Try each candidate on the rows: is its tolerance wide enough for ordinary days, and what would it notice, how soon?

The monitors are compiled, counted and learnt by what runs them in operation; nothing is proposed that would not run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from careloop.domain.counts import UNKNOWN_GROUP, Tally
from careloop.domain.event_rows import View
from careloop.domain.monitor import Monitor
from careloop.domain.noun import days_in
from careloop.domain.system import EventSchema, System
from careloop.monitors.calibration_alarm import CalibrationAlarm
from careloop.monitors.detectable import GapTraffic, smallest_detectable_gap, smallest_detectable_rise
from careloop.monitors.drift_alarm import DriftAlarm
from careloop.monitors.gap_alarm import GapAlarm
from careloop.monitors.rate_alarm import RateAlarm
from careloop.monitors.replay import ChangeAlarm
from careloop.monitors.window import pooled
from careloop.ports.count_engine import CountEngine
from careloop.workflows.run.candidate_monitors import Candidate, NotProposed, candidate_monitors
from careloop.workflows.run.compile_monitors import FAVOURABLE, compile_monitors
from careloop.workflows.run.detect_changes import LEAST_WINDOWS, Part, parts_of
from careloop.workflows.run.read_windows import window_plan
from careloop.workflows.run.rehearse_monitors import rehearse_monitors
from careloop.workflows.run.seen_rows import SeenRows
from careloop.workflows.run.watched_monitor import WatchedMonitor

__all__ = ["Proposed", "propose_monitors"]

_DAY: Final = 86_400
_MONTH: Final = 30 * _DAY
_YEAR: Final = 365 * _DAY

Counting = Callable[[Mapping[str, Sequence[object]]], CountEngine]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """Monitors with their reasons, and what was left out."""

    proposals: tuple[Candidate, ...]
    left_out: tuple[NotProposed, ...]

    @property
    def alarms_a_year(self) -> float:
        """False alarms a year that all of them together promise not to pass."""
        return sum(365 / days_in(each.monitor.promise) for each in self.proposals)


def propose_monitors(system: System, seen: SeenRows, *, counting: Counting) -> Proposed:
    """What should be watched of this system, tried on these rows. Every proposal compiles."""
    schema = system.events or EventSchema()
    favourable = schema.favourable or FAVOURABLE
    engine = counting(seen.columns)
    proposals: list[Candidate] = []
    left_out: list[NotProposed] = []
    for found in candidate_monitors(system, seen, favourable):
        if isinstance(found, NotProposed):
            left_out.append(found)
            continue
        compiled = compile_monitors([found.monitor], schema)
        if compiled.left_out:
            left_out.append(NotProposed(found.monitor.id, compiled.left_out[0].because))
        else:
            proposals.append(_tried(found, compiled.watched[0], engine, seen))
    return Proposed(proposals=tuple(proposals), left_out=tuple(left_out))


def _tried(found: Candidate, watched: WatchedMonitor, engine: CountEngine, seen: SeenRows) -> Candidate:
    if watched.quantile is not None:
        return found
    view = watched.view if watched.view is View.LABELLED else View.RECEIVED
    table = engine.count(window_plan(watched.plan, view=view, seconds=watched.seconds))
    counted = replace(watched, table=table)
    alarms = [part.learn(part.windows) for part in parts_of(counted)]
    monitor, floor = _wide_enough(found.monitor, alarms, seen)
    counted = replace(counted, monitor=monitor)
    said = [*found.because, floor]
    if watched.note:
        said.append(f"Note: {watched.note}.")
    for part in parts_of(counted):
        said += _noticed(part, seen)
    said += _replayed(counted, seen)
    return Candidate(monitor, tuple(said))


def _wide_enough(monitor: Monitor, alarms: Sequence[ChangeAlarm], seen: SeenRows) -> tuple[Monitor, str]:
    """The monitor with a tolerance at or above what ordinary windows differ by, and a sentence about it."""
    floors = [floor for alarm in alarms if (floor := _floor(alarm)) is not None]
    if not seen.timed or not floors:
        return monitor, (
            "How much ordinary windows differ by themselves is not known from these rows; "
            "`care monitor replay` tells after four weeks."
        )
    floor = max(floors)
    if floor <= monitor.tolerance:
        return monitor, f"Ordinary windows of these rows differ by {floor:.3g} by themselves: less than the tolerance."
    wider = math.ceil(floor * 200) / 200
    told = f"Ordinary windows of these rows differ by {floor:.3g} by themselves, so the tolerance is {wider:g} instead."
    return monitor.model_copy(update={"tolerance": wider}), told


def _floor(alarm: ChangeAlarm) -> float | None:
    """What the history says that windows differ by; None where it does not tell."""
    if isinstance(alarm, GapAlarm):
        known = [leg.window_sd for leg in alarm.legs if leg.window_sd is not None]
        return max(known) if known else None
    if isinstance(alarm, RateAlarm):
        return alarm.window_sd
    if isinstance(alarm, CalibrationAlarm):
        return alarm.window_sd(dict.fromkeys(range(len(alarm.middles)), 1.0))
    if isinstance(alarm, DriftAlarm):
        return alarm.history.wandering if len(alarm.history.windows) >= LEAST_WINDOWS else None
    return None


def _noticed(part: Part, seen: SeenRows) -> list[str]:
    """What is noticed within 30 days, and how long a change of twice the tolerance takes, for each group."""
    alarm = part.learn(part.windows)
    a_window = part.watched.seconds / _DAY / seen.days
    if isinstance(alarm, GapAlarm):
        return [_of_gap(alarm, group, part, a_window) for group in dict.fromkeys(leg.group for leg in alarm.legs)]
    if isinstance(alarm, RateAlarm) and alarm.accepted:
        rows = max(1, round(pooled(window.tally for window in part.windows).n * a_window))
        slot = next(iter(alarm.accepted))

        def least(windows: int) -> float | None:
            return smallest_detectable_rise(alarm, slot=slot, rows=rows, windows=windows)

        word = "fall" if alarm.directions[0].value == "lower" else "rise"
        return [_told(f"a {word} of {{}}", least, 2 * alarm.tolerance, part.watched.seconds, rows)]
    return []


def _of_gap(alarm: GapAlarm, group: str, part: Part, a_window: float) -> str:
    inside = pooled(cell.tally for window in part.windows for cell in window.cells if cell.group == group)
    whole = pooled(cell.tally for window in part.windows for cell in window.cells if cell.group != UNKNOWN_GROUP)
    others = Tally(whole.hits - inside.hits, whole.n - inside.n)
    traffic = GapTraffic(
        rows=max(1, round(inside.n * a_window)),
        others=max(1, round(others.n * a_window)),
        others_rate=others.hits / others.n if others.n else 0.5,
    )

    def least(windows: int) -> float | None:
        return smallest_detectable_gap(alarm, group, traffic=traffic, windows=windows)

    tolerance = max(leg.tolerance for leg in alarm.legs if leg.group == group)
    what = f"a gap of {{}} between {group} and the others"
    return _told(what, least, 2 * tolerance, part.watched.seconds, traffic.rows)


def _told(what: str, least: Callable[[int], float | None], change: float, seconds: int, rows: int) -> str:
    smallest = least(max(1, _MONTH // seconds))
    said = f"With {rows:,} rows a window, " + (
        "no change at all would be noticed within 30 days"
        if smallest is None
        else f"{what.format(f'{smallest:.3g}')} is noticed within 30 days four times in five"
    )
    windows = _windows_for(least, change, most=max(1, _YEAR // seconds))
    if windows is None:
        return f"{said}; one of {change:.3g} takes more than a year."
    days = windows * seconds / _DAY
    return f"{said}; one of {change:.3g} within {f'{days:,.0f} days' if days >= 2 else f'{days * 24:,.0f} hours'}."


def _windows_for(least: Callable[[int], float | None], change: float, *, most: int) -> int | None:
    """The fewest windows within which so large a change is noticed."""

    def enough(windows: int) -> bool:
        found = least(windows)
        return found is not None and found <= change

    if not enough(most):
        return None
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _replayed(watched: WatchedMonitor, seen: SeenRows) -> list[str]:
    if not seen.timed:
        return []
    said = [each for each in rehearse_monitors([watched]) if each.readiness.windows]
    return [
        f"Replayed on these rows{f' ({each.group})' if each.group else ''}: {each.readiness.because}." for each in said
    ]
