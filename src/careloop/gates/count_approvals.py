"""Which approvals of a request count: distinct people of distinct posts, with authority, who neither asked nor built.

Evaluated whenever a decision is made and again when the approvals are used up; nothing that was true at the time of
signing is taken for granted later. Source: LEDGER 8; SEMANTICS 12, 15, 18; R41.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from careloop.domain.approval import (
    APPROVE_RELEASE,
    RELEASE,
    Approval,
    ApprovalCount,
    ApprovalRequest,
    Counted,
    Ground,
    Refusal,
)
from careloop.gates.people import People, seated
from careloop.gates.proven import APPROVAL, Act, why_not_proven
from careloop.gates.request import request_digest

__all__ = ["ApprovalTerms", "count_approvals", "refusal_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalTerms:
    """What approvals of one request are held against."""

    request: ApprovalRequest
    people: People
    """Also says which keys and which servers' sessions prove who acts."""
    authors: frozenset[str]
    """Mail addresses of authors and committers of what is released."""
    now: datetime
    authority: str = APPROVE_RELEASE


def refusal_of(person: str, terms: ApprovalTerms, earlier: Iterable[str] = ()) -> Refusal | None:
    """Why a person may not approve a request; None when they may. `earlier` are those who have approved it."""
    people, request = terms.people, terms.request
    entry = people.person(person)
    if entry is None:
        return Refusal(person, Ground.UNKNOWN_KEY, f"roles.yaml lists nobody called {person}")
    if entry.service:
        return Refusal(entry.id, Ground.SERVICE, f"{entry.id} is a program, and programs never approve")
    release = request.action == RELEASE
    what, made = (" release", "wrote or committed what is released") if release else ("", "wrote, owns or did this")
    who = people.identity(entry.id)
    if who == people.identity(request.requester):
        return Refusal(entry.id, Ground.REQUESTER, f"{entry.id} asked for this{what} and cannot approve it")
    if who in {people.identity(author) for author in terms.authors}:
        return Refusal(entry.id, Ground.AUTHOR, f"{entry.id} {made} and cannot approve it")
    if people.has_left(entry):
        return Refusal(entry.id, Ground.LEFT, f"{entry.id} left on {entry.left}")
    if not people.seats(entry.id, terms.authority):
        return Refusal(entry.id, Ground.NO_AUTHORITY, f"no post of {entry.id} carries {terms.authority}")
    if who in {people.identity(other) for other in earlier}:
        return Refusal(entry.id, Ground.TWICE, f"{entry.id} has approved this request already")
    if terms.now > request.expires_at:
        return Refusal(entry.id, Ground.EXPIRED, f"the request expired at {request.expires_at.isoformat()}")
    everybody = (*earlier, entry.id)
    if len(seated((one, people.seats(one, terms.authority)) for one in everybody)) < len(everybody):
        return Refusal(entry.id, Ground.SAME_POST, f"the post of {entry.id} has approved this request already")
    return None


def count_approvals(approvals: Sequence[Approval], terms: ApprovalTerms) -> ApprovalCount:
    """Those approvals that count for exactly this request, in order of the ledger, and why the others do not."""
    digest = request_digest(terms.request)
    counted: list[Approval] = []
    refused: list[Refusal] = []
    for approval in approvals:
        if approval.request != digest:
            continue
        refusal = why_not_proven(_act(approval), terms.people)
        if refusal is None and approval.given_at > terms.request.expires_at:
            refusal = Refusal(approval.person, Ground.EXPIRED, f"{approval.person} signed after the request expired")
        refusal = refusal or refusal_of(approval.person, terms, [one.person for one in counted])
        refusal = refusal or _same_account(approval, counted)
        if refusal is None:
            counted.append(approval)
        else:
            refused.append(refusal)
    seats = seated((one.person, terms.people.seats(one.person, terms.authority)) for one in counted)
    return ApprovalCount(tuple(Counted(one, seats[one.person]) for one in counted), tuple(refused))


def _act(approval: Approval) -> Act:
    return Act(
        purpose=APPROVAL,
        person=approval.person,
        digest=approval.request,
        at=approval.given_at,
        signature=approval.signature,
        session=approval.session,
    )


def _same_account(approval: Approval, counted: Sequence[Approval]) -> Refusal | None:
    """One account is one human, whatever people a server says it belongs to (LEDGER 8)."""
    for other in counted:
        if approval.session and other.session and approval.session.who.account == other.session.who.account:
            message = f"the account of {approval.person} has approved this request already, for {other.person}"
            return Refusal(approval.person, Ground.TWICE, message)
    return None
