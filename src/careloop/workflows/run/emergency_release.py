"""Let a release go ahead in an emergency: at once, for a while, with an alarm, and with a review that has a date.

Two ways, both actions of their own (SEMANTICS 18; LEDGER 8; R37). `emergency`: the gate lacks nothing but approvals,
and one of those who may give them says go. `break_glass`: somebody with that authority goes against the gate's word;
what was overridden is written down, and people are paged. Nothing overrides a changed artefact or somebody's no.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from careloop.domain.decision import Decision, Reason, ReasonKind, Verdict
from careloop.domain.emergency import BREAK_GLASS, Emergency, EmergencyKind
from careloop.domain.matter import MatterKind
from careloop.domain.plan_steps import Urgency
from careloop.errors import InvalidInput, Refused, Unavailable
from careloop.gates.count_approvals import refusal_of
from careloop.gates.proven import Purpose
from careloop.gates.request import statement_digest
from careloop.ledger.canonical import instant_text
from careloop.ports.ledger import Json, Record
from careloop.ports.pager import Page, Pager
from careloop.ports.session_voucher import PersonalProof
from careloop.workflows.emergencies import REVIEW_OPEN_FOR, emergencies_of, span_of
from careloop.workflows.run.ask_matter import open_matter_request
from careloop.workflows.run.decide_release import open_request
from careloop.workflows.run.matter_case import MatterCase, find_matter
from careloop.workflows.run.record_release import results_at_gate
from careloop.workflows.run.release_case import ReleaseCase, case_from_blobs
from careloop.workflows.run.release_desk import ReleaseDesk, read_governance
from careloop.workflows.run.release_records import GATE, derived_id, plain_text, subjects
from careloop.workflows.run.sign_as import Signer, choose_signer, sign_digest

__all__ = ["EMERGENCY_NAMESPACE", "EmergencyAsk", "WentAhead", "release_in_emergency"]

EMERGENCY_NAMESPACE: Final = "care-emergency"
_EMERGENCY: Final = Purpose("emergency", EMERGENCY_NAMESPACE)
_CONTROLS: Final = ("iso42001:2023/A.6.2.5", "iso42001:2023/A.8.4")
_MOST: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyAsk:
    """A release that cannot wait."""

    kind: EmergencyKind
    lock: str
    environment: str
    reason: str
    person: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WentAhead:
    """The release has standing for a while."""

    emergency: Emergency
    review: str
    """Digest of the request for its review."""
    paged: bool
    """Whether the people on duty have been told; if not, tell them."""


def release_in_emergency(
    ask: EmergencyAsk, desk: ReleaseDesk, proof: PersonalProof, pager: Pager, now: datetime
) -> WentAhead:
    """Give a release standing for a while, tell people, and ask for the review.

    Raises `Refused` for a release that never came to the gate, that the gate allows or that has standing, for what
    nobody can override, and for somebody without the authority.
    """
    if not ask.reason.strip():
        raise InvalidInput("an emergency says why", hint="give --reason TEXT")
    governance = read_governance(desk, now)
    results = results_at_gate(desk.ledger, ask.lock, ask.environment)
    case = case_from_blobs(results, ask.lock, ask.environment, governance, desk)
    decision = case.decide(case.count(open_request(case)))
    signer = choose_signer(proof, governance.people, ask.person)
    _refuse_needless(case, decision)
    if ask.kind is EmergencyKind.BREAK_GLASS:
        if not governance.people.seats(signer.person.id, BREAK_GLASS):
            raise Refused(f"no post of {signer.person.id} carries {BREAK_GLASS}")
    else:
        _refuse_more_than_haste(case, decision, signer.person.id)
    emergency = _recorded(ask, case, signer, _overrides(decision))
    review = _review(emergency, case)
    return WentAhead(emergency=emergency, review=review, paged=_paged(emergency, pager, desk, now))


def _refuse_needless(case: ReleaseCase, decision: Decision) -> None:
    if case.standing is not None:
        raise Refused(f"the release has standing in {case.environment} already")
    if decision.verdict is Verdict.ALLOW:
        raise Refused("the gate allows this release: there is no emergency", hint="care release record gives standing")
    never = [one.message for one in decision.reasons if _never(one)]
    if never:
        raise Refused(f"nobody overrides this: {'; '.join(never)}")


def _refuse_more_than_haste(case: ReleaseCase, decision: Decision, person: str) -> None:
    """An emergency only spares waiting for the others: the one who says go could approve, and nothing else is amiss."""
    asked = open_request(case)
    if not decision.waits_only_for_approvals or asked is None:
        against = "; ".join(_overrides(decision)[:3])
        raise Refused(
            f"an emergency release lacks nothing but approvals, and this one lacks more: {against}",
            hint="if it must go ahead all the same: care release break-glass",
        )
    earlier = [one.approval.person for one in case.count(asked).counted]
    refusal = refusal_of(person, case.terms(asked), earlier)
    if refusal is not None:
        raise Refused(refusal.message)


def _never(reason: Reason) -> bool:
    """Bytes that are not what was locked, and a no of somebody with the authority."""
    said_no = reason.kind is ReasonKind.APPROVAL and reason.rule is None
    return reason.effect is Verdict.BLOCK and (reason.kind is ReasonKind.ARTEFACT or said_no)


def _overrides(decision: Decision) -> tuple[str, ...]:
    against = (one for one in decision.reasons if one.effect is not Verdict.ALLOW)
    return tuple(plain_text(one.message)[:300] for one in against)[:_MOST]


def _recorded(ask: EmergencyAsk, case: ReleaseCase, signer: Signer, overrides: tuple[str, ...]) -> Emergency:
    """The act and the standing that it gives, both or neither."""
    governance, desk, now = case.governance, case.desk, case.governance.now
    organisation = governance.repository.organisation
    until = instant_text(now + span_of("emergency-standing", organisation))
    due = instant_text(now + span_of("emergency-review", organisation))
    statement = {
        "action": ask.kind.value,
        "lock": case.digest,
        "environment": case.environment,
        "person": signer.person.id,
        "reason": plain_text(ask.reason.strip()),
        "at": instant_text(now),
        "until": until,
    }
    digest = statement_digest(statement)
    signed = sign_digest(signer, governance.people, digest, purpose=_EMERGENCY, now=now)
    place: dict[str, Json] = {"system": case.system.id, "lock": case.digest, "environment": case.environment}
    given: dict[str, Json] = {"kind": ask.kind.value, "until": until}
    act = Record(
        id=derived_id(int(now.timestamp() * 1000), "emergency", digest),
        type="release.emergency",
        actor=signer.actor,
        occurred_at=now,
        data={
            **place, **given, "reason": statement["reason"], "review_due": due, "overrides": list(overrides),
            "tier": case.system.tier.value, "commit": governance.commit, "statement": statement, **signed.data,
        },
        subject=subjects(case.system.id, case.digest),
        controls=_CONTROLS,
    )  # fmt: skip
    desk.ledger.append([act, _standing(act, case, {**place, **given})], recorded_at=now)
    return next(one for one in emergencies_of(desk.ledger) if one.record == act.id)


def _standing(act: Record, case: ReleaseCase, given: Mapping[str, Json]) -> Record:
    return Record(
        id=derived_id(int(act.occurred_at.timestamp() * 1000), "standing", act.id),
        type="release.standing",
        actor=act.actor,
        occurred_at=act.occurred_at,
        data={
            **given,
            "request": None,
            "version": plain_text(case.lock.version),
            "tier": case.system.tier.value,
            "approvals": 0,
            "emergency": act.id,
            "slice": case.slice,
            "commit": case.governance.commit,
        },
        subject=subjects(case.system.id, case.digest),
        controls=_CONTROLS,
        refs=(act.id,),
    )


def _review(emergency: Emergency, case: ReleaseCase) -> str:
    matter = find_matter(MatterKind.REVIEW, emergency.record, case.governance, case.desk)
    review = MatterCase(matter, case.governance, case.desk)
    return open_matter_request(review, emergency.person, expires_at=emergency.review_due + REVIEW_OPEN_FOR).asked.digest


def _paged(emergency: Emergency, pager: Pager, desk: ReleaseDesk, now: datetime) -> bool:
    """Whether the page went out; that it did not never undoes what was done, and never goes unsaid."""
    broken = emergency.kind is EmergencyKind.BREAK_GLASS
    text = (
        f"{emergency.system}: {emergency.person} let release {str(emergency.lock)[:19]} into {emergency.environment} by"
        f" {emergency.kind.value}: {emergency.reason}. Review by {emergency.review_due.isoformat(timespec='minutes')}"
    )
    page = Page(
        id=emergency.record,
        system=str(emergency.system),
        urgency=Urgency.PAGE if broken else Urgency.NOTICE,
        severity="sev1" if broken else "sev3",
        text=text,
        at=now,
    )
    try:
        pager.send(page)
    except Unavailable:
        return False
    record = Record(
        id=derived_id(int(now.timestamp() * 1000), "page", emergency.record),
        type="page.sent",
        actor=GATE,
        occurred_at=now,
        data={"system": emergency.system, "text": text, "urgency": page.urgency.value},
        subject=subjects(str(emergency.system), str(emergency.lock)),
        refs=(emergency.record,),
    )
    desk.ledger.append([record], recorded_at=now)
    return True
