"""Replay a system's whole history through its monitors: have they earned the right to act by themselves?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from careloop.domain.alarm import Readiness, Signal
from careloop.domain.incident import DataSlice
from careloop.domain.monitor import Monitor
from careloop.monitors.known_events import EventSpan
from careloop.monitors.replay import judge_readiness, rehearse, replay
from careloop.workflows.run.detect_changes import LEAST_WINDOWS, Part, parts_of, too_short, without_reference
from careloop.workflows.run.watched_monitor import WatchedMonitor

__all__ = ["Rehearsed", "between", "notice_change", "rehearse_monitors"]

_DAY: Final = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """What one detector of a monitor would have done on the system's own past."""

    monitor: Monitor
    group: str | None
    readiness: Readiness
    signals: tuple[Signal, ...]
    threshold: float
    rows: int
    trace: tuple[tuple[int, float], ...] = ()
    """What the detector had reached after each window."""
    events: tuple[EventSpan, ...] = ()
    """Windows that known events left out."""
    days_to_notice: float | None = None
    """From the change that the caller knows of to the first alarm; None: none came, or no change was named."""


def between(monitors: Sequence[WatchedMonitor], *, since: int | None, until: int | None) -> tuple[WatchedMonitor, ...]:
    """The monitors with the windows of that stretch only, in seconds since 1970; `until` is not part of it."""
    return tuple(replace(each, table=each.table.select(since=since, until=until)) for each in monitors)


def notice_change(
    monitors: Sequence[WatchedMonitor], done: Sequence[Rehearsed], *, changed: int
) -> tuple[Rehearsed, ...]:
    """The same, with how soon each detector noticed what changed at that moment, in seconds since 1970.

    The windows before it are the past that is learnt from; those from it on are fed, one after the other.
    """
    parts = [part for watched in monitors for part in parts_of(watched)]
    return tuple(
        replace(each, days_to_notice=_days_to_notice(part, changed)) for part, each in zip(parts, done, strict=True)
    )


def _days_to_notice(part: Part, changed: int) -> float | None:
    past = [window for window in part.windows if window.window < changed]
    later = [window for window in part.windows if window.window >= changed]
    signals = replay(part.learn(past), later).signals
    return (signals[0].window + part.watched.seconds - changed) / _DAY if signals else None


def rehearse_monitors(
    monitors: Sequence[WatchedMonitor], *, explained: Sequence[DataSlice] = ()
) -> tuple[Rehearsed, ...]:
    """Each detector over all closed windows, none judged by a reference that has seen it. Nothing is recorded.

    `explained` are stretches of alarms that were real; from there on that release's windows are left out.
    """
    return tuple(_rehearsed(part, explained) for watched in monitors for part in parts_of(watched))


def _rehearsed(part: Part, explained: Sequence[DataSlice]) -> Rehearsed:
    bad = {(rows.release, rows.since) for rows in explained if rows.monitor == part.watched.monitor.id}
    windows = [
        window
        for window in part.windows
        if not any(window.release == release and window.window >= since for release, since in bad)
    ]
    signals: tuple[Signal, ...] = ()
    trace: tuple[tuple[int, float], ...] = ()
    readiness = too_short(len(windows))
    if len(windows) >= LEAST_WINDOWS:
        done = rehearse(windows, part.learn)
        readiness, signals, trace = judge_readiness(done, terms=part.terms), done.signals, done.trace
    if windows and part.watched.lacks_reference(windows[-1].release):
        readiness = without_reference(len(windows))
    return Rehearsed(
        monitor=part.watched.monitor,
        group=part.group,
        readiness=readiness,
        signals=signals,
        threshold=part.terms.threshold,
        rows=sum(window.tally.n for window in windows),
        trace=trace,
        events=part.watched.muted.left_out,
    )
