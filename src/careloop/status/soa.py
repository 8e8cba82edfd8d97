"""Rows of the Statement of Applicability: decisions of controls.yaml beside what evidence says (6.1.3; R6, R7)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TypedDict

from careloop.checks.catalogue import Catalogue
from careloop.checks.risk_scores import designated_posts
from careloop.domain.controls import ControlDecision, Controls, CustomControl, Ground
from careloop.domain.repository import Repository
from careloop.domain.residual import LiveRisk, TreatmentApproval
from careloop.domain.risk import RiskCriteria
from careloop.domain.roles import Roles
from careloop.domain.soa import PlanApproval, PlanState, SoaPlan, SoaRisk, SoaRow
from careloop.domain.status import EvidenceLine, RequirementRow, RequirementState, Status
from careloop.status.requirements import requirement_row
from careloop.status.residual import PLAN
from careloop.status.treatment_digest import plan_digest

__all__ = ["plan_approval", "soa_rows"]

_MOST_REASONS = 4


def soa_rows(
    repository: Repository, catalogue: Catalogue, status: Status, *, system: str | None, today: date
) -> tuple[SoaRow, ...]:
    """A row for each decision about each reference control, in the order of Annex A, then the organisation's own.

    For one system, the decision that names it goes before the one for all. A control that nobody decided has no row
    here; that it is missing is a finding.
    """
    controls = repository.only(Controls)
    if controls is None:
        return ()
    rows = {row.requirement.id: row for row in status.requirements}
    made = [
        _reference(row, decision, _risks(status.risks, control, system), today)
        for control in catalogue.controls
        if (row := rows.get(control)) is not None
        for decision in _decisions(controls, control, system)
    ]
    own = [_own(rows[f"own/{one.id}"], one, _risks(status.risks, f"own/{one.id}", system)) for one in controls.custom]
    return (*made, *own)


def _decisions(controls: Controls, control: str, system: str | None) -> Sequence[ControlDecision]:
    found = [one for one in controls.decisions if one.control == control]
    if system is None:
        return found
    named = [one for one in found if system in one.systems]
    return (named or [one for one in found if not one.systems])[:1]


def _reference(row: RequirementRow, decision: ControlDecision, risks: tuple[SoaRisk, ...], today: date) -> SoaRow:
    judged = _judged_by(row, decision, today)
    plan = decision.plan
    return SoaRow(
        control=row.requirement.id,
        title=row.requirement.title,
        group=row.requirement.group,
        own=False,
        applies=judged.status is not RequirementState.EXCLUDED,
        expired=not decision.applicable and judged.status is not RequirementState.EXCLUDED,
        ground=decision.ground.value,
        justification=decision.justification,
        systems=decision.systems,
        owner=decision.owner,
        plan=SoaPlan(owner=plan.owner, due=plan.due, interim=plan.interim_accepted) if plan else None,
        expires=decision.expires,
        approved=decision.approved,
        risks=risks,
        **_shown(judged),
    )


def _judged_by(row: RequirementRow, decision: ControlDecision, today: date) -> RequirementRow:
    """The row as this one decision makes it, whatever other decisions say about other systems."""
    alone = Controls.model_construct(
        owner=decision.owner, decisions=(decision.model_copy(update={"systems": ()}),), custom=()
    )
    judged = requirement_row(row.requirement, row.claims, alone, today)
    unsettled = judged.status not in (RequirementState.COMPLETE, RequirementState.EXCLUDED)
    return replace(judged, degraded=row.degraded and unsettled)


def _own(row: RequirementRow, control: CustomControl, risks: tuple[SoaRisk, ...]) -> SoaRow:
    return SoaRow(
        control=row.requirement.id,
        title=control.title,
        group="Beyond Annex A",
        own=True,
        applies=True,
        expired=False,
        ground=Ground.RISK.value if risks else None,
        justification=control.justification,
        systems=(),
        owner=control.owner,
        plan=None,
        expires=None,
        approved=None,
        risks=risks,
        **_shown(row),
    )


class _Shown(TypedDict):
    """What evidence says, as a row holds it."""

    status: RequirementState
    degraded: bool
    because: tuple[str, ...]
    held: int
    claims: int
    evidence: tuple[EvidenceLine, ...]
    fresh_until: date | None


def _shown(row: RequirementRow) -> _Shown:
    lacking = [f"{one.claim.text.rstrip('.')}: {one.judgement.because}" for one in row.claims if not one.held]
    more = (f"and {len(lacking) - _MOST_REASONS} more",) if len(lacking) > _MOST_REASONS else ()
    ends = [one.judgement.fresh_until for one in row.claims if one.held and one.judgement.fresh_until]
    excluded = row.status is RequirementState.EXCLUDED
    return {
        "status": row.status,
        "degraded": row.degraded,
        "because": () if excluded else (*lacking[:_MOST_REASONS], *more),
        "held": sum(one.held for one in row.claims),
        "claims": len(row.claims),
        "evidence": tuple(
            dict.fromkeys(line for one in row.claims if one.held and not excluded for line in one.judgement.evidence)
        ),
        "fresh_until": min(ends) if ends and not excluded else None,
    }


def _risks(risks: Sequence[LiveRisk], control: str, system: str | None) -> tuple[SoaRisk, ...]:
    return tuple(
        SoaRisk(
            id=live.risk.id,
            title=live.risk.title,
            option=live.risk.treatment.option,
            credit=one.credit,
            state=one.state,
        )
        for live in risks
        if live.risk.treatment is not None and (system is None or not live.risk.systems or system in live.risk.systems)
        for one in live.credits
        if one.credit.control == control
    )


def plan_approval(
    repository: Repository, risks: Sequence[LiveRisk], approvals: Sequence[TreatmentApproval]
) -> PlanApproval:
    """Whether designated management has approved exactly the plan that stands here (R8)."""
    digest = plan_digest(repository)
    signed = [one for one in approvals if one.treatment == PLAN and one.refused is None]
    posts = _designated(repository, risks)
    for one in reversed(signed):
        if one.digest == digest and one.post in posts:
            because = f"signed by {one.person} for {one.post} on {one.on}, ledger entry {one.entry}"
            return PlanApproval(state=PlanState.SIGNED, digest=digest, because=because)
    if signed:
        return PlanApproval(state=PlanState.VOID, digest=digest, because=_why_void(signed[-1], digest))
    controls = repository.only(Controls)
    if controls is not None and controls.approved is not None:
        because = f"controls.yaml names {controls.approved.by} on {controls.approved.on}; nobody has signed it"
        return PlanApproval(state=PlanState.STATED, digest=digest, because=because)
    return PlanApproval(state=PlanState.NONE, digest=digest, because="nobody has approved it")


def _why_void(approval: TreatmentApproval, digest: str) -> str:
    if approval.digest != digest:
        return f"what {approval.person} signed on {approval.on} has materially changed since"
    return f"{approval.post} is not designated for the highest risk of the plan"


def _designated(repository: Repository, risks: Sequence[LiveRisk]) -> frozenset[str]:
    criteria = repository.only(RiskCriteria)
    if criteria is None:
        return frozenset()
    lowest = min(criteria.levels, key=lambda one: one.from_score)
    highest = max((live.level for live in risks), key=lambda one: one.from_score, default=lowest)
    return designated_posts(highest, criteria, repository.only(Roles))
