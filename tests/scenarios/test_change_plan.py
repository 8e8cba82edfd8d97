"""`care change plan`: a branch's rules held against Acme's past releases (R39-R41)."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from acme_releases import APPROVERS, SYSTEM, Acme, Said

OWN_RULE = """rules:
  - id: ratio-nine-tenths
    sentence: A lending release approves every group at no less than nineteen twentieths of the best group's rate.
    subject: release
    moment: release
    require: "release.results.exists(r, r.measure == 'impact_ratio' && r.value >= 0.95)"
    severity: must
    enforce: block
    remedy: change the model
"""
THREE_APPROVALS = OWN_RULE.replace(
    "release.results.exists(r, r.measure == 'impact_ratio' && r.value >= 0.95)", "release.approvals >= 3"
).replace("ratio-nine-tenths", "three-approvals")


def git(acme: Acme, *words: str) -> None:
    env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(["git", "-C", str(acme.root), *words], check=True, env=env, capture_output=True)


def branch(acme: Acme, name: str, *edits: tuple[str, str, str], **files: str) -> None:
    """A branch off main with some documents changed; main is checked out again."""
    git(acme, "checkout", "-q", "-b", name)
    for path, old, new in edits:
        acme.edit(path, old, new)
    for path, text in files.items():
        acme.write(path, text)
    acme.commit("daniel.osei@acme.example")
    git(acme, "checkout", "-q", "main")


def planned(acme: Acme, *words: str) -> Said:
    return acme.care("change", "plan", *words)


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Acme:
    """Acme with one release that has standing and one that was blocked; each test makes a branch of its own."""
    acme = Acme.founded(tmp_path_factory.mktemp("released"))
    lock = acme.locked()
    results = acme.results(lock)
    lock_file = str(acme.keys.parent / "lock.json")
    acme.validated()
    request = acme.gate(lock_file, results).json["request"]
    for person in APPROVERS:
        assert acme.approve(request, person).code == 0
    assert acme.record(lock).code == 0
    acme.write("models/credit-decision/weights.json", '{"income": 2.5}\n')
    second = acme.locked("second.json")
    harmful = acme.results(second, {"impact_ratio": "shown_harmful"}, impact_ratio=0.6)
    assert acme.gate(str(acme.keys.parent / "second.json"), harmful).code == 1
    return acme


def effects(said: Said) -> list[tuple[str, str | None, str | None, str]]:
    return [(one["recorded"], one["before"], one["after"], one["effect"]) for one in said.json["releases"]]


def test_a_stricter_rule_shows_the_release_that_it_would_have_blocked_and_nothing_is_recorded(released: Acme) -> None:
    branch(released, "stricter", **{"rules/ratio.yaml": OWN_RULE})
    before = released.care("ledger", "show", "--format", "json").json["size"]
    said = planned(released, "stricter", "--format", "json")
    assert said.code == 1, said.err
    assert effects(said) == [
        ("block", "block", "block", "same"),
        ("allow", "allow", "block", "would_block"),
    ]
    reasons = said.json["releases"][1]["reasons"]
    assert [one["rule"] for one in reasons] == ["ratio-nine-tenths"]
    assert said.json["tested"] == ["rules/ratio.yaml"]
    assert said.json["summary"]["would_block"] == 1
    text = planned(released, "stricter")
    assert "would have been blocked" in text.out
    assert "[ratio-nine-tenths]" in text.out
    assert released.care("ledger", "show", "--format", "json").json["size"] == before


def test_the_approvals_of_then_are_counted_and_a_longer_quorum_makes_it_wait(released: Acme) -> None:
    """R41: three where two have signed."""
    branch(released, "three", **{"rules/three.yaml": THREE_APPROVALS})
    said = planned(released, "three", "--format", "json")
    assert effects(said)[1] == ("allow", "allow", "wait", "would_wait")


def test_a_lower_tier_frees_nothing_that_is_shown_harmful(released: Acme) -> None:
    branch(released, "lower", (f"systems/{SYSTEM}/system.yaml", "tier: very_high", "tier: high"))
    said = planned(released, "lower", "--format", "json")
    assert [one["before"] for one in said.json["releases"]] == ["block", "allow"]
    assert said.json["releases"][0]["after"] == "block"


def test_a_release_that_two_had_signed_is_newly_allowed_by_a_branch_that_asks_for_two(tmp_path: Path) -> None:
    """R41: the signatures of then are checked and counted again."""
    acme = Acme.founded(tmp_path)
    acme.write("rules/three.yaml", THREE_APPROVALS)
    acme.commit("daniel.osei@acme.example")
    lock, lock_file = acme.locked(), str(acme.keys.parent / "lock.json")
    results = acme.results(lock)
    acme.validated()
    request = acme.gate(lock_file, results).json["request"]
    for person in APPROVERS:
        assert acme.approve(request, person).code == 0
    assert acme.gate(lock_file, results).code == 3
    branch(acme, "two", ("rules/three.yaml", ">= 3", ">= 2"))
    said = planned(acme, "two", "--format", "json")
    assert effects(said) == [("wait", "wait", "allow", "newly_allowed")]


def test_a_release_that_would_only_have_waited_names_what_no_longer_stops_it(tmp_path: Path) -> None:
    acme = Acme.founded(tmp_path)
    acme.write("rules/ratio.yaml", OWN_RULE)
    acme.commit("daniel.osei@acme.example")
    lock = acme.locked()
    results = acme.results(lock)
    acme.validated()
    assert acme.gate(str(acme.keys.parent / "lock.json"), results).code == 1
    branch(acme, "looser", ("rules/ratio.yaml", "0.95", "0.5"))
    said = planned(acme, "looser", "--format", "json")
    assert effects(said) == [("block", "block", "wait", "would_wait_only")]
    assert [one["rule"] for one in said.json["releases"][0]["reasons"]] == ["ratio-nine-tenths"]
    assert "no longer: " in planned(acme, "looser").out


def test_a_new_card_and_a_file_outside_the_documents_change_no_past_release(released: Acme) -> None:
    branch(released, "next", (f"systems/{SYSTEM}/card.md", "3.2.0", "3.3.0"), **{"notes.txt": "hello\n"})
    said = planned(released, "next", "--format", "json")
    assert said.code == 0, said.out
    assert said.json["left_out"] == [f"systems/{SYSTEM}/card.md"]
    assert said.json["tested"] == []


def test_a_release_that_cannot_be_judged_by_the_branch_is_not_called_the_same(released: Acme) -> None:
    git(released, "checkout", "-q", "-b", "gone")
    git(released, "rm", "-q", "-r", f"systems/{SYSTEM}")
    released.commit("daniel.osei@acme.example")
    git(released, "checkout", "-q", "main")
    said = planned(released, "gone", "--format", "json")
    assert said.code == 1
    assert {one["effect"] for one in said.json["releases"]} == {"cannot_tell"}
    assert "there is no system" in said.json["releases"][0]["because"]


def test_only_the_last_releases_are_asked_for(released: Acme) -> None:
    branch(released, "shorter", **{"rules/ratio.yaml": OWN_RULE})
    said = planned(released, "shorter", "--last", "1", "--format", "json")
    assert (said.code, len(said.json["releases"])) == (0, 1)


@pytest.mark.parametrize(("name", "text"), [("unfit", "rules: [{id: x}]\n"), ("unreadable", "rules: [\n")])
def test_a_branch_whose_documents_cannot_be_read_ends_with_two(released: Acme, name: str, text: str) -> None:
    branch(released, name, **{"rules/ratio.yaml": text})
    answer = planned(released, name)
    assert (answer.code, "rules/ratio.yaml" in answer.err) == (2, True), answer.err


def test_an_unknown_branch_or_no_ledger_ends_with_two(tmp_path: Path, released: Acme) -> None:
    assert planned(released, "nobody").code == 2
    fresh = Acme.founded(tmp_path / "fresh")
    branch(fresh, "stricter", **{"rules/ratio.yaml": OWN_RULE})
    assert planned(fresh, "stricter").code == 2


def test_the_answer_is_the_same_however_often_it_is_asked(released: Acme) -> None:
    branch(released, "again", **{"rules/ratio.yaml": OWN_RULE})
    answers: list[dict[str, Any]] = [planned(released, "again", "--format", "json").json for _ in range(2)]
    assert answers[0] == answers[1]
