"""How good are the answers where the truth is known? From rows by outcome and label, and by bins of score."""

from __future__ import annotations

import math
from statistics import NormalDist

from careloop.domain.count_plan import Aggregate, CountPlan, EdgeBins, Predicate
from careloop.domain.counts import UNKNOWN_GROUP, CellKey, CountTable, Tally
from careloop.domain.measured import GroupValue, Interval, Measured, Unit
from careloop.measures.fairness import demographic_parity_difference
from careloop.measures.rate import rate_of
from careloop.measures.split import Split, plan_of

__all__ = [
    "accuracy_of_odds",
    "brier",
    "calibration_by_group",
    "calibration_error",
    "calibration_interval",
    "calibration_plan",
    "f1",
    "precision",
    "predictive_parity_difference",
    "recall",
]


def accuracy_of_odds(table: CountTable, *, level: float = 0.95) -> Measured:
    """Of the labelled rows, the share whose answer was favourable just when the label is positive; from an `odds_plan`.

    A row without an answer counts as one that was not favourable.
    """
    n, positives, hits, chosen = _four(table)
    return rate_of(Tally(n - (positives - hits) - (chosen - hits), n), level=level)


def precision(table: CountTable, *, level: float = 0.95) -> Measured:
    """Of the labelled rows with a favourable answer, the share whose label is positive; from an `odds_plan`."""
    _, _, hits, chosen = _four(table)
    return rate_of(Tally(hits, chosen), level=level)


def recall(table: CountTable, *, level: float = 0.95) -> Measured:
    """Of the rows with a positive label, the share with a favourable answer; from an `odds_plan`."""
    _, positives, hits, _ = _four(table)
    return rate_of(Tally(hits, positives), level=level)


def f1(table: CountTable, *, level: float = 0.95) -> Measured:
    """Harmonic mean of precision and recall; null when nothing is positive and nothing chosen.

    With u hits among v = hits + misses + false alarms, F1 = 2u/(u + v) rises with u/v, whose Wilson interval it keeps.
    """
    _, positives, hits, chosen = _four(table)
    union = positives + chosen - hits
    if union == 0:
        return Measured(value=None, unit=Unit.RATIO, n=0, reason="no positive label and no favourable answer")
    share = rate_of(Tally(hits, union), level=level)
    assert share.interval is not None
    ends = [2 * one / (1 + one) for one in (share.interval.low, share.interval.high)]
    interval = Interval(low=ends[0], high=ends[1], level=level, method="Wilson, of hits among hits, misses and alarms")
    return Measured(value=2 * hits / (positives + chosen), unit=Unit.RATIO, n=union, interval=interval)


def predictive_parity_difference(table: CountTable, *, min_n: int, level: float = 0.95) -> Measured:
    """Largest difference between groups in precision; `min_n` counts favourable answers. Source: Chouldechova 2017."""
    return demographic_parity_difference(table.tallies("true_positives", "selected"), min_n=min_n, level=level)


def calibration_plan(
    monitor: str, *, bins: EdgeBins, positive: Predicate, labelled: Predicate, split: Split | None = None
) -> CountPlan:
    """Labelled rows per bin of score, and those with a positive label. Columns: `hits` and `n`."""
    counted = (Aggregate(name="hits", where=(positive,)), Aggregate(name="n"))
    return plan_of(monitor, aggregates=counted, where=(labelled,), split=split or Split(), bins=bins)


def calibration_error(table: CountTable, *, bins: EdgeBins) -> Measured:
    """Expected calibration error: mean distance between the score and the share of positives, over the bins.

    A score counts as the middle of its bin, which is at most half a bin's width wrong; the bins are said in the note.
    Null without rows that have both. Source: Naeini, Cooper and Hauskrecht 2015.
    """
    rows = _scored(table, bins)
    n = sum(tally.n for _, tally in rows)
    if n == 0:
        return Measured(value=None, unit=Unit.DIFFERENCE, n=0, reason="no labelled rows with a score")
    value = sum(abs(tally.hits - tally.n * middle) for middle, tally in rows) / n
    return Measured(value=value, unit=Unit.DIFFERENCE, n=n, note=f"{bins.size} bins of score, read at their middles")


