"""What is open, what it weighs, who does it: the gap assessment on the small repository and on Acme (R14, R15, R88)."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from status_builders import NOW

from careloop import wiring
from careloop.checks.catalogue import Catalogue
from careloop.documents.compile import compile_tree
from careloop.domain.gap import GapAssessment, GapKind, MissingKind, PlanStep, RoadTerms
from careloop.domain.standard import Basis
from careloop.domain.status import RecordLine, Records, RequirementState
from careloop.status.compute import compute_status
from careloop.status.gap import assess_gaps
from careloop.testing.source_tree_builder import Files, edited, small_repository, tree_of, with_file, without

START = date(2026, 4, 1)
ACME_NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
"""Acme's documents are dated up to the day before."""
PHASES = "phases:\n" + "".join(
    f"  - {{phase: {phase}, owner: ai-lead, every: P3M}}\n" for phase in ("create", "adapt", "run", "evolve")
)


@cache
def catalogue() -> Catalogue:
    return Catalogue(wiring.standards_library().read_all())


@cache
def acme() -> Files:
    return wiring.repository_source(wiring.examples().folder("acme")).work_tree().files


def owned() -> Files:
    """The small repository, whose phases have an owner."""
    files = small_repository()
    return {**files, "care.yaml": files["care.yaml"] + PHASES.encode()}


def assessed(files: Files, read: Records | None = None, *, people: int = 2) -> GapAssessment:
    compiled = compile_tree(tree_of(files))
    at = ACME_NOW if "systems/credit-decision/system.yaml" in files else NOW
    status = compute_status(compiled, catalogue(), read, at)
    return assess_gaps(compiled, catalogue(), status, read, RoadTerms(on=at.date(), start=START, people=people))


def every_record(kinds: list[str]) -> Records:
    newest = {kind: RecordLine(kind, index, ACME_NOW - timedelta(hours=1)) for index, kind in enumerate(kinds)}
    systems = [path.split("/")[1] for path in acme() if path.endswith("/system.yaml")]
    about = {(kind, f"systems/{system}"): line for kind, line in newest.items() for system in systems}
    return Records(len(newest), newest, about)


@cache
def record_types() -> tuple[str, ...]:
    evidence = (
        one for group in catalogue().claims.values() for claim in group for one in (*claim.any_of, claim.record) if one
    )
    return tuple(sorted({kind for one in evidence for kind in getattr(one, "types", ())}))


# --- laws -------------------------------------------------------------------------------------------------------------


@settings(max_examples=6, deadline=None)
@given(st.sets(st.integers(0, 200), max_size=60), st.integers(0, 200))
def test_adding_evidence_never_adds_a_gap_or_a_day_of_work(chosen: set[int], one_more: int) -> None:
    types = record_types()
    kinds = sorted({types[index % len(types)] for index in chosen})
    before = assessed(acme(), every_record(kinds))
    after = assessed(acme(), every_record(sorted({*kinds, types[one_more % len(types)]})))
    assert [
        new.requirement.id for new, old in zip(after.rows, before.rows, strict=True) if new.kind.rank > old.kind.rank
    ] == []
    open_before = {claim.id for row in before.rows for claim in row.open}
    assert {claim.id for row in after.rows for claim in row.open} <= open_before
    assert before.road is not None
    assert after.road is not None
    assert after.road.person_days <= before.road.person_days
    assert after.road.critical_days <= before.road.critical_days


def test_every_open_claim_is_the_work_of_exactly_one_step() -> None:
    for files in (owned(), acme()):
        found = assessed(files)
        assert found.road is not None
        work = Counter(claim for step in found.road.steps for claim in step.claims)
        still_open = {claim.id for row in found.rows for claim in row.open if claim.same_as is None}
        assert set(work) == still_open
        assert set(work.values()) == {1}


def test_what_only_repeats_another_claim_is_open_with_it() -> None:
    found = assessed(owned())
    by_id = {claim.id for row in found.rows for claim in row.open}
    repeats = [claim for row in found.rows for claim in row.open if claim.same_as is not None]
    assert repeats
    assert [claim.id for claim in repeats if claim.same_as not in by_id] == []


