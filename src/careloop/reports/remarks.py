"""What a check or a gate has to say, in the one shape that every writer for CI takes: SARIF, JUnit, annotations."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from careloop.domain.check import CheckResult
from careloop.domain.decision import Decision, GateAnswer, Reason, ReasonKind, Verdict
from careloop.domain.finding import Finding
from careloop.domain.place import Place
from careloop.domain.tier import Enforcement, Severity
from careloop.errors import CareloopError

__all__ = ["Level", "Remark", "RemarkList", "check_remarks", "closed_gate_remarks", "gate_remarks"]


class Level(StrEnum):
    """How loud a remark is; the words are SARIF's."""

    ERROR = "error"
    """It blocks."""
    WARNING = "warning"
    """It blocks nothing now: a rule that warns, or a gate that waits for people."""
    NOTE = "note"
    """Worth knowing, or known already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing that is said, with its place in the repository."""

    id: str
    """Sixteen hex digits that stay the same from run to run while the rule and the spot do."""
    rule: str
    level: Level
    message: str
    place: Place
    because: tuple[str, ...] = ()
    remedy: str = ""
    controls: tuple[str, ...] = ()
    owner: str | None = None
    severity: Severity | None = None
    """Null for a gate's reason, and for what cannot be read."""
    unreadable: bool = False
    """Whether it says why a document cannot be read."""
    waits: bool = False
    """Whether people, or more evidence, can still turn it."""
    known: str | None = None
    """Why it is no news: `baseline until …`, a waiver's id, or `was there before`."""
    set_aside: bool = False
    introduced: bool | None = None
    """Whether the change under review brought or touched it; null when none is under review."""

    @property
    def details(self) -> str:
        """What decided and the way out, a line each; empty when there is neither."""
        lines = [f"because {reason}" for reason in self.because[:3]]
        return "\n".join([*lines, *([f"mend: {self.remedy}"] if self.remedy else [])])


@dataclass(frozen=True, slots=True, kw_only=True)
class RemarkList:
    """Everything that one run said, what blocks first."""

    command: str
    """`check` or `gate`."""
    about: str
    """What was judged: `214 documents`, or `credit-decision 3.2.0 into production`."""
    headline: str
    remarks: tuple[Remark, ...]
    commit: str | None
    standards_digest: str | None
    exit_code: int


_ORDER = (Level.ERROR, Level.WARNING, Level.NOTE)


def check_remarks(result: CheckResult) -> RemarkList:
    """The remarks of `care check`."""
    checked = result.checked
    remarks = [_of_finding(error, unreadable=True) for error in checked.errors]
    remarks += [_of_finding(finding) for finding in checked.findings]
    documents = f"{checked.documents} document{'' if checked.documents == 1 else 's'}"
    return RemarkList(
        command="check",
        about=documents,
        headline=_check_headline(remarks),
        remarks=_sorted(remarks),
        commit=result.commit,
        standards_digest=result.standards_digest,
        exit_code=result.exit_code,
    )


def _check_headline(remarks: list[Remark]) -> str:
    if any(one.unreadable for one in remarks):
        return "care check: something cannot be read"
    blocking = sum(one.level is Level.ERROR for one in remarks)
    return f"care check: {blocking} to mend before this can be merged" if blocking else "care check: nothing blocks"


def _of_finding(finding: Finding, *, unreadable: bool = False) -> Remark:
    known = finding.set_aside or ("was there before" if finding.introduced is False else None)
    level = Level.ERROR if unreadable or finding.blocking else Level.NOTE
    if level is Level.NOTE and known is None and finding.enforce is not Enforcement.OBSERVE:
        level = Level.WARNING
    return Remark(
        id=finding.id,
        rule=finding.rule,
        level=level,
        message=_plain(finding.message),
        place=finding.place,
        because=tuple(map(_plain, finding.because)),
        remedy=_plain(finding.remedy),
        controls=finding.controls,
        owner=finding.owner,
        severity=None if unreadable else finding.severity,
        unreadable=unreadable,
        known=None if unreadable else known,
        set_aside=finding.set_aside is not None,
        introduced=finding.introduced,
    )


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
        remarks=_sorted(remarks),
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
        message=_plain(reason.message),
        place=Place(f"systems/{system}/system.yaml"),
        because=tuple(map(_plain, reason.because)),
        remedy=_plain(reason.remedy) if reason.effect is not Verdict.ALLOW else "",
        controls=reason.controls,
        waits=reason.effect is Verdict.WAIT,
    )


def _plain(text: str) -> str:
    """Bytes of a file's name that are no text are written out, since no format of these can carry them."""
    return text.encode(errors="backslashreplace").decode()


def _sorted(remarks: list[Remark]) -> tuple[Remark, ...]:
    return tuple(
        sorted(remarks, key=lambda one: (not one.unreadable, _ORDER.index(one.level), one.place, one.rule, one.message))
    )
