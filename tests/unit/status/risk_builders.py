"""Risks, yardsticks and rows of a status in a line or two, for the tests of live residual risk."""

from __future__ import annotations

from datetime import date
from typing import Any

from careloop.domain.controls import Controls
from careloop.domain.repository import Document, Repository
from careloop.domain.residual import LiveRisk, Scores, TreatmentApproval
from careloop.domain.risk import Risk, RiskCriteria
from careloop.domain.roles import Roles
from careloop.domain.standard import Requirement, RequirementKind
from careloop.domain.status import RequirementRow, RequirementState
from careloop.domain.tier import Phase
from careloop.status.residual import live_risks, treatment_of

TODAY = date(2026, 11, 23)
A, B, C = "iso42001:2023/A.6.2.4", "iso42001:2023/A.6.2.6", "iso42001:2023/A.9.3"
COMPLETE, PARTIAL, PLANNED = RequirementState.COMPLETE, RequirementState.PARTIAL, RequirementState.PLANNED


def a_yardstick(**changes: Any) -> RiskCriteria:
    points = [{"value": n, "label": "l", "meaning": "m"} for n in range(1, 6)]
    fields: dict[str, Any] = {
        "owner": "lead",
        "method": "Likelihood times impact.",
        "likelihood": points,
        "impact": points,
        "levels": [
            {"id": "low", "from_score": 1, "accepted_by": "lead"},
            {"id": "high", "from_score": 10, "accepted_by": "boss"},
        ],
        "appetite": {"organisation": 9, "individuals": 6, "society": 6},
    }
    return RiskCriteria.model_validate(fields | changes)


def a_credit(control: str = A, **steps: int) -> dict[str, Any]:
    return {"control": control, **(steps or {"likelihood": 2})}


def a_risk(
    *credits_: dict[str, Any], likelihood: int = 4, impacts: tuple[int, int, int] = (3, 4, 2), **more: Any
) -> Risk:
    """A risk to a system; `accepted` names the post that accepted it on the day of its assessment.

    `interim` says, beside what is usual, who bears what is left while controls were never evidenced.
    """
    accepted, interim = more.pop("accepted", None), more.pop("interim", None)
    treatment: dict[str, Any] = {"option": "modify", "reason": "It can be lowered.", "credits": list(credits_)}
    if accepted:
        treatment["accepted"] = {"by": accepted, "on": "2026-11-01"}
    if interim:
        treatment["interim"] = {"by": "boss", "on": "2026-11-01", "until": "2026-12-31"} | interim
    borne = dict(zip(("organisation", "individuals", "society"), impacts, strict=True))
    fields: dict[str, Any] = {
        "id": "drift",
        "title": "Drift",
        "owner": "product",
        "systems": ["credit"],
        "source": "Us",
        "cause": "The world moves on",
        "consequences": {who: {"text": "Harm", "impact": impact} for who, impact in borne.items()},
        "likelihood": likelihood,
        "criteria_version": "1",
        "assessed": {"by": "ada", "on": "2026-11-01"},
        "treatment": treatment,
    }
    return Risk.model_validate(fields | more)


def the_roles(**up_to: str) -> Roles:
    posts = [
        {"id": post, "title": post, "function": "risk", "approves_risk_up_to": up_to.get(post)}
        for post in ("lead", "boss", "deputy", "product")
    ]
    return Roles.model_validate({"owner": "lead", "posts": posts})


def a_repository(
    risk: Risk, criteria: RiskCriteria | None = None, controls: Controls | None = None, roles: Roles | None = None
) -> Repository:
    documents = [
        Document("risk/criteria.yaml", "criteria", criteria or a_yardstick()),
        Document("risk/register/drift.yaml", "risk", risk),
        Document("roles.yaml", "roles", roles or the_roles()),
    ]
    if controls is not None:
        documents.append(Document("controls.yaml", "controls", controls))
    return Repository(tuple(documents))


def a_row(control: str, state: RequirementState, *, degraded: bool = False) -> RequirementRow:
    return RequirementRow(
        requirement=Requirement(id=control, kind=RequirementKind.CONTROL, title="A control", phase=Phase.RUN),
        status=state,
        care_status=state,
        degraded=degraded,
        level=None,
        claims=(),
        because="planned by lead for 2027-01-31" if state is PLANNED else "",
    )


def the_rows(**states: RequirementState) -> dict[str, RequirementRow]:
    """Rows of the three controls, partial unless said otherwise by the letter."""
    return {
        control: a_row(control, states.get(letter, PARTIAL)) for letter, control in zip("abc", (A, B, C), strict=True)
    }


def live(
    risk: Risk, rows: dict[str, RequirementRow], *approvals: TreatmentApproval, repository: Repository | None = None
) -> LiveRisk:
    return live_risks(repository or a_repository(risk), rows, approvals, TODAY)[0]


def signed(
    digest: str, scores: Scores, *, post: str = "boss", evidenced: tuple[str, ...] = (), **more: Any
) -> TreatmentApproval:
    fields: dict[str, Any] = {
        "treatment": treatment_of("drift"),
        "digest": digest,
        "person": "bob",
        "post": post,
        "on": date(2026, 11, 10),
        "scores": scores,
        "evidenced": frozenset(evidenced),
        "entry": 7,
    }
    return TreatmentApproval(**(fields | more))
