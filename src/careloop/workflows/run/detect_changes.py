"""Feed a monitor's closed windows to its detector, once and in order, and say where the metric moved.

Nothing has to be remembered between runs: the detectors' state follows from the windows, which are kept, so it can
never be lost and two machines find the same alarms. A memory only saves a watcher from feeding them again. A detector
starts again whenever a release takes over. What it is measured against is the system's own past up to then (four weeks
of it, at least, before it may act), leaving out the stretches that an alarm has shown to be bad.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from careloop.domain.alarm import Readiness, Signal
from careloop.domain.counts import CountTable
from careloop.domain.monitor import Reference
from careloop.monitors.amounts import amount_windows, compile_amount_alarm, told_in_amounts
from careloop.monitors.calibration_alarm import compile_calibration_alarm
from careloop.monitors.drift_alarm import compile_drift_alarm
from careloop.monitors.gap_alarm import compile_gap_alarm
from careloop.monitors.history import RateHistory, learn_rate
from careloop.monitors.promise import AlarmTerms
from careloop.monitors.rate_alarm import RateAlarm, compile_fixed_alarm, compile_rate_alarm
from careloop.monitors.ratio_alarm import compile_ratio_alarm
from careloop.monitors.replay import ChangeAlarm, judge_readiness, rehearse
from careloop.monitors.window import WindowCounts, hour_of_week, one_slot, windows_of
from careloop.workflows.run.watch_memory import MonitorMemory, RunSoFar, StintBook, WatchMemory
from careloop.workflows.run.watched_monitor import WatchedMonitor

__all__ = [
    "LEAST_WINDOWS",
    "Change",
    "Part",
    "Stretch",
    "detect_changes",
    "parts_of",
    "stretches_of",
    "too_short",
    "without_reference",
]

_FOUR_WEEKS: Final = 28 * 86_400
LEAST_WINDOWS: Final = 8
"""Windows of a past that is worth replaying at all."""

Learn = Callable[[Sequence[WindowCounts]], ChangeAlarm]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one detector watches: the gap between all groups, or the rate of one group or of all rows."""

    watched: WatchedMonitor
    group: str | None
    """The one group whose rate is watched; None for a gap, and for the rate of all rows."""
    windows: tuple[WindowCounts, ...]

    @property
    def terms(self) -> AlarmTerms:
        """What the monitor's document asks of the alarm."""
        watched = self.watched
        return AlarmTerms(
            monitor=watched.monitor.id,
            tolerance=watched.tolerance,
            promise=watched.promise,
            window_seconds=watched.seconds,
            worse=watched.worse,
        )

    def learn(self, history: Sequence[WindowCounts], *, release: str | None = None) -> ChangeAlarm:
        """The alarm that this past gives, for a release; without one, for that of its last window."""
        watched = self.watched
        shown = watched.reference_of(release or (history[-1].release if history else ""))
        if watched.calibration:
            return compile_calibration_alarm(self.terms, middles=watched.middles, history=history)
        if watched.amounts is not None:
            return compile_amount_alarm(self.terms, history=history)
        if watched.drift:
            return compile_drift_alarm(self.terms, bins=watched.bins, history=history)
        if watched.ratio:
            least_n = watched.monitor.minimum_n
            return compile_ratio_alarm(
                self.terms, groups=watched.groups, history=history, minimum_n=least_n, reference=shown
            )
        if watched.gap:
            return compile_gap_alarm(self.terms, groups=watched.groups, history=history)
        learnt = learn_rate(history)
        if watched.at_most is not None:
            return compile_fixed_alarm(self.terms, history=learnt, at_most=watched.at_most)
        if shown is not None and (self.group or "") in shown:
            learnt = RateHistory(slots={0: shown[self.group or ""]}, window_sd=learnt.window_sd)
        return compile_rate_alarm(self.terms, history=learnt)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The metric moved: the detector's signal, and the past it was measured against."""

    part: Part
    signal: Signal
    history: tuple[WindowCounts, ...]

    def readiness(self) -> Readiness:
        """Whether the monitor kept its promise on that past, so that a plan may act upon its alarm."""
        if len(self.history) < LEAST_WINDOWS:
            return too_short(len(self.history))
        if self.part.watched.lacks_reference(self.signal.release):
            return without_reference(len(self.history))
        return judge_readiness(rehearse(self.history, self.part.learn), terms=self.part.terms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Windows of one release that are judged by one past."""

    release: str
    began: int
    """First window since the release took over."""
    since: int
    """First window of the stretch: the same, or four weeks later."""
    until: int
    """Start of its last window so far, and one second."""
    known: int
    """The past it is judged by: the windows before this one, except those that an alarm has shown to be bad."""


@dataclass(frozen=True, slots=True)
class _Stint:
    """The windows of one release from when it took over until it was replaced."""

    release: str
    windows: tuple[WindowCounts, ...]

    @property
    def begin(self) -> int:
        return self.windows[0].window


def too_short(windows: int) -> Readiness:
    """What a past of fewer than `LEAST_WINDOWS` windows allows: nothing."""
    because = f"{windows} windows of the system's own history; four weeks are needed"
    return Readiness(may_act=False, because=because, days=0.0, windows=windows, alarms=0)


def without_reference(windows: int) -> Readiness:
    """What a monitor may do whose document names an evaluation that there is not: nothing."""
    because = "its reference, the evaluation set of the release, is missing; it is judged by the system's own past"
    return Readiness(may_act=False, because=because, days=0.0, windows=windows, alarms=0)


def parts_of(watched: WatchedMonitor) -> tuple[Part, ...]:
    """The detectors that a monitor needs: one, or one for each declared group whose rate has its own reference."""
    return _parts(watched, _windows_by_group(watched, watched.table))


def _parts(watched: WatchedMonitor, windows: Mapping[str | None, Sequence[WindowCounts]]) -> tuple[Part, ...]:
    return tuple(Part(watched=watched, group=group, windows=tuple(each)) for group, each in windows.items())


def _windows_by_group(watched: WatchedMonitor, table: CountTable) -> dict[str | None, list[WindowCounts]]:
    season = hour_of_week if watched.monitor.reference is Reference.SAME_HOUR_OF_WEEK else one_slot
    hits = "n" if watched.drift else "hits"
    by_bin = watched.drift or watched.calibration
    if watched.amounts is not None:
        counted = amount_windows(table, watched.amounts, slot_of=season)
    else:
        counted = windows_of(table, hits=hits, slot_of=season, by_bin=by_bin)
    windows = [_outside(watched, one) for one in counted]
    if watched.gap or not watched.groups:
        return {None: windows}
    return {group: [_only(window, group) for window in windows] for group in watched.groups}


def detect_changes(
    watched: WatchedMonitor, *, starts: Mapping[str, Sequence[int]], memory: WatchMemory | None = None
) -> tuple[Change, ...]:
    """Every signal of the monitor over all its windows, in order of time.

    `starts` says for a release when it took over, each time, in seconds since 1970; a release that it does not name
    took over with its first window. With the `memory` of the call before, only fresh windows are fed.
    """
    known = _remembered(watched, memory or WatchMemory())
    parts = _parts(watched, known.windows)
    changes = [change for part in parts for change in _changes_of(part, starts, known)]
    return tuple(sorted(changes, key=lambda change: (change.signal.window, change.signal.group or "")))


def _remembered(watched: WatchedMonitor, memory: WatchMemory) -> MonitorMemory:
    """The monitor's memory with its fresh windows added; a new one for a monitor that is new or was changed."""
    bare = replace(watched, table=CountTable(watched.table.columns, {}), fresh=None)
    known = memory.monitors.get(watched.monitor.id)
    if known is None or known.watched != bare or watched.fresh is None:
        known = memory.monitors[watched.monitor.id] = MonitorMemory(bare, _windows_by_group(watched, watched.table))
    elif watched.fresh.cells:
        for group, fresh in _windows_by_group(watched, watched.fresh).items():
            known.windows[group] += fresh
    return known


def stretches_of(
    windows: Sequence[WindowCounts], *, seconds: int, starts: Mapping[str, Sequence[int]]
) -> tuple[Stretch, ...]:
    """Which windows are judged by which past, in the order in which the releases took over.

    `windows` are all there are, earliest first, of length `seconds`; only their starts and releases are read.
    """
    if not windows:
        return ()
    first = windows[0].window
    return tuple(
        Stretch(release=stint.release, began=stint.begin, since=since, until=until, known=known)
        for stint in _stints(windows, seconds, starts, StintBook(starts))
        for since, until, known in _phases(stint, first)
    )


def _changes_of(part: Part, starts: Mapping[str, Sequence[int]], known_of: MonitorMemory) -> list[Change]:
    if not part.windows:
        return []
    first, changes = part.windows[0].window, list[Change]()
    bad: set[tuple[int, str]] = set()
    for stint in _stints(part.windows, part.watched.seconds, starts, _book_of(part, starts, known_of)):
        fresh: list[Change] = []
        for since, until, known in _phases(stint, first):
            fed = stint.windows[_before(stint.windows, since) : _before(stint.windows, until)]
            if fed:
                place = (part.group, stint.release, stint.begin, since, known)
                fresh += _run(part, _Past(part.windows, known, frozenset(bad)), fed, (known_of, place))
        changes += fresh
        if fresh:
            moved = min(change.signal.since for change in fresh)
            bad |= {(window.window, window.release) for window in stint.windows if window.window >= moved}
    return changes


@dataclass(frozen=True, slots=True)
class _Past:
    """The windows before `known` without those that are bad; listed only when somebody has to learn from them."""

    windows: Sequence[WindowCounts]
    known: int
    bad: frozenset[tuple[int, str]]

    @property
    def mark(self) -> Hashable:
        """Tells one past from another."""
        bad = tuple(sorted(each for each in self.bad if each[0] < self.known))
        return _before(self.windows, self.known), bad

    def listed(self) -> tuple[WindowCounts, ...]:
        """The windows."""
        before = self.windows[: _before(self.windows, self.known)]
        return tuple(w for w in before if (w.window, w.release) not in self.bad)


def _before(windows: Sequence[WindowCounts], moment: int) -> int:
    """How many of the windows, earliest first, start before a moment."""
    return bisect_left(windows, moment, key=lambda each: each.window)


def _phases(stint: _Stint, first: int) -> list[tuple[int, int, int]]:
    """Stretches of a stint, each with the time up to which the past is its measure: (since, until, known).

    With four weeks of past when the release took over, there is one stretch. Else there is a second one, four weeks
    later, which has the release's own first weeks for its past.
    """
    end = stint.windows[-1].window + 1
    if stint.begin - first >= _FOUR_WEEKS:
        return [(stint.begin, end, stint.begin)]
    later = stint.begin + _FOUR_WEEKS
    return [(stint.begin, min(later, end), stint.begin)] + ([(later, end, later)] if later < end else [])


def _book_of(part: Part, starts: Mapping[str, Sequence[int]], memory: MonitorMemory) -> StintBook:
    given = {release: tuple(each) for release, each in starts.items()}
    known = memory.stints.get(part.group)
    if known is None or known.starts != given:
        known = memory.stints[part.group] = StintBook(given)
    return known


def _stints(
    windows: Sequence[WindowCounts], seconds: int, starts: Mapping[str, Sequence[int]], book: StintBook
) -> list[_Stint]:
    """The stints of all windows, of which the first ones may stand in the book already."""
    for window in windows[book.entered :]:
        began = [at // seconds * seconds for at in starts.get(window.release, ())]
        latest = max((at for at in began if at <= window.window), default=-1)
        book.windows.setdefault((window.release, latest), []).append(window)
    book.entered = len(windows)
    stints = [_Stint(release, tuple(answered)) for (release, _), answered in book.windows.items()]
    return sorted(stints, key=lambda stint: (stint.begin, stint.release))


def _run(part: Part, past: _Past, fed: Sequence[WindowCounts], at: tuple[MonitorMemory, Hashable]) -> list[Change]:
    """Feed the windows that this run was not fed yet."""
    memory, place = at
    run, learnt = memory.runs.get(place), past.mark
    if run is None or run.learnt != learnt or run.fed > len(fed):
        alarm = part.learn(past.listed(), release=fed[0].release)
        run = memory.runs[place] = RunSoFar(alarm, alarm.start(fed[0].release), learnt)
    for window in fed[run.fed :]:
        run.state, signal = run.alarm.step(run.state, window)
        if signal is not None:
            run.signals.append(_told(part, run.alarm, _continued(part, signal, run.signals, fed), fed))
    run.fed = len(fed)
    if not run.signals:
        return []
    history = past.listed()
    return [Change(part=part, signal=signal, history=history) for signal in run.signals]


def _continued(part: Part, signal: Signal, signals: Sequence[Signal], fed: Sequence[WindowCounts]) -> Signal:
    """The signal with the rows of the one before it, if it goes on where that ended: one change, growing in evidence.

    A detector starts again after each alarm; without this, a change in a small group would never gather enough rows.
    """
    before = signals[-1] if signals else None
    if before is None or (before.group, before.moved) != (signal.group or part.group, signal.moved):
        return signal
    if any(before.window < window.window < signal.since and window.tally.n for window in fed):
        return signal
    compared = signal.compared
    if compared is not None and before.compared is not None:
        compared = before.compared.pooled(compared)
    return replace(signal, since=before.since, observed=before.observed.pooled(signal.observed), compared=compared)


def _told(part: Part, alarm: ChangeAlarm, signal: Signal, fed: Sequence[WindowCounts]) -> Signal:
    """The signal with its group, and with the limit that holds for all windows of its run together."""
    if not isinstance(alarm, RateAlarm):
        return signal
    run = [window for window in fed if signal.since <= window.window <= signal.window and window.tally.n]
    limits = [(window.tally.n, alarm.limit(window.slot, signal.moved)) for window in run]
    known = [(n, limit) for n, limit in limits if limit is not None]
    rows = sum(n for n, _ in known)
    limit = sum(n * limit for n, limit in known) / rows if rows else signal.limit
    told = replace(signal, group=part.group, limit=limit)
    within = part.watched.amounts
    return told if within is None else told_in_amounts(told, run, within)


def _outside(watched: WatchedMonitor, window: WindowCounts) -> WindowCounts:
    """The window; without its rows in a known event, so that nobody bets on them or learns from them."""
    event = watched.muted.event_of(window.window)
    return window if event is None else replace(window, cells=(), event=event)


def _only(window: WindowCounts, group: str) -> WindowCounts:
    return replace(window, cells=tuple(cell for cell in window.cells if cell.group == group))
