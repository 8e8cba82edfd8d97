"""`care release revoke`: take a release's standing away, at once; getting it back takes a new decision."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from careloop.domain.standing import Standing
from careloop.errors import InvalidInput, Refused
from careloop.gates.proven import Purpose
from careloop.gates.request import statement_digest
from careloop.ledger.canonical import instant_text
from careloop.ports.ledger import Actor, Json, Record
from careloop.ports.session_voucher import PersonalProof
from careloop.workflows.run.release_desk import ReleaseDesk, read_governance
from careloop.workflows.run.release_records import append_once, derived_id, plain_text, standings_of, subjects
from careloop.workflows.run.sign_as import choose_signer, sign_digest

__all__ = ["MAY_REVOKE", "REVOCATION_NAMESPACE", "RevokeAsk", "revoke_release"]

MAY_REVOKE: Final = ("approve_release", "kill", "rollback", "restore")
"""Authorities any of which is enough: stopping is easier than starting (SEMANTICS 8)."""
REVOCATION_NAMESPACE: Final = "care-revocation"
_REVOCATION: Final = Purpose("revoke", REVOCATION_NAMESPACE)


@dataclass(frozen=True, slots=True)
class RevokeAsk:
    """A release that must not run any more."""

    lock: str
    environment: str
    reason: str
    person: str | None = None


def revoke_release(ask: RevokeAsk, desk: ReleaseDesk, proof: PersonalProof, now: datetime) -> Standing:
    """Record a signed revocation and return the standing as it is now.

    Raises `Refused` when the release has no standing there, and for somebody without one of the authorities.
    """
    if not ask.reason.strip():
        raise InvalidInput("a revocation says why", hint="give --reason TEXT")
    people = read_governance(desk, now).people
    standing = _standing(ask, desk, now)
    signer = choose_signer(proof, people, ask.person)
    person = signer.person.id
    if not any(people.seats(person, authority) for authority in MAY_REVOKE):
        raise Refused(f"no post of {person} carries any of {', '.join(MAY_REVOKE)}")
    statement = {
        "action": "revoke",
        "lock": ask.lock,
        "environment": ask.environment,
        "standing": standing.record,
        "person": person,
        "reason": plain_text(ask.reason.strip()),
        "at": instant_text(now),
    }
    signed = sign_digest(signer, people, statement_digest(statement), purpose=_REVOCATION, now=now)
    data: dict[str, Json] = {"reason": statement["reason"], "statement": statement, **signed.data}
    append_once(desk.ledger, _record(standing, signer.actor, data, now), now=now)
    return next(one for one in standings_of(desk.ledger, standing.system, now=now) if one.record == standing.record)


def _standing(ask: RevokeAsk, desk: ReleaseDesk, now: datetime) -> Standing:
    for one in reversed(standings_of(desk.ledger, now=now)):
        if one.valid and (one.lock, one.environment) == (ask.lock, ask.environment):
            return one
    raise Refused(f"release {ask.lock[:19]} has no standing in {ask.environment}")


def _record(standing: Standing, actor: Actor, data: Mapping[str, Json], now: datetime) -> Record:
    return Record(
        id=derived_id(int(now.timestamp() * 1000), "revocation", standing.record),
        type="release.revoked",
        actor=actor,
        occurred_at=now,
        data={
            "system": standing.system,
            "lock": standing.lock,
            "environment": standing.environment,
            **data,
        },
        subject=subjects(standing.system, standing.lock),
        controls=("iso42001:2023/A.6.2.5",),
        refs=(standing.record,),
    )
