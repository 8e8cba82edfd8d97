"""The gate: everything that is known about a release in, one answer out. Pure; the same case has the same answer.

Nothing here reads, asks or records: the facts, the counted approvals and the day are given. Fail closed: an obstacle, a
doubtful result and a rule that cannot be evaluated all block. The strictest reason decides.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from careloop.domain.approval import APPROVE_RELEASE, ApprovalCount
from careloop.domain.decision import Decision, Reason, ReasonKind, Verdict
from careloop.domain.measured import Outcome
from careloop.domain.organisation import Quorum
from careloop.domain.release import Release
from careloop.domain.residual import LiveRisk
from careloop.domain.roles import Function
from careloop.domain.system import System
from careloop.domain.tier import Tier
from careloop.gates.appetite import appetite_reasons
from careloop.gates.envelope import EnvelopeUse
from careloop.gates.judge_results import outcome_reasons
from careloop.gates.release_rules import ReleaseRules

__all__ = ["APPROVALS_BY_TIER", "GateCase", "decide"]

APPROVALS_BY_TIER: Final[Mapping[Tier, int]] = {Tier.LOW: 0, Tier.MEDIUM: 1, Tier.HIGH: 2, Tier.VERY_HIGH: 2}
"""People who must approve, whatever the rules say; rules can only ask for more (SEMANTICS 15)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateCase:
    """One release at the gate."""

    release: Release
    """Facts for the rules; its `approvals` are those that count."""
    system: System
    risks: tuple[LiveRisk, ...]
    """The system's risks, as they stand with the controls that are evidenced now."""
    rules: ReleaseRules
    approvals: ApprovalCount
    """Who approved, and whose approval does not count."""
    approvers: tuple[str, ...] = ()
    """People who could approve."""
    quorum: Quorum | None = None
    """What the organisation asks of approvals at this tier, beyond what the tier and the rules do; null for nothing."""
    functions: frozenset[Function] = frozenset()
    """Functions among those of the quorum that the counted approvals bring in."""
    envelope: EnvelopeUse | None = None
    """The granted change envelope that the release lies in: its people stand for approvals (SEMANTICS 14)."""
    obstacles: tuple[Reason, ...] = ()
    """What was found wrong before any rule was asked: artefacts, documents, doubtful results."""


def decide(case: GateCase) -> Decision:
    """Allow, wait or block, with every reason."""
    tier = case.system.tier
    quorum = case.quorum or Quorum()
    wanted = quorum.functions.at_least if quorum.functions else 0
    required = max(APPROVALS_BY_TIER[tier], case.rules.least_approvals(case.release), quorum.people, wanted)
    inside = case.envelope is not None and len(case.envelope.people) >= required
    reasons = [
        *case.obstacles,
        *_no_results(case),
        *outcome_reasons(case.release.results, tier),
        *case.rules.reasons(case.release),
        *appetite_reasons(case.risks, tier, release=case.release),
        *_approval_reasons(case, required),
        *_envelope_reasons(case, required),
    ]
    reasons.sort(key=lambda reason: -reason.effect.rank)
    verdict = max((reason.effect for reason in reasons), key=lambda effect: effect.rank, default=Verdict.ALLOW)
    return Decision(
        verdict=verdict,
        reasons=tuple(reasons),
        required_approvals=0 if inside else required,
        approvals=case.release.approvals,
        envelope=case.envelope.name if inside and case.envelope else None,
    )


def _no_results(case: GateCase) -> Iterator[Reason]:
    taken = any(one.outcome is not Outcome.NOT_ASSESSABLE for one in case.release.results)
    if case.system.tier.rank >= Tier.MEDIUM.rank and not taken:
        yield Reason(
            kind=ReasonKind.RESULT,
            effect=Verdict.BLOCK,
            message=f"a release of tier {case.system.tier.value} needs results, and there are none",
            remedy="evaluate the locked release and pass the results with --results FILE",
            controls=("iso42001:2023/A.6.2.4",),
        )


def _approval_reasons(case: GateCase, required: int) -> Iterator[Reason]:
    for refusal in case.approvals.refused:
        yield Reason(
            kind=ReasonKind.APPROVAL, effect=Verdict.ALLOW, message=f"an approval does not count: {refusal.message}"
        )
    given = case.release.approvals
    if given < required:
        able = ", ".join(case.approvers) or "nobody at present"
        yield Reason(
            kind=ReasonKind.APPROVAL,
            effect=Verdict.WAIT,
            message=f"{given} of {required} approvals by people of distinct posts",
            because=(f"who may approve ({APPROVE_RELEASE}): {able}",),
            remedy="care approve REQUEST --reason TEXT",
            controls=("iso42001:2023/A.6.2.5",),
        )
    yield from _function_reasons(case)


def _envelope_reasons(case: GateCase, required: int) -> Iterator[Reason]:
    use = case.envelope
    if use is None:
        return
    said = f"inside {use.name}, granted by {', '.join(use.people)}: release {use.used + 1} of {use.most}"
    if len(use.people) < required:
        said += f", and {required} people are asked for here"
    yield Reason(kind=ReasonKind.ENVELOPE, effect=Verdict.ALLOW, message=said, controls=("iso42001:2023/A.6.2.5",))


def _function_reasons(case: GateCase) -> Iterator[Reason]:
    """A review across functions: one person brings in one, however many posts they hold (R28)."""
    wanted = case.quorum.functions if case.quorum else None
    if wanted is None or len(case.functions) >= wanted.at_least:
        return
    here = ", ".join(sorted(case.functions)) or "none yet"
    left = ", ".join(one for one in wanted.of if one not in case.functions)
    yield Reason(
        kind=ReasonKind.APPROVAL,
        effect=Verdict.WAIT,
        message=f"{len(case.functions)} of {wanted.at_least} functions have approved ({here}); still wanted: {left}",
        remedy="care approve REQUEST --reason TEXT, by somebody of one of these functions",
        controls=("iso42001:2023/A.6.2.5", "iso42001:2023/A.3.2"),
    )
