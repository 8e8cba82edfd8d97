"""How far a metric is beyond its limit, and how much better another release would have it; from counts alone.

A metric is a rate, or a gap: the rate of one group less that of the others. It is always read in the direction in which
the alarm saw it move, so that more is worse.
"""

from __future__ import annotations

import math
from statistics import NormalDist

from careloop.domain.alarm import Signal, Worse
from careloop.domain.attribution import Arm, Paired, Replayed
from careloop.domain.counts import Tally
from careloop.measures.intervals import wilson

__all__ = ["between_arms", "excess", "on_the_same_rows"]


def excess(signal: Signal, observed: Tally, compared: Tally | None) -> float:
    """How far the metric of these counts lies beyond the alarm's limit; at most 0 is within it.

    Both tallies have rows; `compared` is there exactly when the alarm is about a gap.
    """
    sign = 1 if signal.moved is Worse.HIGHER else -1
    if compared is None:
        return sign * (observed.hits / observed.n - signal.limit)
    return sign * (observed.hits / observed.n - compared.hits / compared.n) - signal.limit


def on_the_same_rows(signal: Signal, replayed: Replayed, *, level: float) -> tuple[float, float]:
    """Between which bounds the target is better on the replayed rows, two-sided at `level`; more is better.

    Mean of the paired differences, with half a row added to each of the four cells (Agresti and Min 2005); the two
    sides of a gap are independent rows.
    """
    parts = [(replayed.observed, 1)] + ([(replayed.compared, -1)] if replayed.compared is not None else [])
    sign = 1 if signal.moved is Worse.HIGHER else -1
    centre = sum(sign * side * _paired_mean(rows) for rows, side in parts)
    reach = _z(level) * math.sqrt(sum(_paired_variance(rows) for rows, _ in parts))
    return centre - reach, centre + reach


def between_arms(signal: Signal, arm: Arm, *, level: float) -> tuple[float, float]:
    """Between which bounds the target is better on requests of its own at the same time; more is better.

    The Wilson intervals of all rates, put together by squares (Newcombe 1998, Zou and Donner 2008).
    """
    sign = 1 if signal.moved is Worse.HIGHER else -1
    terms = [(signal.observed, sign), (arm.observed, -sign)]
    if signal.compared is not None and arm.compared is not None:
        terms += [(signal.compared, -sign), (arm.compared, sign)]
    centre = down = up = 0.0
    for tally, weight in terms:
        rate, ends = tally.hits / tally.n, wilson(tally, level=level)
        below, above = rate - ends.low, ends.high - rate
        centre += weight * rate
        down += (below if weight > 0 else above) ** 2
        up += (above if weight > 0 else below) ** 2
    return centre - math.sqrt(down), centre + math.sqrt(up)


def _paired_mean(rows: Paired) -> float:
    return (rows.only_served - rows.only_target) / (rows.n + 2)


def _paired_variance(rows: Paired) -> float:
    n, left, right = rows.n + 2, rows.only_served + 0.5, rows.only_target + 0.5
    return (left + right - (left - right) ** 2 / n) / n**2


def _z(level: float) -> float:
    return NormalDist().inv_cdf((1 + level) / 2)
