"""A supplier that was assessed as stopped holds releases of the systems that use it, and of no others (R61)."""

from datetime import date

import pytest
from release_scene import Scene

from careloop.domain.decision import Reason, Verdict

_SUPPLIER = """\
id: lumen
name: Lumen
owner: ai-lead
version: "1"
services: [lumen-chat]
systems: [{systems}]
contract: {{reference: C-17, clauses: [incident_notice, audit_right]}}
assessment: {{by: ada, on: 2026-05-04, inherent: 4, assurance: 0.8}}
"""
_ANSWERS = """\
questionnaire: careloop/supplier@1
subject: lumen
by: ada
on: {on}
owner: ai-lead
{approved}answers:
  services: lumen-chat
  layer: [model]
  data_sensitivity: confidential
  autonomy: supervised
  decision_impact: money
  substitutability: months
  contract_clauses: "yes"
  attestation: valid
  critical_incident: {incident}
  {rest}
"""
_CONTROLS = (
    "accountable", "management_system", "impact_assessed", "trained_staff", "sub_suppliers", "training_data",
    "no_training_on_ours", "deletion", "location", "separation", "limits_stated", "pinned_version",
    "change_notice", "bias_tested", "attack_tested", "access_control", "weaknesses", "logs_for_us",
    "incident_notice", "continuity", "exit",
)  # fmt: skip
_REST = "\n  ".join(f"{name}: {{answer: 'yes', evidence: seen}}" for name in _CONTROLS)


def answers(incident: str, on: date, *, approved: date | None = None) -> bytes:
    said = f"approved: {{by: risk, on: {approved}}}\n" if approved else ""
    return _ANSWERS.format(incident=incident, on=on, approved=said, rest=_REST).encode()


def a_scene(*, named_by: str = "both", **files: bytes) -> Scene:
    """The shop, whose system rests on a supplier; `files` are answers about that supplier by the file's name."""
    scene = Scene()
    listed = "credit" if named_by in ("both", "supplier") else ""
    scene.files["suppliers/lumen.yaml"] = _SUPPLIER.format(systems=listed).encode()
    if named_by in ("both", "system"):
        scene.edit("systems/credit/system.yaml", "domain: credit", "domain: credit\nsupplier: lumen")
    scene.files |= {f"assessments/{name}.yaml": raw for name, raw in files.items()}
    scene.commit()
    return scene


def stops(scene: Scene) -> list[Reason]:
    lock = scene.lock()
    scene.validate(lock)
    answer = scene.gate(lock)
    found = [one for one in answer.decision.reasons if "lumen" in one.message and one.effect is Verdict.BLOCK]
    assert bool(found) is (answer.decision.verdict is Verdict.BLOCK)
    return found


MAY, JUNE, JULY = date(2026, 5, 4), date(2026, 6, 4), date(2026, 7, 4)


@pytest.mark.parametrize("named_by", ["system", "supplier"])
def test_r61_a_stopped_supplier_blocks_a_release_that_uses_it_whoever_names_whom(named_by: str) -> None:
    (reason,) = stops(a_scene(named_by=named_by, lumen=answers("open", MAY)))
    assert reason.message.startswith(
        "assessments/lumen.yaml: supplier lumen, which credit uses, was assessed as stopped"
    )
    assert reason.message.endswith("a critical incident is not resolved")
    assert "later day" in reason.remedy
    assert "care/R10" in reason.controls


def test_a_supplier_that_is_not_stopped_or_not_used_holds_nothing() -> None:
    assert stops(a_scene(lumen=answers("none", MAY))) == []
    assert stops(a_scene(named_by="nobody", lumen=answers("open", MAY))) == []


def test_later_approved_answers_lift_a_stop() -> None:
    assert stops(a_scene(one=answers("open", MAY), two=answers("none", JUNE, approved=JULY))) == []


@pytest.mark.parametrize(
    "later",
    [
        answers("none", JUNE),
        answers("none", MAY, approved=JULY),
        answers("none", JULY, approved=JUNE),
        answers("none", date(2027, 1, 1), approved=date(2027, 1, 2)),
        answers("none", JUNE, approved=date(2027, 1, 2)),
    ],
    ids=[
        "not approved",
        "of the same day",
        "approved before answered",
        "of a day to come",
        "approved on a day to come",
    ],
)
def test_nothing_less_lifts_a_stop(later: bytes) -> None:
    assert len(stops(a_scene(one=answers("open", MAY), two=later))) == 1


def test_a_stop_after_good_answers_counts_before_anybody_approved_it() -> None:
    assert len(stops(a_scene(one=answers("none", MAY, approved=JUNE), two=answers("open", JULY)))) == 1


def test_answers_that_fit_no_questionnaire_block_since_they_could_hide_a_stop() -> None:
    unfit = answers("none", MAY).replace(b"critical_incident: none", b"critical_incident: hardly")
    unknown = answers("none", MAY).replace(b"careloop/supplier@1", b"careloop/supplier@9")
    for raw in (unfit, unknown):
        (reason,) = stops(a_scene(lumen=raw))
        assert "nobody can tell whether it is stopped" in reason.message


def test_an_unreadable_file_about_suppliers_blocks_since_nobody_can_tell_whom_it_is_about() -> None:
    scene = a_scene(lumen=answers("open", MAY).replace(b"by: ada", b"by: [ada"))
    lock = scene.lock()
    scene.validate(lock)
    answer = scene.gate(lock)
    assert answer.decision.verdict is Verdict.BLOCK
    assert any(one.message.startswith("assessments/lumen.yaml:") for one in answer.decision.reasons)
