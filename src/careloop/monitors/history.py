"""What a system's own past says: its usual rate, and how much windows differ without anything being wrong.

Ordinary traffic is not independent rows: people come back, days have hours, and every window has something of its own.
A detector that does not know this alarms about ordinary days.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

from careloop.domain.counts import UNKNOWN_GROUP, Tally
from careloop.measures.beta import beta_quantile
from careloop.monitors.window import WindowCounts, pooled

__all__ = [
    "RateHistory",
    "contrast_window_sd",
    "gap_window_sd",
    "group_and_rest",
    "learn_rate",
    "rows_of",
    "sampling_variance",
    "upper_sd",
]

_LEAST_WINDOWS = 8
_DOUBT = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class RateHistory:
    """The reference of a rate, as counts: what the alarm's null hypothesis takes its uncertainty from."""

    slots: Mapping[int, Tally]
    """Hits and rows per season slot; an evaluation set is one slot, 0."""
    design_effect: float = 1.0
    """How many dependent rows tell as much as one independent row; at least 1."""
    window_sd: float | None = None
    """Standard deviation of the true rate from window to window, at the 95 % upper bound; None: not known."""

    def accepted(self, slot: int, *, doubt: float = 0.01) -> tuple[float, float] | None:
        """Between which rates the reference of a slot lies, all slots and ends together, but for a chance of `doubt`.

        None when the slot has no rows. By Clopper-Pearson on the counts divided by the design effect.
        """
        tally = self.slots.get(slot, Tally(0, 0))
        if tally.n == 0:
            return None
        tail = doubt / (2 * len(self.slots))
        hits, misses = tally.hits / self.design_effect, (tally.n - tally.hits) / self.design_effect
        low = beta_quantile(tail, hits, misses + 1) if hits else 0.0
        high = beta_quantile(1 - tail, hits + 1, misses) if misses else 1.0
        return low, high


def learn_rate(windows: Sequence[WindowCounts]) -> RateHistory:
    """The reference that these windows give: counts per slot, design effect and window-to-window deviation.

    The design effect is the larger of two: with windows as clumps, and with buckets of units across windows as clumps.
    The deviation is what remains of the spread of window rates about their slot's rate after the spread that sampling
    units gives within windows; None from fewer than 8 windows.
    """
    seen = [each for each in map(_Seen.of, windows) if each.tally.n]
    slots: dict[int, list[Tally]] = {}
    for each in seen:
        slots.setdefault(each.slot, []).append(each.tally)
    tallies = {slot: pooled(group) for slot, group in sorted(slots.items())}
    rates = {slot: tally.hits / tally.n for slot, tally in tallies.items()}
    scale = {slot: len(group) / (len(group) - 1) for slot, group in slots.items() if len(group) > 1}
    spread = [
        _Spread(
            excess=(w.tally.hits / w.tally.n - rates[w.slot]) ** 2 * scale[w.slot] - sampling_variance(w.buckets),
            weight=w.tally.n,
        )
        for w in seen
        if w.slot in scale
    ]
    return RateHistory(slots=tallies, design_effect=_design_effect(seen, rates, scale), window_sd=_upper_sd(spread))


@dataclass(frozen=True, slots=True)
class _Seen:
    """A window with its rows added up once."""

    slot: int
    tally: Tally
    buckets: Mapping[int, Tally]

    @classmethod
    def of(cls, window: WindowCounts) -> _Seen:
        buckets = window.by_bucket()
        return cls(window.slot, pooled(buckets.values()), buckets)


@dataclass(frozen=True, slots=True)
class _Spread:
    """How much further one window is from the usual than sampling explains (squared; may be negative)."""

    excess: float
    weight: float


def upper_sd(excess: Iterable[tuple[float, int]]) -> float | None:
    """The deviation of a figure from window to window, at its 95 % upper bound; None from fewer than 8 windows.

    `excess` has for each window by how much more than sampling explains its figure lies off (squared), and its rows.
    """
    return _upper_sd([_Spread(more, rows) for more, rows in excess])


def _upper_sd(spread: Sequence[_Spread]) -> float | None:
    """Weighted mean of the excess, plus what it may be off by at 95 %, as a standard deviation."""
    total = sum(each.weight for each in spread)
    if len(spread) < _LEAST_WINDOWS or total == 0:
        return None
    mean = sum(each.weight * each.excess for each in spread) / total
    error = math.sqrt(sum((each.weight * (each.excess - mean)) ** 2 for each in spread)) / total
    return math.sqrt(max(0.0, mean + NormalDist().inv_cdf(1 - _DOUBT) * error))


