"""An MLflow file store (`mlruns/`), read as the files that it is; MLflow itself is not needed."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from careloop.adapters.mlflow_rows import MlflowRun, RunRow, facts_of, newest, run_json
from careloop.domain.model_facts import ModelFacts
from careloop.errors import InvalidInput, NotFound

__all__ = ["MlflowFiles"]


class MlflowFiles:
    """The store in a folder: the one that holds `models/`, or its parent."""

    def __init__(self, root: Path) -> None:
        self._root = root / "mlruns" if (root / "mlruns").is_dir() else root

    def is_there(self) -> bool:
        """Whether the folder holds a registry at all."""
        return (self._root / "models").is_dir()

    def models(self) -> tuple[ModelFacts, ...]:
        """Every model below `models/`."""
        folder = self._root / "models"
        if not folder.is_dir():
            raise NotFound(f"{self._root} holds no MLflow registry", hint="name the folder that holds models/")
        found = (one for one in sorted(folder.iterdir()) if (one / "meta.yaml").is_file())
        return tuple(self._model(one) for one in found)

    def run(self, run_id: str) -> bytes:
        """The folder of a run, and the data sets that it links to."""
        folder = next(self._root.glob(f"*/{run_id}"), None) if run_id.isalnum() else None
        if folder is None or not (folder / "meta.yaml").is_file():
            raise NotFound(f"{self._root} holds no run {run_id}")
        meta = _meta(folder)
        return run_json(
            RunRow(
                run_id=run_id,
                status=_STATUS.get(str(meta.get("status")), str(meta.get("status"))),
                start_time=meta.get("start_time"),
                end_time=meta.get("end_time"),
                metrics=[_metric(one, folder) for one in sorted((folder / "metrics").rglob("*")) if one.is_file()],
                params=_texts(folder / "params"),
                tags=_texts(folder / "tags"),
                datasets=tuple(_inputs(folder)),
            )
        )

    def _model(self, folder: Path) -> ModelFacts:
        meta = _meta(folder)
        rows = [
            {**_meta(one), "tags": _texts(one / "tags")}
            for one in folder.glob("version-*")
            if (one / "meta.yaml").is_file()
        ]
        version = newest(rows)
        run = self._run(str((version or {}).get("run_id") or ""))
        name = str(meta.get("name") or folder.name)
        return facts_of(name, meta.get("description"), version, run, source=f"MLflow file store {self._root.name}")

    def _run(self, run_id: str) -> MlflowRun:
        if not run_id.isalnum():
            return MlflowRun()
        folder = next(self._root.glob(f"*/{run_id}"), None)
        if folder is None:
            return MlflowRun()
        metrics = tuple(one.name for one in sorted((folder / "metrics").glob("*")) if one.is_file())
        datasets = tuple(self._datasets(folder))
        return MlflowRun(_texts(folder / "params"), metrics, _texts(folder / "tags"), datasets)

    def _datasets(self, run: Path) -> Iterator[tuple[str, str]]:
        for one in sorted(run.glob("inputs/*/meta.yaml")):
            link = _meta(one.parent)
            tags = link.get("tags") or {}
            data = run.parent / "datasets" / str(link.get("source_id") or "none")
            if (data / "meta.yaml").is_file():
                yield str(_meta(data).get("name")), str(tags.get("mlflow.data.context") or "")


_STATUS = {"1": "RUNNING", "2": "SCHEDULED", "3": "FINISHED", "4": "FAILED", "5": "KILLED"}
"""MLflow's numbers for how a run stands, as its files write them."""


def _metric(file: Path, run: Path) -> dict[str, Any]:
    """The newest line: `timestamp value step`, and since MLflow 3 the name and digest of the data set."""
    rows = [line.split() for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    try:
        newest_row = max(rows, key=lambda row: (int(row[2]) if len(row) > 2 else 0, int(row[0])))
        key = file.relative_to(run / "metrics").as_posix()
        found = {"key": key, "value": float(newest_row[1]), "timestamp": int(newest_row[0])}
    except (ValueError, IndexError) as error:
        raise InvalidInput(f"{file}: not a line of `timestamp value step`") from error
    return found | ({"dataset_name": newest_row[3]} if len(newest_row) > 4 else {})


def _inputs(run: Path) -> Iterator[dict[str, Any]]:
    for one in sorted(run.glob("inputs/*/meta.yaml")):
        link = _meta(one.parent)
        data = run.parent / "datasets" / str(link.get("source_id") or "none")
        if (data / "meta.yaml").is_file():
            yield {**_meta(data), "context": (link.get("tags") or {}).get("mlflow.data.context")}


def _meta(folder: Path) -> dict[str, Any]:
    try:
        value = yaml.safe_load((folder / "meta.yaml").read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise InvalidInput(f"{folder / 'meta.yaml'} cannot be read: {error}") from error
    return value if isinstance(value, dict) else {}


def _texts(folder: Path) -> Mapping[str, str]:
    """Each file of a folder as a key with its text; a name with `/` stands in folders of its own."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8").strip() for path in found}
