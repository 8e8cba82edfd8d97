"""The inbox of approvers: every request that people were ever asked to approve, as it stands now. Reads, never records.

The same functions judge here and when somebody approves, so that a page can say beforehand what will happen.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from careloop.domain.approval import RELEASE, ApprovalCount, Ground, Refusal, RequestState
from careloop.domain.decision import Decision
from careloop.domain.release import Result
from careloop.domain.standing import Standing
from careloop.errors import InvalidInput, NotFound, Refused
from careloop.gates.count_approvals import ApprovalTerms, count_approvals, refusal_of
from careloop.gates.decide import APPROVALS_BY_TIER
from careloop.gates.matters import plain_terms
from careloop.ports.ledger import Ledger
from careloop.workflows.run.matter_case import matter_case
from careloop.workflows.run.release_case import case_from_blobs
from careloop.workflows.run.release_desk import Governance, ReleaseDesk, read_governance
from careloop.workflows.run.release_records import Asked, approvals_of, find_request, requests_for, standings_of
from careloop.workflows.run.remembered_answers import remembering
from careloop.workflows.run.request_condition import Condition, closed_condition, condition_of

__all__ = ["RequestView", "refusal_for", "view_request", "view_requests"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestView:
    """One request with all that somebody who is to approve it wants to see."""

    asked: Asked
    condition: Condition
    """State, why it is not open, and what makes it void."""
    count: ApprovalCount
    """Whose approval counts, and whose does not and why; for a closed request, at the moment it was closed."""
    required: int
    """Approvals that it takes."""
    decision: Decision | None
    """What the gate would answer now; null for one that is used or expired, and where the release cannot be read."""
    results: tuple[Result, ...] = ()
    """What was measured, as far as it can be believed."""
    terms: ApprovalTerms | None = None
    """What another approval would be held against."""
    asks: str = ""
    """What would be agreed to, in a sentence; empty for a release."""
    material: tuple[tuple[str, str], ...] = ()
    """What an approval of a matter binds to, field by field; empty for a release."""

    @property
    def title(self) -> str:
        """What it is about: the system for a release, else the matter's own name."""
        return self.asked.system if self.asked.request.action == RELEASE else self.asked.version

    @property
    def state(self) -> RequestState:
        """Open, void, expired or used."""
        return self.condition.state

    @property
    def changed(self) -> tuple[str, ...]:
        """What makes it void."""
        return self.condition.changed

    @property
    def lacks(self) -> int:
        """Approvals still missing."""
        return max(0, self.required - self.count.given)


def view_requests(
    desk: ReleaseDesk,
    now: datetime,
    *,
    states: Collection[RequestState] = tuple(RequestState),
    governance: Governance | None = None,
) -> tuple[RequestView, ...]:
    """All requests in certain states, newest first.

    `governance` are the documents in force, for a caller that has just read them.
    """
    found = _Inbox(desk, governance or read_governance(desk, now))
    views = (found.view(asked) for asked in reversed(requests_for(desk.ledger, subject=None)))
    return tuple(view for view in views if view.state in states)


def view_request(desk: ReleaseDesk, digest: str, now: datetime, *, governance: Governance | None = None) -> RequestView:
    """One request by its digest or the first eight digits of it; raises `NotFound`, `Refused` for several."""
    asked = find_request(desk.ledger, digest)
    return _Inbox(desk, governance or read_governance(desk, now)).view(asked)


def refusal_for(view: RequestView, person: str) -> Refusal | None:
    """Why a person, by id or mail address, could not approve a request; None when they could."""
    closed = {
        RequestState.VOID: Ground.VOID,
        RequestState.EXPIRED: Ground.EXPIRED,
        RequestState.USED: Ground.USED,
        RequestState.REJECTED: Ground.REJECTED,
    }
    if view.state in closed:
        return Refusal(person, closed[view.state], view.condition.because)
    if view.terms is None:
        return Refusal(person, Ground.VOID, "the release cannot be read")
    return refusal_of(person, view.terms, [one.approval.person for one in view.count.counted])


class _Inbox:
    """Everything that the requests of one view share."""

    def __init__(self, desk: ReleaseDesk, governance: Governance) -> None:
        self._desk = remembering(desk)
        self._governance = governance

    def view(self, asked: Asked) -> RequestView:
        """The request as it stands now; one whose release or system is gone is void, and says why."""
        try:
            return self._judged(asked) if asked.request.action == RELEASE else self._of_matter(asked)
        except (NotFound, InvalidInput, Refused) as error:
            closed = closed_condition(
                asked, standings_of(self._desk.ledger, asked.system, now=self._governance.now), self._governance.now
            )
            lost = Condition(RequestState.VOID, f"the request is void: {error.message}", (error.message,))
            required = _recorded_need(self._desk.ledger, asked)
            return RequestView(
                asked=asked, condition=closed or lost, count=ApprovalCount(), required=required, decision=None
            )

    def _of_matter(self, asked: Asked) -> RequestView:
        case = matter_case(asked, self._governance, self._desk)
        condition, terms = case.condition(asked), case.terms(asked)
        if condition.state is RequestState.USED:
            terms = replace(terms, now=next(one.at for one in case.grants if one.request == asked.digest))
        elif condition.state is RequestState.EXPIRED:
            terms = replace(terms, now=asked.request.expires_at)
        return RequestView(
            asked=asked,
            condition=condition,
            count=count_approvals(approvals_of(self._desk.ledger, asked.digest), terms),
            required=case.matter.required,
            decision=None,
            terms=terms,
            asks=case.matter.asks,
            material=tuple(_rows(case.matter.terms)),
        )

    def _judged(self, asked: Asked) -> RequestView:
        request = asked.request
        case = case_from_blobs(asked.results, request.lock, request.environment, self._governance, self._desk)
        condition, terms = condition_of(asked, case), case.terms(asked)
        decision: Decision | None = None
        if condition.state in (RequestState.OPEN, RequestState.VOID):
            count = case.count(asked)
            decision = case.decide(count)
            required = decision.required_approvals
        else:
            terms = replace(terms, now=_closed_at(asked, case.standings, terms.now))
            count = count_approvals(approvals_of(self._desk.ledger, asked.digest), terms)
            required = _recorded_need(self._desk.ledger, asked)
        return RequestView(
            asked=asked,
            condition=condition,
            count=count,
            required=required,
            decision=decision,
            results=case.judged,
            terms=terms,
        )


def _closed_at(asked: Asked, standings: Collection[Standing], now: datetime) -> datetime:
    """The last moment at which the request was open."""
    used = [one.since for one in standings if one.request == asked.digest]
    return min(now, asked.request.expires_at, *used)


def _recorded_need(ledger: Ledger, asked: Asked) -> int:
    """Approvals that the gate said it takes when it last looked; what the tier takes, where it never did."""
    needs = [
        entry.record.data.get("required_approvals")
        for entry in ledger.query(type="gate.decision", subject=f"requests/{asked.digest}")
    ]
    said = [need for need in needs if isinstance(need, int)]
    return said[-1] if said else APPROVALS_BY_TIER[asked.request.tier]


def _rows(terms: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Each field with its path and what it says, empty ones left out."""
    for name, value in terms.items():
        if isinstance(value, Mapping):
            yield from _rows(value, f"{prefix}{name}.")
        elif value not in (None, (), [], ""):
            shown = value if isinstance(value, str) else json.dumps(plain_terms(value), ensure_ascii=False)
            yield f"{prefix}{name}", shown
