"""Fix the limit of a monitor of a quantile, once and for good: from then on it is the monitor of a rate.

"The p95 is at most 812 ms" is the same as "at most 5 % of the answers take longer than 812 ms", and a rate is what the
detectors, the plans and the verification of a rollback know. The limit is what the quantile was in the system's first
four weeks, at the upper end of its interval, plus the tolerance. It stays: a limit that moved along with the past would
forgive a system that gets slower by a little every week, and alarms that were raised must not change when looked at
again.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime
from typing import Final

from careloop.domain.count_plan import Compare, ExponentialBins, Predicate
from careloop.domain.counts import CountTable
from careloop.domain.event_columns import RELEASE
from careloop.errors import CareloopError, InvalidInput
from careloop.measures.latency import latency_quantile
from careloop.measures.rate import rate_plan
from careloop.ports.lake import Lake
from careloop.workflows.run.compile_monitors import QUANTILE, CompiledMonitors, NotWatched
from careloop.workflows.run.read_windows import WindowQuery
from careloop.workflows.run.watch_memory import KeptWindows
from careloop.workflows.run.watched_monitor import WatchedMonitor

__all__ = ["FIRST_DAYS", "fix_quantiles"]

FIRST_DAYS: Final = 28
"""Days of traffic whose quantile is the reference."""
_DAY: Final = 86_400
_LEVEL: Final = 0.98
"""Of the two-sided interval: its upper end is passed by chance once in a hundred."""


def fix_quantiles(
    compiled: CompiledMonitors, *, lake: Lake, system: str, now: datetime, kept: KeptWindows | None = None
) -> CompiledMonitors:
    """The monitors with every quantile turned into a rate; one whose first weeks are not over is left out and says so.

    Rows of one release and day are counted in one piece: the interval takes answers as independent.
    """
    asked = [each for each in compiled.watched if each.quantile is not None]
    if not asked:
        return compiled
    plans = [replace(each.plan, unit=RELEASE) for each in asked]
    query = WindowQuery(system=system, plans=plans, seconds=_DAY)
    counted, _ = (kept or KeptWindows()).closed(lake, query, now=now)
    until = 0 if counted.until is None else int(counted.until.timestamp())
    fixed: dict[str, WatchedMonitor] = {}
    left_out: list[NotWatched] = []
    for watched in asked:
        try:
            fixed[watched.monitor.id] = _fixed(watched, counted.tables[watched.plan.monitor], until)
        except CareloopError as error:
            left_out.append(NotWatched(monitor=watched.monitor, because=error.message))
    out = {each.monitor.id for each in left_out}
    return CompiledMonitors(
        watched=tuple(fixed.get(each.monitor.id, each) for each in compiled.watched if each.monitor.id not in out),
        left_out=(*compiled.left_out, *left_out),
    )


def _fixed(watched: WatchedMonitor, table: CountTable, until: int) -> WatchedMonitor:
    assert watched.quantile is not None
    assert isinstance(watched.plan.bins, ExponentialBins)
    first = min((key.window for key in table.cells), default=None)
    if first is None:
        raise InvalidInput("its reference is missing: no answer with a latency has come yet")
    days = (until - first) // _DAY
    if days < FIRST_DAYS:
        raise InvalidInput(f"its reference is being gathered: {days} of {FIRST_DAYS} days")
    usual = latency_quantile(
        table.select(until=first + FIRST_DAYS * _DAY), watched.quantile, bins=watched.plan.bins, level=_LEVEL
    )
    if usual.interval is None or usual.n < watched.monitor.minimum_n:
        raise InvalidInput(
            f"its reference is too small: {usual.n} answers with a latency in the first {FIRST_DAYS} days"
        )
    limit_us = math.ceil(usual.interval.high + watched.monitor.tolerance * _microseconds(watched.monitor.measure))
    column = watched.plan.bins.column
    plan = rate_plan(
        watched.monitor.id,
        hit=(Predicate(column, Compare.GT, (limit_us,)),),
        among=(Predicate(column, Compare.IS_PRESENT),),
    )
    share = 1 - watched.quantile
    return replace(
        watched,
        plan=plan,
        table=CountTable(plan.columns, {}),
        quantile=None,
        note=f"counted are answers slower than {limit_us / 1000:.4g} ms, of which {share:.0%} are accepted",
    )


def _microseconds(measure: str) -> int:
    found = QUANTILE.fullmatch(measure)
    return 1000 if found is not None and found.group(2) else 1
