"""A release without a measure that cannot be taken: only an absence that nobody documents fails (R42; SEMANTICS 17)."""

import json
from datetime import timedelta
from typing import Any

import pytest
from release_scene import Scene

from careloop.domain.decision import Decision
from careloop.domain.matter import MatterKind
from careloop.errors import InvalidInput, NotFound, Refused
from careloop.testing.approval_keys_fake import ApprovalKeysFake
from careloop.workflows.run.approve_matter import EndAsk, end_matter
from careloop.workflows.run.approve_request import approve_request
from careloop.workflows.run.ask_matter import MatterAsk, MatterAsked, ask_matter
from careloop.workflows.run.give_approval import ApprovalAsk

BAR = """\
    not_assessable:
      basis: legal_bar
      because: Lenders may not ask about origin.
      law: fair-lending
      control: own/X-panel
      expires: 2026-12-20
"""
PANEL = """\
    not_assessable: {basis: independent_panel, because: Nobody records origin., stands_in: panel_parity}
  - {measure: panel_parity, least: 0.8}
"""
LAW = """\
id: fair-lending
title: A law against asking
jurisdiction: Ireland
published: 2020-01-01
dates: [{what: In force, on: 2020-06-01}]
source: Made up for this test
verified_on: 2026-11-01
confidence: low
owner: ai-lead
"""
CONTROLS = """\
owner: ai-lead
custom:
  - id: X-panel
    title: Yearly panel
    purpose: A panel looks for unequal treatment.
    justification: The law bars asking.
    owner: ai-lead
    holds: {holds}
"""


def a_scene(declared: str, *, holds: str = "'true'") -> Scene:
    scene = Scene(tier="high")
    scene.files["laws/fair-lending.yaml"] = LAW.encode()
    scene.files["controls.yaml"] = CONTROLS.format(holds=holds).encode()
    before = scene.files["systems/credit/system.yaml"].decode()
    scene.files["systems/credit/system.yaml"] = (
        before + "evaluation:\n  - measure: impact_ratio\n    least: 0.8\n" + declared
    ).encode()
    scene.commit("dev@harbour.example", touching=["systems/credit/system.yaml"])
    return scene


def decide(scene: Scene, *without: str, **given: str) -> Decision:
    """The gate on a good release that gives no result for the measures named, and these others."""
    lock = scene.lock()
    file: dict[str, Any] = json.loads(scene.results(lock, outcomes=given))
    file["results"] = [one for one in file["results"] if one["measure"] not in without]
    return scene.gate(lock, json.dumps(file).encode()).decision


def about(decision: Decision, measure: str = "impact_ratio") -> list[tuple[str, str]]:
    return [(one.effect.value, one.message) for one in decision.reasons if one.measure == measure]


def ask(scene: Scene, name: str = "credit/impact_ratio") -> MatterAsked:
    return ask_matter(MatterAsk(kind=MatterKind.LEGAL_BAR, id=name, requester="req"), scene.desk, scene.now)


def agree(scene: Scene, request: str, *people: str) -> None:
    for person in people:
        approve_request(ApprovalAsk(request, "Seen"), scene.desk, ApprovalKeysFake(person), scene.now)


def test_r42_a_legal_bar_waits_for_two_then_counts_until_it_ends_or_runs_out() -> None:
    scene = a_scene(BAR)
    [(effect, said)] = about(decide(scene, "impact_ratio"))
    assert (effect, "care request" in said, "has not been granted" in said) == ("wait", True, True)
    request = ask(scene).asked.digest
    agree(scene, request, "ada")
    assert about(decide(scene, "impact_ratio"))[0][0] == "wait"
    agree(scene, request, "bob")
    [(effect, said)] = about(decide(scene, "impact_ratio"))
    assert (effect, "own/X-panel compensates until 2026-12-20, agreed to by ada, bob" in said) == ("allow", True)
    end_matter(EndAsk("legal-bar/credit/impact_ratio", "We may ask"), scene.desk, ApprovalKeysFake("cy"), scene.now)
    assert about(decide(scene, "impact_ratio"))[0][0] == "wait"
    scene.now += timedelta(days=28)
    [(effect, said)] = about(decide(scene, "impact_ratio"))
    assert (effect, "this counted until 2026-12-20" in said) == ("block", True)


