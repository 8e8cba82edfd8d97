"""Record that a commit is in force from now on, with who approved what it brought (CONTRACTS, Versions; R9, R28).

Refused for a commit that does not build on the one in force, breaks a rule, or lacks its owners' approval. Recording
the same step twice changes nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from careloop.documents.compile import Compiled, compile_tree
from careloop.domain.change import Change, Signature
from careloop.domain.check import CheckResult
from careloop.domain.enacted import Enacted
from careloop.errors import Refused
from careloop.gates.change_control import ChangeControl
from careloop.gates.cross_review import ReviewOutcome
from careloop.ledger.record import uuid7
from careloop.ports.change_history import ChangeHistory
from careloop.ports.ledger import Actor, ActorKind, Json, Ledger, Record, Subject
from careloop.ports.repository_source import RepositorySource
from careloop.ports.result_cache import ResultCache
from careloop.ports.standards_library import StandardsLibrary
from careloop.workflows.commit_in_force import IN_FORCE, commit_in_force
from careloop.workflows.create.check_repository import DiffRange, check_commit, check_repository

__all__ = ["EnactDesk", "put_in_force"]

_REVIEW: Final = "review.cross_functional"
_ACTOR: Final = Actor(iss="careloop", sub="enact", kind=ActorKind.SERVICE)
_CONTROLS: Final = ("iso42001:2023/6.3", "iso42001:2023/7.5.3")
_REVIEWED: Final = ("iso42001:2023/A.3.2", "care/C7")


@dataclass(frozen=True, slots=True, kw_only=True)
class EnactDesk:
    """All that the step needs."""

    source: RepositorySource
    history: ChangeHistory
    ledger: Ledger
    standards: StandardsLibrary
    cache: ResultCache
    now: datetime


def put_in_force(revision: str, desk: EnactDesk) -> Enacted:
    """Record the commit, or say what stands against it.

    Raises `NotFound` for a revision that is not there, `Refused` for one that leaves out what is in force.
    """
    commit = desk.source.resolve(revision)
    previous = commit_in_force(desk.ledger, datetime.max.replace(tzinfo=UTC))
    if previous is not None and not desk.history.contains(commit, previous):
        raise Refused(
            f"{commit[:12]} does not build on {previous[:12]}, which is in force",
            hint="what was in force is never taken out of history; merge, or revert with a commit of its own",
        )
    checked = _checked(commit, previous, desk)
    if checked.exit_code or commit == previous:
        return Enacted(commit=commit, previous=previous, check=checked)
    brought = _Brought.of(previous, commit, desk) if previous is not None else _Brought({}, ())
    records = [_in_force(commit, previous, brought.approvals, desk)]
    records += [_reviewed(commit, review, desk) for review in brought.reviews]
    desk.ledger.append(records, recorded_at=desk.now)
    return Enacted(
        commit=commit,
        previous=previous,
        check=checked,
        recorded=True,
        approvals=brought.approvals,
        reviews={one.review.id: one.agreed for one in brought.reviews},
    )


def _checked(commit: str, previous: str | None, desk: EnactDesk) -> CheckResult:
    if previous is None or previous == commit:
        return check_commit(desk.source, commit, standards=desk.standards, cache=desk.cache, on=None)
    span = DiffRange(f"{previous}..{commit}", desk.history)
    day = _day(desk, previous)
    return check_repository(desk.source, standards=desk.standards, cache=desk.cache, diff=span, on=day)


def _day(desk: EnactDesk, base: str) -> date:
    """The day it is where the organisation is, by the care.yaml in force."""
    organisation = compile_tree(desk.source.at(base)).repository.organisation
    try:
        zone = ZoneInfo(organisation.time_zone if organisation else "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return desk.now.astimezone(UTC).date()
    return desk.now.astimezone(zone).date()


@dataclass(frozen=True, slots=True)
class _Brought:
    """Who agreed to what a commit brings into what was in force."""

    approvals: Mapping[str, tuple[str, ...]]
    reviews: tuple[ReviewOutcome, ...]

    @classmethod
    def of(cls, previous: str, commit: str, desk: EnactDesk) -> "_Brought":
        change = desk.history.change(previous, commit)
        base, head = compile_tree(desk.source.at(change.base)), compile_tree(desk.source.at(change.head))
        control = ChangeControl(base, desk.history.owners_file(change.base), _day(desk, previous))
        signatures = desk.history.signatures([one.id for one in change.commits], control.signers)
        approvals = dict(_approved(control, change, signatures))
        return cls(approvals, _reviews(control, change, head, signatures))


def _approved(
    control: ChangeControl, change: Change, signatures: Mapping[str, Signature]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    for path, given in control.approvals(change, signatures).items():
        people = tuple(dict.fromkeys(one.person for one in given))
        if people:
            yield path, people


def _reviews(
    control: ChangeControl, change: Change, head: Compiled, signatures: Mapping[str, Signature]
) -> tuple[ReviewOutcome, ...]:
    return tuple(one for one in control.reviews(change, head, signatures) if not one.short)


def _in_force(commit: str, previous: str | None, approvals: Mapping[str, tuple[str, ...]], desk: EnactDesk) -> Record:
    data: dict[str, Json] = {
        "commit": commit,
        "previous": previous,
        "approvals": {path: list(people) for path, people in sorted(approvals.items())},
    }
    return Record(
        id=_id(desk.now, IN_FORCE, commit),
        type=IN_FORCE,
        actor=_ACTOR,
        occurred_at=desk.now,
        data=data,
        subject=(Subject(name="governance", digest=f"gitCommit:{commit}"),),
        controls=_CONTROLS,
    )


def _reviewed(commit: str, outcome: ReviewOutcome, desk: EnactDesk) -> Record:
    systems = sorted({path.split("/")[1] for path in outcome.paths if path.startswith("systems/")})
    data: dict[str, Json] = {
        "review": outcome.review.id,
        "functions": dict(sorted(outcome.agreed.items())),
        "at_least": outcome.review.at_least,
        "paths": list(outcome.paths),
        "commit": commit,
    }
    return Record(
        id=_id(desk.now, _REVIEW, commit, outcome.review.id),
        type=_REVIEW,
        actor=_ACTOR,
        occurred_at=desk.now,
        data=data,
        subject=tuple(Subject(name=f"systems/{system}") for system in systems),
        controls=_REVIEWED,
    )


def _id(at: datetime, *parts: str) -> str:
    digest = sha256("\0".join(("careloop/in-force/v1", *parts)).encode()).digest()
    return uuid7(int(at.timestamp() * 1000), digest[:10])
