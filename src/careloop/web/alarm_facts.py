"""The numbers of an alarm with their intervals and rows, for who has to judge it without knowing its detector."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from careloop.domain.alarm import Worse
from careloop.domain.counts import Tally
from careloop.domain.monitor import Monitor
from careloop.domain.plan_steps import RaisedAlarm
from careloop.measures.intervals import wilson
from careloop.web.live_marks import strength
from careloop.web.monitor_marks import compares_shares

__all__ = ["AlarmFacts", "alarm_facts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmFacts:
    """What moved, in words."""

    monitor: str
    group: str
    moved: str
    since: datetime
    """Start of the first window of the change."""
    until: datetime
    """End of the last one."""
    observed: str
    others: str
    """The same of the other groups; empty where none are compared."""
    accepted: str
    evidence: str
    needed: str


def alarm_facts(alarm: RaisedAlarm, monitor: Monitor | None) -> AlarmFacts:
    """The facts; without the monitor's document, which may be gone, hits and rows are told bare."""
    signal = alarm.signal
    shares = monitor is not None and compares_shares(monitor.measure)
    said = _share if shares else _rows
    kind = "a gap of" if signal.compared is not None else "at most" if signal.moved is Worse.HIGHER else "at least"
    limit = f"{100 * signal.limit:.1f} %" if shares else f"{signal.limit:.3g}"
    return AlarmFacts(
        monitor=signal.monitor,
        group=signal.group or "all rows",
        moved=signal.moved.value,
        since=datetime.fromtimestamp(signal.since, UTC),
        until=datetime.fromtimestamp(alarm.rows.until, UTC),
        observed=said(signal.observed),
        others="" if signal.compared is None else said(signal.compared),
        accepted=f"{kind} {limit}",
        evidence=f"×{strength(signal.statistic)}",
        needed=f"×{strength(signal.threshold)}",
    )


def _share(tally: Tally) -> str:
    """A rate with its 95 % interval and its rows."""
    if not tally.n:
        return "no rows"
    interval = wilson(tally)
    rate, low, high = (f"{100 * value:.1f} %" for value in (tally.hits / tally.n, interval.low, interval.high))
    return f"{rate} (95 % interval {low} to {high}), {tally.hits:,} of {tally.n:,} rows"


def _rows(tally: Tally) -> str:
    return f"{tally.n:,} rows"