def test_more_people_never_make_the_road_longer_than_one_alone() -> None:
    alone, many = assessed(owned(), people=1).road, assessed(owned(), people=50).road
    assert alone is not None
    assert many is not None
    goal = {one.id: one.on for one in alone.milestones}["stage-2"]
    assert {one.id: one.on for one in many.milestones}["stage-2"] < goal
    assert alone.critical_days == many.critical_days


# --- what a row weighs (SEMANTICS 3) ----------------------------------------------------------------------------------

A_CONTROL = "iso42001:2023/A.2.3"
LATER, PAST = "2026-09-30", "2026-03-01"


def _decided(decision: str) -> Files:
    text = (
        "owner: ai-lead\ndecisions:\n"
        f'  - {{control: "{A_CONTROL}", ground: risk, justification: It was looked at., owner: ai-lead, {decision}}}\n'
    )
    return with_file(owned(), "controls.yaml", text)


def _plan(due: str, *, accepted: bool) -> str:
    interim = ", interim_accepted: {by: director, on: 2026-03-01}" if accepted else ""
    return f"applicable: true, plan: {{owner: ai-lead, due: {due}{interim}}}"


@pytest.mark.parametrize(
    ("decision", "status", "kind", "because"),
    [
        ("applicable: false", RequirementState.EXCLUDED, GapKind.NONE, "looked at"),
        (f"applicable: false, expires: {PAST}", RequirementState.MISSING, GapKind.NONCONFORMITY, "ran out"),
        ("applicable: false, systems: [book-finder]", RequirementState.MISSING, GapKind.NONCONFORMITY, "book-finder"),
        ("applicable: true", RequirementState.MISSING, GapKind.NONCONFORMITY, "claimed as implemented"),
        (_plan(LATER, accepted=True), RequirementState.PLANNED, GapKind.GAP, LATER),
        (_plan(PAST, accepted=True), RequirementState.MISSING, GapKind.NONCONFORMITY, "overdue"),
        (_plan(LATER, accepted=False), RequirementState.MISSING, GapKind.NONCONFORMITY, "nobody has accepted"),
    ],
)
def test_a_control_is_a_nonconformity_only_as_semantics_3_says(
    decision: str, status: RequirementState, kind: GapKind, because: str
) -> None:
    row = next(row for row in assessed(_decided(decision)).rows if row.requirement.id == A_CONTROL)
    assert (row.status, row.kind) == (status, kind)
    assert because in row.because
    assert (row.open == ()) == (status is RequirementState.EXCLUDED)


def test_clauses_are_nonconformities_undecided_controls_and_practices_are_gaps() -> None:
    kinds = {row.requirement.id: row.kind for row in assessed(owned()).rows}
    assert kinds["iso42001:2023/9.2.1"] is GapKind.NONCONFORMITY
    assert kinds["iso42001:2023/A.2.3"] is GapKind.GAP
    assert kinds["care/E2"] is GapKind.GAP


def test_a_control_that_lacks_only_annex_b_is_an_improvement_and_one_that_lacks_care_a_gap() -> None:
    whole = assessed(acme(), every_record(list(record_types())))
    rows = {row.requirement.id: row for row in whole.rows}
    planless = edited(acme(), "systems/credit-decision/plan.md", "## Failures", "## Mishaps")
    row = next(
        one
        for one in assessed(planless, every_record(list(record_types()))).rows
        if one.requirement.id == "iso42001:2023/A.6.2.7"
    )
    assert rows["iso42001:2023/A.6.2.7"].kind is GapKind.NONE
    assert {claim.basis for claim in row.open} == {Basis.ANNEX_B}
    assert (row.status, row.kind) == (RequirementState.COMPLETE, GapKind.IMPROVEMENT)
    assert rows["iso42001:2023/A.9.4"].kind in (GapKind.GAP, GapKind.NONCONFORMITY), "the guard's lake is not read"


def test_a_document_that_is_there_and_says_nothing_is_named_as_no_evidence() -> None:
    files = with_file(
        owned(), "aims/context.yaml", "owner: ai-lead\nreviewed: 2026-03-02\npurpose: 'TODO: what AI is for'\n"
    )
    row = next(row for row in assessed(files).rows if row.requirement.id == "iso42001:2023/4.1")
    purpose = next(claim for claim in row.open if claim.id == "4.1-purpose")
    assert purpose.there == ("aims/context.yaml",)
    assert row.kind is GapKind.NONCONFORMITY


