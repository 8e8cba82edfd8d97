"""From claims to requirements: two columns, ISO and CARE, by the order of SEMANTICS 3."""

from collections.abc import Iterable
from datetime import date

from careloop.domain.controls import ControlDecision, Controls, CustomControl
from careloop.domain.standard import Basis, Claim, DocumentEvidence, RecordEvidence, Requirement, RequirementKind
from careloop.domain.status import ClaimResult, RequirementRow, RequirementState
from careloop.domain.tier import Phase

__all__ = ["custom_claims", "custom_requirement", "level_of", "requirement_row"]

_ISO_BASES = frozenset({Basis.CLAUSE, Basis.ANNEX_A, Basis.OWN})


def requirement_row(
    requirement: Requirement, results: Iterable[ClaimResult], controls: Controls | None, today: date
) -> RequirementRow:
    """The row of one requirement.

    ISO status counts claims asked for by a clause, a control or the organisation itself; CARE status counts all.
    A CARE practice has no ISO column of its own: both are the same.
    """
    claims = tuple(results)
    care = requirement.kind is RequirementKind.CARE
    iso = claims if care else tuple(result for result in claims if result.claim.basis in _ISO_BASES)
    decision = _decision(requirement, controls)
    excluded = _excluded(decision, today)
    planned = _planned(decision, today)
    return RequirementRow(
        requirement=requirement,
        status=_fold(iso, excluded=bool(excluded), planned=bool(planned)),
        care_status=_fold(claims, excluded=bool(excluded), planned=bool(planned)),
        degraded=False,
        level=level_of(claims) if care else None,
        claims=claims,
        because=excluded or planned or "",
    )


def _fold(results: tuple[ClaimResult, ...], *, excluded: bool, planned: bool) -> RequirementState:
    held = sum(result.held for result in results)
    if excluded:
        return RequirementState.EXCLUDED
    if results and held == len(results):
        return RequirementState.COMPLETE
    if planned:
        return RequirementState.PLANNED
    return RequirementState.PARTIAL if held else RequirementState.MISSING


def level_of(results: Iterable[ClaimResult]) -> int:
    """Maturity of a practice: the highest level up to which every claim holds; 0 when the first already fails."""
    by_level: dict[int, list[bool]] = {}
    for result in results:
        by_level.setdefault(result.claim.level, []).append(result.held)
    reached = 0
    for level in sorted(by_level):
        if not all(by_level[level]):
            break
        reached = level
    return reached


def _decision(requirement: Requirement, controls: Controls | None) -> ControlDecision | None:
    if controls is None or requirement.kind is not RequirementKind.CONTROL:
        return None
    found = (decision for decision in controls.decisions if decision.control == requirement.id)
    return min(found, key=lambda decision: bool(decision.systems), default=None)  # the one for all systems first


def _excluded(decision: ControlDecision | None, today: date) -> str | None:
    """Why the control is excluded; null when it is not, or only for some systems, or the exclusion has run out."""
    if decision is None or decision.applicable or decision.systems:
        return None
    if decision.expires is not None and decision.expires < today:
        return None
    return decision.justification


def _planned(decision: ControlDecision | None, today: date) -> str | None:
    """Who brings the control by when; null without a plan, after its day, or while nobody bears the risk until then."""
    plan = decision.plan if decision is not None and decision.applicable else None
    if plan is None or plan.interim_accepted is None or plan.due < today:
        return None
    return f"planned by {plan.owner} for {plan.due}"


def custom_requirement(control: CustomControl) -> Requirement:
    """A custom control as a row of the status (R7)."""
    return Requirement(id=f"own/{control.id}", kind=RequirementKind.OWN, title=control.title, phase=Phase.CREATE)


def custom_claims(control: CustomControl) -> tuple[Claim, ...]:
    """What shows a custom control: its own expression, or an attestation by its post."""
    identity = f"own-{control.id.lower()}"
    if control.holds is not None:
        evidence = DocumentEvidence(needs=("controls",), holds=control.holds)
        return (_custom(identity, control, document=evidence),)
    attestation = RecordEvidence(source="ledger", types=(f"attestation.own/{control.id}",), expires=True)
    return (_custom(identity, control, record=attestation),)


def _custom(
    identity: str,
    control: CustomControl,
    *,
    document: DocumentEvidence | None = None,
    record: RecordEvidence | None = None,
) -> Claim:
    who = control.attested_by or control.owner
    return Claim(
        id=identity,
        text=control.purpose,
        basis=Basis.OWN,
        phase=Phase.CREATE,
        document=document,
        record=record,
        remedy=f"{who} brings what controls.yaml names for {control.id}",
    )
