"""What is the smallest change that an alarm would notice in, say, 30 days?

Reckoned, not simulated: from the mean and spread of what a window pays. The tests compare it with simulation.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

from careloop.domain.alarm import Worse
from careloop.domain.counts import BUCKETS
from careloop.errors import InvalidInput
from careloop.monitors.detector import BETS, largest_bet
from careloop.monitors.gap_alarm import GapAlarm
from careloop.monitors.rate_alarm import RateAlarm

__all__ = ["GapTraffic", "smallest_detectable_gap", "smallest_detectable_rise"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GapTraffic:
    """What a window usually holds of a group and of the others."""

    rows: int
    others: int
    others_rate: float


def smallest_detectable_rise(
    alarm: RateAlarm, *, slot: int = 0, rows: int, windows: int, power: float = 0.8
) -> float | None:
    """The smallest worsening beyond the reference that is noticed within `windows` with chance `power`.

    `rows` per window, of units that count once. None when even the largest possible change is not.
    """
    direction = alarm.directions[0]
    limit, ends = alarm.limit(slot, direction), alarm.accepted.get(slot)
    if limit is None or ends is None:
        raise InvalidInput(f"slot {slot} has no reference")
    upwards = direction is Worse.HIGHER
    worst, usual = (limit, ends[1]) if upwards else (1 - limit, 1 - ends[0])
    parts = min(rows, BUCKETS) if alarm.window_sd is not None else 1
    bar = math.log(alarm.threshold * len(alarm.directions) * len(BETS))
    top = largest_bet(most_lost=worst, tolerance=alarm.tolerance, window_sd=alarm.window_sd, blocks=parts)

    def noticed(change: float) -> bool:
        rate = usual + change
        pays = [_Pays.of_rate(rate, worst, rows=rows / parts, bet=top * share) for share in BETS]
        return any(pay.enough(parts * windows, bar=bar, power=power) for pay in pays)

    return _smallest(noticed, most=1 - usual)


def smallest_detectable_gap(
    alarm: GapAlarm, group: str, *, traffic: GapTraffic, windows: int, power: float = 0.8
) -> float | None:
    """The smallest gap of this group that is noticed within `windows` with chance `power`; None when none is.

    The gap is taken to the side that has more room.
    """
    leg = next((each for each in alarm.legs if each.group == group), None)
    if leg is None:
        raise InvalidInput(f"group '{group}' is not watched by the monitor '{alarm.monitor}'")
    parts = max(1, min(traffic.rows, traffic.others, BUCKETS)) if leg.window_sd is not None else 1
    bar = math.log(alarm.threshold * len(alarm.legs) * len(BETS))
    top = largest_bet(most_lost=1 + leg.tolerance, tolerance=leg.tolerance, window_sd=leg.window_sd, blocks=parts)
    rate = traffic.others_rate
    room = max(rate, 1 - rate)

    def noticed(gap: float) -> bool:
        theirs = rate + gap if rate <= 0.5 else rate - gap
        variance = parts * (theirs * (1 - theirs) / traffic.rows + rate * (1 - rate) / traffic.others)
        pays = [_Pays.about(gap - leg.tolerance, variance, bet=top * share) for share in BETS]
        return any(pay.enough(parts * windows, bar=bar, power=power) for pay in pays)

    return _smallest(noticed, most=room)


@dataclass(frozen=True, slots=True)
class _Pays:
    """Mean and variance of the logarithm that one part of a window pays."""

    mean: float
    variance: float

    @classmethod
    def about(cls, excess: float, variance: float, *, bet: float) -> _Pays:
        """To second order, for an excess of that mean and variance."""
        base = 1 + bet * excess
        if base <= 0:
            return cls(-math.inf, 0.0)
        spread = bet * bet * variance / base**2
        return cls(math.log(base) - spread / 2, spread)

    @classmethod
    def of_rate(cls, rate: float, worst: float, *, rows: float, bet: float) -> _Pays:
        """Exactly, over all numbers of hits that are likely at all; `rows` is rounded."""
        n = max(1, round(rows))
        reach = 10 * math.sqrt(n * rate * (1 - rate)) + 10
        hits = range(max(0, int(n * rate - reach)), min(n, int(n * rate + reach)) + 1)
        weights = [_binomial(k, n, rate) for k in hits]
        logs = [math.log1p(bet * (k / n - worst)) for k in hits]
        mean = sum(weight * log for weight, log in zip(weights, logs, strict=True))
        square = sum(weight * log * log for weight, log in zip(weights, logs, strict=True))
        return cls(mean, max(0.0, square - mean * mean))

    def enough(self, parts: int, *, bar: float, power: float) -> bool:
        """Does the sum over so many parts pass the bar with chance `power`?"""
        if not math.isfinite(self.mean):
            return False
        return self.mean * parts - NormalDist().inv_cdf(power) * math.sqrt(self.variance * parts) >= bar


def _binomial(k: int, n: int, rate: float) -> float:
    if rate in (0.0, 1.0):
        return float(k == n * rate)
    log = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return math.exp(log + k * math.log(rate) + (n - k) * math.log1p(-rate))


def _smallest(noticed: Callable[[float], bool], *, most: float) -> float | None:
    """The smallest change that is noticed, to a ten-thousandth."""
    if not noticed(most):
        return None
    low, high = 0.0, most
    while high - low > 1e-4:
        middle = (low + high) / 2
        low, high = (low, middle) if noticed(middle) else (middle, high)
    return high
