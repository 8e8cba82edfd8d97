"""Where a rate lies, however often one has looked: for bands on a display and for claims about a level.

It grows slow with age and raises no alarm about change: that is the detectors' work.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from careloop.domain.counts import Tally
from careloop.domain.measured import Interval
from careloop.errors import InvalidInput
from careloop.measures.beta import log_beta

__all__ = ["confidence_sequence", "log_evidence"]


def log_evidence(tally: Tally, rate: float, *, prior: tuple[float, float] = (0.5, 0.5), effect: float = 1.0) -> float:
    """Logarithm of the evidence against the rate being `rate`, in [0, 1]: beta-binomial mixture over binomial.

    Over independent rows of that rate its expectation stays 1 at every n, so it ever exceeds ln(1/a) with chance at
    most a. Source: Robbins 1970; Howard, Ramdas, McAuliffe and Sekhon 2021, section 3.
    """
    hits, misses = tally.hits / effect, (tally.n - tally.hits) / effect
    if (rate <= 0 and hits > 0) or (rate >= 1 and misses > 0):
        return math.inf
    mixture = log_beta(prior[0] + hits, prior[1] + misses) - log_beta(*prior)
    return mixture - (hits * math.log(rate) if hits else 0.0) - (misses * math.log1p(-rate) if misses else 0.0)


def confidence_sequence(
    tally: Tally, *, level: float = 0.95, prior: tuple[float, float] = (0.5, 0.5), effect: float = 1.0
) -> Interval:
    """Interval for a rate that is right at all n together with chance `level`, for independent rows.

    `effect` ≥ 1 is the design effect of rows that come in clumps (several per person): the counts are divided by it.
    With no rows it is [0, 1].

    >>> found = confidence_sequence(Tally(100, 1000)); round(found.low, 3), round(found.high, 3)
    (0.069, 0.138)
    """
    if effect < 1 or not 0 < level < 1:
        raise InvalidInput("a design effect is at least 1 and a level lies between 0 and 1")
    bar = -math.log(1 - level)
    method = "beta-binomial confidence sequence"
    if tally.checked().n == 0:
        return Interval(low=0.0, high=1.0, level=level, method=method)
    rate = tally.hits / tally.n

    def excluded(candidate: float) -> bool:
        return log_evidence(tally, candidate, prior=prior, effect=effect) >= bar

    return Interval(
        low=_edge(rate, 0.0, excluded) if excluded(0.0) else 0.0,
        high=_edge(rate, 1.0, excluded) if excluded(1.0) else 1.0,
        level=level,
        method=method,
    )


def _edge(inside: float, outside: float, excluded: Callable[[float], bool]) -> float:
    """The last rate before `outside` that is not excluded, to the last bit."""
    while True:
        middle = (inside + outside) / 2
        if middle in (inside, outside):
            return inside
        if excluded(middle):
            outside = middle
        else:
            inside = middle
