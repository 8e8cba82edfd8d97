"""What a watcher remembers of one system between two looks, so that only what came since is read and judged.

Nothing here is needed: whoever forgets it counts all windows and feeds all detectors again, and finds the same alarms.
Closed windows never change, so what was counted stays, and a detector goes on from the window where it stood.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from careloop.domain.alarm import Readiness, Signal
from careloop.domain.count_plan import CountPlan
from careloop.domain.counts import CountTable, GrowingTable
from careloop.domain.label_spec import Maturity
from careloop.domain.plan_steps import RaisedAlarm
from careloop.monitors.detector import DetectorState
from careloop.monitors.replay import ChangeAlarm
from careloop.monitors.window import WindowCounts
from careloop.ports.lake import Lake
from careloop.workflows.run.automation_log import AutomationLog
from careloop.workflows.run.evaluation_references import ReferenceLog
from careloop.workflows.run.read_windows import WindowQuery, Windows, closed_windows
from careloop.workflows.run.watched_monitor import WatchedMonitor

__all__ = ["KeptWindows", "MonitorMemory", "RunSoFar", "StintBook", "WatchMemory", "windows_seen"]

_Key = tuple[int, Maturity | None, tuple[CountPlan, ...]]


@dataclass(slots=True)
class _Kept:
    """The tables of one query, and from where in the log on the next rows are to be looked for."""

    windows: Windows
    tables: Mapping[str, GrowingTable]
    """Those that `windows` shows: they grow where they lie, since a copy of all cells at each look would cost most."""
    fence: tuple[datetime, int]
    """The latest fence that no window's end has passed yet."""
    floor: int = 0
    """Every row of a window that was not closed then has a higher `ingest_seq`."""


@dataclass
class KeptWindows:
    """Count tables of closed windows that are brought up to now by counting the windows that closed since."""

    _kept: dict[_Key, _Kept] = field(default_factory=dict)

    def closed(self, lake: Lake, query: WindowQuery, *, now: datetime) -> tuple[Windows, Mapping[str, CountTable]]:
        """All closed windows, and those of them that are new since the same query was last asked, by monitor.

        The tables of all windows are the same objects at each call, with more cells.
        """
        key = (query.seconds, query.maturity, tuple(query.plans))
        known = self._kept.get(key)
        if known is None:
            found = closed_windows(lake, query, now=now)
            tables = {name: GrowingTable(table) for name, table in found.tables.items()}
            found = replace(found, tables={name: growing.table for name, growing in tables.items()})
            self._kept[key] = _Kept(found, tables, _fence_of(found))
            return found, found.tables
        fresh = closed_windows(lake, query, now=now, after=known.windows.until, floor=known.floor)
        for name, growing in known.tables.items():
            growing.add(fresh.tables[name])
        found = replace(fresh, tables=known.windows.tables)
        # Rows at or below a fence's watermark came at its instant at the latest, and perhaps at that very instant.
        if found.until is not None and known.fence[0] < found.until:
            known.floor = known.fence[1]
        known.windows, known.fence = found, _fence_of(found)
        return found, fresh.tables


def _fence_of(found: Windows) -> tuple[datetime, int]:
    assert found.fenced is not None
    return found.fenced, found.watermark


@dataclass(slots=True)
class RunSoFar:
    """A detector in the middle of the windows of one release."""

    alarm: ChangeAlarm
    state: DetectorState
    learnt: Hashable
    """What it learnt from: with another past it is another detector."""
    fed: int = 0
    signals: list[Signal] = field(default_factory=list)


@dataclass(slots=True)
class StintBook:
    """Which windows each release answered, each time that it took over; windows are entered once, earliest first."""

    starts: Mapping[str, Sequence[int]]
    """When releases took over, as it was known when windows were entered: with others all is entered anew."""
    entered: int = 0
    windows: dict[tuple[str, int], list[WindowCounts]] = field(default_factory=dict)
    """By release and the start that it answered from; -1 where no start is known."""


@dataclass
class MonitorMemory:
    """The windows of one monitor as its detectors are fed them, and where each detector stands."""

    watched: WatchedMonitor
    """Without its tables: with another document everything begins anew."""
    windows: dict[str | None, list[WindowCounts]] = field(default_factory=dict)
    """By the group that is watched by itself; None for all."""
    runs: dict[Hashable, RunSoFar] = field(default_factory=dict)
    stints: dict[str | None, StintBook] = field(default_factory=dict)
    """As `windows`: by the group that is watched by itself."""


def windows_seen(monitor: MonitorMemory) -> int:
    """How many closed windows with rows there are of a monitor, whatever the release."""
    longest = max(monitor.windows.values(), key=len, default=[])
    return len({each.window for each in longest})


@dataclass
class WatchMemory:
    """All that is remembered of one system in one environment."""

    windows: KeptWindows = field(default_factory=KeptWindows)
    monitors: dict[str, MonitorMemory] = field(default_factory=dict)
    readiness: dict[Hashable, Readiness] = field(default_factory=dict)
    alarms: dict[str, RaisedAlarm] = field(default_factory=dict)
    references: ReferenceLog = field(default_factory=ReferenceLog)
    log: AutomationLog = field(default_factory=AutomationLog)
    readied: set[str] = field(default_factory=set)
    """Releases that answered when the release before them was made ready to be asked."""
