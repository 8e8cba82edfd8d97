"""A measured number that never travels without its n, its interval and its reason for being absent."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from careloop.errors import InvalidInput

__all__ = ["GroupValue", "Interval", "Judgement", "Measured", "Outcome", "Unit"]


class Unit(StrEnum):
    """What a value is counted in."""

    RATIO = "ratio"
    """A share or a quotient; 0.25 is a quarter."""
    DIFFERENCE = "difference"
    """One ratio less another; 0.05 is five percentage points."""
    INDEX = "index"
    """A number without a unit, such as PSI."""
    MICROSECONDS = "us"
    MILLISECONDS = "ms"
    COUNT = "count"
    AMOUNT = "amount"
    """Money or another declared quantity, in its main unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Where the true value lies, at `level` (0.95: 95 %), by the named method; `low` ≤ `high`."""

    low: float
    high: float
    level: float
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupValue:
    """One group's share of a measured value."""

    group: str
    value: float | None
    n: int
    used: bool = True
    """False when the group is left out of the comparison; `reason` says why."""
    reason: str | None = None
    interval: Interval | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A value, or null with the reason; with the rows it rests on.

    Exactly one of `value` and `reason` is None, and a value is a finite number: a share of nothing is neither 0 nor 1.
    """

    value: float | None
    unit: Unit
    n: int
    reason: str | None = None
    interval: Interval | None = None
    groups: tuple[GroupValue, ...] = ()
    note: str | None = None
    """How it was counted, where the number means little without it: the bins of a PSI, the error of a bucket."""

    def __post_init__(self) -> None:
        if (self.value is None) is (self.reason is None):
            raise InvalidInput("a measured value is a number, or absent with a reason")
        if self.value is not None and not math.isfinite(self.value):
            raise InvalidInput(f"{self.value} is not a measured value")

    @property
    def left_out(self) -> tuple[GroupValue, ...]:
        """Groups that were counted and not compared, each with its reason."""
        return tuple(group for group in self.groups if not group.used)


class Outcome(StrEnum):
    """What a gate's test shows (SEMANTICS 16, 17)."""

    SHOWN_SAFE = "shown_safe"
    SHOWN_HARMFUL = "shown_harmful"
    CANNOT_TELL = "cannot_tell"
    NOT_ASSESSABLE = "not_assessable"
    """It could not be made, for a documented reason; at the gate only, no measure gives it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The answer of a gate's test, with what it rests on."""

    outcome: Outcome
    measured: Measured
    limit: float
    """The worst value that is still accepted, in the measure's unit."""
    level: float
    """Confidence of each one-sided bound, 0.95 for a 5 % chance of passing something that is just at the limit."""
    because: str
