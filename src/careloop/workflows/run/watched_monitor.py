"""One monitor with everything that it takes to run it: its document, what it counts, and the closed windows so far."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from careloop.domain.alarm import ReleaseReference, Worse
from careloop.domain.calendar import KnownEvent
from careloop.domain.count_plan import CategoryBins, ColumnKind, CountPlan, EdgeBins
from careloop.domain.counts import MISSING, CountTable, Tally
from careloop.domain.event_columns import PREDICTION
from careloop.domain.event_rows import View
from careloop.domain.label_spec import Maturity
from careloop.domain.monitor import Monitor, Reference
from careloop.domain.noun import days_in, seconds_in
from careloop.monitors.amounts import AmountRange
from careloop.monitors.known_events import Muting, muting
from careloop.monitors.promise import Promise

__all__ = ["WatchedMonitor"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedMonitor:
    """A monitor of a rate, of how the rates of groups compare, of a mixture, of a mean, or of a quantile."""

    monitor: Monitor
    plan: CountPlan
    """Counts `hits` and `n` per release, window, group and bucket; of drift and of a quantile `n` per bin as well."""
    table: CountTable
    """Closed windows only, by when the rows came."""
    fresh: CountTable | None = None
    """The windows of `table` that have closed since the look before; None when any may have."""
    view: View = View.RECEIVED
    """In which view the rows were counted; where a label decides, `MATURED`, or `LABELLED` if nobody says how long
    labels take."""
    maturity: Maturity | None = None
    """Of the view by maturity: when the time for labels is over."""
    gap: bool = False
    """Whether groups are compared with each other; else each with its own reference."""
    ratio: bool = False
    """Whether they are compared by ratio; else by difference."""
    calibration: bool = False
    """Whether the score is held against what turned out to be true, bin by bin."""
    amounts: AmountRange | None = None
    """In which range amounts count, where their mean is watched."""
    quantile: float | None = None
    """Which quantile of the plan's column is watched, in (0, 1), until its limit is fixed (`fix_quantiles`)."""
    at_most: float | None = None
    """A limit of the rate that does not come from the past's rate: 5 % may be slower than a limit on the p95."""
    scale: float = 1.0
    """What the tolerance is multiplied with to be one of the rate that is counted."""
    note: str = ""
    """What a reader has to know about how it is watched; empty when nothing."""
    groups: tuple[str, ...] = ()
    """Declared values of the field that splits the rows; empty when nothing does."""
    worse: Worse = Worse.HIGHER
    """Of a rate."""
    references: tuple[ReleaseReference, ...] = ()
    """What the evaluation sets of releases showed, where these are the reference; else the system's own past is."""
    events: tuple[KnownEvent, ...] = ()
    """Of the calendar: windows that they touch are not judged."""

    @property
    def drift(self) -> bool:
        """Whether a mixture is watched."""
        return isinstance(self.plan.bins, EdgeBins | CategoryBins) and not self.calibration

    @property
    def middles(self) -> tuple[float, ...]:
        """What a score of each bin counts as, where calibration is watched."""
        assert isinstance(self.plan.bins, EdgeBins)
        ends = (0.0, *self.plan.bins.edges, 1.0)
        return tuple((low + high) / 2 for low, high in pairwise(ends))

    @property
    def bins(self) -> tuple[int, ...]:
        """All bins a row can be in, where a mixture is watched; the missing one too."""
        return (MISSING, *range(self.plan.bins.size)) if self.plan.bins is not None else ()

    @property
    def tolerance(self) -> float:
        """The tolerance in the terms of what is counted."""
        return 0.0 if self.at_most is not None else self.monitor.tolerance * self.scale

    @property
    def seconds(self) -> int:
        """Length of a window."""
        return seconds_in(self.monitor.window)

    @property
    def promise(self) -> Promise:
        """One false alarm in the promised time, shared by the groups that are watched one by one."""
        return Promise(days=days_in(self.monitor.promise), fleet=1 if self.gap else max(1, len(self.groups)))

    def reference_of(self, release: str) -> dict[str, Tally] | None:
        """What the evaluation set of a release showed, by group; None where the system's own past is the reference."""
        if self.monitor.reference is not Reference.EVALUATION_SET:
            return None
        return next((dict(each.tallies) for each in self.references if each.release == release), None)

    def lacks_reference(self, release: str) -> bool:
        """Whether its document names an evaluation set as reference and the release has none.

        A gap is held against the tolerance alone, and a quantile's limit is that of the first weeks.
        """
        if self.monitor.reference is not Reference.EVALUATION_SET or self.at_most is not None:
            return False
        if self.gap and not self.ratio:
            return False
        shown = self.reference_of(release)
        return shown is None or not (self.ratio or set(self.groups) <= shown.keys())

    @property
    def muted(self) -> Muting:
        """Which of its windows known events leave out."""
        return muting(self.events, seconds=self.seconds)

    @property
    def why_no_replay(self) -> str | None:
        """Why another release's answers say nothing about this metric; None when they do.

        What was served decides over latency, business and labels that came of it; only the answer itself can be asked
        for again.
        """
        if self.calibration:
            return "calibration is of the release's own scores"
        tests = [*self.plan.where, *(test for each in self.plan.aggregates for test in each.where)]
        hits = {test.column for each in self.plan.aggregates for test in each.where}
        if PREDICTION not in hits:
            return f"{self.monitor.measure} does not follow from the release's answer alone"
        if any(test.column == PREDICTION for test in self.plan.where):
            return f"which rows {self.monitor.measure} counts depends on the answer"
        real = sorted({test.column.name for test in tests if test.column.kind is ColumnKind.REAL})
        return f"{self.monitor.measure} reads {', '.join(real)}, which a replay does not give" if real else None
