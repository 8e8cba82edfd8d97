"""Agree to a matter: one signature at a time; with the last one that it takes, it is granted, once.

Everything is judged again at that moment: who may approve, whether the terms are still those that people saw. From then
on the grant counts for exactly these terms, whatever becomes of those who gave it (LEDGER 8; SEMANTICS 12-15).
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from careloop.domain.approval import APPROVE_RELEASE, RELEASE, ApprovalCount, Counted, RequestState
from careloop.domain.emergency import Emergency, EmergencyKind
from careloop.domain.matter import AUTHORITY, Grant, MatterKind
from careloop.domain.standing import Standing
from careloop.errors import Conflict, InvalidInput, Refused
from careloop.gates.proven import Purpose
from careloop.gates.request import statement_digest
from careloop.ledger.canonical import instant_text
from careloop.ports.ledger import Record
from careloop.ports.session_voucher import PersonalProof
from careloop.workflows.emergencies import emergencies_of
from careloop.workflows.grants import grants_of
from careloop.workflows.run.give_approval import About, ApprovalAsk, Approved, asked_for, give_approval
from careloop.workflows.run.matter_case import MatterCase, matter_case
from careloop.workflows.run.matter_records import matter_subjects
from careloop.workflows.run.release_desk import ReleaseDesk, read_governance
from careloop.workflows.run.release_records import (
    GATE,
    Asked,
    append_once,
    derived_id,
    plain_text,
    standings_of,
    subjects,
)
from careloop.workflows.run.sign_as import choose_signer, sign_digest

__all__ = ["EndAsk", "approve_matter", "end_matter", "refuse_closed_matter"]

_END = Purpose("end", "care-end")


def approve_matter(ask: ApprovalAsk, desk: ReleaseDesk, proof: PersonalProof, now: datetime) -> Approved:
    """Sign a request about a matter, and grant it when that makes enough.

    Raises `Refused` as for a release: the requester, whoever wrote the document or acted in the emergency, the same
    human, account or post twice, no authority, an unlisted key or server, and a request that is not open any more.
    """
    asked = asked_for(ask, desk)
    case = refuse_closed_matter(asked, desk, now)
    matter = case.matter
    about = About(
        fields={"matter": matter.name, "system": matter.system, "environment": matter.environment},
        subject=matter_subjects(matter.name, matter.system, asked.digest),
        control="iso42001:2023/A.3.2",
    )
    given = give_approval(ask, asked, case, about, proof)
    if given.count.given >= matter.required:
        _grant(case, asked, given.count)
    return given.approved(asked, required=matter.required)


def refuse_closed_matter(asked: Asked, desk: ReleaseDesk, now: datetime) -> MatterCase:
    """The case of a request about a matter; `Refused` when it is used up, expired, rejected or void."""
    if asked.request.action == RELEASE:
        raise Refused("the request is about a release")
    case = matter_case(asked, read_governance(desk, now), desk)
    condition = case.condition(asked)
    if condition.state is not RequestState.OPEN:
        raise Refused(condition.because, hint=f"ask anew: care request {case.matter.kind.value}")
    return case


def _grant(case: MatterCase, asked: Asked, count: ApprovalCount) -> None:
    """One request makes one grant, whoever's signature was the last and however many processes saw it."""
    matter, now = case.matter, case.governance.now
    record = Record(
        id=derived_id(int(asked.request.expires_at.timestamp() * 1000), "grant", asked.digest),
        type="matter.granted",
        actor=GATE,
        occurred_at=now,
        data={
            "matter": matter.name,
            "system": matter.system,
            "terms": case.terms_digest,
            "request": asked.digest,
            "tier": matter.tier.value,
            "required_approvals": matter.required,
            "by": [{"person": one.approval.person, "post": one.post} for one in count.counted],
            "until": matter.until.isoformat() if matter.until else None,
            "commit": case.governance.commit,
        },
        subject=matter_subjects(matter.name, matter.system, asked.digest),
        controls=("iso42001:2023/A.3.2",),
        refs=(asked.record,),
    )
    # Both or neither: a review that is granted never leaves its release to run out.
    with suppress(Conflict):
        case.desk.ledger.append([record, *_standing_for_good(case, asked, count.counted)], recorded_at=now)


