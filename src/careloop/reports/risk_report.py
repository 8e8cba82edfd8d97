"""Risks as they stand, and approvals of their treatments, as JSON for machines and as lines for people (R77)."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from careloop import __version__
from careloop.domain.residual import Acceptance, AcceptanceState, CreditState, LiveRisk, Scores, TreatmentApproval
from careloop.domain.risk import Risk, RiskLevel

__all__ = ["approval_json", "approval_line", "register_lines", "risk_json", "risk_lines"]

_STYLES = {
    AcceptanceState.WITHIN: "good",
    AcceptanceState.ACCEPTED: "good",
    AcceptanceState.PLANNED: "warn",
    AcceptanceState.SUSPENDED: "bad",
    AcceptanceState.OPEN: "bad",
}
_CREDIT_STYLES = {CreditState.EVIDENCED: "good", CreditState.PLANNED: "summary", CreditState.UNPROVEN: "warn"}


def risk_json(live: LiveRisk) -> dict[str, Any]:
    """One risk: scores before, promised and now, each credited control, and the acceptance."""
    return {
        "id": live.risk.id,
        "title": live.risk.title,
        "owner": live.risk.owner,
        "systems": list(live.risk.systems),
        "file": live.path,
        "option": live.risk.treatment.option.value if live.risk.treatment else None,
        "inherent": dict(live.inherent.by_bearer),
        "declared": dict(live.declared.by_bearer),
        "residual": dict(live.now.by_bearer),
        "appetite": live.appetite.model_dump(),
        "above": dict(live.above),
        "level": live.level.id,
        "accepted_by": live.level.accepted_by,
        "digest": live.digest,
        "credits": [
            {
                "control": one.credit.control,
                "title": one.title,
                "state": one.state.value,
                "counts": one.counts,
                "because": one.because,
                "likelihood": one.credit.likelihood,
                "organisation": one.credit.organisation,
                "individuals": one.credit.individuals,
                "society": one.credit.society,
            }
            for one in live.credits
        ],
        "acceptance": _acceptance_json(live.acceptance),
        "void_approvals": [
            {"person": one.person, "post": one.post, "on": one.on.isoformat(), "entry": one.entry, "why": one.refused}
            for one in live.void
        ],
        "chain": list(live.chain),
    }


def _acceptance_json(acceptance: Acceptance) -> dict[str, Any]:
    return {
        "state": acceptance.state.value,
        "because": acceptance.because,
        "by": acceptance.by,
        "person": acceptance.person,
        "on": acceptance.on.isoformat() if acceptance.on else None,
        "entry": acceptance.entry,
        "scores": dict(acceptance.accepted.by_bearer) if acceptance.accepted else None,
    }


def register_lines(risks: tuple[LiveRisk, ...], opportunities: tuple[Risk, ...]) -> Iterator[tuple[str, str]]:
    """The register, a risk a line: before, promised, now for organisation / individuals / society, and the state."""
    if not risks and not opportunities:
        yield "grey", "the register is empty"
        return
    width = max((len(live.risk.id) for live in risks), default=0)
    yield "heading", f"{'risk':<{width}}  inherent  declared  now       level      acceptance"
    for live in risks:
        scores = "  ".join(f"{_short(one):<8}" for one in (live.inherent, live.declared, live.now))
        state = live.acceptance.state
        yield _STYLES[state], f"{live.risk.id:<{width}}  {scores}  {live.level.id:<9}  {state.value}"
        if live.above:
            yield "detail", f"    {live.acceptance.because}"
    for chance in opportunities:
        yield "grey", f"{chance.id:<{width}}  an opportunity: {chance.title}"
    held = sum(live.acceptance.state.holds_releases for live in risks)
    yield (
        "summary",
        f"{len(risks)} risks, {sum(bool(live.above) for live in risks)} above appetite, {held} hold releases",
    )
    yield "grey", "scores: organisation/individuals/society; a control counts only while it is evidence complete"


def risk_lines(live: LiveRisk) -> Iterator[tuple[str, str]]:
    """One risk, with the chain from each control to the releases that it holds back."""
    yield "heading", f"{live.risk.id}  {live.risk.title}"
    yield "", f"owner {live.risk.owner}, {', '.join(live.risk.systems) or 'the management system itself'}   {live.path}"
    for name, scores in (("inherent", live.inherent), ("declared", live.declared), ("now", live.now)):
        yield "", f"  {name:<9} {scores}"
    yield (
        "detail",
        f"  {'appetite':<9} {', '.join(f'{who} {most}' for who, most in live.appetite.model_dump().items())}",
    )
    yield "", f"  level {live.level.id}, to be accepted by {live.level.accepted_by}"
    yield "heading", "Controls that the treatment counts on"
    for one in live.credits:
        steps = {who: getattr(one.credit, who) for who in ("likelihood", "organisation", "individuals", "society")}
        said = ", ".join(f"{who} -{step}" for who, step in steps.items() if step) or "nothing"
        yield _CREDIT_STYLES.get(one.state, "bad"), f"  {one.state.value:<9} {one.credit.control}  {one.title}: {said}"
        if not one.counts:
            yield "detail", f"      {one.because}"
    acceptance = live.acceptance
    yield "heading", "Acceptance"
    yield _STYLES[acceptance.state], f"  {acceptance.state.value}: {acceptance.because}"
    for void in live.void:
        yield "grey", f"  approval of {void.person} for {void.post} on {void.on} (entry {void.entry}): {void.refused}"
    if acceptance.state.holds_releases:
        yield "heading", "Held back"
        systems = ", ".join(live.risk.systems) or "no system"
        for link in live.chain or (f"risk {live.risk.id}",):
            yield "bad", f"  {link} -> next release of tier high or above of {systems} waits"
        yield "summary", f"next: bring the evidence, or care approve --treatment {live.risk.id} --reason TEXT"


def _short(scores: Scores) -> str:
    return "/".join(str(score) for score in scores.by_bearer.values())


def approval_json(approval: TreatmentApproval, level: RiskLevel, *, key: str, commit: str) -> dict[str, Any]:
    """An approval that was recorded."""
    return {
        "schema": "careloop/treatment-approval/v1",
        "careloop_version": __version__,
        "commit": commit,
        "treatment": approval.treatment,
        "digest": approval.digest,
        "level": level.id,
        "scores": dict(approval.scores.by_bearer) if approval.scores else None,
        "evidenced": sorted(approval.evidenced),
        "person": approval.person,
        "post": approval.post,
        "on": _day(approval.on),
        "key": key,
        "entry": approval.entry,
    }


def approval_line(approval: TreatmentApproval, level: RiskLevel, *, key: str) -> str:
    """The same as a sentence."""
    left = f" with {approval.scores} left" if approval.scores else ""
    return (
        f"{approval.treatment} approved by {approval.person} for {approval.post}{left} (level {level.id}), "
        f"signed with {key}, ledger entry {approval.entry}"
    )


def _day(day: date) -> str:
    return day.isoformat()