def test_what_no_tool_can_show_is_counted() -> None:
    coverage = assessed(owned()).coverage
    claims = {claim.id for group in catalogue().claims.values() for claim in group if claim.same_as is None}
    assert sum(one.total for one in coverage) == len(claims)
    by_word = next(one for one in coverage if "word" in one.what)
    assert by_word.total > 10
    assert by_word.held == 0


def test_the_age_of_evidence_is_that_of_the_oldest_document_or_record() -> None:
    rows = {row.requirement.id: row for row in assessed(acme(), every_record(list(record_types()))).rows}
    assert rows["iso42001:2023/4.1"].oldest is not None
    assert rows["iso42001:2023/6.3"].oldest == ACME_NOW.date()


# --- lists ------------------------------------------------------------------------------------------------------------


def _missing(files: Files, kind: MissingKind) -> dict[str, str]:
    return {item.title: item.because for item in assessed(files).missing if item.kind is kind}


def test_missing_roles_policies_and_practices_are_named() -> None:
    roles, policies = _missing(owned(), MissingKind.ROLE), _missing(owned(), MissingKind.POLICY)
    assert {"Legal", "Security", "Data", "Product", "Internal audit", "Duty: privacy", "Authority: kill"} <= set(roles)
    assert "Top management" not in roles
    assert policies["AI charter"] == "it is not written"
    assert "approved by nobody" in policies["AI policy"]
    assert "Process: internal audit" in _missing(owned(), MissingKind.PRACTICE)
    assert _missing(acme(), MissingKind.ROLE) == {}
    assert _missing(acme(), MissingKind.POLICY) == {}


def test_a_post_whose_holder_left_counts_as_missing_and_one_person_for_all_is_told() -> None:
    gone = edited(owned(), "roles.yaml", "mail: ben@harbour.example}", "mail: ben@harbour.example, left: 2026-03-01}")
    assert "nobody holds director" in _missing(gone, MissingKind.ROLE)["Top management"]
    one = edited(owned(), "roles.yaml", "holders: [ben-okri]", "holders: [ada-byron]")
    assert "A second person" in _missing(one, MissingKind.ROLE)


def test_high_risk_systems_in_operation_come_first_and_low_ones_do_not_stand_there() -> None:
    found = assessed(acme()).urgent
    assert [system.tier.rank for system in found] == sorted((system.tier.rank for system in found), reverse=True)
    small = assessed(owned())
    assert small.urgent == ()
    high = edited(owned(), "systems/book-finder/system.yaml", "tier: low", "tier: high")
    (system,) = assessed(high).urgent
    assert system.id == "book-finder"
    assert system.owner == "ai-lead"
    assert [claim.weight for claim in system.open] == sorted((claim.weight for claim in system.open), reverse=True)


# --- the road ---------------------------------------------------------------------------------------------------------


def _steps(found: GapAssessment) -> dict[str, PlanStep]:
    assert found.road is not None
    return {step.id: step for step in found.road.steps}


def test_every_step_has_an_owner_days_and_a_day_and_waits_for_what_comes_first() -> None:
    found = assessed(owned())
    steps = _steps(found)
    assert found.problems == ()
    assert all(step.owner and step.people and step.days > 0 and step.start <= step.due for step in steps.values())
    assert all(steps[before].due < step.start for step in steps.values() for before in step.after if before in steps)
    assert steps["leadership.run"].owner == "director"
    assert steps["scope.write"].owner == "ai-lead"


def test_the_road_is_dated_milestones_in_their_order() -> None:
    road = assessed(owned()).road
    assert road is not None
    days = {one.id: one.on for one in road.milestones}
    order = ["scoped", "in-force", "operating", "internal-audit", "management-review", "stage-1", "stage-2", "renewal"]
    assert [days[name] for name in order] == sorted(days[name] for name in order)
    assert (days["operating"] - days["in-force"]).days >= 89
    assert 330 < (days["surveillance"] - days["stage-2"]).days <= 366
    assert road.critical_path[-1] == "stage-2"


