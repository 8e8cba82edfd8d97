"""Standing as a use case: approvals are used up once, for one environment; what stands can be revoked."""

import pytest
from release_scene import Scene

from careloop.domain.decision import Verdict
from careloop.domain.release_lock import ReleaseLock
from careloop.errors import InvalidInput, NotFound, Refused
from careloop.testing.approval_keys_fake import ApprovalKeysFake
from careloop.workflows.run.record_release import RecordAsk, record_release
from careloop.workflows.run.release_standing import release_standing, target_for, why_no_standing
from careloop.workflows.run.revoke_release import RevokeAsk, revoke_release


def approved(scene: Scene, *people: str, environment: str = "production") -> tuple[ReleaseLock, str]:
    lock = scene.lock()
    scene.validate(lock)
    request = scene.gate(lock, environment=environment).request_digest
    assert request is not None
    for person in people or ("ada", "bob"):
        scene.approve(request, person)
    return lock, request


def revoke(scene: Scene, lock: ReleaseLock, person: str = "ada", environment: str = "production") -> None:
    ask = RevokeAsk(lock.digest, environment, "It leaks.")
    revoke_release(ask, scene.desk, ApprovalKeysFake(person), scene.now)


def test_an_approved_release_gets_standing_and_uses_its_request_up() -> None:
    scene = Scene()
    lock, request = approved(scene)
    done = scene.record(lock)
    assert done.new
    assert done.standing is not None
    assert (done.standing.request, done.standing.approvals, done.standing.version) == (request, 2, "1.0")
    assert done.standing.valid


def test_recording_again_gives_the_same_standing_and_records_nothing() -> None:
    scene = Scene()
    lock, request = approved(scene)
    first = scene.record(lock)
    size = scene.ledger.size()
    for again in (scene.record(lock), scene.record(lock, request=request)):
        assert (again.new, again.standing) == (False, first.standing)
    assert scene.ledger.size() == size


def test_with_one_approval_too_few_nothing_stands() -> None:
    scene = Scene()
    lock, _ = approved(scene, "ada")
    done = scene.record(lock)
    assert (done.standing, done.answer.decision.verdict) == (None, Verdict.WAIT)
    assert "release.standing" not in scene.types()


def test_approvals_for_one_environment_do_not_serve_another() -> None:
    scene = Scene()
    lock, request = approved(scene, environment="staging")
    with pytest.raises(Refused, match="for the environment staging"):
        scene.record(lock, "production", request)
    with pytest.raises(Refused, match="has not decided"):
        scene.record(lock, "production")
    answer = scene.gate(lock)
    assert (answer.decision.verdict, answer.decision.approvals) == (Verdict.WAIT, 0)
    assert scene.record(lock).standing is None


def test_approvals_for_one_release_do_not_serve_another() -> None:
    scene = Scene()
    _, request = approved(scene)
    scene.artefacts.files["models/credit/weights.bin"] = b"two"
    with pytest.raises(Refused, match="is for the release"):
        scene.record(scene.lock(), request=request)


def test_a_release_that_never_came_to_the_gate_cannot_stand() -> None:
    scene = Scene()
    with pytest.raises(Refused, match="has not decided"):
        scene.record(scene.lock())
    ask = RecordAsk(f"sha256:{'9' * 64}", "production", f"sha256:{'8' * 64}")
    with pytest.raises(NotFound):
        record_release(ask, scene.desk, scene.now)


def test_an_artefact_changed_after_approval_gets_no_standing() -> None:
    scene = Scene()
    lock, request = approved(scene)
    scene.artefacts.files["models/credit/weights.bin"] = b"two"
    with pytest.raises(Refused, match="no longer what was locked"):
        scene.record(lock, request=request)
    done = scene.record(lock)
    assert (done.standing, done.answer.decision.verdict) == (None, Verdict.BLOCK)


def test_grounds_changed_after_approval_get_no_standing() -> None:
    scene = Scene()
    lock, request = approved(scene)
    scene.edit("systems/credit/system.yaml", "domain: credit", "domain: insurance")
    scene.commit()
    with pytest.raises(Refused, match="void"):
        scene.record(lock, request=request)
    assert scene.record(lock).standing is None


def test_a_request_that_expired_after_approval_gets_no_standing() -> None:
    scene = Scene()
    lock, request = approved(scene)
    scene.later(days=8)
    with pytest.raises(Refused, match="expired"):
        scene.record(lock, request=request)
    assert scene.record(lock).standing is None


