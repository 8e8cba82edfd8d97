"""M24: how many days Create took, from its first day until all six items were shipped (R30).

One thing is counted, so the n is 1 at most. While something is open the figure has no value, and says how long it has
been open; once the thirty days are over it is held to the target at its age so far.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from careloop.domain.counts import Tally
from careloop.domain.metric import Figure, NullReason
from careloop.scoring.durations import Spans
from careloop.scoring.figures import median_figure, nothing, share_part

__all__ = ["CreateDays", "create_days_figure"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateDays:
    """Create as it stood on a day."""

    start: date
    on: date
    """The day that is asked about."""
    items: Tally
    """Items shipped, of all."""
    shipped: date | None
    """First day since which all have been shipped; null while something is open."""
    days: int
    """Days in which Create ships."""


def create_days_figure(create: CreateDays | None, *, unit: str) -> Figure:
    """Days, the first counted as one, or why there are none yet."""
    if create is None:
        return nothing(NullReason.NOT_READ, "nothing says on which day Create began", unit=unit)
    if create.on < create.start:
        return nothing(NullReason.NOT_BEGUN, f"Create begins on {create.start}", unit=unit)
    parts = (share_part("items", "items shipped", create.items, sampled=False),)
    if create.shipped is not None:
        took = _days(create.start, create.shipped)
        because = f"shipped on {create.shipped}, begun on {create.start}"
        return median_figure(Spans.of([took], unit=unit), used=(), left_out={}, parts=parts, because=because)
    age = _days(create.start, create.on)
    because = f"{create.items.hits} of {create.items.n} items are shipped on day {age.days}"
    late = age.days > create.days
    spans = Spans.of([age] if late else [], [age], unit=unit)
    return median_figure(spans, used=(), left_out={}, parts=parts, because=because)


def _days(first: date, last: date) -> timedelta:
    return timedelta(days=(last - first).days + 1)
