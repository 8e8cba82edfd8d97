"""What MLflow keeps of a model, whichever way it is stored, as facts of ours (MLflow 1 to 3; its own words as keys)."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from careloop.domain.model_facts import ModelFacts

__all__ = ["MlflowRun", "facts_of", "newest"]

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
