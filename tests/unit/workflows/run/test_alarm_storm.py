"""R48: alarms by the thousand are all on record, and people get few messages and one list (MEASURES, "Alarms")."""

from __future__ import annotations

from dataclasses import replace

import pytest
from watch_builders import AUTOMATION, BAD, FIVE_BAD_DAYS, GOOD, ONE, TWO, a_monitor, a_watched, a_world, at_day, look

from careloop.domain.alarm import Readiness
from careloop.domain.deployment import ServeRelease
from careloop.domain.monitor import Response
from careloop.domain.plan_steps import Notify, PlanKind, RaisedAlarm, RollbackTarget, Urgency
from careloop.ledger.record import uuid7
from careloop.plans.decide import AlarmCase, decide_plan
from careloop.plans.step_records import alarm_record


def test_a_change_that_goes_on_is_told_once_a_day_and_recorded_each_time() -> None:
    world, bad = a_world(), a_watched(FIVE_BAD_DAYS, monitor=a_monitor(response="alert"))
    look(world, bad)
    raised = len(world.records("alarm.raised"))
    assert raised > 1, "the change goes on for days"
    assert len(world.records("plan.decided")) == raised
    (told,) = [*world.pager.pages.values()]
    assert told.urgency is Urgency.NOTICE
    known = [str(plan.data["because"]) for plan in world.records("plan.decided")][1:]
    assert all(because.startswith("people know of this change already") for because in known)


def test_on_another_day_a_change_that_goes_on_is_told_again() -> None:
    world = a_world()
    for days in (35, 40):
        history = [*[(ONE, GOOD)] * 30, *[(TWO, BAD)] * (days - 30)]
        look(world, a_watched(history, monitor=a_monitor(response="alert")), day=days + 0.1)
    assert len([*world.pager.pages.values()]) == 2


def test_a_page_is_news_after_a_notice_and_a_rollback_is_never_held_back() -> None:
    world = a_world()
    few = a_watched(FIVE_BAD_DAYS, monitor=a_monitor(minimum_n=1_000_000))
    look(world, few)
    assert [page.urgency for page in [*world.pager.pages.values()]] == [Urgency.NOTICE]
    again = a_watched([*FIVE_BAD_DAYS, (TWO, BAD), (TWO, BAD)])
    look(world, again, day=37.1)
    assert [*world.pager.pages.values()][-1].urgency is Urgency.PAGE
    assert "Rolling back to" in [*world.pager.pages.values()][-1].text


def test_a_storm_of_alarms_gives_twenty_messages_and_the_last_says_where_the_rest_is() -> None:
    world, raised = a_world(), five_bad_days_alarm()
    alarms = [
        replace(raised, id=uuid7(1, number.to_bytes(10)), signal=replace(raised.signal, monitor=f"gap-{number}"))
        for number in range(1_000)
    ]
    readiness = Readiness(may_act=False, because="new", days=0, windows=0, alarms=0)
    for one in alarms:
        record = alarm_record(one, readiness=readiness, promise="P5Y", actor=AUTOMATION, now=at_day(35))
        world.ledger.append([record], recorded_at=at_day(35))
    report = look(world, a_watched([(ONE, GOOD)] * 2), day=35.1)
    assert len(report.answered) == len(world.records("plan.decided")) == 1_000
    pages = [*world.pager.pages.values()]
    assert len(pages) == 20
    assert "only listed: care monitor alarms credit" in pages[-1].text
    assert "only listed" not in pages[-2].text
    assert look(world, a_watched([(ONE, GOOD)] * 2), day=35.2).answered == ()


def five_bad_days_alarm() -> RaisedAlarm:
    return look(a_world(), dry_run=True).answered[0].alarm


@pytest.mark.parametrize(("severity", "paged"), [("sev1", True), ("sev2", False)])
def test_a_severe_page_reaches_people_in_the_worst_of_storms(severity: str, paged: bool) -> None:
    alarm = replace(five_bad_days_alarm(), response=Response.PAGE, severity=severity)
    case = AlarmCase(
        alarm=alarm,
        readiness=Readiness(may_act=True, because="kept", days=28, windows=28, alarms=0),
        serving=ServeRelease(alarm.signal.release),
        target=RollbackTarget(lock=None, because="none"),
        safe_state=None,
        messages=10_000,
    )
    plan = decide_plan(case)
    assert (plan.kind, any(isinstance(step, Notify) for step in plan.steps)) == (PlanKind.PAGE, paged)
