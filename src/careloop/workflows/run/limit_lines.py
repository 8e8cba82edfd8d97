"""What each detector accepts, as steps over time: its reference and its limit, for each release from its takeover on.

Learnt exactly as `detect_changes` learns, from windows by when events came; but the detectors themselves are not run.
Which windows an alarm has shown to be bad is taken from the alarms on record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from careloop.domain.alarm import Signal, Worse
from careloop.domain.counts import CellKey, CountTable
from careloop.domain.monitor import Reference
from careloop.domain.monitor_chart import LimitStep, SeriesRole
from careloop.monitors.calibration_alarm import CalibrationAlarm
from careloop.monitors.drift_alarm import DriftAlarm
from careloop.monitors.gap_alarm import GapAlarm
from careloop.monitors.rate_alarm import RateAlarm
from careloop.monitors.ratio_alarm import RatioAlarm
from careloop.monitors.replay import ChangeAlarm
from careloop.monitors.window import hour_of_week
from careloop.workflows.run.chart_points import SeriesKey
from careloop.workflows.run.detect_changes import Part, Stretch

__all__ = ["Past", "Shown", "learn_limits", "limit_steps", "pasts_of", "usual_mixture"]

_HOUR: Final = 3600
_NO_PAST: Final = "no past of its own to compare with yet"
_NOT_THEN: Final = "its past has no rows at this hour of the week"


@dataclass(frozen=True, slots=True)
class Past:
    """Which windows a stretch is judged by. They are closed, so the same past teaches the same limits for ever."""

    known: int
    """Windows before this one …"""
    bad: tuple[tuple[str, int, int], ...] = ()
    """… except these: release, first and last window, both included."""
    release: str = ""
    """Whose windows are judged: it has an evaluation set of its own."""

    def holds(self, window: int, release: str) -> bool:
        """Whether a window belongs to it."""
        if window >= self.known:
            return False
        return not any(release == name and first <= window <= last for name, first, last in self.bad)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Which stretch of time a chart shows: windows with `since` ≤ start ≤ `last`, of a length."""

    since: int
    last: int
    seconds: int


def pasts_of(
    stretches: Sequence[Stretch], signals: Iterable[Signal], *, group: str | None = None
) -> tuple[tuple[Stretch, Past], ...]:
    """Each stretch with its past, given the monitor's signals; `group` where each group has a reference of its own.

    From the first signal about a release on, its windows are bad for whatever takes over after it.
    """
    ours = [signal for signal in signals if group is None or signal.group == group]
    found: list[tuple[Stretch, Past]] = []
    bad: list[tuple[str, int, int]] = []
    for (release, began), stint in groupby(stretches, key=lambda each: (each.release, each.began)):
        until = began
        for stretch in stint:
            before = [(name, first, min(last, stretch.known - 1)) for name, first, last in bad if first < stretch.known]
            found.append((stretch, Past(stretch.known, tuple(before), release)))
            until = stretch.until
        moved = [signal.since for signal in ours if signal.release == release and began <= signal.window < until]
        if moved:
            bad.append((release, min(moved), until - 1))
    return tuple(found)


def learn_limits(part: Part, past: Past) -> ChangeAlarm:
    """The alarm that the past gives; `part` holds at least all windows of the past, by when events came."""
    return part.learn(
        [window for window in part.windows if past.holds(window.window, window.release)], release=past.release
    )


def usual_mixture(part: Part, past: Past) -> CountTable:
    """Rows per bin of the past of a drift monitor: what its windows are compared with."""
    bins: dict[int, int] = {}
    for window in part.windows:
        if past.holds(window.window, window.release):
            for mixture in window.mixtures().values():
                for bin_, n in mixture.items():
                    bins[bin_] = bins.get(bin_, 0) + n
    name = part.watched.plan.monitor
    cells = {CellKey(name, "", 0, "", bin_, 0): (n,) for bin_, n in bins.items()}
    return CountTable(("n",), cells)


def limit_steps(
    part: Part, alarm: ChangeAlarm, stretch: Stretch, shown: Shown
) -> Iterator[tuple[SeriesKey, LimitStep]]:
    """What the alarm accepts during the shown part of a stretch, for each line of the chart that it watches."""
    newest = (stretch.until - 1) // shown.seconds * shown.seconds
    since, last = max(stretch.since, shown.since), min(newest, shown.last)
    if last < since:
        return
    until = None if newest >= shown.last else last + shown.seconds
    if isinstance(alarm, GapAlarm):
        for group in dict.fromkeys(leg.group for leg in alarm.legs):
            limit = max(leg.tolerance for leg in alarm.legs if leg.group == group)
            step = LimitStep(since=since, until=until, release=stretch.release, low=-limit, high=limit)
            yield (SeriesRole.GAP, group), step
    elif isinstance(alarm, RatioAlarm):
        judged = [leg.least for leg in alarm.legs if leg.least > 0]
        reason = None if judged else _NO_PAST
        low = min(judged, default=None)
        step = LimitStep(since=since, until=until, release=stretch.release, low=low, reason=reason)
        yield (SeriesRole.IMPACT_RATIO, None), step
    elif isinstance(alarm, DriftAlarm):
        high, reason = (alarm.tolerance, None) if alarm.history.rows else (None, _NO_PAST)
        step = LimitStep(since=since, until=until, release=stretch.release, high=high, reason=reason)
        yield (SeriesRole.DRIFT, None), step
    elif isinstance(alarm, CalibrationAlarm):
        reason = _NO_PAST if alarm.accepted is None else None
        step = LimitStep(since=since, until=until, release=stretch.release, high=alarm.accepted, reason=reason)
        yield (SeriesRole.CALIBRATION, None), step
    elif isinstance(alarm, RateAlarm):
        seasonal = part.watched.monitor.reference is Reference.SAME_HOUR_OF_WEEK
        width = max(_HOUR, shown.seconds)
        starts = sorted({since, *range(-(-since // width) * width, last + 1, width)}) if seasonal else [since]
        for start, end in zip(starts, [*starts[1:], until], strict=True):
            slot = hour_of_week(start) if seasonal else 0
            yield (SeriesRole.RATE, part.group), _rate_step(alarm, slot, stretch.release, since=start, until=end)


def _rate_step(alarm: RateAlarm, slot: int, release: str, *, since: int, until: int | None) -> LimitStep:
    accepted = alarm.accepted.get(slot)
    if accepted is None:
        return LimitStep(since=since, until=until, release=release, reason=_NOT_THEN if alarm.accepted else _NO_PAST)
    ways = alarm.directions
    return LimitStep(
        since=since,
        until=until,
        release=release,
        reference_low=accepted[0],
        reference_high=accepted[1],
        low=alarm.limit(slot, Worse.LOWER) if Worse.LOWER in ways else None,
        high=alarm.limit(slot, Worse.HIGHER) if Worse.HIGHER in ways else None,
    )
