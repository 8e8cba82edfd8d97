"""Run an alarm over the past, and say whether it has earned the right to act by itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from itertools import pairwise
from typing import Protocol

from careloop.domain.alarm import Readiness, Signal
from careloop.errors import InvalidInput
from careloop.monitors.detector import DetectorState, statistic_of
from careloop.monitors.promise import AlarmTerms
from careloop.monitors.window import WindowCounts

__all__ = ["ChangeAlarm", "Replay", "judge_readiness", "never_raised", "rehearse", "replay"]

_DAY = 86_400
_FOUR_WEEKS = 28
_LEAST_DAYS_WITH_TRAFFIC = 20


class ChangeAlarm(Protocol):
    """An alarm that is fed closed windows: a `RateAlarm`, a `GapAlarm`, and so on."""

    def start(self, release: str) -> DetectorState:
        """The state of a release before its first window."""
        ...

    def step(self, state: DetectorState, window: WindowCounts) -> tuple[DetectorState, Signal | None]:
        """The state after one closed window, and the alarm if this window raised one."""
        ...


def never_raised(alarm: ChangeAlarm) -> ChangeAlarm:
    """The alarm with a threshold that nothing reaches, to read off what it has reached.

    `InvalidInput` for an alarm that has no threshold of its own.
    """
    if not is_dataclass(alarm) or isinstance(alarm, type) or "threshold" not in {each.name for each in fields(alarm)}:
        raise InvalidInput(f"what a {type(alarm).__name__} has reached is not known")
    return replace(alarm, threshold=math.inf)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What an alarm did over a stretch of the past."""

    signals: tuple[Signal, ...]
    with_traffic: tuple[int, ...]
    """Starts of the windows in which rows were judged, in seconds since 1970, each once."""
    skipped: int
    """Windows without rows, or without a reference."""
    states: tuple[DetectorState, ...]
    """Where each release was left, in the order of the releases' first windows."""
    trace: tuple[tuple[int, float], ...] = ()
    """What the detectors had reached after each window; in a window with an alarm, what raised it."""


def replay(alarm: ChangeAlarm, windows: Iterable[WindowCounts]) -> Replay:
    """Feed closed windows, earliest first, to the alarm; each release has its own state."""
    return _run((alarm, window) for window in windows)


def rehearse(
    windows: Sequence[WindowCounts], learn: Callable[[Sequence[WindowCounts]], ChangeAlarm], *, stretches: int = 4
) -> Replay:
    """Replay a history so that no window is judged by a reference that has seen it.

    The history is cut into `stretches` of about equal number of windows; each is fed to the alarm that `learn` makes of
    all the others. The alarms must watch the same legs.
    """
    if not 2 <= stretches <= len(windows):
        raise InvalidInput(f"{len(windows)} windows cannot be cut into {stretches} stretches, or fewer than two")
    cuts = [len(windows) * i // stretches for i in range(stretches + 1)]
    fed: list[tuple[ChangeAlarm, WindowCounts]] = []
    for start, end in pairwise(cuts):
        alarm = learn([*windows[:start], *windows[end:]])
        fed += [(alarm, window) for window in windows[start:end]]
    return _run(fed)


def _run(fed: Iterable[tuple[ChangeAlarm, WindowCounts]]) -> Replay:
    states: dict[str, DetectorState] = {}
    signals = []
    judged: dict[int, None] = {}
    trace: list[tuple[int, float]] = []
    for alarm, window in fed:
        before = states.get(window.release) or alarm.start(window.release)
        states[window.release], signal = alarm.step(before, window)
        if signal is not None:
            signals.append(signal)
        trace.append((window.window, statistic_of(states[window.release]) if signal is None else signal.statistic))
        if states[window.release].windows > before.windows:
            judged[window.window] = None
    return Replay(
        signals=tuple(signals),
        with_traffic=tuple(judged),
        skipped=sum(state.skipped for state in states.values()),
        states=tuple(states.values()),
        trace=tuple(trace),
    )


def judge_readiness(done: Replay, *, terms: AlarmTerms, explained: frozenset[int] = frozenset()) -> Readiness:
    """May the alarm start a plan by itself? Only if it kept its promise on four weeks of the system's own history.

    `explained` names the windows of alarms that people traced to a real event; they do not count against it. Four weeks
    are 28 days from the first window to the end of the last, with traffic on at least 20 of the days; the promise is
    kept when there were no more other alarms than it allows in that time, which for a promise of years is none.
    """
    if not done.with_traffic:
        return Readiness(may_act=False, because="no history with traffic to replay", days=0.0, windows=0, alarms=0)
    first, last = min(done.with_traffic), max(done.with_traffic)
    days = (last + terms.window_seconds - first) / _DAY
    busy = len({window // _DAY for window in done.with_traffic})
    alarms = sum(signal.window not in explained for signal in done.signals)
    allowed = int(days / (terms.promise.days * terms.promise.fleet))
    faults = [
        (days < _FOUR_WEEKS, f"only {days:.1f} days of history were replayed; four weeks are needed"),
        (busy < _LEAST_DAYS_WITH_TRAFFIC, f"only {busy} days had traffic; {_LEAST_DAYS_WITH_TRAFFIC} are needed"),
        (alarms > allowed, f"{alarms} unexplained alarms in {days:.1f} days; the promise allows {allowed}"),
    ]
    said = [because for broken, because in faults if broken]
    kept = f"{alarms} unexplained alarms in {days:.1f} days of its own history; the promise allows {allowed}"
    return Readiness(
        may_act=not said,
        because="; ".join(said) or kept,
        days=days,
        windows=len(done.with_traffic),
        alarms=alarms,
    )
