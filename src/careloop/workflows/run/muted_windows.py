"""How much of what came a calendar of known events has left out, by monitor: nothing is muted without being counted."""

from __future__ import annotations

from collections.abc import Sequence

from careloop.monitors.known_events import MutedWindows
from careloop.workflows.run.watched_monitor import WatchedMonitor

__all__ = ["muted_windows"]


def muted_windows(monitors: Sequence[WatchedMonitor]) -> tuple[MutedWindows, ...]:
    """The monitors of which a closed window lies in a known event."""
    return tuple(found for each in monitors if (found := _of(each)) is not None)


def _of(watched: WatchedMonitor) -> MutedWindows | None:
    muted = watched.muted
    column = watched.plan.columns.index("n") if "n" in watched.plan.columns else 0
    rows: dict[int, int] = {}
    for key, values in watched.table.cells.items():
        rows[key.window] = rows.get(key.window, 0) + values[column]
    out = {window: event for window in sorted(rows) if (event := muted.event_of(window)) is not None}
    judged = sum(any(span.since <= window < span.until for span in muted.judged) for window in rows)
    if not out and not judged:
        return None
    return MutedWindows(
        monitor=watched.monitor.id,
        windows=len(out),
        rows=sum(rows[window] for window in out),
        of_windows=len(rows),
        events=tuple(dict.fromkeys(out.values())),
        judged=judged,
    )
