"""Record what a model answers, without changing a line of what calls it.

model = RecordedModel(joblib.load("model.joblib"), recorder, features=["age", "income"])
model.predict(X)                      # one event a row, with features, answer and how long the call took

@recorded(recorder)
def decide(application: dict) -> str: ...
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, ParamSpec, TypeVar

from careloop.errors import UsageError
from careloop.sdk.recorder import Recorder

__all__ = ["RecordedModel", "recorded"]

_Given = ParamSpec("_Given")
_Answer = TypeVar("_Answer")
Describe = Callable[[Mapping[str, object], object], Mapping[str, object]]
"""Features and answer of one row to further fields of its event: `groups`, `unit`, `segment`, `business`."""


class RecordedModel:
    """A model in the style of scikit-learn whose `predict` is recorded; all else is the model's own.

    `features` names the columns of a table without names. With `score_of`, the class whose probability is the score,
    `predict_proba` is asked too and each event carries it. What goes wrong in recording is never the caller's trouble.
    """

    def __init__(
        self,
        model: Any,
        recorder: Recorder,
        *,
        features: Sequence[str] | None = None,
        score_of: object = None,
        describe: Describe | None = None,
    ) -> None:
        if not callable(getattr(model, "predict", None)):
            raise UsageError(f"{type(model).__name__} has no predict", hint="decorate the function with @recorded")
        if score_of is not None and not callable(getattr(model, "predict_proba", None)):
            raise UsageError(f"{type(model).__name__} has no predict_proba, so it gives no score of {score_of!r}")
        self._model, self._recorder = model, recorder
        self._features = tuple(features) if features is not None else None
        self._score_of, self._describe = score_of, describe

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def predict(self, rows: Any, *more: Any, **named: Any) -> Any:
        """What the model answers, one a row."""
        return self.predict_with_ids(rows, *more, **named)[0]

    def predict_with_ids(self, rows: Any, *more: Any, **named: Any) -> tuple[Any, tuple[str, ...]]:
        """The answers, and the id of each, by which a label can name it later; no ids when it could not be recorded.

        Every event of a call carries the time of the whole call, since that is what its caller waited.
        """
        start = time.perf_counter()
        answers = self._model.predict(rows, *more, **named)
        took_ms = 1000 * (time.perf_counter() - start)
        ids: list[str] = []
        with suppress(Exception):  # an application must not fall over its own measurement
            for features, answer, score in zip(self._named(rows), answers, self._scores(rows), strict=True):
                fields = {"features": features, "prediction": _plain(answer), "latency_ms": took_ms}
                extra = {} if self._describe is None else dict(self._describe(features, fields["prediction"]))
                scored = {} if score is None else {"score": score}
                ids.append(self._recorder.inference(**{**fields, **scored, **extra}))
        return answers, tuple(ids)

    def _named(self, rows: Any) -> list[dict[str, object]]:
        columns = getattr(rows, "columns", None)
        if columns is not None and callable(getattr(rows, "itertuples", None)):
            names = [str(name) for name in columns]
            return [dict(zip(names, map(_plain, row), strict=True)) for row in rows.itertuples(index=False, name=None)]
        if self._features is None:
            return [{str(name): _plain(value) for name, value in row.items()} for row in rows]
        return [dict(zip(self._features, map(_plain, row), strict=True)) for row in rows]

    def _scores(self, rows: Any) -> Sequence[float | None]:
        if self._score_of is None:
            return [None] * len(rows)
        place = list(self._model.classes_).index(self._score_of)
        return [float(row[place]) for row in self._model.predict_proba(rows)]


def recorded(
    recorder: Recorder, *, features: str | None = None, describe: Describe | None = None
) -> Callable[[Callable[_Given, _Answer]], Callable[_Given, _Answer]]:
    """Record each call of a function that decides about one case; its answer is the prediction.

    `features` names the argument, a mapping, that holds the features; by default it is the first. Coroutine functions
    are awaited. A call that raises is not recorded: it answered nothing.
    """

    def decorate(function: Callable[_Given, _Answer]) -> Callable[_Given, _Answer]:
        def note(start: float, answer: object, given: tuple[object, ...], named: Mapping[str, object]) -> None:
            with suppress(Exception):  # an application must not fall over its own measurement
                case = named[features] if features and features in named else given[0] if given else {}
                known = dict(case) if isinstance(case, Mapping) else {}
                fields = {"features": known, "prediction": _plain(answer)}
                fields["latency_ms"] = 1000 * (time.perf_counter() - start)
                extra = {} if describe is None else dict(describe(known, fields["prediction"]))
                recorder.inference(**{**fields, **extra})

        if _awaits(function):

            @functools.wraps(function)
            async def asked_later(*given: _Given.args, **named: _Given.kwargs) -> Any:
                start = time.perf_counter()
                answer = await function(*given, **named)  # type: ignore[misc]
                note(start, answer, given, named)
                return answer

            return asked_later  # type: ignore[return-value]

        @functools.wraps(function)
        def asked(*given: _Given.args, **named: _Given.kwargs) -> _Answer:
            start = time.perf_counter()
            answer = function(*given, **named)
            note(start, answer, given, named)
            return answer

        return asked

    return decorate


def _awaits(function: Callable[..., object]) -> bool:
    """Whether calling it gives a coroutine. `inspect` says more, and costs 15 ms to load."""
    return bool(getattr(getattr(function, "__code__", None), "co_flags", 0) & 0x80)


def _plain(value: object) -> object:
    """A scalar of numpy as the scalar of Python that it holds."""
    item = getattr(value, "item", None)
    return item() if callable(item) and getattr(value, "shape", None) == () else value
