"""What the ledger says about automation: what answers now, who paused it, which plans are open. Entries in, values out.

All functions take entries in the order of the log and look only at those of the system.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache

from careloop.domain.deployment import Served, ServeRelease, ServeSafeState, Serving
from careloop.domain.incident import DataSlice
from careloop.domain.plan_steps import CONTAINING, HoldEvidence, Plan, VerifyRollback
from careloop.domain.system import SafeStateKind
from careloop.errors import InvalidInput
from careloop.ledger.canonical import read_instant
from careloop.plans.plan_record import read_plan
from careloop.plans.progress import StepOutcome, is_over
from careloop.ports.ledger import ActorKind, Entry, Json

__all__ = [
    "READS",
    "Pause",
    "PlanProgress",
    "containing",
    "cooling_down",
    "deployments",
    "explained",
    "last_rollback",
    "pause_in_force",
    "plans_of",
    "serving_by_ledger",
]

READS = (
    "alarm.raised",
    "automation.paused",
    "automation.resumed",
    "deploy.done",
    "plan.decided",
    "plan.executed",
    "safe_state.entered",
)
"""Types of record that these functions read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Somebody said that automation shall only page."""

    by: str
    reason: str
    since: datetime
    until: datetime | None
    """When it ends by itself; None when somebody must resume it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanProgress:
    """A decided plan and how its steps went so far."""

    plan: Plan
    decided_at: datetime
    outcomes: Mapping[str, StepOutcome]
    """Place of the step, such as `steps/2`, to its outcome."""
    switched_at: datetime | None
    """When its rollback took effect; None when it has not."""


def serving_by_ledger(entries: Iterable[Entry], *, system: str, environment: str) -> Serving | None:
    """What answers now, by the last switch on record; None when nothing was ever deployed."""
    serving: Serving | None = None
    for entry in entries:
        served = _switch(entry, system, environment)
        record = entry.record
        if served is not None and (serving is None or record.occurred_at >= serving.since):
            before = None if serving is None else serving.served
            serving = Serving(
                system=system,
                environment=environment,
                served=served,
                since=record.occurred_at,
                order=_text(record.data.get("order")) or record.id,
                replaced=serving.replaced if serving is not None and served == before else before,
            )
    return serving


def deployments(entries: Iterable[Entry], *, system: str, environment: str) -> tuple[tuple[str, datetime], ...]:
    """Each time that a release began to answer there: its lock digest and when, in the order of the log."""
    found = []
    for entry in entries:
        served = _switch(entry, system, environment)
        if isinstance(served, ServeRelease):
            found.append((served.lock, entry.record.occurred_at))
    return tuple(found)


def _switch(entry: Entry, system: str, environment: str) -> Served | None:
    data = entry.record.data
    if entry.record.type not in ("deploy.done", "safe_state.entered"):
        return None
    if data.get("system") != system or data.get("environment") != environment:
        return None
    if entry.record.type == "deploy.done":
        return ServeRelease(_text(data["lock"]))
    return ServeSafeState(SafeStateKind(_text(data["state"])))


def pause_in_force(entries: Iterable[Entry], *, system: str, now: datetime) -> Pause | None:
    """The pause that holds at `now`, if any; one that names no system holds for all."""
    pause: Pause | None = None
    for entry in entries:
        record, data = entry.record, entry.record.data
        if data.get("system") not in (system, None):
            continue
        if record.type == "automation.resumed":
            pause = None
        elif record.type == "automation.paused":
            until = data.get("until")
            pause = Pause(
                by=record.actor.sub,
                reason=_text(data.get("reason")),
                since=record.occurred_at,
                until=None if until is None else read_instant(until),
            )
    return None if pause is not None and pause.until is not None and pause.until <= now else pause


def plans_of(entries: Iterable[Entry], *, system: str, environment: str) -> tuple[PlanProgress, ...]:
    """Every plan that was decided, in order, with the outcomes of its steps."""
    found: dict[str, PlanProgress] = {}
    for entry in entries:
        record, data = entry.record, entry.record.data
        if data.get("system") != system or data.get("environment") != environment:
            continue
        plan = _text(data.get("plan"))
        if record.type == "plan.decided":
            found[plan] = PlanProgress(
                plan=_decided(_Decided(entry.body, _object(data["decision"]))),
                decided_at=record.occurred_at,
                outcomes={},
                switched_at=None,
            )
        elif record.type == "plan.executed" and plan in found:
            found[plan] = replace(found[plan], outcomes={**found[plan].outcomes, **_outcomes(data)})
        elif record.type == "deploy.done" and plan in found:
            found[plan] = replace(found[plan], switched_at=record.occurred_at)
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class _Decided:
    """A plan as it stands in an entry, told apart by the entry's bytes."""

    body: bytes
    decision: Mapping[str, Json] = field(compare=False)


@lru_cache(maxsize=8192)
def _decided(told: _Decided) -> Plan:
    """To read a plan takes longer than everything else here, and the same ones are read at each look."""
    return read_plan(told.decision)


def containing(plans: Iterable[PlanProgress], *, lock: str) -> str | None:
    """The open plan that is to take this release's place and has not done so yet, in a few words."""
    for progress in plans:
        steps = {f"steps/{at}": step for at, step in enumerate(progress.plan.steps, start=1)}
        steps |= {f"otherwise/{at}": step for at, step in enumerate(progress.plan.otherwise, start=1)}
        to_come = [
            step
            for place, step in steps.items()
            if isinstance(step, CONTAINING) and place not in progress.outcomes and ServeRelease(lock) in step.over
        ]
        if to_come and progress.switched_at is None and not is_over(progress.plan, progress.outcomes):
            return f"the {progress.plan.kind.value.replace('_', ' ')} of plan {progress.plan.id}"
    return None


def explained(plans: Iterable[PlanProgress]) -> tuple[DataSlice, ...]:
    """The rows of alarms that were real: their release was rolled back, and the traffic then showed the recovery."""
    found = []
    for progress in plans:
        steps = {f"steps/{at}": step for at, step in enumerate(progress.plan.steps, start=1)}
        verified = any(
            isinstance(step, VerifyRollback) and progress.outcomes.get(place) is StepOutcome.DONE
            for place, step in steps.items()
        )
        held = [step.rows for step in steps.values() if isinstance(step, HoldEvidence) and step.rows is not None]
        found += held if verified else []
    return tuple(found)


def last_rollback(entries: Iterable[Entry], *, system: str, environment: str) -> datetime | None:
    """When automation last let another release answer there; None when it never did."""
    return max(
        (
            entry.record.occurred_at
            for entry in entries
            if entry.record.actor.kind is ActorKind.AUTOMATION
            and isinstance(_switch(entry, system, environment), ServeRelease)
        ),
        default=None,
    )


def cooling_down(last: datetime | None, *, now: datetime, span: timedelta) -> str | None:
    """Why another automatic rollback at `now` would be flapping; None when the last one is at least `span` ago."""
    if last is None or now - last >= span:
        return None
    return f"the last automatic rollback was {now - last} ago; another within {span} would be flapping"


def _outcomes(data: Mapping[str, Json]) -> dict[str, StepOutcome]:
    steps = data.get("steps")
    rows = [_object(row) for row in steps] if isinstance(steps, list | tuple) else []
    return {_text(row["place"]): StepOutcome(_text(row["outcome"])) for row in rows}


def _object(value: Json) -> Mapping[str, Json]:
    if not isinstance(value, Mapping):
        raise InvalidInput("a record of automation holds something else than an object where one belongs")
    return value


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""