def test_the_rule_about_equal_treatment_takes_the_documented_absence_for_an_answer() -> None:
    scene = a_scene(BAR)
    agree(scene, ask(scene).asked.digest, "ada", "bob")
    rules = {one.rule for one in decide(scene, "impact_ratio").reasons if one.effect.value != "allow"}
    assert "bias-shown-safe" not in rules
    bare = a_scene("")
    assert "bias-shown-safe" in {one.rule for one in decide(bare, "impact_ratio").reasons}


@pytest.mark.parametrize("holds", ["'false'", "'size(systems) > 99'"])
def test_a_control_that_is_not_evidenced_compensates_for_nothing_whoever_agreed(holds: str) -> None:
    scene = a_scene(BAR, holds=holds)
    agree(scene, ask(scene).asked.digest, "ada", "bob")
    [(effect, said)] = about(decide(scene, "impact_ratio"))
    assert (effect, "own/X-panel, which is to compensate, is missing" in said) == ("block", True)


def test_one_changed_word_of_the_bar_voids_what_was_granted() -> None:
    scene = a_scene(BAR)
    agree(scene, ask(scene).asked.digest, "ada", "bob")
    scene.edit("systems/credit/system.yaml", "2026-12-20", "2026-12-21")
    scene.commit("dev@harbour.example", touching=["systems/credit/system.yaml"])
    [(effect, said)] = about(decide(scene, "impact_ratio"))
    assert (effect, "says something else than what was granted" in said) == ("wait", True)


def test_whoever_wrote_the_bar_does_not_agree_to_it() -> None:
    scene = a_scene(BAR)
    scene.edit("systems/credit/system.yaml", "2026-12-20", "2026-12-21")
    scene.commit("bob@harbour.example", touching=["systems/credit/system.yaml"])
    with pytest.raises(Refused, match="wrote, owns or did this"):
        agree(scene, ask(scene).asked.digest, "bob")


def test_r42_what_stands_in_is_judged_in_the_place_of_the_measure() -> None:
    scene = a_scene(PANEL)
    safe = decide(scene, "impact_ratio", panel_parity="shown_safe")
    assert about(safe)[0][0] == "allow"
    assert "panel_parity stands in" in about(safe)[0][1]
    assert ("block", "panel_parity is asked for in system.yaml, and no result gives it") in about(
        decide(scene, "impact_ratio"), "panel_parity"
    )
    harmful = decide(scene, "impact_ratio", panel_parity="shown_harmful")
    assert "block" in {effect for effect, _ in about(harmful, "panel_parity")}


def test_r42_an_absence_that_nobody_documents_fails_though_the_file_says_not_assessable() -> None:
    scene = a_scene("")
    [(effect, said)] = about(decide(scene, impact_ratio="not_assessable"))
    assert (effect, "nobody documents why" in said) == ("block", True)


def test_a_measure_that_was_taken_after_all_is_judged_as_it_is() -> None:
    scene = a_scene(BAR)
    found = decide(scene, impact_ratio="shown_harmful")
    assert [effect for effect, _ in about(found)][:1] == ["block"]
    assert not any("cannot be assessed" in said for _, said in about(found))


def test_nothing_but_absent_results_is_no_test_of_a_release() -> None:
    scene = a_scene(BAR)
    agree(scene, ask(scene).asked.digest, "ada", "bob")
    found = decide(scene, "impact_ratio", "pii_found", "reason_code_coverage")
    assert any("needs results, and there are none" in one.message for one in found.reasons)


def test_only_a_declared_legal_bar_is_asked_about() -> None:
    with pytest.raises(NotFound, match="asks for no measure 'accuracy'"):
        ask(a_scene(BAR), "credit/accuracy")
    with pytest.raises(InvalidInput, match="not declared to be barred by law"):
        ask(a_scene(PANEL))


def test_the_decision_in_the_ledger_says_why_the_measure_is_absent() -> None:
    scene = a_scene(PANEL)
    decide(scene, "impact_ratio", panel_parity="shown_safe")
    [entry] = list(scene.ledger.query(type="gate.decision"))
    reasons: Any = entry.record.data["reasons"]
    said = [one for one in reasons if one.get("measure") == "impact_ratio"]
    assert [one["effect"] for one in said] == ["allow"]
