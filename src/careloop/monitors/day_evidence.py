"""How strongly one day speaks against a monitor's promise, as an e-value that can be compared across a whole fleet.

An e-detector answers "when did it change?" and grows with every window by itself (E[SR_t] = t), so its values cannot
be ranked. A day's evidence can: stakes begin at 1 when the day does, and each window multiplies them by what it pays.
While nothing is worse than tolerated, that is expected to be at most 1 whenever one looks; 20 has a chance of at most
5 %.

Source: Shafer and Vovk 2019, "Game-theoretic foundations"; choosing among many by e-BH: Wang and Ramdas 2022, "False
discovery rate control with e-values", theorem 5.1, which holds for e-values that depend on each other in any way.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from careloop.errors import InvalidInput
from careloop.monitors.detector import DetectorState, Leg
from careloop.monitors.replay import ChangeAlarm, never_raised
from careloop.monitors.window import WindowCounts

__all__ = ["DayEvidence", "day_evidence", "day_of", "mean_evidence", "standing_out"]

_DAY: Final = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class DayEvidence:
    """The evidence of the latest day on which a window closed."""

    day: int
    """Its start in UTC, in seconds since 1970."""
    log_e: float
    """Natural logarithm of the e-value; 0 says nothing, above speaks against the promise."""
    windows: int
    """Closed windows of the day that were judged."""


def day_of(window: int, *, seconds: int) -> int:
    """The start of the day in whose course a window of that length closes; one may close as its day ends.

    >>> day_of(82_800, seconds=3600), day_of(82_800, seconds=7200)
    (0, 86400)
    """
    return (window + seconds - 1) // _DAY * _DAY


def day_evidence(alarm: ChangeAlarm, windows: Sequence[WindowCounts], *, seconds: int) -> DayEvidence | None:
    """The evidence of the last day among these closed windows of one release, earliest first; None without windows.

    Windows of earlier days teach a detector of drift in which direction to bet, and pay nothing. A window without rows
    or without a reference leaves the evidence as it is.
    """
    if not windows:
        return None
    quiet = never_raised(alarm)
    day, judged = day_of(windows[-1].window, seconds=seconds), 0
    state = quiet.start(windows[-1].release)
    logs = [[0.0] * len(leg.stakes) for leg in state.legs]
    for window in windows:
        blank = replace(state, legs=tuple(Leg() for _ in state.legs))
        state, _ = quiet.step(blank, window)
        if day_of(window.window, seconds=seconds) == day and state.windows > blank.windows:
            judged += 1
            _multiply(logs, blank, state)
    flat = [value for leg in logs for value in leg]
    return DayEvidence(day=day, log_e=_log_mean(flat), windows=judged)


def mean_evidence(parts: Sequence[DayEvidence]) -> DayEvidence | None:
    """One e-value for all parts of a monitor: the mean of theirs for the latest day; a part that had no window then
    stands at 1. None without parts."""
    if not parts:
        return None
    day = max(one.day for one in parts)
    ours = [one.log_e if one.day == day else 0.0 for one in parts]
    windows = max(one.windows for one in parts if one.day == day)
    return DayEvidence(day=day, log_e=_log_mean(ours), windows=windows)


def standing_out(log_e: Mapping[str, float], *, rate: float) -> frozenset[str]:
    """Which of many stand out, so that at most a share `rate` of those named is expected to be named wrongly (e-BH).

    >>> sorted(standing_out({"a": 5.0, "b": 3.5, "c": 0.0, "d": 0.0}, rate=0.1))
    ['a', 'b']
    """
    if not 0 < rate < 1:
        raise InvalidInput(f"a rate of wrong names lies between 0 and 1, not at {rate}")
    ranked = sorted(log_e, key=lambda name: -log_e[name])
    enough = [k for k, name in enumerate(ranked, 1) if log_e[name] >= math.log(len(ranked) / (rate * k))]
    return frozenset(ranked[: max(enough, default=0)])


def _multiply(logs: list[list[float]], before: DetectorState, after: DetectorState) -> None:
    """Take in what a window paid; a leg that it did not touch is the very one that was there before."""
    for mine, old, new in zip(logs, before.legs, after.legs, strict=True):
        if new is not old:
            for place, stake in enumerate(new.stakes):
                mine[place] += math.log(stake) if stake > 0 else -math.inf


def _log_mean(logs: Sequence[float]) -> float:
    top = max(logs)
    if top == -math.inf:
        return top
    return top + math.log(sum(math.exp(one - top) for one in logs) / len(logs))
