"""The gate's test: is it shown that the candidate is not worse than we tolerate?

The null hypothesis is *worse than tolerance*; only a one-sided bound inside the tolerance rejects it. The alarms of
`careloop.monitors` test the opposite null and share nothing with this (SEMANTICS 16). Three outcomes: shown safe,
shown harmful, cannot tell. Each of the first two is wrong at most `1 - level` of the time: exactly so for one rate
(Clopper-Pearson), nearly so for gaps (Newcombe) and quotients (MOVER-R). To be safe, every pair of groups must be
within the tolerance at `level`, which needs no correction (an intersection-union test: Berger 1982); to be harmful,
some pair must be outside after Bonferroni's correction.
"""

from __future__ import annotations

from dataclasses import dataclass

from careloop.domain.alarm import Worse
from careloop.domain.counts import GroupedTallies, Tally
from careloop.domain.measured import Interval, Judgement, Measured, Outcome, Unit
from careloop.errors import InvalidInput
from careloop.measures.comparison import compared_groups, gap_interval, level_per_pair, ratio_interval
from careloop.measures.fairness import demographic_parity_difference, impact_ratio
from careloop.measures.intervals import clopper_pearson, newcombe
from careloop.measures.rate import rate_of

__all__ = ["judge_change", "judge_gap", "judge_impact_ratio", "judge_rate"]


@dataclass(frozen=True, slots=True)
class _Bounds:
    """What the value does not exceed and what it does not fall below, each surely at the level."""

    for_safe: Interval
    for_harm: Interval


def judge_rate(tally: Tally, *, limit: float, worse: Worse, level: float = 0.95) -> Judgement:
    """Is a rate shown to be no worse than `limit`? HIGHER: at most the limit; LOWER: at least it.

    >>> judge_rate(Tally(0, 100), limit=0.05, worse=Worse.HIGHER).outcome.value
    'shown_safe'
    """
    if worse is Worse.EITHER:
        raise InvalidInput("a rate with one limit gets worse one way: higher or lower")
    measured = rate_of(tally)
    if measured.value is None:
        return _cannot_tell(measured, limit=limit, level=level)
    bounds = clopper_pearson(tally, level=_two_sided(level))
    return _decide(measured, _Bounds(bounds, bounds), limit=limit, worse=worse, level=level)


def judge_change(
    candidate: Tally, reference: Tally, *, tolerance: float, worse: Worse, level: float = 0.95
) -> Judgement:
    """Is the candidate's rate shown to be at most `tolerance` worse than the reference's, both being counts?

    The value is candidate less reference; with LOWER worse, reference less candidate; with EITHER, the size of the
    difference. Negative means better.
    """
    _check_tolerance(tolerance)
    first, second = (reference, candidate) if worse is Worse.LOWER else (candidate, reference)
    n = candidate.checked().n
    if n == 0 or reference.checked().n == 0:
        reason = "the candidate has no rows" if n == 0 else "the reference has no rows"
        nothing = Measured(value=None, unit=Unit.DIFFERENCE, n=n, reason=reason)
        return _cannot_tell(nothing, limit=tolerance, level=level)
    gap = first.hits / first.n - second.hits / second.n
    shown, bounds = newcombe(first, second), newcombe(first, second, level=_two_sided(level))
    if worse is Worse.EITHER:
        gap, shown, bounds = abs(gap), _folded(shown), _folded(bounds)
    measured = Measured(value=gap, unit=Unit.DIFFERENCE, n=n, interval=shown)
    return _decide(measured, _Bounds(bounds, bounds), limit=tolerance, worse=Worse.HIGHER, level=level)


def judge_gap(groups: GroupedTallies, *, tolerance: float, min_n: int, level: float = 0.95) -> Judgement:
    """Is the largest difference between the rates of two groups shown to be at most `tolerance`?

    Says nothing of groups left out for having fewer than `min_n` rows; they are named.
    """
    _check_tolerance(tolerance)
    measured = demographic_parity_difference(groups, min_n=min_n)
    if measured.value is None:
        return _cannot_tell(measured, limit=tolerance, level=level)
    used, _ = compared_groups(groups, min_n=min_n)
    two_sided = _two_sided(level)
    bounds = _Bounds(
        gap_interval(used, level=two_sided, each_pair=two_sided),
        gap_interval(used, level=two_sided, each_pair=_two_sided(level_per_pair(level, len(used)))),
    )
    return _decide(measured, bounds, limit=tolerance, worse=Worse.HIGHER, level=level)


def judge_impact_ratio(groups: GroupedTallies, *, least: float, min_n: int, level: float = 0.95) -> Judgement:
    """Is the lowest selection rate shown to be at least `least` (such as 0.8) of the highest?"""
    if not 0 < least <= 1:
        raise InvalidInput(f"the least impact ratio lies above 0 and at most at 1, not at {least}")
    measured = impact_ratio(groups, min_n=min_n)
    if measured.value is None:
        return _cannot_tell(measured, limit=least, level=level)
    used, _ = compared_groups(groups, min_n=min_n)
    two_sided = _two_sided(level)
    bounds = _Bounds(
        ratio_interval(used, level=two_sided, each_pair=two_sided),
        ratio_interval(used, level=two_sided, each_pair=_two_sided(level_per_pair(level, len(used)))),
    )
    return _decide(measured, bounds, limit=least, worse=Worse.LOWER, level=level)


def _two_sided(level: float) -> float:
    """The level of the two-sided interval whose ends are one-sided bounds at `level`."""
    if not 0.5 < level < 1:
        raise InvalidInput(f"the level of a gate lies between 0.5 and 1, not at {level}")
    return 2 * level - 1


def _check_tolerance(tolerance: float) -> None:
    if not 0 <= tolerance <= 1:
        raise InvalidInput(f"a tolerance between two rates lies between 0 and 1, not at {tolerance}")


def _folded(interval: Interval) -> Interval:
    """The interval of the size of what it was the interval of."""
    low = max(0.0, interval.low, -interval.high)
    high = max(abs(interval.low), abs(interval.high))
    return Interval(low=low, high=high, level=interval.level, method=interval.method)


def _decide(measured: Measured, bounds: _Bounds, *, limit: float, worse: Worse, level: float) -> Judgement:
    upwards = worse is Worse.HIGHER
    best, worst = (
        (bounds.for_harm.low, bounds.for_safe.high) if upwards else (bounds.for_harm.high, bounds.for_safe.low)
    )
    if (worst <= limit) if upwards else (worst >= limit):
        outcome, bound, said = Outcome.SHOWN_SAFE, worst, "within"
    elif (best > limit) if upwards else (best < limit):
        outcome, bound, said = Outcome.SHOWN_HARMFUL, best, "beyond"
    else:
        outcome, bound, said = Outcome.CANNOT_TELL, worst, "not yet shown to be within"
    side = "at most" if upwards is not (outcome is Outcome.SHOWN_HARMFUL) else "at least"
    because = f"{side} {bound:.4g} at {level:.3g} one-sided ({bounds.for_safe.method}): {said} the limit of {limit:.4g}"
    return Judgement(
        outcome=outcome, measured=measured, limit=limit, level=level, because=because + _left_out_words(measured)
    )


def _left_out_words(measured: Measured) -> str:
    if not measured.left_out:
        return ""
    return "; not assessed: " + ", ".join(f"{each.group} ({each.reason})" for each in measured.left_out)


def _cannot_tell(measured: Measured, *, limit: float, level: float) -> Judgement:
    because = f"{measured.reason}{_left_out_words(measured)}"
    return Judgement(outcome=Outcome.CANNOT_TELL, measured=measured, limit=limit, level=level, because=because)
