"""Alarms and plans as JSON for machines and as lines for people: what moved, whether it may act, what was done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from careloop import __version__
from careloop.domain.alarm import LabelCoverage, Readiness, Signal
from careloop.domain.attribution import Attribution
from careloop.domain.counts import Tally
from careloop.domain.incident import DataSlice
from careloop.domain.monitor import Monitor
from careloop.domain.plan_steps import Plan, PlanKind, RaisedAlarm
from careloop.monitors.known_events import MutedWindows
from careloop.plans.explain import explain_plan, explain_step
from careloop.plans.progress import StepOutcome
from careloop.reports.coverage_of_labels import coverage_json, coverage_lines
from careloop.reports.muted_report import muted_json, muted_lines

__all__ = [
    "AlarmRow",
    "StepRow",
    "WatchSummary",
    "alarm_line",
    "missing_lines",
    "plan_json",
    "plan_lines",
    "rehearsal_json",
    "rehearsal_line",
    "watch_json",
    "watch_lines",
]

_STYLES = {PlanKind.ALERT: "warn", PlanKind.PAGE: "should", PlanKind.ROLLBACK: "must", PlanKind.SAFE_STATE: "must"}
_STEP_STYLES = {StepOutcome.DONE: "detail", StepOutcome.WAITING: "warn", StepOutcome.FAILED: "bad"}

Line = tuple[str, str]
"""Style and text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    """How a step went."""

    place: str
    text: str
    outcome: StepOutcome
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRow:
    """An alarm with its answer."""

    alarm: RaisedAlarm
    readiness: Readiness
    plan: Plan
    steps: tuple[StepRow, ...] | None
    """None when the plan was only shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSummary:
    """What one look at a system found."""

    system: str
    environment: str
    windows: int
    monitors: int
    alarms: tuple[AlarmRow, ...]
    continued: tuple[tuple[Plan, tuple[StepRow, ...]], ...]
    paused: str | None
    left_out: tuple[tuple[Monitor, str], ...]
    """Monitors that no detector runs for, and why."""
    commit: str | None
    standards_digest: str
    silent: tuple[tuple[Monitor, str], ...] = ()
    """Monitors without rows to judge, and since when."""
    muted: tuple[MutedWindows, ...] = ()
    """What known events left out."""
    coverage: tuple[LabelCoverage, ...] = ()
    """Of monitors that read labels."""
    missing: tuple[tuple[Monitor, str], ...] = ()
    """Monitors whose reference is missing, and the next step."""


def watch_json(summary: WatchSummary) -> dict[str, Any]:
    """The look as `careloop/monitor-run/v1`."""
    return {
        "schema": "careloop/monitor-run/v1",
        "careloop_version": __version__,
        "standards_digest": summary.standards_digest,
        "commit": summary.commit,
        "system": summary.system,
        "environment": summary.environment,
        "windows": summary.windows,
        "monitors": summary.monitors,
        "paused": summary.paused,
        "alarms": [_alarm_json(row) for row in summary.alarms],
        "continued": [{**plan_json(plan), "done": _steps_json(steps)} for plan, steps in summary.continued],
        "not_watched": [{"monitor": monitor.id, "because": because} for monitor, because in summary.left_out],
        "silent": [{"monitor": monitor.id, "because": because} for monitor, because in summary.silent],
        "missing_reference": [{"monitor": one.id, "because": because} for one, because in summary.missing],
        "muted": muted_json(summary.muted),
        "labels": coverage_json(summary.coverage),
    }


def watch_lines(summary: WatchSummary) -> Iterator[Line]:
    """The look in lines, alarms first."""
    for row in summary.alarms:
        yield _STYLES[row.plan.kind], alarm_line(row.alarm.signal)
        yield "detail", f"    {_may_act(row.readiness)} · care explain {row.alarm.id}"
        if row.steps is None:
            yield from ((style, f"    {text}") for style, text in plan_lines(row.plan))
        else:
            yield "summary", f"    {row.plan.kind.value.replace('_', ' ')}: {row.plan.because}"
            yield from _step_lines(row.steps)
    for plan, steps in summary.continued:
        yield "summary", f"continued: {plan.kind.value.replace('_', ' ')} of plan {plan.id}"
        yield from _step_lines(steps)
    for monitor, because in summary.silent:
        yield "bad", f"silent: {monitor.id}: {because}"
    yield from missing_lines(summary.missing)
    yield from muted_lines(summary.muted)
    yield from coverage_lines(summary.coverage)
    for monitor, because in summary.left_out:
        yield "grey", f"not watched: {monitor.id} ({because})"
    if summary.paused is not None:
        yield "warn", f"automation is paused: {summary.paused}"
    alarms = len(summary.alarms)
    counted = f"{alarms} alarm{'' if alarms == 1 else 's'} from {summary.monitors} monitors over {summary.windows}"
    style = "summary" if alarms or summary.silent or summary.missing else "good"
    yield style, f"{summary.system} in {summary.environment}: {counted} closed windows"


def missing_lines(missing: Sequence[tuple[Monitor, str]]) -> Iterator[Line]:
    """The monitors whose reference is missing, in red."""
    for monitor, because in missing:
        yield "bad", f"reference missing: {monitor.id}: {because}"


def plan_lines(plan: Plan) -> Iterator[Line]:
    """A plan that is shown and not executed."""
    for at, line in enumerate(explain_plan(plan)):
        yield ("summary" if at == 0 else "detail"), line


def plan_json(plan: Plan) -> dict[str, Any]:
    """A plan, each step with its sentence."""
    return {
        "plan": plan.id,
        "alarm": plan.alarm,
        "kind": plan.kind.value,
        "because": plan.because,
        "attribution": None if plan.attribution is None else _attribution_json(plan.attribution),
        "steps": [{"step": step.step, "text": explain_step(step)} for step in plan.steps],
        "otherwise": [{"step": step.step, "text": explain_step(step)} for step in plan.otherwise],
    }


def alarm_line(signal: Signal) -> str:
    """An alarm in one line that can be checked by hand."""
    rate, limit = f"{_rate(signal.observed)} of {signal.observed.n} rows", f"{signal.limit:.3f}"
    if signal.amount is not None:
        rate = f"{signal.amount.observed:.4g} {signal.amount.unit} a row in {signal.observed.n} rows".replace("  ", " ")
        limit = f"{signal.amount.limit:.4g}"
    against = "" if signal.compared is None else f" against {_rate(signal.compared)} of {signal.compared.n}"
    who = f" for {signal.group}" if signal.group is not None else ""
    evidence = f"evidence {signal.statistic:.3g} of {signal.threshold:.0f} needed"
    since = f"since {_instant(signal.since)}"
    return (
        f"{signal.monitor}{who} moved {signal.moved.value} under {signal.release[:19]}: {rate}{against}, "
        f"limit {limit}, {evidence}, {since}"
    )


def rehearsal_json(
    system: str,
    rows: Sequence[tuple[Monitor, str | None, Readiness, Sequence[Signal]]],
    *,
    source: Mapping[str, Any],
    noticed: Sequence[float | None] | None = None,
) -> dict[str, Any]:
    """A replay of history as `careloop/monitor-replay/v1`; `source` holds commit and standards digest.

    `noticed` has for each detector the days from a known change to its first alarm; null where none came.
    """
    return {
        "schema": "careloop/monitor-replay/v1",
        "careloop_version": __version__,
        **source,
        "system": system,
        "detectors": [
            {
                "monitor": monitor.id,
                "group": group,
                **_readiness_json(readiness),
                "promise": monitor.promise,
                "signals": [_signal_json(signal) for signal in signals],
                **({} if noticed is None else {"days_to_notice": noticed[place]}),
            }
            for place, (monitor, group, readiness, signals) in enumerate(rows)
        ],
    }


def rehearsal_line(monitor: Monitor, group: str | None, readiness: Readiness) -> Line:
    """One detector in one line."""
    who = f" {group}" if group is not None else ""
    return ("good" if readiness.may_act else "warn"), f"{monitor.id}{who}: {_may_act(readiness)}"


def _alarm_json(row: AlarmRow) -> dict[str, Any]:
    alarm = row.alarm
    return {
        "id": alarm.id,
        **_signal_json(alarm.signal),
        "severity": alarm.severity,
        "response": alarm.response.value,
        "minimum_n": alarm.minimum_n,
        "rows": _slice_json(alarm.rows),
        **_readiness_json(row.readiness),
        **plan_json(row.plan),
        "done": None if row.steps is None else _steps_json(row.steps),
    }


def _signal_json(signal: Signal) -> dict[str, Any]:
    return {
        "monitor": signal.monitor,
        "release": signal.release,
        "window": _instant(signal.window),
        "since": _instant(signal.since),
        "group": signal.group,
        "moved": signal.moved.value,
        "observed": {"hits": signal.observed.hits, "n": signal.observed.n},
        "compared": None if signal.compared is None else {"hits": signal.compared.hits, "n": signal.compared.n},
        "limit": signal.limit,
        "amount": None if signal.amount is None else asdict(signal.amount),
        "statistic": signal.statistic,
        "threshold": signal.threshold,
    }


def _slice_json(rows: DataSlice) -> dict[str, Any]:
    return {
        "since": _instant(rows.since),
        "until": _instant(rows.until),
        "by": rows.by,
        "group": rows.group,
        "n": rows.n,
        "digest": f"sha256:{rows.digest}",
    }


def _readiness_json(readiness: Readiness) -> dict[str, Any]:
    return {
        "may_act": readiness.may_act,
        "may_act_because": readiness.because,
        "history_days": readiness.days,
        "history_windows": readiness.windows,
    }


def _attribution_json(found: Attribution) -> dict[str, Any]:
    return {
        "ground": None if found.ground is None else found.ground.value,
        "verdict": found.verdict.value,
        "because": found.because,
        "n": found.n,
        "improvement": None if found.improvement is None else list(found.improvement),
    }


def _steps_json(steps: Sequence[StepRow]) -> list[dict[str, Any]]:
    return [{"place": row.place, "text": row.text, "outcome": row.outcome.value, "detail": row.detail} for row in steps]


def _step_lines(steps: Sequence[StepRow]) -> Iterator[Line]:
    for row in steps:
        detail = f" ({row.detail})" if row.outcome is not StepOutcome.DONE else ""
        yield _STEP_STYLES[row.outcome], f"      {row.outcome.value:<7} {row.text}{detail}"


def _may_act(readiness: Readiness) -> str:
    return f"{'may act' if readiness.may_act else 'alerts only'}: {readiness.because}"


def _rate(tally: Tally) -> str:
    return f"{tally.hits / tally.n:.3f}" if tally.n else "no rate"


def _instant(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
