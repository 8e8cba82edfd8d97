"""Approve a release: one person agrees to one request, after it is seen that nothing material has changed since.

`care approve` brings the person's SSH keys; the pages bring a session in which the person has just proven again who
they are. Everything else is the same (SEMANTICS 18; LEDGER 8; R41).
"""

from dataclasses import dataclass
from datetime import datetime

from careloop.domain.approval import RELEASE, Refusal
from careloop.errors import InvalidInput, Refused
from careloop.gates.count_approvals import refusal_of
from careloop.gates.proven import APPROVAL
from careloop.ports.ledger import Record
from careloop.ports.session_voucher import PersonalProof
from careloop.workflows.run.attest import attested_approval
from careloop.workflows.run.release_case import case_from_blobs
from careloop.workflows.run.release_desk import Governance, ReleaseDesk, read_governance
from careloop.workflows.run.release_records import (
    Asked,
    append_once,
    approval_of,
    derived_id,
    find_request,
    plain_text,
    subjects,
)
from careloop.workflows.run.request_condition import refuse_unless_open
from careloop.workflows.run.sign_as import Signed, Signer, choose_signer, sign_digest

__all__ = ["ApprovalAsk", "Approved", "approve_release"]


@dataclass(frozen=True, slots=True)
class ApprovalAsk:
    """Somebody wants to approve a request."""

    request: str
    """Its digest, or the first digits of it."""
    reason: str
    person: str | None = None
    """Selects among the keys at hand; None when one key, and so one person, is meant, and for a session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """An approval that was recorded."""

    asked: Asked
    person: str
    post: str
    key: str
    """Fingerprint of the key that signed: the person's, or that of the server that vouches for their session."""
    given: int
    required: int


def approve_release(ask: ApprovalAsk, desk: ReleaseDesk, proof: PersonalProof, now: datetime) -> Approved:
    """Sign a request and record the approval.

    Raises `Refused` for the requester, an author or committer, a second approval by the same human, account or post, a
    key that the roles.yaml in force does not list, a session of a server that the care.yaml in force does not list or
    that was not stepped up in time, somebody without the authority or who left, a request that expired or was used up,
    and one whose artefacts or material grounds have changed: that one is void.
    """
    if not ask.reason.strip():
        raise InvalidInput("an approval says why", hint="give --reason TEXT")
    asked = find_request(desk.ledger, ask.request)
    if asked.request.action != RELEASE:
        raise Refused(f"the request is about another action: {asked.request.action}")
    governance = read_governance(desk, now)
    case = case_from_blobs(asked.results, asked.request.lock, asked.request.environment, governance, desk)
    refuse_unless_open(asked, case)
    signer = choose_signer(proof, governance.people, ask.person)
    earlier = case.count(asked)
    _refuse(refusal_of(signer.person.id, case.terms(asked), [one.approval.person for one in earlier.counted]))
    signed = sign_digest(signer, governance.people, asked.digest, purpose=APPROVAL, now=now)
    record = _record(asked, signer, signed, ask.reason, governance)
    _refuse(case.refusal_of(approval_of(record, given_at=now), asked))
    append_once(desk.ledger, attested_approval(case, record), now=now)
    count = case.count(asked)
    mine = next((one for one in count.counted if one.approval.person == signer.person.id), None)
    if mine is None:
        raise Refused(f"the approval of {signer.person.id} was recorded and does not count")
    return Approved(
        asked=asked,
        person=signer.person.id,
        post=mine.post,
        key=signed.key,
        given=count.given,
        required=case.decide(count).required_approvals,
    )


def _refuse(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise Refused(refusal.message)


def _record(asked: Asked, signer: Signer, signed: Signed, reason: str, governance: Governance) -> Record:
    now = governance.now
    return Record(
        id=derived_id(int(now.timestamp() * 1000), "approval", asked.digest, signer.person.id),
        type="approval.given",
        actor=signer.actor,
        occurred_at=now,
        data={
            "request": asked.digest,
            "system": asked.system,
            "lock": asked.request.lock,
            "environment": asked.request.environment,
            "reason": plain_text(reason.strip()),
            "commit": governance.commit,
            **signed.data,
        },
        subject=subjects(asked.system, asked.request.lock, asked.digest),
        controls=("iso42001:2023/A.6.2.5",),
        refs=(asked.record,),
    )
