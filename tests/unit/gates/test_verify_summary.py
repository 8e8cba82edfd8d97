"""A verification summary lets exactly what was allowed run exactly there, and nothing else (R40, R79)."""

import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from gate_builders import NOON, a_lock, a_result, a_results_file

from careloop.domain.measured import Outcome
from careloop.domain.release_lock import Artefact, ArtefactKind
from careloop.errors import InvalidInput, Refused
from careloop.gates.attestations import (
    SummaryOf,
    results_statement,
    subjects_of_lock,
    summary_statement,
    verifier_id,
)
from careloop.gates.verify_summary import CheckedSummary, SummaryTerms, check_summary, read_trusted_key
from careloop.ledger.envelope import Statement, sign_statement, verify_statement
from careloop.ledger.note import Signer

GATE, STRANGER, LOG = (
    Signer(f"harbour/care/{name}", bytes([n]) * 32) for n, name in enumerate(("gate", "x", "log"), 1)
)
SLICE = f"sha256:{'5' * 64}"
MODEL = f"sha256:{'0' * 64}"


def statement(**changes: Any) -> Statement:
    """The summary of a release that was allowed; changes are to its predicate."""
    about = SummaryOf(
        lock=a_lock(),
        origin="harbour/care",
        key_name=GATE.name,
        environment="production",
        tier="high",
        slice=SLICE,
        commit="c" * 40,
        decided_at=NOON,
        evidence=("e" * 64,),
    )
    found = summary_statement(about)
    return replace(found, predicate={**found.predicate, **changes})


def signed(said: Statement | None = None, *, by: Signer = GATE) -> bytes:
    return sign_statement(said or statement(), by, log_key=LOG.verifier)


def checked(envelope: bytes | None = None, **changes: Any) -> CheckedSummary:
    fields: dict[str, Any] = {
        "key": GATE.verifier,
        "now": NOON + timedelta(hours=1),
        "environment": "production",
        "digests": {"model.bin": MODEL},
    }
    return check_summary(envelope or signed(), SummaryTerms(**(fields | changes)))


def test_what_was_allowed_may_run_where_it_was_allowed() -> None:
    found = checked(digests={"model.bin": MODEL, "lock.json": a_lock().digest}, system="credit", policy=SLICE)
    assert found.holds
    assert (found.system, found.environment, found.time_verified, found.policy) == ("credit", "production", NOON, SLICE)


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"digests": {"other.bin": f"sha256:{'9' * 64}"}}, "it is not about other.bin"),
        ({"digests": {"model.bin": MODEL, "more.bin": f"sha256:{'9' * 64}"}}, "it is not about more.bin"),
        ({"environment": "staging"}, "it is for the environment production, not staging"),
        ({"system": "claims"}, "it is of the system credit, not claims"),
        ({"resource": "urn:careloop:other/systems/credit/environments/production"}, "its resource is"),
        ({"policy": f"sha256:{'6' * 64}"}, "it was decided by the policy"),
        ({"verifier": "urn:careloop:somebody/gate"}, "its verifier is urn:careloop:harbour/care/gate, not"),
        ({"now": NOON + timedelta(days=31), "max_age": timedelta(days=30)}, "it is 31 days old"),
        ({"now": NOON - timedelta(minutes=6)}, "it is dated in the future"),
    ],
)
def test_another_artefact_place_policy_verifier_or_time_is_refused(terms: dict[str, Any], said: str) -> None:
    found = checked(**terms)
    assert len(found.refusals) == 1
    assert found.refusals[0].startswith(said)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"verificationResult": "FAILED"}, "its result is FAILED, not PASSED"),
        ({"verificationResult": None}, "its result is None"),
        ({"timeVerified": "yesterday"}, "it does not say when"),
        ({"timeVerified": "2026-11-23T12:00:00"}, "it does not say when"),
        ({"policy": {"uri": "urn:x"}}, "it does not say by digest"),
        ({"resourceUri": "urn:careloop:harbour/care"}, "its resource urn:careloop:harbour/care is no system"),
        ({"verifier": {"id": "urn:careloop:harbour/care/gate2"}}, "its verifier is"),
        ({"verifier": "urn:careloop:harbour/care/gate"}, "its verifier is None"),
    ],
)
def test_a_summary_that_says_less_than_passed_is_refused(changes: dict[str, Any], said: str) -> None:
    """Signed by the right key, and still not good enough."""
    found = checked(signed(statement(**changes)))
    assert any(one.startswith(said) for one in found.refusals), found.refusals


