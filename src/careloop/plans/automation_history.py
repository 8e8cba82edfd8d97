"""What the ledger says about automation: what answers now, who paused it, which plans are open. Entries in, values out.

All functions take entries in the order of the log and look only at those of the system.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from careloop.domain.deployment import Served, ServeRelease, ServeSafeState, Serving
from careloop.domain.plan_steps import Plan
from careloop.domain.system import SafeStateKind
from careloop.errors import InvalidInput
from careloop.ledger.canonical import read_instant
from careloop.plans.plan_record import read_plan
from careloop.plans.progress import StepOutcome
from careloop.ports.ledger import ActorKind, Entry, Json

__all__ = [
    "READS",
    "Pause",
    "PlanProgress",
    "cooling_down",
    "deployed_at",
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
        if served is not None:
            record = entry.record
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


def deployed_at(entries: Iterable[Entry], *, system: str, environment: str, lock: str) -> tuple[datetime, ...]:
    """When this release began to answer, each time."""
    return tuple(
        entry.record.occurred_at for entry in entries if _switch(entry, system, environment) == ServeRelease(lock)
    )


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
                plan=read_plan(_object(data["decision"])),
                decided_at=record.occurred_at,
                outcomes={},
                switched_at=None,
            )
        elif record.type == "plan.executed" and plan in found:
            found[plan] = replace(found[plan], outcomes={**found[plan].outcomes, **_outcomes(data)})
        elif record.type == "deploy.done" and plan in found:
            found[plan] = replace(found[plan], switched_at=record.occurred_at)
    return tuple(found.values())


def cooling_down(switches: Iterable[Entry], *, now: datetime, span: timedelta) -> str | None:
    """Why another automatic rollback at `now` would be flapping; None when the last one is long enough ago.

    `switches` are the entries of type `deploy.done` of this system and environment.
    """
    last = max((e.record.occurred_at for e in switches if e.record.actor.kind is ActorKind.AUTOMATION), default=None)
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
