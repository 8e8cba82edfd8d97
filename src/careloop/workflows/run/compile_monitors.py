"""From `monitors.yaml` to what can be counted and watched: each monitor's plan of counts, or why it cannot alarm yet.

Watched by detectors are rates (selection, any declared yes-or-no field, and what `of` and `values` name: labels, the
guard's verdicts), gaps and ratios between the selection rates of groups, drift of a column, and quantiles of latency. A
monitor of another measure is named with the reason; nothing is dropped in silence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from careloop.domain.alarm import ReleaseReference, Worse
from careloop.domain.calendar import KnownEvent
from careloop.domain.count_plan import (
    CategoryBins,
    Column,
    ColumnKind,
    Compare,
    CountPlan,
    EdgeBins,
    ExponentialBins,
    Predicate,
)
from careloop.domain.counts import CountTable, Tally
from careloop.domain.event import EventKind
from careloop.domain.event_columns import (
    CHECKPOINT,
    KIND,
    LATENCY_US,
    PREDICTION,
    VERDICT,
    column_named,
    declared_columns,
)
from careloop.domain.event_rows import View
from careloop.domain.label_spec import Maturity
from careloop.domain.measure_spec import AuditedJudge
from careloop.domain.monitor import Monitor, Response
from careloop.domain.system import EventField, EventSchema
from careloop.errors import CareloopError, InvalidInput
from careloop.measures.catalogue import CATALOGUE
from careloop.measures.drift import drift_plan
from careloop.measures.intervals import clopper_pearson
from careloop.measures.latency import latency_plan
from careloop.measures.measure_kind import MeasureKind
from careloop.measures.rate import rate_plan
from careloop.measures.split import Split
from careloop.monitors.remainder import remainder_note, told_apart, watched_groups
from careloop.ports.lake import Lake
from careloop.workflows.run.amount_monitor import PER_ROW, amount_monitor
from careloop.workflows.run.calibration_monitor import calibration_monitor
from careloop.workflows.run.catalogue_monitor import catalogue_monitor, literal_of
from careloop.workflows.run.label_cohorts import in_cohorts
from careloop.workflows.run.read_windows import WindowQuery, reads_label
from careloop.workflows.run.watch_memory import KeptWindows
from careloop.workflows.run.watched_monitor import WatchedMonitor

__all__ = [
    "CALIBRATION",
    "FAVOURABLE",
    "QUANTILE",
    "Beside",
    "CompiledMonitors",
    "NotWatched",
    "compile_monitors",
    "declared_hits",
    "declared_values",
    "hits_of",
    "with_windows",
]

FAVOURABLE: Final = ("1", "accepted", "approve", "approved", "granted", "selected", "shown", "true", "yes")
"""Answers that count as selection where nothing else is said."""
QUANTILE: Final = re.compile(r"latency_p(\d\d)(_ms)?")
"""Names of quantiles of latency; `_ms` has its tolerance in milliseconds, else it is in microseconds."""
_RATIO: Final = "impact_ratio"
_GAPS: Final = dict.fromkeys(("dp_difference", "demographic_parity_difference", _RATIO), "selection_rate")
CALIBRATION: Final = "calibration_error"
"""The measure by which the score is held against what turned out to be true."""
_DRIFTS: Final = ("psi", "representativeness")
_ACTING: Final = (Response.ROLLBACK, Response.SAFE_STATE)
_GUARD_COLUMNS: Final = (CHECKPOINT, VERDICT)
_HIGHER_IS_WORSE: Final = (
    *(
        "complaint",
        "error",
        "fail",
        "overrid",
        "reject",
        "refus",
        "churn",
        "escalat",
        "problem",
        "injection",
        "extraction",
    ),
    *("pii", "sensitive", "guard", "blocked", "leak"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotWatched:
    """A monitor that no detector runs for, and why."""

    monitor: Monitor
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What monitors rest on beside their own document and the system's."""

    references: Mapping[str, tuple[ReleaseReference, ...]] = field(default_factory=dict)
    """What evaluation sets showed, by monitor."""
    events: Sequence[KnownEvent] = ()
    """Known events that change the system's traffic."""
    catalogue: Mapping[str, MeasureKind] = field(default_factory=lambda: CATALOGUE)
    """Measures that a monitor may name, plugged-in ones too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledMonitors:
    """What can be watched, without windows yet, and what cannot."""

    watched: tuple[WatchedMonitor, ...]
    left_out: tuple[NotWatched, ...]


def compile_monitors(
    monitors: Sequence[Monitor],
    schema: EventSchema,
    *,
    favourable: Sequence[str] | None = None,
    beside: Beside | None = None,
) -> CompiledMonitors:
    """The monitors as plans of counts over this system's events, given what else they rest on.

    `favourable` are the answers that count as selection; else those that the system declares do, else the ones that are
    usual (`FAVOURABLE`), which is a guess and said so. A quantile still needs its limit (`fix_quantiles`).
    """
    watched, left_out = list[WatchedMonitor](), list[NotWatched]()
    known = beside or Beside()
    for monitor in monitors:
        try:
            answers = tuple(favourable or schema.favourable or FAVOURABLE)
            found = in_cohorts(_compiled(monitor, schema, answers, known.catalogue), schema)
        except CareloopError as error:
            left_out.append(NotWatched(monitor=monitor, because=error.message))
            continue
        shown = known.references.get(monitor.id, ())
        watched.append(replace(found, references=shown, events=tuple(known.events)))
    return CompiledMonitors(watched=tuple(watched), left_out=tuple(left_out))


def with_windows(
    monitors: Sequence[WatchedMonitor], *, lake: Lake, system: str, now: datetime, kept: KeptWindows | None = None
) -> tuple[WatchedMonitor, ...]:
    """The monitors with all closed windows of the lake; those of one window length and view are counted together.

    With `kept`, only the windows that closed since the call before are counted.
    """
    alike = dict.fromkeys(map(_counting, monitors))
    memory = kept or KeptWindows()
    tables: dict[str, CountTable] = {}
    fresh: dict[str, CountTable] = {}
    for key in alike:
        seconds, _, maturity = key
        plans = [each.plan for each in monitors if _counting(each) == key]
        query = WindowQuery(system=system, plans=plans, seconds=seconds, maturity=maturity)
        found, new = memory.closed(lake, query, now=now)
        tables |= found.tables
        fresh |= new
    return tuple(
        replace(
            each,
            table=tables[each.plan.monitor],
            fresh=fresh[each.plan.monitor],
        )
        for each in monitors
    )


def _counting(watched: WatchedMonitor) -> tuple[int, View, Maturity | None]:
    """What monitors that are counted together have in common."""
    return watched.seconds, watched.view, watched.maturity


def _compiled(
    monitor: Monitor, schema: EventSchema, favourable: Sequence[str], catalogue: Mapping[str, MeasureKind]
) -> WatchedMonitor:
    groups, split = _split(monitor, schema)
    quantile = QUANTILE.fullmatch(monitor.measure)
    if quantile is not None:
        return _quantile(monitor, int(quantile.group(1)) / 100, groups)
    if monitor.measure in _DRIFTS:
        return _drift(monitor, schema)
    if PER_ROW.fullmatch(monitor.measure):
        return amount_monitor(monitor, schema, groups=groups, split=split)
    if monitor.measure == CALIBRATION:
        return calibration_monitor(monitor)
    compared = _GAPS.get(monitor.measure)
    if compared is not None and len(groups) < 2:
        raise InvalidInput("a gap needs a field with at least two declared values (`by`)")
    if monitor.measure == _RATIO and monitor.response in _ACTING:
        raise InvalidInput(f"a ratio may alert or page, not {monitor.response}: for that watch dp_difference")
    kind = catalogue.get(monitor.measure)
    if kind is not None and compared is None and not _known_by_name(monitor, schema):
        found = catalogue_monitor(monitor, schema, kind, split=(groups, split), favourable=favourable)
    else:
        found = _rate(monitor, schema, favourable, groups, split)
    if monitor.tolerance >= 1:
        raise InvalidInput(f"the tolerance {monitor.tolerance} of a rate lies between 0 and 1")
    return found


def _known_by_name(monitor: Monitor, schema: EventSchema) -> bool:
    """Whether the document or a declared field says what a rate counts."""
    if monitor.of is not None and monitor.measure.endswith("rate"):
        return True
    with suppress(InvalidInput):
        return bool(hits_of(monitor.measure, schema))
    return False


def _rate(
    monitor: Monitor, schema: EventSchema, favourable: Sequence[str], groups: tuple[str, ...], split: Split
) -> WatchedMonitor:
    compared = _GAPS.get(monitor.measure)
    among: tuple[Predicate, ...] = ()
    if monitor.of is not None and monitor.measure.endswith("rate"):
        hit, among = declared_hits(monitor, schema)
    else:
        hit = hits_of(compared or monitor.measure, schema, favourable)
        among = tuple(Predicate(test.column, Compare.IS_PRESENT) for test in hit if test.column.kind is ColumnKind.FLAG)
    plan = rate_plan(monitor.id, hit=hit, among=among, split=split)
    return WatchedMonitor(
        monitor=monitor,
        plan=plan,
        table=_no_windows(plan),
        view=View.LABELLED if reads_label(plan) else View.RECEIVED,
        gap=compared is not None,
        ratio=monitor.measure == _RATIO,
        groups=groups,
        worse=_worse(monitor.measure),
        scale=1.0 if monitor.judge is None else _sharpness(monitor.judge),
        note=_note(monitor, schema, hit),
    )


def _split(monitor: Monitor, schema: EventSchema) -> tuple[tuple[str, ...], Split]:
    if monitor.by is None:
        return (), Split()
    column = column_named(monitor.by, schema)
    groups = watched_groups(declared_values(column, schema))
    return groups, Split(group=(column,), apart=told_apart(groups))


def _quantile(monitor: Monitor, share: float, groups: tuple[str, ...]) -> WatchedMonitor:
    if groups:
        raise InvalidInput("a quantile is watched for all rows together: leave `by` out")
    plan = latency_plan(monitor.id, bins=ExponentialBins(LATENCY_US, scale=4, octaves=36))
    return WatchedMonitor(
        monitor=monitor, plan=plan, table=_no_windows(plan), worse=Worse.HIGHER, quantile=share, at_most=1 - share
    )


def _drift(monitor: Monitor, schema: EventSchema) -> WatchedMonitor:
    if monitor.by is not None:
        raise InvalidInput("drift is watched for all rows together: leave `by` out")
    if monitor.response in _ACTING:
        raise InvalidInput(
            f"drift does not say that the answers got worse: it may alert or page, not {monitor.response}"
        )
    plan = drift_plan(monitor.id, bins=_bins(monitor, schema))
    return WatchedMonitor(monitor=monitor, plan=plan, table=_no_windows(plan))


def _bins(monitor: Monitor, schema: EventSchema) -> EdgeBins | CategoryBins:
    """How the column is cut: by its declared values, or by the monitor's edges."""
    if monitor.of is None:
        known = [f"features.{name}" for name, field in schema.features.items() if field.values]
        if len(known) != 1:
            some = ", ".join(known or [f"features.{name}" for name in schema.features]) or "none"
            raise InvalidInput(f"say which column is watched for drift with `of`; there are: {some}")
        column = column_named(known[0], schema)
    else:
        column = column_named(monitor.of, schema)
    if column.kind is ColumnKind.TEXT:
        return CategoryBins(column, declared_values(column, schema))
    if column.kind not in (ColumnKind.REAL, ColumnKind.INTEGER):
        raise InvalidInput(f"'{column.name}' is {column.kind} and has no mixture; watch its rate")
    if not monitor.edges:
        raise InvalidInput(f"'{column.name}' needs `edges` to be cut into bins; `care monitor init` proposes them")
    return EdgeBins(Column(column.name, ColumnKind.REAL), monitor.edges)


