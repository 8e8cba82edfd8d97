"""Which alarms somebody should still look at. Entries in, values out.

An alarm is closed once its plan is over and the release that it speaks of no longer answers. Alarms that tell of one
change, which goes on, are one: the newest of them, as `careloop.scoring.alerts` counts them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from careloop.domain.deployment import ServeRelease, Serving
from careloop.domain.plan_steps import Notify, PlanKind, RaisedAlarm
from careloop.plans.automation_history import PlanProgress
from careloop.plans.plan_record import read_alarm
from careloop.plans.progress import is_over
from careloop.ports.ledger import Entry

__all__ = ["AlarmState", "KnownAlarm", "OpenAlarm", "alarms_of", "change_of", "open_alarms", "told_of"]


class AlarmState(StrEnum):
    """Why an alarm is still open."""

    UNANSWERED = "unanswered"
    """No plan was decided yet."""
    UNDER_WAY = "under_way"
    """Its plan is not over."""
    STILL_ANSWERS = "still_answers"
    """Its plan is over, and the release that it speaks of answers still."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAlarm:
    """An alarm as it stands in the ledger."""

    alarm: RaisedAlarm
    index: int
    """Place in the ledger."""
    raised_at: datetime
    may_act: bool
    because: str
    """Why it may or may not act."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAlarm:
    """An alarm that somebody should look at."""

    known: KnownAlarm
    state: AlarmState
    times: int
    """Alarms on record that tell of the same change."""


def alarms_of(entries: Iterable[Entry], *, system: str, environment: str) -> tuple[KnownAlarm, ...]:
    """Every alarm on record whose numbers can be read, in the order of the log."""
    found = []
    for entry in entries:
        data = entry.record.data
        told = data.get("alarm")
        ours = data.get("system") == system and data.get("environment") == environment
        if entry.record.type == "alarm.raised" and ours and isinstance(told, dict):
            found.append(
                KnownAlarm(
                    alarm=read_alarm(told),
                    index=entry.index,
                    raised_at=entry.record.occurred_at,
                    may_act=data.get("may_act") is True,
                    because=str(data.get("because", "")),
                )
            )
    return tuple(found)


def change_of(alarm: RaisedAlarm) -> tuple[object, ...]:
    """What two alarms that tell of one change have in common."""
    signal = alarm.signal
    return signal.monitor, signal.release, signal.group, signal.moved, signal.since


def told_of(
    plans: Iterable[PlanProgress], alarm: RaisedAlarm, *, since: datetime, known: Mapping[str, RaisedAlarm]
) -> tuple[PlanKind | None, int]:
    """How people were told of the alarm's change after `since`, and how often they were told anything.

    The strongest way counts, None when they were not. A change is the same for as long as monitor, release, group and
    direction are. `plans` are of the alarm's system and environment, `known` its alarms, by id.
    """
    strongest: PlanKind | None = None
    messages = 0
    for progress in plans:
        plan = progress.plan
        if progress.decided_at <= since or not any(isinstance(step, Notify) for step in plan.steps):
            continue
        messages += 1
        before = None if plan.alarm is None else known.get(plan.alarm)
        if before is not None and change_of(before)[:-1] == change_of(alarm)[:-1]:
            strongest = plan.kind if strongest in (None, PlanKind.ALERT) else strongest
    return strongest, messages


def open_alarms(
    alarms: Sequence[KnownAlarm], plans: Iterable[PlanProgress], serving: Serving | None
) -> tuple[OpenAlarm, ...]:
    """Those that are open, newest first; `alarms` and `plans` are of one system in one environment."""
    by_alarm = {progress.plan.alarm: progress for progress in plans}
    newest: dict[tuple[object, ...], OpenAlarm] = {}
    for known in alarms:
        state = _state(by_alarm.get(known.alarm.id), known.alarm.signal.release, serving)
        before = newest.pop(change_of(known.alarm), None)
        state = before.state if before is not None and state is None else state
        if state is not None:
            times = 1 if before is None else before.times + 1
            newest[change_of(known.alarm)] = OpenAlarm(known=known, state=state, times=times)
    return tuple(reversed(newest.values()))


def _state(progress: PlanProgress | None, release: str, serving: Serving | None) -> AlarmState | None:
    """None: the alarm is closed."""
    if progress is None:
        return AlarmState.UNANSWERED
    if not is_over(progress.plan, progress.outcomes):
        return AlarmState.UNDER_WAY
    answers = serving is not None and serving.served == ServeRelease(release)
    return AlarmState.STILL_ANSWERS if answers else None
