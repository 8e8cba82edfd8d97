"""Has what goes in, or what comes out, changed its mixture? The population stability index, less its own noise."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence, Set
from statistics import NormalDist

from careloop.domain.count_plan import Aggregate, CategoryBins, CountPlan, EdgeBins
from careloop.domain.counts import MISSING, CountTable
from careloop.domain.measured import Interval, Measured, Unit
from careloop.errors import InvalidInput
from careloop.measures.split import Split, plan_of

__all__ = ["bin_rule", "drift_plan", "edges_of_members", "psi", "quantile_edges"]


def drift_plan(monitor: str, *, bins: EdgeBins | CategoryBins, split: Split | None = None) -> CountPlan:
    """Count rows per bin of one column. Column: `n`."""
    return plan_of(monitor, aggregates=(Aggregate(name="n"),), where=(), split=split or Split(), bins=bins)


def quantile_edges(values: Sequence[float], *, bins: int) -> tuple[float, ...]:
    """Edges that cut the reference values into bins of about equal size; NaN and infinities are left out.

    The edges are members of the reference at ranks n·i/bins, each kept once. A value that is more common than a bin is
    large has a bin of its own (`edges_of_members`): a column that is mostly 0 is watched for what leaves the 0.

    >>> quantile_edges([1, 2, 3, 4, 5, 6, 7, 8], bins=4)
    (3.0, 5.0, 7.0)
    >>> quantile_edges([0, 0, 0, 0, 0, 0, 0, 64], bins=4)
    (0.0, 0.0625)
    """
    if bins < 2:
        raise InvalidInput("drift needs at least two bins")
    known = sorted(float(value) for value in values if math.isfinite(value))
    if not known:
        return ()
    picked = {known[len(known) * i // bins] for i in range(1, bins)}
    common: dict[float, float | None] = {}
    for value in picked | {known[0]}:
        end = bisect_right(known, value)
        count = end - bisect_left(known, value)
        if count > 1 and count * bins > len(known):
            common[value] = known[end] if end < len(known) else None
    return edges_of_members(picked - {known[0]}, common)


def edges_of_members(picked: Set[float], common: Mapping[float, float | None]) -> tuple[float, ...]:
    """These members of the reference as edges, and two more around each common value: at it and closely above it.

    `common` has the next larger member of the reference for each, None for its largest. The upper edge lies a
    1,024th of the way to that member, so that other values between the two are told from the common one.
    """
    edges = set(picked) | set(common)
    for value, following in common.items():
        if following is None:
            above = value + max(abs(value), 1.0) / 1024
        else:
            above = value + (following - value) / 1024
            above = above if value < above < following else following
        if following not in edges and math.isfinite(above):
            edges.add(above)
    return tuple(sorted(edges))


def bin_rule(bins: EdgeBins | CategoryBins) -> str:
    """The bins in words, to be published with the number: PSI of different bins cannot be compared."""
    if isinstance(bins, EdgeBins):
        edges = ", ".join(f"{edge:g}" for edge in bins.edges)
        cut = f"{bins.size} bins of {bins.column.name}, lower edge inside, cut at {edges}" if edges else "one bin"
    else:
        cut = f"the listed categories of {bins.column.name} ({', '.join(bins.values)}) and one for all others"
    return f"{cut}; missing values are a bin; half a row added to each occupied bin; the mean under no change taken off"


def psi(reference: CountTable, current: CountTable, *, bins: EdgeBins | CategoryBins, level: float = 0.95) -> Measured:
    """Population stability index of `current` against `reference`, less the mean it would have without any change.

    Sum over occupied bins of (p - q)·ln(p / q), less (bins - 1)·(1/n + 1/n0): about 0 when nothing changed; a little
    below 0 is chance. Null when either side has no rows or only one bin is occupied. The interval is the delta method's
    plus the spread under no change. Source: Yurdakul 2018, "Statistical properties of the population stability index".
    """
    new, old = _per_bin(current, bins), _per_bin(reference, bins)
    n, n0 = sum(new.values()), sum(old.values())
    occupied = sorted(bin_ for bin_ in new.keys() | old.keys() if new.get(bin_, 0) + old.get(bin_, 0) > 0)
    reason = _why_not(n, n0, len(occupied))
    if reason is not None:
        return Measured(value=None, unit=Unit.INDEX, n=n, reason=reason, note=bin_rule(bins))
    p, q = _shares(new, occupied), _shares(old, occupied)
    raw = sum((a - b) * math.log(a / b) for a, b in zip(p, q, strict=True))
    noise = (len(occupied) - 1) * (1 / n + 1 / n0)
    z = NormalDist().inv_cdf((1 + level) / 2)
    reach = z * math.sqrt(_slope_variance(p, q) / n + _slope_variance(q, p) / n0 + 2 * noise * (1 / n + 1 / n0))
    centred = raw - noise
    interval = Interval(low=centred - reach, high=centred + reach, level=level, method="delta method")
    return Measured(value=centred, unit=Unit.INDEX, n=n, interval=interval, note=bin_rule(bins))


def _per_bin(table: CountTable, bins: EdgeBins | CategoryBins) -> dict[int, int]:
    counts = {bin_: values[table.columns.index("n")] for bin_, values in table.by_bin().items()}
    if any(not MISSING <= bin_ < bins.size for bin_ in counts):
        raise InvalidInput(f"the table of {bins.column.name} was counted with other bins")
    return counts


def _why_not(n: int, n0: int, occupied: int) -> str | None:
    if n0 == 0:
        return "the reference has no rows"
    if n == 0:
        return "no rows"
    return "all rows of both sides are in one bin: there is no mixture to compare" if occupied < 2 else None


def _shares(counts: Mapping[int, int], occupied: Sequence[int]) -> list[float]:
    """Share of each bin with half a row added to each, so that an empty bin is unlikely and not impossible."""
    total = sum(counts.values()) + len(occupied) / 2
    return [(counts.get(bin_, 0) + 0.5) / total for bin_ in occupied]


def _slope_variance(p: Sequence[float], q: Sequence[float]) -> float:
    """Variance of one row's pull on the index, for rows drawn from `p`."""
    slopes = [math.log(a / b) + 1 - b / a for a, b in zip(p, q, strict=True)]
    mean = sum(a * slope for a, slope in zip(p, slopes, strict=True))
    return sum(a * (slope - mean) ** 2 for a, slope in zip(p, slopes, strict=True))
