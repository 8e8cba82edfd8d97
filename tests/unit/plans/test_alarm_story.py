"""The story of an alarm is read from its records alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from plan_builders import READY, a_plan, an_alarm

from careloop.errors import NotFound
from careloop.plans.alarm_story import alarm_story
from careloop.plans.progress import StepOutcome
from careloop.plans.step_records import alarm_record, decision_record, outcome_record
from careloop.ports.ledger import Actor, ActorKind
from careloop.testing.ledger_fake import LedgerFake

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)
AUTOMATION = Actor(iss="careloop", sub="care-monitor", kind=ActorKind.AUTOMATION)


def a_log(*, decided: bool = True) -> LedgerFake:
    ledger, plan = LedgerFake(), a_plan()
    records = [alarm_record(an_alarm(), readiness=READY, promise="P5Y", actor=AUTOMATION, now=NOON)]
    if decided:
        records.append(decision_record(plan, actor=AUTOMATION, now=NOON))
        for place, outcome in (("steps/2", StepOutcome.DONE), ("steps/3", StepOutcome.FAILED)):
            step = plan.steps[int(place[-1]) - 1]
            records.append(outcome_record(plan, place, step, outcome=(outcome, "so"), written=(AUTOMATION, NOON)))
    ledger.append(records, recorded_at=NOON)
    return ledger


def test_it_goes_from_the_numbers_over_the_decision_to_each_step() -> None:
    ledger = a_log()
    story = alarm_story(ledger.entries(0, ledger.size()), an_alarm().id)
    assert "300 of 1000 against 500 of 1000" in story[0]
    assert "at most one false alarm in P5Y and may act" in story[1]
    assert story[2].startswith("rollback of credit in production")
    assert story[-2:] == ("entry 2: steps/2 done: so", "entry 3: steps/3 failed: so")


def test_an_alarm_without_a_plan_says_what_comes_next() -> None:
    ledger = a_log(decided=False)
    assert "no plan was decided yet" in alarm_story(ledger.entries(0, 1), an_alarm().id)[-1]


def test_an_unknown_alarm_is_not_found() -> None:
    ledger = a_log()
    with pytest.raises(NotFound):
        alarm_story(ledger.entries(0, ledger.size()), a_plan().id)
