"""Watch a system: continue open plans, look for changes, and answer each alarm with a plan - once.

Everything that is decided is in the ledger before anything is done, so this may be killed at any point and run again,
or run twice at a time: the same alarm has the same id, the same plan and the same steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from careloop.domain.alarm import Readiness
from careloop.domain.attribution import Attribution
from careloop.domain.deployment import ServeRelease
from careloop.domain.incident import DataSlice
from careloop.domain.plan_steps import Plan, RaisedAlarm, RollbackTarget
from careloop.domain.release_lock import Presence
from careloop.domain.system import SafeStateKind
from careloop.errors import CareloopError, Conflict
from careloop.gates.rollback_target import rollback_target
from careloop.plans.attribute import AttributionTerms, attribute
from careloop.plans.automation_history import (
    Pause,
    containing,
    cooling_down,
    deployments,
    last_rollback,
    pause_in_force,
    plans_of,
    serving_by_ledger,
)
from careloop.plans.decide import AlarmCase, PlanTerms, decide_plan, wants_attribution
from careloop.plans.identity import alarm_id
from careloop.plans.open_alarms import told_of
from careloop.plans.plan_record import read_alarm
from careloop.plans.progress import is_over
from careloop.plans.step_records import alarm_record
from careloop.ports.ledger import Entry, Ledger, Record
from careloop.workflows.run.compare_releases import ReplayRoom, compare_releases
from careloop.workflows.run.detect_changes import Change, detect_changes
from careloop.workflows.run.execute_plan import Executed, Hands, execute_plan
from careloop.workflows.run.release_records import standings_of
from careloop.workflows.run.watch_memory import WatchMemory, windows_seen
from careloop.workflows.run.watched_monitor import WatchedMonitor

__all__ = ["Answered", "SystemWatch", "WatchReport", "WatchTerms", "Watching", "watch_system", "why_not_standing"]

_ALONE = "its windows cannot be read any more"


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchTerms:
    """Bounds of what automation may do by itself."""

    cool_down: timedelta = timedelta(hours=24)
    """A second automatic rollback within this time would be flapping."""
    young: timedelta = timedelta(days=14)
    """How long a release counts as young."""
    told_again: timedelta = timedelta(hours=24)
    """People are told of a change that goes on this often; in between its alarms are recorded and belong together."""
    plan: PlanTerms = field(default_factory=PlanTerms)


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemWatch:
    """What is watched."""

    system: str
    environment: str
    safe_state: SafeStateKind | None
    monitors: tuple[WatchedMonitor, ...]
    terms: WatchTerms = field(default_factory=WatchTerms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """What is watched with."""

    hands: Hands
    presence: Callable[[str], Presence]
    """Whether a release's artefacts are here and are what was locked."""
    room: ReplayRoom | None = None
    """Where the target is replayed; None where it cannot be."""
    memory: WatchMemory | None = None
    """Of the looks before; None to find everything anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One alarm and the plan it was answered with."""

    alarm: RaisedAlarm
    readiness: Readiness
    plan: Plan
    executed: Executed | None
    """None in a dry run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchReport:
    """What one look at a system found and did."""

    system: str
    environment: str
    answered: tuple[Answered, ...]
    """Alarms that had no plan before."""
    continued: tuple[Executed, ...]
    """Plans that were open."""
    paused: Pause | None
    windows: int
    """Closed windows of all monitors that were looked at."""


def watch_system(watch: SystemWatch, using: Watching, *, now: datetime, dry_run: bool = False) -> WatchReport:
    """Look once. With `dry_run` nothing is recorded or done: the answer shows the very plans that would be executed.

    Raises `Unavailable` when the ledger is out of reach; automation then does nothing.
    """
    return _Look(watch, using, now, dry_run).look()


def why_not_standing(ledger: Ledger, *, system: str, environment: str, now: datetime) -> Callable[[str], str | None]:
    """Says of a release why it may not answer: it never had standing there, or it was revoked; None when it may."""

    def why_not(lock: str) -> str | None:
        every = standings_of(ledger, system, now=now)
        ours = [one for one in every if (one.lock, one.environment) == (lock, environment)]
        if any(one.valid for one in ours):
            return None
        if not ours:
            return f"release {lock[:19]} has no standing in {environment}"
        return f"release {lock[:19]} was revoked: {ours[-1].revoked_because}"

    return why_not


class _Look:
    """One look at one system; the ledger is read again after each plan, since that may have changed what answers."""

    def __init__(self, watch: SystemWatch, using: Watching, now: datetime, dry_run: bool) -> None:
        self._watch, self._using, self._now, self._dry_run = watch, using, now, dry_run
        self._ledger = using.hands.ledger
        self._where = {"system": watch.system, "environment": watch.environment}
        self._memory = using.memory or WatchMemory()

    def look(self) -> WatchReport:
        continued = () if self._dry_run else tuple(self._continue())
        answered = tuple(self._answer(alarm, change) for alarm, change in self._unanswered())
        self._make_ready()
        return WatchReport(
            system=self._watch.system,
            environment=self._watch.environment,
            answered=answered,
            continued=continued,
            paused=pause_in_force(self._entries(), system=self._watch.system, now=self._now),
            windows=sum(map(windows_seen, self._memory.monitors.values())),
        )

    def _make_ready(self) -> None:
        """Have the rollback target loaded while nothing is wrong: an alarm then need not wait for it."""
        if self._dry_run or self._using.memory is None or self._using.room is None:
            return
        serving = serving_by_ledger(self._entries(), **self._where)
        if serving is None or not isinstance(serving.served, ServeRelease):
            return
        lock = serving.served.lock
        if lock not in self._memory.readied:
            self._memory.readied.add(lock)
            target = self._target(lock).lock
            if target is not None:
                with suppress(CareloopError):  # the alarm's own replay will say what is wrong
                    self._using.room.replayer.predict(target, [])

    def _entries(self) -> list[Entry]:
        return self._using.hands.log.entries(self._ledger)

    def _continue(self) -> Iterator[Executed]:
        for progress in plans_of(self._entries(), **self._where):
            if not is_over(progress.plan, progress.outcomes):
                yield execute_plan(progress.plan, hands=self._using.hands, now=self._now)

    def _unanswered(self) -> list[tuple[RaisedAlarm, Change | None]]:
        """Alarms without a plan, in order of their windows: those of the detectors, and any on record beside them."""
        entries = self._entries()
        answered = {progress.plan.alarm for progress in plans_of(entries, **self._where)}
        found: dict[str, tuple[RaisedAlarm, Change | None]] = {}
        found |= {alarm.id: (alarm, change) for alarm, change in self._changes(entries)}
        for entry in entries:
            record = entry.record
            ours = all(record.data.get(key) == value for key, value in self._where.items())
            if record.type == "alarm.raised" and ours and record.id not in found and "alarm" in record.data:
                found[record.id] = (self._recorded(record), None)
        unanswered = [each for each in found.values() if each[0].id not in answered]
        return sorted(unanswered, key=lambda each: (each[0].signal.window, each[0].signal.monitor))

    def _recorded(self, record: Record) -> RaisedAlarm:
        if record.id not in self._memory.alarms:
            value = record.data["alarm"]
            self._memory.alarms[record.id] = read_alarm(value if isinstance(value, dict) else {})
        return self._memory.alarms[record.id]

    def _changes(self, entries: list[Entry]) -> Iterator[tuple[RaisedAlarm, Change]]:
        starts: dict[str, list[int]] = {}
        for lock, at in deployments(entries, **self._where):
            starts.setdefault(lock, []).append(int(at.timestamp()))
        for watched in self._watch.monitors:
            for change in detect_changes(watched, starts=starts, memory=self._memory):
                yield self._alarm(change), change

    def _alarm(self, change: Change) -> RaisedAlarm:
        """The alarm with its slice of rows; closed windows stay as they are, so it is made once."""
        name = alarm_id(change.signal, **self._where)
        known = self._memory.alarms.get(name)
        monitor = change.part.watched.monitor
        if known is None or (known.minimum_n, known.response) != (monitor.minimum_n, monitor.response):
            known = self._memory.alarms[name] = self._new_alarm(change, name)
        return known

    def _new_alarm(self, change: Change, name: str) -> RaisedAlarm:
        watched, signal = change.part.watched, change.signal
        until = signal.window + watched.seconds
        table = watched.table.select(release=signal.release, since=signal.since, until=until)
        rows = DataSlice(
            system=self._watch.system,
            release=signal.release,
            monitor=signal.monitor,
            since=signal.since,
            until=until,
            by=watched.monitor.by,
            group=signal.group,
            n=table.total()[table.columns.index("n")],
            digest=table.digest(),
        )
        return RaisedAlarm(
            id=name,
            system=self._watch.system,
            environment=self._watch.environment,
            severity=watched.monitor.severity,
            response=watched.monitor.response,
            minimum_n=watched.monitor.minimum_n,
            signal=signal,
            rows=rows,
        )

    def _answer(self, alarm: RaisedAlarm, change: Change | None) -> Answered:
        readiness = self._ready(change)
        if change is not None and not self._dry_run:
            promise = change.part.watched.monitor.promise
            hands = self._using.hands
            record = alarm_record(alarm, readiness=readiness, promise=promise, actor=hands.actor, now=self._now)
            with suppress(Conflict):  # it was raised before, by a run that was cut short or beside this one
                self._ledger.append([record], recorded_at=self._now)
        plan = decide_plan(self._case(alarm, change, readiness), self._watch.terms.plan)
        executed = None if self._dry_run else execute_plan(plan, hands=self._using.hands, now=self._now)
        return Answered(alarm=alarm, readiness=readiness, plan=plan, executed=executed)

    def _ready(self, change: Change | None) -> Readiness:
        """Whether the monitor may act; the same past, replayed for a first alarm, is not replayed for the next."""
        if change is None:
            return Readiness(may_act=False, because=_ALONE, days=0.0, windows=0, alarms=0)
        known_until = change.history[-1].window if change.history else 0
        key = (change.part.watched.monitor, change.part.group, known_until, len(change.history))
        if key not in self._memory.readiness:
            self._memory.readiness[key] = change.readiness()
        return self._memory.readiness[key]

    def _case(self, alarm: RaisedAlarm, change: Change | None, readiness: Readiness) -> AlarmCase:
        entries = self._entries()
        serving = serving_by_ledger(entries, **self._where)
        pause = pause_in_force(entries, system=self._watch.system, now=self._now)
        plans = plans_of(entries, **self._where)
        since = self._now - self._watch.terms.told_again
        told, messages = told_of(plans, alarm, since=since, known=self._memory.alarms)
        case = AlarmCase(
            alarm=alarm,
            readiness=readiness,
            serving=None if serving is None else serving.served,
            target=self._target(alarm.signal.release),
            safe_state=self._watch.safe_state,
            paused=None if pause is None else f"{pause.reason} ({pause.by})",
            told=told,
            messages=messages,
            under_way=containing(plans, lock=alarm.signal.release),
            cooling=cooling_down(
                last_rollback(entries, **self._where), now=self._now, span=self._watch.terms.cool_down
            ),
        )
        if change is None or not wants_attribution(case):
            return case
        return replace(case, attribution=self._attribution(change, case))

    def _target(self, release: str) -> RollbackTarget:
        return rollback_target(
            standings_of(self._ledger, self._watch.system, now=self._now),
            environment=self._watch.environment,
            instead_of=release,
            presence=self._using.presence,
        )

    def _attribution(self, change: Change, case: AlarmCase) -> Attribution:
        assert case.target.lock is not None
        evidence = compare_releases(change, target=case.target.lock, rows=case.alarm.rows, room=self._using.room)
        terms = AttributionTerms(least_n=case.alarm.minimum_n, young_s=int(self._watch.terms.young.total_seconds()))
        return attribute(change.signal, evidence, terms)
