"""Decisions about releases as the ledger keeps them, and read back: requests, approvals, validations, standings."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Final

from careloop.domain.approval import Approval, ApprovalRequest, Rejection
from careloop.domain.session import SessionStatement
from careloop.domain.standing import Standing
from careloop.domain.validation import Validation
from careloop.errors import Conflict, InvalidInput, NotFound, Refused
from careloop.gates.request import read_request, request_digest
from careloop.gates.session import read_session
from careloop.ledger.canonical import read_instant
from careloop.ledger.record import uuid7
from careloop.ports.ledger import Actor, ActorKind, Entry, Json, Ledger, Record, Subject

__all__ = [
    "GATE",
    "Asked",
    "a_person",
    "append_once",
    "approval_of",
    "approvals_of",
    "derived_id",
    "find_lock",
    "find_request",
    "plain_text",
    "rejections_of",
    "requests_for",
    "standings_in",
    "standings_of",
    "subjects",
    "validations_of",
]

GATE: Final = Actor(iss="careloop", sub="care-gate", kind=ActorKind.SERVICE)
"""Who decides at the gate: careloop itself, by the rules in force."""
_MOST_TEXT: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An approval request as it stands in the ledger."""

    request: ApprovalRequest
    digest: str
    system: str
    version: str
    """Of the release, as its card calls it."""
    results: tuple[str, ...]
    """SHA-256 of the results files that the decision read; kept as blobs."""
    asked_at: datetime
    index: int
    record: str


def a_person(person: str) -> Actor:
    """Somebody whose signature was checked against roles.yaml."""
    return Actor(iss="governance-repository", sub=person, kind=ActorKind.PERSON)


def subjects(system: str, lock: str, request: str | None = None) -> tuple[Subject, ...]:
    """What a record is about: the system, the release, and the request if there is one."""
    about = (Subject(name=f"systems/{system}"), Subject(name=f"releases/{lock}", digest=lock))
    return about if request is None else (*about, Subject(name=f"requests/{request}", digest=request))


def derived_id(unix_ms: int, *parts: str) -> str:
    """An id that follows from what it names, so that the same fact is recorded once, whoever records it."""
    return uuid7(max(0, unix_ms), sha256("\0".join(("careloop/release/v1", *parts)).encode()).digest()[:10])


def append_once(ledger: Ledger, record: Record, *, now: datetime) -> bool:
    """Append a record whose id is derived; False when somebody recorded that fact before."""
    try:
        ledger.append([record], recorded_at=now)
    except Conflict:
        return False
    return True


def plain_text(text: str) -> str:
    """Text as it may stand in a record: NFC, no lone surrogates, and not endless."""
    return unicodedata.normalize("NFC", text.encode(errors="replace").decode())[:_MOST_TEXT]


def requests_for(ledger: Ledger, *, subject: str | None, upto: int | None = None) -> list[Asked]:
    """The approval requests about a subject (`releases/…`, `systems/…`, `requests/…`), in order, below an index.

    All that there are when the subject is null. A request whose stored digest is not that of its own text is passed
    over: nobody signed that.
    """
    found = []
    for entry in _about(ledger, "approval.requested", subject, upto=upto):
        data = entry.record.data
        with suppress(InvalidInput):
            request = read_request(dict(_mapping(data.get("body"))))
            if request_digest(request) == data.get("request"):
                asked = Asked(
                    request=request,
                    digest=request_digest(request),
                    system=system if isinstance(system := data.get("system"), str) else "",
                    version=str(data.get("version")),
                    results=tuple(map(str, _list(data.get("results")))),
                    asked_at=entry.record.occurred_at,
                    index=entry.index,
                    record=entry.record.id,
                )
                found.append(asked)
    return found


def find_lock(ledger: Ledger, name: str) -> str:
    """The digest of the one release at the gate that a digest, or its first eight digits and more, names."""
    digits = name.removeprefix("sha256:")
    if len(digits) < 8:
        raise InvalidInput(f"'{name}' is too short to name a release", hint="give at least eight digits of its digest")
    locks = {str(entry.record.data.get("lock")) for entry in ledger.query(type="gate.decision")}
    found = sorted(lock for lock in locks if lock.startswith(f"sha256:{digits}"))
    if not found:
        raise NotFound(f"no release {name} has come to the gate", hint="name a lock file, or run `care gate` first")
    if len(found) > 1:
        raise InvalidInput(f"{name} names {len(found)} releases", hint="give more digits")
    return found[0]


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


def approvals_of(ledger: Ledger, request: str) -> list[Approval]:
    """What people have signed on a request, in order; whether it counts is for `count_approvals`.

    One whose session statement is none is passed over: no server said that.
    """
    found = []
    for entry in ledger.query(type="approval.given", subject=f"requests/{request}"):
        with suppress(InvalidInput):
            found.append(approval_of(entry.record, given_at=entry.recorded_at))
    return found


