"""Ask a scikit-learn model of an earlier release what it would have answered; its bytes come from the artefact store.

The model is the lock's one artefact of kind `weights`, written by joblib. Loading it runs code from that file, so its
bytes are compared with the lock first, and these very bytes are loaded. The lock's parameters, or its one artefact of
kind `parameters` (JSON), say the rest: `features` (names in the order of the model's columns; without it the model is
given one mapping a row), and `threshold` with `positive` and `negative` where the answer is the second class's
probability held against a threshold.
"""

from __future__ import annotations

import importlib
import json
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
    parameters: Mapping[str, Any]


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
        weights = self._bytes(lock, digest, ArtefactKind.WEIGHTS)
        if weights is None:
            raise InvalidInput(f"release {digest[:19]} does not have one file of weights, so it cannot be replayed")
        joblib = _library("joblib")
        try:
            model = joblib.load(BytesIO(weights))
        except (ImportError, EOFError, UnpicklingError, *_CANNOT) as error:
            raise InvalidInput(f"the weights of release {digest[:19]} cannot be loaded: {error}") from error
        return _Loaded(model, dict(lock.parameters) or self._parameters(lock, digest))

    def _parameters(self, lock: ReleaseLock, digest: str) -> Mapping[str, Any]:
        raw = self._bytes(lock, digest, ArtefactKind.PARAMETERS)
        try:
            found = json.loads(raw) if raw is not None else {}
        except ValueError as error:
            raise InvalidInput(f"the parameters of release {digest[:19]} are not JSON: {error}") from error
        return found if isinstance(found, dict) else {}

    def _bytes(self, lock: ReleaseLock, digest: str, kind: ArtefactKind) -> bytes | None:
        """The bytes of the one artefact of this kind, as they were locked; None when there is none, or several."""
        named = [artefact for artefact in lock.artefacts if artefact.kind is kind]
        if len(named) != 1:
            return None
        try:
            raw = self._artefacts.path(digest, named[0].name).read_bytes()
        except OSError as error:
            raise NotFound(f"{named[0].name} of release {digest[:19]} cannot be read: {error.strerror}") from error
        if sha256(raw).hexdigest() != named[0].sha256:
            raise Refused(f"{named[0].name} of release {digest[:19]} is not what was locked")
        return raw


def _table(loaded: _Loaded, rows: Sequence[Mapping[str, Scalar]]) -> Any:
    names = loaded.parameters.get("features")
    if not isinstance(names, list):
        return [dict(row) for row in rows]
    table = [[row[str(name)] for name in names] for row in rows]
    if hasattr(loaded.model, "feature_names_in_"):
        return _library("pandas").DataFrame(table, columns=names)
    numbers = all(isinstance(value, int | float) for row in table for value in row)
    return _library("numpy").array(table, dtype=float if numbers else object)


def _answers(loaded: _Loaded, table: Any) -> Sequence[object]:
    model, parameters = loaded.model, loaded.parameters
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