def test_with_all_evidence_only_what_others_decide_is_ahead() -> None:
    files = acme()
    road = assessed(files, every_record(list(record_types()))).road
    assert road is not None
    reached = {one.id for one in road.milestones if one.reached}
    assert "scoped" in reached
    assert not {"stage-1", "stage-2", "surveillance", "renewal"} & reached


def _roadmap(text: str) -> Files:
    return with_file(owned(), "aims/roadmap.yaml", f"owner: ai-lead\nreviewed: 2026-03-02\n{text}")


def test_the_organisation_changes_days_owner_and_order_and_adds_steps_of_its_own() -> None:
    text = """\
actions:
  - {id: risk.write, owner: director, days: 40}
  - {id: buy-tool, title: Buy a tool for the register, owner: director, days: 7, before: [risk.write]}
milestones:
  - {id: stage-1, on: 2027-11-05}
"""
    found = assessed(_roadmap(text))
    steps = _steps(found)
    assert found.problems == ()
    assert (steps["risk.write"].owner, steps["risk.write"].days) == ("director", 40)
    assert steps["buy-tool"].own
    assert "buy-tool" in steps["risk.write"].after
    assert found.road is not None
    stage = next(one for one in found.road.milestones if one.id == "stage-1")
    assert (stage.on, stage.booked, stage.reached) == (date(2027, 11, 5), True, False)


@pytest.mark.parametrize(
    ("text", "code", "line", "says"),
    [
        ("actions:\n  - {id: risk.write, after: [treatment.write]}\n", "plan-circle", 4, "risk.write"),
        (
            "actions:\n  - {id: a, title: A, owner: ai-lead, after: [b]}\n"
            "  - {id: b, title: B, owner: ai-lead, after: [a]}\n",
            "plan-circle-alone",
            4,
            "a after b after a",
        ),
        ("actions:\n  - {id: a, title: A}\n", "plan-unowned", 4, "names no owner"),
        ("actions:\n  - {id: risk.wriet, days: 2}\n", "plan-unknown", 4, "risk.wriet"),
        ("actions:\n  - {id: risk.write, after: [nothing]}\n", "plan-unknown", 4, "nothing"),
        ("milestones:\n  - {id: stage-3, on: 2027-01-01}\n", "plan-unknown", 4, "stage-3"),
        ("milestones:\n  - {id: stage-1, on: 2026-04-20}\n", "plan-out-of-order", 4, "2026-04-20"),
    ],
)
def test_a_fault_in_the_plan_is_told_with_its_place(text: str, code: str, line: int, says: str) -> None:
    found = assessed(_roadmap(text))
    (problem,) = [one for one in found.problems if one.rule == code]
    assert (problem.place.file, problem.place.line) == ("aims/roadmap.yaml", line)
    assert says in problem.message
    assert problem.remedy
    assert (found.road is None) == code.startswith("plan-circle")


def test_a_step_that_nobody_owns_is_told_where_the_owner_is_missing() -> None:
    phaseless = small_repository()
    (problem, *_) = assessed(phaseless).problems
    assert (problem.rule, problem.place.file) == ("plan-unowned", "care.yaml")
    vacant = edited(owned(), "roles.yaml", "holders: [ada-byron]", "holders: []")
    (held,) = assessed(vacant).problems
    assert (held.place.file, held.place.line) == ("roles.yaml", 12)
    assert "nobody holds the post 'ai-lead'" in held.message


def test_a_post_accountable_for_the_document_owns_its_work() -> None:
    text = "accountable:\n  - {path: 'risk/**', post: director}\n  - {path: '**', post: ai-lead}\n"
    files = {**owned(), "roles.yaml": owned()["roles.yaml"] + text.encode()}
    steps = _steps(assessed(files))
    assert steps["risk.write"].owner == "director"
    assert steps["policy.write"].owner == "ai-lead"


def test_without_any_document_the_road_still_says_what_is_wrong() -> None:
    found = assessed(without(owned(), "roles.yaml"))
    assert {problem.rule for problem in found.problems} == {"plan-unowned"}
    assert assessed({}).problems[0].place.file == "care.yaml"
