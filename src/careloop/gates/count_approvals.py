"""Which approvals of a request count: distinct people of distinct posts, with authority, who neither asked nor built.

Evaluated whenever a decision is made and again when the approvals are used up; nothing that was true at the time of
signing is taken for granted later. Source: LEDGER 8; SEMANTICS 12, 15, 18; R41.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from careloop.domain.approval import (
    APPROVE_RELEASE,
    Approval,
    ApprovalCount,
    ApprovalRequest,
    Counted,
    Ground,
    Refusal,
)
from careloop.errors import CareloopError
from careloop.gates.people import People, keys_of, seated
from careloop.gates.request import request_digest
from careloop.ledger.ssh_signature import verify_ssh_signature

__all__ = ["ApprovalTerms", "count_approvals", "refusal_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalTerms:
    """What approvals of one request are held against."""

    request: ApprovalRequest
    people: People
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
    who = people.identity(entry.id)
    if who == people.identity(request.requester):
        return Refusal(entry.id, Ground.REQUESTER, f"{entry.id} asked for this release and cannot approve it")
    if who in {people.identity(author) for author in terms.authors}:
        return Refusal(entry.id, Ground.AUTHOR, f"{entry.id} wrote or committed what is released and cannot approve it")
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
        refusal = _not_signed(approval, digest, terms.people)
        if refusal is None and approval.given_at > terms.request.expires_at:
            refusal = Refusal(approval.person, Ground.EXPIRED, f"{approval.person} signed after the request expired")
        refusal = refusal or refusal_of(approval.person, terms, [one.person for one in counted])
        if refusal is None:
            counted.append(approval)
        else:
            refused.append(refusal)
    seats = seated((one.person, terms.people.seats(one.person, terms.authority)) for one in counted)
    return ApprovalCount(tuple(Counted(one, seats[one.person]) for one in counted), tuple(refused))


def _not_signed(approval: Approval, digest: str, people: People) -> Refusal | None:
    entry = next((one for one in people.roles.people if one.id == approval.person), None)
    if entry is None:
        return Refusal(approval.person, Ground.UNKNOWN_KEY, f"roles.yaml lists nobody called {approval.person}")
    try:
        key = verify_ssh_signature(approval.signature, digest.encode(), allowed=keys_of(entry))
    except CareloopError as error:
        return Refusal(entry.id, Ground.UNKNOWN_KEY, f"{entry.id}: {error.message}")
    if len({people.identity(one.id) for one in people.by_key(key)}) != 1:
        return Refusal(entry.id, Ground.UNKNOWN_KEY, f"the key of {entry.id} is listed for several people")
    return None
