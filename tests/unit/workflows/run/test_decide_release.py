"""The gate as a use case: it decides by what is committed, asks once, records once, and uses nothing up."""

from datetime import timedelta
from hashlib import sha256

import pytest
from release_scene import Scene

from careloop.domain.decision import GateAnswer, ReasonKind, Verdict
from careloop.errors import InvalidInput, NotFound, Refused, Unavailable
from careloop.workflows.run.decide_release import GateQuestion, decide_release

ALLOW, WAIT, BLOCK = Verdict.ALLOW, Verdict.WAIT, Verdict.BLOCK


def messages(answer: GateAnswer) -> str:
    return " | ".join(reason.message for reason in answer.decision.reasons if reason.effect is not ALLOW)


def test_a_good_very_high_release_waits_for_two_approvals_and_asks_for_them() -> None:
    scene = Scene()
    lock = scene.lock()
    scene.validate(lock)
    answer = scene.gate(lock)
    assert answer.decision.verdict is WAIT
    assert (answer.decision.required_approvals, answer.decision.approvals) == (2, 0)
    assert answer.request is not None
    assert (answer.request.requester, answer.request.environment) == ("req", "production")
    assert answer.request.expires_at == scene.now + timedelta(days=7)
    assert scene.types() == ["release.validated", "approval.requested", "gate.decision"]


def test_asking_again_finds_the_same_request_and_records_nothing_more() -> None:
    scene = Scene()
    lock = scene.lock()
    scene.validate(lock)
    first = scene.gate(lock)
    size = scene.ledger.size()
    scene.later(hours=3)
    again = scene.gate(lock, scene.results(lock, measured_at=(scene.now - timedelta(days=1, hours=3)).isoformat()))
    assert again.request_digest == first.request_digest
    assert scene.ledger.size() == size


def test_another_requester_finds_the_request_of_the_first() -> None:
    scene = Scene()
    lock = scene.lock()
    scene.validate(lock)
    raw = scene.results(lock)
    assert scene.gate(lock, raw).request_digest == scene.gate(lock, raw, requester="dev").request_digest


def test_other_results_or_another_environment_ask_anew() -> None:
    scene = Scene()
    lock = scene.lock()
    scene.validate(lock)
    first = scene.gate(lock, scene.results(lock))
    staging = scene.gate(lock, scene.results(lock), environment="staging")
    more = scene.gate(lock, scene.results(lock, outcomes={"accuracy": "shown_safe"}))
    assert len({one.request_digest for one in (first, staging, more)}) == 3


def test_an_expired_request_is_asked_for_anew() -> None:
    scene = Scene()
    lock = scene.lock()
    scene.validate(lock)
    raw = scene.results(lock)
    first = scene.gate(lock, raw)
    scene.later(days=7, seconds=1)
    assert scene.gate(lock, raw).request_digest != first.request_digest


def test_two_approvals_let_the_release_go() -> None:
    scene = Scene()
    lock = scene.lock()
    scene.validate(lock)
    raw = scene.results(lock)
    asked = scene.gate(lock, raw)
    scene.approve(asked.request_digest, "ada")
    assert scene.gate(lock, raw).decision.verdict is WAIT
    scene.approve(asked.request_digest, "bob")
    allowed = scene.gate(lock, raw)
    assert allowed.decision.verdict is ALLOW
    assert {one.approval.person for one in allowed.approvals.counted} == {"ada", "bob"}


def test_harm_blocks_and_nobody_is_asked() -> None:
    scene = Scene()
    lock = scene.lock()
    answer = scene.gate(lock, scene.results(lock, outcomes={"impact_ratio": "shown_harmful"}))
    assert (answer.decision.verdict, answer.request_digest) == (BLOCK, None)
    assert scene.types() == ["gate.decision"]


def test_cannot_tell_waits_and_nobody_is_asked_before_it_can_be_told() -> None:
    scene = Scene()
    lock = scene.lock()
    scene.validate(lock)
    answer = scene.gate(lock, scene.results(lock, outcomes={"impact_ratio": "cannot_tell"}))
    assert (answer.decision.verdict, answer.request_digest) == (WAIT, None)
    assert "cannot be told" in messages(answer)


def test_nan_in_the_results_blocks() -> None:
    scene = Scene()
    lock = scene.lock()
    scene.validate(lock)
    answer = scene.gate(lock, scene.results(lock).replace(b"0.9,", b"NaN,", 1))
    assert answer.decision.verdict is BLOCK
    assert "which is not a number" in messages(answer)


def test_results_of_another_build_block() -> None:
    scene = Scene()
    old = scene.lock()
    raw = scene.results(old)
    scene.artefacts.files["models/credit/weights.bin"] = b"two"
    answer = scene.gate(scene.lock(), raw)
    assert answer.decision.verdict is BLOCK
    assert "were measured on" in messages(answer)


