"""`care release revoke`: take a release's standing away, at once; getting it back takes a new decision."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from careloop.domain.standing import Standing
from careloop.errors import InvalidInput, Refused
from careloop.gates.request import statement_digest
from careloop.ledger.canonical import instant_text
from careloop.ports.approval_keys import ApprovalKeys
from careloop.ports.ledger import Record
from careloop.workflows.run.release_desk import ReleaseDesk, read_governance
from careloop.workflows.run.release_records import a_person, append_once, derived_id, plain_text, standings_of, subjects
from careloop.workflows.run.sign_as import choose_signer, sign_digest

__all__ = ["MAY_REVOKE", "REVOCATION_NAMESPACE", "RevokeAsk", "revoke_release"]

MAY_REVOKE: Final = ("approve_release", "kill", "rollback", "restore")
"""Authorities any of which is enough: stopping is easier than starting (SEMANTICS 8)."""
REVOCATION_NAMESPACE: Final = "care-revocation"


@dataclass(frozen=True, slots=True)
class RevokeAsk:
    """A release that must not run any more."""

    lock: str
    environment: str
    reason: str
    person: str | None = None


def revoke_release(ask: RevokeAsk, desk: ReleaseDesk, keys: ApprovalKeys, now: datetime) -> Standing:
    """Record a signed revocation and return the standing as it is now.

    Raises `Refused` when the release has no standing there, and for somebody without one of the authorities.
    """
    if not ask.reason.strip():
        raise InvalidInput("a revocation says why", hint="give --reason TEXT")
    people = read_governance(desk, now).people
    standing = next(
        (
            one
            for one in reversed(standings_of(desk.ledger))
            if one.valid and (one.lock, one.environment) == (ask.lock, ask.environment)
        ),
        None,
    )
    if standing is None:
        raise Refused(f"release {ask.lock[:19]} has no standing in {ask.environment}")
    signer = choose_signer(keys, people, ask.person)
    person = signer.person.id
    if not any(people.seats(person, authority) for authority in MAY_REVOKE):
        raise Refused(f"no post of {person} carries any of {', '.join(MAY_REVOKE)}")
    reason = plain_text(ask.reason.strip())
    statement = {
        "action": "revoke",
        "lock": ask.lock,
        "environment": ask.environment,
        "standing": standing.record,
        "person": person,
        "reason": reason,
        "at": instant_text(now),
    }
    signature = sign_digest(keys, signer, statement_digest(statement), namespace=REVOCATION_NAMESPACE)
    record = Record(
        id=derived_id(int(now.timestamp() * 1000), "revocation", standing.record),
        type="release.revoked",
        actor=a_person(person),
        occurred_at=now,
        data={
            "system": standing.system,
            "lock": ask.lock,
            "environment": ask.environment,
            "reason": reason,
            "statement": statement,
            "key": signer.key.fingerprint,
            "signature": signature,
        },
        subject=subjects(standing.system, ask.lock),
        controls=("iso42001:2023/A.6.2.5",),
        refs=(standing.record,),
    )
    append_once(desk.ledger, record, now=now)
    return next(one for one in standings_of(desk.ledger, standing.system) if one.record == standing.record)
