"""How a measure's counts are split, and the plan that follows."""

from __future__ import annotations

from dataclasses import dataclass

from careloop.domain.count_plan import (
    Aggregate,
    CategoryBins,
    Column,
    CountPlan,
    EdgeBins,
    ExponentialBins,
    Predicate,
    WindowBy,
)

__all__ = ["Split", "plan_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """By what the rows are told apart; each part means what it means in `CountPlan`."""

    release: Column | None = None
    window: WindowBy | None = None
    group: tuple[Column, ...] = ()
    apart: tuple[str, ...] = ()
    unit: Column | None = None


def plan_of(
    monitor: str,
    *,
    aggregates: tuple[Aggregate, ...],
    where: tuple[Predicate, ...],
    split: Split,
    bins: EdgeBins | CategoryBins | ExponentialBins | None = None,
) -> CountPlan:
    """The plan of a measure: what to count, among which rows, split how."""
    return CountPlan(
        monitor=monitor,
        aggregates=aggregates,
        where=where,
        release=split.release,
        window=split.window,
        group=split.group,
        apart=split.apart,
        unit=split.unit,
        bins=bins,
    )
