"""What an approval of a treatment binds to: a digest of its material fields (SEMANTICS 12; R8).

Material is what changes how high a risk is, what is done about it, by whom and when, and the yardstick. Wording,
sources, reasons, review dates and finished actions are not: a typo voids nothing.
"""

from hashlib import sha256
from typing import Any, Final

from careloop.domain.controls import ControlDecision, Controls
from careloop.domain.repository import Repository
from careloop.domain.risk import Risk, RiskCriteria
from careloop.ledger.canonical import canonical_bytes

__all__ = ["plan_digest", "risk_digest"]

_RISK: Final = {"id", "kind", "owner", "systems", "likelihood"}
_ACTION: Final = {"id", "owner", "due"}
_DECISION: Final = {"control", "applicable", "ground", "systems", "expires"}
_CUSTOM: Final = {"id", "holds", "attested_by"}


def risk_digest(risk: Risk, repository: Repository) -> str:
    """`sha256:` over the material fields of one risk, its treatment, its yardstick and the fate of its controls."""
    return _digest(_risk(risk, repository))


def plan_digest(repository: Repository) -> str:
    """`sha256:` over the treatments of all risks and the decisions about all controls."""
    controls = repository.only(Controls)
    decisions = controls.decisions if controls else ()
    return _digest(
        {
            "risks": {risk.id: _risk(risk, repository) for risk in repository.nouns(Risk)},
            "decisions": sorted(map(_decision, decisions), key=str),
            "custom": [one.model_dump(mode="json", include=_CUSTOM) for one in (controls.custom if controls else ())],
        }
    )


def _digest(value: Any) -> str:
    return f"sha256:{sha256(canonical_bytes(value)).hexdigest()}"


def _risk(risk: Risk, repository: Repository) -> dict[str, Any]:
    borne, treated = risk.consequences, risk.treatment
    credited = {one.control for one in treated.credits} if treated else set()
    controls = repository.only(Controls)
    fate = [one for one in (controls.decisions if controls else ()) if one.control in credited]
    return {
        "fields": risk.model_dump(mode="json", include=_RISK),
        "impact": {who: one["impact"] for who, one in borne.model_dump().items()} if borne else None,
        "option": treated.option.value if treated else None,
        "credits": [one.model_dump(mode="json") for one in treated.credits] if treated else [],
        "actions": [one.model_dump(mode="json", include=_ACTION) for one in treated.actions] if treated else [],
        "criteria": _criteria(repository.only(RiskCriteria)),
        "controls": sorted(([one.control, one.applicable, list(one.systems)] for one in fate), key=str),
    }


def _criteria(criteria: RiskCriteria | None) -> Any:
    if criteria is None:
        return None
    return {
        "likelihood": [point.value for point in criteria.likelihood],
        "impact": [point.value for point in criteria.impact],
        "levels": {level.id: level.from_score for level in criteria.levels},
        "appetite": criteria.appetite.model_dump(),
        "combine": criteria.combine.value,
    }


def _decision(decision: ControlDecision) -> dict[str, Any]:
    plan = decision.plan
    fields = decision.model_dump(mode="json", include=_DECISION)
    return fields | {"plan": {"owner": plan.owner, "due": plan.due.isoformat()} if plan else None}
