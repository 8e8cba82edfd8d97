"""From `monitors.yaml` to what a page can draw: more than detectors watch; what cannot be drawn, with its reason.

Drawn is what detectors watch (rates, gaps, ratios, mixtures and calibration), and also quantiles of latency, sums and
means of a declared amount and calibration by group. The rest (drift of an unnamed field, …) needs what events alone do
not say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from careloop.domain.calendar import KnownEvent
from careloop.domain.count_plan import Compare, CountPlan, ExponentialBins, Predicate
from careloop.domain.event import MILLIONTHS
from careloop.domain.event_columns import LATENCY_US, column_named, declared_columns
from careloop.domain.event_rows import View
from careloop.domain.monitor import Monitor
from careloop.domain.monitor_chart import SeriesRole
from careloop.domain.noun import seconds_in
from careloop.domain.system import EventSchema, EventType
from careloop.errors import CareloopError, InvalidInput
from careloop.measures.business import amount_plan
from careloop.measures.latency import latency_plan
from careloop.measures.rate import rate_plan
from careloop.measures.split import Split
from careloop.monitors.remainder import told_apart, watched_groups
from careloop.workflows.run.amount_monitor import PER_ROW, amount_field
from careloop.workflows.run.calibration_monitor import calibration_counts
from careloop.workflows.run.compile_monitors import (
    CALIBRATION,
    FAVOURABLE,
    Beside,
    compile_monitors,
    declared_values,
    hits_of,
)
from careloop.workflows.run.watched_monitor import WatchedMonitor

__all__ = ["LATENCY_BINS", "ChartPlan", "compile_charts"]

LATENCY_BINS: Final = ExponentialBins(LATENCY_US, scale=4, octaves=36)
"""Buckets of latency up to nineteen hours, each at most 2.2 % wrong."""
_QUANTILE: Final = re.compile(r"latency_p(\d{2})(?:_ms)?")
_RATIO: Final = "impact_ratio"
_DIGITS: Final = {EventType.NUMBER: len(str(MILLIONTHS)) - 1, EventType.INTEGER: 0}
"""Business numbers that can be summed, and how many decimal places they are kept with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartPlan:
    """How one monitor is drawn."""

    monitor: Monitor
    role: SeriesRole
    plan: CountPlan | None
    """What is counted, without windows; None when it cannot be drawn."""
    groups: tuple[str, ...] = ()
    """Declared values of the field that splits the rows."""
    quantile: float | None = None
    digits: int = 0
    """Decimal places of an amount that is kept as whole numbers."""
    per_row: bool = False
    """Whether an amount is drawn as the mean of its rows; else as their sum."""
    counted_in: str | None = None
    """Unit of an amount, as the system declares it."""
    watched: WatchedMonitor | None = None
    """The monitor as its detector runs it, without windows; None when none runs, and of a quantile."""
    unfixed: WatchedMonitor | None = None
    """A quantile whose limit its first weeks will tell (`fix_quantiles`)."""
    not_watched: str | None = None
    not_charted: str | None = None
    events: tuple[KnownEvent, ...] = ()

    @property
    def seconds(self) -> int:
        """Length of a window."""
        return seconds_in(self.monitor.window)

    @property
    def shown_by(self) -> View:
        """By what rows fall into windows: when they happened; of calibration, when their label came, as is watched."""
        return View.LABELLED if self.role is SeriesRole.CALIBRATION else View.OCCURRED


def compile_charts(
    monitors: Sequence[Monitor],
    schema: EventSchema,
    *,
    favourable: Sequence[str] | None = None,
    beside: Beside | None = None,
) -> tuple[ChartPlan, ...]:
    """Every monitor, in order, with what is counted for it and whether a detector runs."""
    compiled = compile_monitors(monitors, schema, favourable=favourable, beside=beside)
    watched = {each.monitor.id: each for each in compiled.watched}
    left_out = {each.monitor.id: each.because for each in compiled.left_out}
    counted = tuple(favourable or schema.favourable or FAVOURABLE)
    plans = (
        _of_watched(watched[monitor.id])
        if monitor.id in watched and _drawn_as_watched(watched[monitor.id])
        else replace(_of_unwatched(monitor, schema, counted, left_out.get(monitor.id)), unfixed=watched.get(monitor.id))
        for monitor in monitors
    )
    return tuple(replace(plan, events=tuple(beside.events) if beside else ()) for plan in plans)


