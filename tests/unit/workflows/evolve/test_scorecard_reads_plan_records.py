"""The scorecard reads what automation writes: the records here are made by the functions that make the real ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from careloop.domain.alarm import Readiness, Signal, Worse
from careloop.domain.attribution import Attribution, Ground, Verdict
from careloop.domain.counts import Tally
from careloop.domain.deployment import ServeRelease
from careloop.domain.incident import DataSlice
from careloop.domain.metric import Figure, Window
from careloop.domain.monitor import Response
from careloop.domain.plan_steps import OpenIncident, Plan, RaisedAlarm, RollBack, RollbackTarget, VerifyRollback
from careloop.domain.system import SafeStateKind
from careloop.domain.tier import Tier
from careloop.plans.decide import AlarmCase, decide_plan
from careloop.plans.identity import alarm_id
from careloop.plans.progress import StepOutcome
from careloop.plans.step_records import Effect, alarm_record, decision_record, effect_record, outcome_record, slice_data
from careloop.ports.ledger import Actor, ActorKind
from careloop.scoring.alerts import alerts_figure
from careloop.scoring.correction_time import correction_time_figure
from careloop.scoring.evidence import Evidence
from careloop.scoring.rollbacks import rollbacks_figure
from careloop.testing.ledger_fake import LedgerFake

START = datetime(2026, 10, 1, tzinfo=UTC)
Q4 = Window("2026Q4", START, datetime(2027, 1, 1, tzinfo=UTC))
RAISED = START + timedelta(days=10)
NOW = START + timedelta(days=20)
NEW, OLD = "sha256:" + "b" * 64, "sha256:" + "a" * 64
WORKER = Actor(iss="careloop", sub="care-worker", kind=ActorKind.AUTOMATION)
READY = Readiness(may_act=True, because="0 alarms in 30 days", days=30.0, windows=720, alarms=0)


def an_alarm() -> RaisedAlarm:
    """Raised on day 10; the change began two hours before."""
    window = int(RAISED.timestamp()) - 3600
    signal = Signal(
        monitor="gap", release=NEW, window=window, since=window - 3600, moved=Worse.LOWER, group="women",
        observed=Tally(300, 1000), compared=Tally(500, 1000), limit=0.05, statistic=50_000.0, threshold=43_800.0,
    )  # fmt: skip
    rows = DataSlice(
        system="credit", release=NEW, monitor="gap", since=signal.since, until=window + 3600, by="sex", group="women",
        n=2000, digest="0" * 64,
    )  # fmt: skip
    return RaisedAlarm(
        id=alarm_id(signal, system="credit", environment="production"), system="credit", environment="production",
        severity="sev1", response=Response.ROLLBACK, minimum_n=100, signal=signal, rows=rows,
    )  # fmt: skip


def a_plan(alarm: RaisedAlarm) -> Plan:
    case = AlarmCase(
        alarm=alarm,
        readiness=READY,
        serving=ServeRelease(NEW),
        target=RollbackTarget(lock=OLD, because="it has standing"),
        safe_state=SafeStateKind.HUMAN,
        attribution=Attribution(
            ground=Ground.REPLAY, verdict=Verdict.BETTER, because="better on the same rows", n=2000
        ),
    )
    return decide_plan(case)


def what_automation_wrote() -> Evidence:
    """An alarm, its plan, the rollback after two minutes, the incident, and the proof after three hours."""
    alarm = an_alarm()
    plan = a_plan(alarm)
    ledger = LedgerFake()
    ledger.append([alarm_record(alarm, readiness=READY, promise="P5Y", actor=WORKER, now=RAISED)], recorded_at=RAISED)
    decided = RAISED + timedelta(minutes=1)
    ledger.append([decision_record(plan, actor=WORKER, now=decided)], recorded_at=decided)
    for number, step in enumerate(plan.steps, start=1):
        place = f"steps/{number}"
        at = RAISED + (timedelta(hours=3) if isinstance(step, VerifyRollback) else timedelta(minutes=2))
        records = [outcome_record(plan, place, step, outcome=(StepOutcome.DONE, "done"), written=(WORKER, at))]
        effect: Effect | None = None
        if isinstance(step, RollBack):
            effect = Effect(type="deploy.done", data={"lock": step.to}, at=at, lock=step.to)
        elif isinstance(step, OpenIncident):
            assert step.rows is not None
            data = {"severity": step.severity, "title": step.title, "rows": slice_data(step.rows)}
            effect = Effect(type="incident.opened", data=data, at=at)
        elif isinstance(step, VerifyRollback):
            effect = Effect(type="rollback.verified", data={"from": step.left, "to": step.to}, at=at, lock=step.to)
        if effect is not None:
            records.append(effect_record(plan, place, effect, actor=WORKER))
        ledger.append(records, recorded_at=at)
    return Evidence.of(ledger.query(), now=NOW)


def part_value(figure: Figure, name: str) -> float | None:
    return next(one.value for one in figure.parts if one.id == name)


def test_the_alarm_is_one_alert_of_its_monitor() -> None:
    kinds = {("credit", "gap"): "fairness"}
    figure = alerts_figure(what_automation_wrote(), Q4, served={"credit": 2_000}, kinds=kinds)
    assert (figure.value, part_value(figure, "kind_fairness")) == (0.5, 0.5)


def test_the_bad_output_went_on_for_three_hours_after_two_in_which_nobody_noticed() -> None:
    figure = correction_time_figure(what_automation_wrote(), Q4, as_of=NOW, tiers={"credit": Tier.VERY_HIGH})
    assert (figure.value, figure.n) == (3.0, 1)
    assert part_value(figure, "detection") == 2.0
    assert part_value(figure, "severity_sev1") == 3.0


def test_the_rollback_worked_and_took_three_hours_from_the_alarm() -> None:
    figure = rollbacks_figure(what_automation_wrote(), Q4, as_of=NOW)
    assert (figure.value, figure.n) == (100.0, 1)
    assert part_value(figure, "time_to_safe") == 180.0
