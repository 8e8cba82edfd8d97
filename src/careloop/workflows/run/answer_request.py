"""What the gate answers about a request now: how a pipeline, a webhook or a person comes back to it (SEMANTICS 32).

Reads, never records: the decision that people were asked about is in the ledger already, and what they answered too.
"""

from dataclasses import replace
from datetime import datetime

from careloop.domain.approval import RequestState
from careloop.domain.decision import Decision, GateAnswer, Reason, ReasonKind, Verdict
from careloop.workflows.run.decide_release import answer_of
from careloop.workflows.run.release_case import case_from_blobs
from careloop.workflows.run.release_desk import ReleaseDesk, read_governance
from careloop.workflows.run.release_records import find_request
from careloop.workflows.run.request_condition import Condition, condition_of

__all__ = ["answer_request"]

_CLOSED = frozenset({RequestState.VOID, RequestState.EXPIRED, RequestState.REJECTED})


def answer_request(request: str, desk: ReleaseDesk, now: datetime) -> GateAnswer:
    """The answer to a request, by its digest or the first eight digits of it.

    One that is void, expired or rejected is blocked, for no approval can turn it any more; one that was used up is
    answered as its standing has it. Raises `NotFound` for an unknown request, `Refused` where several fit, and
    `Unavailable` when the ledger is out of reach.
    """
    asked = find_request(desk.ledger, request)
    governance = read_governance(desk, now)
    case = case_from_blobs(asked.results, asked.request.lock, asked.request.environment, governance, desk)
    count = case.count(asked)
    decision = _with_condition(case.decide(count), condition_of(asked, case))
    return answer_of(case, decision, asked, count)


def _with_condition(decision: Decision, condition: Condition) -> Decision:
    if condition.state not in _CLOSED:
        return decision
    reason = Reason(
        kind=ReasonKind.APPROVAL,
        effect=Verdict.BLOCK,
        message=condition.because,
        because=condition.changed,
        remedy="ask the gate again with `care gate`: it asks anew for what is there now",
        controls=("iso42001:2023/A.6.2.5",),
    )
    return replace(decision, verdict=Verdict.BLOCK, reasons=(reason, *decision.reasons))
