"""Alarm, attribution, plan, action, verification: the whole way on fakes, with everything that can be in it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from watch_builders import (
    BAD,
    FIVE_BAD_DAYS,
    GOOD,
    HUMAN,
    ONE,
    THIRTY_GOOD_DAYS,
    THREE,
    TWO,
    WHERE,
    World,
    a_monitor,
    a_watch,
    a_watched,
    a_world,
    answers,
    at_day,
    fair,
    five_bad_days,
    look,
    unfair,
)

from careloop.domain.attribution import Ground
from careloop.domain.deployment import ServeRelease
from careloop.domain.measured import Interval
from careloop.domain.plan_steps import PlanKind
from careloop.domain.release_lock import Presence
from careloop.errors import Unavailable
from careloop.plans.verify import Since
from careloop.testing.ledger_fake import LedgerFake
from careloop.workflows.run.watch_system import WatchTerms


def test_a_bad_release_is_rolled_back_because_the_one_before_does_better_on_the_same_rows() -> None:
    world = a_world()
    report = look(world)
    first = report.answered[0]
    assert (first.plan.kind, first.readiness.may_act) == (PlanKind.ROLLBACK, True)
    assert first.plan.attribution is not None
    assert first.plan.attribution.ground is Ground.REPLAY
    assert answers(world) == ServeRelease(ONE)
    kinds = [entry.record.type for entry in world.ledger.entries(4, world.ledger.size())]
    story = ["alarm.raised", "plan.decided", "evidence.hold", "deploy.done", "page.sent"]
    assert [kind for kind in kinds if kind != "plan.executed"][:7] == [*story, "incident.opened", "retrain.requested"]
    assert world.records("rollback.verified") == []


def test_the_records_say_which_rows_which_numbers_and_which_copy_was_held() -> None:
    world = a_world()
    look(world)
    alarm, retrain = world.records("alarm.raised")[0], world.records("retrain.requested")[0]
    hold = world.records("evidence.hold")[0]
    rows = retrain.data["rows"]
    assert isinstance(rows, dict)
    assert (rows["release"], rows["by"], rows["group"], rows["monitor"]) == (TWO, "sex", "women", "approval-gap")
    assert rows["since"] == int(at_day(30).timestamp())
    assert alarm.data["counts"] == f"sha256:{rows['digest']}"
    assert float(str(alarm.data["statistic"])) >= float(str(alarm.data["threshold"])) == 5 * 365
    (blob,) = hold.blobs
    assert blob.sha256 == rows["digest"], "what is held is the very table behind the alarm"


def test_the_rollback_is_verified_only_once_the_served_traffic_shows_it() -> None:
    world = a_world()
    look(world)
    world.since = Since(served=5000, on_target=4000, elapsed_s=3600, observed=_cs(0.5), compared=_cs(0.5))
    assert not look(world, day=35.2).continued[0].over
    assert world.records("rollback.verified") == []
    world.since = Since(served=5000, on_target=4990, elapsed_s=7200, observed=_cs(0.5), compared=_cs(0.5))
    assert look(world, day=35.3).continued[0].over
    (verified,) = world.records("rollback.verified")
    assert (verified.data["from"], verified.data["to"], verified.data["served"]) == (TWO, ONE, 5000)
    assert look(world, day=35.4).continued == ()


def test_a_rollback_that_does_not_help_goes_on_to_the_safe_state() -> None:
    world = a_world()
    look(world)
    world.since = Since(served=5000, on_target=5000, elapsed_s=7200, observed=_cs(0.25), compared=_cs(0.5))
    (continued,) = look(world, day=35.2).continued
    assert continued.over
    assert answers(world) == HUMAN
    assert world.records("rollback.verified") == []
    assert "is shown to be beyond its limit still" in str(world.records("plan.executed")[-3].data)


def test_when_the_population_shifts_a_rollback_would_not_help_and_the_safe_state_takes_over() -> None:
    world = a_world()
    world.rules[ONE] = unfair
    report = look(world)
    assert report.answered[0].plan.kind is PlanKind.SAFE_STATE
    assert "rolling back would not help" in report.answered[0].plan.because
    assert answers(world) == HUMAN
    assert next(page.severity for page in world.pager.pages.values()) == "sev1"
    assert len(world.records("retrain.requested")) == 1


def test_without_a_replay_a_young_release_after_healthy_windows_did_it() -> None:
    world = a_world(replays=False)
    report = look(world)
    assert report.answered[0].plan.attribution is not None
    assert report.answered[0].plan.attribution.ground is Ground.YOUNG_RELEASE
    assert answers(world) == ServeRelease(ONE)


def test_without_any_attribution_the_safe_state_takes_over() -> None:
    world = a_world(replays=False)
    days = [*THIRTY_GOOD_DAYS, *[(TWO, GOOD)] * 20, *[(TWO, BAD)] * 5]
    report = look(world, a_watched(days), day=55.1)
    assert "nothing shows that the release did it" in report.answered[0].plan.because
    assert answers(world) == HUMAN


def test_a_target_whose_standing_was_revoked_does_not_take_over() -> None:
    world = a_world()
    world.revoke(ONE, day=33)
    report = look(world)
    assert "1.0 was revoked" in report.answered[0].plan.because
    assert (report.answered[0].plan.kind, answers(world)) == (PlanKind.SAFE_STATE, HUMAN)


def test_a_target_that_never_had_standing_does_not_take_over() -> None:
    world = World(rules={ONE: unfair})
    world.deploy(ONE, day=0)
    world.stand(TWO, day=30, version="2.0")
    world.deploy(TWO, day=30)
    report = look(world)
    assert "no other release has standing" in report.answered[0].plan.because
    assert answers(world) == HUMAN
    assert any("safe state 'human' takes over" in page.text for page in world.pager.pages.values())


def test_a_target_whose_artefacts_were_altered_does_not_take_over() -> None:
    world = a_world(presence={ONE: Presence.CHANGED})
    report = look(world)
    assert "no longer what was locked" in report.answered[0].plan.because
    assert answers(world) == HUMAN


def test_a_target_that_is_altered_at_the_last_moment_is_refused_by_the_deployer() -> None:
    world = a_world()
    world.deployer.altered.add(ONE)
    report = look(world)
    executed = report.answered[0].executed
    assert report.answered[0].plan.kind is PlanKind.ROLLBACK
    assert executed is not None
    assert executed.over
    assert answers(world) == HUMAN
    assert not any("Rolling back" in page.text for page in world.pager.pages.values())
    assert len(world.records("incident.opened")) == 1


def test_a_target_that_is_revoked_between_decision_and_step_is_refused() -> None:
    world = a_world()
    world.deployer.out_of_reach = True
    look(world)
    world.deployer.out_of_reach = False
    world.revoke(ONE, day=35.2)
    look(world, day=35.3)
    assert answers(world) == HUMAN
    assert "was revoked: found to leak" in str([record.data for record in world.records("plan.executed")])


def test_a_deployer_out_of_reach_wakes_somebody_and_is_tried_again() -> None:
    world = a_world()
    world.deployer.out_of_reach = True
    look(world)
    assert answers(world) == ServeRelease(TWO)
    assert any("is not contained" in page.text for page in world.pager.pages.values())
    world.deployer.out_of_reach = False
    look(world, day=35.2)
    assert answers(world) == ServeRelease(ONE)
    assert sum("is not contained" in page.text for page in world.pager.pages.values()) == 1


def test_a_pager_out_of_reach_does_not_keep_the_rollback_from_happening() -> None:
    world = a_world()
    world.pager.out_of_reach = True
    look(world)
    assert answers(world) == ServeRelease(ONE)
    world.pager.out_of_reach = False
    look(world, day=35.2)
    assert any("Rolling back" in page.text for page in world.pager.pages.values())


def test_a_ledger_out_of_reach_means_that_nothing_is_done() -> None:
    world = a_world()
    assert isinstance(world.ledger, LedgerFake)
    world.ledger.out_of_reach = True
    with pytest.raises(Unavailable):
        look(world)
    assert (answers(world), world.pager.sent) == (ServeRelease(TWO), 0)


def test_paused_automation_only_pages() -> None:
    world = a_world()
    world.pause(day=34)
    report = look(world)
    assert report.paused is not None
    assert {each.plan.kind for each in report.answered} == {PlanKind.PAGE}
    assert answers(world) == ServeRelease(TWO)
    assert world.pager.pages


def test_too_few_rows_only_alert() -> None:
    world = a_world()
    report = look(world, a_watched(FIVE_BAD_DAYS, monitor=a_monitor(minimum_n=100_000)))
    assert {each.plan.kind for each in report.answered} == {PlanKind.ALERT}
    assert "fewer than the monitor's least n" in report.answered[0].plan.because
    assert answers(world) == ServeRelease(TWO)


def test_a_monitor_without_four_weeks_of_the_systems_own_past_only_alerts() -> None:
    world = World(rules={ONE: unfair})
    world.stand(ONE, day=0)
    world.deploy(ONE, day=0)
    world.stand(TWO, day=10, version="2.0")
    world.deploy(TWO, day=10)
    report = look(world, a_watched([*[(ONE, GOOD)] * 10, *[(TWO, BAD)] * 5]), day=15.1)
    assert report.answered
    assert {each.plan.kind for each in report.answered} == {PlanKind.ALERT}
    assert "has not earned the right to act" in report.answered[0].plan.because
    assert answers(world) == ServeRelease(TWO)


def test_a_release_that_the_ledger_does_not_know_to_answer_only_alerts() -> None:
    world = a_world()
    days = [*THIRTY_GOOD_DAYS, *[(THREE, BAD)] * 5]
    report = look(world, a_watched(days))
    assert {each.plan.kind for each in report.answered} == {PlanKind.ALERT}
    assert answers(world) == ServeRelease(TWO)


def test_the_first_weeks_of_a_first_release_teach_what_is_ordinary() -> None:
    world = World(rules={ONE: unfair})
    world.stand(ONE, day=0)
    world.deploy(ONE, day=0)
    report = look(world, a_watched([*[(ONE, GOOD)] * 32, *[(ONE, BAD)] * 5]), day=37.1)
    assert report.answered[0].readiness.may_act
    assert report.answered[0].plan.kind is PlanKind.SAFE_STATE
    assert answers(world) == HUMAN


def test_looking_again_does_nothing_more() -> None:
    world = a_world()
    look(world)
    size, orders, sent = world.ledger.size(), len(world.deployer.orders), world.pager.sent
    report = look(world, day=35.2)
    assert report.answered == ()
    assert (world.ledger.size(), len(world.deployer.orders), world.pager.sent) == (size, orders, sent)


def test_it_never_flaps() -> None:
    world = a_world()
    days = [*FIVE_BAD_DAYS, *[(ONE, BAD)] * 4]
    look(world)
    world.stand(THREE, day=-1, version="0.9")  # an even older release that would do better
    world.rules[ONE] = unfair
    for day in (36.1, 36.2, 37.1, 38.1, 39.1):
        visible = days[: int(day)]
        look(world, a_watched(visible), day=day, terms=a_watch().terms)
    switches = [type(order.to) for order in world.deployer.orders]
    assert switches.count(ServeRelease) <= 2
    assert answers(world) in (HUMAN, ServeRelease(THREE))
    assert world.deployer.orders[0].to == ServeRelease(ONE)
    assert ServeRelease(TWO) not in [order.to for order in world.deployer.orders]


def test_two_monitors_that_see_the_same_release_roll_it_back_once() -> None:
    world = a_world()
    monitors = (five_bad_days(), a_watched(FIVE_BAD_DAYS, monitor=a_monitor(id="second-gap")))
    report = look(world, *monitors)
    assert [order.to for order in world.deployer.orders] == [ServeRelease(ONE)]
    assert report.answered[0].plan.kind is PlanKind.ROLLBACK
    assert {each.plan.kind for each in report.answered[1:]} == {PlanKind.ALERT}, "the release no longer answers"


def test_an_alarm_within_the_cool_down_goes_to_the_safe_state_and_not_to_a_third_release() -> None:
    world = World(rules={ONE: fair, TWO: unfair, THREE: fair})
    world.stand(THREE, day=-1, version="0.9")
    world.stand(ONE, day=0, version="1.0")
    world.deploy(ONE, day=0)
    world.stand(TWO, day=30, version="2.0")
    world.deploy(TWO, day=30)
    slow = WatchTerms(cool_down=timedelta(days=7))
    look(world, terms=slow)
    assert answers(world) == ServeRelease(ONE)
    world.rules[ONE] = unfair
    later = a_watched([*FIVE_BAD_DAYS, *[(ONE, BAD)] * 3])
    report = look(world, later, day=38.1, terms=slow)
    assert "would be flapping" in report.answered[0].plan.because
    assert answers(world) == HUMAN


def test_evidence_grows_from_alarm_to_alarm_until_there_are_enough_rows() -> None:
    world = a_world()
    report = look(world, a_watched(FIVE_BAD_DAYS, monitor=a_monitor(minimum_n=2_500)))
    kinds = [each.plan.kind for each in report.answered]
    rows = [each.alarm.signal.observed.n for each in report.answered]
    assert rows[:2] == [1000, 3000], "the second alarm, two days later, counts the rows of all three days"
    assert kinds[:2] == [PlanKind.ALERT, PlanKind.ROLLBACK]
    assert report.answered[1].alarm.rows.since == int(at_day(30).timestamp())


def test_a_dry_run_shows_the_plan_that_is_then_executed_and_writes_nothing() -> None:
    world = a_world()
    size = world.ledger.size()
    shown = look(world, dry_run=True)
    assert (world.ledger.size(), world.deployer.orders, world.pager.sent) == (size, [], 0)
    done = look(world)
    assert shown.answered[0].plan == done.answered[0].plan
    assert shown.answered[0].executed is None


def _cs(rate: float) -> Interval:
    return Interval(low=rate - 0.01, high=rate + 0.01, level=0.975, method="test")


def test_windows_of_another_system_make_no_alarm() -> None:
    world = a_world()
    report = look(world, a_watched([*THIRTY_GOOD_DAYS, *[(TWO, GOOD)] * 5]))
    assert (report.answered, report.windows) == ((), 35)
    assert WHERE["system"] == report.system
    assert BAD != GOOD
