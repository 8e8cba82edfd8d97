"""A model in the ONNX format, run by ONNX Runtime: inputs as columns in, chances and answers out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from careloop.adapters.permutation_importance import Columns
from careloop.errors import InvalidInput

__all__ = ["OnnxModel"]

_KINDS: Final = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(bool)": np.bool_,
    "tensor(string)": np.object_,
}
"""Kinds of inputs that columns of a file can be."""


class OnnxModel:
    """One classifier: an input for each column, or one input that is a table of numbers.

    `runtime` is the module `onnxruntime`; its errors are RuntimeErrors or ValueErrors of that library.
    """

    def __init__(self, runtime: Any, raw: bytes) -> None:
        settings = runtime.SessionOptions()
        settings.intra_op_num_threads = settings.inter_op_num_threads = 1
        settings.log_severity_level = 4
        self._session = runtime.InferenceSession(raw, settings, providers=["CPUExecutionProvider"])
        self.producer: str = self._session.get_modelmeta().producer_name
        self._inputs = self._session.get_inputs()
        unknown = sorted({one.type for one in self._inputs} - set(_KINDS))
        if unknown:
            raise InvalidInput(f"the model takes {', '.join(unknown)}, which rows of a file are not")
        self._whole = len(self._inputs) == 1 and self._width() != 1
        self._known: tuple[object, ...] = ()

    @property
    def inputs(self) -> tuple[str, ...] | None:
        """Names of the inputs; null when the model takes one table whose columns have no names."""
        return None if self._whole else tuple(one.name for one in self._inputs)

    def scores(self, columns: Columns) -> Any:
        """A chance for each class, a row for each row. Raises InvalidInput when the model gives no chances."""
        return self._chances(self._run(columns))

    def answers(self, columns: Columns) -> Any:
        """The class for each row; of a model that gives chances only, the likelier one's place."""
        found = self._run(columns)
        named = found[0]
        return np.argmax(self._chances(found), axis=1) if len(found) == 1 else np.asarray(named).reshape(-1)

    def classes(self, columns: Columns) -> Sequence[object]:
        """What each column of the chances is the chance of, from the file's map or from what these rows are answered.

        Raises InvalidInput when no row is answered with some class, so that it stays without a name.
        """
        if not self._known:
            self._known = tuple(self._named(columns))
        return self._known

    def _named(self, columns: Columns) -> Sequence[object]:
        found = self._run(columns)
        if len(found) == 1:
            return range(self._chances(found).shape[1])
        if isinstance(found[1], list):
            return list(found[1][0]) if found[1] else ()
        chances, answers = self._chances(found), np.asarray(found[0]).reshape(-1)
        if answers.dtype.kind in "iub" and set(answers.tolist()) <= set(range(chances.shape[1])):
            return range(chances.shape[1])
        place = np.argmax(chances, axis=1)
        names = {int(at): answers[place == at][0] for at in np.unique(place)}
        if len(names) != chances.shape[1]:
            raise InvalidInput("the model's file does not name its classes, and these rows do not show them all")
        return [names[at] for at in range(chances.shape[1])]

    def _chances(self, found: Sequence[Any]) -> Any:
        last = found[-1]
        if isinstance(last, list):
            return np.array([list(one.values()) for one in last], dtype=float)
        chances = np.asarray(last, dtype=float)
        if chances.ndim == 1 or chances.shape[1] == 1:
            yes = chances.reshape(-1)
            return np.column_stack([1 - yes, yes])
        return chances

    def _run(self, columns: Columns) -> Sequence[Any]:
        found: Sequence[Any] = self._session.run(None, self._feed(columns))
        return found

    def _feed(self, columns: Columns) -> dict[str, Any]:
        if not self._whole:
            return {one.name: columns[one.name].astype(_KINDS[one.type]).reshape(-1, 1) for one in self._inputs}
        only = self._inputs[0]
        width = self._width()
        if width is not None and width != len(columns):
            raise InvalidInput(
                f"the model takes {width} columns and is given {len(columns)}",
                hint="name them in the model's order: --inputs age,income,...",
            )
        return {only.name: np.column_stack(list(columns.values())).astype(_KINDS[only.type])}

    def _width(self) -> int | None:
        shape = self._inputs[0].shape
        return shape[1] if len(shape) == 2 and isinstance(shape[1], int) else None
