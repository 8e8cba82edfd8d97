"""Exact measures of scores against labels, row by row: for evaluation sets, which are looked at once.

They need the rows and cannot be added up from counts, so they carry no digest of counts; the file's digest says what
they rest on (MEASURES, "exact"). Ties count half.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from careloop.domain.counts import Tally
from careloop.domain.measured import Interval, Measured, Unit
from careloop.errors import InvalidInput
from careloop.measures.intervals import clopper_pearson, wilson

__all__ = ["CurveBin", "brier_score", "calibration_curve", "log_losses", "roc_auc"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveBin:
    """Rows with about the same score: what the model said on average, and how often it was so."""

    score: float
    """Mean score."""
    share: float
    """Share of positive labels."""
    low: float
    high: float
    """Where that share lies."""
    n: int


def roc_auc(scores: Sequence[float], labels: Sequence[bool], *, level: float = 0.95) -> Measured:
    """Chance that a row with a positive label has a higher score than one with a negative label; in [0, 1].

    Null when all labels are alike. The interval is DeLong's; where no pair is in the wrong order it is that of as many
    pairs as share no row, which is never too short. Source: DeLong, DeLong and Clarke-Pearson 1988.

    >>> roc_auc([0.1, 0.4, 0.35, 0.8], [False, False, True, True]).value
    0.75
    """
    n = _same_length(scores, labels)
    high = sorted(score for score, label in zip(scores, labels, strict=True) if label)
    low = sorted(score for score, label in zip(scores, labels, strict=True) if not label)
    if not high or not low:
        return Measured(value=None, unit=Unit.RATIO, n=n, reason="all labels are alike" if n else "no labelled rows")
    above = [(bisect_left(low, one) + bisect_right(low, one)) / (2 * len(low)) for one in high]
    below = [1 - (bisect_left(high, one) + bisect_right(high, one)) / (2 * len(high)) for one in low]
    value = math.fsum(above) / len(above)
    spread = _variance(above) / len(above) + _variance(below) / len(below)
    if spread == 0:
        pairs = min(len(high), len(low))
        exact = clopper_pearson(Tally(round(value * pairs), pairs), level=level)
        interval = Interval(low=exact.low, high=exact.high, level=level, method=f"{exact.method}, of separate pairs")
    else:
        reach = NormalDist().inv_cdf((1 + level) / 2) * math.sqrt(spread)
        interval = Interval(
            low=max(0.0, value - reach), high=min(1.0, value + reach), level=level, method="DeLong, normal"
        )
    return Measured(value=value, unit=Unit.RATIO, n=n, interval=interval, note=f"{len(high)} positive labels")


def brier_score(scores: Sequence[float], labels: Sequence[bool], *, level: float = 0.95) -> Measured:
    """Mean squared distance between score and label, 0 (best) to 1, with a normal interval. Source: Brier 1950.

    >>> round(brier_score([0.1, 0.9], [False, True]).value or 0, 4)
    0.01
    """
    n = _same_length(scores, labels)
    if not n:
        return Measured(value=None, unit=Unit.INDEX, n=0, reason="no labelled rows with a score")
    losses = [(score - label) ** 2 for score, label in zip(scores, labels, strict=True)]
    value = math.fsum(losses) / n
    reach = NormalDist().inv_cdf((1 + level) / 2) * math.sqrt(_variance(losses) / n)
    interval = Interval(low=max(0.0, value - reach), high=min(1.0, value + reach), level=level, method="normal")
    return Measured(value=value, unit=Unit.INDEX, n=n, interval=interval if n > 1 else None)


def calibration_curve(
    scores: Sequence[float], labels: Sequence[bool], *, bins: int = 10, level: float = 0.95
) -> tuple[CurveBin, ...]:
    """Rows in order of their score, cut into at most `bins` parts of about equal size; equal scores stay together."""
    _same_length(scores, labels)
    rows = sorted(zip(scores, labels, strict=True))
    found: list[CurveBin] = []
    start = 0
    for part in range(1, bins + 1):
        end = len(rows) * part // bins
        while 0 < end < len(rows) and rows[end][0] == rows[end - 1][0]:
            end += 1
        if end > start:
            chosen = rows[start:end]
            tally = Tally(sum(label for _, label in chosen), len(chosen))
            interval = wilson(tally, level=level)
            found.append(
                CurveBin(
                    score=math.fsum(score for score, _ in chosen) / len(chosen),
                    share=tally.hits / tally.n,
                    low=interval.low,
                    high=interval.high,
                    n=tally.n,
                )
            )
            start = end
    return tuple(found)


def log_losses(scores: Sequence[float], labels: Sequence[bool]) -> list[float]:
    """How surprised the model was by each label: -ln of the chance that it gave to it; a chance of 0 counts 1e-15."""
    _same_length(scores, labels)
    return [-math.log(max(1e-15, score if label else 1 - score)) for score, label in zip(scores, labels, strict=True)]


def _variance(values: Sequence[float]) -> float:
    if len(values) < 2:
        return 0.0
    mean = math.fsum(values) / len(values)
    return math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)


def _same_length(scores: Sequence[float], labels: Sequence[bool]) -> int:
    if len(scores) != len(labels):
        raise InvalidInput(f"{len(scores)} scores and {len(labels)} labels do not fit")
    return len(scores)
