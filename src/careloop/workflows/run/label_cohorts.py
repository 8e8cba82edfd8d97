"""Monitors that read labels judge cohorts: answers of one window, once the time for their labels is over.

Judged by when labels arrive, a window holds answers of many days and those labels first that come first; where a bad
outcome is known sooner than a good one, every release looks bad while it is young. A cohort has no such bias: what
counts is fixed before it is looked at, and in which order labels came within their time changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from careloop.domain.alarm import LabelCoverage
from careloop.domain.count_plan import Aggregate, Compare, Predicate
from careloop.domain.counts import CountTable
from careloop.domain.event_columns import LABEL_COLUMNS, PREDICTION
from careloop.domain.event_rows import View
from careloop.domain.system import EventSchema
from careloop.workflows.run.watched_monitor import WatchedMonitor

__all__ = ["ANSWERS", "in_cohorts", "label_coverage"]

ANSWERS = "answers"
"""Column of the count tables: answers whose label could have come, whether or not it did."""
_BIASED = (
    "labels count as they arrive, which is biased where bad outcomes are known sooner; declare events.labels.horizon"
)


def in_cohorts(watched: WatchedMonitor, schema: EventSchema) -> WatchedMonitor:
    """The monitor, counting matured cohorts where it reads labels and the system says how long these take.

    Its table then also counts the answers whose label could have come, so that coverage can stand beside the value.
    """
    if watched.view is not View.LABELLED:
        return watched
    spec = schema.label_spec
    if spec is None:
        return replace(watched, note="; ".join(filter(None, (watched.note, _BIASED))))
    plan = watched.plan
    labelled = tuple(test for test in plan.where if test.column in LABEL_COLUMNS)
    seen = (Predicate(PREDICTION, Compare.IN, spec.selective),) if spec.selective else ()
    plan = replace(
        plan,
        where=(*(test for test in plan.where if test not in labelled), *seen),
        aggregates=(
            *(replace(each, where=(*labelled, *each.where)) for each in plan.aggregates),
            Aggregate(name=ANSWERS),
        ),
    )
    days = spec.maturity.after / timedelta(days=1)
    notes = [watched.note, f"answers are judged {days:g} days after they came, with the labels that they have by then"]
    if spec.selective:
        notes.append(f"outcomes are seen only after {', '.join(spec.selective)}: the rate is of those answers alone")
    return replace(
        watched,
        plan=plan,
        table=CountTable(plan.columns, {}),
        view=View.MATURED,
        maturity=spec.maturity,
        note="; ".join(filter(None, notes)),
    )


def label_coverage(monitors: Sequence[WatchedMonitor]) -> tuple[LabelCoverage, ...]:
    """For each monitor of cohorts, how many of the answers that matured have a label: all of them, and the newest."""
    return tuple(_coverage(each) for each in monitors if each.view is View.MATURED)


def _coverage(watched: WatchedMonitor) -> LabelCoverage:
    table = watched.table
    n, answers = table.columns.index("n"), table.columns.index(ANSWERS)
    newest = max((key.window for key in table.cells), default=None)
    last = [values for key, values in table.cells.items() if key.window == newest]
    return LabelCoverage(
        monitor=watched.monitor.id,
        labelled=sum(values[n] for values in table.cells.values()),
        answers=sum(values[answers] for values in table.cells.values()),
        newest=newest,
        newest_labelled=sum(values[n] for values in last),
        newest_answers=sum(values[answers] for values in last),
    )
