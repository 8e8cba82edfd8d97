"""`care approve --reject`: one person says no to a request, with a reason. The gate stays closed on those grounds.

Saying no takes effect at once and needs nobody else (SEMANTICS 8). It is signed over a statement of its own, so that a
no can never be shown as a yes. What was objected to has to change: other results, documents or rules, or another lock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from careloop.domain.approval import APPROVE_RELEASE, RELEASE
from careloop.domain.matter import AUTHORITY
from careloop.errors import InvalidInput, Refused
from careloop.gates.proven import Purpose
from careloop.gates.request import statement_digest
from careloop.ledger.canonical import instant_text
from careloop.ports.ledger import Actor, Json, Record
from careloop.ports.session_voucher import PersonalProof
from careloop.workflows.run.approve_matter import refuse_closed_matter
from careloop.workflows.run.matter_records import matter_subjects
from careloop.workflows.run.release_case import case_from_blobs
from careloop.workflows.run.release_desk import ReleaseDesk, read_governance
from careloop.workflows.run.release_records import (
    Asked,
    append_once,
    derived_id,
    find_request,
    plain_text,
    subjects,
)
from careloop.workflows.run.request_condition import refuse_unless_open
from careloop.workflows.run.sign_as import choose_signer, sign_digest

__all__ = ["REJECTION_NAMESPACE", "Rejected", "RejectionAsk", "reject_release"]

REJECTION_NAMESPACE: Final = "care-rejection"
_REJECTION: Final = Purpose("reject", REJECTION_NAMESPACE)


@dataclass(frozen=True, slots=True)
class RejectionAsk:
    """Somebody does not want a release to go ahead."""

    request: str
    """Digest of the request, or the first digits of it."""
    reason: str
    person: str | None = None
    """Selects among the keys at hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A rejection that was recorded."""

    asked: Asked
    person: str
    key: str


def reject_release(ask: RejectionAsk, desk: ReleaseDesk, proof: PersonalProof, now: datetime) -> Rejected:
    """Record a signed no. Raises `Refused` without the authority to approve releases, and for a request that is not
    open; whoever asked for a release or wrote it may still say no to it."""
    if not ask.reason.strip():
        raise InvalidInput("a rejection says why", hint="give --reason TEXT")
    asked = find_request(desk.ledger, ask.request)
    governance = read_governance(desk, now)
    people = governance.people
    subject = subjects(asked.system, asked.request.lock, asked.digest)
    authority = APPROVE_RELEASE
    if asked.request.action == RELEASE:
        refuse_unless_open(
            asked, case_from_blobs(asked.results, asked.request.lock, asked.request.environment, governance, desk)
        )
    else:
        matter = refuse_closed_matter(asked, desk, now).matter
        authority, subject = AUTHORITY[matter.kind], matter_subjects(matter.name, matter.system, asked.digest)
    signer = choose_signer(proof, people, ask.person)
    person = signer.person.id
    if not people.seats(person, authority):
        raise Refused(f"no post of {person} carries {authority}, which a no takes as well")
    statement = {
        "action": "reject",
        "request": asked.digest,
        "person": person,
        "reason": plain_text(ask.reason.strip()),
        "at": instant_text(now),
    }
    signed = sign_digest(signer, people, statement_digest(statement), purpose=_REJECTION, now=now)
    data: dict[str, Json] = {"reason": statement["reason"], "statement": statement, **signed.data}
    append_once(desk.ledger, replace(_record(asked, signer.actor, data, now), subject=subject), now=now)
    return Rejected(asked=asked, person=person, key=signed.key)


def _record(asked: Asked, actor: Actor, data: Mapping[str, Json], now: datetime) -> Record:
    request = asked.request
    return Record(
        id=derived_id(int(now.timestamp() * 1000), "rejection", asked.digest, actor.sub),
        type="approval.rejected",
        actor=actor,
        occurred_at=now,
        data={
            "request": asked.digest,
            "system": asked.system,
            "lock": request.lock,
            "environment": request.environment,
            "slice": request.slice,
            **data,
        },
        controls=("iso42001:2023/A.6.2.5",),
        refs=(asked.record,),
    )
