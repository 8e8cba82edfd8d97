"""Models from files that somebody else may have written, and what they answer: skops, ONNX, joblib and pickle.

Only ever called in the child process of `model_process`. A skops file names its types and makes none that are not
known to be harmless; an ONNX file holds arithmetic and no code; a joblib or pickle file runs whatever its author wrote,
and is loaded only when the caller says `trust_pickle`. What is loaded are the bytes whose digest was taken.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np

from careloop.adapters.onnx_model import OnnxModel
from careloop.adapters.permutation_importance import Columns
from careloop.errors import InvalidInput, UsageError

__all__ = ["LoadedModel", "class_text", "format_of", "load_model"]

_FORMATS: Final = {
    ".skops": "skops",
    ".onnx": "onnx",
    ".joblib": "pickle",
    ".pkl": "pickle",
    ".pickle": "pickle",
}
_CANNOT: Final = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, ImportError, EOFError)
"""What libraries raise about a file that is none of theirs, or rows that a model cannot answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModel:
    """A model that answers rows, given as columns by the names of its inputs."""

    kind: str
    inputs: tuple[str, ...] | None
    """Names of the inputs in order; null when the file does not say them."""
    classes: Callable[[Columns], Sequence[str]]
    """The classes of its answer as text; empty when it names a number."""
    scores: Callable[[Columns], Any] | None
    """A row for each row and a column for each class, of chances; null when it gives none."""
    answers: Callable[[Columns], Any]
    """What it names for each row."""


def format_of(path: Path) -> str:
    """`skops`, `onnx` or `pickle`, by the ending of the name. Raises InvalidInput for any other."""
    found = _FORMATS.get(path.suffix.lower())
    if found is None:
        raise InvalidInput(
            f"{path}: no format of models ends with '{path.suffix}'",
            hint="give a .skops or .onnx file, an MLflow model folder, or a .joblib or .pkl with --trust-pickle",
        )
    return found


def load_model(raw: bytes, name: str, kind: str, *, trusted_types: Sequence[str], trust_pickle: bool) -> LoadedModel:
    """The model in these bytes. Raises InvalidInput, also for what is not trusted; UsageError without library."""
    if kind == "onnx":
        return _of_onnx(raw, name)
    if kind == "skops":
        return _of_sklearn(_from_skops(raw, name, trusted_types), "skops")
    if not trust_pickle:
        raise InvalidInput(
            f"{name} is a pickle: loading it runs whatever code its author put into it",
            hint="save the model as .skops or .onnx, or say --trust-pickle if you would run the author's program",
        )
    joblib = _library("joblib")
    try:
        return _of_sklearn(joblib.load(BytesIO(raw)), "pickle")
    except (UnpicklingError, *_CANNOT) as error:
        raise InvalidInput(f"{name} cannot be loaded: {_said(error)}") from error


def _from_skops(raw: bytes, name: str, trusted_types: Sequence[str]) -> Any:
    skops = _library("skops.io")
    untrusted = _library("skops.io.exceptions").UntrustedTypesFoundException
    try:
        unknown = sorted(set(skops.get_untrusted_types(data=raw)) - set(trusted_types))
        if unknown:
            raise InvalidInput(
                f"{name} holds types that are not known to be harmless: {', '.join(unknown)}",
                hint="look at each, then name it: --trust-type " + unknown[0],
            )
        return skops.loads(raw, trusted=list(trusted_types))
    except (BadZipFile, UnpicklingError, untrusted, *_CANNOT) as error:
        raise InvalidInput(f"{name} is no skops file that can be loaded: {_said(error)}") from error


def _of_sklearn(model: Any, kind: str) -> LoadedModel:
    """Anything with `predict`, and perhaps `predict_proba`, in the manner of scikit-learn."""
    if not callable(getattr(model, "predict", None)):
        raise InvalidInput(f"the file holds {type(model).__name__}, which predicts nothing")
    named = getattr(model, "feature_names_in_", None)
    inputs = None if named is None else tuple(str(one) for one in named)
    classes = tuple(class_text(one) for one in _plain(getattr(model, "classes_", ())))

    def table(columns: Columns) -> Any:
        if named is not None or any(values.dtype.kind not in "biuf" for values in columns.values()):
            return _library("pandas").DataFrame(dict(columns))
        return np.column_stack(list(columns.values()))

    def asked(what: str) -> Callable[[Columns], Any]:
        return lambda columns: np.asarray(getattr(model, what)(table(columns)))

    return LoadedModel(
        kind=f"{kind}: {type(model).__name__}",
        inputs=inputs,
        classes=lambda _: classes,
        scores=asked("predict_proba") if callable(getattr(model, "predict_proba", None)) else None,
        answers=asked("predict"),
    )


def _of_onnx(raw: bytes, name: str) -> LoadedModel:
    runtime = _library("onnxruntime")
    refusals = tuple(
        one for one in vars(_library("onnxruntime.capi.onnxruntime_pybind11_state")).values() if _raised(one)
    )
    try:
        model = OnnxModel(runtime, raw)
    except (*_CANNOT, RuntimeError, *refusals) as error:
        raise InvalidInput(f"{name} is no ONNX file that can be loaded: {_said(error)}") from error
    return LoadedModel(
        kind="onnx: " + (model.producer or "graph"),
        inputs=model.inputs,
        classes=lambda columns: tuple(class_text(one) for one in model.classes(columns)),
        scores=model.scores,
        answers=model.answers,
    )


def _raised(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Exception)


def class_text(value: object) -> str:
    """A class as it stands in options and files of rows: `true`, `1`, `approve`."""
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, bool):
        return "true" if plain else "false"
    return str(int(plain)) if isinstance(plain, float) and plain.is_integer() else str(plain)


def _plain(values: Any) -> Sequence[object]:
    found: Sequence[object] = values.tolist() if hasattr(values, "tolist") else tuple(values)
    return found


def _said(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UsageError(
            f"looking at this model needs {name.partition('.')[0]}", hint="pip install 'careloop[models]'"
        ) from error