def declared_hits(monitor: Monitor, schema: EventSchema) -> tuple[tuple[Predicate, ...], tuple[Predicate, ...]]:
    """What the monitor itself says is counted: hits, and among which rows; `of` with `values`."""
    assert monitor.of is not None
    if not monitor.values:
        raise InvalidInput(f"say with `values` which values of '{monitor.of}' count")
    column = column_named(monitor.of, schema)
    among = [Predicate(column, Compare.IS_PRESENT)]
    if column in _GUARD_COLUMNS:
        if monitor.by is not None:
            raise InvalidInput(f"what the guard sends does not say '{monitor.by}': leave `by` out")
        among = [Predicate(KIND, Compare.EQ, (EventKind.GUARD.value,))]
    return (Predicate(column, Compare.IN, tuple(literal_of(value, column) for value in monitor.values)),), tuple(among)


def _sharpness(judge: AuditedJudge) -> float:
    """How much the rate of verdicts moves, at most, when the rate of true problems moves by 1."""
    ends = [clopper_pearson(Tally(each.right, each.of)).high for each in (judge.found, judge.passed)]
    return max(0.0, sum(ends) - 1)


def _note(monitor: Monitor, schema: EventSchema, hit: tuple[Predicate, ...]) -> str:
    notes = []
    if any(test.column == PREDICTION for test in hit) and monitor.of is None and not schema.favourable:
        notes.append(f"which answers are favourable is a guess ({', '.join(FAVOURABLE)}); declare events.favourable")
    if monitor.judge is not None:
        notes.append(
            f"the tolerance of true problems is {monitor.tolerance * _sharpness(monitor.judge):.4g} of verdicts"
        )
    if monitor.by is not None and (pooled := remainder_note(declared_values(column_named(monitor.by, schema), schema))):
        notes.append(pooled)
    return "; ".join(notes)


