"""Do groups fare alike? Selection rates, impact ratio and parity gaps, from hits and rows per group."""

from __future__ import annotations

from careloop.domain.count_plan import Aggregate, CountPlan, Predicate
from careloop.domain.counts import CountTable, GroupedTallies, Tally
from careloop.domain.measured import GroupValue, Interval, Measured, Unit
from careloop.measures.comparison import compared_groups, gap_interval, ratio_interval
from careloop.measures.split import Split, plan_of

__all__ = [
    "demographic_parity_difference",
    "equal_opportunity_difference",
    "equalised_odds_difference",
    "false_negative_rates",
    "false_positive_rates",
    "impact_ratio",
    "impact_ratios",
    "odds_plan",
    "true_positive_rates",
]


def impact_ratios(groups: GroupedTallies, *, min_n: int, level: float = 0.95) -> tuple[GroupValue, ...]:
    """Each group's selection rate divided by the highest among the compared groups.

    Null for every group when nobody was selected; groups left out have no ratio and say why.
    Source: 29 CFR 1607.4(D); 6 RCNY 5-300.
    """
    used, values = compared_groups(groups, min_n=min_n, level=level)
    highest = max((tally.hits / tally.n for tally in used.values()), default=0.0)
    return tuple(
        GroupValue(
            group=each.group,
            value=each.value / highest if each.used and each.value is not None and highest > 0 else None,
            n=each.n,
            used=each.used,
            reason=each.reason if not each.used else (None if highest > 0 else "nobody was selected"),
        )
        for each in values
    )


def impact_ratio(groups: GroupedTallies, *, min_n: int, level: float = 0.95) -> Measured:
    """Lowest selection rate among groups, divided by the highest; ratio in [0, 1].

    `groups` holds selected and total per group. Groups below `min_n` are left out and named in the result. Null with a
    reason when fewer than two groups remain or nobody was selected. Source: 29 CFR 1607.4(D); 6 RCNY 5-300.

    >>> round(impact_ratio({"men": Tally(667, 1390), "women": Tally(555, 1181)}, min_n=30).value or 0, 3)
    0.979
    """
    used, values = compared_groups(groups, min_n=min_n, level=level)
    n = sum(tally.n for tally in used.values())
    rates = [tally.hits / tally.n for tally in used.values()]
    reason = _why_not(used) or (None if max(rates) > 0 else "nobody was selected in any group")
    if reason is not None:
        return Measured(value=None, unit=Unit.RATIO, n=n, reason=reason, groups=values)
    interval = ratio_interval(used, level=level)
    return Measured(value=min(rates) / max(rates), unit=Unit.RATIO, n=n, interval=interval, groups=values)


def demographic_parity_difference(groups: GroupedTallies, *, min_n: int, level: float = 0.95) -> Measured:
    """Highest selection rate among groups less the lowest; difference in [0, 1].

    Null with a reason when fewer than two groups have `min_n` rows. The interval allows for having looked at all pairs.
    """
    used, values = compared_groups(groups, min_n=min_n, level=level)
    n = sum(tally.n for tally in used.values())
    reason = _why_not(used)
    if reason is not None:
        return Measured(value=None, unit=Unit.DIFFERENCE, n=n, reason=reason, groups=values)
    rates = [tally.hits / tally.n for tally in used.values()]
    interval = gap_interval(used, level=level)
    return Measured(value=max(rates) - min(rates), unit=Unit.DIFFERENCE, n=n, interval=interval, groups=values)


def odds_plan(
    monitor: str, *, selected: Predicate, deserved: Predicate, labelled: Predicate, split: Split | None = None
) -> CountPlan:
    """Count outcomes against labels: `deserved` says the label is positive, `labelled` that there is one at all.

    Columns: `n`, `positives` (label positive), `true_positives` and `selected` (selected, label whatever).
    """
    counted = (
        Aggregate(name="n"),
        Aggregate(name="positives", where=(deserved,)),
        Aggregate(name="true_positives", where=(deserved, selected)),
        Aggregate(name="selected", where=(selected,)),
    )
    return plan_of(monitor, aggregates=counted, where=(labelled,), split=split or Split())


def true_positive_rates(table: CountTable) -> dict[str, Tally]:
    """Per group: of those whose label is positive, how many were selected."""
    return table.tallies("true_positives", "positives")


def false_positive_rates(table: CountTable) -> dict[str, Tally]:
    """Per group: of those whose label is negative, how many were selected."""
    every, chosen, positives = table.tallies("n", "n"), table.tallies("selected", "n"), true_positive_rates(table)
    return {
        group: Tally(chosen[group].hits - positives[group].hits, every[group].n - positives[group].n).checked()
        for group in every
    }


def false_negative_rates(table: CountTable) -> dict[str, Tally]:
    """Per group: of those whose label is positive, how many were not selected."""
    return {group: Tally(t.n - t.hits, t.n) for group, t in true_positive_rates(table).items()}


def equal_opportunity_difference(table: CountTable, *, min_n: int, level: float = 0.95) -> Measured:
    """Largest difference between groups in the true positive rate; `min_n` counts rows with a positive label.

    Source: Hardt, Price and Srebro 2016.
    """
    return demographic_parity_difference(true_positive_rates(table), min_n=min_n, level=level)


def equalised_odds_difference(table: CountTable, *, min_n: int, level: float = 0.95) -> Measured:
    """The larger of the gaps in true and in false positive rate; null unless both can be measured.

    `groups` shows the rate whose gap is larger; `min_n` counts rows of each label apart. Source: Hardt et al. 2016.
    """
    both = level_of_each = (1 + level) / 2
    gaps = [
        demographic_parity_difference(rates, min_n=min_n, level=level_of_each)
        for rates in (true_positive_rates(table), false_positive_rates(table))
    ]
    n = table.total(unknown=False)[table.columns.index("n")]
    for gap, label in zip(gaps, ("positive", "negative"), strict=True):
        if gap.value is None:
            reason = f"among rows with a {label} label: {gap.reason}"
            return Measured(value=None, unit=Unit.DIFFERENCE, n=n, reason=reason, groups=gap.groups)
    worst = max(gaps, key=lambda gap: gap.value or 0.0)
    known = [gap.interval for gap in gaps if gap.interval is not None]
    interval = Interval(
        low=max(each.low for each in known),
        high=max(each.high for each in known),
        level=level,
        method=f"{known[0].method}, each rate at {both:g}",
    )
    return Measured(value=worst.value, unit=Unit.DIFFERENCE, n=n, interval=interval, groups=worst.groups)


def _why_not(used: dict[str, Tally]) -> str | None:
    if len(used) >= 2:
        return None
    return "no group has enough rows" if not used else f"only one group has enough rows: {next(iter(used))}"
