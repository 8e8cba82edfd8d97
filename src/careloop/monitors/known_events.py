"""Which windows lie in a known event, so that no detector bets on them and nothing is learnt from them.

An event shifts what happens without anything being wrong, so a window that it touches is no evidence against the
promise, and no part of the usual either. How far two occurrences of an event differ from each other, one or two of them
cannot tell; so they are not compared, only left out, marked and counted.

However long its windows are, a monitor leaves out at most a tenth of the windows of a year (and may leave out one): a
calendar is no way to silence it for ever. What lies beyond that is judged like any other window.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from careloop.domain.calendar import KnownEvent

__all__ = ["EventSpan", "MutedWindows", "Muting", "muting"]

_YEAR: Final = 365 * 86_400
_MOST: Final = 10
"""One window of so many, within any year."""


@dataclass(frozen=True, slots=True)
class EventSpan:
    """Windows with `since` ≤ start < `until` that known events touch."""

    since: int
    until: int
    event: str
    """Its id; those of several that touch one window are joined with a comma."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Muting:
    """What the calendar does to the windows of one length."""

    left_out: tuple[EventSpan, ...] = ()
    """Nobody bets on these. In order of time, none overlaps another."""
    judged: tuple[EventSpan, ...] = ()
    """In an event, and judged all the same: more would be more than a tenth of the windows of a year."""

    def event_of(self, window: int) -> str | None:
        """The event because of which the window that starts there is left out; None when it is judged."""
        return _at(self.left_out, window)


@dataclass(frozen=True, slots=True, kw_only=True)
class MutedWindows:
    """Closed windows of one monitor that lie in known events."""

    monitor: str
    """Its id."""
    windows: int
    """Windows that nobody judged."""
    rows: int
    """Rows in them."""
    of_windows: int
    """All closed windows with rows."""
    events: tuple[str, ...]
    """Because of which, in order of time."""
    judged: int
    """Windows in an event that were judged all the same: more would be more than a tenth of a year's windows."""


@lru_cache(maxsize=1024)
def muting(events: tuple[KnownEvent, ...], *, seconds: int) -> Muting:
    """The windows of length `seconds` that these events touch, within what a calendar may leave out."""
    most = max(seconds, _YEAR // _MOST // seconds * seconds)
    left_out: list[EventSpan] = []
    judged: list[EventSpan] = []
    for span in _touched(events, seconds):
        before = sum(max(0, one.until - max(one.since, span.since - _YEAR)) for one in left_out)
        end = min(span.until, span.since + max(0, most - before) // seconds * seconds)
        if end > span.since:
            left_out.append(EventSpan(span.since, end, span.event))
        if end < span.until:
            judged.append(EventSpan(end, span.until, span.event))
    return Muting(left_out=tuple(left_out), judged=tuple(judged))


def _touched(events: Iterable[KnownEvent], seconds: int) -> list[EventSpan]:
    """Whole windows, those of events that touch one another cut where the set of events changes."""
    ends = [(each.since // seconds * seconds, -(-each.until // seconds) * seconds, each.id) for each in events]
    cuts = sorted({cut for since, until, _ in ends for cut in (since, until)})
    found = []
    for since, until in pairwise(cuts):
        names = [name for first, last, name in ends if first <= since < last]
        if names:
            found.append(EventSpan(since, until, ", ".join(names)))
    return found


def _at(spans: Sequence[EventSpan], window: int) -> str | None:
    place = bisect_right(spans, window, key=lambda one: one.since) - 1
    if place < 0 or window >= spans[place].until:
        return None
    return spans[place].event
