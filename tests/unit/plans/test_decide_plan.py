"""The decision upon an alarm: each thing that is missing makes it do less, or something safer, and never nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan_builders import NEW, NOT_READY, OLD, READY, a_case, a_plan, a_signal, an_alarm, an_attribution, step_names

from careloop.domain.attribution import Ground, Verdict
from careloop.domain.counts import Tally
from careloop.domain.deployment import ServeRelease, ServeSafeState
from careloop.domain.monitor import Response
from careloop.domain.plan_steps import (
    EnterSafeState,
    Notify,
    PlanKind,
    RollBack,
    RollbackTarget,
    Urgency,
    VerifyRollback,
)
from careloop.domain.system import SafeStateKind
from careloop.plans.decide import AlarmCase, PlanTerms, decide_plan, wants_attribution

NO_TARGET = RollbackTarget(lock=None, because="1.0 was revoked")


def test_with_everything_in_place_it_rolls_back_and_verifies() -> None:
    plan = a_plan()
    assert plan.kind is PlanKind.ROLLBACK
    assert step_names(plan) == [
        *("hold_evidence", "roll_back", "notify", "open_incident", "request_retrain", "verify_rollback")
    ]
    back = next(step for step in plan.steps if isinstance(step, RollBack))
    assert (back.to, back.over) == (OLD, (ServeRelease(NEW),))
    assert [step.step for step in plan.otherwise] == ["enter_safe_state", "notify"]


def test_the_rollback_claims_what_the_alarm_denied() -> None:
    verify = next(step for step in a_plan().steps if isinstance(step, VerifyRollback))
    assert verify.claim is not None
    assert (verify.left, verify.to, verify.share, verify.least_n) == (NEW, OLD, 0.99, 100)
    assert (verify.claim.gap, verify.claim.group, verify.claim.limit) == (True, "women", 0.05)


def test_evidence_is_held_before_anything_is_changed() -> None:
    for changed in ({}, {"attribution": an_attribution(Verdict.NOT_BETTER)}):
        names = step_names(a_plan(**changed))
        containing = min(at for at, name in enumerate(names) if name in ("roll_back", "enter_safe_state"))
        assert names.index("hold_evidence") < containing


@pytest.mark.parametrize(
    ("changed", "because"),
    [
        ({"attribution": an_attribution(Verdict.NOT_BETTER)}, "rolling back would not help"),
        ({"attribution": an_attribution(Verdict.CANNOT_TELL)}, "rolling back would not help"),
        ({"attribution": an_attribution(Verdict.CANNOT_TELL, ground=None)}, "nothing shows that the release did it"),
        ({"attribution": an_attribution(Verdict.BETTER, ground=None)}, "nothing shows that the release did it"),
        ({"attribution": None}, "nobody looked"),
        ({"target": NO_TARGET}, "there is no rollback target: 1.0 was revoked"),
        ({"cooling": "the last was an hour ago"}, "an hour ago"),
        ({"alarm": an_alarm(response=Response.SAFE_STATE)}, "declared to go to the safe state"),
    ],
)
def test_without_the_right_to_roll_back_it_goes_to_the_safe_state_and_pages(
    changed: dict[str, Any], because: str
) -> None:
    plan = a_plan(**changed)
    assert plan.kind is PlanKind.SAFE_STATE
    assert because in plan.because
    assert step_names(plan) == ["hold_evidence", "enter_safe_state", "notify", "open_incident", "request_retrain"]
    assert _pages(plan.steps)


@pytest.mark.parametrize(
    ("changed", "because"),
    [
        ({"readiness": NOT_READY}, "has not earned the right to act"),
        ({"alarm": an_alarm(a_signal(observed=Tally(30, 99)))}, "99 rows are fewer"),
        ({"alarm": an_alarm(a_signal(compared=Tally(30, 99)))}, "99 rows are fewer"),
        ({"alarm": an_alarm(response=Response.ALERT)}, "declared to alert only"),
        ({"serving": ServeRelease(OLD)}, "no longer answers"),
        ({"serving": ServeSafeState(SafeStateKind.HUMAN)}, "no longer answers"),
        ({"serving": None}, "no longer answers; nothing does"),
        ({"under_way": "the rollback of plan 1"}, "the rollback of plan 1 is under way"),
    ],
)
def test_what_is_not_for_automation_only_alerts(changed: dict[str, Any], because: str) -> None:
    plan = a_plan(**changed)
    assert (plan.kind, step_names(plan), plan.otherwise) == (PlanKind.ALERT, ["notify"], ())
    assert because in plan.because
    assert not _pages(plan.steps)


@pytest.mark.parametrize("changed", [{"paused": "release freeze (ada)"}, {"alarm": an_alarm(response=Response.PAGE)}])
def test_paused_or_declared_to_page_it_pages_and_changes_nothing(changed: dict[str, Any]) -> None:
    plan = a_plan(**changed)
    assert plan.kind is PlanKind.PAGE
    assert _pages(plan.steps)
    assert not _contains(plan.steps + plan.otherwise)


@pytest.mark.parametrize("state", [None, SafeStateKind.PREVIOUS_RELEASE])
def test_without_a_safe_state_to_enter_somebody_is_woken_with_the_highest_severity(state: SafeStateKind | None) -> None:
    plan = a_plan(attribution=an_attribution(Verdict.NOT_BETTER), safe_state=state)
    assert plan.kind is PlanKind.PAGE
    assert not _contains(plan.steps)
    assert [step.severity for step in plan.steps if isinstance(step, Notify)] == ["sev1"]
    assert any("Somebody must act now" in step.text for step in plan.steps if isinstance(step, Notify))


def test_a_failed_rollback_may_enter_the_safe_state_over_either_release() -> None:
    enter = next(step for step in a_plan().otherwise if isinstance(step, EnterSafeState))
    assert set(enter.over) == {ServeRelease(NEW), ServeRelease(OLD)}


def test_a_replay_is_worth_making_only_where_the_answer_decides() -> None:
    assert wants_attribution(a_case(attribution=None))
    for changed in (
        {"readiness": NOT_READY},
        {"target": NO_TARGET},
        {"paused": "freeze"},
        {"serving": ServeRelease(OLD)},
        {"alarm": an_alarm(response=Response.SAFE_STATE)},
    ):
        assert not wants_attribution(a_case(attribution=None, **changed))


def test_the_bounds_of_a_rollback_can_be_set() -> None:
    terms = PlanTerms(share=0.999, verify_within_s=60)
    verify = next(step for step in decide_plan(a_case(), terms).steps if isinstance(step, VerifyRollback))
    assert (verify.share, verify.within_s) == (0.999, 60)


cases = st.builds(
    a_case,
    alarm=st.builds(
        lambda response, hits, minimum: an_alarm(
            a_signal(observed=Tally(hits, 2 * hits)), response=response, minimum_n=minimum
        ),
        st.sampled_from(Response),
        st.integers(1, 200),
        st.integers(1, 500),
    ),
    readiness=st.sampled_from([READY, NOT_READY]),
    serving=st.sampled_from([ServeRelease(NEW), ServeRelease(OLD), ServeSafeState(SafeStateKind.OFF), None]),
    target=st.sampled_from([RollbackTarget(lock=OLD, because=""), NO_TARGET]),
    safe_state=st.sampled_from([None, *SafeStateKind]),
    attribution=st.none() | st.builds(an_attribution, st.sampled_from(Verdict), st.none() | st.sampled_from(Ground)),
    paused=st.none() | st.just("freeze (ada)"),
    cooling=st.none() | st.just("an hour ago"),
    under_way=st.none() | st.just("the rollback of plan 1"),
)


@given(cases)
def test_an_alarm_always_ends_with_a_person(case: AlarmCase) -> None:
    assert any(isinstance(step, Notify) for step in decide_plan(case).steps)


@given(cases)
def test_the_same_case_gives_the_same_plan_with_the_same_ids(case: AlarmCase) -> None:
    assert decide_plan(case) == decide_plan(case)


@given(cases)
def test_automation_rolls_back_only_with_every_right_to(case: AlarmCase) -> None:
    plan = decide_plan(case)
    every = (
        case.readiness.may_act
        and case.paused is None
        and case.under_way is None
        and case.cooling is None
        and case.serving == ServeRelease(NEW)
        and case.target.lock is not None
        and case.attribution is not None
        and case.attribution.supports_rollback
        and case.alarm.response is Response.ROLLBACK
        and case.alarm.signal.observed.n >= case.alarm.minimum_n
    )
    assert any(isinstance(step, RollBack) for step in plan.steps) is every


@given(cases)
def test_nothing_is_changed_while_paused_unready_or_below_the_least_n(case: AlarmCase) -> None:
    plan = decide_plan(case)
    if case.paused is not None or not case.readiness.may_act or case.alarm.signal.observed.n < case.alarm.minimum_n:
        assert not _contains(plan.steps + plan.otherwise)


@given(cases)
def test_a_safe_state_is_entered_only_as_it_is_declared(case: AlarmCase) -> None:
    plan = decide_plan(case)
    entered = {step.state for step in plan.steps + plan.otherwise if isinstance(step, EnterSafeState)}
    assert entered <= {case.safe_state} - {None, SafeStateKind.PREVIOUS_RELEASE}


def _pages(steps: tuple[Any, ...]) -> bool:
    return any(isinstance(step, Notify) and step.urgency is Urgency.PAGE for step in steps)


def _contains(steps: tuple[Any, ...]) -> bool:
    return any(isinstance(step, RollBack | EnterSafeState) for step in steps)
