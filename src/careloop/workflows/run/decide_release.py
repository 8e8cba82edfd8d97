"""`care gate`: decide about a release, ask for the approvals it lacks, and record both. Repeating it changes nothing.

A decision is recorded once for the same grounds, and people are asked once for the same slice: a retried pipeline
finds its own request again. Nothing is used up here; that is `record_release`.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from careloop.domain.approval import RELEASE, ApprovalCount, ApprovalRequest
from careloop.domain.decision import Decision, GateAnswer, Reason, ReasonKind, Verdict
from careloop.domain.noun import days_in
from careloop.domain.release_lock import ReleaseLock
from careloop.errors import InvalidInput
from careloop.gates.request import request_bytes, request_digest, request_json
from careloop.ledger.canonical import canonical_bytes
from careloop.ports.ledger import BlobRef, Json, Ledger, Record
from careloop.workflows.run.attest import attest_results
from careloop.workflows.run.read_reports import read_reports
from careloop.workflows.run.release_case import ReleaseCase
from careloop.workflows.run.release_desk import ReleaseDesk, read_governance
from careloop.workflows.run.release_records import (
    GATE,
    Asked,
    append_once,
    derived_id,
    plain_text,
    requests_for,
    subjects,
)

__all__ = ["GateQuestion", "answer_of", "decide_release", "open_request", "record_decision"]

_OPEN_FOR: Final = "P7D"
"""How long a request stays open; `intervals: {approval-request: P14D}` in care.yaml says otherwise."""
_JSON: Final = "application/json"
_ENVIRONMENT: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
_MOST_REASONS: Final = 60
_MOST_WORDS: Final = 400
"""Reasons and characters of each that a record keeps, so that it always fits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateQuestion:
    """May this release go into this environment?"""

    system: str
    lock: ReleaseLock
    results: tuple[bytes, ...]
    """Results files and other tools' reports as they were written."""
    environment: str
    requester: str | None
    """Person's id or mail address; None when nobody is known to ask."""
    names: tuple[str, ...] = ()
    """What the results files are called, for messages about them."""


def decide_release(question: GateQuestion, desk: ReleaseDesk, now: datetime) -> GateAnswer:
    """Decide, ask for approvals where only they are missing, and record the decision.

    Raises `InvalidInput` for a lock of another system, an environment without a plain name or results that cannot be
    read, `NotFound` for an unknown system and `Unavailable` when the ledger is out of reach: each of them keeps the
    gate closed.
    """
    if not _ENVIRONMENT.fullmatch(question.environment):
        raise InvalidInput(
            f"'{question.environment}' is no name of an environment",
            hint="small letters, digits, dot, dash, underscore",
        )
    if question.requester is not None and not question.requester.isascii():
        raise InvalidInput(
            f"--requester {question.requester}: not plain ASCII, so that it could look like somebody else's name",
            hint="write a person's id, or a mail address in ASCII",
        )
    if question.lock.system != question.system:
        raise InvalidInput(f"the lock is of the system {question.lock.system}, not of {question.system}")
    governance = read_governance(desk, now)
    expected = governance.system(question.system).evaluation
    laid = read_reports(question.results, question.names, system=question.system, expected=expected)
    case = ReleaseCase(question.lock, laid.files, question.environment, governance, desk)
    size = desk.ledger.size()
    asked = open_request(case, upto=size)
    count = case.count(asked)
    decision = case.decide(count)
    if decision.waits_only_for_approvals and asked is None:
        requester = _requester(question, case)
        if requester is None:
            decision = _nobody_asks(decision)
        else:
            asked = _ask(case, requester, laid.kept, upto=size)
    record_decision(case, decision, asked, laid.kept)
    attest_results(case, laid.kept)
    return answer_of(case, decision, asked, count)


def open_request(case: ReleaseCase, *, upto: int | None = None) -> Asked | None:
    """The request on exactly these grounds that is neither expired nor used up, among entries below an index."""
    used = {one.request for one in case.standings} | {one.request for one in case.rejections}
    fitting = (
        one
        for one in requests_for(case.desk.ledger, subject=f"releases/{case.digest}", upto=upto)
        if (one.request.action, one.request.slice) == (RELEASE, case.slice)
        and (one.request.environment, one.request.tier) == (case.environment, case.system.tier)
        and one.request.expires_at >= case.governance.now
        and one.digest not in used
    )
    return next(fitting, None)


def answer_of(case: ReleaseCase, decision: Decision, asked: Asked | None, count: ApprovalCount) -> GateAnswer:
    """The decision with everything that a reader needs beside it."""
    return GateAnswer(
        decision=decision,
        system=case.system.id,
        environment=case.environment,
        lock=case.digest,
        version=case.lock.version,
        tier=case.system.tier,
        slice=case.slice,
        commit=case.governance.commit,
        in_force_by=case.governance.in_force_by,
        standards_digest=case.governance.standards_digest,
        request=asked.request if asked else None,
        request_digest=asked.digest if asked else None,
        approvals=count,
        standing=case.standing,
        rollback=case.rollback,
    )


