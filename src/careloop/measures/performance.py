"""How often the system is right, and how often its answer is a problem."""

from __future__ import annotations

from careloop.domain.count_plan import Aggregate, Column, Compare, CountPlan, Literal, Predicate
from careloop.domain.counts import CountTable, Tally
from careloop.domain.measured import Measured
from careloop.measures.rate import rate_of
from careloop.measures.split import Split, plan_of

__all__ = ["accuracy", "accuracy_plan"]


def accuracy_plan(
    monitor: str, *, predicted: Column, label: Column, classes: tuple[Literal, ...], split: Split | None = None
) -> CountPlan:
    """Count the rows that have a label, and per class those where prediction and label are both that class.

    Columns: `n`, then `correct_0`, `correct_1`, … in the order of `classes`. A row without a prediction is wrong.
    """
    labelled = (Predicate(label, Compare.IS_PRESENT),)
    right = [
        Aggregate(
            name=f"correct_{i}",
            where=(Predicate(predicted, Compare.EQ, (each,)), Predicate(label, Compare.EQ, (each,))),
        )
        for i, each in enumerate(classes)
    ]
    return plan_of(monitor, aggregates=(Aggregate(name="n"), *right), where=labelled, split=split or Split())


def accuracy(table: CountTable, *, level: float = 0.95) -> Measured:
    """Share of labelled rows whose prediction is the label, with Wilson's interval; null without labels.

    A problematic-response rate is `rate` over the same kind of table: the judge's verdict is the hit.
    """
    n, *right = table.total()
    return rate_of(Tally(sum(right), n), level=level)
