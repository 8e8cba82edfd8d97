"""Waivers and what else loosens: it waits for people, counts as they saw it, and ends at once (SEMANTICS 8; R41)."""

from datetime import timedelta

import pytest
from release_scene import Scene

from careloop.domain.approval import RequestState
from careloop.domain.matter import MatterKind
from careloop.errors import NotFound, Refused
from careloop.testing.approval_keys_fake import ApprovalKeysFake
from careloop.workflows.grants import grants_of
from careloop.workflows.run.approve_matter import EndAsk, end_matter
from careloop.workflows.run.approve_release import approve_release
from careloop.workflows.run.approve_request import approve_request
from careloop.workflows.run.ask_matter import MatterAsk, MatterAsked, ask_matter
from careloop.workflows.run.give_approval import ApprovalAsk, Approved
from careloop.workflows.run.reject_release import RejectionAsk, reject_release
from careloop.workflows.run.view_requests import view_request, view_requests

WAIVER = """\
id: not-yet-validated
rule: independently-validated
subject: credit
reason: The validator is ill until Friday.
owner: ai-lead
expires: 2026-12-10
approved: [{by: risk, on: 2026-11-20}, {by: security, on: 2026-11-20}]
"""


def a_scene() -> Scene:
    """The shop with a waiver that calls itself approved; somebody else than the approvers committed it."""
    scene = Scene()
    scene.files["waivers/not-yet-validated.yaml"] = WAIVER.encode()
    scene.commit("req@harbour.example", touching=["waivers/not-yet-validated.yaml"])
    return scene


def ask(scene: Scene, kind: MatterKind = MatterKind.WAIVER, name: str = "not-yet-validated") -> MatterAsked:
    return ask_matter(MatterAsk(kind=kind, id=name, requester="req"), scene.desk, scene.now)


def agree(scene: Scene, request: str, person: str) -> Approved:
    return approve_request(ApprovalAsk(request, "Fine"), scene.desk, ApprovalKeysFake(person), scene.now)


def granted(scene: Scene) -> MatterAsked:
    made = ask(scene)
    for person in ("ada", "bob"):
        agree(scene, made.asked.digest, person)
    return made


def decision(scene: Scene) -> str:
    lock = scene.lock()
    return scene.gate(lock, scene.results(lock)).decision.verdict.value


def test_r41_a_waiver_that_calls_itself_approved_counts_for_nothing_until_two_have_signed() -> None:
    scene = a_scene()
    assert decision(scene) == "block"
    made = ask(scene)
    assert agree(scene, made.asked.digest, "ada").given == 1
    assert decision(scene) == "block"
    assert agree(scene, made.asked.digest, "bob").given == 2
    assert decision(scene) == "wait"


def test_asking_twice_finds_the_request_that_is_open() -> None:
    scene = a_scene()
    first, second = ask(scene), ask(scene)
    assert (first.new, second.new) == (True, False)
    assert first.asked.digest == second.asked.digest


@pytest.mark.parametrize(
    ("person", "words"),
    [("req", "asked for this"), ("val", "carries approve_release"), ("cy", "post of cy has approved")],
)
def test_r41_who_may_not_agree_to_a_waiver(person: str, words: str) -> None:
    scene = a_scene()
    made = ask(scene)
    agree(scene, made.asked.digest, "ada")
    with pytest.raises(Refused, match=words):
        agree(scene, made.asked.digest, person)


def test_r41_whoever_wrote_the_waiver_does_not_agree_to_it() -> None:
    scene = a_scene()
    scene.edit("waivers/not-yet-validated.yaml", "Friday", "Thursday")
    scene.commit("bob@harbour.example", touching=["waivers/not-yet-validated.yaml"])
    with pytest.raises(Refused, match="wrote, owns or did this"):
        agree(scene, ask(scene).asked.digest, "bob")


def test_r41_one_changed_word_voids_what_was_granted_and_what_is_asked() -> None:
    scene = a_scene()
    made = granted(scene)
    assert decision(scene) == "wait"
    scene.edit("waivers/not-yet-validated.yaml", "2026-12-10", "2026-12-11")
    scene.commit("req@harbour.example", touching=["waivers/not-yet-validated.yaml"])
    assert decision(scene) == "block"
    again = ask(scene)
    assert (again.new, again.asked.digest != made.asked.digest) == (True, True)
    scene.edit("waivers/not-yet-validated.yaml", "2026-12-11", "2026-12-12")
    scene.commit("req@harbour.example", touching=["waivers/not-yet-validated.yaml"])
    with pytest.raises(Refused, match="expires was 2026-12-11, is 2026-12-12"):
        agree(scene, again.asked.digest, "ada")


