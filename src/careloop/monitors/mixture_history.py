"""What a system's own past says of the mixture of a column: its usual shares, and how far they wander."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

from careloop.monitors.window import WindowCounts

__all__ = ["MixtureHistory", "shares_of", "stability_index"]

_LEAST_WINDOWS: Final = 8
_SURE: Final = 0.95
_UNCERTAIN: Final = 0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class MixtureHistory:
    """The reference of an alarm of drift, learnt from windows. Every declared bin has a share above 0."""

    bins: tuple[int, ...]
    shares: Mapping[int, float]
    rows: int
    wandering: float
    """How far windows lie from the pooled mixture by themselves, as an index less its noise; 95 % upper bound."""
    uncertainty: float
    """The index that the pooled mixture itself may be off by, but for a chance of 1 %."""
    windows: tuple[tuple[Mapping[int, int], float], ...]
    """Rows per bin of each window, and how many dependent rows tell as much as one independent row."""

    @classmethod
    def of(cls, windows: Iterable[WindowCounts], *, bins: Sequence[int]) -> MixtureHistory:
        """Learn from these windows; `rows` is 0 when they hold none."""
        known = tuple(sorted(set(bins)))
        seen = [_seen(window, known) for window in windows]
        seen = [each for each in seen if sum(each[0].values())]
        total: dict[int, int] = {}
        for mixture, _ in seen:
            for bin_, n in mixture.items():
                total[bin_] = total.get(bin_, 0) + n
        shares = shares_of(total, known)
        rows = sum(total.values())
        off = [_Off.of(mixture, effect, shares) for mixture, effect in seen]
        return cls(
            bins=known,
            shares=shares,
            rows=rows,
            wandering=_upper_mean(off),
            uncertainty=_uncertainty(off, rows=rows, bins=len(known)),
            windows=tuple(seen),
        )

    def window_sd(self, gains: Mapping[int, float]) -> float | None:
        """Deviation of a window's true mean gain from one window to the next, at its 95 % upper bound.

        None from fewer than 8 windows.
        """
        if len(self.windows) < _LEAST_WINDOWS:
            return None
        usual = sum(gains[bin_] * share for bin_, share in self.shares.items())
        excess, weights = [], []
        for mixture, effect in self.windows:
            n = sum(mixture.values())
            mean = sum(gains[bin_] * k for bin_, k in mixture.items()) / n
            square = sum(gains[bin_] ** 2 * k for bin_, k in mixture.items()) / n
            excess.append((mean - usual) ** 2 - effect * max(0.0, square - mean * mean) / n)
            weights.append(n)
        return math.sqrt(max(0.0, _upper(excess, weights)))


@dataclass(frozen=True, slots=True)
class _Off:
    """How far one window's mixture is from the usual, as an index, and what chance alone makes of it."""

    index: float
    noise: float
    rows: int

    @classmethod
    def of(cls, mixture: Mapping[int, int], effect: float, shares: Mapping[int, float]) -> _Off:
        n = sum(mixture.values())
        there = {bin_: mixture.get(bin_, 0) / n for bin_ in shares}
        # the chi-square distance: the index to second order, which an empty bin does not make infinite
        index = sum((there[bin_] - share) ** 2 / share for bin_, share in shares.items())
        return cls(index, effect * (len(shares) - 1) / n, n)


def shares_of(counts: Mapping[int, float], bins: Sequence[int]) -> dict[int, float]:
    """Share of each bin with half a row added to each, so that an empty bin is unlikely and not impossible."""
    total = sum(counts.get(bin_, 0) for bin_ in bins) + len(bins) / 2
    return {bin_: (counts.get(bin_, 0) + 0.5) / total for bin_ in bins}


def stability_index(p: Mapping[int, float], q: Mapping[int, float]) -> float:
    """Population stability index of two mixtures of the same bins, all shares above 0: sum of (p - q)·ln(p / q)."""
    return sum((p[bin_] - q[bin_]) * math.log(p[bin_] / q[bin_]) for bin_ in q)


def _seen(window: WindowCounts, bins: Sequence[int]) -> tuple[dict[int, int], float]:
    """Rows per declared bin, and the design effect of units whose rows come in clumps."""
    parts = window.mixtures()
    whole = {bin_: sum(mixture.get(bin_, 0) for mixture in parts.values()) for bin_ in bins}
    n = sum(whole.values())
    if n == 0 or len(parts) < 2:
        return whole, 1.0
    expected = sum(k * (1 - k / n) for k in whole.values())
    if expected <= 0:
        return whole, 1.0
    sizes = {bucket: sum(mixture.values()) for bucket, mixture in parts.items()}
    spread = sum(
        (mixture.get(bin_, 0) - sizes[bucket] * k / n) ** 2
        for bucket, mixture in parts.items()
        for bin_, k in whole.items()
    )
    return whole, max(1.0, spread * len(parts) / (len(parts) - 1) / expected)


def _upper_mean(off: Sequence[_Off]) -> float:
    """The mean index above noise, weighted by rows, at its upper bound; 0 from fewer than 8 windows."""
    if len(off) < _LEAST_WINDOWS:
        return 0.0
    return max(0.0, _upper([each.index - each.noise for each in off], [each.rows for each in off]))


def _upper(values: Sequence[float], weights: Sequence[int]) -> float:
    total = sum(weights)
    mean = sum(weight * value for weight, value in zip(weights, values, strict=True)) / total
    error = math.sqrt(sum((w * (value - mean)) ** 2 for w, value in zip(weights, values, strict=True))) / total
    return mean + NormalDist().inv_cdf(_SURE) * error


def _uncertainty(off: Sequence[_Off], *, rows: int, bins: int) -> float:
    """The index between the pooled mixture and the true one: a sum of squares of about bins - 1 normal numbers.

    Its design effect is what whole windows differ by, over what independent rows would. The quantile of chi-square is
    that of Wilson and Hilferty 1931.
    """
    if rows == 0 or bins < 2:
        return 0.0
    freedom = bins - 1
    effect = max(1.0, sum(each.rows**2 * each.index for each in off) / rows / freedom)
    z = NormalDist().inv_cdf(_UNCERTAIN)
    quantile = freedom * (1 - 2 / (9 * freedom) + z * math.sqrt(2 / (9 * freedom))) ** 3
    return effect * quantile / rows
