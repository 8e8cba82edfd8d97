"""Live residual risk: what a treatment counts on, what is left, who accepted it (SEMANTICS 3-5; R5, R8, R77)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from risk_builders import (
    COMPLETE,
    PARTIAL,
    PLANNED,
    TODAY,
    A,
    B,
    C,
    a_credit,
    a_repository,
    a_risk,
    a_row,
    a_yardstick,
    live,
    signed,
    the_roles,
    the_rows,
)

from careloop.checks.risk_scores import level_of, scores_of
from careloop.domain.controls import Controls
from careloop.domain.residual import AcceptanceState, CreditState, Scores
from careloop.domain.risk import Combination
from careloop.domain.status import RequirementState
from careloop.status.residual import live_risks, risk_findings

WITHIN, ACCEPTED = AcceptanceState.WITHIN, AcceptanceState.ACCEPTED
ON_THE_WAY, SUSPENDED, OPEN = AcceptanceState.PLANNED, AcceptanceState.SUSPENDED, AcceptanceState.OPEN


def controls_of(**decision: object) -> Controls:
    fields = {"control": A, "applicable": True, "ground": "risk", "justification": "So.", "owner": "lead"}
    return Controls.model_validate({"owner": "lead", "decisions": [fields | decision]})


def test_an_evidenced_control_lowers_the_risk_and_one_that_is_not_does_not() -> None:
    risk = a_risk(a_credit(A, likelihood=2), a_credit(C, individuals=1))
    found = live(risk, the_rows(a=COMPLETE))
    assert found.inherent == Scores(organisation=12, individuals=16, society=8)
    assert found.declared == Scores(organisation=6, individuals=6, society=4)
    assert found.now == Scores(organisation=6, individuals=8, society=4)
    assert [one.state for one in found.credits] == [CreditState.EVIDENCED, CreditState.UNPROVEN]
    assert found.chain == ("iso42001:2023/A.9.3 is unproven (nothing shows it) -> risk drift",)


def test_no_control_makes_a_risk_vanish() -> None:
    risk = a_risk(a_credit(A, likelihood=9, organisation=9, individuals=9, society=9))
    assert live(risk, the_rows(a=COMPLETE)).now == Scores(organisation=1, individuals=1, society=1)


def test_a_risk_within_the_appetite_for_everybody_needs_no_acceptance() -> None:
    found = live(a_risk(a_credit(A, likelihood=3)), the_rows(a=COMPLETE))
    assert (found.acceptance.state, dict(found.above)) == (WITHIN, {})


def test_without_acceptance_a_risk_above_the_appetite_is_open_and_its_owner_is_told() -> None:
    found = live(a_risk(a_credit()), the_rows())
    assert found.acceptance.state is OPEN
    (finding,) = risk_findings([found])
    assert (finding.owner, finding.file) == ("product", "risk/register/drift.yaml")
    assert "individuals 16" in finding.message


def test_an_acceptance_that_counts_on_controls_nobody_has_seen_holds_the_next_release() -> None:
    """SEMANTICS 3, 4: claimed without evidence; who accepted the rest accepted less than there is."""
    found = live(a_risk(a_credit(), accepted="boss"), the_rows())
    assert found.acceptance.state is OPEN
    assert found.acceptance.state.holds_releases
    assert "in view of iso42001:2023/A.6.2.4, not evidenced so far; nobody designated" in found.acceptance.because
    assert [one.owner for one in risk_findings([found])] == ["product"]


@pytest.mark.parametrize(
    ("interim", "state"),
    [
        ({"until": "2026-12-31"}, ON_THE_WAY),
        ({"until": "2026-11-23"}, ON_THE_WAY),
        ({"until": "2026-11-22"}, OPEN),
        ({"by": "lead"}, OPEN),
        ({"on": "2026-10-31"}, OPEN),
    ],
)
def test_designated_management_may_bear_the_rest_for_a_while_and_then_nothing_is_held_back(
    interim: dict[str, str], state: AcceptanceState
) -> None:
    """SEMANTICS 3: planned needs the interim residual accepted, by who may, after the assessment, before its day."""
    found = live(a_risk(a_credit(), accepted="boss", interim=interim), the_rows())
    assert found.acceptance.state is state
    assert bool(list(risk_findings([found]))) is (state is OPEN)


def test_what_is_borne_for_a_while_saves_no_control_that_fell_short() -> None:
    rows = the_rows() | {A: a_row(A, PARTIAL, degraded=True)}
    found = live(a_risk(a_credit(), accepted="boss", interim={"until": "2026-12-31"}), rows)
    assert found.acceptance.state is SUSPENDED


@pytest.mark.parametrize("state", [CreditState.DEGRADED, CreditState.OVERDUE])
def test_a_control_that_fell_short_suspends_the_acceptance_and_the_owner_is_told(state: CreditState) -> None:
    """R77: the acceptance counted on it."""
    rows, controls = the_rows(), controls_of(plan={"owner": "lead", "due": "2026-11-22"})
    if state is CreditState.DEGRADED:
        rows[A], controls = a_row(A, PARTIAL, degraded=True), controls_of()
    risk = a_risk(a_credit(), accepted="boss")
    found = live(risk, rows, repository=a_repository(risk, controls=controls))
    assert [one.state for one in found.credits] == [state]
    assert found.acceptance.state is SUSPENDED
    assert state.value in found.acceptance.because
    assert [one.owner for one in risk_findings([found])] == ["product"]


def test_a_planned_control_is_not_counted_and_suspends_nothing_before_its_day() -> None:
    risk = a_risk(a_credit(), accepted="boss")
    controls = controls_of(
        plan={"owner": "lead", "due": "2026-11-23", "interim_accepted": {"by": "boss", "on": "2026-11-01"}}
    )
    found = live(risk, the_rows(a=PLANNED), repository=a_repository(risk, controls=controls))
    assert (found.credits[0].state, found.now) == (CreditState.PLANNED, found.inherent)
    assert found.acceptance.state is ON_THE_WAY
    by_another = controls_of(
        plan={"owner": "lead", "due": "2026-11-23", "interim_accepted": {"by": "lead", "on": "2026-11-01"}}
    )
    found = live(risk, the_rows(a=PLANNED), repository=a_repository(risk, controls=by_another))
    assert found.acceptance.state is OPEN


def test_a_control_excluded_for_all_systems_of_the_risk_counts_for_nothing() -> None:
    risk = a_risk(a_credit(), accepted="boss")
    controls = controls_of(applicable=False, systems=["credit"])
    found = live(risk, the_rows(a=COMPLETE), repository=a_repository(risk, controls=controls))
    assert (found.credits[0].state, found.acceptance.state) == (CreditState.EXCLUDED, SUSPENDED)


def test_an_exclusion_that_ran_out_excludes_nothing() -> None:
    risk = a_risk(a_credit())
    controls = controls_of(applicable=False, systems=["credit"], expires="2026-11-22")
    found = live(risk, the_rows(a=COMPLETE), repository=a_repository(risk, controls=controls))
    assert found.credits[0].state is CreditState.EVIDENCED


@pytest.mark.parametrize(
    ("post", "up_to", "state"),
    [
        ("lead", {}, OPEN),
        ("boss", {}, ACCEPTED),
        ("deputy", {}, OPEN),
        ("deputy", {"deputy": "high"}, ACCEPTED),
        ("deputy", {"deputy": "low"}, OPEN),
    ],
)
def test_only_a_post_designated_for_the_level_accepts(post: str, up_to: dict[str, str], state: AcceptanceState) -> None:
    """R8: by the criteria, or by `approves_risk_up_to` in roles.yaml."""
    risk = a_risk(a_credit(A, organisation=1), accepted=post)
    found = live(risk, the_rows(a=COMPLETE), repository=a_repository(risk, roles=the_roles(**up_to)))
    assert found.acceptance.state is state


def test_a_signed_approval_covers_what_was_left_on_its_day_and_no_more() -> None:
    risk = a_risk(a_credit(A, likelihood=1), a_credit(B, likelihood=1))
    both, one = live(risk, the_rows(a=COMPLETE, b=COMPLETE)), live(risk, the_rows(a=COMPLETE))
    approval = signed(both.digest, both.now, evidenced=(A, B))
    assert live(risk, the_rows(a=COMPLETE, b=COMPLETE), approval).acceptance.state is ACCEPTED
    lost = live(risk, the_rows(a=COMPLETE), approval)
    assert (lost.acceptance.state, lost.credits[1].state) == (SUSPENDED, CreditState.DEGRADED)
    again = signed(one.digest, one.now, evidenced=(A,), entry=8)
    renewed = live(risk, the_rows(a=COMPLETE), approval, again)
    assert (renewed.acceptance.state, renewed.acceptance.entry) == (ACCEPTED, 8)


def test_a_material_change_voids_an_approval_and_a_typo_does_not() -> None:
    """R8; SEMANTICS 12."""
    risk = a_risk(a_credit())
    approval = signed(live(risk, the_rows()).digest, live(risk, the_rows()).now)
    typo = risk.model_copy(update={"cause": "The world moves on, quickly", "title": "Drifting"})
    assert live(typo, the_rows(), approval).acceptance.state is ACCEPTED
    worse = risk.model_copy(update={"likelihood": 5})
    found = live(worse, the_rows(), approval)
    assert found.acceptance.state is OPEN
    assert [one.entry for one in found.void] == [7]
    assert "materially changed" in found.acceptance.because


def test_an_older_line_in_the_document_does_not_save_a_void_signature() -> None:
    risk = a_risk(a_credit(), accepted="boss")
    approval = signed("sha256:old", Scores(organisation=20, individuals=20, society=20))
    assert live(risk, the_rows(), approval).acceptance.state is OPEN


def test_a_document_accepted_before_it_was_assessed_accepts_nothing() -> None:
    risk = a_risk(a_credit(), accepted="boss", assessed={"by": "ada", "on": "2026-11-02"})
    assert "before it was assessed" in live(risk, the_rows()).acceptance.because


def test_a_refused_signature_counts_for_nothing() -> None:
    risk = a_risk(a_credit())
    base = live(risk, the_rows())
    approval = signed(base.digest, base.now, refused="the key is not listed")
    assert live(risk, the_rows(), approval).acceptance.state is OPEN


def test_opportunities_and_registers_without_a_yardstick_have_no_residual() -> None:
    chance = a_risk(kind="opportunity", consequences=None, benefit="Time")
    assert live_risks(a_repository(chance), {}, (), TODAY) == ()
    assert scores_of(chance) is None


# --- laws -------------------------------------------------------------------------------------------------------------

IMPACT = st.integers(1, 5)
STEP = st.integers(0, 4)
CREDITS = st.tuples(
    *[st.fixed_dictionaries(dict.fromkeys(("likelihood", "organisation", "individuals", "society"), STEP))] * 3
)
STATES = st.tuples(*[st.sampled_from([COMPLETE, PARTIAL])] * 3)


@given(IMPACT, st.tuples(IMPACT, IMPACT, IMPACT), CREDITS, STATES, st.integers(0, 2))
def test_a_control_losing_its_evidence_never_lowers_what_is_left(
    likelihood: int,
    impacts: tuple[int, int, int],
    steps: tuple[dict[str, int], ...],
    states: tuple[RequirementState, ...],
    which: int,
) -> None:
    """R77."""
    risk = a_risk(
        *(a_credit(control, **step) for control, step in zip((A, B, C), steps, strict=True)),
        likelihood=likelihood,
        impacts=impacts,
        accepted="boss",
    )
    before = dict(zip("abc", states, strict=True))
    after = before | {"abc"[which]: PARTIAL}
    then, now = live(risk, the_rows(**before)), live(risk, the_rows(**after))
    assert now.now.covers(then.now)
    assert now.inherent.covers(now.now)
    assert now.now.covers(now.declared)
    assert now.level.from_score >= then.level.from_score


@given(IMPACT, st.tuples(IMPACT, IMPACT, IMPACT), st.sampled_from(list(Combination)), st.integers(0, 24))
def test_harm_to_people_is_never_averaged_away(
    likelihood: int, impacts: tuple[int, int, int], rule: Combination, better_by: int
) -> None:
    """SEMANTICS 4: whatever the organisation gains, the combined score is at least that of each person's harm."""
    scores = scores_of(a_risk(likelihood=likelihood, impacts=impacts))
    assert scores is not None
    gained = replace(scores, organisation=max(1, scores.organisation - better_by))
    for one in (scores, gained):
        assert one.combined(rule) >= max(one.individuals, one.society)
    people = replace(scores, organisation=1)
    assert gained.combined(rule) >= people.combined(rule)
    yardstick = a_yardstick(combine=rule.value)
    assert level_of(gained, yardstick).from_score >= level_of(people, yardstick).from_score


@given(
    IMPACT,
    st.tuples(IMPACT, IMPACT, IMPACT),
    st.tuples(*[st.integers(1, 25)] * 2),
    st.sampled_from([None, "lead", "boss"]),
)
def test_a_stricter_appetite_never_frees_what_was_held_back(
    likelihood: int, impacts: tuple[int, int, int], appetites: tuple[int, int], accepted: str | None
) -> None:
    held = []
    for most in sorted(appetites, reverse=True):
        risk = a_risk(likelihood=likelihood, impacts=impacts, accepted=accepted)
        yardstick = a_yardstick(appetite={"organisation": most, "individuals": most, "society": most})
        found = live(risk, the_rows(), repository=a_repository(risk, yardstick))
        held.append(found.acceptance.state.holds_releases)
    assert held[0] <= held[1]


def test_the_day_of_a_signed_approval_is_shown() -> None:
    risk = a_risk(a_credit())
    base = live(risk, the_rows())
    found = live(risk, the_rows(), signed(base.digest, base.now)).acceptance
    assert (found.on, found.by, found.person) == (date(2026, 11, 10), "boss", "bob")
