"""Approving as a use case: who is turned away, when a request is void, and what is kept of a yes."""

import pytest
from release_scene import Scene

from careloop.domain.release_lock import ReleaseLock
from careloop.errors import InvalidInput, NotFound, Refused, UsageError
from careloop.ledger.ssh_signature import read_ssh_key, verify_ssh_signature
from careloop.testing.approval_keys_fake import ApprovalKeysFake, line_of
from careloop.workflows.run.approve_release import approve_release
from careloop.workflows.run.give_approval import ApprovalAsk


def asked(scene: Scene, *, requester: str = "req", environment: str = "production") -> tuple[ReleaseLock, str]:
    """A release whose gate waits for approvals, and the request."""
    lock = scene.lock()
    scene.validate(lock)
    request = scene.gate(lock, requester=requester, environment=environment).request_digest
    assert request is not None
    return lock, request


def test_an_approval_is_kept_with_the_signature_that_proves_it() -> None:
    scene = Scene()
    lock, request = asked(scene)
    made = scene.approve(request, "ada")
    assert (made.person, made.post, made.given, made.required) == ("ada", "risk", 1, 2)
    entry = list(scene.ledger.query(type="approval.given"))[-1]
    signature = str(entry.record.data["signature"])
    assert verify_ssh_signature(signature, request.encode(), allowed=[read_ssh_key(line_of("ada"))])
    assert entry.record.actor.sub == "ada"
    assert {subject.name for subject in entry.record.subject} >= {f"requests/{request}", f"releases/{lock.digest}"}


def test_a_request_can_be_named_by_its_first_digits() -> None:
    scene = Scene()
    _, request = asked(scene)
    assert scene.approve(request[:15], "ada").asked.digest == request
    assert scene.approve(request.removeprefix("sha256:")[:8], "bob").asked.digest == request


@pytest.mark.parametrize(("name", "error"), [("sha256:" + "0" * 64, NotFound), ("sha256:12", InvalidInput)])
def test_an_unknown_request_is_not_found(name: str, error: type[Exception]) -> None:
    scene = Scene()
    asked(scene)
    with pytest.raises(error):
        scene.approve(name, "ada")


def test_the_requester_is_turned_away() -> None:
    scene = Scene()
    _, request = asked(scene, requester="ada")
    with pytest.raises(Refused, match="ada asked for this release"):
        scene.approve(request, "ada")


def test_who_wrote_or_committed_the_code_is_turned_away() -> None:
    scene = Scene()
    scene.commit("bob@harbour.example", "ci@builds.example")
    lock = scene.lock()
    assert lock.code_commit is not None
    scene.validate(lock)
    request = scene.gate(lock).request_digest
    with pytest.raises(Refused, match="bob wrote or committed"):
        scene.approve(request, "bob")
    assert scene.approve(request, "ada").given == 1


def test_who_last_changed_the_systems_documents_is_turned_away() -> None:
    scene = Scene()
    scene.commit("bob@harbour.example", touching=["systems/credit/monitors.yaml"])
    scene.commit("req@harbour.example")
    _, request = asked(scene)
    with pytest.raises(Refused, match="bob wrote or committed"):
        scene.approve(request, "bob")


def test_one_person_cannot_sign_twice_nor_can_two_of_one_post() -> None:
    scene = Scene()
    _, request = asked(scene)
    scene.approve(request, "ada")
    with pytest.raises(Refused, match="ada has approved this request already"):
        scene.approve(request, "ada")
    with pytest.raises(Refused, match="the post of cy"):
        scene.approve(request, "cy")
    assert scene.types().count("approval.given") == 1


def test_one_human_with_two_entries_signs_once() -> None:
    scene = Scene()
    scene.edit("roles.yaml", "bob@harbour.example", "ADA@harbour.example")
    scene.commit()
    _, request = asked(scene)
    scene.approve(request, "ada")
    with pytest.raises(Refused, match="already"):
        scene.approve(request, "bob", person="bob")


def test_a_key_that_the_committed_roles_do_not_list_is_turned_away() -> None:
    scene = Scene()
    _, request = asked(scene)
    with pytest.raises(Refused, match="listed for anybody"):
        scene.approve(request, "stranger")
    with pytest.raises(Refused, match="listed for ada"):
        scene.approve(request, "bob", person="ada")
    with pytest.raises(Refused, match="no SSH key"):
        scene.approve(request)


