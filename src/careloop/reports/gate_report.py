"""A gate's decision, a lock, standings and approvals as JSON for machines and as lines for people (CONTRACTS, JSON)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from careloop import __version__
from careloop.domain.approval import ApprovalRequest
from careloop.domain.decision import Decision, GateAnswer, Reason, ReasonKind, Verdict
from careloop.domain.plan_steps import RollbackTarget
from careloop.domain.standing import Standing
from careloop.errors import CareloopError

__all__ = [
    "closed_gate_json",
    "gate_json",
    "gate_lines",
    "rollback_words",
    "standing_json",
    "standing_line",
    "target_json",
]

_STYLES = {Verdict.BLOCK: "must", Verdict.WAIT: "should", Verdict.ALLOW: "detail"}
_WIDEST = 160
_WORDS = {
    Verdict.ALLOW: "allow  {0} may go into {1}",
    Verdict.WAIT: "wait   {0} may not go into {1} yet",
    Verdict.BLOCK: "block  {0} may not go into {1}",
}


def gate_json(answer: GateAnswer) -> dict[str, Any]:
    """The whole answer; reasons are in order of strictness."""
    decision = answer.decision
    return {
        "schema": "careloop/gate/v1",
        "careloop_version": __version__,
        "standards_digest": answer.standards_digest,
        "commit": answer.commit,
        "in_force_by": answer.in_force_by,
        "decision": decision.verdict.value,
        "system": answer.system,
        "environment": answer.environment,
        "tier": answer.tier.value,
        "lock": answer.lock,
        "version": answer.version,
        "slice": answer.slice,
        "request": answer.request_digest,
        "request_detail": _request_json(answer.request),
        "reasons": [_reason_json(reason) for reason in decision.reasons],
        "required_approvals": decision.required_approvals,
        "approvals": [
            {
                "person": one.approval.person,
                "post": one.post,
                "at": _instant(one.approval.given_at),
                "proof": "key" if one.approval.session is None else "session",
            }
            for one in answer.approvals.counted
        ],
        "refused_approvals": [
            {"person": one.person, "ground": one.ground.value, "message": one.message}
            for one in answer.approvals.refused
        ],
        "standing": standing_json(answer.standing) if answer.standing else None,
        "rollback_target": target_json(answer.rollback),
    }


def closed_gate_json(error: CareloopError, *, system: str, environment: str) -> dict[str, Any]:
    """The answer of a gate that could not ask its ledger: closed, and nothing recorded."""
    reason = Reason(
        kind=ReasonKind.LEDGER, effect=Verdict.BLOCK, message=error.message, remedy=error.hint or "mend the ledger"
    )
    return {
        "schema": "careloop/gate/v1",
        "careloop_version": __version__,
        "standards_digest": None,
        "commit": None,
        "decision": Verdict.BLOCK.value,
        "system": system,
        "environment": environment,
        "request": None,
        "reasons": [_reason_json(reason)],
        "required_approvals": None,
        "standing": None,
    }


def _request_json(request: ApprovalRequest | None) -> dict[str, str] | None:
    if request is None:
        return None
    return {
        "action": request.action,
        "lock": request.lock,
        "slice": request.slice,
        "tier": request.tier.value,
        "environment": request.environment,
        "requester": request.requester,
        "nonce": request.nonce,
        "expires_at": request.expires_at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
    }


def _reason_json(reason: Reason) -> dict[str, Any]:
    return {
        "kind": reason.kind.value,
        "effect": reason.effect.value,
        "rule": reason.rule,
        "measure": reason.measure,
        "message": reason.message,
        "because": list(reason.because),
        "remedy": reason.remedy,
        "controls": list(reason.controls),
    }


def standing_json(standing: Standing) -> dict[str, Any]:
    """One standing."""
    return {
        "system": standing.system,
        "lock": standing.lock,
        "version": standing.version,
        "environment": standing.environment,
        "request": standing.request,
        "approvals": standing.approvals,
        "since": _instant(standing.since),
        "until": _instant(standing.until) if standing.until else None,
        "envelope": standing.envelope,
        "valid": standing.valid,
        "revoked_at": _instant(standing.revoked_at) if standing.revoked_at else None,
        "revoked_because": standing.revoked_because,
        "entry": standing.index,
    }


def target_json(target: RollbackTarget) -> dict[str, Any]:
    """Whether and to what one can roll back, and why (not)."""
    return {"ready": target.lock is not None, "lock": target.lock, "why": target.because}


def gate_lines(answer: GateAnswer) -> Iterator[tuple[str, str]]:
    """Lines to print, each with a style: the answer first, then why, then the next step."""
    decision = answer.decision
    release = f"{answer.system} {answer.version} ({answer.lock[:19]})"
    style = {Verdict.ALLOW: "good", Verdict.WAIT: "warn", Verdict.BLOCK: "bad"}[decision.verdict]
    yield style, _WORDS[decision.verdict].format(release, answer.environment)
    for reason in decision.reasons:
        if not _said_elsewhere(reason, decision):
            yield from _reason_lines(reason)
    for one in answer.approvals.counted:
        yield "detail", f"  approved by {one.approval.person} for {one.post} at {_instant(one.approval.given_at)}"
    if answer.standing is not None:
        yield "good", f"  standing in {answer.environment} since {_instant(answer.standing.since)}"
    yield "detail", f"  {rollback_words(answer.rollback)}"
    yield "summary", _next_step(answer, decision)


def _said_elsewhere(reason: Reason, decision: Decision) -> bool:
    """Rules that only want people are summed up in one line; while something blocks, what would wait is not said."""
    summed_up = reason.kind is ReasonKind.APPROVAL and reason.rule is not None and decision.lacks > 0
    return summed_up or (decision.verdict is Verdict.BLOCK and reason.effect is Verdict.WAIT)


def _reason_lines(reason: Reason) -> Iterator[tuple[str, str]]:
    named = f"   [{reason.rule or reason.measure or reason.kind.value}]"
    word = {Verdict.ALLOW: "note "}.get(reason.effect, reason.effect.value.ljust(5))
    yield _STYLES[reason.effect], f"  {word} {reason.message}{named}"
    if reason.effect is Verdict.ALLOW:
        return
    for line in reason.because[:3]:
        yield "detail", f"        because {line if len(line) <= _WIDEST else f'{line[:_WIDEST]}…'}"
    serves = f"serves {', '.join(reason.controls)} · " if reason.controls else ""
    yield "detail", f"        {serves}mend: {reason.remedy}"


def _next_step(answer: GateAnswer, decision: Decision) -> str:
    if decision.verdict is Verdict.BLOCK:
        blocking = sum(reason.effect is Verdict.BLOCK for reason in decision.reasons)
        waiting = sum(reason.effect is Verdict.WAIT for reason in decision.reasons)
        more = f", and {waiting} to wait once those are mended" if waiting else ""
        return f"{blocking} reason{'' if blocking == 1 else 's'} to block{more}; tier {answer.tier.value}"
    if decision.verdict is Verdict.WAIT and answer.request_digest is not None:
        return f"next: care approve {answer.request_digest} --reason TEXT   ({decision.lacks} more)"
    if decision.verdict is Verdict.WAIT:
        return "next: what each waiting line says"
    if answer.standing is not None:
        return "nothing to do: the release has standing"
    return f"next: care release record {answer.lock} --environment {answer.environment}"


def rollback_words(target: RollbackTarget) -> str:
    """`rollback target: ready / why not`."""
    return f"rollback target: {'ready' if target.lock else 'not ready'} ({target.because})"


def standing_line(standing: Standing, *, newest: bool) -> tuple[str, str]:
    """One standing in one line, with a style."""
    release = f"{standing.version:<12} {standing.lock[:19]}  since {_instant(standing.since)}"
    if not standing.valid:
        return "grey", f"  {release}  revoked {_instant(standing.revoked_at)}: {standing.revoked_because}"
    people = f"{standing.approvals} approval{'' if standing.approvals == 1 else 's'}"
    if standing.until is not None:
        return "warn", f"  {release}  in an emergency, until {_instant(standing.until)}"
    if standing.envelope is not None:
        people = "inside its change envelope"
    return ("good" if newest else ""), f"  {release}  {people}{'  (newest)' if newest else ''}"


def _instant(instant: datetime | None) -> str:
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z") if instant is not None else ""
