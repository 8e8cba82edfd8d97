"""The daily list of a system's alarms: one row for each change, however many alarms told of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from careloop.plans.automation_history import plans_of, serving_by_ledger
from careloop.plans.open_alarms import AlarmState, KnownAlarm, alarms_of, change_of, open_alarms
from careloop.ports.ledger import Entry

__all__ = ["ListedAlarm", "listed_alarms"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedAlarm:
    """A change, by its first alarm."""

    first: KnownAlarm
    last: KnownAlarm
    times: int
    """Alarms that told of it."""
    kind: str | None
    """The strongest that was done about it: `alert`, `page`, `rollback`, `safe_state`; None before a plan."""
    acted_on: str
    """Id of the alarm that this was done upon; the first one's before a plan."""
    because: str
    state: AlarmState | None
    """Why it is open still; None when it is closed."""


_STRENGTH = ("alert", "page", "safe_state", "rollback")


def listed_alarms(
    entries: Iterable[Entry], *, system: str, environment: str, since: datetime
) -> tuple[ListedAlarm, ...]:
    """Changes with an alarm at or after `since`, or that are open; the newest first. `entries` as automation reads."""
    log = list(entries)
    where = {"system": system, "environment": environment}
    plans = plans_of(log, **where)
    by_alarm = {each.plan.alarm: each.plan for each in plans}
    alarms = alarms_of(log, **where)
    still = {
        change_of(one.known.alarm): one.state for one in open_alarms(alarms, plans, serving_by_ledger(log, **where))
    }
    changes: dict[tuple[object, ...], list[KnownAlarm]] = {}
    for known in alarms:
        changes.setdefault(change_of(known.alarm), []).append(known)
    found = []
    for change, told in changes.items():
        if told[-1].raised_at < since and change not in still:
            continue
        decided = [by_alarm[one.alarm.id] for one in told if one.alarm.id in by_alarm]
        main = max(decided, key=lambda plan: _STRENGTH.index(plan.kind.value), default=None)
        found.append(
            ListedAlarm(
                first=told[0],
                last=told[-1],
                times=len(told),
                kind=None if main is None else main.kind.value,
                acted_on=told[0].alarm.id if main is None or main.alarm is None else main.alarm,
                because="no plan was decided yet" if main is None else main.because,
                state=still.get(change),
            )
        )
    return tuple(sorted(found, key=lambda one: one.last.index, reverse=True))
