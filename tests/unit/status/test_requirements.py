"""Requirements: which word a row gets, in its two columns, and how evidence moves it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from status_builders import TODAY, a_result

from careloop.domain.controls import ControlDecision, ControlPlan, Controls, CustomControl, Ground
from careloop.domain.organisation import Approval
from careloop.domain.standard import Basis, Requirement, RequirementKind
from careloop.domain.status import ClaimResult, ClaimState, RequirementRow, RequirementState
from careloop.domain.tier import Phase
from careloop.status.requirements import custom_claims, custom_requirement, level_of, requirement_row

HELD, NOT_HELD, UNKNOWN = ClaimState.HELD, ClaimState.NOT_HELD, ClaimState.UNKNOWN
CONTROL = Requirement(id="iso42001:2023/A.8.2", kind=RequirementKind.CONTROL, title="A control", phase=Phase.CREATE)
CLAUSE = Requirement(id="iso42001:2023/6.1.3", kind=RequirementKind.CLAUSE, title="A clause", phase=Phase.CREATE)
PRACTICE = Requirement(id="care/C1", kind=RequirementKind.CARE, title="A practice", phase=Phase.CREATE)
ACCEPTED = Approval(by="risk-officer", on=date(2026, 1, 10))
ORDER = (RequirementState.MISSING, RequirementState.PARTIAL, RequirementState.PLANNED, RequirementState.COMPLETE)
"""Worst first; an exclusion stands outside: evidence does not move it."""


def decided(**changed: Any) -> Controls:
    """Controls that say of A.8.2: it applies, or what else is given."""
    told: dict[str, Any] = {"applicable": True, "ground": Ground.RISK, "justification": "because", "owner": "risk-lead"}
    return Controls(owner="risk-lead", decisions=(ControlDecision(control=CONTROL.id, **(told | changed)),))


def excluded(**changed: Any) -> Controls:
    return decided(**({"applicable": False, "justification": "nothing is customer-facing"} | changed))


def planned(due: date = TODAY + timedelta(days=60), *, accepted: bool = True) -> Controls:
    plan = ControlPlan(owner="data-lead", due=due, interim_accepted=ACCEPTED if accepted else None)
    return decided(plan=plan)


def row_of(
    states: list[ClaimState], controls: Controls | None = None, requirement: Requirement = CONTROL
) -> RequirementRow:
    results = [a_result(state, identity=f"c-{number}") for number, state in enumerate(states)]
    return requirement_row(requirement, results, controls, TODAY)


# --- the order of the words -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("states", "word"),
    [
        ([HELD, HELD], RequirementState.COMPLETE),
        ([HELD, NOT_HELD], RequirementState.PARTIAL),
        ([HELD, UNKNOWN], RequirementState.PARTIAL),
        ([NOT_HELD, NOT_HELD], RequirementState.MISSING),
        ([UNKNOWN, UNKNOWN], RequirementState.MISSING),
        ([], RequirementState.MISSING),
    ],
)
def test_the_claims_that_hold_make_the_word(states: list[ClaimState], word: RequirementState) -> None:
    row = row_of(states)
    assert (row.status, row.care_status, row.because) == (word, word, "")


@pytest.mark.parametrize("states", [[], [HELD], [HELD, NOT_HELD], [NOT_HELD]])
def test_an_exclusion_goes_before_everything_and_gives_its_reason(states: list[ClaimState]) -> None:
    row = row_of(states, excluded())
    assert (row.status, row.because) == (RequirementState.EXCLUDED, "nothing is customer-facing")


@pytest.mark.parametrize("days", [-1, 0, 1])
def test_an_exclusion_holds_through_its_last_day_and_no_longer(days: int) -> None:
    row = row_of([NOT_HELD], excluded(expires=TODAY + timedelta(days=days)))
    assert row.status is (RequirementState.MISSING if days < 0 else RequirementState.EXCLUDED)


def test_an_exclusion_that_is_limited_to_some_systems_excludes_nothing() -> None:
    row = row_of([HELD, NOT_HELD], excluded(systems=("book-finder",)))
    assert (row.status, row.because) == (RequirementState.PARTIAL, "")


def test_only_controls_can_be_excluded() -> None:
    said = ControlDecision(
        control=CLAUSE.id, applicable=False, ground=Ground.RISK, justification="we would rather not", owner="risk-lead"
    )
    row = row_of([NOT_HELD], Controls(owner="risk-lead", decisions=(said,)), CLAUSE)
    assert row.status is RequirementState.MISSING


@pytest.mark.parametrize("states", [[HELD, NOT_HELD], [NOT_HELD], []])
def test_a_plan_whose_risk_somebody_bears_until_then_is_planned(states: list[ClaimState]) -> None:
    row = row_of(states, planned())
    assert (row.status, row.because) == (RequirementState.PLANNED, "planned by data-lead for 2026-05-30")


def test_what_is_evidenced_in_full_is_complete_although_it_was_planned() -> None:
    assert row_of([HELD, HELD], planned()).status is RequirementState.COMPLETE


def test_a_plan_whose_risk_nobody_bears_is_not_planned() -> None:
    assert row_of([NOT_HELD], planned(accepted=False)).status is RequirementState.MISSING
    assert row_of([HELD, NOT_HELD], planned(accepted=False)).status is RequirementState.PARTIAL


@pytest.mark.parametrize("days", [-1, 0, 1])
def test_a_plan_counts_through_its_day_and_no_longer(days: int) -> None:
    row = row_of([NOT_HELD], planned(TODAY + timedelta(days=days)))
    assert row.status is (RequirementState.MISSING if days < 0 else RequirementState.PLANNED)


def test_a_decision_about_another_control_changes_nothing() -> None:
    other = CONTROL.model_copy(update={"id": "iso42001:2023/A.8.3"})
    assert row_of([NOT_HELD], excluded(), other).status is RequirementState.MISSING


# --- two columns and a level ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("basis", [Basis.CARE, Basis.LAW, Basis.ANNEX_B])
def test_what_only_care_asks_for_does_not_move_the_iso_column(basis: Basis) -> None:
    row = requirement_row(CLAUSE, [a_result(HELD), a_result(NOT_HELD, basis=basis)], None, TODAY)
    assert (row.status, row.care_status) == (RequirementState.COMPLETE, RequirementState.PARTIAL)


@pytest.mark.parametrize("basis", [Basis.CLAUSE, Basis.ANNEX_A, Basis.OWN])
def test_what_the_standard_or_the_organisation_asks_for_moves_both_columns(basis: Basis) -> None:
    row = requirement_row(CLAUSE, [a_result(HELD), a_result(NOT_HELD, basis=basis)], None, TODAY)
    assert row.status is row.care_status is RequirementState.PARTIAL


def test_a_practice_counts_all_its_claims_in_both_columns_and_has_a_level() -> None:
    claims = [a_result(HELD, basis=Basis.CARE, level=1), a_result(NOT_HELD, basis=Basis.CARE, level=2)]
    row = requirement_row(PRACTICE, claims, None, TODAY)
    assert row.status is row.care_status is RequirementState.PARTIAL
    assert (row.level, requirement_row(CLAUSE, claims, None, TODAY).level) == (1, None)


@pytest.mark.parametrize(
    ("by_level", "level"),
    [
        ([], 0),
        ([(1, NOT_HELD), (2, HELD)], 0),
        ([(1, HELD), (2, UNKNOWN), (3, HELD)], 1),
        ([(1, HELD), (1, NOT_HELD), (2, HELD)], 0),
        ([(3, HELD), (2, HELD), (1, HELD)], 3),
        ([(1, HELD), (4, HELD)], 4),
    ],
)
def test_the_level_is_the_highest_up_to_which_everything_holds(
    by_level: list[tuple[int, ClaimState]], level: int
) -> None:
    assert level_of([a_result(state, level=number) for number, state in by_level]) == level


# --- the organisation's own controls ----------------------------------------------------------------------------------


def own(**changed: Any) -> CustomControl:
    return CustomControl(
        id="X-1", title="Own", purpose="It is ours.", justification="We say so.", owner="risk-lead", **changed
    )


def test_an_own_control_is_a_row_with_one_claim_by_expression_or_by_attestation() -> None:
    assert custom_requirement(own()).id == "own/X-1"
    (by_words,) = custom_claims(own(holds="size(systems) > 0"))
    assert (by_words.basis, by_words.document and by_words.document.holds) == (Basis.OWN, "size(systems) > 0")
    (attested,) = custom_claims(own(attested_by="data-lead"))
    assert attested.record is not None
    assert (attested.record.types, attested.record.expires) == (("attestation.own/X-1",), True)
    assert attested.remedy.startswith("data-lead ")


# --- laws -------------------------------------------------------------------------------------------------------------

RESULTS = st.builds(
    a_result, st.sampled_from(ClaimState), basis=st.sampled_from(Basis), level=st.integers(min_value=1, max_value=4)
)
CONTROLS = st.sampled_from(
    [None, decided(), excluded(), excluded(expires=TODAY - timedelta(days=1)), planned(), planned(accepted=False)]
)
REQUIREMENTS = st.sampled_from([CONTROL, CLAUSE, PRACTICE])


def _not_worse(before: RequirementState, after: RequirementState) -> bool:
    if RequirementState.EXCLUDED in (before, after):
        return before is after
    return ORDER.index(before) <= ORDER.index(after)


@given(st.lists(RESULTS, min_size=1, max_size=6), st.data(), CONTROLS, REQUIREMENTS)
def test_evidence_that_holds_a_claim_never_worsens_and_its_loss_never_improves_a_row(
    less: list[ClaimResult], data: st.DataObject, controls: Controls | None, requirement: Requirement
) -> None:
    at = data.draw(st.integers(0, len(less) - 1))
    claim = less[at].claim
    lower = less[at].judgement.state
    higher = data.draw(st.sampled_from([state for state in ClaimState if state.rank >= lower.rank]))
    more = [*less[:at], a_result(higher, basis=claim.basis, level=claim.level), *less[at + 1 :]]
    before = requirement_row(requirement, less, controls, TODAY)
    after = requirement_row(requirement, more, controls, TODAY)
    assert _not_worse(before.status, after.status), "adding evidence made the ISO column worse"
    assert _not_worse(before.care_status, after.care_status), "adding evidence made the CARE column worse"
    assert (before.level or 0) <= (after.level or 0), "adding evidence lowered the level"


@given(st.lists(RESULTS, max_size=6), CONTROLS, REQUIREMENTS, st.randoms(use_true_random=False))
def test_the_order_of_the_claims_makes_no_difference(
    results: list[ClaimResult], controls: Controls | None, requirement: Requirement, chance: Any
) -> None:
    mixed = list(results)
    chance.shuffle(mixed)
    one, two = (requirement_row(requirement, given, controls, TODAY) for given in (results, mixed))
    assert (one.status, one.care_status, one.level) == (two.status, two.care_status, two.level)
