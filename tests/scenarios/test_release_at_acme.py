"""A release of Acme's credit model, from the lock to its standing and back, typed as its people type it."""

import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from acme_releases import APPROVERS, SYSTEM, Acme, care

from careloop.adapters.ledger_files import files_of


def approved(acme: Acme, lock: str) -> str:
    """A validated release with both approvals; returns the request."""
    acme.validated()
    results = acme.results(lock)
    request = acme.gate(lock_file(acme), results).json["request"]
    for person in APPROVERS:
        assert acme.approve(request, person).code == 0
    return str(request)


def lock_file(acme: Acme) -> str:
    return str(acme.keys.parent / "lock.json")


def test_a_release_is_locked_judged_approved_by_two_and_given_standing(tmp_path: Path) -> None:
    acme = Acme.founded(tmp_path)
    lock = acme.locked()
    results = acme.results(lock)
    acme.validated()
    waiting = acme.gate(lock_file(acme), results)
    assert (waiting.code, waiting.json["decision"], waiting.json["required_approvals"]) == (3, "wait", 2)
    request = waiting.json["request"]
    assert acme.gate(lock_file(acme), results).json["request"] == request
    first = acme.approve(request, "marta-kowalska")
    assert (first.code, "1 of 2 approvals" in first.out) == (0, True)
    assert acme.record(lock).code == 3
    second = acme.approve(request[:20], "grace-liu", "--as", "grace-liu")
    assert second.code == 0, second.err
    assert acme.gate(lock, results).code == 0
    recorded = acme.record(lock)
    assert (recorded.code, recorded.json["recorded"]) == (0, True)
    assert (recorded.json["standing"]["request"], recorded.json["standing"]["approvals"]) == (request, 2)
    again = acme.record(lock)
    assert (again.code, again.json["recorded"]) == (0, False)
    shown = acme.care("release", "standing")
    assert "rollback target: not ready" in shown.out
    found = acme.care("ledger", "verify", "--format", "json")
    assert (found.code, found.json["problems"]) == (0, [])
    types = [row["type"] for row in acme.care("ledger", "show", "--format", "json").json["entries"]]
    assert types == [
        "release.validated", "approval.requested", "gate.decision", "attestation.key", "attestation",
        "approval.given", "gate.decision", "approval.given", "gate.decision", "release.standing", "attestation",
    ]  # fmt: skip


def test_a_biased_candidate_is_blocked_with_its_numbers(tmp_path: Path) -> None:
    acme = Acme.founded(tmp_path)
    lock = acme.locked()
    harmful = acme.results(lock, {"impact_ratio": "shown_harmful"}, impact_ratio=0.71)
    said = acme.care("gate", SYSTEM, "--release", lock_file(acme), "--results", str(harmful))
    assert said.code == 1
    assert "impact_ratio is shown to be harmful: 0.71, n = 4,102" in said.out
    assert "[lending-four-fifths]" in said.out


def test_too_little_evidence_waits_and_asks_nobody(tmp_path: Path) -> None:
    acme = Acme.founded(tmp_path)
    lock = acme.locked()
    acme.validated()
    said = acme.gate(lock_file(acme), acme.results(lock, {"impact_ratio": "cannot_tell"}))
    assert (said.code, said.json["decision"], said.json["request"]) == (3, "wait", None)


def test_the_gate_can_lock_what_it_is_shown(tmp_path: Path) -> None:
    acme = Acme.founded(tmp_path)
    lock = acme.locked()
    model = str(acme.root / "models/credit-decision")
    said = acme.care(
        "gate", SYSTEM, "--artifact", model, "--results", str(acme.results(lock)), "--requester", "daniel-osei",
        "--format", "json",
    )  # fmt: skip
    assert said.json["lock"] == lock


def test_people_who_may_not_approve_are_turned_away(tmp_path: Path) -> None:
    acme = Acme.founded(tmp_path)
    lock = acme.locked()
    acme.validated()
    results = acme.results(lock)
    request = acme.gate(lock_file(acme), results).json["request"]
    refusals = {
        "the requester": (acme.approve(request, "daniel-osei"), "asked for this release"),
        "no authority": (acme.approve(request, "aoife-kelly"), "carries approve_release"),
        "an unknown key": (acme.approve(request, "mallory"), "listed for anybody"),
        "another's name": (acme.approve(request, "mallory", "--as", "marta-kowalska"), "listed for marta-kowalska"),
        "no such request": (acme.approve("sha256:" + "0" * 64, "marta-kowalska"), "no approval request"),
    }
    assert acme.approve(request, "marta-kowalska").code == 0
    refusals["the same person"] = (acme.approve(request, "marta-kowalska"), "has approved this request already")
    assert {name: words in said.err for name, (said, words) in refusals.items()} == dict.fromkeys(refusals, True)
    assert {name: said.code for name, (said, _) in refusals.items()} == dict.fromkeys(refusals, 1) | {
        "no such request": 2
    }