def _standing_for_good(case: MatterCase, asked: Asked, counted: Sequence[Counted]) -> Iterator[Record]:
    """An emergency release whose review found it right has standing without an end, by those who reviewed it."""
    if case.matter.kind is not MatterKind.REVIEW:
        return
    found = next(one for one in emergencies_of(case.desk.ledger) if one.record == case.matter.id)
    now = case.governance.now
    if found.kind is EmergencyKind.ON_CALL or found.lock is None or found.system is None:
        return
    standing = _emergency_standing(case, found)
    if standing is None:
        return
    yield Record(
        id=derived_id(int(asked.request.expires_at.timestamp() * 1000), "standing", asked.digest),
        type="release.standing",
        actor=GATE,
        occurred_at=now,
        data={
            "system": found.system,
            "lock": found.lock,
            "environment": found.environment,
            "request": asked.digest,
            "version": standing.version,
            "tier": case.matter.tier.value,
            "approvals": len(counted),
            "required_approvals": case.matter.required,
            "approved_by": sorted(one.approval.person for one in counted),
            "after": found.kind.value,
            "commit": case.governance.commit,
        },
        subject=subjects(found.system, found.lock, asked.digest),
        controls=("iso42001:2023/A.6.2.5",),
        refs=(asked.record, found.record),
    )


def _emergency_standing(case: MatterCase, found: Emergency) -> Standing | None:
    """The standing that the emergency gave, unless somebody has revoked it since."""
    rows = standings_of(case.desk.ledger, found.system, now=found.at)
    mine = [one for one in rows if (one.lock, one.environment) == (found.lock, found.environment) and one.until]
    return mine[-1] if mine and mine[-1].valid else None


@dataclass(frozen=True, slots=True)
class EndAsk:
    """Something that was granted must not count any more."""

    name: str
    """`waiver/late-card`."""
    reason: str
    person: str | None = None


def end_matter(ask: EndAsk, desk: ReleaseDesk, proof: PersonalProof, now: datetime) -> Grant:
    """End a grant at once: tightening waits for nobody (SEMANTICS 8). `Refused` when nothing so named is granted."""
    if not ask.reason.strip():
        raise InvalidInput("say why it ends", hint="give --reason TEXT")
    people = read_governance(desk, now).people
    standing = [one for one in grants_of(desk.ledger, ask.name) if one.stands]
    if not standing:
        raise Refused(f"nothing is granted by the name {ask.name}", hint="care request list shows what is")
    signer = choose_signer(proof, people, ask.person)
    enough = {AUTHORITY[standing[-1].kind], APPROVE_RELEASE, "kill", "restore"}
    if not any(people.seats(signer.person.id, one) for one in enough):
        raise Refused(f"no post of {signer.person.id} carries any of {', '.join(sorted(enough))}")
    statement = {
        "action": "end",
        "matter": ask.name,
        "grant": standing[-1].record,
        "person": signer.person.id,
        "reason": plain_text(ask.reason.strip()),
        "at": instant_text(now),
    }
    digest = statement_digest(statement)
    signed = sign_digest(signer, people, digest, purpose=_END, now=now)
    record = Record(
        id=derived_id(int(now.timestamp() * 1000), "end", digest),
        type="matter.ended",
        actor=signer.actor,
        occurred_at=now,
        data={"matter": ask.name, "reason": statement["reason"], "statement": statement, **signed.data},
        subject=matter_subjects(ask.name, None),
        controls=("iso42001:2023/A.3.2",),
        refs=(standing[-1].record,),
    )
    append_once(desk.ledger, record, now=now)
    return next(one for one in grants_of(desk.ledger, ask.name) if one.record == standing[-1].record)
