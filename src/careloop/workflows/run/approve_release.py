"""`care approve`: one person signs one request, after seeing that nothing material has changed since it was made."""

from dataclasses import dataclass
from datetime import datetime

from careloop.domain.release_lock import Presence
from careloop.errors import InvalidInput, NotFound, Refused
from careloop.gates.count_approvals import refusal_of
from careloop.ledger.ssh_signature import APPROVAL_NAMESPACE
from careloop.ports.approval_keys import ApprovalKeys
from careloop.ports.ledger import Ledger, Record
from careloop.workflows.run.release_case import ReleaseCase, case_from_blobs
from careloop.workflows.run.release_desk import Governance, ReleaseDesk, read_governance
from careloop.workflows.run.release_records import (
    Asked,
    a_person,
    append_once,
    derived_id,
    plain_text,
    requests_for,
    subjects,
)
from careloop.workflows.run.sign_as import Signer, choose_signer, sign_digest

__all__ = ["ApprovalAsk", "Approved", "approve_release", "find_request", "refuse_if_void"]


@dataclass(frozen=True, slots=True)
class ApprovalAsk:
    """Somebody wants to approve a request."""

    request: str
    """Its digest, or the first digits of it."""
    reason: str
    person: str | None = None
    """Selects among the keys at hand; None when one key, and so one person, is meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """An approval that was recorded."""

    asked: Asked
    person: str
    post: str
    key: str
    """Fingerprint of the key that signed."""
    given: int
    required: int


def approve_release(ask: ApprovalAsk, desk: ReleaseDesk, keys: ApprovalKeys, now: datetime) -> Approved:
    """Sign a request and record the approval.

    Raises `Refused` for the requester, an author or committer, a second approval by the same human or post, a key that
    the roles.yaml in force does not list, somebody without the authority or who left, a request that expired or was
    used up, and one whose artefacts or material grounds have changed: that one is void.
    """
    if not ask.reason.strip():
        raise InvalidInput("an approval says why", hint="give --reason TEXT")
    asked = find_request(desk.ledger, ask.request)
    governance = read_governance(desk, now)
    case = case_from_blobs(asked.results, asked.request.lock, asked.request.environment, governance, desk)
    refuse_if_void(asked, case)
    signer = choose_signer(keys, governance.people, ask.person)
    earlier = case.count(asked)
    refusal = refusal_of(signer.person.id, case.terms(asked), [one.approval.person for one in earlier.counted])
    if refusal is not None:
        raise Refused(refusal.message)
    signature = sign_digest(keys, signer, asked.digest, namespace=APPROVAL_NAMESPACE)
    append_once(desk.ledger, _record(asked, signer, signature, ask.reason, governance), now=now)
    count = case.count(asked)
    mine = next((one for one in count.counted if one.approval.person == signer.person.id), None)
    if mine is None:
        raise Refused(f"the approval of {signer.person.id} was recorded and does not count")
    return Approved(
        asked=asked,
        person=signer.person.id,
        post=mine.post,
        key=signer.key.fingerprint,
        given=count.given,
        required=case.decide(count).required_approvals,
    )


def _record(asked: Asked, signer: Signer, signature: str, reason: str, governance: Governance) -> Record:
    now, person = governance.now, signer.person.id
    return Record(
        id=derived_id(int(now.timestamp() * 1000), "approval", asked.digest, person),
        type="approval.given",
        actor=a_person(person),
        occurred_at=now,
        data={
            "request": asked.digest,
            "system": asked.system,
            "lock": asked.request.lock,
            "environment": asked.request.environment,
            "key": signer.key.fingerprint,
            "signature": signature,
            "reason": plain_text(reason.strip()),
            "commit": governance.commit,
        },
        subject=subjects(asked.system, asked.request.lock, asked.digest),
        controls=("iso42001:2023/A.6.2.5",),
        refs=(asked.record,),
    )


def find_request(ledger: Ledger, name: str) -> Asked:
    """The request of a digest, or of its first eight digits and more; raises `NotFound`, `Refused` for several."""
    digits = name.removeprefix("sha256:")
    if len(digits) < 8:
        raise InvalidInput(f"'{name}' is too short to name a request", hint="give at least eight digits of its digest")
    found = {
        str(entry.record.data.get("request"))
        for entry in ledger.query(type="approval.requested")
        if str(entry.record.data.get("request")).startswith(f"sha256:{digits}")
    }
    if not found:
        raise NotFound(f"there is no approval request {name}", hint="`care gate` prints the request it waits for")
    if len(found) > 1:
        raise Refused(f"{name} names {len(found)} requests", hint="give more digits")
    asked = requests_for(ledger, subject=f"requests/{found.pop()}")
    if not asked:
        raise Refused(f"the request {name} is not what its digest says")
    return asked[0]


def refuse_if_void(asked: Asked, case: ReleaseCase) -> None:
    """Refuse a request that expired, was used up, or whose grounds or artefacts are no longer those it was made on."""
    request, hint = asked.request, "run `care gate` again: it asks anew for what is there now"
    if case.governance.now > request.expires_at:
        raise Refused(f"the request expired at {request.expires_at.isoformat()}", hint=hint)
    if any(one.request == asked.digest for one in case.standings):
        raise Refused("the request has been used up by a standing", hint=hint)
    if (request.slice, request.tier) != (case.slice, case.system.tier):
        raise Refused(
            "the request is void: rules, thresholds, documents or results that it rests on have changed", hint=hint
        )
    store, release = case.desk.artefacts, case.digest
    altered = [one.name for one in case.lock.artefacts if store.check(one, release=release) is not Presence.SAME]
    if altered:
        raise Refused(f"the request is void: {', '.join(altered)} is no longer what was locked", hint=hint)