def test_one_that_another_key_signed_is_refused_before_it_is_read() -> None:
    with pytest.raises(Refused, match="no trusted key"):
        checked(signed(by=STRANGER))


def test_one_that_was_altered_and_signed_again_by_another_key_is_refused() -> None:
    envelope = json.loads(signed())
    again = json.loads(signed(statement(verificationResult="PASSED"), by=STRANGER))
    envelope["signatures"] = again["signatures"]
    with pytest.raises(Refused):
        checked(json.dumps(envelope).encode())


def test_every_changed_byte_of_the_payload_breaks_the_signature() -> None:
    envelope = json.loads(signed())
    payload = base64.b64decode(envelope["payload"])
    for at in range(0, len(payload), 7):
        broken = payload[:at] + bytes([payload[at] ^ 1]) + payload[at + 1 :]
        with pytest.raises(Refused):
            checked(json.dumps({**envelope, "payload": base64.b64encode(broken).decode()}).encode())


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 0.999])
def test_a_truncated_summary_cannot_be_read(share: float) -> None:
    whole = signed()
    with pytest.raises(InvalidInput):
        check_summary(
            whole[: int(len(whole) * share)],
            SummaryTerms(key=GATE.verifier, now=NOON, environment="production", digests={"m": MODEL}),
        )


def test_a_statement_about_results_is_no_summary() -> None:
    about = results_statement(a_lock(), a_results_file(), [a_result()], "f" * 64)
    assert any("no verification summary" in one for one in checked(signed(about)).refusals)


def test_nothing_to_run_is_no_pass() -> None:
    with pytest.raises(InvalidInput, match="nothing is named"):
        checked(digests={})


def test_the_trusted_key_is_a_line_or_pem_and_a_key_in_pem_needs_the_verifier_named() -> None:
    public = Ed25519PublicKey.from_public_bytes(GATE.verifier.public)
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert read_trusted_key(GATE.verifier.text.encode()) == GATE.verifier
    with pytest.raises(InvalidInput, match="does not say whose"):
        checked(key=read_trusted_key(pem))
    assert checked(key=read_trusted_key(pem), verifier=verifier_id(GATE.name)).holds
    for bad in (b"", b"\xff", b"-----BEGIN PUBLIC KEY-----\n", b"gate+00000000+AAAA"):
        with pytest.raises(InvalidInput):
            read_trusted_key(bad)


def test_the_statement_about_results_says_the_worst_and_names_every_measure() -> None:
    results = [
        a_result("accuracy"),
        a_result("impact_ratio", Outcome.CANNOT_TELL),
        a_result("pii", Outcome.SHOWN_HARMFUL),
    ]
    said = results_statement(a_lock(), a_results_file(), results, "f" * 64).predicate
    assert (said["result"], said["passedTests"], said["warnedTests"], said["failedTests"]) == (
        "FAILED",
        ["accuracy"],
        ["impact_ratio"],
        ["pii"],
    )
    envelope = sign_statement(
        results_statement(a_lock(), a_results_file(), results, "f" * 64), GATE, log_key=LOG.verifier
    )
    assert verify_statement(envelope, [GATE.verifier], log_key=LOG.verifier).signers == (GATE.verifier,)


def test_the_log_itself_cannot_vouch() -> None:
    with pytest.raises(Refused, match="log's own key"):
        signed(by=LOG)


def test_a_supplier_holds_the_bytes_of_a_hosted_model_and_they_are_no_subject() -> None:
    hosted = Artefact(name="models:/chat/1", kind=ArtefactKind.HOSTED_MODEL, sha256="a" * 64, size=1)
    lock = a_lock(artefacts=(*a_lock().artefacts, hosted))
    assert [one.name for one in subjects_of_lock(lock)] == ["release-lock/credit", "model.bin"]
