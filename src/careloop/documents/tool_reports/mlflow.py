"""MLflow: one run, in the shape in which the tracking server's REST interface 2.0 gives it (`runs/get`).

Metrics are as they were last logged. On how many rows a metric rests is known where it names a logged data set, or the
run has no more than one, and its profile counts rows; `training_…` metrics are of the training data and left out.
Tags say what was measured: `careloop.lock`, `careloop.system`, `careloop.data_digest`, `careloop.config_digest`.
Source: MLflow REST API 2.0, `Run`, `Metric`, `DatasetInput`.
"""

import json
from collections.abc import Mapping
from typing import Final

from careloop.documents.tool_reports.node import Node
from careloop.documents.tool_reports.shares import hits_of
from careloop.domain.tool_report import Figure, Tool, ToolReport

__all__ = ["is_mlflow_run", "read_mlflow_run"]

_SHARES_OF_ALL: Final = frozenset({"accuracy", "accuracy_score", "test_accuracy", "eval_accuracy", "val_accuracy"})
_TRAINING: Final = ("training_", "train_")


def is_mlflow_run(node: Node) -> bool:
    """Whether it is one run."""
    return isinstance(node.value, dict) and isinstance(node.value.get("run"), dict) and "info" in node.value["run"]


def read_mlflow_run(node: Node) -> ToolReport:
    """The metrics of a run that has finished."""
    run = node["run"]
    info, data = run["info"], run["data"]
    if info["status"].words() != "FINISHED":
        info["status"].refuse(f"the run is {info['status'].value}, not FINISHED")
    tags = {one["key"].words(): str(one["value"].value) for one in data.get("tags") or ()}
    rows = _rows(run)
    figures = tuple(
        _figure(metric, rows) for metric in data.get("metrics") or () if not metric["key"].words().startswith(_TRAINING)
    )
    ended = info.get("end_time")
    return ToolReport(
        tool=Tool.MLFLOW,
        version=tags.get("mlflow.version"),
        figures=figures,
        system=tags.get("careloop.system"),
        lock=tags.get("careloop.lock"),
        data_digest=tags.get("careloop.data_digest"),
        config_digest=tags.get("careloop.config_digest"),
        measured_at=ended.instant() if ended else None,
    )


def _figure(metric: Node, rows: Mapping[str, int | None]) -> Figure:
    name, value = metric["key"].words(), metric["value"].number()
    named = metric.get("dataset_name")
    n = rows.get(named.words()) if named else next(iter(rows.values())) if len(rows) == 1 else None
    return Figure(name=name, value=value, n=n, hits=hits_of(value, n) if name in _SHARES_OF_ALL else None)


def _rows(run: Node) -> Mapping[str, int | None]:
    """Rows of each logged data set; null where its profile does not count them."""
    inputs = run.get("inputs")
    found: dict[str, int | None] = {}
    for one in (inputs.get("dataset_inputs") if inputs else None) or ():
        dataset = one["dataset"]
        profile = dataset.get("profile")
        found[dataset["name"].words()] = _counted(profile) if profile else None
    return found


def _counted(profile: Node) -> int | None:
    try:
        found = json.loads(profile.words()).get("num_rows")
    except (ValueError, AttributeError):
        return None
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None
