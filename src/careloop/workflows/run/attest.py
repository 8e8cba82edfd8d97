"""Signs what the gate found and keeps it in the ledger: in-toto statements, by a key that is never the log's.

The record holds the envelope's digest; a record of type `attestation.key` names the public key once, so that an export
can be checked with stock tools. Source: LEDGER 7.
"""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from careloop.errors import NotFound
from careloop.gates.attestations import (
    APPROVAL,
    TEST_RESULT,
    VERIFICATION_SUMMARY,
    SummaryOf,
    results_statement,
    subjects_of_lock,
    summary_statement,
)
from careloop.ledger.envelope import ENVELOPE_MEDIA_TYPE, Statement, sign_statement
from careloop.ledger.note import Signer, read_verifier
from careloop.ports.ledger import Entry, Json, Ledger, Record
from careloop.workflows.run.release_case import ReleaseCase
from careloop.workflows.run.release_records import GATE, append_once, derived_id, plain_text, subjects

__all__ = ["attest_results", "attest_standing", "attested_approval", "evidence_of", "summary_of"]


def attest_results(case: ReleaseCase, kept: Sequence[bytes]) -> None:
    """Attest every results file that was measured on the release and is fresh; `kept` are their bytes, by place."""
    signer = case.desk.attestor
    if signer is None:
        return
    for place, results in case.accepted:
        digest = sha256(kept[place]).hexdigest()
        statement = results_statement(case.lock, case.results[place], results, digest)
        _keep(_plain(statement), case, signer, {"results": digest})


def attest_standing(case: ReleaseCase) -> None:
    """Attest that the gate let the release pass, once for a standing: the summary that deploy steps check.

    Not of one that stands in an emergency or against the gate's word, since it let nothing pass.
    """
    signer, ledger, standing = case.desk.attestor, case.desk.ledger, case.standing
    if signer is None or standing is None or not standing.passed_gate:
        return
    if any(entry.index > standing.index for entry in _summaries(ledger, case.digest, case.environment)):
        return
    about = SummaryOf(
        lock=case.lock,
        origin=ledger.origin,
        key_name=signer.name,
        environment=case.environment,
        tier=case.system.tier.value,
        slice=case.slice,
        commit=case.governance.commit,
        decided_at=case.governance.now,
        evidence=evidence_of(ledger, case.digest),
    )
    _keep(_plain(summary_statement(about)), case, signer, {"environment": case.environment})


def attested_approval(case: ReleaseCase, record: Record) -> Record:
    """The record of an approval with the gate's statement of it: who agreed to which artefacts, with his own signature.

    Without a key to sign with it stays as it is.
    """
    signer, ledger = case.desk.attestor, case.desk.ledger
    if signer is None:
        return record
    said = Statement(
        subject=subjects_of_lock(case.lock),
        predicate_type=APPROVAL,
        predicate={"person": record.actor.sub, "issuer": record.actor.iss, "record": record.id, **record.data},
    )
    envelope = sign_statement(_plain(said), signer, log_key=read_verifier(ledger.key))
    blob = ledger.put_blob(envelope, media=ENVELOPE_MEDIA_TYPE)
    _name_key(signer, case)
    return replace(record, blobs=(*record.blobs, blob))


def evidence_of(ledger: Ledger, lock: str) -> tuple[str, ...]:
    """SHA-256 of the attested results of a release, in order of the ledger."""
    return tuple(
        str(entry.record.data.get("envelope"))
        for entry in ledger.query(type="attestation", subject=f"releases/{lock}")
        if entry.record.data.get("predicate_type") == TEST_RESULT
    )


def summary_of(ledger: Ledger, lock: str, environment: str) -> bytes:
    """The newest verification summary of a release in an environment; raises `NotFound`."""
    found = [str(entry.record.data.get("envelope")) for entry in _summaries(ledger, lock, environment)]
    if not found:
        raise NotFound(
            f"there is no verification summary of {lock[:19]} in {environment}",
            hint="`care release record` makes it when the release gets standing",
        )
    return ledger.get_blob(found[-1])


def _summaries(ledger: Ledger, lock: str, environment: str) -> list[Entry]:
    return [
        entry
        for entry in ledger.query(type="attestation", subject=f"releases/{lock}")
        if entry.record.data.get("predicate_type") == VERIFICATION_SUMMARY
        and entry.record.data.get("environment") == environment
    ]


def _plain(statement: Statement) -> Statement:
    """The same with names as they may stand in a record: a file's name may hold anything."""
    about = tuple(replace(one, name=plain_text(one.name)) for one in statement.subject)
    return replace(statement, subject=about)


def _keep(statement: Statement, case: ReleaseCase, signer: Signer, said: dict[str, Json]) -> None:
    ledger, now = case.desk.ledger, case.governance.now
    envelope = sign_statement(statement, signer, log_key=read_verifier(ledger.key))
    blob = ledger.put_blob(envelope, media=ENVELOPE_MEDIA_TYPE)
    _name_key(signer, case)
    record = Record(
        id=derived_id(0, "attestation", blob.sha256),
        type="attestation",
        actor=GATE,
        occurred_at=now,
        data={"predicate_type": statement.predicate_type, "system": case.system.id, "envelope": blob.sha256, **said},
        subject=subjects(case.system.id, case.digest),
        controls=("iso42001:2023/A.6.2.4",),
        blobs=(blob,),
    )
    append_once(ledger, record, now=now)


def _name_key(signer: Signer, case: ReleaseCase) -> None:
    key = signer.verifier.text
    record = Record(
        id=derived_id(0, "attestation-key", key),
        type="attestation.key",
        actor=GATE,
        occurred_at=case.governance.now,
        data={"key": key},
    )
    append_once(case.desk.ledger, record, now=case.governance.now)
