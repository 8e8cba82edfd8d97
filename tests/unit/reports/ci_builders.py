"""A check and three gate answers that hold everything a format for CI has to say, with texts that try to break out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from careloop.domain.approval import Approval, ApprovalCount, ApprovalRequest, Counted
from careloop.domain.check import CheckResult, TreeCheck
from careloop.domain.decision import Decision, GateAnswer, Reason, ReasonKind, Verdict
from careloop.domain.finding import Finding
from careloop.domain.place import Place
from careloop.domain.plan_steps import RollbackTarget
from careloop.domain.tier import Enforcement, Severity, Tier

__all__ = ["NASTY", "a_check", "a_finding", "an_answer"]

NASTY = "::error::x ##[add-mask]y\n::stop-commands::z | <img src=x> [a](https://b.example) @ada #12 `c` ]]> 100%, \x07"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LOCK, REQUEST, SLICE = (f"sha256:{letter * 64}" for letter in "abc")


def a_finding(
    rule: str = "card-complete",
    file: str = "systems/credit/card.md",
    message: str = "no out-of-scope use is stated",
    **more: Any,
) -> Finding:
    """A finding at line 14 that blocks, unless more is said."""
    found = Finding(
        rule=rule, severity=Severity.MUST, enforce=Enforcement.BLOCK, message=message, place=Place(file, 14, 3),
        pointer=("scope",), controls=("iso42001:2023/A.8.2", "iso42001:2023/A.9.4"), remedy="add the section",
        because=("out_of_scope_use is empty",), owner="product-credit",
    )  # fmt: skip
    return replace(found, **more)


def a_check(*, errors: bool = True, findings: bool = True) -> CheckResult:
    """What blocks, what warns, what is known in three ways, and a document that cannot be read."""
    broken = Finding(
        rule="yaml-syntax", severity=Severity.MUST, enforce=Enforcement.BLOCK, message=NASTY,
        place=Place("rules/übung 1,a:b.yaml", 2, 1), remedy="close the bracket",
    )  # fmt: skip
    told = (
        a_finding(introduced=True),
        a_finding("plain-words", "policies/ai-policy.md", "hard to read", enforce=Enforcement.WARN, introduced=True),
        a_finding("review-due", "roles.yaml", "late", severity=Severity.SHOULD, introduced=True),
        a_finding("jurisdictions-stated", "systems/old/system.yaml", "says nowhere where it is used",
                  set_aside="baseline until 2027-03-31", introduced=False),
        a_finding("owner-named", "systems/old/system.yaml", "nobody owns it", introduced=False),
        a_finding("worth-knowing", "care.yaml", "two time zones", enforce=Enforcement.OBSERVE, introduced=True),
    )  # fmt: skip
    checked = TreeCheck(214, (broken,) if errors else (), told if findings else ())
    return CheckResult(checked=checked, commit="f" * 40, dirty=False, standards_digest=SLICE)


HARM = Reason(
    kind=ReasonKind.RESULT, effect=Verdict.BLOCK, message="impact_ratio is shown to be harmful: 0.71, n = 4,102",
    measure="impact_ratio", remedy="mend the model", controls=("iso42001:2023/A.6.2.4",), because=("0.71 < 0.8",),
)  # fmt: skip
PEOPLE = Reason(
    kind=ReasonKind.APPROVAL, effect=Verdict.WAIT, message="1 of 2 approvals by people of distinct posts",
    remedy="care approve REQUEST --reason TEXT", because=("who may approve (approve_release): grace-liu",),
)  # fmt: skip
NOTE = Reason(kind=ReasonKind.APPROVAL, effect=Verdict.ALLOW, message="an approval does not count: eve left")
_REASONS = {
    Verdict.BLOCK: (HARM, PEOPLE, NOTE),
    Verdict.WAIT: (PEOPLE, NOTE),
    Verdict.ALLOW: (),
}


def an_answer(verdict: Verdict) -> GateAnswer:
    """The gate's answer about credit 1.0 into production."""
    request = ApprovalRequest(
        action="release", lock=LOCK, slice=SLICE, tier=Tier.VERY_HIGH, environment="production", requester="req",
        nonce="0" * 32, expires_at=NOON + timedelta(days=7),
    )  # fmt: skip
    approval = Approval(request=REQUEST, person="ada", signature="s", given_at=NOON, reason="ok", record="r")
    waits = verdict is Verdict.WAIT
    return GateAnswer(
        decision=Decision(
            verdict=verdict, reasons=_REASONS[verdict], required_approvals=2, approvals=1 if waits else 2
        ),
        system="credit", environment="production", lock=LOCK, version="1.0", tier=Tier.VERY_HIGH, slice=SLICE,
        commit="f" * 40, in_force_by="history", standards_digest=SLICE, request=request if waits else None,
        request_digest=REQUEST if waits else None, approvals=ApprovalCount((Counted(approval, "risk"),)),
        standing=None, rollback=RollbackTarget(lock=None, because="no other release has standing in production"),
    )  # fmt: skip
