"""`care oncall take`: use the authority of a post for hours, as the rota lets one; it is reviewed (SEMANTICS 18)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from careloop.domain.emergency import Emergency, EmergencyKind
from careloop.domain.matter import MatterKind
from careloop.domain.noun import seconds_in
from careloop.errors import InvalidInput, Refused
from careloop.gates.proven import Purpose
from careloop.gates.request import statement_digest
from careloop.ledger.canonical import instant_text
from careloop.ports.ledger import Record, Subject
from careloop.ports.session_voucher import PersonalProof
from careloop.workflows.emergencies import REVIEW_OPEN_FOR, emergencies_of, span_of
from careloop.workflows.run.ask_matter import open_matter_request
from careloop.workflows.run.matter_case import MatterCase, find_matter
from careloop.workflows.run.release_desk import Governance, ReleaseDesk, read_governance
from careloop.workflows.run.release_records import derived_id, plain_text
from careloop.workflows.run.sign_as import Signer, choose_signer, sign_digest

__all__ = ["CALL_NAMESPACE", "CallAsk", "Taken", "take_call"]

CALL_NAMESPACE: Final = "care-on-call"
_CALL: Final = Purpose("on_call", CALL_NAMESPACE)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAsk:
    """Somebody on call needs the authority of a post."""

    post: str
    span: timedelta
    reason: str
    authorities: tuple[str, ...] = ()
    """Left out: all that the rota gives."""
    person: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Authority that may be used from now on, and the request for its review."""

    call: Emergency
    review: str


def take_call(ask: CallAsk, desk: ReleaseDesk, proof: PersonalProof, now: datetime) -> Taken:
    """Record that somebody takes authority on call, and ask for the review that is due the next day.

    Raises `Refused` for somebody whom the rota in the committed roles.yaml does not list for this post and authority,
    for longer than it allows, and while an earlier call of theirs is overdue for review.
    """
    if not ask.reason.strip():
        raise InvalidInput("say why", hint="give --reason TEXT")
    governance = read_governance(desk, now)
    signer = choose_signer(proof, governance.people, ask.person)
    authorities = _allowed(ask, signer.person.id, governance)
    overdue = [one for one in emergencies_of(desk.ledger) if one.person == signer.person.id and one.overdue(now)]
    if overdue:
        raise Refused(f"what {signer.person.id} did on {overdue[0].at.date()} has not been reviewed in time")
    due = now + span_of("emergency-review", governance.repository.organisation)
    statement = {
        "action": "on_call",
        "post": ask.post,
        "authorities": " ".join(authorities),
        "person": signer.person.id,
        "reason": plain_text(ask.reason.strip()),
        "at": instant_text(now),
        "until": instant_text(now + ask.span),
    }
    record = _record(statement, authorities, signer, governance, due)
    desk.ledger.append([record], recorded_at=now)
    call = next(one for one in emergencies_of(desk.ledger) if one.record == record.id)
    fresh = read_governance(desk, now, before=governance)
    case = MatterCase(find_matter(MatterKind.REVIEW, call.record, fresh, desk), fresh, desk)
    review = open_matter_request(case, call.person, expires_at=call.review_due + REVIEW_OPEN_FOR)
    return Taken(call=call, review=review.asked.digest)


def _allowed(ask: CallAsk, person: str, governance: Governance) -> tuple[str, ...]:
    people = governance.people
    rows = [one for one in people.roles.on_call if one.post == ask.post and person in one.people]
    if not rows:
        raise Refused(f"the rota in roles.yaml does not list {person} for {ask.post}")
    row = rows[0]
    wanted = ask.authorities or row.authorities
    if beyond := set(wanted) - set(row.authorities):
        raise Refused(f"the rota gives {person} no {', '.join(sorted(beyond))} of {ask.post}")
    if not timedelta(0) < ask.span <= timedelta(seconds=seconds_in(row.at_most)):
        raise Refused(f"on call, the authority of {ask.post} is taken for {row.at_most} at most")
    return tuple(wanted)


def _record(
    statement: dict[str, str], authorities: tuple[str, ...], signer: Signer, governance: Governance, due: datetime
) -> Record:
    now, digest = governance.now, statement_digest(statement)
    signed = sign_digest(signer, governance.people, digest, purpose=_CALL, now=now)
    return Record(
        id=derived_id(int(now.timestamp() * 1000), "on-call", digest),
        type="authority.taken",
        actor=signer.actor,
        occurred_at=now,
        data={
            "kind": EmergencyKind.ON_CALL.value,
            "post": statement["post"],
            "authorities": list(authorities),
            "reason": statement["reason"],
            "until": statement["until"],
            "review_due": instant_text(due),
            "commit": governance.commit,
            "statement": statement,
            **signed.data,
        },
        subject=(Subject(name=f"posts/{statement['post']}"),),
        controls=("iso42001:2023/A.3.2",),
    )
