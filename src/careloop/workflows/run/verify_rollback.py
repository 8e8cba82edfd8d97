"""Look at what was served since a switch: the events themselves, not what the deployer was told (SEMANTICS 21).

The judgement is `careloop.plans.verify`; here the events are counted, from the very instant of the switch.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from careloop.domain.count_plan import Aggregate, CountPlan
from careloop.domain.counts import UNKNOWN_GROUP, CountTable, GroupedTallies, Tally
from careloop.domain.event_rows import View
from careloop.domain.incident import DataSlice
from careloop.domain.label_spec import Maturity
from careloop.domain.measured import Interval
from careloop.domain.plan_steps import Claim, VerifyRollback
from careloop.monitors.confidence_sequence import confidence_sequence
from careloop.monitors.window import pooled
from careloop.plans.verify import Since, settled
from careloop.ports.lake import Lake, Reading
from careloop.workflows.run.read_windows import window_plan
from careloop.workflows.run.watched_monitor import WatchedMonitor

__all__ = ["counts_of", "served_since"]

_LEVEL = 0.95
_MOST_SLICES = 1800
"""Into so many slices, at most, the time since an order is cut."""


def served_since(
    lake: Lake, monitors: Sequence[WatchedMonitor], *, system: str, now: datetime
) -> Callable[[VerifyRollback, datetime], Since]:
    """What a plan asks to verify itself: events by release since the switch, and the metric under the target."""

    def look(step: VerifyRollback, switched_at: datetime) -> Since:
        found = _served(lake, step, system=system, ordered_at=switched_at, now=now)
        watched = None if step.claim is None else _named(monitors, step.claim.monitor)
        if step.claim is None or watched is None:
            return found
        whole = replace(window_plan(watched.plan, view=watched.view, seconds=1), window=None, unit=None)
        ripe = _Ripe(watched.view, watched.maturity, now)
        counts = _counted(lake, whole, ripe, system=system, since=switched_at)
        observed, compared = _intervals(step.claim, counts.select(release=step.to).tallies())
        return replace(found, observed=observed, compared=compared)

    return look


def counts_of(monitors: Sequence[WatchedMonitor]) -> Callable[[DataSlice], bytes | None]:
    """What a plan asks to hold evidence: the count table of a slice, in the form whose SHA-256 is its digest."""

    def canonical(part: DataSlice) -> bytes | None:
        watched = _named(monitors, part.monitor)
        if watched is None:
            return None
        table = watched.table.select(release=part.release, since=part.since, until=part.until)
        rows = [["careloop/counts/v1", *table.columns], *([*key, *values] for key, values in table.rows())]
        text = "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows)
        return text.encode() if table.digest() == part.digest else None

    return canonical


def _named(monitors: Sequence[WatchedMonitor], monitor: str) -> WatchedMonitor | None:
    return next((each for each in monitors if each.monitor.id == monitor), None)


def _served(lake: Lake, step: VerifyRollback, *, system: str, ordered_at: datetime, now: datetime) -> Since:
    """Events by release since the traffic moved; since the order as long as it has not."""
    elapsed = int((now - ordered_at).total_seconds())
    plan = CountPlan(monitor="served", aggregates=(Aggregate(name="n"),))
    sliced = window_plan(plan, view=View.RECEIVED, seconds=max(1, elapsed // _MOST_SLICES))
    table = _counted(lake, replace(sliced, unit=None), _Ripe(View.RECEIVED), system=system, since=ordered_at)
    first = int(ordered_at.timestamp())
    by_second: dict[int, tuple[int, int]] = {}
    for key, values in table.cells.items():
        at = max(0, key.window - first)
        served, on_target = by_second.get(at, (0, 0))
        by_second[at] = served + values[0], on_target + (values[0] if key.release == step.to else 0)
    moved = settled(step, by_second)
    if moved is not None:
        return Since(served=moved[1], on_target=moved[2], elapsed_s=elapsed, settled_s=moved[0])
    served = sum(each[0] for each in by_second.values())
    return Since(served=served, on_target=sum(each[1] for each in by_second.values()), elapsed_s=elapsed)


@dataclass(frozen=True, slots=True)
class _Ripe:
    """In which view rows are counted; by maturity, only answers whose time for labels is over by now."""

    view: View
    maturity: Maturity | None = None
    now: datetime | None = None

    @property
    def until(self) -> datetime | None:
        """Before which an answer came."""
        return None if self.maturity is None or self.now is None else self.now - self.maturity.after


def _counted(lake: Lake, asked: CountPlan, ripe: _Ripe, *, system: str, since: datetime) -> CountTable:
    columns = {column.name: column for column in asked.reads()}
    reading = Reading(
        system=system,
        upto=lake.watermark(),
        view=ripe.view,
        maturity=ripe.maturity,
        since=since,
        until=ripe.until,
        columns=tuple(columns.values()),
    )
    with lake.counting(reading) as engine:
        return engine.count(asked)


def _intervals(claim: Claim, tallies: GroupedTallies) -> tuple[Interval | None, Interval | None]:
    """Confidence sequences of the metric's parts; of two parts each is a little wider, so that both hold together."""
    known = {group: tally for group, tally in tallies.items() if group != UNKNOWN_GROUP}
    if not claim.gap:
        return _sequence(pooled(_of(known, claim.group)), _LEVEL), None
    each = (1 + _LEVEL) / 2
    rest = pooled(tally for group, tally in known.items() if group != claim.group)
    return _sequence(pooled(_of(known, claim.group)), each), _sequence(rest, each)


def _of(tallies: GroupedTallies, group: str | None) -> list[Tally]:
    return [tally for name, tally in tallies.items() if group is None or name == group]


def _sequence(tally: Tally, level: float) -> Interval | None:
    return confidence_sequence(tally, level=level) if tally.n else None
