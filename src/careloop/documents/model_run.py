"""One run of MLflow, as its REST interface 2.0 gives it (`runs/get`): metrics, parameters, tags and data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from careloop.documents.tool_reports.node import Node, read_json
from careloop.domain.model_run import ModelRun

__all__ = ["read_model_run"]

_OWN: Final = "mlflow."


def read_model_run(raw: bytes, name: str) -> ModelRun:
    """What a run says. Raises `InvalidInput` with file, line and field for what is no run."""
    run = read_json(raw, name)["run"]
    info, data = run["info"], run["data"]
    ended, called = info.get("end_time"), info.get("run_name")
    inputs = run.get("inputs")
    return ModelRun(
        run_id=info["run_id"].words(),
        name=str(called.value) if called else None,
        status=info["status"].words(),
        ended_at=ended.instant() if ended else None,
        metrics={one["key"].words(): one["value"].number() for one in data.get("metrics") or ()},
        params=_pairs(data.get("params")),
        tags={key: value for key, value in _pairs(data.get("tags")).items() if not key.startswith(_OWN)},
        datasets=tuple(
            one["dataset"]["name"].words() for one in (inputs.get("dataset_inputs") if inputs else None) or ()
        ),
    )


def _pairs(rows: Node | None) -> Mapping[str, str]:
    return {one["key"].words(): str(one["value"].value) for one in rows or ()}
