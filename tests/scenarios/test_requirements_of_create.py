"""Parts of R1-R30 that no other test shows whole, through the real command."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from acme_releases import SYSTEM, Acme, care

PHASES = ("create", "adapt", "run", "evolve")


@pytest.fixture
def acme(tmp_path: Path) -> Acme:
    return Acme.founded(tmp_path)


def owed(acme: Acme, rule: str) -> list[dict[str, str | None]]:
    programme = acme.care("status", "--format", "json").json["programme"]
    return [one for one in programme if one["rule"] == rule]


def test_a_phase_that_stands_still_is_told_to_its_owner_and_turns_nothing_red_r1(acme: Acme) -> None:
    path, line = "care.yaml", "  - {phase: adapt, owner: legal-counsel, every: P2W, last_run: 2026-11-16}\n"
    acme.edit(path, line, line.replace("2026-11-16", "2026-01-10"))
    (found,) = [one for one in owed(acme, "phases-turning") if "adapt" in str(one["message"])]
    assert (found["owner"], found["due"]) == ("legal-counsel", "2026-02-23")
    assert found["message"] == "the phase adapt was due on 2026-01-24"
    assert acme.care("check").code == 0
    acme.edit(path, line.replace("2026-11-16", "2026-01-10"), "")
    assert [one["owner"] for one in owed(acme, "phases-owned")] == ["responsible-ai-lead"]
    assert acme.care("check").code == 0


def test_a_new_repository_passes_its_check_and_each_phase_has_an_owner_and_a_pace_r1(tmp_path: Path) -> None:
    new = str(tmp_path / "new")
    assert care("init", new, "--owner", "Ada Byron <ada@new.example>").code == 0
    assert care("check", new).code == 0
    said = care("status", new, "--format", "json").json
    assert {row["phase"] for row in said["requirements"]} == set(PHASES)
    found = [one for one in said["programme"] if one["rule"] == "phases-turning"]
    assert [one["message"] for one in found] == [f"the phase {phase} has never run" for phase in PHASES]
    assert all(one["owner"] for one in found)


def test_the_inherent_score_is_that_of_the_scales_for_each_bearer_apart_r4(acme: Acme) -> None:
    shown = acme.care("risk", "credit-drift", "--format", "json").json["risks"][0]
    assert shown["inherent"] == {"organisation": 16, "individuals": 16, "society": 8}


def test_an_option_that_is_none_of_the_four_cannot_be_read_r5(acme: Acme) -> None:
    acme.edit("risk/register/credit-drift.yaml", "option: modify", "option: ignore")
    said = acme.care("check")
    assert said.code == 2
    assert "is none of modify, retain, avoid, share" in said.out


def test_a_risk_to_be_modified_without_a_control_is_a_finding_r5(acme: Acme) -> None:
    path = "risk/register/credit-drift.yaml"
    text = (acme.root / path).read_text()
    start = text.index("  credits:")
    rest = text[start:].split("\n", 1)[1]
    while rest.startswith("    "):
        rest = rest.split("\n", 1)[1]
    acme.write(path, f"{text[:start]}  credits: []\n{rest}")
    said = acme.care("check")
    assert (said.code, "[modify-has-controls]" in said.out) == (1, True)


def test_an_overdue_review_is_owed_in_status_and_never_a_finding_of_check_r9(acme: Acme) -> None:
    acme.edit("risk/criteria.yaml", "reviewed: 2026-06-29", "reviewed: 2024-06-29")
    (found,) = [one for one in owed(acme, "review-in-date") if one["file"] == "risk/criteria.yaml"]
    assert (found["owner"], found["due"]) == ("chief-risk-officer", "2025-07-24")
    assert acme.care("check").code == 0
    today = datetime.now(UTC).date().isoformat()
    assert acme.care("check", "--on", today).code == 0


def test_a_vacant_post_is_owed_with_grace_and_whoever_acts_is_named_r20(acme: Acme) -> None:
    assert owed(acme, "post-filled") == []
    until = (datetime.now(UTC) - timedelta(days=3)).date()
    acme.edit("roles.yaml", "until: 2027-01-31}", f"until: {until}}}")
    (found,) = owed(acme, "post-filled")
    assert (found["owner"], found["acting"], found["due"]) == ("chief-executive", None, "2026-10-31")
    assert acme.care("check").code == 0


def test_a_policy_that_does_not_commit_to_what_it_must_is_a_finding_r22(acme: Acme) -> None:
    text = (acme.root / "policies/ai-policy.md").read_text()
    line = next(one for one in text.splitlines() if one.startswith("commits_to:"))
    acme.edit("policies/ai-policy.md", line, "commits_to: [requirements]")
    said = acme.care("check")
    assert (said.code, "[ai-policy-commits]" in said.out) == (1, True)


def test_a_trigger_that_reads_a_fact_which_is_missing_counts_as_met_r26(acme: Acme) -> None:
    system = "systems/product-recommender"
    for path in (acme.root / system / "impact").glob("assessment*.yaml"):
        path.unlink()
    acme.edit(
        "risk/criteria.yaml",
        "triggers:\n",
        "triggers:\n  - id: far-away\n    reason: Nobody has practised for a long time\n"
        "    when: timestamp(system.safe_state.drilled) < timestamp('2020-01-01T00:00:00Z')\n",
    )
    sheet = acme.root / system / "system.yaml"
    sheet.write_text(re.sub(r"(, drilled: |\n  drilled: )[0-9-]+", "", sheet.read_text()))
    assert "drilled" not in sheet.read_text()
    said = acme.care("check", "--format", "json").json
    found = [one["message"] for one in said["findings"] if one["rule"] == "triggered-assessed"]
    if said["errors"]:
        pytest.fail(str([one["message"] for one in said["errors"]]))
    assert any("'far-away' calls for an impact assessment" in one for one in found)


def test_a_lower_tier_needs_a_waiver_of_somebody_else_and_a_higher_one_nothing_r27(acme: Acme) -> None:
    path = f"systems/{SYSTEM}/system.yaml"
    acme.edit(path, "tier: very_high", "tier: medium")
    said = acme.care("check", "--format", "json").json
    (found,) = [one for one in said["findings"] if one["rule"] == "tier-justified"]
    assert found["message"].startswith("tier is medium, and the criteria give very_high: ")
    waiver = f"id: lower\nrule: tier-justified\nsubject: {SYSTEM}\nreason: A trial.\nowner: model-risk\n"
    for post, counts in (("product-credit", False), ("chief-risk-officer", True)):
        approved = f"expires: 2027-01-31\napproved: [{{by: {post}, on: 2026-11-01}}]\n"
        acme.write("waivers/lower.yaml", waiver + approved)
        (found,) = [o for o in acme.care("check", "--format", "json").json["findings"] if o["rule"] == "tier-justified"]
        assert (found["set_aside"] is not None) is counts, post
    acme.edit("systems/product-recommender/system.yaml", "tier: high", "tier: very_high")
    said = acme.care("check", "--format", "json").json
    assert "product-recommender" not in {one["subject"] for one in said["findings"] if one["rule"] == "tier-justified"}
