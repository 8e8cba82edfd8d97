"""`care release record`: use up the approvals of a release, once, and give it standing in an environment.

Everything is judged again at this moment: rules, results, artefacts, who may approve. Source: LEDGER 8; SEMANTICS 13.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from careloop.domain.approval import RELEASE
from careloop.domain.decision import Decision, GateAnswer, Verdict
from careloop.domain.standing import Standing
from careloop.errors import Refused
from careloop.ports.ledger import Json, Ledger, Record
from careloop.workflows.run.attest import attest_results, attest_standing
from careloop.workflows.run.decide_release import answer_of, open_request, record_decision
from careloop.workflows.run.release_case import ReleaseCase, case_from_blobs
from careloop.workflows.run.release_desk import ReleaseDesk, read_governance
from careloop.workflows.run.release_records import (
    GATE,
    Asked,
    append_once,
    derived_id,
    find_request,
    plain_text,
    subjects,
)
from careloop.workflows.run.request_condition import refuse_unless_open

__all__ = ["RecordAsk", "Recorded", "record_release", "results_at_gate"]


@dataclass(frozen=True, slots=True)
class RecordAsk:
    """A release that is to have standing."""

    lock: str
    """Digest of the release lock."""
    environment: str
    request: str | None = None
    """Digest of the request whose approvals are used, or its first digits; None for the one that fits."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """The gate's answer at this moment, and the standing if it allowed one."""

    answer: GateAnswer
    standing: Standing | None
    new: bool
    """False when the release had this standing already."""


def record_release(ask: RecordAsk, desk: ReleaseDesk, now: datetime) -> Recorded:
    """Give a release standing; with a decision other than allow, only say and record why not.

    Repeating it gives the same standing. Raises `NotFound` for a release or request that never came to the gate, and
    `Refused` when the request is for another release or environment, void, expired or used up.
    """
    asked = find_request(desk.ledger, ask.request) if ask.request is not None else None
    if asked is not None and asked.request.action != RELEASE:
        raise Refused(f"the request is about another action: {asked.request.action}")
    if asked is not None and asked.request.lock != ask.lock:
        raise Refused(f"the request is for the release {asked.request.lock[:19]}, not for {ask.lock[:19]}")
    if asked is not None and asked.request.environment != ask.environment:
        raise Refused(f"the request is for the environment {asked.request.environment}, not for {ask.environment}")
    governance = read_governance(desk, now)
    results = asked.results if asked is not None else results_at_gate(desk.ledger, ask.lock, ask.environment)
    case = case_from_blobs(results, ask.lock, ask.environment, governance, desk)
    before = case.standing
    if before is None and asked is not None:
        refuse_unless_open(asked, case)
    if before is not None and asked is not None and before.request != asked.digest:
        raise Refused(f"the release already has standing in {ask.environment}, by another request")
    asked = asked or open_request(case)
    count = case.count(asked)
    decision = case.decide(count)
    if before is not None:
        attest_standing(case)
        return Recorded(answer_of(case, decision, asked, count), before, False)
    raw = tuple(desk.ledger.get_blob(digest) for digest in results)
    record_decision(case, decision, asked, raw)
    if decision.verdict is not Verdict.ALLOW:
        return Recorded(answer_of(case, decision, asked, count), None, False)
    new = _stand(case, asked, decision, [one.approval.person for one in count.counted])
    attest_results(case, raw)
    fresh = ReleaseCase(case.lock, case.results, case.environment, governance, desk)
    attest_standing(fresh)
    return Recorded(answer_of(fresh, decision, asked, count), fresh.standing, new)


def results_at_gate(ledger: Ledger, lock: str, environment: str) -> tuple[str, ...]:
    """The results that the last decision about this release and environment read; `Refused` when there was none."""
    found: Json = None
    for entry in ledger.query(type="gate.decision", subject=f"releases/{lock}"):
        if entry.record.data.get("environment") == environment:
            found = entry.record.data.get("results")
    if not isinstance(found, list):
        raise Refused(f"the gate has not decided about {lock[:19]} for {environment}", hint="run `care gate` first")
    return tuple(map(str, found))


def _stand(case: ReleaseCase, asked: Asked | None, decision: Decision, people: list[str]) -> bool:
    """Record the standing; False when another process did so, or used the approvals up, a moment ago."""
    if decision.envelope is not None:
        return _stand_in_envelope(case, decision)
    now = case.governance.now
    if asked is not None and decision.required_approvals:
        # One request makes one standing, whoever records it and however often.
        record_id = derived_id(int(asked.request.expires_at.timestamp() * 1000), "standing", asked.digest)
    else:
        earlier = str(len([one for one in case.standings if one.lock == case.digest]))
        unix_ms = int(now.timestamp() * 1000)
        record_id = derived_id(unix_ms, "standing", case.digest, case.environment, earlier)
    used = asked if decision.required_approvals else None
    record = _record(case, decision, record_id, request=used.digest if used else None, people=people)
    return append_once(case.desk.ledger, replace(record, refs=(used.record,) if used else ()), now=now)


def _stand_in_envelope(case: ReleaseCase, decision: Decision) -> bool:
    """Take the next free place of the envelope: a place has one id, so that no two releases ever share one."""
    current = case
    while (use := current.envelopes.inside) is not None and current.standing is None:
        record_id = derived_id(0, "envelope", use.request, str(use.used))
        record = _record(current, decision, record_id, request=None, people=list(use.people))
        data = {**record.data, "envelope": use.request, "envelope_name": use.name, "place": use.used + 1}
        if append_once(case.desk.ledger, replace(record, data=data), now=case.governance.now):
            return True
        current = ReleaseCase(case.lock, case.results, case.environment, case.governance, case.desk)
    if current.standing is None:
        raise Refused("the last release of the envelope was taken a moment ago", hint="run `care gate` again")
    return False


def _record(case: ReleaseCase, decision: Decision, record_id: str, *, request: str | None, people: list[str]) -> Record:
    return Record(
        id=record_id,
        type="release.standing",
        actor=GATE,
        occurred_at=case.governance.now,
        data={
            "system": case.system.id,
            "lock": case.digest,
            "environment": case.environment,
            "request": request,
            "version": plain_text(case.lock.version),
            "tier": case.system.tier.value,
            "approvals": decision.approvals,
            "required_approvals": decision.required_approvals,
            "approved_by": sorted(people),
            "slice": case.slice,
            "commit": case.governance.commit,
        },
        subject=subjects(case.system.id, case.digest, request),
        controls=("iso42001:2023/A.6.2.5",),
    )
