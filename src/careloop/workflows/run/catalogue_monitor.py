"""Monitors of a measure that the catalogue has and no detector knows by name: watched where it is a share of rows.

So a measure that somebody plugs in is monitored as it is: its own plan is counted, and it says which way is worse.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from careloop.domain.alarm import Worse
from careloop.domain.count_plan import Column, ColumnKind, Compare, CountPlan, Literal, Predicate
from careloop.domain.counts import CellKey, CountTable
from careloop.domain.event_columns import LABEL, PREDICTION, SCORE, column_named
from careloop.domain.event_rows import View
from careloop.domain.measured import Unit
from careloop.domain.monitor import Monitor
from careloop.domain.system import EventSchema
from careloop.errors import InvalidInput
from careloop.measures.measure_kind import MeasureKind, Need, Terms
from careloop.measures.split import Split
from careloop.workflows.run.read_windows import reads_label
from careloop.workflows.run.watched_monitor import WatchedMonitor

__all__ = ["catalogue_monitor", "literal_of"]

_SAID_BY: Final = {Need.COLUMN: "of", Need.RULE: "values", Need.GROUPS: "by", Need.LABEL: "values"}
"""Which key of a monitor says what a measure needs."""
_KNOWN: Final = frozenset({Need.OUTCOME, Need.SCORE, *_SAID_BY})


def catalogue_monitor(
    monitor: Monitor,
    schema: EventSchema,
    kind: MeasureKind,
    *,
    split: tuple[tuple[str, ...], Split],
    favourable: Sequence[str],
) -> WatchedMonitor:
    """The monitor as a rate; raises `InvalidInput` where the document does not say enough, or the measure is none.

    `split` is the groups with the columns that tell them apart.
    """
    unsaid = sorted(need.value for need in kind.needs - _KNOWN)
    if unsaid:
        raise InvalidInput(f"no detector watches {kind.id}: it needs {', '.join(unsaid)}, which a monitor cannot say")
    groups, by = split
    terms = _terms(monitor, schema, kind, by, favourable)
    plan = kind.plan_for(terms)
    if not _is_a_rate(kind, plan, terms):
        raise InvalidInput(f"no detector watches {kind.id} yet: it is no share of rows")
    missing = [f"`{key}`" for need, key in _SAID_BY.items() if need in kind.needs and not getattr(monitor, key)]
    if missing:
        told = " and ".join(dict.fromkeys(missing))
        raise InvalidInput(f"no detector watches {kind.id} yet; say with {told} what it is taken of")
    return WatchedMonitor(
        monitor=monitor,
        plan=plan,
        table=CountTable(plan.columns, {}),
        view=View.LABELLED if reads_label(plan) else View.RECEIVED,
        groups=groups,
        worse=Worse(kind.worse.value),
    )


def _terms(monitor: Monitor, schema: EventSchema, kind: MeasureKind, by: Split, favourable: Sequence[str]) -> Terms:
    """The terms; what the document leaves unsaid has a stand-in, so that a plan can be looked at."""
    column = PREDICTION if monitor.of is None else column_named(monitor.of, schema)
    values = tuple(literal_of(value, column) for value in monitor.values)
    rule = (Predicate(column, Compare.IN, values) if values else Predicate(column, Compare.IS_PRESENT),)
    of_label = Need.LABEL in kind.needs
    return Terms(
        name=monitor.id,
        outcome=Predicate(PREDICTION, Compare.IN, tuple(favourable)),
        label=Predicate(LABEL, Compare.IN, monitor.values or ("-",)) if of_label else None,
        labelled=Predicate(LABEL, Compare.IS_PRESENT) if of_label else None,
        rule=rule,
        score=SCORE,
        column=column,
        split=by,
        min_n=monitor.minimum_n,
    )


def literal_of(value: str, column: Column) -> Literal:
    """A value of a document as one of the column; raises `InvalidInput` for one that cannot be."""
    if column.kind is ColumnKind.TEXT:
        return value
    if column.kind is ColumnKind.FLAG and value in ("true", "false"):
        return value == "true"
    if column.kind is ColumnKind.INTEGER and value.lstrip("-").isdigit():
        return int(value)
    raise InvalidInput(f"'{column.name}' is {column.kind}: '{value}' cannot be one of its values")


def _is_a_rate(kind: MeasureKind, plan: CountPlan, terms: Terms) -> bool:
    """Whether one hit among four rows is a quarter: what the detectors bet on is hits among rows."""
    if plan.columns != ("hits", "n") or plan.bins is not None:
        return False
    found = kind.value(CountTable(plan.columns, {CellKey(terms.name, "", 0, "", 0, 0): (1, 4)}), None, terms)
    return found.unit is Unit.RATIO and found.value == 1 / 4
