"""Figures about a model itself: which inputs its answers rest on, whether that lasts, and if it is the one (R44)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from careloop.domain.counts import Tally
from careloop.domain.evaluated import NotEvaluated
from careloop.domain.measured import Measured
from careloop.domain.model_look import ModelLook
from careloop.measures.importance_stability import importance_agreement, importance_stability
from careloop.measures.rate import rate_of
from careloop.workflows.run.evaluated_rows import EvaluatedRows

__all__ = ["Figure", "explanation_figures", "model_agreement", "unlike_answers"]

_SAME: Final = 1e-5
"""Scores that differ by less are the same: files of predictions and ONNX hold them in single precision."""

Figure = tuple[str, str | None, Measured, bool]
"""Measure, what of, value, and whether it follows from counts."""


def explanation_figures(look: ModelLook, rows: EvaluatedRows, *, level: float) -> Iterator[Figure]:
    """Stability over resamples, over shuffles and against the training rows; and answers that the model gives again."""
    yield "importance_stability", None, importance_stability(look.resamples, level=level), False
    yield "importance_stability", "shuffles", importance_stability(look.repeats, level=level), False
    if look.of_reference:
        yield (
            "importance_agreement",
            "training data",
            importance_agreement(look.of_reference, look.resamples, level=level),
            False,
        )
    same = model_agreement(look, rows)
    if same is not None:
        yield "explained_model_agreement", None, rate_of(same, level=level), True


def model_agreement(look: ModelLook, rows: EvaluatedRows) -> Tally | None:
    """Rows for which the model gives again the score that the file holds, or, where it has none, the prediction.

    Null when neither can be compared: the file has no score, and its predictions are not the model's classes.
    """
    column = rows.columns.score
    if column is not None and look.scores:
        pairs = [
            (one, again) for one, again in zip(rows.values[column], look.scores, strict=True) if isinstance(one, float)
        ]
        return Tally(sum(again is not None and abs(one - again) <= _SAME for one, again in pairs), len(pairs))
    told = [str(one) for one in rows.values[rows.columns.prediction] if one is not None]
    if not look.answers or not set(told) <= set(look.answers):
        return None
    return Tally(sum(one == again for one, again in zip(told, look.answers, strict=False)), len(told))


def unlike_answers(look: ModelLook, rows: EvaluatedRows, *, locked: bool | None) -> Iterator[NotEvaluated]:
    """A warning when what was explained is not what was measured, or not of the release, or when nobody can tell."""
    same = model_agreement(look, rows)
    what = "whether the model that is explained made these predictions"
    if same is None or same.n == 0:
        remedy = "add the model's score to the predictions: --map score=COLUMN"
        yield NotEvaluated(what=what, why="the rows hold neither its score nor its classes", remedy=remedy)
    elif same.hits < same.n:
        why = f"it answers {same.n - same.hits:,} of {same.n:,} rows otherwise, so another model was measured there"
        yield NotEvaluated(what=what, why=why, remedy="give the model that made them, or have it predict again")
    if locked is False:
        yield NotEvaluated(
            what="whether the model that is explained is of this release",
            why="its file is none of those that the lock names by digest",
            remedy="lock the model's file itself: care release lock SYSTEM --artifact FILE",
        )