def record_decision(case: ReleaseCase, decision: Decision, asked: Asked | None, results: tuple[bytes, ...]) -> None:
    """Append the decision with copies of the lock and the results, once for the same grounds."""
    ledger, now = case.desk.ledger, case.governance.now
    lock, kept = _kept(ledger, case.lock, results)
    grounds: dict[str, Json] = {
        "system": case.system.id,
        "lock": case.digest,
        "environment": case.environment,
        "slice": case.slice,
        "tier": case.system.tier.value,
        "decision": decision.verdict.value,
        "reasons": [_reason_json(reason) for reason in decision.reasons[:_MOST_REASONS]],
        "required_approvals": decision.required_approvals,
        "approvals": decision.approvals,
        "request": asked.digest if asked else None,
        **({"envelope": decision.envelope} if decision.envelope else {}),
    }
    fingerprint = sha256(canonical_bytes(grounds)).hexdigest()
    record = Record(
        id=derived_id(_milliseconds(case), "decision", fingerprint),
        type="gate.decision",
        actor=GATE,
        occurred_at=now,
        data=grounds
        | {
            "version": case.lock.version,
            "commit": case.governance.commit,
            "in_force_by": case.governance.in_force_by,
            "standards_digest": case.governance.standards_digest,
            "results": [blob.sha256 for blob in kept],
        },
        subject=subjects(case.system.id, case.digest, asked.digest if asked else None),
        controls=tuple(sorted({"iso42001:2023/A.6.2.5", *(c for one in decision.reasons for c in one.controls)})),
        refs=(asked.record,) if asked else (),
        blobs=tuple(dict.fromkeys((lock, *kept))),
    )
    append_once(ledger, record, now=now)


def _ask(case: ReleaseCase, requester: str, results: tuple[bytes, ...], *, upto: int) -> Asked:
    """Record the request for approvals, once: whoever saw the same ledger, up to `upto`, writes the same id.

    What people are asked to approve is kept with it: the lock, the results, and the whole slice that was decided on.
    """
    ledger, now = case.desk.ledger, case.governance.now
    request = _new_request(case, requester, upto)
    digest, text = request_digest(request), request_json(request)
    lock, kept = _kept(ledger, case.lock, results)
    body = ledger.put_blob(request_bytes(request), media=_JSON)
    grounds = ledger.put_blob(case.slice_text, media=_JSON)
    record = Record(
        id=derived_id(_milliseconds(case), "request", request.nonce),
        type="approval.requested",
        actor=GATE,
        occurred_at=now,
        data={
            "request": digest,
            "action": RELEASE,
            "expires_at": text["expires_at"],
            "system": case.system.id,
            "version": plain_text(case.lock.version),
            "body": text,
            "results": [blob.sha256 for blob in kept],
        },
        subject=subjects(case.system.id, case.digest, digest),
        controls=("iso42001:2023/A.6.2.5",),
        blobs=tuple(dict.fromkeys((body, lock, grounds, *kept))),
    )
    append_once(ledger, record, now=now)
    made = open_request(case)
    assert made is not None, "a request was recorded a moment ago"
    return made


def _new_request(case: ReleaseCase, requester: str, upto: int) -> ApprovalRequest:
    """A request that no earlier one equals: its nonce counts those that the ledger holds for this release."""
    ledger, now = case.desk.ledger, case.governance.now
    organisation = case.governance.repository.organisation
    interval = (organisation.intervals if organisation else {}).get("approval-request", _OPEN_FOR)
    about = (RELEASE, case.digest, case.slice, case.system.tier.value, case.environment)
    before = len(requests_for(ledger, subject=f"releases/{case.digest}", upto=upto))
    return ApprovalRequest(
        action=RELEASE,
        lock=case.digest,
        slice=case.slice,
        tier=case.system.tier,
        environment=case.environment,
        requester=requester,
        nonce=sha256("\0".join((*about, ledger.origin, str(before))).encode()).hexdigest()[:32],
        expires_at=now + timedelta(days=days_in(interval)),
    )


def _requester(question: GateQuestion, case: ReleaseCase) -> str | None:
    """Who asks: a person of roles.yaml by id, or an outside identity by its mail address."""
    if not question.requester:
        return None
    person = case.governance.people.person(question.requester)
    if person is None and "@" not in question.requester:
        raise InvalidInput(
            f"--requester {question.requester}: roles.yaml lists nobody of that name", hint="write a person's id"
        )
    return person.id if person else question.requester


def _nobody_asks(decision: Decision) -> Decision:
    reason = Reason(
        kind=ReasonKind.REQUESTER,
        effect=Verdict.WAIT,
        message="nobody is named as the one who asks, and that person must not be among the approvers",
        remedy="name the person with --requester, or set user.email in git",
    )
    return replace(decision, reasons=(reason, *decision.reasons))


def _kept(ledger: Ledger, lock: ReleaseLock, results: tuple[bytes, ...]) -> tuple[BlobRef, tuple[BlobRef, ...]]:
    kept = ledger.put_blob(lock.canonical, media=_JSON)
    return kept, tuple(ledger.put_blob(raw, media=_JSON) for raw in results)


def _reason_json(reason: Reason) -> Json:
    row: dict[str, Json] = {
        "kind": reason.kind.value,
        "effect": reason.effect.value,
        "message": plain_text(reason.message)[:_MOST_WORDS],
    }
    named = {"rule": reason.rule, "measure": reason.measure}
    return row | {name: value for name, value in named.items() if value is not None}


def _milliseconds(case: ReleaseCase) -> int:
    """When the newest results were measured: a time that every gate that reads them agrees on."""
    newest = max((file.measured_at.timestamp() for file in case.results if file.measured_at), default=0.0)
    return int(newest * 1000)
