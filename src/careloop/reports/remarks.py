"""What a check or a gate has to say, in the one shape that every writer for CI takes: SARIF, JUnit, annotations.

Those of a gate are made in `gate_remarks`: a check from the cache does without all that a gate's answer is made of.
"""

from dataclasses import dataclass
from enum import StrEnum

from careloop.domain.check import CheckResult
from careloop.domain.finding import Finding
from careloop.domain.place import Place
from careloop.domain.tier import Enforcement, Severity

__all__ = ["Level", "Remark", "RemarkList", "check_remarks", "in_order", "writable"]


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
        remarks=in_order(remarks),
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
        message=writable(finding.message),
        place=finding.place,
        because=tuple(map(writable, finding.because)),
        remedy=writable(finding.remedy),
        controls=finding.controls,
        owner=finding.owner,
        severity=None if unreadable else finding.severity,
        unreadable=unreadable,
        known=None if unreadable else known,
        set_aside=finding.set_aside is not None,
        introduced=finding.introduced,
    )


def writable(text: str) -> str:
    """Bytes of a file's name that are no text are written out, since no format of these can carry them."""
    return text.encode(errors="backslashreplace").decode()


def in_order(remarks: list[Remark]) -> tuple[Remark, ...]:
    """What cannot be read first, then what blocks, then the rest, each in order of place."""
    return tuple(
        sorted(remarks, key=lambda one: (not one.unreadable, _ORDER.index(one.level), one.place, one.rule, one.message))
    )
