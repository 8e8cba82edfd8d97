"""A figure of the scorecard: never without its window, its n and, where it is absent, the reason.

Values are in the unit that stands beside them; percent is 0 to 100. Windows are half open and in UTC.
Source: REQUIREMENTS, metrics.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from careloop.domain.measured import Interval
from careloop.domain.objective_standing import ObjectiveStanding
from careloop.errors import InvalidInput

__all__ = [
    "Figure",
    "Metric",
    "MetricState",
    "Movement",
    "NullReason",
    "OpenItems",
    "Part",
    "Relation",
    "Scorecard",
    "Sources",
    "Target",
    "Trend",
    "TrendPoint",
    "Window",
]


class NullReason(StrEnum):
    """Why there is no value."""

    NO_ACTIVITY = "no_activity"
    """Nothing happened that could be counted: the denominator is 0."""
    ALL_OPEN = "all_open"
    """Things began and none has ended yet, so no duration is known."""
    NOT_READ = "not_read"
    """The store that knows was not there to be read."""
    DATA_ERROR = "data_error"
    """What was recorded contradicts itself, or lacks what the formula needs."""
    NOT_BEGUN = "not_begun"
    """The window lies in the future."""


class MetricState(StrEnum):
    """The colour; grey is one, and never counts as green."""

    GREEN = "green"
    """At target."""
    AMBER = "amber"
    """Off target, within tolerance."""
    RED = "red"
    GREY = "grey"
    """No value, or nothing to hold it against."""


class Relation(StrEnum):
    """How a value is held against its target."""

    AT_LEAST = ">="
    AT_MOST = "<="
    FALLING = "falling"
    """No more than in the last earlier quarter that has a value."""

    @property
    def lower_is_better(self) -> bool:
        """Which way is the good one."""
        return self is not Relation.AT_LEAST


class Movement(StrEnum):
    """What became of a figure since the last earlier quarter that has one."""

    BETTER = "better"
    WORSE = "worse"
    LEVEL = "level"


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time: `since` is in it, `until` is not."""

    name: str
    """`2026Q4`, or the two days it was asked for by."""
    since: datetime
    until: datetime

    def __post_init__(self) -> None:
        if self.since >= self.until:
            raise InvalidInput(f"the window {self.name} ends before it begins")

    def holds(self, instant: datetime) -> bool:
        """Whether an instant lies in it."""
        return self.since <= instant < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenItems:
    """What had begun and not ended when the window was looked at: censored, so that a median does not flatter."""

    count: int
    oldest: float | None
    """Age of the oldest, in the unit of the figure; None when nothing is open."""
    median_at_least: float | None
    """The median if everything open ended now; the true one is no less. None when nothing is closed or open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A second figure beside the first: another view, or one group of a split."""

    id: str
    title: str
    value: float | None
    unit: str
    n: int
    reason: NullReason | None = None
    interval: Interval | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What was counted in one window, before anybody judges it. Exactly one of `value` and `reason` is None."""

    value: float | None
    unit: str
    n: int
    """Cases that the value rests on: the denominator, or the number of durations."""
    reason: NullReason | None = None
    because: str = ""
    """The reason in a sentence, or what the value leaves unsaid."""
    interval: Interval | None = None
    no_interval: str | None = None
    """Why a value has no interval."""
    p90: float | None = None
    """For durations: the least duration that nine in ten did not exceed."""
    open: OpenItems | None = None
    parts: tuple[Part, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Records that belong to the metric and were not counted, by why: drills, duplicates, negative durations …"""
    newest: datetime | None = None
    """When the youngest evidence for the figure happened: its freshness."""
    digest: str | None = None
    """`sha256:` over the evidence that was counted; the same evidence has the same digest in any order."""

    def __post_init__(self) -> None:
        if (self.value is None) is (self.reason is None):
            raise InvalidInput("a figure is a number, or absent with a reason")
        if self.value is not None and not math.isfinite(self.value):
            raise InvalidInput(f"{self.value} is not a figure")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a figure is held against, and whose target that is."""

    relation: Relation
    value: float | None
    """None for `falling`."""
    unit: str
    tolerance: float
    """Off by at most this much is amber; in the unit of the target."""
    objective: str | None
    """Id of the objective that sets it; None when it is the typical target that careloop ships with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """The figure of an earlier quarter."""

    window: Window
    value: float | None
    n: int
    reason: NullReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """The four quarters before the window, oldest first, and which way it went since."""

    points: tuple[TrendPoint, ...]
    movement: Movement | None
    """None when one of the two values is missing, or when neither way is the good one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One row of the scorecard."""

    id: str
    title: str
    formula: str
    figure: Figure
    target: Target | None
    trend: Trend
    state: MetricState
    because: str
    """Why it has this colour."""
    owner: str | None
    """Post that answers for the objective; None without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Exactly what was read, so that somebody else can compute the same."""

    commit: str | None
    dirty: bool | None
    ledger_size: int | None
    """None when there is no ledger."""
    lake_watermark: int | None
    """None when the lake was not read."""
    standards_digest: str
    time_zone: str
    """IANA name of the zone that days and quarters are counted in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """The whole page."""

    window: Window
    now: datetime
    metrics: tuple[Metric, ...]
    state: MetricState
    """Never green while a metric is grey."""
    because: str
    sources: Sources
    objectives: tuple[ObjectiveStanding, ...] = ()
    """How each objective stands by these figures (R3)."""

    @property
    def to_date(self) -> bool:
        """Whether the window is still open, so that its figures will move."""
        return self.now < self.window.until
