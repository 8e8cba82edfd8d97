"""From `monitors.yaml` to what can be counted and watched: each monitor's plan of counts, or why it cannot alarm yet.

Watched by detectors are rates (selection, and any declared yes-or-no field: conversion, override, …) and the gap
between the selection rates of groups. A monitor of another measure is named with the reason; nothing is dropped in
silence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from careloop.domain.alarm import Worse
from careloop.domain.count_plan import Column, ColumnKind, Compare, CountPlan, Predicate
from careloop.domain.counts import CountTable, Tally
from careloop.domain.event_columns import PREDICTION, column_named, declared_columns
from careloop.domain.monitor import Monitor
from careloop.domain.system import EventField, EventSchema
from careloop.errors import CareloopError, InvalidInput
from careloop.measures.rate import rate_plan
from careloop.measures.split import Split
from careloop.ports.lake import Lake
from careloop.workflows.run.read_windows import WindowQuery, closed_windows
from careloop.workflows.run.watched_monitor import WatchedMonitor

__all__ = [
    "FAVOURABLE",
    "CompiledMonitors",
    "NotWatched",
    "compile_monitors",
    "declared_values",
    "hits_of",
    "with_windows",
]

FAVOURABLE: Final = ("1", "accepted", "approve", "approved", "granted", "selected", "shown", "true", "yes")
"""Answers that count as selection where nothing else is said."""
_GAPS: Final = {"dp_difference": "selection_rate", "demographic_parity_difference": "selection_rate"}
_HIGHER_IS_WORSE: Final = ("complaint", "error", "fail", "overrid", "reject", "refus", "churn", "escalat")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotWatched:
    """A monitor that no detector runs for, and why."""

    monitor: Monitor
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledMonitors:
    """What can be watched, without windows yet, and what cannot."""

    watched: tuple[WatchedMonitor, ...]
    left_out: tuple[NotWatched, ...]


def compile_monitors(
    monitors: Sequence[Monitor],
    schema: EventSchema,
    *,
    favourable: Sequence[str] = FAVOURABLE,
    references: Mapping[str, Tally] | None = None,
) -> CompiledMonitors:
    """The monitors as plans of counts over this system's events.

    `favourable` are the answers that count as selection; `references` holds what the evaluation set showed, by monitor.
    """
    watched, left_out = list[WatchedMonitor](), list[NotWatched]()
    for monitor in monitors:
        try:
            found = _compiled(monitor, schema, favourable)
        except CareloopError as error:
            left_out.append(NotWatched(monitor=monitor, because=error.message))
            continue
        watched.append(replace(found, reference=(references or {}).get(monitor.id)))
    return CompiledMonitors(watched=tuple(watched), left_out=tuple(left_out))


def with_windows(
    monitors: Sequence[WatchedMonitor], *, lake: Lake, system: str, now: datetime
) -> tuple[WatchedMonitor, ...]:
    """The monitors with all closed windows of the lake; those of one window length are counted together."""
    lengths = sorted({each.seconds for each in monitors})
    tables: dict[str, CountTable] = {}
    for seconds in lengths:
        plans = [each.plan for each in monitors if each.seconds == seconds]
        tables |= closed_windows(lake, WindowQuery(system=system, plans=plans, seconds=seconds), now=now).tables
    return tuple(replace(each, table=tables[each.plan.monitor]) for each in monitors)


def _compiled(monitor: Monitor, schema: EventSchema, favourable: Sequence[str]) -> WatchedMonitor:
    gap = monitor.measure in _GAPS
    hit = hits_of(_GAPS.get(monitor.measure, monitor.measure), schema, favourable)
    groups: tuple[str, ...] = ()
    split = Split()
    if monitor.by is not None:
        column = column_named(monitor.by, schema)
        groups, split = declared_values(column, schema), Split(group=(column,))
    if gap and len(groups) < 2:
        raise InvalidInput("a gap needs a field with at least two declared values (`by`)")
    if monitor.tolerance >= 1:
        raise InvalidInput(f"the tolerance {monitor.tolerance} of a rate lies between 0 and 1")
    plan = rate_plan(monitor.id, hit=hit, split=split)
    return WatchedMonitor(
        monitor=monitor, plan=plan, table=_no_windows(plan), gap=gap, groups=groups, worse=_worse(monitor.measure)
    )


def hits_of(measure: str, schema: EventSchema, favourable: Sequence[str] = FAVOURABLE) -> tuple[Predicate, ...]:
    """Which rows a rate of that name counts as hits; raises `InvalidInput` where nothing tells."""
    if measure == "selection_rate":
        return (Predicate(PREDICTION, Compare.IN, tuple(favourable)),)
    stem = measure.removesuffix("_rate")
    flags = [column for column in declared_columns(schema).values() if column.kind is ColumnKind.FLAG]
    meant = [column for column in flags if stem != measure and _alike(column.name.partition(".")[2], stem)]
    if len(meant) == 1:
        return (Predicate(meant[0], Compare.EQ, (True,)),)
    raise InvalidInput(f"no detector watches {measure} yet; rates of answers and of yes-or-no fields are watched")


def _alike(field: str, stem: str) -> bool:
    """Whether a field such as `converted` is what a measure such as `conversion_rate` counts."""
    return field == stem or (len(stem) >= 6 and field[:6] == stem[:6])


def declared_values(column: Column, schema: EventSchema) -> tuple[str, ...]:
    """The declared values of a field that splits rows into groups; raises `InvalidInput` where it declares none."""
    part, _, name = column.name.partition(".")
    fields: Mapping[str, EventField] = getattr(schema, part, {}) if name else {}
    values = fields[name].values if name in fields else ()
    if not values:
        raise InvalidInput(f"'{column.name}' declares no values to tell groups by")
    return values


def _worse(measure: str) -> Worse:
    if measure == "selection_rate":
        return Worse.EITHER
    return Worse.HIGHER if any(word in measure for word in _HIGHER_IS_WORSE) else Worse.LOWER


def _no_windows(plan: CountPlan) -> CountTable:
    return CountTable(plan.columns, {})
