"""How often does an alarm cry wolf on healthy traffic, and how soon does it notice a change? Played and counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Final, Protocol

from careloop.domain.counts import Tally
from careloop.domain.measured import Interval
from careloop.measures.intervals import clopper_pearson
from careloop.monitors.detector import DetectorState
from careloop.monitors.replay import ChangeAlarm
from careloop.monitors.traffic import Chance, TrafficCase, window_of_case
from careloop.monitors.window import WindowCounts, one_slot

__all__ = ["CaseResult", "Draw", "SimulatedTraffic", "SimulationTerms", "simulate_case", "windows_of_case"]

_KEPT: Final = 0.98


class Draw(Protocol):
    """Makes a window up: `window_of_case` for rates, or one of `made_up`."""

    def __call__(
        self,
        case: TrafficCase,
        groups: Mapping[str, tuple[float, int]],
        /,
        *,
        at: int,
        chance: Chance,
        shift: float = 0.0,
    ) -> WindowCounts:
        """The window that starts at `at`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedTraffic:
    """What a window is taken to hold: by group the rate while all is well, the rate after the change, and the rows."""

    before: Mapping[str, tuple[float, int]]
    after: Mapping[str, tuple[float, int]]
    seconds: int
    """Length of a window."""
    slot_of: Callable[[int], int] = one_slot
    draw: Draw = window_of_case

    def drawn_by(self, draw: Draw) -> SimulatedTraffic:
        """The same, with rows of another kind."""
        return replace(self, draw=draw)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationTerms:
    """How much is played through."""

    runs: int = 40
    windows: int = 200
    """Healthy windows that each run looks at, and changed windows at most."""
    history: int = 672
    """Healthy windows that the alarm is learnt from."""
    promised: float = 0.05
    """Chance of any false alarm within a run that the alarm is set to."""
    naive: Callable[[WindowCounts, Sequence[WindowCounts]], bool] | None = None
    """A rule to compare with: does it alarm about this window, given the history?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """What came of one case of traffic."""

    case: TrafficCase
    false_alarms: Tally
    """Runs with any alarm in healthy windows, of all runs."""
    interval: Interval
    """Of the chance of such a run, by Clopper and Pearson at 95 %."""
    promised: float
    """At most this chance was promised."""
    noticed: Tally
    """Runs that noticed the change, of those that were quiet before it."""
    delays: tuple[int, ...]
    """Windows from the change to the alarm, in the runs that noticed; sorted."""
    naive: Tally | None
    """Runs in which the rule to compare with alarmed."""

    @property
    def kept(self) -> bool:
        """Whether the count is within what the promise allows; chance is given the benefit of the interval."""
        return self.interval.low <= self.promised

    @property
    def delay(self) -> float | None:
        """The median delay in windows; None when fewer than half of the runs noticed."""
        return median(self.delays) if 2 * len(self.delays) >= max(1, self.noticed.n) else None


def windows_of_case(
    case: TrafficCase, traffic: SimulatedTraffic, numbers: range, *, chance: Chance, changed: bool = False
) -> Iterator[WindowCounts]:
    """The windows of these numbers. A rate that wanders starts anywhere."""
    shift, step = 0.0, case.wander * (1 - _KEPT**2) ** 0.5
    if case.wander:
        shift = chance.gauss(0.0, case.wander)
    groups = traffic.after if changed else traffic.before
    for number in numbers:
        if case.wander:
            shift = _KEPT * shift + chance.gauss(0.0, step)
        at = number * traffic.seconds
        window = traffic.draw(case, groups, at=at, chance=chance, shift=shift)
        yield replace(window, slot=traffic.slot_of(at))


def simulate_case(
    case: TrafficCase,
    traffic: SimulatedTraffic,
    learn: Callable[[Sequence[WindowCounts]], ChangeAlarm],
    *,
    chance: Chance,
    terms: SimulationTerms,
) -> CaseResult:
    """Learn from a healthy past, then look at healthy windows and at changed ones after them, `terms.runs` times.

    Each run has its own past, so that the uncertainty of the reference is in the count as well. `learn` gives an alarm
    that promises at most the chance `terms.promised` of any alarm within `terms.windows` windows.
    """
    false = naive = 0
    delays: list[int | None] = []
    for _ in range(terms.runs):
        past = list(windows_of_case(case, traffic, range(terms.history), chance=chance))
        alarm, start = learn(past), terms.history + terms.windows
        healthy = list(windows_of_case(case, traffic, range(terms.history, start), chance=chance))
        state, fired = _first_alarm(alarm, alarm.start("simulated"), healthy)
        rule = terms.naive
        naive += rule is not None and any(rule(window, past) for window in healthy)
        false += fired is not None
        if fired is None:
            later = windows_of_case(case, traffic, range(start, start + terms.windows), chance=chance, changed=True)
            delays.append(_first_alarm(alarm, state, later)[1])
    noticed = sorted(delay for delay in delays if delay is not None)
    counted = Tally(false, terms.runs)
    return CaseResult(
        case=case,
        false_alarms=counted,
        interval=clopper_pearson(counted),
        promised=terms.promised,
        noticed=Tally(len(noticed), len(delays)),
        delays=tuple(noticed),
        naive=Tally(naive, terms.runs) if terms.naive is not None else None,
    )


def _first_alarm(
    alarm: ChangeAlarm, state: DetectorState, windows: Iterable[WindowCounts]
) -> tuple[DetectorState, int | None]:
    """The state after these windows, or after the one that raised an alarm, with that one's number from 1 on."""
    for number, window in enumerate(windows, 1):
        state, signal = alarm.step(state, window)
        if signal is not None:
            return state, number
    return state, None
