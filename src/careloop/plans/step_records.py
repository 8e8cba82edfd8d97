"""The records that automation writes: an alarm, the decision upon it, what each step brought about, how it went."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from careloop.domain.alarm import Readiness
from careloop.domain.deployment import Served, ServeRelease
from careloop.domain.incident import DataSlice
from careloop.domain.plan_steps import Plan, RaisedAlarm, Step
from careloop.plans.identity import effect_id, step_id
from careloop.plans.plan_record import alarm_data, plan_data
from careloop.plans.progress import StepOutcome
from careloop.ports.ledger import Actor, BlobRef, Json, Record, Subject

__all__ = ["Effect", "alarm_record", "decision_record", "effect_record", "outcome_record", "served_data", "slice_data"]

_MOST_TEXT: Final = 1000
_CONTROLS: Final[Mapping[str, tuple[str, ...]]] = {
    "alarm.raised": ("iso42001:2023/A.6.2.6",),
    "plan.decided": ("iso42001:2023/A.6.2.6",),
    "plan.executed": ("iso42001:2023/A.6.2.6",),
    "deploy.done": ("iso42001:2023/A.6.2.5", "iso42001:2023/A.6.2.6"),
    "safe_state.entered": ("iso42001:2023/A.6.2.6",),
    "rollback.verified": ("iso42001:2023/A.6.2.6",),
    "retrain.requested": ("iso42001:2023/A.6.2.6",),
    "evidence.hold": ("iso42001:2023/A.6.2.8",),
    "incident.opened": ("iso42001:2023/A.8.4",),
    "page.sent": ("iso42001:2023/A.6.2.6",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a step brought about, before it is a record."""

    type: str
    data: Mapping[str, Json]
    at: datetime
    lock: str | None = None
    """Release that it is about, if it is about one."""
    blobs: tuple[BlobRef, ...] = ()


def alarm_record(alarm: RaisedAlarm, *, readiness: Readiness, promise: str, actor: Actor, now: datetime) -> Record:
    """`alarm.raised`: the numbers that a person needs to check it by hand, and the whole alarm to decide by."""
    signal = alarm.signal
    data: dict[str, Json] = {
        "system": alarm.system,
        "environment": alarm.environment,
        "release": signal.release,
        "monitor": signal.monitor,
        "window": signal.window,
        "n": alarm.rows.n,
        "counts": f"sha256:{alarm.rows.digest}",
        "statistic": repr(signal.statistic),
        "threshold": repr(signal.threshold),
        "limit": repr(signal.limit),
        "promise": promise,
        "may_act": readiness.may_act,
        "because": _told(readiness.because),
        "alarm": alarm_data(alarm),
    }
    return Record(
        id=alarm.id,
        type="alarm.raised",
        actor=actor,
        occurred_at=now,
        data=data,
        subject=_subjects(alarm.system, signal.release),
        controls=_CONTROLS["alarm.raised"],
    )


def decision_record(plan: Plan, *, actor: Actor, now: datetime, proof: Mapping[str, Json] | None = None) -> Record:
    """`plan.decided`: the whole plan, so that whoever continues it continues the same one."""
    return Record(
        id=plan.id,
        type="plan.decided",
        actor=actor,
        occurred_at=now,
        data=_of_plan(plan)
        | {"kind": plan.kind.value, "because": _told(plan.because), "decision": plan_data(plan), **(proof or {})},
        subject=_subjects(plan.system, None),
        controls=_CONTROLS["plan.decided"],
        refs=(plan.alarm,) if plan.alarm is not None else (),
    )


def effect_record(plan: Plan, place: str, effect: Effect, *, actor: Actor) -> Record:
    """What the step at this place brought about, with the id that this step always has."""
    return Record(
        id=effect_id(plan.id, place),
        type=effect.type,
        actor=actor,
        occurred_at=effect.at,
        data=_of_plan(plan) | _clean(effect.data),
        subject=_subjects(plan.system, effect.lock),
        controls=_CONTROLS[effect.type],
        refs=(plan.id,),
        blobs=effect.blobs,
    )


def outcome_record(
    plan: Plan, place: str, step: Step, *, outcome: tuple[StepOutcome, str], written: tuple[Actor, datetime]
) -> Record:
    """`plan.executed`: how the step at this place went, and why."""
    done, detail = outcome
    actor, now = written
    row: Json = {"place": place, "step": step.step, "outcome": done.value, "detail": _told(detail)}
    return Record(
        id=step_id(plan.id, place),
        type="plan.executed",
        actor=actor,
        occurred_at=now,
        data=_of_plan(plan) | {"steps": [row]},
        subject=_subjects(plan.system, None),
        controls=_CONTROLS["plan.executed"],
        refs=(plan.id,),
    )


def slice_data(part: DataSlice) -> Json:
    """Which rows, as a value for a record."""
    found: dict[str, Json] = asdict(part)
    return found


def served_data(served: Served | None) -> Json:
    """What answered, as a value for a record."""
    if served is None:
        return None
    return {"release": served.lock} if isinstance(served, ServeRelease) else {"safe_state": served.state.value}


def _of_plan(plan: Plan) -> dict[str, Json]:
    return {"plan": plan.id, "alarm": plan.alarm, "system": plan.system, "environment": plan.environment}


def _subjects(system: str, lock: str | None) -> tuple[Subject, ...]:
    found = (Subject(name=f"systems/{system}"),)
    return found if lock is None else (*found, Subject(name=f"releases/{lock}", digest=lock))


def _clean(data: Mapping[str, Json]) -> dict[str, Json]:
    return {key: _told(value) if isinstance(value, str) else value for key, value in data.items()}


def _told(text: str) -> str:
    """The text as it may stand in a record: NFC, no lone surrogates, and not endless."""
    return unicodedata.normalize("NFC", text.encode(errors="replace").decode())[:_MOST_TEXT]
