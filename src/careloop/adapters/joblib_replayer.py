"""Ask a scikit-learn model of an earlier release what it would have answered; its bytes come from the artefact store.

The model is the lock's one artefact of kind `weights`, written by joblib. Loading it runs code from that file, so its
bytes are compared with the lock first, and these very bytes are loaded. The lock's parameters say the rest: `features`
(names in the order of the model's columns; without it the model is given one mapping a row), and `threshold` with
`positive` and `negative` where the answer is the second class's probability held against a threshold.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pickle import UnpicklingError
from typing import Any, Final

from careloop.adapters.release_store import ReleaseStore
from careloop.domain.event import Scalar
from careloop.domain.event_values import EventValueError, answer
from careloop.domain.release_lock import ArtefactKind, ReleaseLock
from careloop.errors import InvalidInput, NotFound, Refused, Unavailable

__all__ = ["JoblibReplayer"]

_CANNOT: Final = (ValueError, TypeError, KeyError, AttributeError, IndexError, ArithmeticError)
"""What models raise about rows that they cannot answer."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    model: Any
    lock: ReleaseLock


class JoblibReplayer:
    """A `Replayer` of models written by joblib; each is loaded once."""

    def __init__(self, artefacts: ReleaseStore) -> None:
        self._artefacts = artefacts
        self._loaded: dict[str, _Loaded] = {}

    def predict(self, lock: str, rows: Sequence[Mapping[str, Scalar]]) -> Sequence[str]:
        """One answer a row; see the port."""
        if lock not in self._loaded:
            self._loaded[lock] = self._load(lock)
        loaded = self._loaded[lock]
        if not rows:
            return ()
        try:
            values = _answers(loaded, _table(loaded, rows))
            return tuple(answer(value) for value in values)
        except (*_CANNOT, EventValueError) as error:
            raise InvalidInput(f"release {lock[:19]} cannot answer these rows: {error}") from error

    def _load(self, digest: str) -> _Loaded:
        lock = self._artefacts.lock(digest)
        weights = [artefact for artefact in lock.artefacts if artefact.kind is ArtefactKind.WEIGHTS]
        if len(weights) != 1:
            raise InvalidInput(f"release {digest[:19]} has {len(weights)} files of weights; one can be replayed")
        path = self._artefacts.path(digest, weights[0].name)
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise NotFound(f"{weights[0].name} of release {digest[:19]} cannot be read: {error.strerror}") from error
        if sha256(raw).hexdigest() != weights[0].sha256:
            raise Refused(f"{weights[0].name} of release {digest[:19]} is not what was locked")
        joblib = _library("joblib")
        try:
            return _Loaded(joblib.load(BytesIO(raw)), lock)
        except (ImportError, EOFError, UnpicklingError, *_CANNOT) as error:
            raise InvalidInput(f"{weights[0].name} of release {digest[:19]} cannot be loaded: {error}") from error


def _table(loaded: _Loaded, rows: Sequence[Mapping[str, Scalar]]) -> Any:
    names = loaded.lock.parameters.get("features")
    if not isinstance(names, list):
        return [dict(row) for row in rows]
    table = [[row[str(name)] for name in names] for row in rows]
    if hasattr(loaded.model, "feature_names_in_"):
        return _library("pandas").DataFrame(table, columns=names)
    numbers = all(isinstance(value, int | float) for row in table for value in row)
    return _library("numpy").array(table, dtype=float if numbers else object)


def _answers(loaded: _Loaded, table: Any) -> Sequence[object]:
    model, parameters = loaded.model, loaded.lock.parameters
    threshold = parameters.get("threshold")
    if threshold is None:
        return _plain(model.predict(table))
    if not isinstance(threshold, int | float | str) or isinstance(threshold, bool):
        raise InvalidInput("the lock's threshold is not a number")
    classes = _plain(model.classes_)
    positive, negative = parameters.get("positive", classes[1]), parameters.get("negative", classes[0])
    chances = _plain(model.predict_proba(table)[:, 1])
    return [positive if float(str(chance)) >= float(threshold) else negative for chance in chances]


def _plain(values: Any) -> Sequence[object]:
    found: Sequence[object] = values.tolist() if hasattr(values, "tolist") else list(values)
    return found


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise Unavailable(f"replaying this release needs {name}", hint=f"Install {name} where care runs.") from error