def test_old_results_block() -> None:
    scene = Scene()
    lock = scene.lock()
    scene.validate(lock)
    raw = scene.results(lock)
    scene.later(days=31)
    assert "32 days old" in messages(scene.gate(lock, raw))


def test_the_organisation_may_want_fresher_results() -> None:
    scene = Scene()
    scene.edit("care.yaml", "scope:", "intervals: {results-very_high: P1W}\nscope:")
    scene.commit()
    lock = scene.lock()
    raw = scene.results(lock)
    scene.later(days=7)
    assert "fresh for 7" in messages(scene.gate(lock, raw))


def test_an_artefact_that_is_not_what_was_locked_blocks() -> None:
    scene = Scene()
    lock = scene.lock()
    scene.artefacts.files["models/credit/weights.bin"] = b"two"
    assert "models/credit is no longer what was locked" in messages(scene.gate(lock))
    scene.artefacts.files.clear()
    assert "models/credit is not here" in messages(scene.gate(lock))


def test_a_card_of_another_version_blocks() -> None:
    scene = Scene()
    lock = scene.lock(version="1.1")
    answer = scene.gate(lock)
    assert "card-describes-release" in {reason.rule for reason in answer.decision.reasons if reason.effect is BLOCK}


def test_a_version_that_another_release_has_had_does_not_name_this_one() -> None:
    scene = Scene()
    scene.released()
    scene.artefacts.files["models/credit/weights.bin"] = b"two"
    answer = scene.gate(scene.lock())
    assert "card-describes-release" in {reason.rule for reason in answer.decision.reasons if reason.effect is BLOCK}


def test_without_validation_a_very_high_release_is_blocked_and_with_open_conditions_too() -> None:
    scene = Scene()
    lock = scene.lock()
    assert "independently-validated" in {one.rule for one in scene.gate(lock).decision.reasons}
    scene.validate(lock, "retest on Irish data")
    assert "independently-validated" in {one.rule for one in scene.gate(lock).decision.reasons}
    scene.validate(lock)
    assert scene.gate(lock).decision.verdict is WAIT


def test_only_what_is_committed_counts() -> None:
    scene = Scene()
    lock = scene.lock()
    scene.validate(lock)
    before = scene.gate(lock)
    scene.edit("systems/credit/system.yaml", "tier: very_high", "tier: low")
    assert scene.gate(lock).tier is before.tier
    scene.commit()
    assert scene.gate(lock).tier is not before.tier


def test_the_same_release_fails_after_the_policy_became_stricter() -> None:
    scene = Scene()
    lock = scene.lock()
    scene.validate(lock)
    raw = scene.results(lock)
    asked = scene.gate(lock, raw)
    scene.approve(asked.request_digest, "ada")
    scene.approve(asked.request_digest, "bob")
    assert scene.gate(lock, raw).decision.verdict is ALLOW
    scene.files["rules/gate.yaml"] = b"""\
rules:
  - id: better-ratio
    sentence: No group fares worse than 95 percent of the best.
    subject: release
    moment: release
    require: size(release.results.filter(r, r.measure == 'impact_ratio' && (!has(r.value) || r.value < 0.95))) == 0
    severity: must
    remedy: mend the model
"""
    scene.commit()
    answer = scene.gate(lock, raw)
    assert answer.decision.verdict is BLOCK
    assert "better-ratio" in {reason.rule for reason in answer.decision.reasons}


def test_the_commit_on_record_is_in_force_even_when_the_branch_went_on() -> None:
    scene = Scene()
    in_force = scene.repository.head().commit
    assert in_force is not None
    lock = scene.lock()
    scene.validate(lock)
    recorded = scene.gate(lock)
    assert (recorded.commit, recorded.in_force_by) == (in_force, "history")
    scene.put_in_force(in_force)
    scene.edit("systems/credit/system.yaml", "tier: very_high", "tier: low")
    scene.commit()
    answer = scene.gate(lock)
    assert (answer.commit, answer.in_force_by, answer.tier.value) == (in_force, "ledger", "very_high")


def test_a_document_that_cannot_be_read_blocks_when_the_decision_needs_it() -> None:
    scene = Scene()
    lock = scene.lock()
    scene.validate(lock)
    scene.edit("rules/shop.yaml", "severity: must", "severity: perhaps")
    scene.commit()
    answer = scene.gate(lock)
    assert answer.decision.verdict is BLOCK
    assert ReasonKind.DOCUMENT in {reason.kind for reason in answer.decision.reasons}


