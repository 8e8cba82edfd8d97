"""A Fairlearn MetricFrame as results for the gate.

frame = MetricFrame(metrics={"selection_rate": selection_rate, "count": count}, ...)
careloop.from_metricframe(frame, system="credit-decision", lock="lock.json", data="holdout.parquet").save("r.json")
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any, Unpack

from careloop.domain.release import ResultsFile
from careloop.errors import InvalidInput
from careloop.gates.from_report import Stated, read_any_results
from careloop.sdk.evaluation import About, Evaluation, file_digest, lock_digest

__all__ = ["from_metricframe"]


def from_metricframe(frame: Any, **about: Unpack[About]) -> Evaluation:
    """What `frame.by_group` says of every metric: gap, quotient, and groups.

    Give the frame the metric `count` (`fairlearn.metrics.count`): without it nobody knows on how many rows a rate
    rests, and the gate cannot tell anything from it. A frame does not know its system, release, data or settings:
    `about` says them. Raises `InvalidInput` for what is no frame.
    """
    table = getattr(frame, "by_group", None)
    if table is None or not hasattr(table, "to_json"):
        raise InvalidInput("this is no MetricFrame of Fairlearn: it has no by_group")
    if not hasattr(table, "columns"):
        table = table.to_frame(str(getattr(table, "name", None) or "metric"))
    raw = table.astype(float).to_json(orient="split", double_precision=15).encode()
    stated = Stated(
        lock=lock_digest(about.get("lock")),
        data_digest=file_digest(about.get("data")),
        config_digest=file_digest(about.get("config")),
        measured_at=about.get("measured_at") or datetime.now(UTC),
    )
    found = read_any_results(raw, "MetricFrame.by_group", system=about["system"], expected=(), stated=stated)
    return Evaluation(_of_this_version(found))


def _of_this_version(found: ResultsFile) -> ResultsFile:
    """With the version of the Fairlearn that made the frame, which its table does not say."""
    version = getattr(sys.modules.get("fairlearn"), "__version__", None)
    if found.source is None or version is None:
        return found
    return found.model_copy(update={"source": found.source.model_copy(update={"version": str(version)})})