def test_a_key_that_stands_only_in_the_work_tree_is_turned_away() -> None:
    scene = Scene()
    scene.write_roles(without_key="ada")
    scene.commit()
    _, request = asked(scene)
    scene.write_roles()
    with pytest.raises(Refused, match="listed for ada"):
        scene.approve(request, "ada", person="ada")
    scene.commit()
    assert scene.approve(request, "ada", person="ada").given == 1


def test_a_key_listed_for_two_people_is_turned_away() -> None:
    scene = Scene()
    scene.edit("roles.yaml", line_of("cy"), line_of("ada"))
    scene.commit()
    _, request = asked(scene)
    with pytest.raises(Refused, match="several people"):
        scene.approve(request, "ada", person="ada")


def test_keys_of_several_people_need_a_name() -> None:
    scene = Scene()
    _, request = asked(scene)
    with pytest.raises(UsageError, match="several people"):
        scene.approve(request, "ada", "bob")
    assert scene.approve(request, "ada", "bob", person="bob").person == "bob"


def test_who_lacks_the_authority_is_turned_away() -> None:
    scene = Scene()
    _, request = asked(scene)
    with pytest.raises(Refused, match="no post of val carries approve_release"):
        scene.approve(request, "val")


def test_who_has_left_is_turned_away_and_counts_no_more() -> None:
    scene = Scene()
    lock, request = asked(scene)
    scene.approve(request, "ada")
    scene.edit("roles.yaml", "mail: ada@harbour.example", "left: 2026-11-23, mail: ada@harbour.example")
    scene.commit()
    answer = scene.gate(lock)
    assert (answer.decision.approvals, answer.request_digest) == (0, request)
    with pytest.raises(Refused, match="ada left"):
        scene.approve(request, "ada")


def test_an_expired_request_cannot_be_approved() -> None:
    scene = Scene()
    _, request = asked(scene)
    scene.later(days=7, seconds=1)
    with pytest.raises(Refused, match="expired"):
        scene.approve(request, "ada")


def test_a_changed_artefact_makes_the_request_void() -> None:
    scene = Scene()
    _, request = asked(scene)
    scene.artefacts.files["models/credit/weights.bin"] = b"two"
    with pytest.raises(Refused, match="models/credit is no longer what was locked"):
        scene.approve(request, "ada")


def test_a_material_change_makes_the_request_void_and_a_typo_does_not() -> None:
    scene = Scene()
    lock, request = asked(scene)
    scene.approve(request, "ada")
    scene.edit("systems/credit/system.yaml", "Decides about accounts.", "Decides on accounts.")
    scene.edit("policies/ai-policy.md", "Every AI system has an owner", "Each AI system has an owner")
    scene.commit()
    assert scene.gate(lock).decision.approvals == 1
    scene.edit("systems/credit/system.yaml", "jurisdictions: [Ireland]", "jurisdictions: [Ireland, Malta]")
    scene.commit()
    with pytest.raises(Refused, match="void"):
        scene.approve(request, "bob")
    answer = scene.gate(lock)
    assert answer.decision.approvals == 0
    assert answer.request_digest not in (None, request)


def test_a_used_up_request_cannot_be_approved() -> None:
    scene = Scene()
    lock, request = asked(scene)
    scene.approve(request, "ada")
    scene.approve(request, "bob")
    scene.record(lock)
    with pytest.raises(Refused, match="used up"):
        scene.approve(request, "dev")


def test_an_approval_without_a_reason_is_none() -> None:
    scene = Scene()
    _, request = asked(scene)
    with pytest.raises(InvalidInput, match="says why"):
        approve_release(ApprovalAsk(request, "  "), scene.desk, ApprovalKeysFake("ada"), scene.now)


def test_a_signature_that_is_none_is_not_recorded() -> None:
    class Broken:
        def lines(self) -> tuple[str, ...]:
            return (line_of("ada"),)

        def sign(self, line: str, message: bytes, *, namespace: str) -> str:
            return "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n"

    scene = Scene()
    _, request = asked(scene)
    with pytest.raises(Refused, match="no signature"):
        approve_release(ApprovalAsk(request, "Fine."), scene.desk, Broken(), scene.now)
    assert "approval.given" not in scene.types()
