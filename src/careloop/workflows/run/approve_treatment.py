"""Approve what is left of a risk, or the treatment plan as a whole: signed by designated management (R8; SEMANTICS 5).

The signature binds to the material fields, to the score that is left on that day, and to the controls that were
evidenced then. A material change voids it; a typo does not; a control that loses its evidence suspends it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from careloop.checks.risk_scores import designated_posts, level_of
from careloop.domain.residual import LiveRisk, TreatmentApproval
from careloop.domain.risk import RiskCriteria, RiskLevel
from careloop.domain.roles import Roles
from careloop.domain.status import RequirementState, Status
from careloop.errors import InvalidInput, NotFound, Refused
from careloop.gates.request import statement_digest
from careloop.gates.treatment import TREATMENT, TREATMENT_TYPE, may_sign_for, treatment_statement
from careloop.ports.ledger import Json, Receipt, Record, Subject
from careloop.ports.session_voucher import PersonalProof
from careloop.status.residual import PLAN, treatment_of
from careloop.status.treatment_digest import plan_digest
from careloop.workflows.read_live_status import Reading, read_live_status
from careloop.workflows.run.release_desk import Governance, ReleaseDesk, read_governance
from careloop.workflows.run.release_records import derived_id, plain_text
from careloop.workflows.run.sign_as import Signer, choose_signer, sign_digest

__all__ = ["ApprovedTreatment", "TreatmentAsk", "approve_treatment"]

_CONTROLS: Final = ("iso42001:2023/6.1.3", "iso42001:2023/8.3")


@dataclass(frozen=True, slots=True)
class TreatmentAsk:
    """Somebody wants to approve a treatment."""

    treatment: str
    """Id of a risk; `plan` for the whole treatment plan."""
    reason: str
    person: str | None = None
    """Selects among the keys at hand; None when one key, and so one person, is meant, and for a session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedTreatment:
    """An approval that was recorded."""

    approval: TreatmentApproval
    level: RiskLevel
    key: str
    """Fingerprint of the key that signed."""
    commit: str
    receipt: Receipt


def approve_treatment(ask: TreatmentAsk, desk: ReleaseDesk, proof: PersonalProof, now: datetime) -> ApprovedTreatment:
    """Sign a treatment as it is committed and as it stands now, and record that.

    Raises `InvalidInput` without a reason or without criteria, `NotFound` for no such risk, `Refused` without proof of
    who acts and for somebody whose posts are not designated for a risk of that level.
    """
    if not ask.reason.strip():
        raise InvalidInput("an approval says why", hint="give --reason TEXT")
    governance = read_governance(desk, now)
    criteria = governance.repository.only(RiskCriteria)
    if criteria is None:
        raise InvalidInput("there is no readable risk/criteria.yaml, so no level", hint="run `care check`")
    status = read_live_status(_reading(governance, desk))
    asked, level = _asked(ask, status, governance, criteria)
    signer = choose_signer(proof, governance.people, ask.person)
    post = _designated(signer, level, governance, criteria)
    approval = replace(asked, person=signer.person.id, post=post, on=governance.on)
    reason = plain_text(ask.reason.strip())
    statement = treatment_statement(approval, reason=reason, at=now)
    digest = statement_digest(statement)
    signed = sign_digest(signer, governance.people, digest, purpose=TREATMENT, now=now)
    record = Record(
        id=derived_id(int(now.timestamp() * 1000), "treatment", digest),
        type=TREATMENT_TYPE,
        actor=signer.actor,
        occurred_at=now,
        data=_data(approval, level, statement, governance.commit) | dict(signed.data),
        subject=_subjects(approval),
        controls=_CONTROLS,
    )
    receipt = desk.ledger.append([record], recorded_at=now)[0]
    made = replace(approval, entry=receipt.index)
    return ApprovedTreatment(approval=made, level=level, key=signed.key, commit=governance.commit, receipt=receipt)


def _reading(governance: Governance, desk: ReleaseDesk) -> Reading:
    return Reading(
        compiled=governance.compiled,
        catalogue=governance.catalogue,
        source=desk.source,
        ledger=desk.ledger,
        now=governance.here,
        commit=governance.commit,
    )


def _asked(
    ask: TreatmentAsk, status: Status, governance: Governance, criteria: RiskCriteria
) -> tuple[TreatmentApproval, RiskLevel]:
    """What would be approved, nobody's yet, and the level of risk that it takes."""
    nobody = TreatmentApproval(
        treatment=PLAN,
        digest=plan_digest(governance.repository),
        person="",
        post="",
        on=governance.on,
        scores=None,
        evidenced=frozenset(),
        entry=-1,
    )
    if ask.treatment == PLAN:
        complete = {one.requirement.id for one in status.requirements if one.status is RequirementState.COMPLETE}
        counted = {one.credit.control for live in status.risks for one in live.credits}
        highest = max((live.level for live in status.risks), key=lambda one: one.from_score, default=None)
        lowest = min(criteria.levels, key=lambda one: one.from_score)
        return replace(nobody, evidenced=frozenset(complete & counted)), highest or lowest
    live = _risk(ask.treatment, status, governance)
    evidenced = frozenset(one.credit.control for one in live.credits if one.counts)
    mine = replace(
        nobody, treatment=treatment_of(live.risk.id), digest=live.digest, scores=live.now, evidenced=evidenced
    )
    return mine, level_of(live.now, criteria)


def _risk(name: str, status: Status, governance: Governance) -> LiveRisk:
    found = next((live for live in status.risks if live.risk.id == name), None)
    if found is None:
        hint = "name a risk of risk/register, or `plan` for all of them; committed documents only"
        raise NotFound(f"there is no risk '{name}' at {governance.commit[:12]}", hint=hint)
    if found.risk.treatment is None:
        raise Refused(f"nobody has decided yet what to do about {name}", hint=f"add `treatment` to {found.path}")
    return found


def _designated(signer: Signer, level: RiskLevel, governance: Governance, criteria: RiskCriteria) -> str:
    """The post for which somebody signs."""
    posts = designated_posts(level, criteria, governance.repository.only(Roles))
    post = may_sign_for(governance.people, signer.person.id, posts)
    if post is None:
        who = ", ".join(sorted(posts)) or "no post"
        raise Refused(
            f"no post of {signer.person.id} is designated to accept a risk of level {level.id}",
            hint=f"designated for that level: {who}",
        )
    return post


def _data(approval: TreatmentApproval, level: RiskLevel, statement: Mapping[str, str], commit: str) -> dict[str, Json]:
    scores: dict[str, Json] = dict(approval.scores.by_bearer) if approval.scores else {}
    return {
        "treatment": approval.treatment,
        "digest": approval.digest,
        "level": level.id,
        "scores": scores or None,
        "evidenced": sorted(approval.evidenced),
        "statement": dict(statement),
        "commit": commit,
    }


def _subjects(approval: TreatmentApproval) -> tuple[Subject, ...]:
    name = "treatment-plan" if approval.treatment == PLAN else approval.treatment
    return (Subject(name=name, digest=approval.digest),)
