"""Which alarms are open, and until when."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from plan_builders import HOUR, NEW, OLD, a_plan, a_signal, an_alarm

from careloop.domain.deployment import Served, ServeRelease, ServeSafeState, Serving
from careloop.domain.monitor import Response
from careloop.domain.plan_steps import RaisedAlarm
from careloop.domain.system import SafeStateKind
from careloop.plans.automation_history import PlanProgress
from careloop.plans.open_alarms import AlarmState, KnownAlarm, open_alarms
from careloop.plans.progress import StepOutcome

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)


def known(alarm: RaisedAlarm, index: int = 0) -> KnownAlarm:
    return KnownAlarm(alarm=alarm, index=index, raised_at=NOON, may_act=True, because="it kept its promise")


def serving(served: Served) -> Serving:
    return Serving(system="credit", environment="production", served=served, since=NOON, order="order")


def progress(alarm: RaisedAlarm, *, over: bool) -> PlanProgress:
    plan = a_plan(alarm=alarm)
    outcomes = {f"steps/{at}": StepOutcome.DONE for at, _ in enumerate(plan.steps, start=1)} if over else {}
    return PlanProgress(plan=plan, decided_at=NOON, outcomes=outcomes, switched_at=None)


def states(*alarms: KnownAlarm, plans: tuple[PlanProgress, ...] = (), served: Served | None = None) -> list[AlarmState]:
    return [each.state for each in open_alarms(alarms, plans, None if served is None else serving(served))]


def test_an_alarm_that_nobody_answered_is_open_whatever_answers() -> None:
    for served in (None, ServeRelease(NEW), ServeRelease(OLD)):
        assert states(known(an_alarm()), served=served) == [AlarmState.UNANSWERED]


def test_an_alarm_is_open_while_its_plan_goes_on() -> None:
    alarm = an_alarm()
    plans = (progress(alarm, over=False),)
    assert states(known(alarm), plans=plans, served=ServeRelease(OLD)) == [AlarmState.UNDER_WAY]


@pytest.mark.parametrize("served", [ServeRelease(OLD), ServeSafeState(SafeStateKind.HUMAN), None])
def test_an_alarm_is_closed_once_its_plan_is_over_and_its_release_answers_no_more(served: Served | None) -> None:
    alarm = an_alarm()
    assert states(known(alarm), plans=(progress(alarm, over=True),), served=served) == []


def test_an_alarm_that_only_alerted_stays_open_while_its_release_answers() -> None:
    alarm = an_alarm(response=Response.ALERT)
    plans = (progress(alarm, over=True),)
    assert states(known(alarm), plans=plans, served=ServeRelease(NEW)) == [AlarmState.STILL_ANSWERS]


def test_alarms_about_one_change_that_goes_on_are_one_the_newest() -> None:
    first, again = an_alarm(), an_alarm(a_signal(window=1010 * HOUR))
    plans = (progress(first, over=True), progress(again, over=True))
    found = open_alarms([known(first, 3), known(again, 7)], plans, serving(ServeRelease(NEW)))
    assert [(each.known.index, each.times) for each in found] == [(7, 2)]


def test_another_group_or_another_beginning_is_another_alarm_and_the_newest_comes_first() -> None:
    signals = [a_signal(), a_signal(group="men"), a_signal(window=1200 * HOUR, since=1190 * HOUR)]
    alarms = [known(an_alarm(signal), index) for index, signal in enumerate(signals)]
    assert [each.known.index for each in open_alarms(alarms, (), None)] == [2, 1, 0]


def test_an_unanswered_beginning_keeps_a_change_open_though_its_latest_alarm_is_answered() -> None:
    first, again = an_alarm(), an_alarm(a_signal(window=1010 * HOUR))
    plans = (progress(again, over=True),)
    assert states(known(first), known(again, 1), plans=plans) == [AlarmState.UNANSWERED]
