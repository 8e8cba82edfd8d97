"""What the ways in are made of: code repositories, pinned governance, registries of models, folders to draft into."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from careloop.adapters.file_cache import user_cache_folder
from careloop.errors import UsageError
from careloop.wiring import repository_source

if TYPE_CHECKING:
    from careloop.adapters.mlflow_files import MlflowFiles
    from careloop.adapters.mlflow_rest import MlflowRest
    from careloop.adapters.mlflow_sqlite import MlflowSqlite
    from careloop.ports.code_source import CodeSource
    from careloop.ports.document_folder import DocumentFolder
    from careloop.ports.governance_store import GovernanceStore
    from careloop.ports.model_registry import ModelRegistry
    from careloop.ports.model_runs import ModelRuns
    from careloop.ports.project_files import ProjectFiles
    from careloop.ports.run_store import RunStore

__all__ = [
    "code_source",
    "document_folder",
    "governance_store",
    "model_registry",
    "model_runs",
    "project_files",
    "run_store",
    "schema_folder",
]


def code_source(root: Path) -> CodeSource:
    """A folder of code in git, with files of all kinds."""
    from careloop.adapters.git_code import GitCode

    return GitCode(root)


def governance_store(beside: Path) -> GovernanceStore:
    """Copies of governance repositories in the user's cache folder, for a link in the folder `beside`."""
    from careloop.adapters.governance_cache import GovernanceCache

    cache = user_cache_folder(dict(os.environ)) / "governance"
    return GovernanceCache(cache, beside=beside, opened=repository_source)


def document_folder(root: Path) -> DocumentFolder:
    """A folder that drafted documents are written into."""
    from careloop.adapters.document_folder import DocumentFolderOnDisk

    return DocumentFolderOnDisk(root)


def project_files(root: Path) -> ProjectFiles:
    """The files of an existing project."""
    from careloop.adapters.project_folder import ProjectFolder

    return ProjectFolder(root)


def schema_folder(root: Path) -> DocumentFolder:
    """Where editors find the schemas of a repository's documents; git passes it over."""
    from careloop.adapters.care_folder import keep_out_of_git
    from careloop.adapters.document_folder import DocumentFolderOnDisk

    keep_out_of_git(root / ".care")
    return DocumentFolderOnDisk(root)


def model_registry(origin: str) -> ModelRegistry:
    """Where models are registered, from `KIND:PLACE`: `mlflow:` a folder, a database file or a URL; `hf:` a card;
    `sklearn:` a file. `MLFLOW_TRACKING_TOKEN` is shown to a server. Raises UsageError."""
    kind, _, place = origin.partition(":")
    if not place:
        raise UsageError(f"--from {origin} names no place", hint="write it like --from mlflow:mlruns")
    if kind == "hf":
        from careloop.adapters.published_card import PublishedCard

        return PublishedCard(Path(place))
    if kind == "sklearn":
        from careloop.adapters.sklearn_file import SklearnFile

        return SklearnFile(Path(place))
    if kind != "mlflow":
        raise UsageError(f"there is no source '{kind}'", hint="mlflow, hf or sklearn")
    return _mlflow(place)


def run_store(place: str) -> RunStore:
    """Where runs are kept, from `mlflow:PLACE`: a folder, a database file or a URL. Raises UsageError."""
    kind, _, where = place.partition(":")
    if kind != "mlflow" or not where:
        raise UsageError(f"{place} is no store of runs", hint="write it like mlflow:mlruns")
    return _mlflow(where)


def model_runs(place: str) -> ModelRuns:
    """Which runs belong to a registered model's version, from `mlflow:URL`. Raises UsageError for what is no server."""
    kind, _, where = place.partition(":")
    if kind != "mlflow" or not where.startswith(("http://", "https://")):
        raise UsageError(
            f"{place} is no server: runs of a version are asked of one",
            hint="write it like mlflow:https://mlflow.example",
        )
    from careloop.adapters.mlflow_rest import MlflowRest

    return MlflowRest(where, token=os.environ.get("MLFLOW_TRACKING_TOKEN"))


def _mlflow(place: str) -> MlflowFiles | MlflowSqlite | MlflowRest:
    from careloop.adapters.mlflow_files import MlflowFiles
    from careloop.adapters.mlflow_rest import MlflowRest
    from careloop.adapters.mlflow_sqlite import MlflowSqlite

    if place.startswith(("http://", "https://")):
        return MlflowRest(place, token=os.environ.get("MLFLOW_TRACKING_TOKEN"))
    path = Path(place.removeprefix("sqlite:///").removeprefix("file://"))
    if path.is_file():
        return MlflowSqlite(path)
    files = MlflowFiles(path)
    return MlflowSqlite(path / "mlflow.db") if (path / "mlflow.db").is_file() and not files.is_there() else files
