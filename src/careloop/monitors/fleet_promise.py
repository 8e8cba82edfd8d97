"""What many monitors promise together, and the one alarm that a whole fleet keeps quiet by.

Each monitor keeps its own promise, so a fleet of many is wrong as often as all of them together. Two ways lead to one
promise for all of it, and both are told: an alarm that would have been raised at a threshold times the number of
monitors; and the average of all detectors, which is an e-detector itself, since the mean of what grows by at most 1 a
window does the same. Detectors of different windows are averaged in days, which a window is a part of.

Source: Shin, Ramdas and Rinaldo 2022, section 2: averages of e-detectors are e-detectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from careloop.monitors.detector import statistic_of
from careloop.monitors.replay import ChangeAlarm, never_raised, replay
from careloop.monitors.window import WindowCounts

__all__ = ["FleetPromise", "days_reached", "fleet_promise"]

_DAY: Final = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetPromise:
    """A fleet of monitors, as one."""

    monitors: int
    """Times this, a monitor's threshold holds for the whole fleet."""
    together_days: float
    """As their documents promise, all of them together may raise one false alarm in so many days."""
    needed_days: float
    """What the average of all detectors has to reach for an alarm of the fleet: the longest promise among them."""
    reached_days: float
    """What it has reached."""

    @property
    def alarm(self) -> bool:
        """Whether the fleet as a whole speaks against its promise."""
        return self.reached_days >= self.needed_days


def days_reached(alarm: ChangeAlarm, windows: Sequence[WindowCounts], *, seconds: int) -> float:
    """What the detector has reached after these windows of one release, in days; as if it had never raised an alarm.

    While nothing is worse than tolerated, it is expected to be at most the days that these windows last.
    """
    if not windows:
        return 0.0
    done = replay(never_raised(alarm), windows)
    return statistic_of(done.states[-1]) * seconds / _DAY


def fleet_promise(promised_days: Sequence[float], reached_days: Sequence[float]) -> FleetPromise | None:
    """The fleet of monitors that promise one false alarm in so many days each, given what each has reached; None: no
    monitors.

    >>> fleet_promise([365.0, 365.0], [10.0, 20.0])
    FleetPromise(monitors=2, together_days=182.5, needed_days=365.0, reached_days=15.0)
    """
    if not promised_days:
        return None
    return FleetPromise(
        monitors=len(promised_days),
        together_days=1 / sum(1 / days for days in promised_days),
        needed_days=max(promised_days),
        reached_days=sum(reached_days) / len(promised_days),
    )
