"""The gate's answer: allow, wait or block, with every reason."""

from dataclasses import dataclass
from enum import StrEnum

from careloop.domain.tier import OrderedEnum

__all__ = ["Decision", "Reason", "ReasonKind", "Verdict"]


class Verdict(OrderedEnum):
    """What a reason does, and what a gate answers; strictest last."""

    ALLOW = "allow"
    """Of a reason: worth knowing, stops nothing."""
    WAIT = "wait"
    BLOCK = "block"


class ReasonKind(StrEnum):
    """Where a reason comes from."""

    RULE = "rule"
    RESULT = "result"
    APPROVAL = "approval"
    REQUESTER = "requester"
    ARTEFACT = "artefact"
    HOSTED_MODEL = "hosted_model"
    DOCUMENT = "document"
    RISK = "risk"
    LEDGER = "ledger"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One ground of a decision, with the way out."""

    kind: ReasonKind
    effect: Verdict
    message: str
    rule: str | None = None
    measure: str | None = None
    because: tuple[str, ...] = ()
    """What decided: parts of the rule with the values they saw."""
    remedy: str = ""
    controls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One answer with all its reasons, strictest first."""

    verdict: Verdict
    reasons: tuple[Reason, ...]
    required_approvals: int
    """Distinct people of distinct posts that must approve."""
    approvals: int
    """Those who have."""

    @property
    def waits_only_for_approvals(self) -> bool:
        """Whether people's approval is all that is missing, so that asking them makes sense."""
        waiting = {reason.kind for reason in self.reasons if reason.effect is Verdict.WAIT}
        return self.verdict is Verdict.WAIT and waiting <= {ReasonKind.APPROVAL, ReasonKind.RULE} and self.lacks > 0

    @property
    def lacks(self) -> int:
        """Approvals still missing."""
        return max(0, self.required_approvals - self.approvals)
