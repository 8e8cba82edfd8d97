"""Which monitors have nothing to judge: silence is red, and no system is healthy because it says nothing (R47)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from careloop.domain.counts import MISSING
from careloop.domain.monitor import Monitor
from careloop.workflows.run.watched_monitor import WatchedMonitor

__all__ = ["SilentMonitor", "silent_monitors"]

_WINDOWS_OF_SILENCE: Final = 2
"""So many closed windows in a row without a row: one may fall between two batches, two do not."""


@dataclass(frozen=True, slots=True)
class SilentMonitor:
    """A monitor without rows, and since when."""

    monitor: Monitor
    because: str


def silent_monitors(monitors: Sequence[WatchedMonitor], *, now: datetime) -> tuple[SilentMonitor, ...]:
    """The monitors for which no row came in the last two windows that must have closed by now.

    A group that stops is silence as well, and so are rows that lack what is judged: nobody is well because nothing is
    said. Where labels decide, only answers whose time for labels is over are looked at.
    """
    return tuple(found for each in monitors if (found := _silent(each, now)) is not None)


def _silent(watched: WatchedMonitor, now: datetime) -> SilentMonitor | None:
    column = watched.plan.columns.index("n") if "n" in watched.plan.columns else 0
    newest: dict[str, int] = {}
    for key, values in watched.table.cells.items():
        if values[column] and not (watched.calibration and key.bin == MISSING):
            newest[key.group] = max(key.window, newest.get(key.group, key.window))
    if not newest:
        return SilentMonitor(watched.monitor, "no row has come yet, so nothing is known")
    late = 0.0 if watched.maturity is None else watched.maturity.after.total_seconds()
    due = now.timestamp() - (_WINDOWS_OF_SILENCE + 1) * watched.seconds - late
    if max(newest.values()) < due:
        return SilentMonitor(watched.monitor, f"no row since the window of {_told(max(newest.values()))}")
    gone = [f"{group} (since {_told(newest[group])})" for group in watched.groups if newest.get(group, due) < due]
    gone += [f"{group} (never)" for group in watched.groups if group not in newest]
    return SilentMonitor(watched.monitor, f"no rows of {', '.join(gone)}") if gone else None


def _told(window: int) -> str:
    return f"{datetime.fromtimestamp(window, UTC):%Y-%m-%d %H:%M} UTC"
