"""A no is signed, holds at once for exactly its grounds, and can never be shown as a yes (SEMANTICS 8; M8, R41)."""

import pytest
from release_scene import Scene

from careloop.domain.approval import Ground, RequestState
from careloop.domain.decision import Verdict
from careloop.domain.release_lock import ReleaseLock
from careloop.errors import InvalidInput, Refused
from careloop.gates.request import statement_digest
from careloop.ledger.ssh_signature import APPROVAL_NAMESPACE, read_ssh_key, verify_ssh_signature
from careloop.testing.approval_keys_fake import ApprovalKeysFake, line_of
from careloop.workflows.run.reject_release import REJECTION_NAMESPACE, Rejected, RejectionAsk, reject_release
from careloop.workflows.run.view_requests import refusal_for, view_request


def waiting() -> tuple[Scene, ReleaseLock, str]:
    scene = Scene()
    lock = scene.lock()
    scene.validate(lock)
    request = scene.gate(lock).request_digest
    assert request is not None
    return scene, lock, request


def reject(scene: Scene, request: str, person: str, reason: str = "The test set is too old.") -> Rejected:
    return reject_release(RejectionAsk(request, reason), scene.desk, ApprovalKeysFake(person), scene.now)


def test_after_a_no_the_gate_blocks_and_says_who_and_why() -> None:
    scene, lock, request = waiting()
    reject(scene, request, "ada")
    answer = scene.gate(lock)
    assert answer.decision.verdict is Verdict.BLOCK
    assert any(
        "ada rejected this release" in one.message and "too old" in one.message for one in answer.decision.reasons
    )
    assert answer.request is None, "people are not asked again about what they said no to"


def test_approvals_that_were_given_before_a_no_give_no_standing() -> None:
    scene, lock, request = waiting()
    scene.approve(request, "ada")
    scene.approve(request, "bob")
    reject(scene, request, "cy")
    assert scene.record(lock).standing is None


def test_nobody_can_approve_what_was_rejected() -> None:
    scene, _, request = waiting()
    reject(scene, request, "ada")
    with pytest.raises(Refused, match="ada rejected the request"):
        scene.approve(request, "bob")
    view = view_request(scene.desk, request, scene.now)
    refusal = refusal_for(view, "bob")
    assert view.state is RequestState.REJECTED
    assert refusal is not None
    assert refusal.ground is Ground.REJECTED


def test_other_grounds_are_asked_about_anew() -> None:
    scene, _, request = waiting()
    reject(scene, request, "ada")
    scene.artefacts.files["models/credit/weights.bin"] = b"two"
    other = scene.lock()
    scene.validate(other)
    answer = scene.gate(other)
    assert answer.decision.verdict is Verdict.WAIT
    assert answer.request_digest not in (None, request)


def test_a_no_takes_the_authority_to_say_yes_and_a_reason() -> None:
    scene, _, request = waiting()
    with pytest.raises(Refused, match="carries approve_release"):
        reject(scene, request, "val")
    with pytest.raises(InvalidInput, match="says why"):
        reject(scene, request, "ada", reason="  ")
    assert "approval.rejected" not in scene.types()


def test_the_signature_of_a_no_is_none_of_a_yes() -> None:
    scene, _, request = waiting()
    reject(scene, request, "ada")
    record = next(iter(scene.ledger.query(type="approval.rejected"))).record
    statement = {key: str(value) for key, value in dict(record.data["statement"]).items()}  # type: ignore[arg-type]
    key, signature = read_ssh_key(line_of("ada")), str(record.data["signature"])
    digest = statement_digest(statement).encode()
    assert verify_ssh_signature(signature, digest, allowed=[key], namespace=REJECTION_NAMESPACE) == key
    with pytest.raises(Refused, match="signed for the purpose 'care-rejection'"):
        verify_ssh_signature(signature, request.encode(), allowed=[key], namespace=APPROVAL_NAMESPACE)


def test_a_no_said_twice_is_one_entry() -> None:
    scene, _, request = waiting()
    reject(scene, request, "ada")
    with pytest.raises(Refused, match="rejected"):
        reject(scene, request, "ada")
    assert scene.types().count("approval.rejected") == 1