def calibration_interval(table: CountTable, *, bins: EdgeBins, level: float = 0.95) -> Interval | None:
    """Where the calibration error lies; None without rows. Safe rather than narrow: it covers at least `level`.

    The error that is counted is too large where rows are few, since chance moves each bin away from its middle. Below,
    all that chance may add is taken off: the mean distance of the bins' shares from their true ones. Above, the error
    is at least the mean with the true signs, which nothing biases.
    Source: triangle inequality; mean and variance of a folded normal variable (Leone, Nelson and Nottingham 1961).
    """
    rows = _scored(table, bins)
    n = sum(tally.n for _, tally in rows)
    if n == 0:
        return None
    value = sum(abs(tally.hits - tally.n * middle) for middle, tally in rows) / n
    shares = [((tally.hits + 1) / (tally.n + 2), tally.n) for _, tally in rows]
    variances = [share * (1 - share) * count / n**2 for share, count in shares]
    z = NormalDist().inv_cdf((1 + level) / 2)
    mean = sum(math.sqrt(2 / math.pi * one) for one in variances)
    chance = mean + z * math.sqrt((1 - 2 / math.pi) * sum(variances))
    above = min(1.0, value + z * math.sqrt(sum(variances)))
    return Interval(low=max(0.0, value - chance), high=above, level=level, method="normal, over bins of score")


def calibration_by_group(table: CountTable, *, bins: EdgeBins, min_n: int) -> Measured:
    """The largest calibration error among groups of at least `min_n` rows, with each one's; null when there is none."""
    by_group: dict[str, dict[CellKey, tuple[int, ...]]] = {}
    for key, values in table.cells.items():
        by_group.setdefault(key.group, {})[key] = values
    found = []
    for group, cells in sorted(by_group.items()):
        each = calibration_error(CountTable(table.columns, cells), bins=bins)
        reason = _why_left_out(group, each.n, min_n)
        used = reason is None
        found.append(GroupValue(group=group, value=each.value, n=each.n, used=used, reason=reason))
    compared = [one for one in found if one.used and one.value is not None]
    n = sum(one.n for one in compared)
    if not compared:
        return Measured(
            value=None, unit=Unit.DIFFERENCE, n=n, reason=f"no group has {min_n} labelled rows", groups=tuple(found)
        )
    worst = max(one.value or 0.0 for one in compared)
    return Measured(value=worst, unit=Unit.DIFFERENCE, n=n, groups=tuple(found), note=f"{bins.size} bins of score")


def _why_left_out(group: str, n: int, min_n: int) -> str | None:
    if group == UNKNOWN_GROUP:
        return "these rows do not say their group"
    return f"{n} rows, fewer than the least n of {min_n}" if n < max(1, min_n) else None


def brier(table: CountTable, *, bins: EdgeBins, level: float = 0.95) -> Measured:
    """Mean squared distance between score and label, 0 (best) to 1. Scores count as the middles of narrow bins.

    The interval is normal, from the spread of the same distances. Source: Brier 1950.
    """
    rows = _scored(table, bins)
    n = sum(tally.n for _, tally in rows)
    if n == 0:
        return Measured(value=None, unit=Unit.INDEX, n=0, reason="no labelled rows with a score")
    first = sum(t.hits * (1 - at) ** 2 + (t.n - t.hits) * at**2 for at, t in rows) / n
    second = sum(t.hits * (1 - at) ** 4 + (t.n - t.hits) * at**4 for at, t in rows) / n
    reach = NormalDist().inv_cdf((1 + level) / 2) * math.sqrt(max(0.0, second - first**2) / n)
    interval = Interval(low=max(0.0, first - reach), high=min(1.0, first + reach), level=level, method="normal")
    note = f"scores read to within {0.5 / (bins.size - 1):.2g}"
    return Measured(value=first, unit=Unit.INDEX, n=n, interval=interval, note=note)


def _four(table: CountTable) -> tuple[int, int, int, int]:
    sums = dict(zip(table.columns, table.total(), strict=True))
    return sums["n"], sums["positives"], sums["true_positives"], sums["selected"]


def _scored(table: CountTable, bins: EdgeBins) -> list[tuple[float, Tally]]:
    """Middle of each bin with its rows; the outer bins reach to 0 and to 1."""
    ends = (0.0, *bins.edges, 1.0)
    hits, n = table.columns.index("hits"), table.columns.index("n")
    return [
        ((ends[bin_] + ends[bin_ + 1]) / 2, Tally(values[hits], values[n]))
        for bin_, values in table.by_bin().items()
        if bin_ >= 0
    ]