def test_the_role_must_be_held_when_the_approval_is_used() -> None:
    scene = Scene()
    lock, _ = approved(scene)
    scene.edit("roles.yaml", "holders: [bob]", "holders: []")
    scene.commit()
    done = scene.record(lock)
    assert (done.standing, done.answer.decision.approvals) == (None, 1)


def test_a_key_taken_off_the_list_counts_no_more() -> None:
    scene = Scene()
    lock, _ = approved(scene)
    scene.write_roles(without_key="bob")
    scene.commit()
    assert scene.record(lock).standing is None


def test_standing_outlives_the_request_and_needs_no_fresh_approval() -> None:
    scene = Scene()
    lock, _ = approved(scene)
    raw = scene.results(lock)
    scene.record(lock)
    scene.later(days=10)
    answer = scene.gate(lock, raw)
    assert answer.decision.verdict is Verdict.ALLOW
    assert answer.standing is not None
    assert "approval.requested" in scene.types()
    assert scene.types().count("approval.requested") == 1


def test_a_low_release_stands_without_a_request() -> None:
    scene = Scene(tier="low")
    lock = scene.lock()
    scene.gate(lock, requester=None)
    done = scene.record(lock)
    assert done.standing is not None
    assert (done.standing.request, done.standing.approvals) == (None, 0)


def test_a_revoked_release_has_no_standing_and_its_request_stays_used_up() -> None:
    scene = Scene()
    lock, request = approved(scene)
    scene.record(lock)
    revoke(scene, lock)
    with pytest.raises(Refused, match="used up"):
        scene.record(lock, request=request)
    answer = scene.gate(lock)
    assert (answer.standing, answer.decision.verdict) == (None, Verdict.WAIT)
    assert answer.request_digest not in (None, request)


def test_revoking_takes_a_signature_an_authority_a_standing_and_a_reason() -> None:
    scene = Scene()
    lock, _ = approved(scene)
    with pytest.raises(Refused, match="has no standing"):
        revoke(scene, lock)
    scene.record(lock)
    with pytest.raises(Refused, match="no post of val"):
        revoke(scene, lock, "val")
    with pytest.raises(Refused, match="listed for anybody"):
        revoke(scene, lock, "stranger")
    with pytest.raises(InvalidInput, match="says why"):
        revoke_release(RevokeAsk(lock.digest, "production", " "), scene.desk, ApprovalKeysFake("ada"), scene.now)
    revoke(scene, lock)
    with pytest.raises(Refused, match="has no standing"):
        revoke(scene, lock)


def second(scene: Scene) -> ReleaseLock:
    """A second version, released after the first."""
    scene.artefacts.files["models/credit-2/weights.bin"] = b"two"
    scene.new_card("2.0")
    return scene.released("2.0")


def test_the_first_release_has_no_way_back_and_the_second_has() -> None:
    scene = Scene()
    first = scene.released()
    (only,) = release_standing(scene.desk, now=scene.now)
    assert (only.target.lock, only.newest is not None) == (None, True)
    newer = second(scene)
    (both,) = release_standing(scene.desk, "credit", now=scene.now)
    assert both.newest is not None
    assert (both.newest.lock, both.target.lock) == (newer.digest, first.digest)


def test_a_target_that_was_revoked_or_altered_is_not_ready() -> None:
    scene = Scene()
    first = scene.released()
    newer = second(scene)

    def target() -> str | None:
        return target_for(scene.desk, "credit", environment="production", instead_of=newer.digest, now=scene.now).lock

    assert target() == first.digest
    scene.artefacts.files["models/credit/weights.bin"] = b"changed"
    assert target() is None
    scene.artefacts.files["models/credit/weights.bin"] = b"one"
    revoke(scene, first)
    assert target() is None


def test_why_a_release_may_not_answer_is_said() -> None:
    scene = Scene()
    lock = scene.released()
    why = why_no_standing(scene.ledger, "credit", "production", now=scene.now)
    assert why(lock.digest) is None
    assert "no standing in production" in (why(f"sha256:{'9' * 64}") or "")
    assert "no standing in staging" in (
        why_no_standing(scene.ledger, "credit", "staging", now=scene.now)(lock.digest) or ""
    )
    revoke(scene, lock)
    assert "was revoked" in (why(lock.digest) or "")


def test_systems_without_standings_are_not_listed() -> None:
    scene = Scene()
    assert release_standing(scene.desk, now=scene.now) == ()
    scene.released()
    assert release_standing(scene.desk, "book-finder", now=scene.now) == ()