def test_a_system_whose_document_is_broken_cannot_be_judged() -> None:
    scene = Scene()
    lock = scene.lock()
    scene.edit("systems/credit/system.yaml", "tier: very_high", "tier: enormous")
    scene.commit()
    with pytest.raises(InvalidInput, match=r"system\.yaml:6"):
        scene.gate(lock)


def test_without_readable_roles_nobody_can_approve() -> None:
    scene = Scene()
    lock = scene.lock()
    del scene.files["roles.yaml"]
    scene.commit()
    with pytest.raises(Refused, match=r"roles\.yaml"):
        scene.gate(lock)


def test_an_unknown_system_and_a_lock_of_another_are_refused() -> None:
    scene = Scene()
    lock = scene.lock()
    question = GateQuestion(system="other", lock=lock, results=(), environment="production", requester="req")
    with pytest.raises(InvalidInput, match="of the system credit"):
        decide_release(question, scene.desk, scene.now)
    foreign = lock.model_copy(update={"system": "other"})
    question = GateQuestion(system="other", lock=foreign, results=(), environment="production", requester="req")
    with pytest.raises(NotFound, match="no system 'other'"):
        decide_release(question, scene.desk, scene.now)


def test_a_requester_whom_nobody_knows_is_refused_and_no_requester_asks_nobody() -> None:
    scene = Scene()
    lock = scene.lock()
    scene.validate(lock)
    with pytest.raises(InvalidInput, match="--requester mallory"):
        scene.gate(lock, requester="mallory")
    answer = scene.gate(lock, requester=None)
    assert (answer.decision.verdict, answer.request_digest) == (WAIT, None)
    assert "nobody is named" in messages(answer)


def test_an_outside_requester_is_known_by_mail_and_a_person_by_id() -> None:
    scene = Scene()
    lock = scene.lock()
    scene.validate(lock)
    raw = scene.results(lock)
    outside = scene.gate(lock, raw, requester="ci@builds.example")
    assert outside.request is not None
    assert outside.request.requester == "ci@builds.example"
    inside = scene.gate(lock, raw, environment="staging", requester="Req@Harbour.example")
    assert inside.request is not None
    assert inside.request.requester == "req"


def test_without_a_commit_there_is_nothing_to_judge_by() -> None:
    scene = Scene()
    lock = scene.lock()
    scene.repository.is_git = False
    with pytest.raises(Refused, match="no commit"):
        scene.gate(lock)


def test_a_ledger_out_of_reach_keeps_the_gate_closed() -> None:
    scene = Scene()
    lock = scene.lock()
    scene.ledger.out_of_reach = True
    with pytest.raises(Unavailable):
        scene.gate(lock)


def test_a_code_commit_that_nobody_knows_has_unknown_authors_and_blocks() -> None:
    scene = Scene()
    lock = scene.lock().model_copy(update={"code_commit": "f" * 40})
    assert "nobody can tell who wrote it" in messages(scene.gate(lock))
    named = lock.model_copy(update={"code_authors": ("dev@harbour.example",)})
    scene.validate(named)
    assert scene.gate(named).decision.verdict is WAIT


def test_a_low_release_goes_without_anybody_asked() -> None:
    scene = Scene(tier="low")
    lock = scene.lock()
    answer = scene.gate(lock, requester=None)
    assert (answer.decision.verdict, answer.request_digest) == (ALLOW, None)


def test_the_decision_on_record_says_on_what_it_rests() -> None:
    scene = Scene()
    lock = scene.lock()
    raw = scene.results(lock)
    answer = scene.gate(lock, raw)
    entry = list(scene.ledger.query(type="gate.decision"))[-1]
    data = entry.record.data
    assert (data["decision"], data["lock"], data["slice"]) == ("block", lock.digest, answer.slice)
    assert (data["commit"], data["standards_digest"]) == (answer.commit, answer.standards_digest)
    assert {one.name for one in entry.record.subject} == {"systems/credit", f"releases/{lock.digest}"}
    assert scene.ledger.get_blob(lock.digest.removeprefix("sha256:")) == lock.canonical
    assert data["results"] == [sha256(raw).hexdigest()]
    assert scene.ledger.get_blob(sha256(raw).hexdigest()) == raw


@pytest.mark.parametrize("environment", ["", "New York", "production\n", "../etc"])
def test_an_environment_needs_a_plain_name(environment: str) -> None:
    scene = Scene()
    with pytest.raises(InvalidInput, match="no name of an environment"):
        scene.gate(scene.lock(), environment=environment)


def test_a_decision_with_very_many_reasons_still_fits_into_its_record() -> None:
    scene = Scene()
    lock = scene.lock()
    harmful = {f"measure-{number}": "shown_harmful" for number in range(500)}
    answer = scene.gate(lock, scene.results(lock, outcomes=harmful))
    assert len(answer.decision.reasons) > 500
    assert scene.types() == ["gate.decision"]
