"""Locking a release and validating it independently."""

from datetime import timedelta

import pytest
from release_scene import Scene

from careloop.domain.release_lock import ArtefactKind
from careloop.errors import InvalidInput, NotFound, Refused, UsageError
from careloop.testing.approval_keys_fake import ApprovalKeysFake
from careloop.testing.commit_history_fake import CommitHistoryFake
from careloop.workflows.run.lock_release import ArtefactClaim, LockAsk, lock_release
from careloop.workflows.run.validate_release import ValidationAsk, validate_release


def test_a_lock_names_what_is_there_now_and_where_it_comes_from() -> None:
    scene = Scene()
    lock = scene.lock(parameters={"threshold": 0.62})
    assert [(one.name, one.kind) for one in lock.artefacts] == [("models/credit", ArtefactKind.WEIGHTS)]
    assert lock.artefacts[0].sha256 == scene.artefacts.measure("models/credit").sha256
    head = scene.repository.head().commit
    assert (lock.version, lock.code_commit, lock.governance_commit) == ("1.0", head, head)
    assert (lock.parameters, lock.code_authors) == ({"threshold": 0.62}, ())


def test_locking_the_same_twice_gives_the_same_digest_in_any_order() -> None:
    scene = Scene()
    scene.artefacts.files["params.yaml"] = b"a: 1\n"
    claims = (ArtefactClaim("params.yaml"), ArtefactClaim("models/credit"))
    digests = {
        lock_release(
            LockAsk(system="credit", artefacts=order),
            source=scene.repository,
            code=scene.history,
            artefacts=scene.artefacts,
        ).digest
        for order in (claims, claims[::-1])
    }
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("models/credit", ArtefactKind.WEIGHTS),
        ("model.safetensors", ArtefactKind.WEIGHTS),
        ("pipelines/params.yaml", ArtefactKind.PARAMETERS),
        ("config.toml", ArtefactKind.PARAMETERS),
        ("assistant/prompts/greeting.txt", ArtefactKind.PROMPT),
        ("assistant/tools/refund.json", ArtefactKind.TOOL_SCHEMA),
        ("assistant/retrieval.yaml", ArtefactKind.INDEX),
        ("src/score.py", ArtefactKind.CODE),
        ("guard/bundle.tar", ArtefactKind.GUARD),
    ],
)
def test_the_kind_of_an_artefact_is_told_from_its_name(name: str, kind: ArtefactKind) -> None:
    scene = Scene()
    scene.artefacts.files[name if "." in name else f"{name}/weights.bin"] = b"x"
    ask = LockAsk(system="credit", artefacts=(ArtefactClaim(name),))
    made = lock_release(ask, source=scene.repository, code=scene.history, artefacts=scene.artefacts)
    assert made.artefacts[0].kind is kind


def test_code_of_another_repository_comes_with_its_authors() -> None:
    scene = Scene()
    elsewhere = CommitHistoryFake()
    elsewhere.made("e" * 40, "Eve@labs.example", "ci@labs.example")
    ask = LockAsk(system="credit", artefacts=(ArtefactClaim("models/credit"),))
    made = lock_release(ask, source=scene.repository, code=elsewhere, artefacts=scene.artefacts)
    assert (made.code_commit, made.code_authors) == ("e" * 40, ("ci@labs.example", "eve@labs.example"))


def test_a_hosted_model_is_locked_with_whether_its_name_can_move() -> None:
    scene = Scene()
    ask = LockAsk(system="credit", hosted="lumen/chat-8b-2026-05-14")
    made = lock_release(ask, source=scene.repository, code=scene.history, artefacts=scene.artefacts)
    assert made.hosted_model is not None
    assert (made.hosted_model.provider, made.hosted_model.dated) == ("lumen", True)
    moving = LockAsk(system="credit", hosted="lumen/chat-8b")
    made = lock_release(moving, source=scene.repository, code=scene.history, artefacts=scene.artefacts)
    assert made.hosted_model is not None
    assert not made.hosted_model.dated


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        (LockAsk(system="other", artefacts=(ArtefactClaim("models/credit"),)), NotFound),
        (LockAsk(system="credit", artefacts=(ArtefactClaim("models/none"),)), NotFound),
        (LockAsk(system="credit"), InvalidInput),
        (LockAsk(system="credit", hosted="lumen"), UsageError),
        (LockAsk(system="credit", artefacts=(ArtefactClaim("models/credit"),), code_commit="f" * 40), NotFound),
        (LockAsk(system="book-finder", artefacts=(ArtefactClaim("models/credit"),)), UsageError),
    ],
)
def test_what_cannot_be_locked_is_refused(ask: LockAsk, error: type[Exception]) -> None:
    scene = Scene()
    with pytest.raises(error):
        lock_release(ask, source=scene.repository, code=scene.history, artefacts=scene.artefacts)


def test_a_validation_is_recorded_with_its_report() -> None:
    scene = Scene()
    lock = scene.lock()
    scene.validate(lock, "retest on Irish data")
    entry = list(scene.ledger.query(type="release.validated"))[-1]
    assert entry.record.actor.sub == "val"
    assert entry.record.data["conditions"] == ["retest on Irish data"]
    assert scene.ledger.get_blob(entry.record.blobs[0].sha256) == b"# Report\nFine.\n"


def validating(scene: Scene, person: str, *, report: bytes = b"Fine.", days: int = 30) -> None:
    until = (scene.now + timedelta(days=days)).date()
    ask = ValidationAsk(lock=scene.lock(), report=report, until=until)
    validate_release(ask, scene.desk, ApprovalKeysFake(person), scene.now)


def test_only_an_independent_validator_validates() -> None:
    scene = Scene()
    with pytest.raises(Refused, match="no post of ada carries validate_model"):
        validating(scene, "ada")
    scene.commit("val@harbour.example", touching=["models/credit/weights.bin"])
    with pytest.raises(Refused, match="val wrote or committed"):
        validating(scene, "val")


def test_an_empty_report_and_a_past_end_are_refused() -> None:
    scene = Scene()
    with pytest.raises(InvalidInput, match="empty"):
        validating(scene, "val", report=b" \n")
    with pytest.raises(InvalidInput, match="is past"):
        validating(scene, "val", days=-1)
