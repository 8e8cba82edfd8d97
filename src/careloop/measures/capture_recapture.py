"""How many there are in all, when two looks at the same thing found some in common (capture and recapture)."""

import math
from dataclasses import dataclass

__all__ = ["ASSUMPTION", "Estimate", "chapman"]

ASSUMPTION = (
    "the two looks were independent of each other, every system was as likely to be seen as any other, and none came "
    "or went in between; where the same systems are easy to find in both, the estimate is too low"
)
_Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Estimate:
    """How many there may be, with an interval of 95 %."""

    value: float
    low: float
    high: float


def chapman(first: int, second: int, both: int) -> Estimate | None:
    """Chapman's estimator, which is unbiased when first + second >= the true number; null when either look saw nothing.

    `first` and `second` are how many each look found, `both` how many were in both: integers, 0 <= both <= each.
    The interval is log-normal around the number not seen by either, so it never falls below what was seen.
    Sources: Chapman 1951; Seber 1982, section 3.1; Chao 1987 for the interval.

    >>> found = chapman(9, 11, 6)
    >>> round(found.value, 2), round(found.low, 2), round(found.high, 2)
    (16.14, 14.42, 24.96)
    >>> chapman(5, 0, 0) is None
    True
    """
    assert 0 <= both <= min(first, second), "what is in both was seen by each"
    if not first or not second:
        return None
    value = (first + 1) * (second + 1) / (both + 1) - 1
    variance = (first + 1) * (second + 1) * (first - both) * (second - both) / ((both + 1) ** 2 * (both + 2))
    seen = first + second - both
    unseen = value - seen
    if unseen <= 0 or variance <= 0:
        return Estimate(value, float(seen), max(value, float(seen)))
    factor = math.exp(_Z95 * math.sqrt(math.log1p(variance / unseen**2)))
    return Estimate(value, seen + unseen / factor, seen + unseen * factor)
