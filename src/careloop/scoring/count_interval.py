"""Where the true rate of rare events lies when so many were counted: the exact Poisson interval."""

from __future__ import annotations

import math

from careloop.domain.measured import Interval
from careloop.errors import InvalidInput
from careloop.measures.gamma import gamma_cdf

__all__ = ["poisson_interval"]


def poisson_interval(events: int, *, per: float = 1.0, level: float = 0.95) -> Interval:
    """Interval for the expected number of events divided by `per`, from one count; each end errs at most (1-level)/2.

    `events` ≥ 0, `per` > 0. Source: Garwood 1936, Biometrika 28, 437-442.

    >>> found = poisson_interval(10); round(found.low, 3), round(found.high, 3)
    (4.795, 18.39)
    """
    if events < 0 or not per > 0:
        raise InvalidInput(f"{events} events per {per} have no rate")
    tail = (1 - level) / 2
    low = 0.0 if events == 0 else _gamma_quantile(tail, float(events))
    high = _gamma_quantile(1 - tail, float(events + 1))
    return Interval(low=low / per, high=high / per, level=level, method="Poisson exact (Garwood)")


def _gamma_quantile(p: float, shape: float) -> float:
    low, high = 0.0, shape + 10.0 * math.sqrt(shape) + 50.0
    while True:
        middle = (low + high) / 2
        if middle in (low, high):
            return middle
        if gamma_cdf(middle, shape) < p:
            low = middle
        else:
            high = middle