def sampling_variance(buckets: Mapping[int, Tally]) -> float:
    """Variance of a window's rate from drawing units, buckets being clumps; binomial if there is but one."""
    whole = pooled(buckets.values())
    rate = whole.hits / whole.n
    if len(buckets) < 2:
        return rate * (1 - rate) / whole.n
    squares = sum((tally.hits - rate * tally.n) ** 2 for tally in buckets.values())
    return squares * len(buckets) / (len(buckets) - 1) / whole.n**2


def _design_effect(seen: Sequence[_Seen], rates: Mapping[int, float], scale: Mapping[int, float]) -> float:
    """The variance of the reference, by clumps, over that of as many independent rows."""
    independent = sum(rates[w.slot] * (1 - rates[w.slot]) * w.tally.n for w in seen if w.slot in scale)
    if independent <= 0:
        return 1.0
    by_window = sum(scale[w.slot] * (w.tally.hits - rates[w.slot] * w.tally.n) ** 2 for w in seen if w.slot in scale)
    apart: dict[int, float] = {}
    for window in seen:
        for bucket, tally in window.buckets.items():
            apart[bucket] = apart.get(bucket, 0.0) + tally.hits - rates[window.slot] * tally.n
    by_bucket = sum(each**2 for each in apart.values()) * len(apart) / (len(apart) - 1) if len(apart) > 1 else 0.0
    return max(1.0, by_window / independent, by_bucket / independent)


class _Same:
    """A window, told apart by being that very object: to compare its cells takes longer than to add them."""

    __slots__ = ("window",)

    def __init__(self, window: WindowCounts) -> None:
        self.window = window

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.window is other.window

    def __hash__(self) -> int:
        return id(self.window)


def group_and_rest(window: WindowCounts, group: str) -> tuple[Mapping[int, Tally], Mapping[int, Tally]]:
    """Per bucket, the rows of the group and those of all other known groups."""
    return _sides(_Same(window), group)


@lru_cache(maxsize=4096)
def _sides(same: _Same, group: str) -> tuple[Mapping[int, Tally], Mapping[int, Tally]]:
    """A rehearsal and what follows ask for the same windows again and again."""
    window = same.window
    inside: dict[int, Tally] = {}
    outside: dict[int, Tally] = {}
    for cell in window.cells:
        if cell.group == UNKNOWN_GROUP or not cell.tally.n:
            continue
        side = inside if cell.group == group else outside
        side[cell.bucket] = cell.tally.pooled(side.get(cell.bucket, Tally(0, 0)))
    return inside, outside


def rows_of(window: WindowCounts, groups: Collection[str]) -> dict[int, Tally]:
    """Per bucket, the rows of these groups together."""
    found: dict[int, Tally] = {}
    for cell in window.cells:
        if cell.group in groups and cell.tally.n:
            found[cell.bucket] = cell.tally.pooled(found.get(cell.bucket, Tally(0, 0)))
    return found


def gap_window_sd(windows: Iterable[WindowCounts], group: str) -> float | None:
    """How much the true gap between a group and the others differs from window to window, at the 95 % upper bound.

    None from fewer than 8 windows in which both had rows.
    """
    return _contrast_sd((group_and_rest(window, group) for window in windows), weight=1.0)


def contrast_window_sd(
    windows: Iterable[WindowCounts], groups: Collection[str], others: Collection[str], *, weight: float
) -> float | None:
    """The same of (rate of `groups`) - `weight`·(rate of `others`)."""
    return _contrast_sd(((rows_of(window, groups), rows_of(window, others)) for window in windows), weight=weight)


def _contrast_sd(sides: Iterable[tuple[Mapping[int, Tally], Mapping[int, Tally]]], *, weight: float) -> float | None:
    found: list[tuple[float, float, float]] = []
    for inside, outside in sides:
        a, b = pooled(inside.values()), pooled(outside.values())
        if a.n and b.n:
            variance = sampling_variance(inside) + weight * weight * sampling_variance(outside)
            found.append((a.hits / a.n - weight * b.hits / b.n, variance, a.n * b.n / (a.n + b.n)))
    total = sum(rows for _, _, rows in found)
    if len(found) < _LEAST_WINDOWS:
        return None
    mean = sum(contrast * rows for contrast, _, rows in found) / total
    scale = len(found) / (len(found) - 1)
    return _upper_sd([_Spread((each - mean) ** 2 * scale - variance, rows) for each, variance, rows in found])