def test_the_committer_of_the_code_cannot_approve(tmp_path: Path) -> None:
    acme = Acme.founded(tmp_path)
    acme.edit("policies/ai-policy.md", "reviewed: ", "reviewed:  ")
    acme.commit("marta.kowalska@acme.example")
    lock = acme.locked()
    acme.validated()
    request = acme.gate(lock_file(acme), acme.results(lock)).json["request"]
    assert "wrote or committed" in acme.approve(request, "marta-kowalska").err


def test_a_key_in_the_work_tree_alone_opens_nothing(tmp_path: Path) -> None:
    acme = Acme.founded(tmp_path)
    lock = acme.locked()
    acme.validated()
    request = acme.gate(lock_file(acme), acme.results(lock)).json["request"]
    key = acme.key("mallory").with_suffix(".pub").read_text().strip()
    old = acme.key("marta-kowalska").with_suffix(".pub").read_text().strip()
    acme.edit("roles.yaml", old, key)
    assert "listed for marta-kowalska" in acme.approve(request, "mallory", "--as", "marta-kowalska").err


def test_an_artefact_changed_after_approval_gets_no_standing(tmp_path: Path) -> None:
    acme = Acme.founded(tmp_path)
    lock = acme.locked()
    request = approved(acme, lock)
    acme.write("models/credit-decision/weights.json", '{"income": 9.9}\n')
    assert "no longer what was locked" in acme.record(lock, "--request", request).err
    said = acme.record(lock)
    assert (said.code, said.json["decision"], said.json["standing"]) == (1, "block", None)
    assert acme.gate(lock, acme.results(lock)).code == 1


def test_approvals_cannot_be_replayed_for_another_environment(tmp_path: Path) -> None:
    acme = Acme.founded(tmp_path)
    lock = acme.locked()
    request = approved(acme, lock)
    said = acme.record(lock, "--environment", "new-york", "--request", request)
    assert (said.code, "for the environment production" in said.err) == (1, True)
    answer = acme.gate(lock, acme.results(lock), "--environment", "new-york").json
    assert (answer["decision"], answer["approvals"]) == ("wait", [])


def test_a_material_change_voids_the_approvals_and_a_typo_does_not(tmp_path: Path) -> None:
    acme = Acme.founded(tmp_path)
    lock = acme.locked()
    approved(acme, lock)
    results = acme.results(lock)
    acme.edit("policies/data-and-use.md", "reviewed: ", "reviewed:  ")
    acme.commit("aoife.kelly@acme.example")
    assert acme.gate(lock, results).code == 0
    acme.edit("risk/criteria.yaml", "individuals: 6", "individuals: 5")
    acme.commit("jonas.weber@acme.example")
    said = acme.gate(lock, results)
    assert (said.code, said.json["approvals"]) == (3, [])


def test_what_cannot_be_read_is_exit_2_and_leaves_no_trace(tmp_path: Path) -> None:
    acme = Acme.founded(tmp_path)
    lock = acme.locked()
    results = acme.results(lock)
    broken = tmp_path / "broken.json"
    broken.write_text('{"system": ')
    assert acme.gate(lock_file(acme), broken).code == 2
    assert acme.gate(str(tmp_path / "no-lock.json"), results).code == 2
    assert acme.gate("sha256:" + "0" * 64, results).code == 2
    assert acme.care("gate", "no-such-system", "--release", lock_file(acme), "--results", str(results)).code == 2
    assert acme.care("gate", SYSTEM).code == 2
    assert acme.care("ledger", "show", "--format", "json").json["entries"] == []


def test_a_ledger_that_cannot_be_reached_blocks(tmp_path: Path) -> None:
    acme = Acme.founded(tmp_path)
    lock = acme.locked()
    results = acme.results(lock)
    acme.edit("care.yaml", "sqlite:.care/ledger.sqlite", "https://ledger.acme.example/api/v1/ledger")
    said = acme.gate(lock_file(acme), results)
    assert (said.code, said.json["decision"]) == (1, "block")
    assert said.json["reasons"][0]["kind"] == "ledger"


