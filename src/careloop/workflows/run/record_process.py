"""Record that a planned process ran, with its evidence, signed by somebody who acts for its owner (8.1; R10)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from careloop.domain.aims import Process, Processes
from careloop.errors import InvalidInput, NotFound, Refused
from careloop.gates.proven import Purpose
from careloop.gates.request import statement_digest
from careloop.ledger.canonical import instant_text
from careloop.ports.ledger import Json, Receipt, Record, Subject
from careloop.ports.session_voucher import PersonalProof
from careloop.workflows.read_schedule import PROCESS_RUN
from careloop.workflows.run.release_desk import Governance, ReleaseDesk, read_governance
from careloop.workflows.run.release_records import derived_id, plain_text
from careloop.workflows.run.sign_as import Signer, choose_signer, sign_digest

__all__ = ["ProcessRun", "RecordedRun", "record_process"]

_PURPOSE: Final = Purpose("process_run", "care-process")
_RUN: Final = "run_process"
"""The authority that a post lends so that another may run its processes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessRun:
    """Somebody says that a process ran."""

    process: str
    evidence: Mapping[str, bytes]
    """Name of each piece of evidence to its bytes."""
    reason: str
    """What came of it, in a sentence."""
    person: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRun:
    """A run that was recorded."""

    process: str
    person: str
    evidence: Mapping[str, str]
    """Name to `sha256:…`."""
    receipt: Receipt


def record_process(run: ProcessRun, desk: ReleaseDesk, proof: PersonalProof, now: datetime) -> RecordedRun:
    """Keep the evidence beside the ledger and record the run.

    Raises `InvalidInput` for no evidence, an empty piece or no sentence, `NotFound` for no such process, `Refused`
    for somebody who does not act for its owner.
    """
    _says_enough(run)
    governance = read_governance(desk, now)
    process = _process(run.process, governance)
    signer = _signer(run, process, governance, proof)
    blobs = {name: desk.ledger.put_blob(raw, media="application/octet-stream") for name, raw in run.evidence.items()}
    evidence = {name: f"sha256:{blob.sha256}" for name, blob in sorted(blobs.items())}
    statement = _statement(process, evidence, signer, run.reason, now)
    digest = statement_digest(statement)
    signed = sign_digest(signer, governance.people, digest, purpose=_PURPOSE, now=now)
    data: dict[str, Json] = {
        "process": process.id,
        "kind": process.kind.value,
        "evidence": evidence,
        "statement": dict(statement),
        "commit": governance.commit,
    }
    record = Record(
        id=derived_id(int(now.timestamp() * 1000), "process", digest),
        type=PROCESS_RUN,
        actor=signer.actor,
        occurred_at=now,
        data=data | dict(signed.data),
        subject=(Subject(name=f"processes/{process.id}"),),
        controls=("iso42001:2023/8.1",),
        blobs=tuple(blobs.values()),
    )
    receipt = desk.ledger.append([record], recorded_at=now)[0]
    return RecordedRun(process=process.id, person=signer.person.id, evidence=evidence, receipt=receipt)


def _says_enough(run: ProcessRun) -> None:
    if not run.evidence:
        raise InvalidInput("evidence: a run without evidence shows nothing", hint="give --evidence FILE")
    for name, raw in run.evidence.items():
        if not raw.strip():
            raise InvalidInput(f"evidence: {name} is empty", hint="name a file that shows what was done")
    if not run.reason.strip():
        raise InvalidInput("reason: it is empty", hint="say in a sentence what came of it")


def _process(name: str, governance: Governance) -> Process:
    processes = governance.repository.only(Processes)
    found = next((one for one in (processes.processes if processes else ()) if one.id == name), None)
    if found is None:
        raise NotFound(f"there is no process '{name}' at {governance.commit[:12]}", hint="see aims/processes.yaml")
    return found


def _signer(run: ProcessRun, process: Process, governance: Governance, proof: PersonalProof) -> Signer:
    signer = choose_signer(proof, governance.people, run.person)
    if signer.person.id not in governance.people.behind(process.owner, _RUN):
        raise Refused(f"{signer.person.id} does not act for {process.owner}, which owns the process {process.id}")
    return signer


def _statement(
    process: Process, evidence: Mapping[str, str], signer: Signer, reason: str, now: datetime
) -> dict[str, str]:
    """What is signed."""
    return {
        "action": _PURPOSE.action,
        "process": process.id,
        "evidence": " ".join(evidence.values()),
        "person": signer.person.id,
        "reason": plain_text(reason.strip()),
        "at": instant_text(now),
    }
