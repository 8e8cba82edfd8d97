"""The promise a policy makes about false alarms, in calendar time, and what it means for a detector."""

from __future__ import annotations

from dataclasses import dataclass

from careloop.domain.alarm import Worse
from careloop.errors import InvalidInput

__all__ = ["AlarmTerms", "Promise"]

_DAY = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """At most one false alarm in so many days, on average, over a fleet of monitors together.

    >>> Promise(days=5 * 365).threshold(window_seconds=3600)
    43800.0
    """

    days: float
    fleet: int = 1
    """Number of monitors that share the promise; each must be quieter by this factor."""

    def __post_init__(self) -> None:
        if self.days <= 0 or self.fleet < 1:
            raise InvalidInput("a promise covers some days and at least one monitor")

    def threshold(self, *, window_seconds: int) -> float:
        """What an e-detector must reach to raise an alarm: the promised number of windows, times the fleet.

        An e-detector's mean time between false alarms is at least its threshold, and its chance of a false alarm
        within t windows at most t / threshold. Source: Shin, Ramdas and Rinaldo 2022, theorem 2.4.
        """
        if window_seconds < 1:
            raise InvalidInput("a window is at least a second long")
        windows = self.days * _DAY / window_seconds
        if windows < 1:
            raise InvalidInput("the promise is shorter than one window")
        return windows * self.fleet


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmTerms:
    """What a policy asks of one alarm."""

    monitor: str
    tolerance: float
    """How much worse is accepted, as a difference of rates in [0, 1)."""
    promise: Promise
    window_seconds: int
    worse: Worse = Worse.HIGHER
    """Of a rate; a gap is watched both ways."""

    def __post_init__(self) -> None:
        if not 0 <= self.tolerance < 1:
            raise InvalidInput(f"a tolerance lies between 0 and 1, not at {self.tolerance}")

    @property
    def threshold(self) -> float:
        """What the detector must reach."""
        return self.promise.threshold(window_seconds=self.window_seconds)
