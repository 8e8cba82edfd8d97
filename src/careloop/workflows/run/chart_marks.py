"""What the ledger puts on a system's charts: alarms with their answers, and what answered from when on. Entries in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from careloop.domain.deployment import Served, ServeRelease, ServeSafeState
from careloop.domain.monitor_chart import AlarmMark, PlanMark, SwitchKind, SwitchMark
from careloop.domain.plan_steps import PlanKind
from careloop.domain.standing import Standing
from careloop.domain.system import SafeStateKind
from careloop.plans.automation_history import PlanProgress, deployments, plans_of
from careloop.plans.open_alarms import KnownAlarm, alarms_of, change_of
from careloop.plans.progress import is_over
from careloop.ports.ledger import Entry
from careloop.workflows.run.release_records import standings_in

__all__ = ["Marks", "marks_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Everything of the ledger that charts of one system in one environment show or need."""

    alarms: Mapping[str, tuple[AlarmMark, ...]]
    """By monitor, in the order of the ledger."""
    switches: tuple[SwitchMark, ...]
    """In order of time."""
    starts: Mapping[str, Sequence[int]]
    """When each release took over, each time, in seconds since 1970; what `detect_changes` asks for."""

    @property
    def answering(self) -> str | None:
        """Lock digest of the release that took over last; None before any did."""
        served = [mark.to.lock for mark in self.switches if isinstance(mark.to, ServeRelease)]
        return served[-1] if served else None


_NOTHING_RUNS_OUT: Final = datetime.min.replace(tzinfo=UTC)
"""A mark tells what a release was called, whether or not it may still run."""


def marks_of(entries: Sequence[Entry], *, system: str, environment: str, seconds: Mapping[str, int]) -> Marks:
    """The marks; `seconds` says how long the windows of each monitor are, those that are gone from it get none."""
    plans = plans_of(entries, system=system, environment=environment)
    starts: dict[str, list[int]] = {}
    for lock, at in deployments(entries, system=system, environment=environment):
        starts.setdefault(lock, []).append(int(at.timestamp()))
    alarms: dict[str, list[AlarmMark]] = {}
    for mark in _alarm_marks(alarms_of(entries, system=system, environment=environment), plans, seconds):
        alarms.setdefault(mark.signal.monitor, []).append(mark)
    switches = _switches(entries, (system, environment), plans, standings_in(entries, now=_NOTHING_RUNS_OUT))
    return Marks(
        alarms={monitor: tuple(marks) for monitor, marks in alarms.items()},
        switches=tuple(sorted(switches, key=lambda mark: (mark.at, mark.index))),
        starts=starts,
    )


def _alarm_marks(
    alarms: Iterable[KnownAlarm], plans: Iterable[PlanProgress], seconds: Mapping[str, int]
) -> Iterator[AlarmMark]:
    answers = {progress.plan.alarm: progress for progress in plans}
    told: set[tuple[object, ...]] = set()
    for known in alarms:
        alarm = known.alarm
        progress = answers.get(alarm.id)
        yield AlarmMark(
            id=alarm.id,
            index=known.index,
            raised_at=known.raised_at,
            signal=alarm.signal,
            seconds=seconds.get(alarm.signal.monitor, alarm.rows.until - alarm.signal.window),
            severity=alarm.severity,
            response=alarm.response,
            may_act=known.may_act,
            because=known.because,
            again=change_of(alarm) in told,
            plan=None if progress is None else _plan_mark(progress),
        )
        told.add(change_of(alarm))


def _plan_mark(progress: PlanProgress) -> PlanMark:
    plan = progress.plan
    return PlanMark(id=plan.id, kind=plan.kind, because=plan.because, over=is_over(plan, progress.outcomes))


def _switches(
    entries: Iterable[Entry],
    where: tuple[str, str],
    plans: Iterable[PlanProgress],
    standings: Iterable[Standing],
) -> Iterator[SwitchMark]:
    kinds = {progress.plan.id: progress.plan.kind for progress in plans}
    versions = {standing.lock: standing.version for standing in standings}
    for entry in entries:
        record, data = entry.record, entry.record.data
        if (data.get("system"), data.get("environment")) != where:
            continue
        plan = data.get("plan")
        plan = plan if isinstance(plan, str) else None
        to: Served
        if record.type == "deploy.done":
            back = plan is not None and kinds.get(plan) is PlanKind.ROLLBACK
            to, kind = ServeRelease(str(data["lock"])), SwitchKind.ROLLBACK if back else SwitchKind.DEPLOY
        elif record.type == "safe_state.entered":
            to, kind = ServeSafeState(SafeStateKind(str(data["state"]))), SwitchKind.SAFE_STATE
        else:
            continue
        yield SwitchMark(
            at=record.occurred_at,
            kind=kind,
            to=to,
            version=versions.get(to.lock) if isinstance(to, ServeRelease) else None,
            by=record.actor.sub,
            index=entry.index,
            plan=plan,
        )
