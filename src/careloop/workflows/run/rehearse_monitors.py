"""Replay a system's whole history through its monitors: have they earned the right to act by themselves?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from careloop.domain.alarm import Readiness, Signal
from careloop.domain.incident import DataSlice
from careloop.domain.monitor import Monitor
from careloop.monitors.replay import judge_readiness, rehearse
from careloop.workflows.run.detect_changes import LEAST_WINDOWS, Part, parts_of, too_short
from careloop.workflows.run.watched_monitor import WatchedMonitor

__all__ = ["Rehearsed", "rehearse_monitors"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """What one detector of a monitor would have done on the system's own past."""

    monitor: Monitor
    group: str | None
    readiness: Readiness
    signals: tuple[Signal, ...]
    threshold: float
    rows: int


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
    readiness = too_short(len(windows))
    if len(windows) >= LEAST_WINDOWS:
        done = rehearse(windows, part.learn)
        readiness, signals = judge_readiness(done, terms=part.terms), done.signals
    return Rehearsed(
        monitor=part.watched.monitor,
        group=part.group,
        readiness=readiness,
        signals=signals,
        threshold=part.terms.threshold,
        rows=sum(window.tally.n for window in windows),
    )
