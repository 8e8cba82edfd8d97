"""A gate's answer as remarks, for every writer for CI."""

import hashlib

from careloop.domain.decision import Decision, GateAnswer, Reason, ReasonKind, Verdict
from careloop.domain.place import Place
from careloop.errors import CareloopError
from careloop.reports.remarks import Level, Remark, RemarkList, in_order, writable

__all__ = ["closed_gate_remarks", "gate_remarks"]

_LEVELS = {Verdict.BLOCK: Level.ERROR, Verdict.WAIT: Level.WARNING, Verdict.ALLOW: Level.NOTE}
_EXIT_CODES = {Verdict.ALLOW: 0, Verdict.BLOCK: 1, Verdict.WAIT: 3}
_WORDS = {
    Verdict.ALLOW: "care gate: {} may go ahead",
    Verdict.WAIT: "care gate: {} has to wait",
    Verdict.BLOCK: "care gate: {} is blocked",
}


def gate_remarks(answer: GateAnswer) -> RemarkList:
    """The remarks of `care gate`: its reasons, each at the first line of the system's document."""
    decision = answer.decision
    about = f"{answer.system} {answer.version} into {answer.environment}"
    remarks = [_of_reason(one, answer.system, answer.environment) for one in _told(decision)]
    return RemarkList(
        command="gate",
        about=about,
        headline=_WORDS[decision.verdict].format(about),
        remarks=in_order(remarks),
        commit=answer.commit,
        standards_digest=answer.standards_digest,
        exit_code=_EXIT_CODES[decision.verdict],
    )


def closed_gate_remarks(error: CareloopError, *, system: str, environment: str) -> RemarkList:
    """The remarks of a gate that could not ask its ledger, and is closed."""
    reason = Reason(
        kind=ReasonKind.LEDGER, effect=Verdict.BLOCK, message=error.message, remedy=error.hint or "mend the ledger"
    )
    about = f"{system} into {environment}"
    return RemarkList(
        command="gate",
        about=about,
        headline=_WORDS[Verdict.BLOCK].format(about),
        remarks=(_of_reason(reason, system, environment),),
        commit=None,
        standards_digest=None,
        exit_code=error.exit_code,
    )


def _told(decision: Decision) -> list[Reason]:
    """All reasons; where a verdict has none that carries it, the verdict itself, so that no writer shows it clean."""
    told = list(decision.reasons)
    if decision.verdict is not Verdict.ALLOW and not any(one.effect is decision.verdict for one in told):
        message = f"the gate answers {decision.verdict.value}"
        told.append(Reason(kind=ReasonKind.RULE, effect=decision.verdict, message=message))
    return told


def _of_reason(reason: Reason, system: str, environment: str) -> Remark:
    named = reason.rule or reason.measure or reason.kind.value
    spot = "\0".join((reason.kind.value, named, reason.measure or "", system, environment))
    return Remark(
        id=hashlib.sha256(spot.encode(errors="surrogateescape")).hexdigest()[:16],
        rule=named,
        level=_LEVELS[reason.effect],
        message=writable(reason.message),
        place=Place(f"systems/{system}/system.yaml"),
        because=tuple(map(writable, reason.because)),
        remedy=writable(reason.remedy) if reason.effect is not Verdict.ALLOW else "",
        controls=reason.controls,
        waits=reason.effect is Verdict.WAIT,
    )
