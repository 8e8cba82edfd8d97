"""R10, R13, R20, R25 as their users type them: `care schedule`, `care coverage`, `care roles`."""

from __future__ import annotations

from pathlib import Path

import pytest
from acme_releases import Acme

ESCALATION = "severe-incident"


@pytest.fixture
def acme(tmp_path: Path) -> Acme:
    return Acme.founded(tmp_path)


def run_of(acme: Acme, process: str, person: str, *words: str) -> tuple[int, str]:
    proof = acme.keys.parent / "minutes.md"
    if not proof.exists():
        proof.write_text("Two risks raised.\n")
    command = ["schedule", "done", process, "--evidence", str(proof), "--reason", "Two risks raised."]
    said = acme.care(*command, "--key", str(acme.key(person)), *words)
    return said.code, said.out + said.err


def test_a_run_is_recorded_with_evidence_and_signature_and_shows_in_the_schedule_r10(acme: Acme) -> None:
    before = acme.care("schedule", "show", "--format", "json")
    assert {one["state"] for one in before.json["processes"]} == {"unknown"}
    assert run_of(acme, "risk-assessment", "marta-kowalska")[0] == 0
    rows = {one["id"]: one for one in acme.care("schedule", "show", "--format", "json").json["processes"]}
    assert (rows["risk-assessment"]["state"], rows["risk-assessment"]["runs"]) == ("on_time", 1)
    assert rows["internal-audit"]["state"] == "waiting"
    assert acme.care("ledger", "verify").code == 0


def test_a_run_without_evidence_or_by_somebody_else_is_none_r10(acme: Acme) -> None:
    code, said = run_of(acme, "risk-assessment", "daniel-osei")
    assert (code, "daniel-osei does not act for model-risk" in said) == (1, True)
    (acme.keys.parent / "minutes.md").write_text(" \n")
    code, said = run_of(acme, "risk-assessment", "marta-kowalska")
    assert (code, "evidence: minutes.md is empty" in said) == (2, True)
    code, said = run_of(acme, "no-such-process", "jonas-weber")
    assert code == 2


def test_an_area_of_annex_a_says_how_far_it_is_covered_and_how_old_its_evidence_is_r13(acme: Acme) -> None:
    said = acme.care("coverage", "--format", "json").json
    areas = {one["area"]: one for one in said["areas"]}
    assert list(areas) == [f"A.{n}" for n in range(2, 11)] + ["own"]
    assert areas["A.3"]["evidence_age_days"]["oldest"] >= areas["A.3"]["evidence_age_days"]["newest"] >= 0
    assert {gap["control"] for gap in areas["A.7"]["gaps"]} >= {"iso42001:2023/A.7.5"}
    text = acme.care("coverage").out
    assert "A.10 " in text
    assert text.strip().endswith("applicable controls in 10 areas are evidence complete")


def test_an_escalation_is_simulated_to_a_person_with_times_r25(acme: Acme) -> None:
    words = ("--escalation", ESCALATION, "--on", "2026-12-24T03:00:00+01:00")
    said = acme.care("roles", *words, "--format", "json")
    (found,) = said.json["escalations"]
    assert (said.code, found["reaches"], found["ends_with"]) == (0, "marek-novak", "anna-lindqvist")
    assert found["steps"][1]["asked_at"] == "2026-12-24T03:15:00+01:00"


def test_an_escalation_that_ends_with_nobody_is_told_with_exit_1_r25_r20(acme: Acme) -> None:
    acme.edit("roles.yaml", "    holders: [anna-lindqvist]\n", "    holders: []\n")
    said = acme.care("roles", "--escalation", ESCALATION)
    assert said.code == 1
    assert "ends with nobody: it reaches no one who decides" in said.out
    assert acme.care("roles", "--escalation", "nope").code == 2


def test_who_is_accountable_responsible_consulted_and_informed_is_one_matrix_r25(acme: Acme) -> None:
    rows = {one["path"]: one for one in acme.care("roles", "--format", "json").json["matrix"]}
    credit = rows["systems/credit-decision/**"]
    assert credit["accountable"] == "product-credit"
    assert (credit["responsible"], "model-risk" in credit["consulted"]) == (["ml-engineering"], True)
    acme.edit("roles.yaml", "responsible: [ml-engineering]", "responsible: [ml-engineerin]")
    told = acme.care("check")
    assert (told.code, "there is no post 'ml-engineerin'" in told.out) == (1, True)
