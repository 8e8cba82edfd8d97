"""Which step is next: a function of outcomes alone, so that any crash, at any point, is continued rightly."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st
from plan_builders import a_plan, an_alarm, an_attribution

from careloop.domain.attribution import Verdict
from careloop.domain.monitor import Response
from careloop.domain.plan_steps import EnterSafeState, Notify, Plan, RollBack, Urgency, VerifyRollback
from careloop.plans.progress import StepOutcome, is_over, next_step

DONE, FAILED, WAITING = StepOutcome
PLANS = [
    a_plan(),
    a_plan(safe_state=None),
    a_plan(attribution=an_attribution(Verdict.NOT_BETTER)),
    a_plan(paused="freeze"),
    a_plan(alarm=an_alarm(response=Response.ALERT)),
]


def taken(plan: Plan, becomes: Mapping[str, StepOutcome]) -> list[str]:
    """The places of all steps of one run, each ending as told, else done."""
    outcomes: dict[str, StepOutcome] = {}
    places = []
    while (found := next_step(plan, outcomes)) is not None:
        place, step = found
        places.append(place)
        outcomes[place] = becomes.get(step.step if not place.startswith("emergency") else "emergency", DONE)
    return places


def test_a_plan_that_goes_well_takes_each_step_once_and_nothing_else() -> None:
    assert taken(a_plan(), {}) == [f"steps/{at}" for at in range(1, 7)]


def test_a_refused_rollback_goes_to_the_safe_state_and_still_opens_the_incident() -> None:
    places = taken(a_plan(), {"roll_back": FAILED})
    assert places == ["steps/1", "steps/2", "otherwise/1", "otherwise/2", "steps/4", "steps/5"]


def test_a_rollback_that_does_not_show_itself_ends_in_the_safe_state() -> None:
    places = taken(a_plan(), {"verify_rollback": FAILED})
    assert places == [*(f"steps/{at}" for at in range(1, 7)), "otherwise/1", "otherwise/2"]


def test_a_deployer_out_of_reach_is_an_emergency_and_leaves_the_rollback_for_later() -> None:
    plan = a_plan()
    places = taken(plan, {"roll_back": WAITING})
    assert places == ["steps/1", "steps/2", "emergency/steps/2", "steps/4", "steps/5"]
    outcomes = {place: DONE for place in places if place != "steps/2"}
    assert not is_over(plan, outcomes)
    assert next_step(plan, outcomes) == ("steps/2", plan.steps[1])


def test_when_neither_rollback_nor_safe_state_work_somebody_is_told_that_nothing_was_contained() -> None:
    plan = a_plan()
    places = taken(plan, {"roll_back": FAILED, "enter_safe_state": FAILED})
    assert places == ["steps/1", "steps/2", "otherwise/1", "emergency/otherwise/1", "steps/4", "steps/5"]
    outcomes = {"steps/1": DONE, "steps/2": FAILED, "otherwise/1": FAILED}
    found = next_step(plan, outcomes)
    assert found is not None
    assert isinstance(found[1], Notify)
    assert (found[1].urgency, found[1].severity) == (Urgency.PAGE, "sev1")
    assert "not contained" in found[1].text


def test_a_refused_rollback_without_a_safe_state_ends_in_a_page() -> None:
    places = taken(a_plan(safe_state=None), {"roll_back": FAILED})
    assert "otherwise/1" in places


def test_a_pager_out_of_reach_holds_nothing_up() -> None:
    assert taken(a_plan(), {"notify": WAITING}) == [f"steps/{at}" for at in range(1, 7)]
    assert not is_over(a_plan(), {f"steps/{at}": DONE for at in (1, 2, 4, 5, 6)})


outcomes_of_kinds = st.dictionaries(
    st.sampled_from(["hold_evidence", "roll_back", "enter_safe_state", "notify", "verify_rollback", "emergency"]),
    st.sampled_from(StepOutcome),
)


@given(st.sampled_from(PLANS), outcomes_of_kinds)
def test_no_step_is_ever_taken_twice_and_every_run_ends(plan: Plan, becomes: Mapping[str, StepOutcome]) -> None:
    places = taken(plan, becomes)
    assert len(places) == len(set(places)) <= 2 * (len(plan.steps) + len(plan.otherwise))


@given(st.sampled_from(PLANS), outcomes_of_kinds, st.data())
def test_a_run_that_is_cut_anywhere_is_continued_as_if_it_had_not_been(
    plan: Plan, becomes: Mapping[str, StepOutcome], data: st.DataObject
) -> None:
    whole = taken(plan, becomes)
    cut = data.draw(st.integers(0, len(whole)))
    outcomes: dict[str, StepOutcome] = {}
    places: list[str] = []
    while (found := next_step(plan, outcomes)) is not None:
        if len(places) == cut:  # killed here: what was waiting was no record
            outcomes = {place: outcome for place, outcome in outcomes.items() if outcome is not WAITING}
            cut = -1
            continue
        place, step = found
        places.append(place)
        outcomes[place] = becomes.get(step.step if not place.startswith("emergency") else "emergency", DONE)
    recorded = {place for place in places if outcomes.get(place) is not WAITING}
    assert recorded == {place for place in whole if outcomes.get(place) is not WAITING}
    assert all(places.count(place) == 1 for place in recorded)


@given(st.sampled_from(PLANS), outcomes_of_kinds)
def test_what_is_not_contained_is_never_told_as_if_it_were(plan: Plan, becomes: Mapping[str, StepOutcome]) -> None:
    outcomes: dict[str, StepOutcome] = {}
    by_place = {f"steps/{at}": step for at, step in enumerate(plan.steps, start=1)}
    by_place |= {f"otherwise/{at}": step for at, step in enumerate(plan.otherwise, start=1)}
    while (found := next_step(plan, outcomes)) is not None:
        place, step = found
        before = [other for name, other in by_place.items() if name in outcomes and name.split("/")[0] in place]
        contained = [
            outcomes[name]
            for name, other in by_place.items()
            if name in outcomes
            and isinstance(other, RollBack | EnterSafeState)
            and name.split("/")[0] == place.split("/")[0]
        ]
        if isinstance(step, Notify | VerifyRollback) and not place.startswith("emergency") and contained:
            assert contained == [DONE], before
        outcomes[place] = becomes.get(step.step if not place.startswith("emergency") else "emergency", DONE)
