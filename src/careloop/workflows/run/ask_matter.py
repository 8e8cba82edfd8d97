"""`care request`: ask people to agree to something that loosens, or to look at what was done in an emergency.

Asking twice on the same terms finds the request that is open. Nothing is granted here.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from careloop.domain.approval import ApprovalRequest, RequestState
from careloop.domain.matter import MatterKind
from careloop.domain.noun import days_in
from careloop.errors import InvalidInput, Refused
from careloop.gates.matters import matter_digest
from careloop.gates.request import request_bytes, request_digest, request_json
from careloop.ports.ledger import Record
from careloop.workflows.run.matter_case import MatterCase, find_matter
from careloop.workflows.run.matter_records import matter_requests, matter_subjects
from careloop.workflows.run.release_desk import Governance, ReleaseDesk, read_governance
from careloop.workflows.run.release_records import GATE, Asked, append_once, derived_id

__all__ = ["MatterAsk", "MatterAsked", "ask_matter", "open_matter_request"]

_JSON = "application/json"
_OPEN_FOR = "P7D"


@dataclass(frozen=True, slots=True, kw_only=True)
class MatterAsk:
    """Somebody wants a matter to be agreed to."""

    kind: MatterKind
    id: str
    requester: str | None
    """Person's id or mail address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatterAsked:
    """The request, and the matter as it stands."""

    case: MatterCase
    asked: Asked
    new: bool


def ask_matter(ask: MatterAsk, desk: ReleaseDesk, now: datetime) -> MatterAsked:
    """Record the request. Raises `NotFound` for no such matter, `Refused` when nobody asks or it is over."""
    governance = read_governance(desk, now)
    case = MatterCase(find_matter(ask.kind, ask.id, governance, desk), governance, desk)
    if case.matter.until is not None and case.matter.until < governance.on:
        raise Refused(f"{case.matter.name} ran out on {case.matter.until}", hint="agree on a later day first")
    requester = _requester(ask.requester, governance)
    interval = (governance.repository.organisation.intervals if governance.repository.organisation else {}).get(
        "approval-request", _OPEN_FOR
    )
    return open_matter_request(case, requester, expires_at=now + timedelta(days=days_in(interval)))


def open_matter_request(case: MatterCase, requester: str, *, expires_at: datetime) -> MatterAsked:
    """The request that is open on these terms, made if there is none."""
    before = matter_requests(case.desk.ledger, case.matter.name)
    open_ = next((one for one in before if case.condition(one).state is RequestState.OPEN), None)
    if open_ is not None:
        return MatterAsked(case=case, asked=open_, new=False)
    matter, desk, now = case.matter, case.desk, case.governance.now
    about = (matter.kind.value, matter.name, case.terms_digest, desk.ledger.origin, str(len(before)))
    request = ApprovalRequest(
        action=matter.kind.value,
        lock=matter_digest(matter.name),
        slice=case.terms_digest,
        tier=matter.tier,
        environment=matter.environment,
        requester=requester,
        nonce=sha256("\0".join(about).encode()).hexdigest()[:32],
        expires_at=expires_at,
    )
    append_once(desk.ledger, _record(case, request), now=now)
    made = matter_requests(desk.ledger, matter.name)[len(before)]
    return MatterAsked(case=case, asked=made, new=made.digest == request_digest(request))


def _record(case: MatterCase, request: ApprovalRequest) -> Record:
    matter, ledger, digest, text = case.matter, case.desk.ledger, request_digest(request), request_json(request)
    body = ledger.put_blob(request_bytes(request), media=_JSON)
    terms = ledger.put_blob(case.text, media=_JSON)
    return Record(
        id=derived_id(0, "matter-request", request.nonce),
        type="approval.requested",
        actor=GATE,
        occurred_at=case.governance.now,
        data={
            "request": digest,
            "action": request.action,
            "expires_at": text["expires_at"],
            "system": matter.system,
            "version": matter.name,
            "asks": matter.asks,
            "required_approvals": matter.required,
            "body": text,
            "results": [],
        },
        subject=matter_subjects(matter.name, matter.system, digest),
        controls=("iso42001:2023/A.3.2",),
        blobs=tuple(dict.fromkeys((body, terms))),
    )


def _requester(name: str | None, governance: Governance) -> str:
    if not name:
        raise Refused(
            "nobody is named as the one who asks, and that person must not be among those who agree",
            hint="name the person with --requester, or set user.email in git",
        )
    if not name.isascii():
        raise InvalidInput(f"--requester {name}: not plain ASCII, so that it could look like somebody else's name")
    person = governance.people.person(name)
    if person is None and "@" not in name:
        raise InvalidInput(f"--requester {name}: roles.yaml lists nobody of that name", hint="write a person's id")
    return person.id if person else name