def approval_of(record: Record, *, given_at: datetime) -> Approval:
    """The approval that a record of type `approval.given` says; `InvalidInput` for a session statement that is none."""
    return Approval(
        request=str(record.data.get("request")),
        person=record.actor.sub,
        signature=str(record.data.get("signature")),
        given_at=given_at,
        reason=str(record.data.get("reason")),
        record=record.id,
        session=_session_of(record),
    )


def _session_of(record: Record) -> SessionStatement | None:
    """What a server said about the session in which a record's actor acted; null for a signature of their own."""
    if "session" not in record.data:
        return None
    statement = read_session(record.data["session"])
    if statement.who.issuer != record.actor.iss:
        raise InvalidInput(f"the session is by {statement.who.issuer}, the record by {record.actor.iss}")
    return statement


def rejections_of(ledger: Ledger, lock: str) -> list[Rejection]:
    """What people said no to about a release, in order.

    Nobody asks here whether the key is still listed: a no that was said stays one, and only keeps the gate closed.
    """
    return [
        Rejection(
            request=str(entry.record.data.get("request")),
            slice=str(entry.record.data.get("slice")),
            environment=str(entry.record.data.get("environment")),
            person=entry.record.actor.sub,
            reason=str(entry.record.data.get("reason")),
            at=entry.record.occurred_at,
            record=entry.record.id,
        )
        for entry in ledger.query(type="approval.rejected", subject=f"releases/{lock}")
    ]


def validations_of(ledger: Ledger, lock: str) -> list[Validation]:
    """The validators' reports on a release, in order."""
    found = []
    for entry in ledger.query(type="release.validated", subject=f"releases/{lock}"):
        data = entry.record.data
        with suppress(ValueError, InvalidInput):
            found.append(
                Validation(
                    lock=lock,
                    person=entry.record.actor.sub,
                    report=str(data.get("report")),
                    conditions=tuple(map(str, _list(data.get("conditions")))),
                    findings=tuple(map(str, _list(data.get("findings")))),
                    limits=tuple(map(str, _list(data.get("limits")))),
                    until=date.fromisoformat(str(data.get("until"))),
                    at=entry.record.occurred_at,
                    signature=str(data.get("signature")),
                    session=_session_of(entry.record),
                )
            )
    return found


def standings_of(ledger: Ledger, system: str | None = None, *, now: datetime) -> tuple[Standing, ...]:
    """Every standing ever recorded, in order, those that were revoked or had run out by `now` marked."""
    where = f"systems/{system}" if system is not None else None
    entries = [*_about(ledger, "release.standing", where), *_about(ledger, "release.revoked", where)]
    return standings_in(sorted(entries, key=lambda one: one.index), now=now)


def standings_in(entries: Iterable[Entry], *, now: datetime) -> tuple[Standing, ...]:
    """The standings among entries in the order of the log, those that were revoked or had run out by `now` marked."""
    found: list[Standing] = []
    for entry in entries:
        if entry.record.type == "release.standing":
            found.append(_standing(entry))
        elif entry.record.type == "release.revoked":
            found = [_revoked(one, entry) for one in found]
    return tuple(_run_out(one, now) for one in found)


def _run_out(standing: Standing, now: datetime) -> Standing:
    if standing.until is None or not standing.valid or now <= standing.until:
        return standing
    return replace(standing, revoked_at=standing.until, revoked_because="the time of an emergency release was over")


def _about(ledger: Ledger, kind: str, subject: str | None, *, upto: int | None = None) -> Iterator[Entry]:
    if subject is None:
        return ledger.query(type=kind, upto=upto)
    return ledger.query(type=kind, subject=subject, upto=upto)


def _standing(entry: Entry) -> Standing:
    data = entry.record.data
    request, approvals = data.get("request"), data.get("approvals", 0)
    return Standing(
        system=str(data["system"]),
        lock=str(data["lock"]),
        version=str(data.get("version", "")),
        environment=str(data["environment"]),
        request=request if isinstance(request, str) else None,
        approvals=approvals if isinstance(approvals, int) else 0,
        since=entry.record.occurred_at,
        record=entry.record.id,
        index=entry.index,
        until=_instant(data.get("until")),
        envelope=envelope if isinstance(envelope := data.get("envelope"), str) else None,
        after=after if isinstance(after := data.get("after"), str) else None,
    )


def _instant(value: Json) -> datetime | None:
    """An end that cannot be read is one that is over."""
    if value is None:
        return None
    with suppress(InvalidInput):
        return read_instant(str(value))
    return datetime.min.replace(tzinfo=UTC)


def _revoked(standing: Standing, entry: Entry) -> Standing:
    data = entry.record.data
    meant = (standing.system, standing.lock, standing.environment)
    if not standing.valid or meant != (data["system"], data["lock"], data["environment"]):
        return standing
    return replace(standing, revoked_at=entry.record.occurred_at, revoked_because=str(data["reason"]))


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Json) -> Sequence[Json]:
    return value if isinstance(value, list) else ()
