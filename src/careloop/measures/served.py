"""How many answers were truly served, when only a sample of them was sent (EVENTS, `sample_rate` and `census`)."""

from __future__ import annotations

from careloop.domain.count_plan import Aggregate, Compare, CountPlan, Predicate
from careloop.domain.counts import CountTable
from careloop.domain.event import MILLIONTHS, EventKind
from careloop.domain.event_columns import KIND, SERVED, WEIGHT
from careloop.domain.measured import Measured, Unit
from careloop.measures.split import Split, plan_of

__all__ = ["served", "served_by_release", "served_plan"]


def served_plan(monitor: str = "served", *, split: Split | None = None) -> CountPlan:
    """Count inferences, what they stand for, and what censuses say. Columns: `events`, `weight`, `census`.

    `weight` is the sum of 1 / sample rate in millionths. A census adds what its source served since the one before.
    """
    answers = (Predicate(KIND, Compare.EQ, (EventKind.INFERENCE.value,)),)
    censuses = (Predicate(KIND, Compare.EQ, (EventKind.CENSUS.value,)),)
    counted = (
        Aggregate(name="events", where=answers),
        Aggregate(name="weight", where=answers, sums=WEIGHT),
        Aggregate(name="census", where=censuses, sums=SERVED),
    )
    among = (Predicate(KIND, Compare.IN, (EventKind.INFERENCE.value, EventKind.CENSUS.value)),)
    return plan_of(monitor, aggregates=counted, where=among, split=split or Split())


def served(table: CountTable) -> Measured:
    """The answers served: by census, unless that is less than the events themselves; else as the sample rate says.

    `n` is the events. None sent and none counted is a true 0: whether the pipe is alive, heartbeats say.
    """
    events, weight, census = (table.total()[table.columns.index(name)] for name in ("events", "weight", "census"))
    if census >= max(events, 1):
        return Measured(value=float(census), unit=Unit.COUNT, n=events, note="by census")
    return Measured(value=weight / MILLIONTHS, unit=Unit.COUNT, n=events, note="by sample rate")


def served_by_release(table: CountTable) -> dict[str, Measured]:
    """The same for each release, in the order of their names."""
    releases = sorted({key.release for key in table.cells})
    return {release: served(table.select(release=release)) for release in releases}
