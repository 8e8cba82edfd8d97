"""How long a review or an assessment counts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from careloop.domain.noun import days_in

__all__ = ["Freshness", "freshness_of"]

_DEFAULT_INTERVAL = "P12M"


@dataclass(frozen=True, slots=True)
class Freshness:
    """The day until which something is fresh, or why it is not fresh at all."""

    until: date | None
    stale: str | None = None
    lapsed: date | None = None
    """The last day on which it was fresh, where that is past."""


def freshness_of(name: str, value: Any, today: date) -> Freshness:
    """Judge a document, or each of several, by its last review and its review interval.

    Fresh until the earliest next review. A review that never happened, is overdue, or is dated in the future is stale.
    """
    until: date | None = None
    for label, last, interval in _reviews(name, value):
        if last is None:
            return Freshness(None, f"{label} was never reviewed")
        if last > today:
            return Freshness(None, f"{label} says it was reviewed on {last}, which is still to come")
        due = last + timedelta(days=days_in(interval))
        if due < today:
            return Freshness(None, f"{label} was last reviewed on {last}; the next review was due on {due}", due)
        until = due if until is None else min(until, due)
    return Freshness(until)


def _reviews(name: str, value: Any) -> Iterator[tuple[str, date | None, str]]:
    if isinstance(value, tuple):
        for item in value:
            yield from _reviews(f"{name} '{getattr(item, 'id', '?')}'", item)
        return
    if value is None:
        return
    interval = getattr(value, "review_every", None) or _DEFAULT_INTERVAL
    assessed = getattr(value, "assessed", None)
    last = getattr(value, "reviewed", None) or getattr(value, "on", None) or getattr(assessed, "on", None)
    yield name, last, interval
