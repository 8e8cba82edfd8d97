"""How a monitor of calibration is counted: labelled rows and positive ones, by twentieths of the score."""

from __future__ import annotations

from typing import Final

from careloop.domain.count_plan import Compare, EdgeBins, Predicate
from careloop.domain.counts import CountTable
from careloop.domain.event_columns import LABEL, SCORE
from careloop.domain.event_rows import View
from careloop.domain.monitor import Monitor, Response
from careloop.errors import InvalidInput
from careloop.measures.classification import calibration_plan
from careloop.workflows.run.watched_monitor import WatchedMonitor

__all__ = ["SCORE_BINS", "calibration_monitor"]

SCORE_BINS: Final = EdgeBins(SCORE, tuple(i / 20 for i in range(1, 20)))


def calibration_monitor(monitor: Monitor) -> WatchedMonitor:
    """The monitor as its detector runs it; raises `InvalidInput` where the document does not say what it takes."""
    if monitor.by is not None:
        raise InvalidInput("calibration is watched for all rows together: leave `by` out")
    if not monitor.values:
        raise InvalidInput("say with `values` which labels are positive: those that a score near 1 foretells")
    if monitor.response in (Response.ROLLBACK, Response.SAFE_STATE):
        raise InvalidInput(f"calibration may alert or page, not {monitor.response}")
    if monitor.tolerance >= 1:
        raise InvalidInput(f"the tolerance {monitor.tolerance} of a calibration error lies between 0 and 1")
    positive = Predicate(LABEL, Compare.IN, monitor.values)
    plan = calibration_plan(
        monitor.id, bins=SCORE_BINS, positive=positive, labelled=Predicate(LABEL, Compare.IS_PRESENT)
    )
    return WatchedMonitor(
        monitor=monitor,
        plan=plan,
        table=CountTable(plan.columns, {}),
        view=View.LABELLED,
        calibration=True,
        note="a score counts as the middle of its twentieth; rows are counted once they have their label",
    )
