"""How good are answers whose truth is not known yet? An estimate from the model's own scores, calibrated on older rows.

An early warning and never a verdict: it trusts that a score still means what it meant on the reference, so it cannot
see that the world has changed (concept drift). It gates nothing and rolls nothing back.
Source: Garg et al. 2022 and NannyML's CBPE, for the idea; calibration by isotonic regression (Barlow et al. 1972).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from careloop.domain.counts import Tally
from careloop.domain.measured import Interval, Measured, Unit
from careloop.errors import InvalidInput

__all__ = ["Calibration", "calibrated_on", "estimated_accuracy", "estimated_roc_auc"]


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a score turned out to mean: from each of the rising `starts` on, the share of positive labels."""

    starts: tuple[float, ...]
    tallies: tuple[Tally, ...]
    """Positive labels among the older rows of each step."""

    @property
    def n(self) -> int:
        """Older rows."""
        return sum(tally.n for tally in self.tallies)

    def step(self, score: float) -> int:
        """Which step a score is on."""
        return max(0, bisect_right(self.starts, score) - 1)

    def chance(self, score: float) -> float:
        """Chance of a positive label for a row of this score, in [0, 1]."""
        hits, n = self.tallies[self.step(score)]
        return hits / n

    def variance(self, step: int) -> float:
        """Of a label on this step, with one more of each label than was seen, so that no step is ever sure."""
        hits, n = self.tallies[step]
        share = (hits + 1) / (n + 2)
        return share * (1 - share)


def calibrated_on(scores: Sequence[float], labels: Sequence[bool]) -> Calibration:
    """The rising steps that fit the labels best (pool adjacent violators). `InvalidInput` without rows.

    >>> calibrated_on([0.1, 0.2, 0.9], [False, True, True]).chance(0.5)
    1.0
    """
    if not scores:
        raise InvalidInput("the reference has no labelled rows with a score to calibrate on")
    alike: dict[float, list[bool]] = {}
    for score, label in sorted(zip(scores, labels, strict=True)):
        alike.setdefault(score, []).append(label)
    blocks: list[tuple[float, int, int]] = []
    for score, seen in alike.items():
        start, hits, n = score, sum(seen), len(seen)
        while blocks and blocks[-1][1] * n >= hits * blocks[-1][2]:
            start, more, rows = blocks.pop()
            hits, n = hits + more, n + rows
        blocks.append((start, hits, n))
    return Calibration(
        starts=tuple(start for start, _, _ in blocks), tallies=tuple(Tally(hits, n) for _, hits, n in blocks)
    )


def estimated_accuracy(
    scores: Sequence[float], favourable: Sequence[bool], *, by: Calibration, level: float = 0.95
) -> Measured:
    """Estimated share of rows answered right, in [0, 1]: the mean chance that a row's label is what was answered.

    The interval allows for the chance of the labels and for the size of the reference, not for a change of what scores
    mean. Null without rows.
    """
    n = len(scores)
    if not n:
        return Measured(value=None, unit=Unit.RATIO, n=0, reason="no rows with a score and an answer")
    chances = [
        by.chance(score) if answer else 1 - by.chance(score) for score, answer in zip(scores, favourable, strict=True)
    ]
    value = math.fsum(chances) / n
    leaning: dict[int, int] = {}
    for score, answer in zip(scores, favourable, strict=True):
        leaning[by.step(score)] = leaning.get(by.step(score), 0) + (1 if answer else -1)
    labels = math.fsum(by.variance(by.step(score)) for score in scores)
    steps = math.fsum(lean**2 * by.variance(step) / by.tallies[step].n for step, lean in leaning.items())
    reach = NormalDist().inv_cdf((1 + level) / 2) * math.sqrt(labels + steps) / n
    low, high = max(0.0, value - reach), min(1.0, value + reach)
    interval = Interval(low=low, high=high, level=level, method="normal, if scores mean what they meant")
    return Measured(value=value, unit=Unit.RATIO, n=n, interval=interval, note=_estimated(by))


def estimated_roc_auc(scores: Sequence[float], *, by: Calibration) -> Measured:
    """Estimated chance that a row of a positive label has a higher score than one of a negative label; in [0, 1].

    Each pair of rows counts by the chance that the first is positive and the second negative; ties count half. Null
    when no pair can be of both kinds.
    """
    n, below = len(scores), 0.0
    chances: dict[float, list[float]] = {}
    for score in sorted(scores):
        chances.setdefault(score, []).append(by.chance(score))
    won = pairs = 0.0
    positive = math.fsum(chance for each in chances.values() for chance in each)
    for each in chances.values():
        hits, misses = math.fsum(each), math.fsum(1 - chance for chance in each)
        own = math.fsum(chance * (1 - chance) for chance in each)
        won += hits * below + (hits * misses - own) / 2
        pairs += positive * misses - own
        below += misses
    if pairs <= 0:
        reason = "no rows with a score" if not n else "all rows are sure to be alike"
        return Measured(value=None, unit=Unit.RATIO, n=n, reason=reason)
    return Measured(value=min(1.0, won / pairs), unit=Unit.RATIO, n=n, note=_estimated(by))


def _estimated(by: Calibration) -> str:
    return f"estimated from scores that were calibrated on {by.n} older rows; it cannot see that the world has changed"