def _drawn_as_watched(watched: WatchedMonitor) -> bool:
    """Whether what is drawn is what is watched; of quantiles and of means other counts are drawn."""
    return watched.quantile is None and watched.amounts is None


def _of_watched(watched: WatchedMonitor) -> ChartPlan:
    return ChartPlan(
        monitor=watched.monitor,
        role=_role(watched),
        plan=watched.plan,
        groups=watched.groups,
        watched=watched,
    )


def _unfixed(watched: WatchedMonitor | None) -> WatchedMonitor | None:
    return watched if watched is not None and watched.quantile is not None else None


def _role(watched: WatchedMonitor) -> SeriesRole:
    if watched.calibration:
        return SeriesRole.CALIBRATION
    if watched.drift:
        return SeriesRole.DRIFT
    if watched.ratio:
        return SeriesRole.IMPACT_RATIO
    return SeriesRole.GAP if watched.gap else SeriesRole.RATE


def _of_unwatched(monitor: Monitor, schema: EventSchema, favourable: Sequence[str], because: str | None) -> ChartPlan:
    try:
        return _drawn(monitor, schema, favourable, because)
    except CareloopError as error:
        return ChartPlan(
            monitor=monitor, role=SeriesRole.RATE, plan=None, not_watched=because, not_charted=error.message
        )


def _drawn(monitor: Monitor, schema: EventSchema, favourable: Sequence[str], because: str | None) -> ChartPlan:
    groups, split = _split(monitor, schema)
    quantile = _QUANTILE.fullmatch(monitor.measure)
    per_row = PER_ROW.fullmatch(monitor.measure) is not None
    name = amount_field(monitor, schema)[0] if per_row else monitor.measure
    amount = schema.business.get(name)
    if quantile is not None:
        role, plan = SeriesRole.QUANTILE, latency_plan(monitor.id, bins=LATENCY_BINS, split=split)
    elif amount is not None and amount.type in _DIGITS:
        column = declared_columns(schema)[f"business.{name}"]
        among = (Predicate(column, Compare.IS_PRESENT),) if per_row else ()
        role, plan = SeriesRole.AMOUNT, amount_plan(monitor.id, column=column, among=among, split=split)
    elif monitor.measure == _RATIO and groups:
        hit = hits_of("selection_rate", schema, favourable)
        role, plan = SeriesRole.IMPACT_RATIO, rate_plan(monitor.id, hit=hit, split=split)
    elif monitor.measure == CALIBRATION:
        role, plan = SeriesRole.CALIBRATION, calibration_counts(monitor, split)
    elif monitor.measure == _RATIO:
        raise InvalidInput("a ratio between groups needs a field with declared values (`by`)")
    else:
        raise InvalidInput(f"{monitor.measure} cannot be read from the declared fields of events alone")
    return ChartPlan(
        monitor=monitor,
        role=role,
        plan=plan,
        groups=groups,
        quantile=int(quantile.group(1)) / 100 if quantile is not None else None,
        digits=_DIGITS.get(amount.type, 0) if amount is not None else 0,
        per_row=per_row,
        counted_in=None if amount is None else amount.unit,
        not_watched=because,
    )


def _split(monitor: Monitor, schema: EventSchema) -> tuple[tuple[str, ...], Split]:
    if monitor.by is None:
        return (), Split()
    column = column_named(monitor.by, schema)
    groups = watched_groups(declared_values(column, schema))
    return groups, Split(group=(column,), apart=told_apart(groups))