def test_a_second_release_has_the_first_to_fall_back_to_until_that_is_revoked(tmp_path: Path) -> None:
    acme = Acme.founded(tmp_path)
    first = acme.locked()
    approved(acme, first)
    assert acme.record(first).code == 0
    shutil.copytree(
        acme.root / "models/credit-decision",
        acme.root / f".care/registry/artefacts/{first[7:]}/files/models/credit-decision",
    )
    acme.write("models/credit-decision/weights.json", '{"income": 1.6}\n')
    for label in ("version:", "**Version:**"):
        acme.edit("systems/credit-decision/card.md", f"{label} 3.2.0", f"{label} 3.3.0")
    acme.commit("daniel.osei@acme.example")
    second = acme.locked()
    approved(acme, second)
    assert acme.record(second).code == 0
    (shown,) = acme.care("release", "standing", SYSTEM, "--format", "json").json["systems"]
    assert (shown["rollback_target"]["ready"], shown["rollback_target"]["lock"]) == (True, first)
    revoke = ["release", "revoke", first, "--reason", "Found biased by the panel", "--key"]
    assert acme.care(*revoke, str(acme.key("aoife-kelly"))).code == 0
    (shown,) = acme.care("release", "standing", SYSTEM, "--format", "json").json["systems"]
    assert (shown["rollback_target"]["ready"], shown["rollback_target"]["why"]) == (False, "3.2.0 was revoked")


def test_an_entry_is_proven_exported_and_every_altered_byte_of_it_is_found(tmp_path: Path) -> None:
    acme = Acme.founded(tmp_path)
    lock = acme.locked()
    acme.gate(lock_file(acme), acme.results(lock))
    proof = acme.care("ledger", "prove", "0")
    assert proof.out.startswith("c2sp.org/tlog-proof@v1\nindex 0\n")
    assert acme.care("ledger", "prove", "7").code == 2
    assert acme.care("ledger", "export", "--out", str(tmp_path / "export.zip")).code == 0
    assert (tmp_path / "export.zip").stat().st_size > 1000
    key = (acme.root / ".care/ledger.pub").read_text().strip()
    assert acme.care("ledger", "verify", "--trust", key).code == 0
    assert acme.care("ledger", "verify", "--trust", str(acme.root / ".care/ledger.pub")).code == 0
    database = files_of(acme.root / ".care/ledger.sqlite").database
    with sqlite3.connect(database) as db:
        db.execute("DROP TRIGGER IF EXISTS entry_update")
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        (body,) = db.execute("SELECT CAST(body AS BLOB) FROM entry WHERE idx = 0").fetchone()
        db.execute("UPDATE entry SET body = ? WHERE idx = 0", (body[:40] + bytes([body[40] ^ 1]) + body[41:],))
    found = acme.care("ledger", "verify", "--format", "json")
    assert found.code == 1
    assert {"index": 0, "kind": "altered_body"} in found.json["problems"]


def test_the_repository_works_after_being_copied_elsewhere(tmp_path: Path) -> None:
    acme = Acme.founded(tmp_path)
    lock = acme.locked()
    approved(acme, lock)
    acme.record(lock)
    shutil.copytree(acme.root, tmp_path / "elsewhere")
    shutil.rmtree(acme.root)
    moved = Acme(tmp_path / "elsewhere", acme.keys)
    assert moved.care("ledger", "verify").code == 0
    assert moved.gate(lock, moved.results(lock)).json["standing"]["lock"] == lock


def test_a_first_gate_starts_a_development_ledger_that_git_ignores(tmp_path: Path) -> None:
    acme = Acme.founded(tmp_path)
    assert acme.care("ledger", "show").code == 2
    lock = acme.locked()
    acme.gate(lock_file(acme), acme.results(lock))
    shown = acme.care("ledger", "show", "--format", "json").json
    assert shown["origin"].endswith("/dev")
    status = ["git", "-C", str(acme.root), "status", "--porcelain", "--", ".care"]
    assert subprocess.run(status, check=True, capture_output=True, text=True).stdout == ""


@pytest.mark.parametrize(
    "words", [["gate", "--help"], ["release", "--help"], ["ledger", "--help"], ["approve", "--help"]]
)
def test_every_release_command_explains_itself(words: list[str]) -> None:
    said = care(*words)
    assert said.code == 0
    assert "Usage: care" in said.out


def test_two_gates_at_once_ask_people_once(tmp_path: Path) -> None:
    acme = Acme.founded(tmp_path)
    lock = acme.locked()
    acme.validated()
    results = acme.results(lock)
    command = [
        sys.executable, "-c", "from careloop.cli.main import run; run()", "gate", SYSTEM, "--release", lock_file(acme),
        "--results", str(results), "--requester", "daniel-osei", "--repo", str(acme.root), "--format", "json",
    ]  # fmt: skip
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    answers = [json.loads(process.communicate()[0]) for process in running]
    assert len({answer["request"] for answer in answers}) == 1
    asked = acme.care("ledger", "show", "--type", "approval.requested", "--format", "json").json
    assert len(asked["entries"]) == 1
