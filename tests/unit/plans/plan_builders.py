"""Alarms, cases and plans for tests: one line each, what matters named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from careloop.domain.alarm import Readiness, Signal, Worse
from careloop.domain.attribution import Attribution, Ground, Verdict
from careloop.domain.counts import Tally
from careloop.domain.deployment import ServeRelease
from careloop.domain.incident import DataSlice
from careloop.domain.monitor import Response
from careloop.domain.plan_steps import Plan, RaisedAlarm, RollbackTarget
from careloop.domain.system import SafeStateKind
from careloop.plans.decide import AlarmCase, decide_plan
from careloop.plans.identity import alarm_id

HOUR = 3600
NEW, OLD = "sha256:" + "b" * 64, "sha256:" + "a" * 64
READY = Readiness(may_act=True, because="0 alarms in 30 days", days=30.0, windows=720, alarms=0)
NOT_READY = Readiness(may_act=False, because="only 6.0 days of history", days=6.0, windows=144, alarms=0)


def a_signal(**changed: Any) -> Signal:
    """The release b selects women less often than others: 300 of 1000 against 500 of 1000, 5 points allowed."""
    signal = Signal(
        monitor="gap",
        release=NEW,
        window=1000 * HOUR,
        since=990 * HOUR,
        moved=Worse.LOWER,
        group="women",
        observed=Tally(300, 1000),
        compared=Tally(500, 1000),
        limit=0.05,
        statistic=50_000.0,
        threshold=43_800.0,
    )
    return replace(signal, **changed)


def a_rate_signal(**changed: Any) -> Signal:
    """The share of errors rose to 30 of 100 from a limit of .2."""
    return a_signal(
        monitor="errors",
        moved=Worse.HIGHER,
        group=None,
        observed=Tally(300, 1000),
        compared=None,
        limit=0.2,
        **changed,
    )


def an_alarm(signal: Signal | None = None, **changed: Any) -> RaisedAlarm:
    """The alarm of a monitor that may roll back."""
    found = signal or a_signal()
    rows = DataSlice(
        system="credit",
        release=found.release,
        monitor=found.monitor,
        since=found.since,
        until=found.window + HOUR,
        by="sex",
        group=found.group,
        n=2000,
        digest="0" * 64,
    )
    alarm = RaisedAlarm(
        id=alarm_id(found, system="credit", environment="production"),
        system="credit",
        environment="production",
        severity="sev1",
        response=Response.ROLLBACK,
        minimum_n=100,
        signal=found,
        rows=rows,
    )
    return replace(alarm, **changed)


def an_attribution(verdict: Verdict = Verdict.BETTER, ground: Ground | None = Ground.REPLAY) -> Attribution:
    return Attribution(ground=ground, verdict=verdict, because="the test says so", n=2000, improvement=(0.1, 0.3))


def a_case(**changed: Any) -> AlarmCase:
    """Everything is there that an automatic rollback takes."""
    case = AlarmCase(
        alarm=an_alarm(),
        readiness=READY,
        serving=ServeRelease(NEW),
        target=RollbackTarget(lock=OLD, because="it has standing"),
        safe_state=SafeStateKind.HUMAN,
        attribution=an_attribution(),
    )
    return replace(case, **changed)


def a_plan(**changed: Any) -> Plan:
    """The plan of that case, or of one that differs."""
    return decide_plan(a_case(**changed))


def step_names(plan: Plan) -> list[str]:
    return [step.step for step in plan.steps]
