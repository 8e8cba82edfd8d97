"""The gate's answer: allow, wait or block, with every reason."""

from dataclasses import dataclass
from enum import StrEnum

from careloop.domain.approval import ApprovalCount, ApprovalRequest
from careloop.domain.plan_steps import RollbackTarget
from careloop.domain.standing import Standing
from careloop.domain.tier import OrderedEnum, Tier

__all__ = ["Decision", "GateAnswer", "Reason", "ReasonKind", "Verdict"]


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
    LOCK = "lock"
    """Something decides behaviour and is not locked."""
    DOCUMENT = "document"
    RISK = "risk"
    LEDGER = "ledger"
    ENVELOPE = "envelope"
    VALIDATION = "validation"
    REVIEW = "review"
    """An emergency that nobody has looked at in time."""


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
    envelope: str | None = None
    """The change envelope by which nobody needs to be asked; null outside one."""

    @property
    def waits_only_for_approvals(self) -> bool:
        """Whether people's approval is all that is missing, so that asking them makes sense."""
        waiting = {reason.kind for reason in self.reasons if reason.effect is Verdict.WAIT}
        return self.verdict is Verdict.WAIT and waiting == {ReasonKind.APPROVAL}

    @property
    def lacks(self) -> int:
        """Approvals still missing."""
        return max(0, self.required_approvals - self.approvals)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateAnswer:
    """A decision with what it was about, what it was computed from, and where it was recorded."""

    decision: Decision
    system: str
    environment: str
    lock: str
    """Digest of the release lock."""
    version: str
    tier: Tier
    slice: str
    """Digest of the material part of everything that was read."""
    commit: str
    """Governance commit whose documents were judged."""
    in_force_by: str
    """`ledger` or `history`: how that commit is known to be in force."""
    standards_digest: str
    request: ApprovalRequest | None
    request_digest: str | None
    """What `care approve` takes."""
    approvals: ApprovalCount
    standing: Standing | None
    """The release's standing in this environment, if it has one."""
    rollback: RollbackTarget
    """The earlier release that could take over, or why there is none."""
