"""What MLflow keeps of a model, whichever way it is stored, as facts of ours (MLflow 1 to 3; its own words as keys)."""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from careloop.domain.model_facts import ModelFacts

__all__ = ["MlflowRun", "RunRow", "facts_of", "newest", "run_json"]

_CONTEXT = "mlflow.data.context"
_TRAINING_ONLY = re.compile(r"(?:training|train)_")


@dataclass(frozen=True, slots=True)
class MlflowRun:
    """The run that made a version."""

    params: Mapping[str, str] = field(default_factory=dict)
    metrics: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    datasets: Sequence[tuple[str, str]] = ()
    """Name and context (`training`, `evaluation`, …) of each data set that was logged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """A run as a store keeps it, before it is put into the words of the REST interface."""

    run_id: str
    status: str
    start_time: int | None
    """Milliseconds since 1970."""
    end_time: int | None
    metrics: Sequence[Mapping[str, Any]]
    """Newest of each: `key`, `value`, `timestamp`, `step`, and `dataset_name` where it names one."""
    params: Mapping[str, str]
    tags: Mapping[str, str]
    datasets: Sequence[Mapping[str, Any]]
    """`name`, `digest`, `profile` and `context` of each."""


def run_json(run: RunRow) -> bytes:
    """The run in the shape of `runs/get` of the REST interface 2.0; a number that is none is text, as there."""
    inputs = [
        {
            "tags": [{"key": _CONTEXT, "value": one["context"]}] if one.get("context") else [],
            "dataset": {key: one.get(key) for key in ("name", "digest", "profile")},
        }
        for one in run.datasets
    ]
    info = {"run_id": run.run_id, "status": run.status, "start_time": run.start_time, "end_time": run.end_time}
    data = {
        "metrics": [{**one, "value": _number(one["value"])} for one in run.metrics],
        "params": [{"key": key, "value": value} for key, value in sorted(run.params.items())],
        "tags": [{"key": key, "value": value} for key, value in sorted(run.tags.items())],
    }
    return json.dumps({"run": {"info": info, "data": data, "inputs": {"dataset_inputs": inputs}}}).encode()


def _number(value: float) -> float | str:
    if math.isnan(value):
        return "NaN"
    return value if math.isfinite(value) else "Infinity" if value > 0 else "-Infinity"


def newest(versions: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The version with the highest number."""
    return max(versions, key=lambda row: int(str(row.get("version") or 0)), default=None)


def facts_of(
    name: str, description: str | None, version: Mapping[str, Any] | None, run: MlflowRun, *, source: str
) -> ModelFacts:
    """One registered model: its own text, its newest version, and the run behind it."""
    version = version or {}
    tags = {**run.tags, **dict(version.get("tags") or {})}
    made = version.get("creation_timestamp") or version.get("creation_time")
    return ModelFacts(
        name=name,
        source=source,
        version=str(version["version"]) if version.get("version") is not None else None,
        description=(description or version.get("description") or "").strip() or None,
        made_on=datetime.fromtimestamp(int(made) / 1000, UTC).date() if made else None,
        made_by=tags.get("mlflow.user") or version.get("user_id"),
        kind=run.params.get("estimator_name") or _class_name(run.params.get("estimator_class")),
        parameters={key: value for key, value in run.params.items() if not key.startswith("estimator_")},
        measures=tuple(sorted(metric for metric in run.metrics if not _TRAINING_ONLY.match(metric))),
        training_data=tuple(data for data, context in run.datasets if context not in _HELD_BACK),
        evaluation_data=tuple(data for data, context in run.datasets if context in _HELD_BACK),
        licence=tags.get("license") or tags.get("licence"),
        base_model=tags.get("base_model"),
        tags={key: value for key, value in tags.items() if not key.startswith("mlflow.")},
    )


_HELD_BACK = frozenset({"eval", "evaluation", "holdout", "test", "testing", "validation"})


def _class_name(path: str | None) -> str | None:
    return path.rpartition(".")[2] if path else None
