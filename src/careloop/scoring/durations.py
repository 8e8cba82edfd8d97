"""How long things took: the median, with what is still open beside it so that it does not flatter.

A median of closed items alone gets better while old ones lie about. So whatever is open is counted, its oldest age is
said, and the median is given a second time as if everything open ended now: the true one is no less than that.
Source: REQUIREMENTS, the common line of the metrics.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Final

from careloop.domain.measured import Interval
from careloop.domain.metric import NullReason, OpenItems, Part

__all__ = ["UNIT_SECONDS", "Spans", "median_interval", "median_part", "ninth_decile"]

UNIT_SECONDS: Final = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}
"""Units that a duration can be shown in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """Durations that ended in a window, and ages of what had not ended when it was looked at; all in one unit.

    A duration below zero means that a clock was wrong: it is no duration, and is only counted.
    """

    unit: str
    closed: tuple[float, ...]
    open: tuple[float, ...]
    negative: int

    @classmethod
    def of(cls, closed: Iterable[timedelta], open_: Iterable[timedelta] = (), *, unit: str) -> Spans:
        """The durations in a unit of `UNIT_SECONDS`."""
        step = timedelta(seconds=UNIT_SECONDS[unit])
        took, ages = list(closed), list(open_)
        return cls(
            unit=unit,
            closed=tuple(sorted(one / step for one in took if one >= timedelta(0))),
            open=tuple(sorted(one / step for one in ages if one >= timedelta(0))),
            negative=sum(one < timedelta(0) for one in (*took, *ages)),
        )

    @property
    def median(self) -> float | None:
        """Of what ended; with an even number the mean of the middle two. None when nothing ended."""
        return median(self.closed) if self.closed else None

    @property
    def reason(self) -> NullReason | None:
        """Why there is no median."""
        if self.closed:
            return None
        return NullReason.ALL_OPEN if self.open else NullReason.NO_ACTIVITY

    @property
    def still_open(self) -> OpenItems:
        """What is censored."""
        everything = (*self.closed, *self.open)
        return OpenItems(
            count=len(self.open),
            oldest=max(self.open, default=None),
            median_at_least=median(everything) if everything else None,
        )


def ninth_decile(values: Sequence[float]) -> float | None:
    """The least value that at least nine in ten do not exceed: always one that was observed.

    >>> ninth_decile([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]), ninth_decile([])
    (9.0, None)
    """
    return sorted(values)[-(-9 * len(values) // 10) - 1] if values else None


def median_interval(values: Sequence[float], *, level: float = 0.95) -> Interval | None:
    """Interval for the median between two observed values, whatever the distribution; None below six values.

    Source: the sign test turned around; Conover, Practical Nonparametric Statistics, 3.2.

    >>> found = median_interval([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]); found.low, found.high
    (1.0, 6.0)
    """
    n, tail, rank = len(values), 0.0, 0
    while rank < n // 2:
        tail += math.exp(math.lgamma(n + 1) - math.lgamma(rank + 1) - math.lgamma(n - rank + 1) - n * math.log(2))
        if tail > (1 - level) / 2:
            break
        rank += 1
    if rank == 0:
        return None
    ordered = sorted(values)
    return Interval(low=ordered[rank - 1], high=ordered[n - rank], level=level, method="order statistics (sign test)")


def median_part(name: str, title: str, spans: Spans) -> Part:
    """A median as a figure beside another."""
    return Part(
        id=name,
        title=title,
        value=spans.median,
        unit=spans.unit,
        n=len(spans.closed),
        reason=spans.reason,
        interval=median_interval(spans.closed),
    )
