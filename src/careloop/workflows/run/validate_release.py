"""`care release validate`: somebody who did not build a release signs their report on it (SEMANTICS 15)."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256

from careloop.domain.release_lock import ReleaseLock
from careloop.domain.validation import Validation
from careloop.errors import InvalidInput, Refused
from careloop.gates.validation import VALIDATION, validation_digest, why_no_validator
from careloop.ports.ledger import Actor, Json, Record
from careloop.ports.session_voucher import PersonalProof
from careloop.workflows.run.release_case import ReleaseCase
from careloop.workflows.run.release_desk import ReleaseDesk, read_governance
from careloop.workflows.run.release_records import append_once, derived_id, plain_text, subjects
from careloop.workflows.run.sign_as import Signed, choose_signer, sign_digest

__all__ = ["ValidationAsk", "validate_release"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationAsk:
    """A report on a release, to be signed."""

    lock: ReleaseLock
    report: bytes
    media: str = "text/markdown"
    until: date
    """Last day on which the validation counts."""
    conditions: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    person: str | None = None


def validate_release(ask: ValidationAsk, desk: ReleaseDesk, proof: PersonalProof, now: datetime) -> Validation:
    """Record a signed validation; with conditions it keeps the gate closed until one without them follows.

    Raises `Refused` for an author, for somebody without the authority `validate_model`, and for a developer.
    """
    if not ask.report.strip():
        raise InvalidInput("a validation rests on a report, and this one is empty")
    governance = read_governance(desk, now)
    if ask.until < governance.on:
        raise InvalidInput(f"--until {ask.until} is past")
    case = ReleaseCase(ask.lock, (), "validation", governance, desk)
    signer = choose_signer(proof, governance.people, ask.person)
    person = signer.person.id
    refusal = why_no_validator(person, governance.people, case.authors)
    if refusal is not None:
        raise Refused(refusal)
    unsigned = Validation(
        lock=case.digest,
        person=person,
        report=f"sha256:{sha256(ask.report).hexdigest()}",
        conditions=_plain(ask.conditions),
        findings=_plain(ask.findings),
        limits=_plain(ask.limits),
        until=ask.until,
        at=now,
        signature="",
    )
    signed = sign_digest(signer, governance.people, validation_digest(unsigned), purpose=VALIDATION, now=now)
    made = replace(unsigned, signature=signed.signature, session=signed.session)
    report = desk.ledger.put_blob(ask.report, media=ask.media)
    record = _record(made, case.system.id, signer.actor, signed)
    append_once(desk.ledger, replace(record, blobs=(report,)), now=now)
    return made


def _plain(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(plain_text(one.strip()) for one in texts if one.strip())


def _record(made: Validation, system: str, actor: Actor, signed: Signed) -> Record:
    said: dict[str, Json] = {"conditions": list(made.conditions), "until": made.until.isoformat()}
    said |= {name: list(one) for name, one in (("findings", made.findings), ("limits", made.limits)) if one}
    return Record(
        id=derived_id(int(made.at.timestamp() * 1000), "validation", validation_digest(made)),
        type="release.validated",
        actor=actor,
        occurred_at=made.at,
        data={"system": system, "lock": made.lock, "report": made.report, **said, **signed.data},
        subject=subjects(system, made.lock),
        controls=("iso42001:2023/A.6.2.4",),
    )
