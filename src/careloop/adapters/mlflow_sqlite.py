"""An MLflow database file (`mlflow.db`), opened read-only; MLflow itself is not needed."""

import math
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from careloop.adapters.mlflow_rows import MlflowRun, RunRow, facts_of, newest, run_json
from careloop.domain.model_facts import ModelFacts
from careloop.errors import InvalidInput, NotFound

__all__ = ["MlflowSqlite"]

_INPUTS = """
select d.name, d.digest, d.dataset_profile as profile, t.value as context
from inputs i join datasets d on d.dataset_uuid = i.source_id
left join input_tags t on t.input_uuid = i.input_uuid and t.name = 'mlflow.data.context'
where i.destination_id = ? and i.source_type = 'DATASET' order by d.name
"""
_DATASETS = """
select d.name, t.value from inputs i join datasets d on d.dataset_uuid = i.source_id
left join input_tags t on t.input_uuid = i.input_uuid and t.name = 'mlflow.data.context'
where i.destination_id = ? and i.source_type = 'DATASET' order by d.name
"""


class MlflowSqlite:
    """The database in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def models(self) -> tuple[ModelFacts, ...]:
        """Every row of `registered_models`."""
        try:
            with closing(sqlite3.connect(f"{self._file.resolve().as_uri()}?mode=ro", uri=True)) as database:
                database.row_factory = sqlite3.Row
                return tuple(self._models(database))
        except sqlite3.Error as error:
            raise InvalidInput(f"{self._file} is no MLflow database: {error}") from error

    def run(self, run_id: str) -> bytes:
        """One row of `runs`, with what belongs to it."""
        try:
            with closing(sqlite3.connect(f"{self._file.resolve().as_uri()}?mode=ro", uri=True)) as database:
                database.row_factory = sqlite3.Row
                found = _rows(database, "select * from runs where run_uuid = ?", run_id)
                if not found:
                    raise NotFound(f"{self._file} holds no run {run_id}")
                return run_json(_run_row(database, found[0]))
        except sqlite3.Error as error:
            raise InvalidInput(f"{self._file} is no MLflow database: {error}") from error

    def _models(self, database: sqlite3.Connection) -> Iterator[ModelFacts]:
        for model in _rows(database, "select * from registered_models order by name"):
            version = newest(_rows(database, "select * from model_versions where name = ?", model["name"]))
            if version is not None:
                tags = "select key, value from model_version_tags where name = ? and version = ?"
                version = {**version, "tags": _pairs(database, tags, model["name"], version["version"])}
            run = _run(database, str((version or {}).get("run_id") or ""))
            source = f"MLflow database {self._file.name}"
            yield facts_of(model["name"], model["description"], version, run, source=source)


def _run(database: sqlite3.Connection, run_id: str) -> MlflowRun:
    metrics = _pairs(database, "select key, key from latest_metrics where run_uuid = ?", run_id)
    return MlflowRun(
        params=_pairs(database, "select key, value from params where run_uuid = ?", run_id),
        metrics=tuple(metrics),
        tags=_pairs(database, "select key, value from tags where run_uuid = ?", run_id),
        datasets=tuple((str(name), str(context or "")) for name, context in database.execute(_DATASETS, (run_id,)))
        if _has_datasets(database)
        else (),
    )


def _run_row(database: sqlite3.Connection, row: Mapping[str, Any]) -> RunRow:
    run_id = str(row["run_uuid"])
    metrics = _rows(database, "select * from latest_metrics where run_uuid = ? order by key", run_id)
    return RunRow(
        run_id=run_id,
        status=str(row["status"]),
        start_time=row["start_time"],
        end_time=row["end_time"],
        metrics=[
            {
                "key": one["key"],
                "value": math.nan if one["is_nan"] else float(one["value"]),
                "timestamp": one["timestamp"],
                "step": one["step"],
            }
            for one in metrics
        ],
        params=_pairs(database, "select key, value from params where run_uuid = ?", run_id),
        tags=_pairs(database, "select key, value from tags where run_uuid = ?", run_id),
        datasets=_rows(database, _INPUTS, run_id) if _has_datasets(database) else (),
    )


def _has_datasets(database: sqlite3.Connection) -> bool:
    """Whether the database is new enough (MLflow 2.4) to keep which data a run read."""
    return bool(_rows(database, "select 1 from sqlite_master where type = 'table' and name = 'input_tags'"))


def _rows(database: sqlite3.Connection, sql: str, *values: object) -> list[dict[str, Any]]:
    return [dict(row) for row in database.execute(sql, values)]


def _pairs(database: sqlite3.Connection, sql: str, *values: object) -> dict[str, str]:
    return {str(key): str(value) for key, value in database.execute(sql, values)}
