"""Composition for models that are looked at: where a model lies, and the child process that opens it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from careloop.domain.model_look import LookAsk, ModelFile, ModelLook

__all__ = ["look_at_model", "model_at"]


@contextmanager
def model_at(place: str) -> "Iterator[ModelFile]":
    """The model at a path, in an MLflow model folder, or at `models:/NAME/3`, `models:/NAME@ALIAS`, `runs:/ID/PATH` of
    the server that MLFLOW_TRACKING_URI names; what was fetched is removed afterwards. Raises NotFound, InvalidInput,
    UsageError, and Unavailable when the server is out of reach.
    """
    from careloop.adapters.model_process import model_file

    if not place.startswith(("models:/", "runs:/")):
        yield model_file(Path(place))
        return
    import os
    from tempfile import TemporaryDirectory

    from careloop.adapters.mlflow_models import fetch_model

    with TemporaryDirectory(prefix="care-mlflow-") as folder:
        server, token = os.environ.get("MLFLOW_TRACKING_URI", ""), os.environ.get("MLFLOW_TRACKING_TOKEN")
        yield model_file(fetch_model(place, server, Path(folder), token=token), name=place)


def look_at_model(ask: "LookAsk") -> "ModelLook":
    """What the model shows, looked at in a child process with limits."""
    from careloop.adapters.model_process import look_at_model as look

    return look(ask)
