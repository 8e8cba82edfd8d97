"""Deployments that a forge holds back: noted when it asks, answered when the gate no longer waits (R39, R41).

The release is the one that came to the gate for that environment with the deployment's commit as its code. The gate is
asked anew each time; what it said when a release was made is no answer. Where none came, the deployment stays held.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from careloop.documents.forge_event import DeploymentAsked
from careloop.domain.decision import Verdict
from careloop.errors import CareloopError, NotFound, Refused, Unavailable
from careloop.ports.forge import DeploymentGate
from careloop.ports.ledger import Entry, Ledger, Record
from careloop.workflows.run.decide_release import open_request
from careloop.workflows.run.release_case import ReleaseCase, case_from_blobs
from careloop.workflows.run.release_desk import ReleaseDesk, read_governance
from careloop.workflows.run.release_records import GATE, append_once, derived_id, plain_text

__all__ = ["AnsweredDeployment", "answer_deployments", "note_deployment"]

_ASKED: Final = "deployment.asked"
_ANSWERED: Final = "deployment.answered"


@dataclass(frozen=True, slots=True)
class AnsweredDeployment:
    """One deployment that was held back, and where it stands."""

    environment: str
    commit: str
    verdict: Verdict
    because: str
    told: bool
    """Whether the forge has its answer."""


def note_deployment(asked: DeploymentAsked, ledger: Ledger, now: datetime) -> bool:
    """Record that a forge asks; whether that is new. The same question again, a replay too, changes nothing."""
    about = (asked.repository, asked.environment, asked.commit, asked.callback)
    record = Record(
        id=derived_id(0, _ASKED, *about),
        type=_ASKED,
        actor=GATE,
        occurred_at=now,
        data={
            "repository": plain_text(asked.repository),
            "environment": plain_text(asked.environment),
            "commit": asked.commit,
            "callback": plain_text(asked.callback),
        },
        controls=("iso42001:2023/A.6.2.5",),
    )
    return append_once(ledger, record, now=now)


def answer_deployments(desk: ReleaseDesk, forge: DeploymentGate, now: datetime) -> tuple[AnsweredDeployment, ...]:
    """Answer every deployment still held back whose release the gate allows or blocks; tell the others' state.

    A forge that is out of reach is asked again with the next call, and so is a release that cannot be judged now.
    """
    return tuple(_answer(entry, desk, forge, now) for entry in _open(desk.ledger))


def _open(ledger: Ledger) -> list[Entry]:
    answered = {entry.record.refs[0] for entry in ledger.query(type=_ANSWERED) if entry.record.refs}
    return [entry for entry in ledger.query(type=_ASKED) if entry.record.id not in answered]


def _answer(entry: Entry, desk: ReleaseDesk, forge: DeploymentGate, now: datetime) -> AnsweredDeployment:
    data = entry.record.data
    environment, commit, callback = (str(data[name]) for name in ("environment", "commit", "callback"))
    try:
        verdict, because = _judge(environment, commit, desk, now)
    except CareloopError as error:
        return AnsweredDeployment(environment, commit, Verdict.WAIT, error.message, told=False)
    if verdict is Verdict.WAIT:
        return AnsweredDeployment(environment, commit, verdict, because, told=False)
    approve = verdict is Verdict.ALLOW
    try:
        forge.answer_deployment(callback, environment=environment, approve=approve, comment=because)
    except Unavailable as error:
        return AnsweredDeployment(environment, commit, verdict, error.message, told=False)
    except (Refused, NotFound) as error:  # nobody waits there any more
        because = f"{because}; the forge no longer takes an answer: {error.message}"
    record = Record(
        id=derived_id(0, _ANSWERED, entry.record.id),
        type=_ANSWERED,
        actor=GATE,
        occurred_at=now,
        data={"environment": environment, "commit": commit, "approved": approve, "because": plain_text(because)},
        controls=("iso42001:2023/A.6.2.5",),
        refs=(entry.record.id,),
    )
    append_once(desk.ledger, record, now=now)
    return AnsweredDeployment(environment, commit, verdict, because, told=True)


def _judge(environment: str, commit: str, desk: ReleaseDesk, now: datetime) -> tuple[Verdict, str]:
    governance = read_governance(desk, now)
    for lock, results in _came(desk.ledger, environment):
        case = case_from_blobs(results, lock, environment, governance, desk)
        if case.lock.code_commit == commit:
            return _decided(case)
    return Verdict.WAIT, f"no release of {commit[:12]} has come to the gate for {environment}"


def _decided(case: ReleaseCase) -> tuple[Verdict, str]:
    decision = case.decide(case.count(open_request(case)))
    about = f"{case.system.id} {case.lock.version}"
    if decision.verdict is Verdict.ALLOW:
        return decision.verdict, f"{about} may go into {case.environment}"
    why = next((one.message for one in decision.reasons if one.effect is decision.verdict), "no reason is known")
    return decision.verdict, f"{about}: {why}"


def _came(ledger: Ledger, environment: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Lock and results of what came to the gate for an environment, the newest first."""
    for entry in reversed(list(ledger.query(type="gate.decision"))):
        data = entry.record.data
        results = data.get("results")
        if data.get("environment") == environment and isinstance(results, list):
            yield str(data["lock"]), tuple(map(str, results))
