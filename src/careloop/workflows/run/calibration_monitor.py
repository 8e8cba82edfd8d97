"""How a monitor of calibration is counted: labelled rows and positive ones, by twentieths of the score."""

from __future__ import annotations

from typing import Final

from careloop.domain.count_plan import Compare, CountPlan, EdgeBins, Predicate
from careloop.domain.counts import CountTable
from careloop.domain.event_columns import LABEL, SCORE
from careloop.domain.event_rows import View
from careloop.domain.monitor import Monitor, Response
from careloop.errors import InvalidInput
from careloop.measures.classification import calibration_plan
from careloop.measures.split import Split
from careloop.workflows.run.watched_monitor import WatchedMonitor

__all__ = ["SCORE_BINS", "calibration_counts", "calibration_monitor"]

SCORE_BINS: Final = EdgeBins(SCORE, tuple(i / 20 for i in range(1, 20)))


def calibration_monitor(monitor: Monitor) -> WatchedMonitor:
    """The monitor as its detector runs it; raises `InvalidInput` where the document does not say what it takes."""
    if monitor.by is not None:
        raise InvalidInput("calibration is watched for all rows together: leave `by` out")
    plan = calibration_counts(monitor)
    if monitor.response in (Response.ROLLBACK, Response.SAFE_STATE):
        raise InvalidInput(f"calibration may alert or page, not {monitor.response}")
    if monitor.tolerance >= 1:
        raise InvalidInput(f"the tolerance {monitor.tolerance} of a calibration error lies between 0 and 1")
    return WatchedMonitor(
        monitor=monitor,
        plan=plan,
        table=CountTable(plan.columns, {}),
        view=View.LABELLED,
        calibration=True,
        note="a score counts as the middle of its twentieth; rows are counted once they have their label",
    )


def calibration_counts(monitor: Monitor, split: Split | None = None) -> CountPlan:
    """What is counted, by group where `split` says so; raises `InvalidInput` where nothing says what is positive."""
    if not monitor.values:
        raise InvalidInput("say with `values` which labels are positive: those that a score near 1 foretells")
    positive = Predicate(LABEL, Compare.IN, monitor.values)
    labelled = Predicate(LABEL, Compare.IS_PRESENT)
    return calibration_plan(monitor.id, bins=SCORE_BINS, positive=positive, labelled=labelled, split=split)
