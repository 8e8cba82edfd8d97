"""An alarm: the metric moved. It does not say that the release did it (SEMANTICS 20)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from careloop.domain.counts import Tally

__all__ = ["Amount", "LabelCoverage", "Readiness", "ReleaseReference", "Signal", "Worse"]


class Worse(StrEnum):
    """Which way a rate gets worse."""

    HIGHER = "higher"
    LOWER = "lower"
    EITHER = "either"


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """What rows come to where a mean is watched and no rate, in the unit that the system declares."""

    observed: float
    """Mean of the rows."""
    limit: float
    """Mean that would still have been accepted."""
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A detector's alarm, with the numbers a person needs to check it by hand."""

    monitor: str
    release: str
    window: int
    """The closed window that raised it: its start, in seconds since 1970."""
    since: int
    """Start of the window from which the evidence has been growing: the likely beginning of the change."""
    moved: Worse
    """HIGHER or LOWER; of a gap, the way the named group moved against the others."""
    group: str | None
    """The group that stands out; None for a rate of all rows."""
    observed: Tally
    """Hits and rows from `since` to `window`, of the group if there is one."""
    compared: Tally | None
    """The same of the other groups; None for a rate of all rows."""
    limit: float
    """What would still have been accepted: a rate, or a gap between two rates."""
    statistic: float
    """Average of the e-detectors; the alarm is `statistic` ≥ `threshold`."""
    threshold: float
    amount: Amount | None = None
    """Where a mean is watched: what it came to. `observed` and `limit` are then places in its declared range."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelCoverage:
    """How many of the answers whose time for labels is over have one. A monitor judges only these."""

    monitor: str
    """Its id."""
    labelled: int
    answers: int
    newest: int | None
    """Start of the newest cohort, in seconds since 1970; None while none has matured."""
    newest_labelled: int
    newest_answers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseReference:
    """What the evaluation set of one release showed."""

    release: str
    """Lock digest."""
    tallies: tuple[tuple[str, Tally], ...]
    """Hits and rows by group; of all rows under an empty name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Whether a monitor has earned the right to start a plan by itself (MEASURES, "Alarms that keep their promise").

    Until `may_act` is true its alarms alert people and nothing else.
    """

    may_act: bool
    because: str
    days: float
    """Calendar days of the system's own history that were replayed."""
    windows: int
    """Windows with traffic among them."""
    alarms: int
    """Alarms in the replay that nobody has explained by a real event."""