def hits_of(measure: str, schema: EventSchema, favourable: Sequence[str] = FAVOURABLE) -> tuple[Predicate, ...]:
    """Which rows a rate of that name counts as hits; raises `InvalidInput` where nothing tells."""
    if measure == "selection_rate":
        return (Predicate(PREDICTION, Compare.IN, tuple(favourable)),)
    stem = measure.removesuffix("_rate")
    flags = [column for column in declared_columns(schema).values() if column.kind is ColumnKind.FLAG]
    meant = [column for column in flags if stem != measure and _alike(column.name.partition(".")[2], stem)]
    if len(meant) == 1:
        return (Predicate(meant[0], Compare.EQ, (True,)),)
    what = "of a rate, say with `of` and `values` which column and values count"
    if measure in schema.business and f"business.{measure}" not in {column.name for column in flags}:
        what = f"a sum has no bound to bet on: watch its mean, amount_per_row with `of: business.{measure}`"
    raise InvalidInput(f"no detector watches {measure} yet; {what}")


def _alike(field: str, stem: str) -> bool:
    """Whether a field such as `converted` is what a measure such as `conversion_rate` counts."""
    return field == stem or (len(stem) >= 6 and field[:6] == stem[:6])


def declared_values(column: Column, schema: EventSchema) -> tuple[str, ...]:
    """The declared values of a field that splits rows into groups; raises `InvalidInput` where it declares none."""
    part, _, name = column.name.partition(".")
    fields: Mapping[str, EventField] = getattr(schema, part, {}) if name else {}
    values = fields[name].values if name in fields else ()
    if not values:
        raise InvalidInput(f"'{column.name}' declares no values to tell groups by")
    return values


def _worse(measure: str) -> Worse:
    if measure == "selection_rate":
        return Worse.EITHER
    return Worse.HIGHER if any(word in measure for word in _HIGHER_IS_WORSE) else Worse.LOWER


def _no_windows(plan: CountPlan) -> CountTable:
    return CountTable(plan.columns, {})
