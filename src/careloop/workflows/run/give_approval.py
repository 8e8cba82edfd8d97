"""What every approval goes through, of a release or of another matter: asked, refused, signed, recorded, counted.

`approve_release` and `approve_matter` say what they are about and what follows; who may sign, and that a signature that
would not count is never recorded, is said here once (SEMANTICS 18; LEDGER 8).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from careloop.domain.approval import Approval, ApprovalCount, Refusal
from careloop.errors import InvalidInput, Refused
from careloop.gates.count_approvals import ApprovalTerms, refusal_of
from careloop.gates.proven import APPROVAL
from careloop.ports.ledger import Record, Subject
from careloop.ports.session_voucher import PersonalProof
from careloop.workflows.run.release_desk import Governance, ReleaseDesk
from careloop.workflows.run.release_records import Asked, append_once, approval_of, derived_id, find_request, plain_text
from careloop.workflows.run.sign_as import choose_signer, sign_digest

__all__ = ["About", "Approvable", "ApprovalAsk", "Approved", "Given", "asked_for", "give_approval"]


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


class Approvable(Protocol):
    """What a request is about, as it stands now, and how its approvals count."""

    @property
    def governance(self) -> Governance:
        """The documents that decide who may approve."""
        ...

    @property
    def desk(self) -> ReleaseDesk:
        """Where the approval is recorded."""
        ...

    def count(self, asked: Asked) -> ApprovalCount:
        """The approvals that count now."""
        ...

    def terms(self, asked: Asked) -> ApprovalTerms:
        """What approvals are held against."""
        ...

    def refusal_of(self, approval: Approval, asked: Asked) -> Refusal | None:
        """Why an approval that is not recorded yet would not count; None when it would."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """How the record of an approval says what it is about."""

    fields: dict[str, str | None]
    subject: tuple[Subject, ...]
    control: str
    kept: Callable[[Record], Record] = lambda record: record
    """Adds what is kept beside the record, once it is certain that it counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An approval that was recorded, and those that count with it."""

    person: str
    post: str
    key: str
    count: ApprovalCount

    def approved(self, asked: Asked, *, required: int) -> Approved:
        """The answer to whoever approved."""
        return Approved(
            asked=asked, person=self.person, post=self.post, key=self.key, given=self.count.given, required=required
        )


def asked_for(ask: ApprovalAsk, desk: ReleaseDesk) -> Asked:
    """The request that somebody wants to approve. Raises `InvalidInput` without a reason, `NotFound` for none such."""
    if not ask.reason.strip():
        raise InvalidInput("an approval says why", hint="give --reason TEXT")
    return find_request(desk.ledger, ask.request)


def give_approval(ask: ApprovalAsk, asked: Asked, case: Approvable, about: About, proof: PersonalProof) -> Given:
    """Sign an open request and record the approval; nothing is recorded that would not count.

    Raises `Refused` for the requester, an author or committer, the same human, account or post twice, somebody without
    the authority or who left, a key or server that the documents in force do not list, a session that is too old.
    """
    people, now = case.governance.people, case.governance.now
    signer = choose_signer(proof, people, ask.person)
    earlier = [one.approval.person for one in case.count(asked).counted]
    _refuse(refusal_of(signer.person.id, case.terms(asked), earlier))
    signed = sign_digest(signer, people, asked.digest, purpose=APPROVAL, now=now)
    record = Record(
        id=derived_id(_milliseconds(now), "approval", asked.digest, signer.person.id),
        type="approval.given",
        actor=signer.actor,
        occurred_at=now,
        data={
            "request": asked.digest,
            **about.fields,
            "reason": plain_text(ask.reason.strip()),
            "commit": case.governance.commit,
            **signed.data,
        },
        subject=about.subject,
        controls=(about.control,),
        refs=(asked.record,),
    )
    _refuse(case.refusal_of(approval_of(record, given_at=now), asked))
    append_once(case.desk.ledger, about.kept(record), now=now)
    count = case.count(asked)
    mine = next((one for one in count.counted if one.approval.person == signer.person.id), None)
    if mine is None:
        raise Refused(f"the approval of {signer.person.id} was recorded and does not count")
    return Given(person=signer.person.id, post=mine.post, key=signed.key, count=count)


def _refuse(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise Refused(refusal.message)


def _milliseconds(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)
