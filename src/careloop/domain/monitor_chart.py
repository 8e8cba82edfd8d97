"""What a page draws of a system's monitors: points with bands, limits, alarms, and what answered when.

Values of the three stores, computed; nothing here knows how it is drawn. Times are whole seconds since 1970 where they
name a window, and aware UTC instants where they name a deed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from careloop.domain.alarm import Signal
from careloop.domain.deployment import Served
from careloop.domain.measured import Unit
from careloop.domain.monitor import Monitor, Response
from careloop.domain.plan_steps import PlanKind

__all__ = [
    "AlarmMark",
    "ChartPoint",
    "ChartSeries",
    "EventMark",
    "LimitStep",
    "MonitorChart",
    "PlanMark",
    "ReliabilityBin",
    "ReliabilityCurve",
    "SeriesRole",
    "SwitchKind",
    "SwitchMark",
    "SystemCharts",
]


class SeriesRole(StrEnum):
    """What the points of a series are."""

    RATE = "rate"
    """Hits among rows, of one group or of all rows."""
    GAP = "gap"
    """Rate of a group less the rate of all other groups together; what a gap alarm watches."""
    IMPACT_RATIO = "impact_ratio"
    """Lowest rate of a group divided by the highest."""
    DRIFT = "drift"
    """How far the mixture of a column lies from the usual one, as a population stability index."""
    QUANTILE = "quantile"
    AMOUNT = "amount"
    """A sum of money or another declared quantity, or its mean, of one group or of all rows."""
    CALIBRATION = "calibration"
    """Mean distance between the score and the share of positives, over the bins of the score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartPoint:
    """One window of one release; a window in which two releases answered has two points.

    The newest window may be open still: it is while `window` and the monitor's `seconds` together are not past.
    """

    window: int
    """Its start."""
    release: str
    """Lock digest."""
    n: int
    """Rows that the value rests on."""
    value: float | None
    """In the chart's unit; None when there is nothing to measure, and `reason` says why."""
    low: float | None = None
    """The 95 % interval of this window alone; both ends are None where none is known."""
    high: float | None = None
    hits: int | None = None
    """Of a rate."""
    enough: bool = True
    """False when `n`, or a group behind a comparison, is below the monitor's least n."""
    reason: str | None = None
    answers: int | None = None
    """Where labels decide: answers whose label could have come; `n` of them have one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitStep:
    """What the detector accepts of windows with `since` ≤ start < `until`, and what it compares them with.

    Learnt as the detector learns: from windows by when events came, before the release took over.
    """

    since: int
    until: int | None
    """None: up to now."""
    release: str
    reference_low: float | None = None
    """Between these the reference lies; None while there is none."""
    reference_high: float | None = None
    low: float | None = None
    """Below this it counts as worse; None when lower is not worse, or there is no reference."""
    high: float | None = None
    """Above this it counts as worse."""
    reason: str | None = None
    """Why there is no limit yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartSeries:
    """One line of a chart."""

    role: SeriesRole
    group: str | None
    """None: all rows, or all groups compared."""
    points: tuple[ChartPoint, ...]
    """In order of windows, then of releases."""
    limits: tuple[LimitStep, ...] = ()
    """In order of time; empty where no detector watches this line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityBin:
    """Labelled rows whose score lies in one bin, and how many of them turned out positive."""

    low: float
    """The bin holds scores from here …"""
    high: float
    """… to below here; of the last bin, itself included."""
    hits: int
    n: int
    """Above 0."""
    predicted: float
    """The mean of what their scores count as: the middles of the bins that were counted."""
    observed_low: float
    """The 95 % interval of the share of positives, in [0, 1]."""
    observed_high: float

    @property
    def observed(self) -> float:
        """The share of positives."""
        return self.hits / self.n


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityCurve:
    """What the scores of one release foretold against what came true, over all windows that a chart shows."""

    group: str | None
    """None: all rows."""
    release: str
    """Lock digest."""
    current: bool
    """Whether it is the release that answers; else the one that answered before it."""
    since: int
    """Start of its first window."""
    until: int
    """End of its last window."""
    error: float
    """Calibration error of these rows together."""
    error_low: float
    """Its 95 % interval."""
    error_high: float
    bins: tuple[ReliabilityBin, ...]
    """Those that have rows, in order of the score."""

    @property
    def n(self) -> int:
        """Labelled rows with a score."""
        return sum(one.n for one in self.bins)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanMark:
    """The answer to an alarm, or a person's order."""

    id: str
    kind: PlanKind
    because: str
    over: bool
    """Whether nothing is left to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmMark:
    """An alarm on record. Its windows are those by which events came, as the detector saw them."""

    id: str
    index: int
    """Place in the ledger."""
    raised_at: datetime
    signal: Signal
    seconds: int
    """Length of a window: the change lies in `signal.since` ≤ t < `signal.window` + `seconds`."""
    severity: str
    response: Response
    may_act: bool
    because: str
    """Why it may or may not act."""
    again: bool
    """Whether an earlier alarm told of the same change, which has gone on since."""
    plan: PlanMark | None
    """None while nobody has looked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventMark:
    """Windows with `since` ≤ start < `until` that lie in a known event."""

    since: int
    until: int
    event: str
    """Its id; several are joined with a comma."""
    judged: bool
    """Whether they are judged all the same, since more were left out than a calendar may."""


class SwitchKind(StrEnum):
    """Why something else answers from an instant on."""

    DEPLOY = "deploy"
    ROLLBACK = "rollback"
    SAFE_STATE = "safe_state"


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchMark:
    """From this instant on something else answers."""

    at: datetime
    kind: SwitchKind
    to: Served
    version: str | None
    """Of the release, where its standing tells it."""
    by: str
    """Person, service or automation."""
    index: int
    """Place in the ledger."""
    plan: str | None
    """Id of the plan that it belongs to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorChart:
    """One monitor: its lines and what happened to them."""

    monitor: Monitor
    seconds: int
    """Length of a window."""
    unit: Unit
    counted_in: str | None = None
    """What an amount is counted in, as the system declares it, such as EUR."""
    series: tuple[ChartSeries, ...] = ()
    reliability: tuple[ReliabilityCurve, ...] = ()
    """Of calibration: the curve of each group under the release that answers, then those under the one before it."""
    alarms: tuple[AlarmMark, ...] = ()
    """In order of the ledger."""
    not_watched: str | None = None
    """Why no detector runs for it; None when one does."""
    not_charted: str | None = None
    """Why there is nothing to draw; None when there is."""
    windows: int = 0
    """Windows with rows, those before the first that is shown included."""
    events: tuple[EventMark, ...] = ()
    """Known events of the windows that are shown, in order of time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemCharts:
    """All monitors of a system, as of one size of the ledger and one watermark of the lake."""

    system: str
    environment: str
    watermark: int
    ledger_size: int
    charts: tuple[MonitorChart, ...]
    """In the order of `monitors.yaml`."""
    switches: tuple[SwitchMark, ...]
    """In order of time."""
