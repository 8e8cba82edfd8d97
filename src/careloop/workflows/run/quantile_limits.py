"""The limits of quantiles for charts: fixed by a system's first weeks exactly as for its detectors, and then kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from careloop.domain.count_plan import Compare
from careloop.domain.monitor import Monitor
from careloop.ports.lake import Lake
from careloop.workflows.run.compile_monitors import CompiledMonitors
from careloop.workflows.run.fix_quantiles import fix_quantiles
from careloop.workflows.run.watched_monitor import WatchedMonitor

__all__ = ["QuantileLimit", "QuantileLimits"]

_ASK_EVERY: Final = timedelta(hours=1)
"""Weeks pass until a limit is fixed; it need not be looked for with every event."""
_PER_MS: Final = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantileLimit:
    """What a quantile is held against."""

    at_most_ms: float | None
    """The slowest that is accepted; None while its reference is being gathered."""
    because: str | None
    """Why there is no limit yet."""


class QuantileLimits:
    """The limits of one system. One thread at a time."""

    def __init__(self, lake: Lake, system: str) -> None:
        self._lake, self._system = lake, system
        self._found: dict[Monitor, QuantileLimit] = {}
        self._asked: datetime | None = None

    def of(self, monitors: Iterable[WatchedMonitor], *, now: datetime) -> dict[str, QuantileLimit]:
        """By monitor; what was fixed once is not looked for again, what was not is once an hour."""
        wanted = tuple(monitors)
        new = [one for one in wanted if one.monitor not in self._found]
        due = self._asked is None or now - self._asked >= _ASK_EVERY
        again = [one for one in wanted if due and one not in new and self._found[one.monitor].at_most_ms is None]
        if new or again:
            self._asked = now
            self._look((*new, *again), now)
        return {one.monitor.id: self._found[one.monitor] for one in wanted}

    def _look(self, monitors: tuple[WatchedMonitor, ...], now: datetime) -> None:
        asked = CompiledMonitors(watched=monitors, left_out=())
        done = fix_quantiles(asked, lake=self._lake, system=self._system, now=now)
        fixed = {one.monitor.id: QuantileLimit(at_most_ms=_limit_ms(one), because=None) for one in done.watched}
        missing = {one.monitor.id: QuantileLimit(at_most_ms=None, because=one.because) for one in done.left_out}
        self._found |= {one.monitor: (fixed | missing)[one.monitor.id] for one in monitors}


def _limit_ms(watched: WatchedMonitor) -> float:
    """The limit that the fixed monitor counts by."""
    tests = [test for each in watched.plan.aggregates for test in each.where if test.compare is Compare.GT]
    return float(tests[0].values[0]) / _PER_MS