def test_r41_a_waiver_that_ran_out_is_neither_asked_for_nor_counted() -> None:
    scene = a_scene()
    granted(scene)
    scene.now += timedelta(days=18)
    assert decision(scene) == "block"
    with pytest.raises(Refused, match="ran out on 2026-12-10"):
        ask(scene)


def test_ending_a_grant_takes_one_person_and_effect_at_once() -> None:
    scene = a_scene()
    granted(scene)
    gone = end_matter(
        EndAsk("waiver/not-yet-validated", "The validator is back"), scene.desk, ApprovalKeysFake("cy"), scene.now
    )
    assert (gone.stands, gone.ended_because) == (False, "The validator is back")
    assert decision(scene) == "block"
    with pytest.raises(Refused, match="nothing is granted"):
        end_matter(EndAsk("waiver/not-yet-validated", "Twice"), scene.desk, ApprovalKeysFake("cy"), scene.now)


def test_ending_a_grant_takes_an_authority_and_a_listed_key() -> None:
    scene = a_scene()
    granted(scene)
    for person in ("val", "stranger"):
        with pytest.raises(Refused):
            end_matter(EndAsk("waiver/not-yet-validated", "No"), scene.desk, ApprovalKeysFake(person), scene.now)


def test_a_no_closes_a_request_for_a_waiver() -> None:
    scene = a_scene()
    made = ask(scene)
    no = RejectionAsk(made.asked.digest, "Wait for the validator")
    reject_release(no, scene.desk, ApprovalKeysFake("cy"), scene.now)
    with pytest.raises(Refused, match="cy rejected the request"):
        agree(scene, made.asked.digest, "ada")
    assert view_request(scene.desk, made.asked.digest, scene.now).state is RequestState.REJECTED


def test_one_request_makes_one_grant_and_is_then_used() -> None:
    scene = a_scene()
    made = granted(scene)
    assert len(grants_of(scene.ledger, "waiver/not-yet-validated")) == 1
    with pytest.raises(Refused, match="was granted"):
        agree(scene, made.asked.digest, "dev")


def test_r41_a_request_for_a_waiver_serves_no_release() -> None:
    scene = a_scene()
    made = ask(scene)
    with pytest.raises(Refused, match="another action: waiver"):
        approve_release(ApprovalAsk(made.asked.digest, "Fine"), scene.desk, ApprovalKeysFake("ada"), scene.now)
    lock = scene.lock()
    scene.gate(lock, scene.results(lock))
    with pytest.raises(Refused, match="another action: waiver"):
        scene.record(lock, request=made.asked.digest)


def test_the_inbox_lists_waivers_with_what_they_say() -> None:
    scene = a_scene()
    made = ask(scene)
    (view,) = view_requests(scene.desk, scene.now)
    assert (view.asked.digest, view.title, view.required) == (made.asked.digest, "waiver/not-yet-validated", 2)
    assert "the rule independently-validated is set aside for credit until 2026-12-10" in view.asks
    assert dict(view.material)["reason"] == "The validator is ill until Friday."


def test_a_waiver_that_is_gone_is_shown_as_void() -> None:
    scene = a_scene()
    made = ask(scene)
    del scene.files["waivers/not-yet-validated.yaml"]
    scene.commit("req@harbour.example", touching=["waivers/not-yet-validated.yaml"])
    assert view_request(scene.desk, made.asked.digest, scene.now).state is RequestState.VOID
    with pytest.raises(NotFound, match="no waiver"):
        agree(scene, made.asked.digest, "ada")


def test_a_low_system_takes_one_voice() -> None:
    scene = Scene(tier="medium")
    scene.files["waivers/not-yet-validated.yaml"] = WAIVER.encode()
    scene.commit("req@harbour.example", touching=["waivers/not-yet-validated.yaml"])
    assert agree(scene, ask(scene).asked.digest, "ada").required == 1
    assert grants_of(scene.ledger)[0].by[0].person == "ada"
